"""Calls of the open alarms into the outbox: at their time, once, and over a restart."""

from collections import Counter
from dataclasses import replace
from datetime import time

import pytest
from structlog.testing import capture_logs

from alerts.lifecycle import step
from domain.alarms import Acknowledge, AlarmEvent, Escalate, GiveBack, Raise, Rule
from domain.calls import CallReason
from domain.contacts import ContactPoint, WayKind
from domain.errors import UnavailableError
from domain.escalation import HIGH
from domain.people import Role
from domain.roster import WEEK, Duty, Post, Roster, Shift
from domain.units import SECOND_MS
from nightbelt.channels.desks import Books
from nightbelt.channels.escalating import Escalating
from tests.fakes.in_memory_contacts import InMemoryContacts
from tests.fakes.in_memory_outbox import InMemoryOutbox
from tests.fakes.in_memory_rosters import InMemoryRosters
from tests.unit.api.world import World, build_world

ALWAYS = Shift(shift_id="always", name="", start=time(0), end=time(0))


class Ward:
    """A world with an alarm just raised, and the worker over it."""

    def __init__(self) -> None:
        self.world: World = build_world()
        self.outbox, self.rosters = InMemoryOutbox(), InMemoryRosters()
        self.contacts = InMemoryContacts()
        self.alarm = self.world.build_alarm(1, Rule.LEAVE_BED_IMMEDIATE)
        self.world.book.apply([Raise(alarm_id=self.alarm.alarm_id, at=self.alarm.raised_at, alarm=self.alarm)], step)
        self.worker = self.new_worker()

    def books(self) -> Books:
        return Books(
            outbox=self.outbox,
            contacts=self.contacts,
            alarms=self.world.book,
            people=self.world.people,
            register=self.world.register,
            rosters=self.rosters,
        )

    def new_worker(self) -> Escalating:
        return Escalating(books=self.books(), centers=lambda: ("elm", "oak"), clock=self.world.clock)

    def on_duty(self, **logins: str) -> None:
        duties = [
            Duty(shift_id="always", weekday=day, post=Post(post), person_id=self.id_of(login))
            for day in WEEK
            for post, login in logins.items()
        ]
        self.rosters.plan("elm", [ALWAYS], duties)

    def id_of(self, login: str) -> str:
        person = self.world.people.by_login(login)
        assert person
        return person.person_id

    def called(self) -> list[str]:
        found = sorted(self.outbox.of_alarm(self.alarm.alarm_id), key=lambda each: each.call.due_at)
        return [each.call.person_id for each in found]

    def take(self, login: str) -> None:
        taken = Acknowledge(alarm_id=self.alarm.alarm_id, at=self.world.clock.at, person_id=self.id_of(login))
        self.world.book.apply([taken], step)

    def give_back(self, login: str) -> None:
        given = GiveBack(alarm_id=self.alarm.alarm_id, at=self.world.clock.at, person_id=self.id_of(login))
        self.world.book.apply([given], step)

    def hand_on(self, login: str) -> None:
        given = Escalate(alarm_id=self.alarm.alarm_id, at=self.world.clock.at, person_id=self.id_of(login))
        self.world.book.apply([given], step)

    def later(self, seconds: float) -> None:
        self.world.clock.at = self.alarm.raised_at + round(seconds * SECOND_MS)


@pytest.fixture
def ward() -> Ward:
    return Ward()


def test_the_posts_are_called_in_turn_and_once(ward: Ward) -> None:
    ward.on_duty(a="wang", b="li")
    for seconds in (0, 1, 59):
        ward.later(seconds)
        ward.worker.turn()
    assert ward.called() == [ward.id_of("wang")]
    ward.later(61)
    ward.worker.turn()
    assert ward.called() == [ward.id_of("wang"), ward.id_of("li")]


def test_after_a_restart_the_overdue_step_comes_at_once_and_none_twice(ward: Ward) -> None:
    ward.on_duty(a="wang", b="li")
    ward.worker.turn()
    ward.later(170)
    restarted = ward.new_worker()
    restarted.turn()
    restarted.turn()
    assert ward.called() == [ward.id_of("wang"), ward.id_of("li")]


