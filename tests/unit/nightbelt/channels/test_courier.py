"""Calls on their way: which are sent, by which way, what is noted, and what happens when things break in between."""

import contextlib
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry

from alerts.lifecycle import step
from domain.alarms import Acknowledge, Alarm, AlarmState, Rule
from domain.calls import Call, CallReason
from domain.contacts import ContactPoint, WayKind
from domain.deliveries import Delivery, DeliveryState, Failure
from domain.errors import UnavailableError
from domain.live import LiveEvent
from nightbelt.channels.courier import GIVEN_UP_AFTER_S, PER_SERVICE, Courier
from nightbelt.channels.desks import AlarmDesk, Books
from nightbelt.channels.metrics import DeliveryMetrics
from nightbelt.channels.news import News
from nightbelt.channels.writing import Writer
from tests.fakes.in_memory_contacts import InMemoryContacts
from tests.fakes.in_memory_outbox import InMemoryOutbox
from tests.fakes.in_memory_rosters import InMemoryRosters
from tests.fakes.scripted_sender import InlinePool, ScriptedSender
from tests.unit.api.world import NIGHT, World, build_world

MAIL = ContactPoint(
    contact_id="mail", center_id="elm", person_id="p-li", rank=1, kind=WayKind.APPRISE, address="mailto://a"
)
BARK = replace(MAIL, contact_id="bark", rank=2, address="bark://b")
GROUP = replace(MAIL, contact_id="group", person_id="", address="wecombot://c", language="zh")


class TornOutbox(InMemoryOutbox):
    """Its database is away for `away` notes."""

    away = 0

    def put(self, deliveries: Sequence[Delivery]) -> None:
        if self.away:
            self.away -= 1
            raise UnavailableError("records", "gone")
        super().put(deliveries)


@dataclass
class Post:
    """A courier over fakes; `round` lets `later_s` pass and does one round."""

    world: World = field(default_factory=build_world)
    outbox: TornOutbox = field(default_factory=TornOutbox)
    contacts: InMemoryContacts = field(default_factory=InMemoryContacts)
    sender: ScriptedSender = field(default_factory=ScriptedSender)
    pool: InlinePool = field(default_factory=InlinePool)
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)
    published: list[LiveEvent] = field(default_factory=list)
    real_s: float = 0.0

    def __post_init__(self) -> None:
        self.metrics = DeliveryMetrics(self.registry)
        self.courier = self.another_courier()
        world = self.world
        self.news = News(book=world.book, outbox=self.outbox, contacts=self.contacts, clock=world.clock)

    def another_courier(self) -> Courier:
        world = self.world
        books = Books(
            outbox=self.outbox,
            contacts=self.contacts,
            alarms=world.book,
            people=world.people,
            register=world.register,
            rosters=InMemoryRosters(),
        )
        writer = Writer(public_url="https://care.example", with_values=False)
        return Courier(
            desk=AlarmDesk(books=books, writer=writer, clock=world.clock),
            outbox=self.outbox,
            contacts=self.contacts,
            alarms=world.book,
            senders={WayKind.APPRISE: self.sender},
            publish=self.published.extend,
            clock=world.clock,
            tally=self.metrics.calls,
            pool=self.pool,
            chance=random.Random(1),
            monotonic=lambda: self.real_s,
        )

    def round(self, later_s: float = 0.0) -> None:
        self.world.clock.at += round(later_s * 1000)
        self.real_s += later_s
        self.courier.turn()

    def call(self, alarm: Alarm, person_id: str = "p-li", level: int = 0) -> Call:
        key = f"{alarm.alarm_id}/{level}/{person_id}"
        call = Call(
            key=key,
            alarm_id=alarm.alarm_id,
            person_id=person_id,
            level=level,
            reason=CallReason.ON_DUTY,
            due_at=self.world.clock.at,
        )
        self.outbox.queue([call])
        return call

    def take(self, alarm: Alarm, person_id: str) -> None:
        self.world.book.apply([Acknowledge(alarm_id=alarm.alarm_id, at=self.world.clock.at, person_id=person_id)], step)

    def states(self, alarm: Alarm) -> dict[str, DeliveryState]:
        return {one.call.person_id: one.state for one in self.outbox.of_alarm(alarm.alarm_id)}

    def count(self, name: str, **labels: str) -> float:
        return self.registry.get_sample_value(name, labels) or 0.0


