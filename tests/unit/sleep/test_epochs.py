"""Readings of any cadence as epochs."""

import numpy as np
import pytest

from domain.readings import Occupancy
from domain.units import SECOND_MS
from sleep.epochs import EpochColumns, epoch_columns, epoch_length_ms, filled, spent
from sleep.occupancy import steady_runs
from tests.unit.sleep.nights import EPOCH_MS, START, Readings


def columns_of(readings: Readings, start_at: int = START) -> EpochColumns:
    batch = readings.batch()
    end_at = START + round(readings.minutes * 60) * SECOND_MS
    return epoch_columns(batch, batch.in_bed, steady_runs(batch.observed_at, batch.in_bed, end_at), start_at, end_at)


@pytest.mark.parametrize(
    ("every_s", "length_s"), [(0.1, 30), (1, 30), (10, 30), (30, 30), (44, 30), (46, 60), (60, 60)]
)
def test_a_belt_that_reports_per_minute_has_epochs_of_a_minute(every_s: float, length_s: int) -> None:
    at = START + (np.arange(100) * every_s * SECOND_MS).astype(np.int64)
    assert epoch_length_ms(at) == length_s * SECOND_MS


def test_means_and_peaks_of_what_is_known() -> None:
    readings = Readings(10).add(0.5, heart_rate=60, movement=0).add(0.5, movement=6)
    readings.rows[0] |= {"heart_rate": 66, "movement": 30}
    found = columns_of(readings)
    assert found.heart_rate[0] == 62
    assert np.isnan(found.heart_rate[1])
    assert found.movement.tolist() == [10, 6]
    assert found.movement_peak.tolist() == [30, 6]
    assert np.isnan(found.breathing_rate).all()


@pytest.mark.parametrize("every_s", [0.1, 0.5, 1, 7, 30])
def test_time_in_bed_does_not_depend_on_the_cadence(every_s: float) -> None:
    found = columns_of(Readings(every_s).add(3.5).out(7).add(3.5))
    assert found.in_ms.sum() + found.out_ms.sum() == pytest.approx(14 * 60 * SECOND_MS, rel=1e-12)
    assert found.out_ms.sum() == pytest.approx(7 * 60 * SECOND_MS, abs=2 * every_s * SECOND_MS)


def test_silence_is_not_told_but_an_absence_goes_on_through_it() -> None:
    in_bed = columns_of(Readings(10).add(2).add(5, None).add(2))
    assert in_bed.in_ms.sum() == (2 + 2) * 60 * SECOND_MS + 50 * SECOND_MS
    away = columns_of(Readings(10).add(2).out(1).add(5, None).add(2))
    assert away.out_ms.sum() == 6 * 60 * SECOND_MS


def test_a_heart_rate_tells_of_the_bed_where_the_occupancy_does_not() -> None:
    found = columns_of(
        Readings(10).add(2, heart_rate=60).add(2, Occupancy.UNKNOWN, heart_rate=60).add(2, heart_rate=60)
    )
    assert found.told.all()


def test_an_epoch_that_touches_an_absence_is_upset() -> None:
    found = columns_of(Readings(1).add(2.2).out(0.2).add(2.6))
    assert np.flatnonzero(found.upset).tolist() == [4]
    assert not found.out.any()


def test_a_night_that_ends_within_an_epoch() -> None:
    found = columns_of(Readings(1).add(1.25))
    assert len(found) == 3
    assert found.in_ms.tolist() == [EPOCH_MS, EPOCH_MS, EPOCH_MS // 2]


def test_spent_in_each_span() -> None:
    edges = np.array([0, 10, 20, 30])
    assert spent(edges, np.array([5, 22]), np.array([12, 40])).tolist() == [5, 2, 8]
    assert spent(edges, np.array([], np.int64), np.array([], np.int64)).tolist() == [0, 0, 0]
    assert spent(edges, np.array([0, 10]), np.array([10, 20])).tolist() == [10, 10, 0]


def test_short_gaps_are_bridged_and_long_ones_stay() -> None:
    values = np.array([np.nan, 2, np.nan, 4, np.nan, np.nan, np.nan, 8, np.nan])
    assert np.array_equal(filled(values, 2), [np.nan, 2, 3, 4, np.nan, np.nan, np.nan, 8, np.nan], equal_nan=True)
    assert filled(values, 3)[4:7].tolist() == [5, 6, 7]