@pytest.mark.parametrize("restarted", [False, True])
def test_a_clock_that_was_put_back_delays_no_step(ward: Ward, restarted: bool) -> None:
    ward.on_duty(a="wang", b="li")
    ward.worker.turn()
    worker = ward.new_worker() if restarted else ward.worker
    for seconds in (-3600, -3599, -3540, -3539):
        ward.later(seconds)
        worker.turn()
    assert Counter(ward.called()) == {ward.id_of("wang"): 2, ward.id_of("li"): 1}


def test_what_was_called_before_the_clock_was_put_back_is_no_step_of_what_calls_after_it(ward: Ward) -> None:
    ward.on_duty(a="wang", b="li")
    ward.worker.turn()
    for seconds, act in ((-3600, ward.take), (-3590, ward.give_back)):
        ward.later(seconds)
        act("wang")
    for worker in (ward.new_worker(), ward.new_worker()):
        worker.turn()
    assert ward.called() == [ward.id_of("wang")] * 2


def test_taken_in_time_nobody_else_is_called(ward: Ward) -> None:
    ward.on_duty(a="wang", b="li")
    ward.worker.turn()
    ward.later(1)
    ward.take("wang")
    ward.later(600)
    ward.worker.turn()
    assert ward.called() == [ward.id_of("wang")]


def test_without_roster_and_leads_everybody_who_cares_is_called(ward: Ward) -> None:
    ward.worker.turn()
    assert set(ward.called()) == {ward.id_of(login) for login in ("wang", "li")}
    reasons = {each.call.reason for each in ward.outbox.of_alarm(ward.alarm.alarm_id)}
    assert reasons == {CallReason.NOBODY_ON_DUTY}


def test_a_changed_roster_counts_within_half_a_minute(ward: Ward) -> None:
    ward.on_duty(a="wang")
    ward.worker.turn()
    ward.on_duty(a="wang", b="li")
    ward.later(61)
    ward.worker.turn()
    assert ward.called() == [ward.id_of("wang"), ward.id_of("li")]


