"""What alarms mean for one another, and what time does to them."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pytest

from alerts.lifecycle import REARM_MS, step
from alerts.standing import MERGE_MS, Holding, InHand, Surroundings
from domain.alarms import (
    Acknowledge,
    Alarm,
    AlarmInput,
    AlarmState,
    Category,
    Clear,
    EventKind,
    Outcome,
    Priority,
    Raise,
    Reason,
    Resolve,
    Rule,
    Snooze,
)
from domain.pauses import CarePause, PauseReason
from domain.units import MINUTE_MS
from tests.fakes.in_memory_alarm_book import InMemoryAlarmBook

TECHNICAL = {Rule.BELT_SILENT, Rule.CENTER_SILENT, Rule.SIGNAL_POOR, Rule.VITALS_IN_EMPTY_BED}
T0 = 10**9


def alarm_of(rule: Rule, at: int = T0, *, resident: str = "r1", belt: str = "b1", latches: bool = False) -> Alarm:
    of_center = rule is Rule.CENTER_SILENT
    care = Category.CARE if rule is Rule.LEAVE_BED_NOT_BACK else Category.PHYSIOLOGICAL
    return Alarm(
        alarm_id=f"{'c1' if of_center else resident}.{rule}.{at}",
        rule=rule,
        category=Category.TECHNICAL if rule in TECHNICAL else care,
        priority=Priority.MEDIUM,
        center_id="c1",
        resident_id="" if of_center else resident,
        bed_id="bed1",
        belt_id="" if of_center else belt,
        state=AlarmState.ACTIVE,
        began_at=at,
        due_at=at,
        raised_at=at,
        reason=Reason(code=str(rule)),
        latches=latches,
    )


@dataclass
class Ward:
    """A book, and the worker's look at it."""

    book: InMemoryAlarmBook = field(default_factory=InMemoryAlarmBook)
    pauses: dict[str, CarePause] = field(default_factory=dict)
    holding: Holding = Holding.YES

    def look(self, now: int, *told: AlarmInput) -> list[tuple[EventKind, str]]:
        in_hand = InHand(self.book.in_hand(now - MERGE_MS), Surroundings(pauses=self.pauses, holding=self.holds))
        in_hand.settle(told)
        in_hand.upkeep(now, now)
        return self.apply(in_hand.inputs)

    def holds(self, _alarm: Alarm) -> Holding:
        return self.holding

    def apply(self, inputs: Sequence[AlarmInput]) -> list[tuple[EventKind, str]]:
        return [(event.kind, event.alarm.rule) for event in self.book.apply(inputs, step)]

    def raise_at(self, now: int, *alarms: Alarm) -> list[tuple[EventKind, str]]:
        return self.look(now, *(Raise(alarm_id=alarm.alarm_id, at=now, alarm=alarm) for alarm in alarms))

    def clear_at(self, now: int, alarm: Alarm) -> list[tuple[EventKind, str]]:
        return self.look(now, Clear(alarm_id=alarm.alarm_id, at=now, cleared_at=now))

    def calling(self) -> set[str]:
        return {str(alarm.rule) for alarm in self.book.open_alarms("c1") if alarm.calls}


def take(alarm: Alarm, at: int = T0 + 1) -> Acknowledge:
    return Acknowledge(alarm_id=alarm.alarm_id, at=at, person_id="ann")


def close(alarm: Alarm, at: int = T0 + 1) -> Resolve:
    return Resolve(alarm_id=alarm.alarm_id, at=at, person_id="ann", outcome=Outcome.HELPED, note="n")


HIGH = alarm_of(Rule.HEART_RATE_HIGH)
VERY_HIGH = alarm_of(Rule.HEART_RATE_VERY_HIGH, T0 + 5, latches=True)
SILENT = alarm_of(Rule.BELT_SILENT)
CENTER = alarm_of(Rule.CENTER_SILENT)
LEFT = alarm_of(Rule.LEAVE_BED_NOT_BACK)


