"""A resident's nights against a plain model: coming and going, people's commands, pauses, kills, late and silent belts.

The watch, the engine and the life cycle are the real ones over a book in memory; the model is told the same and says
which alarms there are, in which state, and which of them sound. Each command comes twice.
"""

from dataclasses import dataclass, replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from alerts.lifecycle import REARM_MS, step
from alerts.rules import CLEAR_MS
from alerts.watch import Watch
from domain.alarms import (
    Acknowledge,
    Alarm,
    AlarmInput,
    AlarmState,
    Category,
    Escalate,
    EventKind,
    GiveBack,
    Outcome,
    Resolve,
    Snooze,
)
from domain.errors import IllegalStepError
from domain.pauses import CarePause, PauseEnd, PauseReason
from domain.ports import BedEntry
from domain.readings import Occupancy, ReadingBatch
from domain.residents import Center, LeaveBedSettings, Resident, VitalSettings
from domain.units import LONG_AGO, MINUTE_MS, SECOND_MS
from domain.vitals import BELT_SILENT, MANY_EXITS
from tests.fakes.in_memory_alarm_book import InMemoryAlarmBook
from tests.fakes.in_memory_pauses import InMemoryCarePauses
from tests.fakes.in_memory_register import InMemoryRegister
from tests.unit.alerts.bed import NIGHT

INTERVAL_MS = 10 * SECOND_MS
LIMIT_MIN = 2
LIMIT_MS = LIMIT_MIN * MINUTE_MS
CONFIRM_MS = INTERVAL_MS
"""Belts report every 10 s here, so the second reading confirms a return."""
RULE = "leave-bed-not-back"
IN, OUT = Occupancy.IN, Occupancy.OUT
away = st.sampled_from([2, 7, 13, 14, 25, 60])
back = st.sampled_from([2, 3, 7, 12, 14])
quiet = st.sampled_from([1, 2, 13, 30, 60])
"""Readings one after the other, or ticks without any; about the limits of 2 min, 5 min and 10 min."""


@dataclass
class ModelAlarm:
    """`run` is when the absence began that it is about."""

    run: int
    state: AlarmState = AlarmState.ACTIVE
    snoozed_until: int | None = None
    cleared: bool = False
    rearm_at: int | None = None
    taken_by: str = ""
    closed: bool = False
    """By a person: whether and when the condition ended afterwards is then of no matter to it."""

    def close(self, at: int) -> None:
        self.closed = True
        self.state, self.snoozed_until = AlarmState.RESOLVED, None
        self.rearm_at = None if self.cleared else at + REARM_MS[Category.CARE]


class Model:
    """Someone leaves, is missed after the limit, comes back; all by hand and one at a time."""

    def __init__(self) -> None:
        self.alarms: dict[int, ModelAlarm] = {}
        self.in_bed_since: int | None = None
        self.out_since: int | None = None
        self.told = False
        self.standing_run: int | None = None
        self.pause: tuple[int, int] | None = None
        self.paused_until = LONG_AGO

    def report(self, at: int, occupancy: Occupancy) -> None:
        if occupancy is OUT:
            if self.in_bed_since is not None:
                self.in_bed_since, self.out_since, self.told = None, at, False
        elif self.in_bed_since is None:
            self.in_bed_since = at
        elif self.pause and self.pause[0] < self.in_bed_since and at - self.in_bed_since >= CONFIRM_MS:
            self.pause, self.paused_until = None, self.in_bed_since
        if self.in_bed_since is not None and at - self.in_bed_since >= CLEAR_MS:
            self._clear()
            self.out_since = None

    def pass_time(self, at: int) -> None:
        if self.pause and self.pause[1] <= at:
            self.pause = None
        away = self.in_bed_since is None and self.out_since is not None
        if away and not self.told and max(self.out_since or 0, self.paused_until) + LIMIT_MS <= at:
            self._clear()
            self.told, self.standing_run = True, self.out_since
            self.alarms[self.out_since or 0] = ModelAlarm(run=self.out_since or 0)
        for alarm in list(self.alarms.values()):
            if alarm.snoozed_until is not None and alarm.snoozed_until <= at:
                alarm.snoozed_until = None
            if alarm.rearm_at is not None and alarm.rearm_at <= at and away and self.told and not self.pause:
                self.alarms[alarm.rearm_at] = ModelAlarm(run=alarm.run)
                alarm.rearm_at = None

    def _clear(self) -> None:
        for alarm in self.alarms.values():
            if alarm.run == self.standing_run and not alarm.cleared:
                alarm.cleared, alarm.rearm_at, alarm.snoozed_until = True, None, None
                alarm.state = AlarmState.RESOLVED
        self.standing_run = None


