"""A readings store elsewhere with a spool before it: what was written is durable here, and read from both.

One path whatever the store does (docs/decisions/0005): `write` only appends to the spool, `ingest.forwarding` sends on.
Reads fail towards saying nothing: while the store does not answer they raise UnavailableError, for a night of which
only the last hours are here would look like a night in which the belt was silent.
"""

import numpy as np

from domain.ports import ReadingsStore
from domain.readings import MinuteColumns, ReadingBatch
from domain.units import HOUR_MS, MINUTE_MS
from storage.minutes import join_minutes, minutes_of, select_minutes
from storage.spool import Spool


class SpooledReadings:
    """`domain.ports.ReadingsStore` over `store` and the readings that wait in `spool` to be sent to it.

    The spool is always looked at before the store: what leaves it in between is in the store by then. Of a batch that
    is written during a read and sent on in two parts the read may see the first part only.
    """

    def __init__(self, store: ReadingsStore, spool: Spool) -> None:
        self._store = store
        self._spool = spool

    def write(self, batch: ReadingBatch) -> int | None:
        """Whether the store has a reading already is not known here: None, but 0 of nothing."""
        self._spool.append(batch)
        return None if len(batch) else 0

    def read(self, belt_id: str, start_at: int, end_at: int) -> ReadingBatch:
        waiting = self._spool.read(belt_id, start_at, end_at)
        return ReadingBatch.join([self._store.read(belt_id, start_at, end_at), waiting]).distinct()

    def minutes(self, belt_id: str, start_at: int, end_at: int) -> MinuteColumns:
        """Minutes of which readings wait are taken from the readings, the others as the store has them."""
        waiting = self._spool.read(belt_id, start_at, end_at)
        minutes = self._store.minutes(belt_id, start_at, end_at)
        if not len(waiting):
            return minutes
        touched = np.unique(waiting.observed_at // MINUTE_MS * MINUTE_MS)
        read = [self._store.read(belt_id, max(a, start_at), min(b, end_at)) for a, b in _stretches(touched)]
        anew = minutes_of(ReadingBatch.join([*read, waiting]).distinct())
        return join_minutes(
            [
                select_minutes(minutes, ~np.isin(minutes.minute_at, touched)),
                select_minutes(anew, np.isin(anew.minute_at, touched)),
            ]
        )

    def delete(self, belt_id: str, start_at: int, end_at: int) -> int:
        count = len(self.read(belt_id, start_at, end_at))
        self._spool.delete(belt_id, start_at, end_at)
        self._store.delete(belt_id, start_at, end_at)
        return count


def _stretches(minute_at: np.ndarray[tuple[int], np.dtype[np.int64]]) -> list[tuple[int, int]]:
    """The minutes as stretches [start, end) (ms), cut where over an hour lies between them."""
    cuts = np.flatnonzero(np.diff(minute_at) > HOUR_MS) + 1
    return [(int(part[0]), int(part[-1]) + MINUTE_MS) for part in np.split(minute_at, cuts)]
