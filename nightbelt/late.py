"""The readings store as the worker writes to it: readings of nights that are over are noted for a new report."""

from collections.abc import Callable

import numpy as np

from domain.ports import LateReadings, ReadingsStore
from domain.readings import MinuteColumns, ReadingBatch
from domain.units import DAY_MS


class NotingReadings:
    """`domain.ports.ReadingsStore` over `store`.

    A write notes its late days when the readings are durable and before it returns: whoever acks after it loses
    neither. `closed_at` tells up to when nights are taken to be over (ms); it must be raised before reports of those
    nights are made, so that a reading is either in the report or noted.
    """

    def __init__(self, store: ReadingsStore, late: LateReadings, closed_at: Callable[[], int]) -> None:
        self._store, self._late, self._closed_at = store, late, closed_at

    def write(self, batch: ReadingBatch) -> int | None:
        written = self._store.write(batch)
        if len(batch) and int(batch.observed_at.min()) < self._closed_at():
            self._late.note(late_days(batch, self._closed_at()))
        return written

    def read(self, belt_id: str, start_at: int, end_at: int) -> ReadingBatch:
        return self._store.read(belt_id, start_at, end_at)

    def minutes(self, belt_id: str, start_at: int, end_at: int) -> MinuteColumns:
        return self._store.minutes(belt_id, start_at, end_at)

    def delete(self, belt_id: str, start_at: int, end_at: int) -> int:
        return self._store.delete(belt_id, start_at, end_at)


def late_days(batch: ReadingBatch, before_at: int) -> set[tuple[str, int]]:
    """(belt id, UTC day) of the readings observed before that instant (ms)."""
    late = batch.observed_at < before_at
    pairs = np.unique(np.stack([batch.belt[late].astype(np.int64), batch.observed_at[late] // DAY_MS]), axis=1)
    return {(batch.belts[belt], int(day)) for belt, day in pairs.T.tolist()}
