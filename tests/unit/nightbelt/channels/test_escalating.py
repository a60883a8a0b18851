"""Calls of the open alarms into the outbox: at their time, once, and over a restart."""

from datetime import time

import pytest

from alerts.lifecycle import step
from domain.alarms import Acknowledge, Raise, Rule
from domain.calls import CallReason
from domain.errors import UnavailableError
from domain.roster import WEEK, Duty, Post, Shift
from domain.units import SECOND_MS
from nightbelt.channels.courier import Books
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
        self.alarm = self.world.build_alarm(1, Rule.LEAVE_BED_IMMEDIATE)
        self.world.book.apply([Raise(alarm_id=self.alarm.alarm_id, at=self.alarm.raised_at, alarm=self.alarm)], step)
        self.worker = self.new_worker()

    def new_worker(self) -> Escalating:
        books = Books(
            outbox=self.outbox,
            contacts=InMemoryContacts(),
            alarms=self.world.book,
            people=self.world.people,
            register=self.world.register,
            rosters=self.rosters,
        )
        return Escalating(books=books, centers=lambda: ("elm", "oak"), clock=self.world.clock)

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


def test_taken_in_time_nobody_else_is_called(ward: Ward) -> None:
    ward.on_duty(a="wang", b="li")
    ward.worker.turn()
    taken = Acknowledge(alarm_id=ward.alarm.alarm_id, at=ward.alarm.raised_at + 1, person_id=ward.id_of("wang"))
    ward.world.book.apply([taken], step)
    ward.later(600)
    ward.worker.turn()
    assert ward.called() == [ward.id_of("wang")]


def test_without_roster_and_leads_everybody_who_may_help_is_called(ward: Ward) -> None:
    ward.worker.turn()
    assert set(ward.called()) == {ward.id_of(login) for login in ("ada", "wang", "li")}
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
