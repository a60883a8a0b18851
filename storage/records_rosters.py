"""Shifts, duties and swaps in the records database. Fails loudly; who is called then is the caller's decision."""

from collections.abc import Sequence
from datetime import date, time
from typing import Final

from sqlalchemy import delete, select

from domain.errors import ConfigurationError
from domain.roster import Duty, Roster, Shift, Swap
from storage.records import Records, put
from storage.tables import duties, shifts, swaps

TIME: Final = "%H:%M"


class RecordsRosters:
    """`domain.ports.Rosters` over `records`."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def roster(self, center_id: str) -> Roster:
        with self._records.read() as connection:
            found = {
                table.name: connection.execute(select(table).where(table.c.center_id == center_id)).all()
                for table in (shifts, duties, swaps)
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
        )

    def plan(self, center_id: str, shifts_now: Sequence[Shift], duties_now: Sequence[Duty]) -> None:
        known = {shift.shift_id for shift in shifts_now}
        for duty in duties_now:
            if duty.shift_id not in known:
                raise ConfigurationError(
                    f"roster of {center_id}: a duty names the shift {duty.shift_id!r}, there is none"
                )
        with self._records.write() as connection:
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
