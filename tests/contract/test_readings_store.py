"""The contract of `domain.ports.ReadingsStore`."""

import itertools
import threading
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from domain.ports import ReadingsStore
from domain.readings import FLOAT_COLUMNS, Occupancy, ReadingBatch
from domain.units import DAY_MS, HOUR_MS, MINUTE_MS, NEVER, SECOND_MS

T0 = 1_795_350_000_000
COLUMNS = ("observed_at", "received_at", "in_bed", "sleep_stage", *FLOAT_COLUMNS)


def batch_of(belt_id: str, observed_at: Any, **columns: Any) -> ReadingBatch:
    at = np.asarray(observed_at, np.int64)
    given_columns = {"received_at": T0, **columns}
    return ReadingBatch.build(belts=(belt_id,), belt=np.zeros(len(at), np.int32), observed_at=at, **given_columns)


def assert_same(found: ReadingBatch, wanted: ReadingBatch) -> None:
    assert [found.belts[i] for i in found.belt] == [wanted.belts[i] for i in wanted.belt]
    for name in COLUMNS:
        left, right = getattr(found, name), getattr(wanted, name)
        assert left.dtype == right.dtype, name
        np.testing.assert_array_equal(left, right, err_msg=name)


def new(store: ReadingsStore, batch: ReadingBatch, count: int) -> bool:
    """Write; True when the store counts `count` new readings, or cannot count."""
    return store.write(batch) in {count, None}


def everything(store: ReadingsStore, belt_id: str) -> ReadingBatch:
    return store.read(belt_id, 0, NEVER)


def night(n: int, seed: int = 1, step_ms: int = 7 * SECOND_MS) -> ReadingBatch:
    """n readings of belt b1 with every kind of gap in them."""
    random = np.random.default_rng(seed)
    floats = {name: np.where(random.random(n) < 0.3, np.nan, random.normal(50, 9, n)) for name in FLOAT_COLUMNS}
    at = T0 + np.arange(n) * step_ms
    in_bed, stage = random.integers(-1, 2, n), random.integers(-1, 4, n)
    return batch_of("b1", at, received_at=at + 40, in_bed=in_bed, sleep_stage=stage, **floats)