class TestTheLouderTakesOver:
    def test_the_quieter_falls_silent_and_speaks_again_when_it_alone_holds(self) -> None:
        ward = Ward()
        ward.raise_at(T0, HIGH)
        assert ward.raise_at(T0 + 5, VERY_HIGH) == [(EventKind.RAISED, VERY_HIGH.rule), (EventKind.HELD, HIGH.rule)]
        assert ward.calling() == {VERY_HIGH.rule}
        assert ward.clear_at(T0 + 9, VERY_HIGH)[-1] == (EventKind.RELEASED, HIGH.rule)
        assert ward.calling() == {HIGH.rule, VERY_HIGH.rule}

    def test_who_takes_the_louder_takes_both(self) -> None:
        ward = Ward()
        ward.raise_at(T0, HIGH)
        ward.raise_at(T0 + 5, VERY_HIGH)
        ward.apply([take(VERY_HIGH)])
        assert ward.look(T0 + 7) == [(EventKind.ACKNOWLEDGED, HIGH.rule)]
        ward.clear_at(T0 + 9, VERY_HIGH)
        assert (ward.book.alarm(HIGH.alarm_id).acknowledged_by, ward.calling()) == ("ann", set())

    def test_who_closes_the_louder_closes_both_and_both_come_again(self) -> None:
        ward = Ward()
        ward.raise_at(T0, HIGH)
        ward.raise_at(T0 + 5, VERY_HIGH)
        ward.apply([close(VERY_HIGH)])
        assert ward.look(T0 + 7) == [(EventKind.RESOLVED, HIGH.rule)]
        assert ward.book.alarm(HIGH.alarm_id).outcome is Outcome.HELPED
        again_at = T0 + 7 + REARM_MS[Category.PHYSIOLOGICAL]
        assert ward.look(again_at) == [(EventKind.RAISED, VERY_HIGH.rule), (EventKind.HELD, HIGH.rule)]
        assert ward.calling() == {VERY_HIGH.rule}

    def test_a_snooze_of_the_louder_is_one_of_both(self) -> None:
        ward = Ward()
        ward.raise_at(T0, HIGH, VERY_HIGH)
        ward.apply([Snooze(alarm_id=VERY_HIGH.alarm_id, at=T0 + 6, person_id="ann", until=T0 + 6 + MINUTE_MS)])
        assert ward.look(T0 + 7) == []
        assert ward.calling() == set()
        assert ward.look(T0 + 6 + MINUTE_MS) == [(EventKind.SNOOZE_ENDED, VERY_HIGH.rule)]

    def test_other_residents_are_others(self) -> None:
        ward = Ward()
        other = alarm_of(Rule.HEART_RATE_HIGH, resident="r2", belt="b2")
        ward.raise_at(T0, other)
        ward.raise_at(T0 + 5, VERY_HIGH)
        assert ward.calling() == {HIGH.rule, VERY_HIGH.rule}


