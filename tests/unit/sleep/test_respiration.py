"""Respiratory events of nights made by hand."""

import numpy as np
import pytest

from domain.units import MINUTE_MS, SECOND_MS
from sleep.epochs import EpochColumns, Floats, Mask
from sleep.occupancy import Instants
from sleep.respiration import Source, heart_cycles, reduced_breathing, respiratory_events
from tests.unit.sleep.nights import EPOCH_MS, START

HOURS = 3
N = HOURS * 120


def every(seconds: int) -> Instants:
    return START + SECOND_MS * np.arange(0, HOURS * 3600, seconds, dtype=np.int64)


def cycling(at: Instants, period_s: float, swing: float, begin_min: float = 60, end_min: float = 90) -> Floats:
    """A heart rate that goes up and down by `swing` bpm between two times, and is even elsewhere."""
    seconds = (at - START) / SECOND_MS
    inside = (seconds >= begin_min * 60) & (seconds < end_min * 60)
    return np.where(inside, 62 + swing / 2 * np.sin(2 * np.pi * seconds / period_s), 62.0)


def columns() -> EpochColumns:
    nothing = np.full(N, np.nan)
    return EpochColumns(
        start_at=START,
        length_ms=EPOCH_MS,
        in_ms=np.full(N, float(EPOCH_MS)),
        out_ms=np.zeros(N),
        heart_rate=nothing,
        breathing_rate=nothing,
        movement=nothing,
        movement_peak=nothing,
    )


ASLEEP: Mask = np.ones(N, bool)


@pytest.mark.parametrize(
    ("period_s", "swing", "expected"), [(60, 14, 30), (45, 14, 40), (60, 2, 0), (240, 14, 0), (8, 14, 0)]
)
def test_cycles_of_the_heart_after_pauses_of_breathing(period_s: float, swing: float, expected: int) -> None:
    at = every(2)
    assert len(heart_cycles(at, cycling(at, period_s, swing))) == pytest.approx(expected, abs=2)


def test_a_few_swings_are_no_series() -> None:
    at = every(2)
    assert len(heart_cycles(at, cycling(at, 60, 14, begin_min=60, end_min=62.5))) == 0


@pytest.mark.parametrize(("length_s", "rate", "events"), [(15, 5, 1), (60, 5, 1), (8, 5, 0), (15, 10, 0)])
def test_breathing_reduced_for_ten_seconds_to_two_minutes(length_s: int, rate: float, events: int) -> None:
    at = every(1)
    breathing = np.full(len(at), 14.0)
    breathing[4000 : 4000 + length_s] = rate
    assert len(reduced_breathing(at, breathing)) == events


def test_events_are_per_hour_of_sleep_and_from_breathing_first() -> None:
    at = every(1)
    breathing = np.full(len(at), 14.0, np.float32)
    for minute in range(10, 170, 10):
        breathing[minute * 60 : minute * 60 + 20] = 4
    heart = cycling(at, 60, 14).astype(np.float32)
    nothing = np.full(len(at), np.nan, np.float32)
    by_breath = respiratory_events(at, breathing, heart, columns(), ASLEEP)
    by_heart = respiratory_events(at, nothing, heart, columns(), ASLEEP)
    assert by_breath is not None
    assert by_breath.source is Source.BREATHING
    assert by_breath.per_hour == pytest.approx(16 / HOURS)
    assert by_heart is not None
    assert by_heart.source is Source.HEART
    assert by_heart.per_hour == pytest.approx(30 / HOURS, abs=0.7)


def test_events_awake_do_not_count() -> None:
    at = every(2)
    heart = cycling(at, 60, 14).astype(np.float32)
    asleep = ASLEEP.copy()
    asleep[120:180] = False
    found = respiratory_events(at, np.full(len(at), np.nan, np.float32), heart, columns(), asleep)
    assert found is not None
    assert found.per_hour == pytest.approx(0, abs=0.5)


@pytest.mark.parametrize(("seconds", "kept", "asleep_min"), [(10, 1.0, 180), (2, 0.3, 180), (2, 1.0, 50)])
def test_what_is_too_coarse_sparse_or_short_is_not_measured(seconds: int, kept: float, asleep_min: int) -> None:
    at = every(seconds)
    at = at[(at - START) / MINUTE_MS < kept * HOURS * 60]
    asleep = np.arange(N) < 2 * asleep_min
    heart = cycling(at, 60, 14).astype(np.float32)
    assert respiratory_events(at, np.full(len(at), np.nan, np.float32), heart, columns(), asleep) is None
