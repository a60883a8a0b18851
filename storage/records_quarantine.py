"""Undecodable messages in the records database, kept whole. Fails loudly: the message then stays unacked.

Bounded for each reason: a belt that is always wrong must not fill the disk that alarms are stored on.
"""

from collections.abc import Sequence
from dataclasses import fields
from typing import Final

from sqlalchemy import Connection, delete, func, insert, select

from domain.ports import Quarantined
from storage.records import Records
from storage.tables import quarantine

_GIVEN = [each.name for each in fields(Quarantined) if each.name != "entry_id"]


KEPT: Final = 100_000
"""Entries of one reason; at one message a second the newest day of a belt that is always wrong (own choice)."""
LOOKED_AFTER: Final = 1_000
"""Entries after which those beyond that are thrown away."""
AT_ONCE: Final = 10
"""So many times as many are thrown away of a reason at once."""


class RecordsQuarantine:
    """`domain.ports.Quarantine` over `records`: of each reason the newest `kept` entries, and `looked_after` more."""

    def __init__(self, records: Records, *, kept: int = KEPT, looked_after: int = LOOKED_AFTER) -> None:
        self._records = records
        self._kept, self._looked_after = kept, looked_after
        self._since_look = looked_after

    def put(self, entries: Sequence[Quarantined]) -> None:
        if not entries:
            return
        with self._records.write() as connection:
            connection.execute(
                insert(quarantine), [{name: getattr(entry, name) for name in _GIVEN} for entry in entries]
            )
            self._since_look += len(entries)
            if self._since_look >= self._looked_after:
                self._throw_away_the_oldest(connection)
                self._since_look = 0

    def _throw_away_the_oldest(self, connection: Connection) -> None:
        """Some of them: one statement must not take long, or it would fail and with it what is to be kept."""
        table = quarantine.c
        for reason in connection.scalars(select(table.reason).distinct()).all():
            ids = select(table.entry_id).where(table.reason == reason).order_by(table.entry_id.desc())
            last = connection.scalar(ids.offset(self._kept).limit(1))
            if last is not None:
                beyond = select(table.entry_id).where(table.reason == reason, table.entry_id <= last)
                some = beyond.order_by(table.entry_id).limit(AT_ONCE * self._looked_after)
                connection.execute(delete(quarantine).where(table.entry_id.in_(some)))

    def entries(self, *, limit: int = 100) -> list[Quarantined]:
        newest = select(quarantine).order_by(quarantine.c.entry_id.desc()).limit(limit)
        with self._records.read() as connection:
            return [Quarantined(**row) for row in connection.execute(newest).mappings()]

    def counts(self) -> dict[str, int]:
        with self._records.read() as connection:
            rows = connection.execute(select(quarantine.c.reason, func.count()).group_by(quarantine.c.reason))
            return {reason: count for reason, count in rows}  # noqa: C416 - rows are not plain pairs to mypy
