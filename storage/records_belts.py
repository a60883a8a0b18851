"""What belts say of themselves, in the records database. Fails loudly: the message then stays unacked."""

from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import select

from domain.belts import BeltStatus
from storage.records import Records, put
from storage.tables import belt_statuses

_BELTS_MAX = 500
"""Belts asked for at once; SQLite takes some thousand values in a statement."""


class RecordsBeltStatuses:
    """`domain.ports.BeltStatuses` over `records`."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def put(self, statuses: Sequence[BeltStatus]) -> None:
        if not statuses:
            return
        belts = sorted({status.belt_id for status in statuses})
        with self._records.write_in_turn() as connection:
            kept: dict[str, BeltStatus] = {}
            for at in range(0, len(belts), _BELTS_MAX):
                some = select(belt_statuses).where(belt_statuses.c.belt_id.in_(belts[at : at + _BELTS_MAX]))
                kept.update((row["belt_id"], BeltStatus(**row)) for row in connection.execute(some).mappings())
            put(connection, belt_statuses, [asdict(status) for status in _merged(kept, statuses)])

    def all(self) -> list[BeltStatus]:
        with self._records.read() as connection:
            rows = connection.execute(select(belt_statuses)).mappings()
            return sorted((BeltStatus(**row) for row in rows), key=lambda status: status.belt_id)


def _merged(kept: dict[str, BeltStatus], statuses: Sequence[BeltStatus]) -> list[BeltStatus]:
    """What is to be stored of the belts that said something new."""
    changed: dict[str, BeltStatus] = {}
    for status in statuses:
        known = changed.get(status.belt_id) or kept.get(status.belt_id)
        if known is None or known.at <= status.at:
            changed[status.belt_id] = known.and_then(status) if known else status
    return list(changed.values())