GIVEN_AGAIN = 3
"""Messages that were not acked when it was killed."""


def _ended_by_itself(alarm: Alarm) -> bool:
    return alarm.cleared_at is not None and alarm.resolved_by is None


class LifeCycle(RuleBasedStateMachine):
    """One resident, one belt, one rule; times are ms, everything happens at whole 10 s."""

    @initialize()
    def move_in(self) -> None:
        self.book, self.pauses, register = InMemoryAlarmBook(), InMemoryCarePauses(), InMemoryRegister()
        resident = Resident(
            resident_id="r1",
            name="A",
            leave_bed=LeaveBedSettings(away_limit_min=LIMIT_MIN),
            vitals=VitalSettings(
                windows=(), belt_silent=replace(BELT_SILENT, on=False), many_exits=replace(MANY_EXITS, on=False)
            ),
        )
        bed = BedEntry(room_id="1", room="1", bed_id="1-1", bed="1", belt_id="b1", resident=resident)
        register.enroll(Center(center_id="c1", name="C"), [bed], NIGHT - 86_400_000)
        self.register, self.model, self.now = register, Model(), NIGHT
        self.sent: list[tuple[int, Occupancy]] = []
        self.heard = 0
        self.watch = self._start()
        self._spell(2, IN)

    def _start(self) -> Watch:
        return Watch(register=self.register, book=self.book, pauses=self.pauses, now=self.now)

    def _hand_in(self, readings: list[tuple[int, Occupancy]]) -> None:
        batch = ReadingBatch.build(
            belts=("b1",),
            belt=[0] * len(readings),
            observed_at=[at for at, _ in readings],
            received_at=self.now,
            in_bed=[occupancy for _, occupancy in readings],
        )
        self.watch.observe(batch, self.now)
        self.watch.commit()

    def _tick(self) -> None:
        self.watch.refresh(self.now)
        self.watch.tick(self.now, self.now)
        self.watch.commit()
        self.model.pass_time(self.now)

    def _spell(self, readings: int, occupancy: Occupancy) -> None:
        for _ in range(readings):
            self.now += INTERVAL_MS
            self.sent.append((self.now, occupancy))
            self.heard += 1
            self._hand_in([self.sent[-1]])
            self.model.report(self.now, occupancy)
            self._tick()

    @rule(readings=back)
    def lie(self, readings: int) -> None:
        self._spell(readings, IN)

    @rule(readings=away)
    def be_away(self, readings: int) -> None:
        self._spell(readings, OUT)

    @rule(ticks=quiet)
    def hear_nothing(self, ticks: int) -> None:
        for _ in range(ticks):
            self.now += INTERVAL_MS
            self._tick()

    @rule()
    def kill_and_restart(self) -> None:
        """What was not committed is gone; the broker gives the last messages again."""
        self.watch = self._start()
        self._hand_in(self.sent[-GIVEN_AGAIN:])
        self.heard = min(GIVEN_AGAIN, len(self.sent))

    @rule(readings=st.integers(1, 5))
    def hear_late_ones_again(self, readings: int) -> None:
        """Copies of what this watch has heard; one that it has not would show that messages overtake each other."""
        self._hand_in(self.sent[-min(readings, self.heard) :])

    @precondition(lambda self: self.model.alarms)
    @rule(data=st.data(), person=st.sampled_from(["ann", "bob"]))
    def take(self, data: st.DataObject, person: str) -> None:
        key, alarm_id = self._choose(data)
        alarm = self.model.alarms[key]
        legal = alarm.state is not AlarmState.RESOLVED
        self._command(Acknowledge(alarm_id=alarm_id, at=self.now, person_id=person), legal=legal)
        if alarm.state is AlarmState.ACTIVE:
            alarm.state, alarm.snoozed_until, alarm.taken_by = AlarmState.ACKNOWLEDGED, None, person

    @precondition(lambda self: self.model.alarms)
    @rule(data=st.data())
    def close(self, data: st.DataObject) -> None:
        key, alarm_id = self._choose(data)
        alarm = self.model.alarms[key]
        given = Resolve(alarm_id=alarm_id, at=self.now, person_id="ann", outcome=Outcome.HELPED)
        self._command(given, legal=True)
        if alarm.state is not AlarmState.RESOLVED:
            alarm.close(self.now)

    @precondition(lambda self: self.model.alarms)
    @rule(data=st.data(), minutes=st.sampled_from([5, 15, 30, 500]))
    def snooze(self, data: st.DataObject, minutes: int) -> None:
        key, alarm_id = self._choose(data)
        alarm = self.model.alarms[key]
        legal = alarm.state is AlarmState.ACTIVE
        until = self.now + minutes * MINUTE_MS
        self._command(Snooze(alarm_id=alarm_id, at=self.now, person_id="ann", until=until), legal=legal)
        until = min(until, self.now + 120 * MINUTE_MS)
        running = alarm.snoozed_until
        if legal and (running is None or abs(running - until) >= MINUTE_MS):
            alarm.snoozed_until = until

    @precondition(lambda self: self.model.alarms)
    @rule(data=st.data())
    def hand_on(self, data: st.DataObject) -> None:
        key, alarm_id = self._choose(data)
        alarm = self.model.alarms[key]
        legal = alarm.state is not AlarmState.RESOLVED
        self._command(Escalate(alarm_id=alarm_id, at=self.now, person_id="bob"), legal=legal)
        if legal:
            alarm.state, alarm.snoozed_until = AlarmState.ACTIVE, None

    @precondition(lambda self: self.model.alarms)
    @rule(data=st.data(), person=st.sampled_from(["ann", "bob"]))
    def give_back(self, data: st.DataObject, person: str) -> None:
        key, alarm_id = self._choose(data)
        alarm = self.model.alarms[key]
        theirs = alarm.state is AlarmState.ACKNOWLEDGED and alarm.taken_by == person
        legal = theirs or alarm.state is AlarmState.ACTIVE
        self._command(GiveBack(alarm_id=alarm_id, at=self.now, person_id=person), legal=legal)
        if theirs:
            alarm.state = AlarmState.ACTIVE

    @precondition(lambda self: self.model.pause is None)
    @rule(minutes=st.integers(1, 20))
    def pause_for_care(self, minutes: int) -> None:
        ends_at = self.now + minutes * MINUTE_MS
        pause = CarePause(
            pause_id=f"r1.{self.now}.{len(self.pauses.since(0))}",
            center_id="c1",
            resident_id="r1",
            reason=PauseReason.TOILET,
            began_at=self.now,
            began_by="ann",
            ends_at=ends_at,
        )
        for _ in range(2):
            self.pauses.begin(pause)
        self.model.pause, self.model.paused_until = (self.now, ends_at), ends_at
        self.watch.settings_changed()
        self._tick()

    @precondition(lambda self: self.model.pause is not None)
    @rule()
    def resume(self) -> None:
        for pause in self.pauses.since(self.now):
            self.pauses.end(pause.pause_id, self.now, PauseEnd.PERSON, "bob")
            self.pauses.end(pause.pause_id, self.now + 1, PauseEnd.PERSON, "ann")
        self.model.pause, self.model.paused_until = None, self.now
        self.watch.settings_changed()
        self._tick()

    def _choose(self, data: st.DataObject) -> tuple[int, str]:
        """The newest alarm mostly, for that is where something happens."""
        keys = sorted(self.model.alarms, reverse=True)
        key = data.draw(st.sampled_from([*keys[:1] * 4, *keys]))
        return key, f"r1.{RULE}.{key}"

    def _command(self, given: AlarmInput, *, legal: bool) -> None:
        try:
            self.book.apply([given], step)
            assert legal
            assert self.book.apply([given], step) == []
        except IllegalStepError:
            assert not legal

    @invariant()
    def the_book_says_what_the_model_says(self) -> None:
        found = {
            alarm.alarm_id: (alarm.state, alarm.snoozed_until, _ended_by_itself(alarm), alarm.rearm_at)
            for alarm in self.book.alarms_of("r1", 0, 2**62)
        }
        wanted = {
            f"r1.{RULE}.{key}": (
                alarm.state,
                alarm.snoozed_until,
                alarm.cleared and not alarm.closed,
                alarm.rearm_at,
            )
            for key, alarm in self.model.alarms.items()
        }
        assert found == wanted

    @invariant()
    def whoever_is_missed_is_called_for_or_looked_after(self) -> None:
        """No gap: out for longer than the limit, there is an alarm, a person who closed one lately, or a pause."""
        model = self.model
        if model.in_bed_since is not None or not model.told:
            return
        mine = [alarm for alarm in model.alarms.values() if alarm.run == model.standing_run]
        assert any(alarm.state is not AlarmState.RESOLVED or alarm.rearm_at is not None for alarm in mine)

    @invariant()
    def every_alarm_was_raised_once_and_its_events_are_counted(self) -> None:
        for alarm in self.book.alarms_of("r1", 0, 2**62):
            kinds = [event.kind for event in self.book.history(alarm.alarm_id)]
            assert kinds[0] is EventKind.RAISED
            assert kinds.count(EventKind.RAISED) == 1
            assert alarm.version == len(kinds) - 1


TestLifeCycle = LifeCycle.TestCase
TestLifeCycle.settings = settings(max_examples=80, stateful_step_count=30, deadline=None)
