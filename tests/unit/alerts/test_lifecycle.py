from collections.abc import Sequence
from dataclasses import replace

import pytest

from alerts.lifecycle import REARM_MS, SNOOZE_MOST_MS, step
from domain.alarms import (
    Acknowledge,
    Alarm,
    AlarmInput,
    AlarmState,
    Category,
    Clear,
    Disarm,
    Escalate,
    EventKind,
    Follow,
    GiveBack,
    Hold,
    Outcome,
    Priority,
    Raise,
    Reason,
    Record,
    Release,
    Repeat,
    Resolve,
    Rule,
    Snooze,
    Wake,
)
from domain.errors import IllegalStepError, NotFoundError
from domain.units import MINUTE_MS

NEW = Alarm(
    alarm_id="r1.leave-bed-not-back.100",
    rule=Rule.LEAVE_BED_NOT_BACK,
    category=Category.CARE,
    priority=Priority.HIGH,
    center_id="c1",
    resident_id="r1",
    bed_id="bed1",
    belt_id="b1",
    state=AlarmState.ACTIVE,
    began_at=100,
    due_at=200,
    raised_at=200,
    reason=Reason(code="left-bed"),
)
ID = NEW.alarm_id
ACKED = replace(NEW, state=AlarmState.ACKNOWLEDGED, acknowledged_at=250, acknowledged_by="ann", version=1)
CLEARED = replace(NEW, state=AlarmState.RESOLVED, cleared_at=290, resolved_at=300, version=1)
REARMED_AT = 320 + REARM_MS[Category.CARE]
HELPED = replace(
    ACKED,
    state=AlarmState.RESOLVED,
    resolved_at=320,
    resolved_by="ann",
    outcome=Outcome.HELPED,
    note="fell",
    rearm_at=REARMED_AT,
    version=2,
)
SNOOZED = replace(NEW, snoozed_until=260 + 5 * MINUTE_MS, snoozed_by="ann", version=1)
HELD = replace(NEW, held_by="other", version=1)
LATCHING = replace(NEW, latches=True)
LATCHED = replace(LATCHING, cleared_at=290, version=1)
NEXT_RUN = replace(NEW, alarm_id="r1.leave-bed-not-back.400", began_at=400, due_at=500, raised_at=500)

RAISE = Raise(alarm_id=ID, at=200, alarm=NEW)
RECORD = Record(alarm_id=ID, at=500, alarm=replace(NEW, cleared_at=290))
CLEAR = Clear(alarm_id=ID, at=300, cleared_at=290)
ACK = Acknowledge(alarm_id=ID, at=250, person_id="ann")
RESOLVE = Resolve(alarm_id=ID, at=320, person_id="ann", outcome=Outcome.HELPED, note="fell")
SNOOZE = Snooze(alarm_id=ID, at=260, person_id="ann", until=260 + 5 * MINUTE_MS)
WAKE = Wake(alarm_id=ID, at=260 + 5 * MINUTE_MS)
HOLD = Hold(alarm_id=ID, at=270, by="other")
RELEASE = Release(alarm_id=ID, at=280)
ESCALATE = Escalate(alarm_id=ID, at=275, person_id="bob", note="not mine")
REPEAT = Repeat(alarm_id=ID, at=500, alarm=NEXT_RUN)
GIVE_BACK = GiveBack(alarm_id=ID, at=276, person_id="ann")
HANDED_ON = replace(NEW, escalated_at=275, escalated_by="bob", version=1)