class TestTheDeeperHoldsBack:
    @pytest.mark.parametrize("rule", [Rule.HEART_RATE_HIGH, Rule.VITALS_LOST_LONG, Rule.SIGNAL_POOR])
    def test_what_a_silent_belt_tells_is_kept_and_told_when_it_is_heard_again(self, rule: Rule) -> None:
        ward = Ward()
        ward.raise_at(T0, SILENT)
        assert ward.raise_at(T0 + 5, alarm_of(rule)) == [(EventKind.HELD, rule)]
        assert ward.look(T0 + 6) == []
        assert (EventKind.RELEASED, rule) in ward.clear_at(T0 + 9, SILENT)
        assert ward.calling() == {rule}

    def test_what_is_over_meanwhile_is_never_told(self) -> None:
        ward = Ward()
        ward.raise_at(T0, SILENT)
        ward.raise_at(T0 + 5, VERY_HIGH)
        assert ward.clear_at(T0 + 6, VERY_HIGH) == [(EventKind.CLEARED, VERY_HIGH.rule)]
        assert ward.clear_at(T0 + 9, SILENT) == [(EventKind.CLEARED, SILENT.rule)]
        assert ward.book.alarm(VERY_HIGH.alarm_id).state is AlarmState.RESOLVED

    def test_leaving_the_bed_is_never_held_back(self) -> None:
        ward = Ward()
        ward.raise_at(T0, SILENT, CENTER)
        assert ward.raise_at(T0 + 5, LEFT) == [(EventKind.RAISED, LEFT.rule)]
        assert LEFT.rule in ward.calling()

    def test_what_was_told_of_a_person_stays_told(self) -> None:
        ward = Ward()
        ward.raise_at(T0, HIGH)
        assert ward.raise_at(T0 + 5, SILENT) == [(EventKind.RAISED, SILENT.rule)]
        assert ward.calling() == {HIGH.rule, SILENT.rule}

    def test_a_silent_centre_speaks_for_its_belts(self) -> None:
        ward = Ward()
        elsewhere = replace(alarm_of(Rule.BELT_SILENT, resident="r9", belt="b9"), center_id="c2")
        ward.raise_at(T0, SILENT, elsewhere)
        assert ward.raise_at(T0 + 5, CENTER) == [(EventKind.RAISED, CENTER.rule), (EventKind.HELD, SILENT.rule)]
        assert ward.book.alarm(elsewhere.alarm_id).calls
        assert ward.clear_at(T0 + 9, CENTER) == [(EventKind.CLEARED, CENTER.rule), (EventKind.RELEASED, SILENT.rule)]

    def test_one_that_is_snoozed_or_closed_holds_nothing_back(self) -> None:
        ward = Ward()
        ward.raise_at(T0, SILENT)
        ward.raise_at(T0 + 5, HIGH)
        ward.apply([Snooze(alarm_id=SILENT.alarm_id, at=T0 + 6, person_id="ann", until=T0 + MINUTE_MS)])
        assert ward.look(T0 + 7) == [(EventKind.RELEASED, HIGH.rule)]
        ward = Ward()
        ward.raise_at(T0, SILENT)
        ward.raise_at(T0 + 5, HIGH)
        ward.apply([close(SILENT)])
        assert ward.look(T0 + 7) == [(EventKind.RELEASED, HIGH.rule)]

    def test_a_belt_that_is_another_residents_by_now_speaks_for_nobody_else(self) -> None:
        ward = Ward()
        ward.raise_at(T0, SILENT)
        moved = alarm_of(Rule.VITALS_LOST_LONG, T0 + MINUTE_MS, resident="r2")
        assert ward.raise_at(T0 + MINUTE_MS, moved) == [(EventKind.RAISED, moved.rule)]

    @pytest.mark.parametrize("deeper", [SILENT, CENTER])
    def test_one_whose_condition_is_asked_no_more_holds_nothing_back(self, deeper: Alarm) -> None:
        ward, quieter = Ward(), alarm_of(Rule.BELT_OFFLINE if deeper is CENTER else Rule.HEART_RATE_HIGH)
        ward.raise_at(T0, deeper)
        assert ward.raise_at(T0 + 5, quieter) == [(EventKind.HELD, quieter.rule)]
        ward.holding = Holding.GONE
        assert ward.look(T0 + 6) == [(EventKind.RELEASED, quieter.rule)]
        assert ward.raise_at(T0 + 7, alarm_of(Rule.SIGNAL_POOR)) == [(EventKind.RAISED, Rule.SIGNAL_POOR)]


