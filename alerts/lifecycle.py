"""The life of an alarm as one pure function: `step(alarm, input) -> Step`.

    (none) --Raise--> ACTIVE --Acknowledge--> ACKNOWLEDGED --Resolve / Clear--> RESOLVED
                         \\--------------------- Resolve / Clear -----------------/
    (none) --Record--> RESOLVED        (over before it could be raised: kept, nobody is called)

Every input may come twice: a repeat changes nothing and writes nothing. Fails towards telling a person: nothing
but a person or a confirmed end of the condition closes an alarm, and a late `Record` never closes a raised one.
"""

from dataclasses import replace
from typing import assert_never

from domain.alarms import (
    Acknowledge,
    Alarm,
    AlarmEvent,
    AlarmInput,
    AlarmState,
    Clear,
    EventKind,
    Notice,
    Raise,
    Record,
    Resolve,
    Step,
)
from domain.errors import IllegalStepError, NotFoundError


def step(alarm: Alarm | None, given: AlarmInput) -> Step:
    """Take `alarm` (as stored, None when there is none) through `given`.

    Raises NotFoundError for a command on an alarm that does not exist, IllegalStepError for one that its state
    does not allow.
    """
    match given:
        case Raise():
            return _begin(alarm, given.alarm, EventKind.RAISED, given.at)
        case Record():
            over = replace(given.alarm, state=AlarmState.RESOLVED, resolved_at=given.at)
            return _begin(alarm, over, EventKind.RECORDED, given.at)
        case Clear():
            return _clear(alarm, given)
        case Acknowledge():
            return _acknowledge(_existing(alarm, given.alarm_id), given)
        case Resolve():
            return _resolve(_existing(alarm, given.alarm_id), given)
        case _:
            assert_never(given)


def _existing(alarm: Alarm | None, alarm_id: str) -> Alarm:
    if alarm is None:
        raise NotFoundError("alarm", alarm_id)
    return alarm


def _begin(alarm: Alarm | None, new: Alarm, kind: EventKind, at: int) -> Step:
    if alarm is not None:
        return Step(alarm=alarm)
    return _written(new, kind, at)


def _clear(alarm: Alarm | None, given: Clear) -> Step:
    if alarm is None or alarm.cleared_at is not None:
        return Step(alarm=alarm)
    if alarm.state is AlarmState.RESOLVED:
        return Step(alarm=replace(alarm, cleared_at=given.cleared_at))
    after = replace(alarm, state=AlarmState.RESOLVED, cleared_at=given.cleared_at, resolved_at=given.at)
    return _written(after, EventKind.CLEARED, given.at)


def _acknowledge(alarm: Alarm, given: Acknowledge) -> Step:
    if alarm.state is AlarmState.RESOLVED:
        raise IllegalStepError(alarm_id=alarm.alarm_id, state=alarm.state, step="acknowledge")
    if alarm.state is AlarmState.ACKNOWLEDGED:
        return Step(alarm=alarm)
    after = replace(alarm, state=AlarmState.ACKNOWLEDGED, acknowledged_at=given.at, acknowledged_by=given.person_id)
    return _written(after, EventKind.ACKNOWLEDGED, given.at, given.person_id)


def _resolve(alarm: Alarm, given: Resolve) -> Step:
    with_outcome = replace(alarm, outcome=given.outcome, note=given.note)
    if alarm.state is not AlarmState.RESOLVED:
        after = replace(with_outcome, state=AlarmState.RESOLVED, resolved_at=given.at, resolved_by=given.person_id)
        return _written(after, EventKind.RESOLVED, given.at, given.person_id, given.note)
    if alarm.outcome is None:
        return _written(with_outcome, EventKind.OUTCOME, given.at, given.person_id, given.note)
    if alarm == with_outcome:
        return Step(alarm=alarm)
    raise IllegalStepError(alarm_id=alarm.alarm_id, state=alarm.state, step=f"resolve as {given.outcome}")


def _written(alarm: Alarm, kind: EventKind, at: int, person_id: str | None = None, note: str = "") -> Step:
    event = AlarmEvent(alarm=alarm, kind=kind, at=at, person_id=person_id, note=note)
    notices = () if kind is EventKind.RECORDED else (_notice(alarm, kind, at),)
    return Step(alarm=alarm, events=(event,), notices=notices)


def _notice(alarm: Alarm, kind: EventKind, at: int) -> Notice:
    return Notice(key=f"{alarm.alarm_id}/{kind}", alarm_id=alarm.alarm_id, kind=kind, due_at=at)