@pytest.fixture
def post() -> Post:
    post = Post()
    post.contacts.save(MAIL)
    return post


@pytest.fixture
def alarm(post: Post) -> Alarm:
    return post.world.raise_alarm(3).alarm


def test_a_call_is_sent_and_noted(post: Post, alarm: Alarm) -> None:
    call = post.call(alarm)
    post.round()
    post.round()
    ((way, message),) = post.sender.sent
    assert (way, message.key, message.topic) == ("mail", call.key, alarm.alarm_id)
    assert message.link == f"https://care.example/alarms/{alarm.alarm_id}"
    assert "room 102, bed A" in message.title
    assert post.states(alarm) == {"p-li": DeliveryState.SENT}
    assert post.count("nightbelt_deliveries_total", channel="mailto", result="sent") == 1
    assert post.count("nightbelt_deliveries_ended_total", state="sent") == 1


def test_no_message_has_a_name_or_an_address_in_it(post: Post, alarm: Alarm) -> None:
    post.call(alarm)
    post.round()
    told = str(post.sender.sent[0][1])
    place = next(p for p in post.world.register.places(NIGHT) if p.bed_id == "b3")
    assert place.resident is not None
    assert place.resident.name not in told
    assert "mailto" not in repr(MAIL)
    assert "mailto://a" not in MAIL.masked


def test_it_goes_by_the_next_way_when_one_fails(post: Post, alarm: Alarm) -> None:
    post.contacts.save(BARK)
    post.sender.answers["mail"] = Failure.NOT_TAKEN
    post.call(alarm)
    for _ in range(12):
        post.round(2)
    assert post.sender.ways == ["mail", "mail", "mail", "bark"]
    assert len({message.key for _, message in post.sender.sent}) == 1
    assert post.states(alarm) == {"p-li": DeliveryState.SENT}


def test_an_alarm_that_was_taken_meanwhile_calls_nobody_else(post: Post, alarm: Alarm) -> None:
    post.sender.answers["mail"] = Failure.NOT_TAKEN
    post.call(alarm)
    post.round()
    post.round()
    post.take(alarm, "p-wang")
    for _ in range(5):
        post.round(10)
    assert post.sender.ways == ["mail"]
    assert post.states(alarm) == {"p-li": DeliveryState.GIVEN_UP}


def test_who_was_called_hears_that_somebody_goes_once(post: Post, alarm: Alarm) -> None:
    post.call(alarm)
    post.round()
    post.round()
    post.take(alarm, "p-wang")
    post.news.turn()
    post.news.turn()
    post.round(1)
    post.round(1)
    assert [message.title for _, message in post.sender.sent] == [
        "Not back in bed: room 102, bed A",
        "Taken – Not back in bed: room 102, bed A",
    ]


def test_a_call_that_crossed_the_taking_is_followed_by_the_word(post: Post, alarm: Alarm) -> None:
    post.sender.before = lambda _point: post.take(alarm, "p-wang")
    post.call(alarm)
    post.round()
    post.news.turn()
    for _ in range(3):
        post.round(1)
    assert [message.title.startswith("Taken") for _, message in post.sender.sent] == [False, True]


def test_a_group_hears_of_a_new_alarm_and_that_it_is_taken(post: Post, alarm: Alarm) -> None:
    post.contacts.save(GROUP)
    post.news.turn()
    post.round()
    post.round()
    post.take(alarm, "p-wang")
    post.news.turn()
    post.round(1)
    assert [message.title for way, message in post.sender.sent if way == "group"] == [
        "离床未返回：102房间A床",
        "已有人处理 – 离床未返回：102房间A床",
    ]


