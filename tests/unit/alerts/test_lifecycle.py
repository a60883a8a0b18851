from dataclasses import replace

import pytest

from alerts.lifecycle import step
from domain.alarms import (
    Acknowledge,
    Alarm,
    AlarmState,
    Category,
    Clear,
    EventKind,
    Outcome,
    Priority,
    Raise,
    Reason,
    Record,
    Resolve,
    Rule,
)
from domain.errors import IllegalStepError, NotFoundError

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
ACKED = replace(NEW, state=AlarmState.ACKNOWLEDGED, acknowledged_at=250, acknowledged_by="ann")
CLEARED = replace(NEW, state=AlarmState.RESOLVED, cleared_at=290, resolved_at=300)
HELPED = replace(
    ACKED, state=AlarmState.RESOLVED, resolved_at=320, resolved_by="ann", outcome=Outcome.HELPED, note="fell"
)

RAISE = Raise(alarm_id=ID, at=200, alarm=NEW)
RECORD = Record(alarm_id=ID, at=500, alarm=replace(NEW, cleared_at=290))
CLEAR = Clear(alarm_id=ID, at=300, cleared_at=290)
ACK = Acknowledge(alarm_id=ID, at=250, person_id="ann")
RESOLVE = Resolve(alarm_id=ID, at=320, person_id="ann", outcome=Outcome.HELPED, note="fell")


@pytest.mark.parametrize(
    ("alarm", "given", "after", "kind"),
    [
        (None, RAISE, NEW, EventKind.RAISED),
        (None, RECORD, replace(CLEARED, resolved_at=500), EventKind.RECORDED),
        (NEW, ACK, ACKED, EventKind.ACKNOWLEDGED),
        (NEW, CLEAR, CLEARED, EventKind.CLEARED),
        (ACKED, CLEAR, replace(ACKED, state=AlarmState.RESOLVED, cleared_at=290, resolved_at=300), EventKind.CLEARED),
        (ACKED, RESOLVE, HELPED, EventKind.RESOLVED),
        (NEW, RESOLVE, replace(HELPED, acknowledged_at=None, acknowledged_by=None), EventKind.RESOLVED),
        (CLEARED, RESOLVE, replace(CLEARED, outcome=Outcome.HELPED, note="fell"), EventKind.OUTCOME),
    ],
)
def test_steps(alarm: Alarm | None, given: Raise, after: Alarm, kind: EventKind) -> None:
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
    ],
)
def test_repeats_change_nothing_and_write_nothing(alarm: Alarm | None, given: Raise) -> None:
    result = step(alarm, given)
    assert (result.alarm, list(result.events), list(result.notices)) == (alarm, [], [])


def test_the_end_of_the_condition_is_kept_on_an_alarm_that_a_person_had_closed() -> None:
    result = step(HELPED, CLEAR)
    assert result.alarm == replace(HELPED, cleared_at=290)
    assert list(result.events) == []


@pytest.mark.parametrize(
    ("alarm", "given", "words"),
    [
        (CLEARED, ACK, "is resolved: cannot acknowledge"),
        (HELPED, ACK, "is resolved: cannot acknowledge"),
        (HELPED, replace(RESOLVE, outcome=Outcome.FALSE_ALARM), "is resolved: cannot resolve as false-alarm"),
    ],
)
def test_illegal_steps_are_refused(alarm: Alarm, given: Acknowledge, words: str) -> None:
    with pytest.raises(IllegalStepError, match=words):
        step(alarm, given)


@pytest.mark.parametrize("given", [ACK, RESOLVE])
def test_commands_need_an_alarm(given: Acknowledge) -> None:
    with pytest.raises(NotFoundError):
        step(None, given)


def test_people_are_told_of_what_happens_but_not_of_what_was_over() -> None:
    assert [notice.key for notice in step(None, RAISE).notices] == [f"{ID}/raised"]
    assert [notice.key for notice in step(NEW, ACK).notices] == [f"{ID}/acknowledged"]
    assert list(step(None, RECORD).notices) == []
