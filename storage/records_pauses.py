"""Pauses for care in the records database."""

from dataclasses import fields
from typing import Any

from sqlalchemy import func, select, update

from domain.pauses import CarePause, PauseEnd
from storage.records import Records, put_new
from storage.tables import care_pauses


class RecordsCarePauses:
    """`domain.ports.CarePauses` over `records`."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def begin(self, pause: CarePause) -> None:
        row: dict[str, Any] = {each.name: getattr(pause, each.name) for each in fields(pause)}
        with self._records.write() as connection:
            put_new(connection, care_pauses, [row])

    def end(self, pause_id: str, at: int, how: PauseEnd, person_id: str | None = None) -> None:
        table = care_pauses
        lasting = (table.c.pause_id == pause_id, table.c.ended_at.is_(None))
        with self._records.write() as connection:
            connection.execute(update(table).where(*lasting).values(ended_at=at, ended_by=person_id, ended_as=how))

    def since(self, at: int) -> list[CarePause]:
        table = care_pauses
        until = func.coalesce(table.c.ended_at, table.c.ends_at)
        lasting = select(table).where(table.c.ends_at > at, until > at)
        with self._records.read() as connection:
            found = [CarePause(**row) for row in connection.execute(lasting).mappings()]
        return sorted(found, key=lambda pause: (pause.began_at, pause.pause_id))