class TestWrite:
    def test_what_was_written_is_read(self, readings: ReadingsStore) -> None:
        batch = night(500)
        assert new(readings, batch, 500)
        assert_same(everything(readings, "b1"), batch)

    def test_nothing_is_written_of_nothing(self, readings: ReadingsStore) -> None:
        assert readings.write(ReadingBatch.empty()) == 0
        assert len(everything(readings, "b1")) == 0

    def test_the_same_batch_twice_is_there_once(self, readings: ReadingsStore) -> None:
        batch = night(100)
        assert new(readings, batch, 100)
        assert new(readings, batch, 0)
        assert_same(everything(readings, "b1"), batch)

    def test_of_overlapping_batches_only_the_new_part_is_added(self, readings: ReadingsStore) -> None:
        batch = night(100)
        assert new(readings, batch.select(np.arange(100) < 60), 60)
        assert new(readings, batch.select(np.arange(100) >= 40), 40)
        assert_same(everything(readings, "b1"), batch)

    def test_a_reading_twice_in_one_batch_is_there_once(self, readings: ReadingsStore) -> None:
        assert new(readings, batch_of("b1", [T0, T0, T0 + 1], heart_rate=[60, 60, 61]), 2)
        assert everything(readings, "b1").heart_rate.tolist() == [60, 61]

    def test_late_readings_among_live_ones_are_added(self, readings: ReadingsStore) -> None:
        late = [T0 - 40 * DAY_MS, T0 - 3 * DAY_MS, T0 - 2 * HOUR_MS, T0 - HOUR_MS]
        readings.write(batch_of("b1", [late[1], T0]))
        assert new(readings, batch_of("b1", [*late, T0, T0 + SECOND_MS]), 4)
        assert everything(readings, "b1").observed_at.tolist() == [*late, T0, T0 + SECOND_MS]

    def test_readings_scattered_over_hundreds_of_days_are_there_once(self, readings: ReadingsStore) -> None:
        at = T0 - np.arange(300) * DAY_MS
        assert new(readings, batch_of("b1", at[::2]), 150)
        assert new(readings, batch_of("b1", at), 150)
        assert everything(readings, "b1").observed_at.tolist() == sorted(at.tolist())

    def test_the_same_instant_of_two_belts_is_two_readings(self, readings: ReadingsStore) -> None:
        both = ReadingBatch.build(
            belts=("b1", "b2"), belt=[0, 1], observed_at=[T0, T0], received_at=T0, heart_rate=[60, 70]
        )
        assert new(readings, both, 2)
        assert everything(readings, "b1").heart_rate.tolist() == [60]
        assert everything(readings, "b2").heart_rate.tolist() == [70]

    def test_belts_may_be_named_in_any_order_and_without_readings(self, readings: ReadingsStore) -> None:
        first = ReadingBatch.build(belts=("x", "b2", "b1"), belt=[1, 2], observed_at=[T0, T0 + 1], received_at=T0)
        second = ReadingBatch.build(belts=("b1", "b2"), belt=[0, 1], observed_at=[T0 + 1, T0 + 1], received_at=T0)
        assert new(readings, first, 2)
        assert new(readings, second, 1)
        assert len(everything(readings, "x")) == 0

    def test_unknown_occupancy_and_missing_values_stay_so(self, readings: ReadingsStore) -> None:
        in_bed = [Occupancy.UNKNOWN, Occupancy.OUT, Occupancy.IN]
        readings.write(batch_of("b1", [T0, T0 + 1, T0 + 2], in_bed=in_bed, heart_rate=[np.nan, 0, 60]))
        found = everything(readings, "b1")
        assert found.in_bed.tolist() == in_bed
        np.testing.assert_array_equal(found.heart_rate, np.array([np.nan, 0, 60], np.float32))
        assert np.isnan(found.movement).all()

    def test_two_threads_with_the_same_readings_write_them_once(self, readings: ReadingsStore) -> None:
        batch = night(2_000)
        parts = [batch.select(np.arange(2_000) % 20 == part) for part in range(20)]
        counts: list[int | None] = []

        def work() -> None:
            counts.extend(readings.write(part) for part in parts)
            assert len(everything(readings, "b1")) == 2_000

        threads = [threading.Thread(target=work) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(counts) == 2 * len(parts)
        if None not in counts:
            assert sum(count or 0 for count in counts) == 2_000
        assert_same(everything(readings, "b1"), batch)


class TestRead:
    def test_start_is_inside_and_end_is_outside(self, readings: ReadingsStore) -> None:
        readings.write(batch_of("b1", [T0, T0 + 1, T0 + 2, T0 + 3]))
        assert readings.read("b1", T0 + 1, T0 + 3).observed_at.tolist() == [T0 + 1, T0 + 2]
        assert len(readings.read("b1", T0 + 1, T0 + 1)) == 0
        assert len(readings.read("b1", T0 + 3, T0)) == 0

    def test_readings_written_out_of_order_are_read_ascending(self, readings: ReadingsStore) -> None:
        for at in (5, 1, 4, 2, 3):
            readings.write(batch_of("b1", [T0 + at]))
        assert everything(readings, "b1").observed_at.tolist() == [T0 + 1, T0 + 2, T0 + 3, T0 + 4, T0 + 5]

    def test_an_unknown_belt_has_none(self, readings: ReadingsStore) -> None:
        found = everything(readings, "nobody's")
        assert len(found) == 0
        assert found.heart_rate.dtype == np.float32

    def test_a_name_is_never_read_as_a_query(self, readings: ReadingsStore) -> None:
        odd = "b' OR '1'='1"
        readings.write(batch_of("b1", [T0]))
        readings.write(batch_of(odd, [T0 + 5]))
        assert everything(readings, odd).observed_at.tolist() == [T0 + 5]


class TestMinutes:
    def test_minutes_are_those_of_numpy(self, readings: ReadingsStore) -> None:
        batch = night(2_000)
        readings.write(batch)
        found = readings.minutes("b1", T0 + 13_000, T0 + HOUR_MS)
        part = batch.select((batch.observed_at >= T0 + 13_000) & (batch.observed_at < T0 + HOUR_MS))
        minute = part.observed_at // MINUTE_MS
        each = [part.select(minute == one) for one in np.unique(minute)]
        assert found.minute_at.tolist() == (np.unique(minute) * MINUTE_MS).tolist()
        assert found.readings.tolist() == [len(one) for one in each]
        assert found.known_in_bed.tolist() == [int((one.in_bed >= 0).sum()) for one in each]
        assert found.in_bed.tolist() == [int((one.in_bed == 1).sum()) for one in each]
        for name, column, function in (
            ("heart_rate", "heart_rate", np.mean),
            ("heart_rate_min", "heart_rate", np.min),
            ("heart_rate_max", "heart_rate", np.max),
            ("breathing_rate", "breathing_rate", np.mean),
            ("movement", "movement", np.mean),
            ("turn_overs", "turn_overs", np.sum),
        ):
            wanted = [known(getattr(one, column), function) for one in each]
            np.testing.assert_allclose(getattr(found, name), wanted, rtol=1e-6, err_msg=name)

    def test_a_minute_without_values_is_missing_not_zero(self, readings: ReadingsStore) -> None:
        readings.write(batch_of("b1", [T0, T0 + 1]))
        found = readings.minutes("b1", T0, T0 + MINUTE_MS)
        assert (found.readings.tolist(), found.known_in_bed.tolist(), found.in_bed.tolist()) == ([2], [0], [0])
        for name in ("heart_rate", "heart_rate_min", "heart_rate_max", "breathing_rate", "movement", "turn_overs"):
            assert np.isnan(getattr(found, name)).all(), name

    def test_minutes_without_readings_are_left_out(self, readings: ReadingsStore) -> None:
        readings.write(batch_of("b1", [0, 59_999, 5 * MINUTE_MS]))
        assert readings.minutes("b1", 0, NEVER).minute_at.tolist() == [0, 5 * MINUTE_MS]

    def test_no_readings_are_no_minutes(self, readings: ReadingsStore) -> None:
        readings.write(batch_of("b1", [T0]))
        for belt_id, start_at in (("b1", T0 + 1), ("b2", T0)):
            found = readings.minutes(belt_id, start_at, NEVER)
            assert {name: len(getattr(found, name)) for name in found.__slots__} == dict.fromkeys(found.__slots__, 0)
            assert found.minute_at.dtype == np.int64
            assert found.heart_rate.dtype == np.float64


def known(column: NDArray[np.float32], function: Any) -> float:
    values = column[~np.isnan(column)].astype(np.float64)
    return float(function(values)) if len(values) else np.nan


class TestDelete:
    def test_what_is_deleted_is_gone_and_the_rest_stays(self, readings: ReadingsStore) -> None:
        readings.write(batch_of("b1", [T0, T0 + 1, T0 + 2]))
        readings.write(batch_of("b2", [T0, T0 + 1]))
        assert readings.delete("b1", T0 + 1, T0 + 2) == 1
        assert everything(readings, "b1").observed_at.tolist() == [T0, T0 + 2]
        assert len(everything(readings, "b2")) == 2

    def test_deleting_what_is_not_there_is_nothing(self, readings: ReadingsStore) -> None:
        readings.write(batch_of("b1", [T0]))
        assert readings.delete("b1", T0 + 1, NEVER) == 0
        assert readings.delete("b9", 0, NEVER) == 0

    def test_what_was_deleted_can_be_written_again(self, readings: ReadingsStore) -> None:
        batch = night(50)
        readings.write(batch)
        assert readings.delete("b1", 0, NEVER) == 50
        assert new(readings, batch, 50)
        assert_same(everything(readings, "b1"), batch)


_serial = itertools.count()


@st.composite
def batches(draw: st.DrawFn) -> tuple[ReadingBatch, list[list[int]]]:
    """Readings of up to three belts, near and far apart in time, and ways to cut them into overlapping batches."""
    belts = tuple(f"belt-{next(_serial)}-{i}" for i in range(3))
    instants = st.one_of(st.integers(0, 50), st.integers(0, 400).map(lambda day: day * DAY_MS))
    keys = draw(st.lists(st.tuples(st.integers(0, 2), instants), min_size=1, max_size=40, unique=True))
    n = len(keys)
    value = st.one_of(st.just(np.nan), st.floats(-1e6, 1e6, width=32))
    columns = {name: draw(st.lists(value, min_size=n, max_size=n)) for name in FLOAT_COLUMNS}
    whole = ReadingBatch.build(
        belts=belts,
        belt=[belt for belt, _ in keys],
        observed_at=[at for _, at in keys],
        received_at=draw(st.lists(st.integers(0, NEVER), min_size=n, max_size=n)),
        in_bed=draw(st.lists(st.sampled_from(list(Occupancy)), min_size=n, max_size=n)),
        **columns,
    )
    rows = st.lists(st.integers(0, n - 1), max_size=n)
    return whole, [*draw(st.lists(rows, max_size=5)), list(range(n))]


# One store serves all examples: each has belts of its own.
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(case=batches())
def test_any_split_of_any_batch_gives_the_same_readings(
    readings: ReadingsStore, case: tuple[ReadingBatch, list[list[int]]]
) -> None:
    whole, splits = case
    seen: set[int] = set()
    for rows in splits:
        part = whole.select(np.array(sorted(rows), np.int64))
        assert new(readings, part, len(set(rows) - seen))
        seen |= set(rows)
    for number, belt_id in enumerate(whole.belts):
        assert_same(everything(readings, belt_id), whole.select(whole.belt == number))


@pytest.mark.parametrize("start_at", [0, T0 - 3])
def test_reads_while_another_thread_writes_see_whole_batches(readings: ReadingsStore, start_at: int) -> None:
    stop = threading.Event()

    def write() -> None:
        for i in range(60):
            readings.write(batch_of("b1", T0 + i * 10 + np.arange(10)))
        stop.set()

    writer = threading.Thread(target=write)
    writer.start()
    sizes = [0]
    while not stop.is_set():
        sizes.append(len(readings.read("b1", start_at, NEVER)))
    writer.join()
    assert all(size % 10 == 0 for size in sizes)
    assert sizes == sorted(sizes)
