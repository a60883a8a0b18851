"""The figures of nights written by hand, against figures worked out by hand."""

import pytest

from domain.readings import Occupancy
from domain.units import MINUTE_MS, SECOND_MS
from sleep.metrics import AWAKENING_MIN, sleep_figures
from sleep.occupancy import BedTime, Exit, Stretch
from tests.unit.sleep.nights import EPOCH_MS, START, bed_of, states_of

TABLE = [
    # night (epochs of half a minute), latency, sleep, WASO, final wake, efficiency, awakenings
    ("40w 800s 20w", 20.0, 400.0, 0.0, 10.0, 400 / 430, 0),
    ("20w 100s 10w 100s 9w 100s 4w", 10.0, 150.0, 9.5, 2.0, 150 / 171.5, 1),
    ("20w 100s 4o 100s", 10.0, 100.0, 0.0, 0.0, 100 / 112, 0),
    ("20w 100s 4w 4o 4w 100s", 10.0, 100.0, 4.0, 0.0, 100 / 116, 1),
    ("10w 6o 10w 60s 6w", 10.0, 30.0, 0.0, 3.0, 30 / 46, 0),
    ("60s 2w 4o 2w", 0.0, 30.0, 0.0, 2.0, 30 / 34, 0),
    ("60s 20? 60s", 0.0, 60.0, 0.0, 0.0, 1.0, 0),
    ("60s 6w 20? 6w 60s", 0.0, 60.0, 6.0, 0.0, 60 / 66, 0),
    ("30w", 15.0, 0.0, 0.0, 0.0, 0.0, 0),
    ("60s", 0.0, 30.0, 0.0, 0.0, 1.0, 0),
]


@pytest.mark.parametrize(("night", "latency", "sleep", "waso", "final", "efficiency", "awakenings"), TABLE)
def test_nights_by_hand(
    night: str, latency: float, sleep: float, waso: float, final: float, efficiency: float, awakenings: int
) -> None:
    states = states_of(night)
    found = sleep_figures(states, START, EPOCH_MS, bed_of(states))
    assert found.sleep_onset_latency_min == latency
    assert found.sleep_min == sleep
    assert found.waso_min == waso
    assert found.final_wake_min == final
    assert found.sleep_efficiency == pytest.approx(efficiency, abs=1e-12)
    assert found.awakenings == awakenings
    assert found.time_in_bed_min == len(states) / 2


def test_sleep_onset_and_final_wake_are_instants() -> None:
    states = states_of("10w 60s 4w")
    found = sleep_figures(states, START, EPOCH_MS, bed_of(states))
    assert (found.asleep_at, found.awake_at) == (START + 10 * EPOCH_MS, START + 70 * EPOCH_MS)


def test_a_night_without_sleep_has_no_onset() -> None:
    states = states_of("30w")
    found = sleep_figures(states, START, EPOCH_MS, bed_of(states))
    assert (found.asleep_at, found.awake_at) == (None, None)


def test_a_night_that_was_not_told_has_no_figures() -> None:
    states = states_of("30?")
    found = sleep_figures(states, START, EPOCH_MS, bed_of(states))
    assert (found.time_in_bed_min, found.untold_min) == (15.0, 15.0)
    assert found.sleep_min is found.sleep_efficiency is found.awakenings is None


@pytest.mark.parametrize(("epochs", "awakenings"), [(9, 0), (10, 1), (30, 1)])
def test_an_awakening_lasts_five_minutes(epochs: int, awakenings: int) -> None:
    assert AWAKENING_MIN == 5
    states = states_of(f"60s {epochs}w 60s")
    assert sleep_figures(states, START, EPOCH_MS, bed_of(states)).awakenings == awakenings


def test_exits_count_to_the_second_though_epochs_do_not() -> None:
    """In bed from the 10th second of the first epoch; out for 40 s across a border; rising within an epoch."""
    left_at, back_at = START + 4 * EPOCH_MS + 25_000, START + 6 * EPOCH_MS + 5_000
    bed = BedTime(
        in_bed_at=START + 10_000,
        ended_at=START + 9 * EPOCH_MS + 12_000,
        rose_at=START + 9 * EPOCH_MS + 12_000,
        exits=(Exit(left_at=left_at, back_at=back_at),),
        naps=(),
        runs=(),
    )
    found = sleep_figures(states_of("w 3s w o w 2s w"), START, EPOCH_MS, bed)
    assert found.time_in_bed_min == pytest.approx((9 * 30 + 12 - 10) / 60)
    assert found.sleep_onset_latency_min == pytest.approx(20 / 60)
    assert found.sleep_min == pytest.approx(150 / 60)
    assert found.waso_min == pytest.approx((25 + 25) / 60)
    assert found.final_wake_min == pytest.approx(12 / 60)


def test_sleep_apart_from_the_night_is_a_nap() -> None:
    states = states_of("40s 300o 10w 600s")
    nap = Stretch(start_at=START, end_at=START + 40 * EPOCH_MS, occupancy=Occupancy.IN)
    ended_at = START + 950 * EPOCH_MS
    bed = BedTime(in_bed_at=START + 340 * EPOCH_MS, ended_at=ended_at, rose_at=None, exits=(), naps=(nap,), runs=())
    found = sleep_figures(states, START, EPOCH_MS, bed)
    assert (found.nap_min, found.sleep_min, found.sleep_onset_latency_min) == (20.0, 300.0, 5.0)


def test_epochs_of_a_minute() -> None:
    states = states_of("10w 200s 6w 100s")
    ended_at = START + len(states) * MINUTE_MS
    bed = BedTime(in_bed_at=START, ended_at=ended_at, rose_at=None, exits=(), naps=(), runs=())
    found = sleep_figures(states, START, 60 * SECOND_MS, bed)
    assert (found.sleep_onset_latency_min, found.sleep_min, found.waso_min, found.awakenings) == (10, 300, 6, 1)
