"""Shifts, duties and swaps in the records database. Fails loudly; who is called then is the caller's decision."""

from collections.abc import Mapping, Sequence
from datetime import date, time
from typing import Final

import msgspec
from sqlalchemy import ColumnElement, Delete, Table, and_, delete, select

from domain.alarms import Priority
from domain.errors import ConfigurationError, NotFoundError
from domain.escalation import Steps
from domain.roster import Duty, Roster, Shift, Swap
from storage.records import Records, put
from storage.tables import duties, escalations, shifts, swaps

TIME: Final = "%H:%M"


class RecordsRosters:
    """`domain.ports.Rosters` over `records`."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def roster(self, center_id: str) -> Roster:
        with self._records.read() as connection:
            found = {
                table.name: connection.execute(select(table).where(table.c.center_id == center_id)).all()
                for table in (shifts, duties, swaps, escalations)
            }
        return Roster(
            center_id=center_id,
            shifts=tuple(
                sorted(
                    (
                        Shift(
                            shift_id=row.shift_id,
                            name=row.name,
                            start=time.fromisoformat(row.start),
                            end=time.fromisoformat(row.end),
                        )
                        for row in found["shifts"]
                    ),
                    key=lambda shift: shift.shift_id,
                )
            ),
            duties=tuple(
                Duty(shift_id=row.shift_id, weekday=row.weekday, post=row.post, person_id=row.person_id)
                for row in sorted(found["duties"], key=lambda row: (row.shift_id, row.weekday, row.post))
            ),
            swaps=tuple(
                Swap(shift_id=row.shift_id, day=date.fromisoformat(row.day), post=row.post, person_id=row.person_id)
                for row in sorted(found["swaps"], key=lambda row: (row.day, row.shift_id, row.post))
            ),
            steps={row.priority: msgspec.convert(row.steps, Steps) for row in found["escalations"]},
        )

    def plan(self, center_id: str, shifts_now: Sequence[Shift], duties_now: Sequence[Duty]) -> None:
        known = {shift.shift_id for shift in shifts_now}
        for duty in duties_now:
            if duty.shift_id not in known:
                raise ConfigurationError(
                    f"roster of {center_id}: a duty names the shift {duty.shift_id!r}, there is none"
                )
        with self._records.write_in_turn() as connection:
            for table in (shifts, duties):
                connection.execute(delete(table).where(table.c.center_id == center_id))
            put(connection, shifts, [_shift_row(center_id, shift) for shift in shifts_now])
            put(connection, duties, [_duty_row(center_id, duty) for duty in duties_now])

    def swap(self, center_id: str, swap: Swap) -> None:
        row = {
            "center_id": center_id,
            "shift_id": swap.shift_id,
            "day": swap.day.isoformat(),
            "post": swap.post,
            "person_id": swap.person_id,
        }
        with self._records.write() as connection:
            put(connection, swaps, [row])

    def each_week(self, center_id: str, change: Swap) -> None:
        weekday, post = change.day.weekday(), change.post
        with self._records.write_in_turn() as connection:
            of_center = and_(shifts.c.center_id == center_id, shifts.c.shift_id == change.shift_id)
            if connection.execute(select(shifts).where(of_center)).one_or_none() is None:
                raise NotFoundError("shift", change.shift_id)
            connection.execute(_without(swaps, center_id, change, swaps.c.day == change.day.isoformat()))
            if change.person_id:
                duty = Duty(shift_id=change.shift_id, weekday=weekday, post=post, person_id=change.person_id)
                put(connection, duties, [_duty_row(center_id, duty)])
            else:
                connection.execute(_without(duties, center_id, change, duties.c.weekday == weekday))

    def escalate(self, center_id: str, steps: Mapping[Priority, Steps]) -> None:
        rows = [
            {"center_id": center_id, "priority": priority, "steps": msgspec.to_builtins(each)}
            for priority, each in steps.items()
        ]
        with self._records.write() as connection:
            connection.execute(delete(escalations).where(escalations.c.center_id == center_id))
            put(connection, escalations, rows)


def _without(table: Table, center_id: str, change: Swap, on: ColumnElement[bool]) -> Delete:
    """Removes who has the post of the shift `on` a day or weekday."""
    place = (table.c.center_id == center_id, table.c.shift_id == change.shift_id, table.c.post == change.post)
    return delete(table).where(*place, on)


def _shift_row(center_id: str, shift: Shift) -> dict[str, str]:
    return {
        "center_id": center_id,
        "shift_id": shift.shift_id,
        "name": shift.name,
        "start": shift.start.strftime(TIME),
        "end": shift.end.strftime(TIME),
    }


def _duty_row(center_id: str, duty: Duty) -> dict[str, object]:
    return {
        "center_id": center_id,
        "shift_id": duty.shift_id,
        "weekday": duty.weekday,
        "post": duty.post,
        "person_id": duty.person_id,
    }