def test_who_has_no_way_to_be_reached_is_a_failure_that_is_counted(post: Post, alarm: Alarm) -> None:
    post.call(alarm, "p-wang")
    post.round()
    (delivery,) = post.outbox.of_alarm(alarm.alarm_id)
    assert (delivery.state, delivery.failure) == (DeliveryState.FAILED, Failure.NO_CONTACT)
    assert post.count("nightbelt_deliveries_ended_total", state="failed") == 1


def test_a_call_for_an_unknown_alarm_fails_and_holds_up_no_other(post: Post, alarm: Alarm) -> None:
    unknown = replace(alarm, alarm_id="unknown")
    post.call(unknown)
    post.call(alarm)
    post.round()
    post.round()
    assert post.states(unknown) == {"p-li": DeliveryState.FAILED}
    assert post.states(alarm) == {"p-li": DeliveryState.SENT}


def test_what_was_sent_and_could_not_be_noted_is_not_sent_twice(post: Post, alarm: Alarm) -> None:
    post.call(alarm)
    post.round()
    post.outbox.away = 2
    for _ in range(2):
        with pytest.raises(UnavailableError):
            post.round(5)
    post.round(5)
    post.round(5)
    assert post.sender.ways == ["mail"]
    assert post.states(alarm) == {"p-li": DeliveryState.SENT}


def test_after_a_crash_before_the_note_it_is_sent_again_with_the_same_key(post: Post, alarm: Alarm) -> None:
    post.call(alarm)
    post.round()
    post.courier = post.another_courier()
    post.round()
    post.round()
    first, second = (message.key for _, message in post.sender.sent)
    assert first == second
    assert post.states(alarm) == {"p-li": DeliveryState.SENT}


def test_a_service_that_hangs_holds_up_no_other(post: Post, alarm: Alarm) -> None:
    post.pool.holding.add("mailto")
    post.contacts.save(replace(BARK, person_id="p-wang"))
    for level in range(PER_SERVICE + 3):
        post.call(alarm, level=level)
    post.call(alarm, "p-wang")
    post.round()
    post.round()
    assert len(post.pool.held) == PER_SERVICE
    assert post.states(alarm)["p-wang"] is DeliveryState.SENT


def test_a_try_that_does_not_end_is_given_up_for_the_next_way(post: Post, alarm: Alarm) -> None:
    post.pool.holding.add("mailto")
    post.contacts.save(BARK)
    post.call(alarm)
    for _ in range(12):
        post.round(GIVEN_UP_AFTER_S / 2 + 1)
    assert len(post.pool.held) == 3
    assert post.sender.ways == ["bark"]
    assert post.count("nightbelt_deliveries_total", channel="mailto", result="timeout") == 3


def test_what_is_for_a_service_that_never_answers_goes_by_the_next_way(post: Post, alarm: Alarm) -> None:
    post.pool.holding.add("mailto")
    post.contacts.save(BARK)
    calls = [post.call(alarm, level=level) for level in range(PER_SERVICE + 3)]
    for _ in range(12):
        post.round(GIVEN_UP_AFTER_S / 2 + 1)
    assert len(post.pool.held) == PER_SERVICE
    assert {message.key for _, message in post.sender.sent} == {call.key for call in calls}


def test_however_many_services_never_answer_another_one_is_used(post: Post, alarm: Alarm) -> None:
    services = ("slack", "line", "ntfy", "feishu", "dingtalk")
    for number, service in enumerate(services):
        post.pool.holding.add(service)
        post.contacts.save(replace(MAIL, address=f"{service}://a"))
        for level in range(PER_SERVICE):
            post.call(alarm, level=10 * number + level)
        post.round()
        post.round(GIVEN_UP_AFTER_S + 1)
    assert len(post.pool.held) == PER_SERVICE * len(services)
    post.contacts.save(replace(MAIL, person_id="p-wang", contact_id="other"))
    post.call(alarm, "p-wang")
    post.round(60)
    assert post.sender.ways == ["other"]


