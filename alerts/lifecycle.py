"""The life of an alarm as one pure function: `step(alarm, input) -> Step`.

    (none) --Raise--> ACTIVE <--Escalate-- ACKNOWLEDGED --Resolve / Clear--> RESOLVED --Repeat--> ACTIVE
                         |------Acknowledge----^                                ^
                         \\---------------- Resolve / Clear ----------------------/
    (none) --Record--> RESOLVED        (over before it could be raised: kept, nobody is called)

An open alarm may be silent without being over: snoozed (until a stored instant), or held back by another alarm or a
pause (`alerts.standing` says by which). A latching alarm is over by itself once it is both cleared and acknowledged,
in whichever order. GiveBack, by who has taken the alarm, leads back to ACTIVE as Escalate does.

Every input may come twice: a repeat changes nothing and writes nothing. Fails towards telling a person: nothing
but a person or a confirmed end of the condition closes an alarm, and a late `Record` never closes a raised one.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final, assert_never

from domain.alarms import (
    Acknowledge,
    Alarm,
    AlarmEvent,
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
    Notice,
    Raise,
    Record,
    Release,
    Repeat,
    Resolve,
    Snooze,
    Step,
    Wake,
)
from domain.errors import IllegalStepError, NotFoundError
from domain.units import HOUR_MS, MINUTE_MS

SNOOZE_MOST_MS: Final = 2 * HOUR_MS
"""Longer ones are forgotten; the makers of glucose alarms that offered 12 h had missed lows (domain notes 1.1)."""
SAME_SNOOZE_MS: Final = 1 * MINUTE_MS
"""Two snoozes that end within this are one, tapped twice."""
REARM_MS: Final[Mapping[Category, int]] = {
    Category.CARE: 10 * MINUTE_MS,
    Category.PHYSIOLOGICAL: 10 * MINUTE_MS,
    Category.TECHNICAL: HOUR_MS,
}
"""How long after a person closed it an alarm comes again while its condition holds (own choice): help at night takes
some 10 min, a belt is put right by day. The condition itself is watched all the time: a new one is told at once.
"""


def step(alarm: Alarm | None, given: AlarmInput) -> Step:
    """Take `alarm` (as stored, None when there is none) through `given`.

    Raises NotFoundError for a command on an alarm that does not exist, IllegalStepError for one that its state
    does not allow.
    """
    match given:
        case Raise() | Record() | Clear():
            return _by_condition(alarm, given)
        case Acknowledge() | Resolve() | Snooze() | Escalate() | GiveBack():
            return _by_person(_existing(alarm, given.alarm_id), given)
        case Wake() | Hold() | Release() | Follow() | Repeat() | Disarm():
            return Step(alarm=None) if alarm is None else _by_itself(alarm, given)
        case _:
            assert_never(given)


def _by_condition(alarm: Alarm | None, given: Raise | Record | Clear) -> Step:
    match given:
        case Raise():
            kind = EventKind.RAISED if given.alarm.held_by is None else EventKind.HELD
            return _begin(alarm, given.alarm, kind, given.at)
        case Record():
            over = replace(given.alarm, state=AlarmState.RESOLVED, resolved_at=given.at)
            return _begin(alarm, over, EventKind.RECORDED, given.at)
        case Clear():
            return _clear(alarm, given)
        case _:
            assert_never(given)


def _by_person(alarm: Alarm, given: Acknowledge | Resolve | Snooze | Escalate | GiveBack) -> Step:
    match given:
        case Acknowledge():
            return _acknowledge(alarm, given)
        case Resolve():
            return _resolve(alarm, given)
        case Snooze():
            return _snooze(alarm, given)
        case Escalate():
            return _escalate(alarm, given)
        case GiveBack():
            return _give_back(alarm, given)
        case _:
            assert_never(given)


def _by_itself(alarm: Alarm, given: Wake | Hold | Release | Follow | Repeat | Disarm) -> Step:
    match given:
        case Wake():
            return _wake(alarm, given)
        case Hold():
            return _hold(alarm, given)
        case Release():
            return _release(alarm, given)
        case Follow():
            return _follow(alarm, given)
        case Repeat():
            return _repeat(alarm, given)
        case Disarm():
            return Step(alarm=replace(alarm, rearm_at=None))
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
    cleared = replace(alarm, cleared_at=given.cleared_at, rearm_at=None)
    if not alarm.is_open:
        return Step(alarm=cleared)
    if alarm.latches and alarm.state is AlarmState.ACTIVE and alarm.held_by is None:
        return _next(cleared, EventKind.CLEARED, given.at)
    return _next(_over(cleared, given.at), EventKind.CLEARED, given.at)


def _acknowledge(alarm: Alarm, given: Acknowledge) -> Step:
    if not alarm.is_open:
        if alarm.latches and alarm.resolved_by is None and alarm.acknowledged_by == given.person_id:
            return Step(alarm=alarm)
        raise IllegalStepError(alarm_id=alarm.alarm_id, state=alarm.state, step="acknowledge")
    if alarm.state is AlarmState.ACKNOWLEDGED:
        return Step(alarm=alarm)
    after = replace(
        alarm,
        state=AlarmState.ACKNOWLEDGED,
        acknowledged_at=given.at,
        acknowledged_by=given.person_id,
        snoozed_until=None,
        snoozed_by=None,
    )
    if alarm.latches and alarm.cleared_at is not None:
        after = _over(after, given.at)
    return _next(after, EventKind.ACKNOWLEDGED, given.at, given.person_id)


def _resolve(alarm: Alarm, given: Resolve) -> Step:
    with_outcome = replace(alarm, outcome=given.outcome, note=given.note)
    if alarm.is_open:
        after = replace(_over(with_outcome, given.at), resolved_by=given.person_id)
        if alarm.cleared_at is None:
            after = replace(after, rearm_at=given.at + REARM_MS[alarm.category])
        return _next(after, EventKind.RESOLVED, given.at, given.person_id, given.note)
    if alarm.outcome is None:
        return _next(with_outcome, EventKind.OUTCOME, given.at, given.person_id, given.note)
    if alarm == with_outcome:
        return Step(alarm=alarm)
    raise IllegalStepError(alarm_id=alarm.alarm_id, state=alarm.state, step=f"resolve as {given.outcome}")


def _snooze(alarm: Alarm, given: Snooze) -> Step:
    if alarm.state is not AlarmState.ACTIVE or alarm.held_by is not None:
        raise IllegalStepError(alarm_id=alarm.alarm_id, state=alarm.state, step="snooze")
    until = min(given.until, given.at + SNOOZE_MOST_MS)
    if alarm.snoozed_until is not None and abs(until - alarm.snoozed_until) < SAME_SNOOZE_MS:
        return Step(alarm=alarm)
    after = replace(alarm, snoozed_until=until, snoozed_by=given.person_id)
    return _next(after, EventKind.SNOOZED, given.at, given.person_id)


def _escalate(alarm: Alarm, given: Escalate) -> Step:
    if not alarm.is_open or alarm.held_by is not None:
        raise IllegalStepError(alarm_id=alarm.alarm_id, state=alarm.state, step="escalate")
    if alarm.calls and alarm.escalated_at is not None:
        return Step(alarm=alarm)
    after = replace(
        _awake(alarm),
        acknowledged_at=None,
        acknowledged_by=None,
        escalated_at=given.at,
        escalated_by=given.person_id,
    )
    return _next(after, EventKind.ESCALATED, given.at, given.person_id, given.note)


def _give_back(alarm: Alarm, given: GiveBack) -> Step:
    """Only who has taken it can give it back: a second tap, come late, must not take it from somebody else."""
    if alarm.state is AlarmState.ACTIVE:
        return Step(alarm=alarm)
    if alarm.state is AlarmState.RESOLVED or alarm.held_by is not None or alarm.acknowledged_by != given.person_id:
        raise IllegalStepError(alarm_id=alarm.alarm_id, state=alarm.state, step="give back")
    after = replace(_awake(alarm), acknowledged_at=None, acknowledged_by=None)
    return _next(after, EventKind.GIVEN_BACK, given.at, given.person_id)


def _wake(alarm: Alarm, given: Wake) -> Step:
    if alarm.snoozed_until is None or 0 < alarm.snoozed_until - given.at <= SNOOZE_MOST_MS:
        return Step(alarm=alarm)
    return _next(_awake(alarm), EventKind.SNOOZE_ENDED, given.at)


def _hold(alarm: Alarm, given: Hold) -> Step:
    if not alarm.is_open or alarm.held_by == given.by:
        return Step(alarm=alarm)
    after = replace(alarm, held_by=given.by, snoozed_until=None, snoozed_by=None)
    return _next(after, EventKind.HELD, given.at)


def _release(alarm: Alarm, given: Release) -> Step:
    """An alarm that nobody was told of before is told now, and its answer counted from now."""
    if not alarm.is_open or alarm.held_by is None:
        return Step(alarm=alarm)
    raised_at = given.at if alarm.version == 0 else alarm.raised_at
    after = _awake(alarm) if alarm.state is AlarmState.ACTIVE else alarm
    return _next(replace(after, held_by=None, raised_at=raised_at), EventKind.RELEASED, given.at)


def _follow(alarm: Alarm, given: Follow) -> Step:
    louder, at = given.louder, given.at
    if not alarm.is_open or alarm.held_by is None:
        return Step(alarm=alarm)
    if louder.resolved_by is not None and louder.outcome is not None:
        person_id, outcome, note = louder.resolved_by, louder.outcome, louder.note
        answer = Resolve(alarm_id=alarm.alarm_id, at=at, person_id=person_id, outcome=outcome, note=note)
        return _resolve(alarm, answer)
    if louder.acknowledged_by is not None and alarm.state is AlarmState.ACTIVE:
        return _acknowledge(alarm, Acknowledge(alarm_id=alarm.alarm_id, at=at, person_id=louder.acknowledged_by))
    return Step(alarm=alarm)


def _repeat(alarm: Alarm, given: Repeat) -> Step:
    """It sounds again, whoever had taken it before, and wants an answer of its own."""
    if alarm.run_id == given.alarm.alarm_id:
        return Step(alarm=alarm)
    after = replace(
        _awake(alarm),
        run_id=given.alarm.alarm_id,
        repeats=alarm.repeats + 1,
        reason=given.alarm.reason,
        due_at=given.alarm.due_at,
        raised_at=given.at,
        held_by=given.alarm.held_by,
        acknowledged_at=None,
        acknowledged_by=None,
        cleared_at=None,
        resolved_at=None,
        resolved_by=None,
        outcome=None,
        note="",
        rearm_at=None,
    )
    return _next(after, EventKind.REPEATED, given.at)


def _over(alarm: Alarm, at: int) -> Alarm:
    return replace(alarm, state=AlarmState.RESOLVED, resolved_at=at, snoozed_until=None, snoozed_by=None)


def _awake(alarm: Alarm) -> Alarm:
    """It calls from the beginning, so the lead has it no more: it can be handed on anew."""
    return replace(
        alarm, state=AlarmState.ACTIVE, snoozed_until=None, snoozed_by=None, escalated_at=None, escalated_by=None
    )


def _next(alarm: Alarm, kind: EventKind, at: int, person_id: str | None = None, note: str = "") -> Step:
    return _written(replace(alarm, version=alarm.version + 1), kind, at, person_id, note)


def _written(alarm: Alarm, kind: EventKind, at: int, person_id: str | None = None, note: str = "") -> Step:
    event = AlarmEvent(alarm=alarm, kind=kind, at=at, person_id=person_id, note=note)
    notices = () if kind is EventKind.RECORDED else (_notice(alarm, kind, at),)
    return Step(alarm=alarm, events=(event,), notices=notices)


def _notice(alarm: Alarm, kind: EventKind, at: int) -> Notice:
    """Some things happen to an alarm more than once, hence the version in the key."""
    key = f"{alarm.alarm_id}/{kind}" if alarm.version == 0 else f"{alarm.alarm_id}/{kind}/{alarm.version}"
    return Notice(key=key, alarm_id=alarm.alarm_id, kind=kind, due_at=at)
