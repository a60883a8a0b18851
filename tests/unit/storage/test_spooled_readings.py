"""The spool and the store as one: what waits is read with the rest, and nothing is shown in part."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from domain.errors import UnavailableError
from domain.readings import MinuteColumns, ReadingBatch
from domain.units import DAY_MS, MINUTE_MS, NEVER
from storage.spool import Spool
from storage.spooled_readings import SpooledReadings
from tests.fakes.in_memory_readings import InMemoryReadings

T0 = 1_795_350_000_000 // MINUTE_MS * MINUTE_MS


class FarStore(InMemoryReadings):
    """Counts what is read; away while `away`."""

    def __init__(self) -> None:
        super().__init__()
        self.away = False
        self.spans: list[tuple[int, int]] = []

    def read(self, belt_id: str, start_at: int, end_at: int) -> ReadingBatch:
        if self.away:
            raise UnavailableError("store", "gone")
        self.spans.append((start_at, end_at))
        return super().read(belt_id, start_at, end_at)

    def minutes(self, belt_id: str, start_at: int, end_at: int) -> MinuteColumns:
        if self.away:
            raise UnavailableError("store", "gone")
        return super().minutes(belt_id, start_at, end_at)


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    with contextlib.closing(Spool(tmp_path / "spool.duckdb")) as spool:
        yield spool


def batch(at: list[int], heart_rate: float = 60.0) -> ReadingBatch:
    n = len(at)
    return ReadingBatch.build(
        belts=("b1",), belt=np.zeros(n, np.int32), observed_at=at, received_at=T0, heart_rate=[heart_rate] * n
    )


def test_while_the_store_is_away_readings_are_kept_and_nothing_is_shown(spool: Spool) -> None:
    store = FarStore()
    readings = SpooledReadings(store, spool)
    store.away = True
    assert readings.write(batch([T0])) is None
    for call in (readings.read, readings.minutes, readings.delete):
        with pytest.raises(UnavailableError):
            call("b1", 0, NEVER)
    store.away = False
    assert readings.read("b1", 0, NEVER).observed_at.tolist() == [T0]


def test_a_reading_in_both_is_one_reading(spool: Spool) -> None:
    store = FarStore()
    readings = SpooledReadings(store, spool)
    store.write(batch([T0, T0 + 1]))
    readings.write(batch([T0 + 1, T0 + 2]))
    assert readings.read("b1", 0, NEVER).observed_at.tolist() == [T0, T0 + 1, T0 + 2]
    assert readings.minutes("b1", 0, NEVER).readings.tolist() == [3]
    assert readings.delete("b1", 0, NEVER) == 3
    assert spool.read("b1", 0, NEVER).observed_at.tolist() == []
    assert len(store.read("b1", 0, NEVER)) == 0


def test_only_minutes_with_waiting_readings_are_worked_out_from_readings(spool: Spool) -> None:
    store = FarStore()
    readings = SpooledReadings(store, spool)
    store.write(batch([T0 + n * MINUTE_MS for n in range(10)], heart_rate=50))
    readings.write(batch([T0 + 9 * MINUTE_MS + 1], heart_rate=70))
    readings.write(batch([T0 - 3 * DAY_MS]))
    found = readings.minutes("b1", 0, NEVER)
    assert found.minute_at.tolist() == [T0 - 3 * DAY_MS, *(T0 + n * MINUTE_MS for n in range(10))]
    assert found.heart_rate.tolist() == [60, *[50] * 9, 60]
    assert found.heart_rate_max.tolist() == [60, *[50] * 9, 70]
    asked = [(T0 - 3 * DAY_MS, T0 - 3 * DAY_MS + MINUTE_MS), (T0 + 9 * MINUTE_MS, T0 + 10 * MINUTE_MS)]
    assert store.spans[-2:] == asked