def test_the_end_waits_no_longer_than_a_try_may_last(post: Post, alarm: Alarm) -> None:
    post.pool.holding.add("mailto")
    call = post.call(alarm)
    post.round()
    post.courier.finish(within_s=0.01)
    assert [one.call for one in post.outbox.due(post.world.clock.at)] == [call]


def test_a_subscription_that_is_over_is_forgotten(post: Post, alarm: Alarm) -> None:
    post.contacts.save(BARK)
    post.sender.answers["mail"] = Failure.GONE
    post.call(alarm)
    for _ in range(3):
        post.round()
    assert post.sender.ways == ["mail", "bark"]
    assert post.contacts.of_person("p-li") == [BARK]


def test_a_failing_service_is_an_alarm_until_it_works_again(post: Post, alarm: Alarm) -> None:
    post.sender.answers["mail"] = Failure.NOT_TAKEN
    post.call(alarm)
    for _ in range(6):
        post.round(4)
    failing = [one for one in post.world.book.open_alarms("elm") if one.rule is Rule.CHANNEL_FAILING]
    assert [one.reason.facts["service"] for one in failing] == ["mailto"]
    assert len(post.published) == 1
    del post.sender.answers["mail"]
    for _ in range(4):
        post.round(30)
    assert post.states(alarm) == {"p-li": DeliveryState.SENT}
    assert post.world.book.alarm(failing[0].alarm_id).state is AlarmState.RESOLVED
    assert len(post.published) == 2


def test_a_call_that_cannot_be_written_holds_up_no_other(
    post: Post, alarm: Alarm, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd = post.world.raise_alarm(4).alarm
    write = Writer.call

    def stumble(self: Writer, call: Call, *rest: Any) -> Any:
        if call.alarm_id == odd.alarm_id:
            raise KeyError("no words for it")
        return write(self, call, *rest)

    monkeypatch.setattr(Writer, "call", stumble)
    post.call(odd)
    post.call(alarm)
    post.round()
    post.round()
    assert post.states(odd) == {"p-li": DeliveryState.FAILED}
    assert post.states(alarm) == {"p-li": DeliveryState.SENT}


@given(steps=st.lists(st.sampled_from(["round", "crash", "away", "dead", "alive", "call"]), max_size=25))
@settings(max_examples=60, deadline=None)
def test_whatever_breaks_each_call_gets_through_and_twice_only_after_a_crash(steps: list[str]) -> None:
    post = Post()
    post.contacts.save(MAIL)
    post.contacts.save(BARK)
    alarm = post.world.raise_alarm(3).alarm
    calls: list[Call] = []
    for step_name in steps:
        if step_name == "round":
            with contextlib.suppress(UnavailableError):
                post.round(3)
        elif step_name == "crash":
            post.courier = post.another_courier()
        elif step_name == "away":
            post.outbox.away += 1
        elif step_name == "call":
            calls.append(post.call(alarm, level=len(calls)))
        else:
            post.sender.answers["mail"] = Failure.NOT_TAKEN if step_name == "dead" else None
    for _ in range(40 + post.outbox.away):
        with contextlib.suppress(UnavailableError):
            post.round(5)
    assert set(post.states(alarm).values()) <= {DeliveryState.SENT}
    taken = Counter(message.key for way, message in post.sender.taken)
    assert set(taken) == {call.key for call in calls}
    assert all(count <= 1 + steps.count("crash") for count in taken.values())


def test_a_family_is_never_called(post: Post, alarm: Alarm) -> None:
    post.contacts.save(replace(MAIL, person_id="p-son"))
    post.call(alarm, "p-son")
    post.round()
    assert post.sender.sent == []
    assert post.outbox.of_alarm(alarm.alarm_id)[0].failure is Failure.NOT_ALLOWED
