"""What speaks for waking, whatever the make of the belt."""

import numpy as np
import pytest

from sleep.epochs import EpochColumns, Floats
from sleep.evidence import MOST_ACTIVITY, activity_of, evidence_of, smoothed
from sleep.occupancy import BedTime, Exit
from tests.unit.sleep.nights import EPOCH_MS

N = 960


def columns(**given: Floats) -> EpochColumns:
    nothing = np.full(N, np.nan)
    known = {name: given.get(name, nothing) for name in ("heart_rate", "breathing_rate", "movement", "movement_peak")}
    return EpochColumns(start_at=0, length_ms=EPOCH_MS, in_ms=np.full(N, float(EPOCH_MS)), out_ms=np.zeros(N), **known)


def bed(*exits: Exit, rose: bool = True) -> BedTime:
    end = N * EPOCH_MS
    return BedTime(in_bed_at=0, ended_at=end, rose_at=end if rose else None, exits=exits, naps=(), runs=())


ALL = np.ones(N, bool)


def test_stillness_is_no_activity_whatever_a_still_belt_shows() -> None:
    rng = np.random.default_rng(1)
    movement = 20 + rng.uniform(0, 1, N)
    movement[::40] = 90
    activity = activity_of(movement, ALL)
    assert activity is not None
    assert np.flatnonzero(activity).tolist() == list(range(0, N, 40))
    assert activity[::40].tolist() == pytest.approx([0.5] * 24)


def test_activity_goes_by_the_logarithm_and_is_bounded() -> None:
    movement = np.zeros(N)
    movement[:24] = [5] * 21 + [15, 75, 1_000]
    activity = activity_of(movement, ALL)
    assert activity is not None
    assert activity[20:24].tolist() == [0.5, 1.0, 2.0, MOST_ACTIVITY]


@pytest.mark.parametrize("movement", [np.full(N, np.nan), np.zeros(N), np.full(N, 7.0)])
def test_a_sensor_that_never_changes_measures_nothing(movement: Floats) -> None:
    assert activity_of(movement, ALL) is None
    assert not evidence_of(columns(movement=movement), bed()).evident.any()


def test_the_sleeping_level_follows_the_drift_of_the_night() -> None:
    """Five beats slower over the night, with an hour of waking in the middle: the hour stands out by its ten beats."""
    rate = np.linspace(65, 60, N)
    rate[420:540] += 10
    excess = evidence_of(columns(heart_rate=rate), bed()).heart_excess[0]
    assert excess[430:530].min() > 0.8
    assert np.abs(np.concatenate([excess[:410], excess[550:]])).max() < 0.5


def test_a_gap_of_minutes_in_the_heart_rate_is_bridged_an_hour_is_not() -> None:
    rate = np.full(N, 60.0)
    rate[100:108] = np.nan
    rate[300:420] = np.nan
    evident = evidence_of(columns(heart_rate=rate), bed()).evident
    assert evident[100:108].all()
    assert not evident[310:410].any()


def test_lying_down_fades_and_getting_up_comes() -> None:
    left, back = 400 * EPOCH_MS, 420 * EPOCH_MS
    found = evidence_of(columns(heart_rate=np.full(N, 60.0)), bed(Exit(left_at=left, back_at=back)))
    assert found.settling[0] > found.settling[20] > found.settling[399]
    assert found.settling[420] > 0.95
    assert found.leaving[399] > 0.8
    assert found.leaving[959] > 0.8
    assert found.leaving[600] < 1e-6


def test_a_recording_that_just_ends_has_nobody_getting_up() -> None:
    assert not evidence_of(columns(heart_rate=np.full(N, 60.0)), bed(rose=False)).leaving.any()


def test_smoothing_takes_the_mean_of_what_is_known() -> None:
    found = smoothed(np.array([1.0, np.nan, 3.0, np.nan, np.nan, np.nan, 8.0]), 3)
    assert np.array_equal(found, [1, 2, 3, 3, np.nan, 8, 8], equal_nan=True)
