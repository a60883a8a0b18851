"""A readings store in memory, for tests."""

import threading
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domain.readings import FLOAT_COLUMNS, MinuteColumns, Occupancy, ReadingBatch
from domain.units import MINUTE_MS

_COLUMNS = ("observed_at", "received_at", "in_bed", "sleep_stage", *FLOAT_COLUMNS)


class InMemoryReadings:
    """`domain.ports.ReadingsStore` in dictionaries; the first of two readings of one belt and instant stays."""

    def __init__(self) -> None:
        self._rows: dict[str, dict[int, tuple[Any, ...]]] = {}
        self._lock = threading.Lock()

    def write(self, batch: ReadingBatch) -> int:
        columns = [getattr(batch, name).tolist() for name in _COLUMNS]
        new = 0
        with self._lock:
            for belt, *row in zip(batch.belt.tolist(), *columns, strict=True):
                rows = self._rows.setdefault(batch.belts[belt], {})
                new += row[0] not in rows
                rows.setdefault(row[0], tuple(row))
        return new

    def read(self, belt_id: str, start_at: int, end_at: int) -> ReadingBatch:
        with self._lock:
            rows = [row for at, row in self._rows.get(belt_id, {}).items() if start_at <= at < end_at]
        if not rows:
            return ReadingBatch.empty()
        columns = dict(zip(_COLUMNS, zip(*rows, strict=True), strict=True))
        return ReadingBatch.build(belts=(belt_id,), belt=np.zeros(len(rows), np.int32), **columns)

    def minutes(self, belt_id: str, start_at: int, end_at: int) -> MinuteColumns:
        batch = self.read(belt_id, start_at, end_at)
        minute_at, first = np.unique(batch.observed_at // MINUTE_MS * MINUTE_MS, return_index=True)
        parts = np.split(np.arange(len(batch)), first[1:]) if len(batch) else []

        def each(function: Any, column: NDArray[Any]) -> NDArray[np.float64]:
            values = [known[~np.isnan(known)] for known in (column[part].astype(np.float64) for part in parts)]
            return np.array([function(value) if len(value) else np.nan for value in values], np.float64)

        return MinuteColumns(
            minute_at=minute_at,
            readings=np.array([len(part) for part in parts], np.int64),
            known_in_bed=np.array([np.sum(batch.in_bed[part] != Occupancy.UNKNOWN) for part in parts], np.int64),
            in_bed=np.array([np.sum(batch.in_bed[part] == Occupancy.IN) for part in parts], np.int64),
            heart_rate=each(np.mean, batch.heart_rate),
            heart_rate_min=each(np.min, batch.heart_rate),
            heart_rate_max=each(np.max, batch.heart_rate),
            breathing_rate=each(np.mean, batch.breathing_rate),
            movement=each(np.mean, batch.movement),
            turn_overs=each(np.sum, batch.turn_overs),
        )

    def delete(self, belt_id: str, start_at: int, end_at: int) -> int:
        with self._lock:
            rows = self._rows.get(belt_id, {})
            gone = [at for at in rows if start_at <= at < end_at]
            for at in gone:
                del rows[at]
        return len(gone)