class TestRepeats:
    NEXT = alarm_of(Rule.HEART_RATE_HIGH, T0 + 3 * MINUTE_MS)

    def ended(self, *between: AlarmInput) -> Ward:
        ward = Ward()
        ward.raise_at(T0, HIGH)
        ward.apply([one for one in between if isinstance(one, Acknowledge)])
        ward.clear_at(T0 + MINUTE_MS, HIGH)
        ward.apply([one for one in between if not isinstance(one, Acknowledge)])
        return ward

    def test_what_comes_back_shortly_is_counted_and_sounds_again(self) -> None:
        ward = self.ended(take(HIGH))
        assert ward.raise_at(T0 + 3 * MINUTE_MS, self.NEXT) == [(EventKind.REPEATED, HIGH.rule)]
        assert ward.raise_at(T0 + 3 * MINUTE_MS, self.NEXT) == []
        alarm = ward.book.alarm(HIGH.alarm_id)
        assert (alarm.calls, alarm.repeats, alarm.acknowledged_by) == (True, 1, None)
        assert ward.clear_at(T0 + 9 * MINUTE_MS, HIGH) == []
        assert ward.clear_at(T0 + 9 * MINUTE_MS, self.NEXT) == [(EventKind.CLEARED, HIGH.rule)]
        assert [one.alarm_id for one in ward.book.alarms_of("r1", 0, 2**62)] == [HIGH.alarm_id]

    def test_later_or_with_an_outcome_it_is_a_new_alarm(self) -> None:
        late = T0 + MINUTE_MS + MERGE_MS + 1
        assert self.ended().raise_at(late, alarm_of(HIGH.rule, late)) == [(EventKind.RAISED, HIGH.rule)]
        assert self.ended(close(HIGH)).raise_at(T0 + 3 * MINUTE_MS, self.NEXT) == [(EventKind.RAISED, HIGH.rule)]

    def test_a_latched_alarm_takes_in_what_comes_back(self) -> None:
        ward, hour = Ward(), 60 * MINUTE_MS
        ward.raise_at(T0, VERY_HIGH)
        ward.clear_at(T0 + 9, VERY_HIGH)
        assert ward.calling() == {VERY_HIGH.rule}
        back = alarm_of(VERY_HIGH.rule, T0 + hour, latches=True)
        assert ward.raise_at(T0 + hour, back) == [(EventKind.REPEATED, VERY_HIGH.rule)]

    def test_each_leaving_of_the_bed_is_an_alarm_of_its_own(self) -> None:
        ward = Ward()
        ward.raise_at(T0, LEFT)
        ward.clear_at(T0 + 9, LEFT)
        again = alarm_of(LEFT.rule, T0 + MINUTE_MS)
        assert ward.raise_at(T0 + MINUTE_MS, again) == [(EventKind.RAISED, LEFT.rule)]


class TestComingAgain:
    AGAIN_AT = T0 + 1 + REARM_MS[Category.CARE]

    def closed(self, holding: Holding = Holding.YES) -> Ward:
        ward = Ward(holding=holding)
        ward.raise_at(T0, LEFT)
        ward.apply([close(LEFT)])
        return ward

    def test_what_still_holds_comes_again_once_and_is_cleared_with_its_run(self) -> None:
        ward = self.closed()
        assert ward.look(self.AGAIN_AT - 1) == []
        assert ward.look(self.AGAIN_AT + 500) == [(EventKind.RAISED, LEFT.rule)]
        assert ward.look(self.AGAIN_AT + 600) == []
        (again,) = ward.book.open_alarms("c1")
        assert (again.alarm_id, again.run_id) == (f"r1.{LEFT.rule}.{self.AGAIN_AT}", LEFT.alarm_id)
        assert again.reason.facts == {"since_at": T0, "again": 1}
        assert ward.clear_at(self.AGAIN_AT + 900, LEFT) == [(EventKind.CLEARED, LEFT.rule)]
        assert ward.book.alarm(LEFT.alarm_id).cleared_at == self.AGAIN_AT + 900

    def test_it_comes_again_and_again(self) -> None:
        ward = self.closed()
        ward.look(self.AGAIN_AT)
        (again,) = ward.book.open_alarms("c1")
        ward.apply([close(again, self.AGAIN_AT + 1)])
        ward.look(self.AGAIN_AT + 1 + REARM_MS[Category.CARE])
        (third,) = ward.book.open_alarms("c1")
        assert third.reason.facts == {"since_at": T0, "again": 2}
        assert third.run_id == LEFT.alarm_id

    def test_what_ends_before_does_not(self) -> None:
        ward = self.closed()
        ward.clear_at(self.AGAIN_AT - 5, LEFT)
        assert ward.look(self.AGAIN_AT) == []

    def test_while_the_end_is_not_sure_it_waits_and_without_a_run_it_is_forgotten(self) -> None:
        ward = self.closed(Holding.ENDING)
        assert ward.look(self.AGAIN_AT) == []
        ward.holding = Holding.YES
        assert ward.look(self.AGAIN_AT + 9) == [(EventKind.RAISED, LEFT.rule)]
        ward = self.closed(Holding.GONE)
        assert ward.look(self.AGAIN_AT) == []
        assert ward.book.alarm(LEFT.alarm_id).rearm_at is None

    def test_a_pause_puts_it_off(self) -> None:
        ward = self.closed()
        ward.pauses = {"r1": pause(T0 + 2, self.AGAIN_AT + 100)}
        assert ward.look(self.AGAIN_AT) == []
        assert ward.look(self.AGAIN_AT + 100) == [(EventKind.RAISED, LEFT.rule)]


