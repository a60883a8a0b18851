"""Letters to families: queued once, looked at again right before they are sent, and written for the way they go."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from prometheus_client import CollectorRegistry

from alerts.channels import obstacle
from alerts.morning import CLOSING, SETTLING_MS, WAIT_MS
from api.charts.drawing import Draughtsman
from domain.alarms import AlarmState, Priority, Rule
from domain.calls import Call, CallReason
from domain.clock import instant
from domain.consents import Consenter, ReportConsent, Shape
from domain.contacts import ContactPoint, WayKind
from domain.deliveries import DeliveryState, Failure
from domain.errors import UnavailableError
from domain.pauses import CarePause, PauseReason
from domain.people import Person
from domain.reports import KeptReport
from domain.units import HOUR_MS, MINUTE_MS
from nightbelt.channels.courier import Courier
from nightbelt.channels.letters import LetterDesk
from nightbelt.channels.metrics import DeliveryMetrics
from nightbelt.channels.mornings import EVERY_MS, Mornings
from nightbelt.channels.writing import Writer
from tests.fakes.in_memory_contacts import InMemoryContacts
from tests.fakes.scripted_sender import InlinePool, ScriptedSender
from tests.reports import NIGHT, night_report
from tests.unit.api.world import NAMES, World, build_world

MORNING = NIGHT + timedelta(days=1)
ZONE = ZoneInfo("Asia/Shanghai")
DUE_AT = instant(datetime.combine(MORNING, time(10, 15), tzinfo=ZONE))
MAIL = ContactPoint(
    contact_id="mail", center_id="elm", person_id="p-son", rank=1, kind=WayKind.APPRISE, address="mailto://a"
)
CONSENT = ReportConsent(
    resident_id="r1",
    person_id="p-son",
    covers=Shape.CARD,
    consenter=Consenter.GUARDIAN,
    given_at=DUE_AT - 24 * HOUR_MS,
    given_by="p-ada",
)
CARD = b"\x89PNG card"


@dataclass
class Drawing(Draughtsman):
    """Draws nothing; remembers what it was given."""

    specs: list[dict[str, Any]] = field(default_factory=list)
    away: bool = False

    def picture(self, spec: dict[str, Any], _form: str) -> bytes:
        if self.away:
            raise UnavailableError("charts", "gone")
        self.specs.append(spec)
        return CARD


class Post:
    """A centre at ten, with one report and one family that consented."""

    def __init__(self) -> None:
        self.world: World = build_world()
        self.world.clock.at = DUE_AT - MINUTE_MS
        self.services = self.world.services
        self.contacts = InMemoryContacts()
        self.sender = ScriptedSender(pictures=True)
        self.drawing = Drawing()
        self.metrics = DeliveryMetrics(CollectorRegistry())
        self.contacts.save(MAIL)
        self.services.consents.give(CONSENT)
        self.start()

    def start(self) -> None:
        """As after a restart: nothing is remembered but what is stored."""
        senders, contacts = {WayKind.APPRISE: self.sender}, self.contacts
        writer = Writer(public_url="https://care.example", with_values=True)
        self.mornings = Mornings(self.services, contacts)
        self.courier = Courier(
            desk=LetterDesk(self.services, contacts, senders, writer, self.drawing),
            outbox=self.services.outbox,
            contacts=contacts,
            alarms=self.world.book,
            senders=senders,
            publish=lambda _events: None,
            clock=self.world.clock,
            tally=self.metrics.letters,
            pool=InlinePool(),
        )

    def keep(self, **changed: Any) -> None:
        report = night_report(**changed)
        self.services.reports.put([KeptReport(report=report, computed_at=self.world.clock.at, version=1)])

    def at(self, now: int) -> "Post":
        self.world.clock.at = now
        self.mornings.turn()
        self.courier.turn()
        self.courier.turn()
        return self

    @property
    def states(self) -> list[tuple[DeliveryState, Failure | None]]:
        return [(one.state, one.failure) for one in self.services.outbox.letters_of("r1", NIGHT)]

    @property
    def texts(self) -> list[str]:
        return [message.text for _, message in self.sender.taken]

    def relative(self, **changed: Any) -> Person:
        person = self.world.people.by_id("p-son")
        assert person is not None
        changed_person = replace(person, **changed)
        self.world.people.save(changed_person)
        return changed_person


@pytest.fixture
def post() -> Post:
    return Post()


def test_at_the_centres_hour_one_letter_goes_with_the_card(post: Post) -> None:
    post.keep()
    assert post.at(DUE_AT - 1).sender.sent == []
    post.at(DUE_AT + MINUTE_MS)
    ((way, message),) = post.sender.sent
    assert (way, message.picture, message.urgent) == ("mail", CARD, False)
    assert message.title == "Last night"
    assert message.text == (
        "The report of the night of Sat, Nov 21 is ready. The picture shows how it went. "
        "You can stop these messages in your account."
    )
    assert message.link == f"https://care.example/residents/r1?night={NIGHT}"
    assert post.states == [(DeliveryState.SENT, None)]
    for later in (2, 60, 300):
        post.at(DUE_AT + later * MINUTE_MS)
    assert len(post.sender.sent) == 1


def test_neither_the_text_nor_the_card_has_a_name_and_the_text_no_figure(post: Post) -> None:
    post.keep()
    post.at(DUE_AT)
    ((_, message),) = post.sender.sent
    (spec,) = post.drawing.specs
    assert not any(name in str((message, spec)) for name in NAMES)
    assert not any(figure in message.text for figure in ("495", "61", "84", "8 hr"))


def test_the_words_and_the_card_are_in_the_readers_language(post: Post) -> None:
    post.relative(language="zh-CN")
    post.keep()
    post.at(DUE_AT)
    ((_, message),) = post.sender.sent
    assert (message.title, message.language) == ("昨夜情况", "zh-CN")
    assert message.text == "11月21日周六夜间的报告已生成。图片展示了这一夜的情况。您可以在账户页面停止接收这些消息。"
    assert "2026年11月21日" in str(post.drawing.specs[0])


def test_a_restart_sends_nothing_twice_and_loses_nothing(post: Post) -> None:
    post.keep()
    post.world.clock.at = DUE_AT
    post.mornings.turn()
    post.start()
    post.at(DUE_AT + MINUTE_MS)
    post.start()
    post.at(DUE_AT + HOUR_MS)
    assert len(post.sender.sent) == 1


def test_a_late_report_is_waited_for_and_told_once(post: Post) -> None:
    post.at(DUE_AT)
    post.keep(valid=False, score=None)
    post.at(DUE_AT + HOUR_MS)
    assert post.sender.sent == []
    post.keep()
    post.at(DUE_AT + 2 * HOUR_MS)
    post.at(DUE_AT + WAIT_MS)
    assert len(post.sender.sent) == 1
    assert post.sender.sent[0][1].picture == CARD


@pytest.mark.parametrize(
    ("valid", "words"),
    [
        (None, "There is no report of the night of Sat, Nov 21, because the belt told nothing."),
        (False, "The belt told only a part of the night of Sat, Nov 21; what there is can be read in Nightbelt."),
    ],
)
def test_in_the_end_a_family_hears_that_there_is_no_whole_report(post: Post, valid: bool | None, words: str) -> None:
    if valid is not None:
        post.keep(valid=valid, score=None)
    post.at(DUE_AT + WAIT_MS - 1)
    assert post.sender.sent == []
    post.at(DUE_AT + WAIT_MS + MINUTE_MS)
    assert [text.startswith(words) for text in post.texts] == [True]
    assert post.sender.sent[0][1].picture == b""
    post.keep()
    post.at(DUE_AT + WAIT_MS + HOUR_MS)
    assert len(post.sender.sent) == 1


def test_after_an_outage_reports_are_made_before_one_is_said_to_be_missing(post: Post) -> None:
    late = DUE_AT + WAIT_MS + HOUR_MS
    post.world.clock.at = late
    post.start()
    assert post.at(late + MINUTE_MS).sender.sent == []
    post.keep()
    post.at(late + SETTLING_MS - MINUTE_MS)
    assert len(post.texts) == 1
    assert "is ready" in post.texts[0]


def withdraw(post: Post) -> None:
    post.services.consents.withdraw("r1", "p-son", post.world.clock.at, "p-ada")


def stop(post: Post) -> None:
    post.services.consents.wish("r1", "p-son", Shape.NONE)


def unlink(post: Post) -> None:
    post.relative(relatives=frozenset())


def to_hospital(post: Post) -> None:
    post.world.pauses.begin(
        CarePause(
            pause_id="x",
            center_id="elm",
            resident_id="r1",
            reason=PauseReason.HOSPITAL,
            began_at=DUE_AT - HOUR_MS,
            began_by="p-wang",
            ends_at=DUE_AT + HOUR_MS,
        )
    )


def move_out(post: Post) -> None:
    place = next(one for one in post.world.register.places(post.world.clock.at) if one.bed_id == "b1")
    entry = replace(post.world.entry(1), resident=None)
    post.world.register.enroll(place.center, [entry], post.world.clock.at)


@pytest.mark.parametrize(
    ("happens", "failure"),
    [
        (withdraw, Failure.NO_CONSENT),
        (stop, Failure.NO_CONSENT),
        (unlink, Failure.NO_CONSENT),
        (to_hospital, Failure.AWAY),
        (move_out, Failure.AWAY),
    ],
)
def test_what_happens_between_queueing_and_sending_stops_the_letter(
    post: Post, happens: Callable[[Post], None], failure: Failure
) -> None:
    post.keep()
    post.world.clock.at = DUE_AT
    post.mornings.turn()
    happens(post)
    post.at(DUE_AT + MINUTE_MS)
    assert post.sender.sent == []
    assert post.states == [(DeliveryState.GIVEN_UP, failure)]


def test_a_consent_withdrawn_between_two_tries_stops_the_second(post: Post) -> None:
    post.keep()
    post.sender.answers["mail"] = Failure.NOT_TAKEN
    post.at(DUE_AT)
    assert len(post.sender.sent) == 1
    withdraw(post)
    post.sender.answers.clear()
    post.at(DUE_AT + MINUTE_MS)
    assert len(post.sender.sent) == 1
    assert post.states == [(DeliveryState.GIVEN_UP, Failure.NO_CONSENT)]


def test_a_consent_given_after_the_hour_begins_with_the_next_morning(post: Post) -> None:
    withdraw(post)
    post.services.consents.give(replace(CONSENT, given_at=DUE_AT + HOUR_MS))
    post.keep()
    assert post.at(DUE_AT + 2 * HOUR_MS).sender.sent == []
    post.keep(night=MORNING)
    post.at(DUE_AT + 24 * HOUR_MS)
    assert len(post.sender.sent) == 1


def test_who_cannot_be_reached_is_owed_nothing_until_a_way_is_there(post: Post) -> None:
    post.contacts.remove("mail")
    post.keep()
    post.at(DUE_AT)
    assert post.states == []
    post.contacts.save(MAIL)
    post.at(DUE_AT + HOUR_MS)
    assert post.states == [(DeliveryState.SENT, None)]


@pytest.mark.parametrize(("shape", "pictures"), [(Shape.LINK, True), (Shape.CARD, False)])
def test_without_a_card_the_letter_says_where_the_report_is(post: Post, shape: Shape, pictures: bool) -> None:
    post.services.consents.wish("r1", "p-son", shape)
    post.sender.pictures = pictures
    post.keep()
    post.at(DUE_AT)
    assert post.sender.sent[0][1].picture == b""
    assert "You can read it in Nightbelt." in post.texts[0]
    assert post.drawing.specs == []


def test_a_card_that_cannot_be_drawn_holds_no_letter_up(post: Post) -> None:
    post.drawing.away = True
    post.keep()
    post.at(DUE_AT)
    assert "You can read it in Nightbelt." in post.texts[0]


def test_two_relatives_are_told_apart_by_room_and_bed(post: Post) -> None:
    post.relative(relatives=frozenset({"r1", "r2"}))
    post.services.consents.give(replace(CONSENT, resident_id="r2"))
    post.keep()
    post.keep(resident_id="r2")
    post.at(DUE_AT)
    titles = sorted(message.title for _, message in post.sender.sent)
    assert titles == ["Last night: room 101, bed A", "Last night: room 101, bed B"]


def test_a_bed_without_a_belt_owes_no_word(post: Post) -> None:
    place = next(one for one in post.world.register.places(DUE_AT) if one.bed_id == "b1")
    post.world.register.enroll(place.center, [replace(post.world.entry(1), belt_id=None)], DUE_AT - 48 * HOUR_MS)
    post.at(DUE_AT + WAIT_MS + MINUTE_MS)
    assert post.states == []


def test_a_service_that_takes_nothing_wakes_nobody_in_the_night(post: Post) -> None:
    post.relative(relatives=frozenset({"r1", "r2"}))
    post.services.consents.give(replace(CONSENT, resident_id="r2"))
    post.keep()
    post.keep(resident_id="r2")
    other = replace(MAIL, contact_id="other", rank=2)
    post.contacts.save(other)
    post.sender.answers.update({"mail": Failure.NOT_TAKEN, "other": Failure.NOT_TAKEN})
    now = DUE_AT
    for _ in range(60):
        now += 40_000
        post.at(now)
    (alarm,) = post.world.book.open_alarms("elm")
    assert (alarm.rule, alarm.priority, alarm.state) == (Rule.CHANNEL_FAILING, Priority.LOW, AlarmState.ACTIVE)
    assert post.states == [(DeliveryState.FAILED, Failure.NOT_TAKEN)]
    assert post.services.outbox.due(2**60) == []


def test_what_hangs_until_the_evening_is_let_go(post: Post) -> None:
    post.keep()
    evening = instant(datetime.combine(MORNING, CLOSING, tzinfo=ZONE))
    post.world.clock.at = evening - MINUTE_MS
    post.mornings.turn()
    post.world.clock.at = evening
    post.courier.turn()
    post.courier.turn()
    assert post.states == [(DeliveryState.GIVEN_UP, Failure.OVER)]


def test_it_looks_once_a_minute(post: Post) -> None:
    post.at(DUE_AT)
    post.keep()
    assert post.at(DUE_AT + EVERY_MS - 1).sender.sent == []
    assert len(post.at(DUE_AT + EVERY_MS).sender.sent) == 1


def test_alarms_never_go_to_a_family(post: Post) -> None:
    alarm = post.world.raise_alarm(1).alarm
    son = post.relative()
    call = Call(key="k", alarm_id=alarm.alarm_id, person_id="p-son", level=0, reason=CallReason.ON_DUTY, due_at=0)
    assert obstacle(call, alarm, son) is Failure.NOT_ALLOWED
