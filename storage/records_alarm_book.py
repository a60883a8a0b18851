"""Alarms, their history, the notices they owe and the timers they came from, in the records database.

One `apply` is one transaction: alarm, event, notice and timer are stored together or not at all, so a crash between
them cannot lose a call. Fails loudly: the caller keeps the messages unacked and tries again.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, Select, delete, func, insert, or_, select

from domain.alarms import Alarm, AlarmEvent, AlarmInput, AlarmState, Notice, Reason, StepFunction
from domain.errors import NotFoundError
from domain.watch import BedState, ConditionState
from storage.records import Records, put, put_new
from storage.tables import alarm_events, alarms, bed_states, condition_states, outbox


class RecordsAlarmBook:
    """`domain.ports.AlarmBook` over `records`.

    A condition that is both in `ended` and in `conditions` of one `apply` is kept: a timer too many is seen, one too
    few is not.
    """

    def __init__(self, records: Records) -> None:
        self._records = records

    def apply(
        self,
        inputs: Sequence[AlarmInput],
        step: StepFunction,
        *,
        beds: Sequence[BedState] = (),
        conditions: Sequence[ConditionState] = (),
        ended: Sequence[tuple[str, str]] = (),
    ) -> list[AlarmEvent]:
        with self._records.write_in_turn() if inputs else self._records.write() as connection:
            taken = _take(_stored(connection, inputs), inputs, step)
            put(connection, alarms, [_row(alarm) for alarm in taken.changed.values()])
            events = _append(connection, taken.events)
            put_new(connection, outbox, [_columns(notice) for notice in taken.notices])
            _keep_states(connection, beds, conditions, ended)
        return events

    def states(self) -> tuple[list[BedState], list[ConditionState]]:
        with self._records.read() as connection:
            beds = [BedState(**row) for row in connection.execute(select(bed_states)).mappings()]
            running = [ConditionState(**row) for row in connection.execute(select(condition_states)).mappings()]
        return sorted(beds, key=lambda bed: bed.belt_id), sorted(running, key=lambda run: (run.belt_id, run.rule))

    def alarm(self, alarm_id: str) -> Alarm:
        found = self._alarms(select(alarms).where(alarms.c.alarm_id == alarm_id))
        if not found:
            raise NotFoundError("alarm", alarm_id)
        return found[0]

    def open_alarms(self, center_id: str) -> list[Alarm]:
        is_open = alarms.c.state.in_([state for state in AlarmState if state is not AlarmState.RESOLVED])
        return self._alarms(select(alarms).where(alarms.c.center_id == center_id, is_open))

    def in_hand(self, since_at: int) -> list[Alarm]:
        is_open = alarms.c.state.in_([state for state in AlarmState if state is not AlarmState.RESOLVED])
        lately = alarms.c.resolved_at >= since_at
        return self._alarms(select(alarms).where(or_(is_open, lately, alarms.c.rearm_at.is_not(None))))

    def history(self, alarm_id: str) -> list[AlarmEvent]:
        lines = select(alarm_events).where(alarm_events.c.alarm_id == alarm_id).order_by(alarm_events.c.event_id)
        with self._records.read() as connection:
            rows = connection.execute(lines).all()
        return [_event(row, msgspec.convert(row.after, Alarm)) for row in rows]

    def events_after(self, event_id: int, *, limit: int = 500) -> list[AlarmEvent]:
        later = (
            select(alarm_events)
            .where(alarm_events.c.event_id > event_id)
            .order_by(alarm_events.c.event_id)
            .limit(limit)
        )
        with self._records.read() as connection:
            rows = connection.execute(later).all()
            ids = {row.alarm_id for row in rows}
            now = {row.alarm_id: _alarm(row) for row in connection.execute(_with_ids(ids))}
        return [_event(row, now[row.alarm_id]) for row in rows]

    def last_event_id(self) -> int:
        with self._records.read() as connection:
            return connection.scalar(select(func.max(alarm_events.c.event_id))) or 0

    def alarms_of(self, resident_id: str, start_at: int, end_at: int) -> list[Alarm]:
        began = alarms.c.began_at
        of_resident = (alarms.c.resident_id == resident_id, began >= start_at, began < end_at)
        return self._alarms(select(alarms).where(*of_resident))

    def alarms_between(self, center_id: str, start_at: int, end_at: int) -> list[Alarm]:
        began = alarms.c.began_at
        of_center = (alarms.c.center_id == center_id, began >= start_at, began < end_at)
        return self._alarms(select(alarms).where(*of_center))

    def _alarms(self, query: Select[Any]) -> list[Alarm]:
        """The alarms, oldest first. Ids are put in order here: each database has a mind of its own about that."""
        with self._records.read() as connection:
            found = [_alarm(row) for row in connection.execute(query)]
        return sorted(found, key=lambda alarm: (alarm.began_at, alarm.alarm_id))


@dataclass(slots=True)
class _Taken:
    """What a run of inputs comes to: alarms that differ from the stored ones, events and notices in order."""

    changed: dict[str, Alarm] = field(default_factory=dict)
    events: list[AlarmEvent] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)


def _take(stored: Mapping[str, Alarm], inputs: Sequence[AlarmInput], step: StepFunction) -> _Taken:
    taken = _Taken()
    for given in inputs:
        before = taken.changed.get(given.alarm_id, stored.get(given.alarm_id))
        result = step(before, given)
        if result.alarm is not None and result.alarm != before:
            taken.changed[given.alarm_id] = result.alarm
        taken.events.extend(result.events)
        taken.notices.extend(result.notices)
    return taken


def _stored(connection: Connection, inputs: Sequence[AlarmInput]) -> dict[str, Alarm]:
    if not inputs:
        return {}
    query = _with_ids({given.alarm_id for given in inputs}).order_by(alarms.c.alarm_id).with_for_update()
    return {row.alarm_id: _alarm(row) for row in connection.execute(query)}


def _with_ids(alarm_ids: Iterable[str]) -> Select[Any]:
    return select(alarms).where(alarms.c.alarm_id.in_(sorted(alarm_ids)))


def _append(connection: Connection, events: Sequence[AlarmEvent]) -> list[AlarmEvent]:
    """`events` with the ids they got, which ascend in their order."""
    numbered = []
    for event in events:
        row = {
            "alarm_id": event.alarm.alarm_id,
            "kind": event.kind,
            "at": event.at,
            "person_id": event.person_id,
            "note": event.note,
            "after": msgspec.to_builtins(_storable(event.alarm)),
        }
        key = connection.execute(insert(alarm_events).values(row)).inserted_primary_key
        numbered.append(replace(event, event_id=key[0] if key else 0))
    return numbered


def _keep_states(
    connection: Connection,
    beds: Sequence[BedState],
    conditions: Sequence[ConditionState],
    ended: Sequence[tuple[str, str]],
) -> None:
    table = condition_states
    for belt_id, rule in ended:
        connection.execute(delete(table).where(table.c.belt_id == belt_id, table.c.rule == rule))
    put(connection, bed_states, [_columns(bed) for bed in beds])
    put(connection, table, [_columns(running) for running in conditions])


def _columns(value: BedState | ConditionState | Notice | Alarm) -> dict[str, Any]:
    return {each.name: getattr(value, each.name) for each in fields(value)}


def _row(alarm: Alarm) -> dict[str, Any]:
    return _columns(alarm) | {"reason": msgspec.to_builtins(_storable(alarm).reason)}


def _storable(alarm: Alarm) -> Alarm:
    """`alarm` without the facts that JSON cannot hold (NaN, infinity): no fact must stop an alarm."""
    facts = alarm.reason.facts
    kept = {name: fact for name, fact in facts.items() if not isinstance(fact, float) or math.isfinite(fact)}
    return alarm if len(kept) == len(facts) else replace(alarm, reason=replace(alarm.reason, facts=kept))


def _alarm(row: Row[Any]) -> Alarm:
    return Alarm(**{**row._mapping, "reason": msgspec.convert(row.reason, Reason)})


def _event(row: Row[Any], alarm: Alarm) -> AlarmEvent:
    return AlarmEvent(
        event_id=row.event_id, alarm=alarm, kind=row.kind, at=row.at, person_id=row.person_id, note=row.note
    )
