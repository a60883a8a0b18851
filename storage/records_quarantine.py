"""Undecodable messages in the records database, kept whole. Fails loudly: the message then stays unacked.

One belt that says nonsense each second must not fill the disk on which alarms are kept, so the oldest messages go.
"""

from collections.abc import Sequence
from dataclasses import fields
from typing import Final

import structlog
from sqlalchemy import delete, func, insert, select

from domain.ports import Quarantined
from storage.records import Records
from storage.tables import quarantine

KEPT: Final = 100_000
"""Entries that are kept: a day of one belt that says nonsense each second, some 20 MB (own choice)."""
_log = structlog.get_logger(__name__)
_GIVEN = [each.name for each in fields(Quarantined) if each.name != "entry_id"]


class RecordsQuarantine:
    """`domain.ports.Quarantine` over `records`, of the newest `keep` entries."""

    def __init__(self, records: Records, *, keep: int = KEPT) -> None:
        self._records = records
        self._keep = keep
        self._is_full = False

    def put(self, entries: Sequence[Quarantined]) -> None:
        if not entries:
            return
        last_to_go = select(func.max(quarantine.c.entry_id) - self._keep).scalar_subquery()
        with self._records.write() as connection:
            connection.execute(
                insert(quarantine), [{name: getattr(entry, name) for name in _GIVEN} for entry in entries]
            )
            gone = connection.execute(delete(quarantine).where(quarantine.c.entry_id <= last_to_go)).rowcount
        if gone and not self._is_full:
            self._is_full = True
            _log.warning("quarantine is full: the oldest messages go", keeps=self._keep)

    def entries(self, *, limit: int = 100) -> list[Quarantined]:
        newest = select(quarantine).order_by(quarantine.c.entry_id.desc()).limit(limit)
        with self._records.read() as connection:
            return [Quarantined(**row) for row in connection.execute(newest).mappings()]

    def counts(self) -> dict[str, int]:
        with self._records.read() as connection:
            rows = connection.execute(select(quarantine.c.reason, func.count()).group_by(quarantine.c.reason))
            return {reason: count for reason, count in rows}  # noqa: C416 - rows are not plain pairs to mypy