def pause(began_at: int, ends_at: int) -> CarePause:
    return CarePause(
        pause_id="pause1",
        center_id="c1",
        resident_id="r1",
        reason=PauseReason.CARE,
        began_at=began_at,
        began_by="ann",
        ends_at=ends_at,
    )


class TestPauses:
    @pytest.mark.parametrize("alarm", [HIGH, LEFT])
    def test_what_is_due_in_a_pause_is_told_after_it_if_it_holds(self, alarm: Alarm) -> None:
        ward = Ward(pauses={"r1": pause(T0 - 1, T0 + 100)})
        assert ward.raise_at(T0, alarm) == [(EventKind.HELD, alarm.rule)]
        assert ward.look(T0 + 99) == []
        assert ward.look(T0 + 100) == [(EventKind.RELEASED, alarm.rule)]

    def test_technical_matters_and_other_residents_go_on(self) -> None:
        ward = Ward(pauses={"r1": pause(T0 - 1, T0 + 100)})
        other = alarm_of(Rule.HEART_RATE_HIGH, resident="r2", belt="b2")
        assert ward.raise_at(T0, SILENT, other) == [(EventKind.RAISED, SILENT.rule), (EventKind.RAISED, other.rule)]

    def test_what_was_told_before_it_stays_told(self) -> None:
        ward = Ward()
        ward.raise_at(T0, LEFT)
        ward.pauses = {"r1": pause(T0 + 1, T0 + 100)}
        assert ward.look(T0 + 2) == []
        assert ward.calling() == {LEFT.rule}


def test_a_clock_that_was_put_back_prolongs_no_silence() -> None:
    ward, day = Ward(), 24 * 60 * MINUTE_MS
    other = alarm_of(Rule.HEART_RATE_HIGH)
    ward.raise_at(T0, LEFT, other)
    ward.apply([Snooze(alarm_id=LEFT.alarm_id, at=T0, person_id="ann", until=T0 + 5 * MINUTE_MS), close(other)])
    assert sorted(ward.look(T0 - day)) == [(EventKind.RAISED, other.rule), (EventKind.SNOOZE_ENDED, LEFT.rule)]


def test_overdue_snoozes_end_at_the_first_look() -> None:
    ward = Ward()
    ward.raise_at(T0, LEFT)
    ward.apply([Snooze(alarm_id=LEFT.alarm_id, at=T0, person_id="ann", until=T0 + 5 * MINUTE_MS)])
    assert ward.look(T0 + 5 * MINUTE_MS - 1) == []
    assert ward.calling() == set()
    assert ward.look(T0 + 90 * MINUTE_MS) == [(EventKind.SNOOZE_ENDED, LEFT.rule)]