def test_what_could_not_be_queued_is_owed(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    ward.on_duty(a="wang")

    def away(_calls: object) -> None:
        raise UnavailableError("records", "away")

    with monkeypatch.context() as patched:
        patched.setattr(ward.outbox, "queue", away)
        with pytest.raises(UnavailableError):
            ward.worker.turn()
    assert ward.called() == []
    ward.worker.turn()
    assert ward.called() == [ward.id_of("wang")]


def test_given_back_it_calls_from_the_first_post_again(ward: Ward) -> None:
    ward.on_duty(a="wang", b="li")
    ward.worker.turn()
    ward.later(10)
    ward.take("wang")
    ward.worker.turn()
    ward.later(20)
    ward.give_back("wang")
    for seconds in (20, 79, 80):
        ward.later(seconds)
        ward.worker.turn()
        ward.new_worker().turn()
    assert ward.called() == [ward.id_of(login) for login in ("wang", "wang", "li")]


def test_handed_on_the_lead_is_called_at_once(ward: Ward) -> None:
    ward.on_duty(a="wang", lead="ada")
    ward.worker.turn()
    ward.later(10)
    ward.take("wang")
    ward.later(20)
    ward.hand_on("wang")
    for _ in range(2):
        ward.worker.turn()
        ward.new_worker().turn()
    assert ward.called() == [ward.id_of("wang"), ward.id_of("ada")]


def test_taken_and_left_standing_those_on_duty_and_who_took_it_are_asked(ward: Ward) -> None:
    ward.on_duty(a="wang", lead="ada")
    ward.later(10)
    ward.take("li")
    for seconds in (10, 9 + HIGH.again_after_s, 10 + HIGH.again_after_s, 11 + HIGH.again_after_s):
        ward.later(seconds)
        ward.worker.turn()
    calls = [each.call for each in ward.outbox.of_alarm(ward.alarm.alarm_id)]
    assert {call.person_id for call in calls} == {ward.id_of(login) for login in ("wang", "ada", "li")}
    assert {call.reason for call in calls} == {CallReason.NOT_FINISHED}


def test_a_post_of_somebody_without_a_way_to_be_reached_passes_its_step_on(ward: Ward) -> None:
    ward.on_duty(a="wang", b="li")
    way = ContactPoint(
        contact_id="k", center_id="elm", person_id=ward.id_of("li"), kind=WayKind.APPRISE, address="m://a"
    )
    ward.contacts.save(way)
    ward.worker.turn()
    assert set(ward.called()) == {ward.id_of("wang"), ward.id_of("li")}


def test_a_post_of_somebody_who_may_no_longer_help_is_empty(ward: Ward) -> None:
    ward.on_duty(a="wang", b="li")
    wang = ward.world.people.by_login("wang")
    assert wang
    ward.world.people.save(replace(wang, role=Role.DOCTOR))
    ward.worker.turn()
    assert ward.called() == [ward.id_of("li")]


def test_a_centre_that_cannot_be_looked_at_holds_up_no_other(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    ward.on_duty(a="wang")
    ward.world.raise_alarm(99, center_id="oak")
    read = ward.rosters.roster

    def broken(center_id: str) -> Roster:
        if center_id == "oak":
            raise ValueError(center_id)
        return read(center_id)

    monkeypatch.setattr(ward.rosters, "roster", broken)
    books = ward.books()
    worker = Escalating(books=books, centers=lambda: ("oak", "elm"), clock=ward.world.clock)
    with pytest.raises(ValueError, match="oak"):
        worker.turn()
    assert ward.called() == [ward.id_of("wang")]


def test_an_alarm_that_cannot_be_looked_at_holds_up_no_other(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    ward.on_duty(a="wang")
    odd, read = ward.world.raise_alarm(2).alarm, ward.world.book.history

    def broken(alarm_id: str) -> list[AlarmEvent]:
        if alarm_id == odd.alarm_id:
            raise ValueError(alarm_id)
        return read(alarm_id)

    monkeypatch.setattr(ward.world.book, "history", broken)
    with pytest.raises(ValueError, match=odd.alarm_id):
        ward.worker.turn()
    assert ward.called() == [ward.id_of("wang")]


@pytest.mark.parametrize(
    ("known", "reasons"),
    [(False, {CallReason.NOBODY_ON_DUTY}), (True, {CallReason.ON_DUTY, CallReason.ESCALATED})],
)
def test_without_a_roster_that_can_be_read_the_last_known_counts_or_none(
    ward: Ward, monkeypatch: pytest.MonkeyPatch, known: bool, reasons: set[CallReason]
) -> None:
    ward.on_duty(a="wang", b="li")
    if known:
        ward.worker.turn()

    def broken(_center_id: str) -> Roster:
        raise ValueError("no roster")

    monkeypatch.setattr(ward.rosters, "roster", broken)
    ward.later(61)
    with pytest.raises(ValueError, match="no roster"):
        ward.worker.turn()
    assert set(ward.called()) == {ward.id_of(login) for login in ("wang", "li")}
    assert {each.call.reason for each in ward.outbox.of_alarm(ward.alarm.alarm_id)} == reasons


def test_that_there_is_nobody_to_call_is_logged_once(ward: Ward) -> None:
    for login in ("ada", "wang", "li"):
        person = ward.world.people.by_login(login)
        assert person
        ward.world.people.save(replace(person, role=Role.FAMILY))
    with capture_logs() as logs:
        for seconds in (0, 1, 70):
            ward.later(seconds)
            ward.worker.turn()
    assert [(log["event"], log["center_id"]) for log in logs] == [("an alarm calls and there is nobody to call", "elm")]


def test_an_alarm_that_does_not_change_is_not_read_again(ward: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    ward.on_duty(a="wang", b="li")
    ward.worker.turn()

    def read_again(_alarm_id: str) -> list[AlarmEvent]:
        raise AssertionError

    monkeypatch.setattr(ward.world.book, "history", read_again)
    ward.later(60)
    ward.worker.turn()
    assert ward.called() == [ward.id_of("wang"), ward.id_of("li")]