@pytest.mark.parametrize(
    ("alarm", "given", "after", "kind"),
    [
        (None, RAISE, NEW, EventKind.RAISED),
        (None, RECORD, replace(CLEARED, resolved_at=500, version=0), EventKind.RECORDED),
        (NEW, ACK, ACKED, EventKind.ACKNOWLEDGED),
        (NEW, CLEAR, CLEARED, EventKind.CLEARED),
        (ACKED, CLEAR, replace(CLEARED, acknowledged_at=250, acknowledged_by="ann", version=2), EventKind.CLEARED),
        (ACKED, RESOLVE, HELPED, EventKind.RESOLVED),
        (NEW, RESOLVE, replace(HELPED, acknowledged_at=None, acknowledged_by=None, version=1), EventKind.RESOLVED),
        (CLEARED, RESOLVE, replace(CLEARED, outcome=Outcome.HELPED, note="fell", version=2), EventKind.OUTCOME),
        (NEW, SNOOZE, SNOOZED, EventKind.SNOOZED),
        (SNOOZED, WAKE, replace(NEW, version=2), EventKind.SNOOZE_ENDED),
        (SNOOZED, ACK, replace(ACKED, version=2), EventKind.ACKNOWLEDGED),
        (SNOOZED, CLEAR, replace(CLEARED, version=2), EventKind.CLEARED),
        (SNOOZED, HOLD, replace(HELD, version=2), EventKind.HELD),
        (LATCHING, CLEAR, LATCHED, EventKind.CLEARED),
        (
            replace(HELD, latches=True),
            CLEAR,
            replace(CLEARED, latches=True, held_by="other", version=2),
            EventKind.CLEARED,
        ),
        (None, replace(RAISE, alarm=replace(HELD, version=0)), replace(HELD, version=0), EventKind.HELD),
        (NEW, HOLD, HELD, EventKind.HELD),
        (HELD, replace(HOLD, by="third"), replace(HELD, held_by="third", version=2), EventKind.HELD),
        (HELD, RELEASE, replace(NEW, version=2), EventKind.RELEASED),
        (NEW, ESCALATE, HANDED_ON, EventKind.ESCALATED),
        (SNOOZED, ESCALATE, replace(HANDED_ON, version=2), EventKind.ESCALATED),
        (ACKED, ESCALATE, replace(HANDED_ON, version=2), EventKind.ESCALATED),
        (ACKED, GIVE_BACK, replace(NEW, version=2), EventKind.GIVEN_BACK),
        (
            HANDED_ON,
            ACK,
            replace(ACKED, escalated_at=275, escalated_by="bob", version=2),
            EventKind.ACKNOWLEDGED,
        ),
    ],
)
def test_steps(alarm: Alarm | None, given: AlarmInput, after: Alarm, kind: EventKind) -> None:
    result = step(alarm, given)
    assert result.alarm == after
    assert [(event.kind, event.at, event.alarm) for event in result.events] == [(kind, given.at, after)]


@pytest.mark.parametrize(
    ("alarm", "given"),
    [
        (NEW, RAISE),
        (HELPED, RAISE),
        (NEW, RECORD),
        (ACKED, ACK),
        (ACKED, replace(ACK, person_id="bob", at=260)),
        (CLEARED, CLEAR),
        (HELPED, RESOLVE),
        (HELPED, replace(RESOLVE, at=330)),
        (None, CLEAR),
        (SNOOZED, replace(SNOOZE, at=261, until=SNOOZE.until + 1_000)),
        (SNOOZED, replace(WAKE, at=WAKE.at - 1)),
        (ACKED, WAKE),
        (HELD, HOLD),
        (CLEARED, HOLD),
        (NEW, RELEASE),
        (CLEARED, RELEASE),
        (HANDED_ON, ESCALATE),
        (NEW, GIVE_BACK),
        (SNOOZED, GIVE_BACK),
        (LATCHED, CLEAR),
        (None, WAKE),
        (None, REPEAT),
        (step(CLEARED, REPEAT).alarm, REPEAT),
    ],
)
def test_repeats_change_nothing_and_write_nothing(alarm: Alarm | None, given: AlarmInput) -> None:
    result = step(alarm, given)
    assert (result.alarm, list(result.events), list(result.notices)) == (alarm, [], [])


def test_the_end_of_the_condition_is_kept_on_an_alarm_that_a_person_had_closed() -> None:
    result = step(HELPED, CLEAR)
    assert result.alarm == replace(HELPED, cleared_at=290, rearm_at=None)
    assert list(result.events) == []


@pytest.mark.parametrize(
    ("alarm", "given", "words"),
    [
        (CLEARED, ACK, "is resolved: cannot acknowledge"),
        (HELPED, ACK, "is resolved: cannot acknowledge"),
        (HELPED, replace(RESOLVE, outcome=Outcome.FALSE_ALARM), "is resolved: cannot resolve as false-alarm"),
        (ACKED, SNOOZE, "is acknowledged: cannot snooze"),
        (CLEARED, SNOOZE, "is resolved: cannot snooze"),
        (HELD, SNOOZE, "is active: cannot snooze"),
        (CLEARED, ESCALATE, "is resolved: cannot escalate"),
        (HELD, ESCALATE, "is active: cannot escalate"),
        (CLEARED, GIVE_BACK, "is resolved: cannot give back"),
        (replace(ACKED, acknowledged_by="bob"), GIVE_BACK, "is acknowledged: cannot give back"),
        (replace(ACKED, held_by="other"), GIVE_BACK, "is acknowledged: cannot give back"),
    ],
)
def test_illegal_steps_are_refused(alarm: Alarm, given: AlarmInput, words: str) -> None:
    with pytest.raises(IllegalStepError, match=words):
        step(alarm, given)


