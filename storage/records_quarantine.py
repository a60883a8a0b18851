"""Undecodable messages in the records database, kept whole. Fails loudly: the message then stays unacked."""

from collections.abc import Sequence
from dataclasses import fields

from sqlalchemy import func, insert, select

from domain.ports import Quarantined
from storage.records import Records
from storage.tables import quarantine

_GIVEN = [each.name for each in fields(Quarantined) if each.name != "entry_id"]


class RecordsQuarantine:
    """`domain.ports.Quarantine` over `records`."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def put(self, entries: Sequence[Quarantined]) -> None:
        if not entries:
            return
        with self._records.write() as connection:
            connection.execute(
                insert(quarantine), [{name: getattr(entry, name) for name in _GIVEN} for entry in entries]
            )

    def entries(self, *, limit: int = 100) -> list[Quarantined]:
        newest = select(quarantine).order_by(quarantine.c.entry_id.desc()).limit(limit)
        with self._records.read() as connection:
            return [Quarantined(**row) for row in connection.execute(newest).mappings()]

    def counts(self) -> dict[str, int]:
        with self._records.read() as connection:
            rows = connection.execute(select(quarantine.c.reason, func.count()).group_by(quarantine.c.reason))
            return {reason: count for reason, count in rows}  # noqa: C416 - rows are not plain pairs to mypy