@pytest.mark.parametrize(
    "between",
    [
        [replace(SNOOZE, at=300, until=300 + 5 * MINUTE_MS)],
        [replace(SNOOZE, at=300, until=300 + 5 * MINUTE_MS), replace(WAKE, at=300 + 5 * MINUTE_MS)],
        [replace(ACK, at=300), replace(GIVE_BACK, at=310)],
        [replace(HOLD, at=300), replace(RELEASE, at=310)],
        [replace(CLEAR, at=300), REPEAT],
    ],
)
def test_what_was_handed_on_and_then_otherwise_can_be_handed_on_anew(between: Sequence[AlarmInput]) -> None:
    alarm: Alarm | None = HANDED_ON
    for given in between:
        alarm = step(alarm, given).alarm
    again = replace(ESCALATE, at=400_000)
    assert [event.kind for event in step(alarm, again).events] == [EventKind.ESCALATED]
    assert list(step(step(alarm, again).alarm, again).events) == []


@pytest.mark.parametrize("given", [ACK, RESOLVE, SNOOZE, ESCALATE, GIVE_BACK])
def test_commands_need_an_alarm(given: AlarmInput) -> None:
    with pytest.raises(NotFoundError):
        step(None, given)


def test_people_are_told_of_what_happens_but_not_of_what_was_over() -> None:
    assert [notice.key for notice in step(None, RAISE).notices] == [f"{ID}/raised"]
    assert [notice.key for notice in step(NEW, ACK).notices] == [f"{ID}/acknowledged/1"]
    assert list(step(None, RECORD).notices) == []


def test_a_latching_alarm_is_over_once_it_is_cleared_and_taken_in_whichever_order() -> None:
    first_cleared = step(LATCHED, replace(ACK, at=310)).alarm
    first_taken = step(step(LATCHING, ACK).alarm, replace(CLEAR, at=310)).alarm
    assert first_cleared is not None
    assert first_taken is not None
    assert first_cleared == replace(first_taken, acknowledged_at=310)
    assert (first_cleared.state, first_cleared.resolved_by, first_cleared.outcome) == (AlarmState.RESOLVED, None, None)
    assert list(step(first_cleared, replace(ACK, at=311)).events) == []


def test_a_snooze_is_never_longer_than_two_hours_and_another_one_takes_its_place() -> None:
    far = step(NEW, replace(SNOOZE, until=260 + 10 * SNOOZE_MOST_MS)).alarm
    assert far is not None
    assert far.snoozed_until == 260 + SNOOZE_MOST_MS
    assert not far.calls
    shorter = step(far, SNOOZE).alarm
    assert shorter is not None
    assert shorter.snoozed_until == SNOOZE.until


def test_a_repeat_sounds_again_whoever_had_taken_it() -> None:
    over = step(ACKED, CLEAR).alarm
    again = step(over, REPEAT).alarm
    assert again is not None
    assert (again.calls, again.repeats, again.run_id, again.acknowledged_by) == (True, 1, NEXT_RUN.alarm_id, None)
    assert (again.alarm_id, again.began_at, again.raised_at) == (ID, NEW.began_at, 500)


def test_what_was_held_back_from_the_first_is_told_when_it_is_released() -> None:
    held = step(None, replace(RAISE, alarm=replace(NEW, held_by="other"))).alarm
    released = step(held, replace(RELEASE, at=900)).alarm
    assert released is not None
    assert (released.raised_at, released.calls) == (900, True)


def test_closing_while_the_condition_holds_sets_the_instant_at_which_it_comes_again() -> None:
    closed = step(NEW, RESOLVE).alarm
    assert closed is not None
    assert closed.rearm_at == REARMED_AT
    spent = step(closed, Disarm(alarm_id=ID, at=REARMED_AT))
    assert spent.alarm == replace(closed, rearm_at=None)
    assert list(spent.events) == []
    over = step(LATCHED, RESOLVE).alarm
    assert over is not None
    assert over.rearm_at is None


def test_a_held_alarm_is_answered_with_the_louder_one_and_never_against_what_was_done() -> None:
    taken = step(HELD, Follow(alarm_id=ID, at=400, louder=ACKED)).alarm
    closed = step(HELD, Follow(alarm_id=ID, at=400, louder=HELPED)).alarm
    assert taken is not None
    assert closed is not None
    assert (taken.state, taken.acknowledged_by) == (AlarmState.ACKNOWLEDGED, "ann")
    assert (closed.outcome, closed.resolved_by, closed.note) == (Outcome.HELPED, "ann", "fell")
    false_alarm = step(HELD, replace(RESOLVE, outcome=Outcome.FALSE_ALARM)).alarm
    for alarm, louder in ((false_alarm, HELPED), (NEW, HELPED), (taken, ACKED), (HELD, NEW)):
        result = step(alarm, Follow(alarm_id=ID, at=500, louder=louder))
        assert (result.alarm, list(result.events)) == (alarm, [])


def test_what_is_said_of_an_alarm_while_it_comes_back_does_not_silence_it() -> None:
    told = step(CLEARED, RESOLVE).alarm
    again = step(told, REPEAT).alarm
    assert again is not None
    assert (again.calls, again.outcome, again.note) == (True, None, "")
