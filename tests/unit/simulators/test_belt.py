import numpy as np
import pytest

from domain.readings import Occupancy
from domain.units import HOUR_MS, MINUTE_MS
from simulators.belt import SETTLE_MS, BeltNight, BeltReadings, belt_night, belt_readings
from simulators.center import SimulatedCenter, simulated_center
from simulators.delivery import LATENCY_MS, MAX_LATE_MS
from simulators.scenarios import DUPLICATE_SHARE, PLAIN_NIGHTS, SHUFFLE_MAX_MS, Mix, Scenario
from tests.unit.simulators.samples import NIGHT


def _nights(center: SimulatedCenter) -> list[BeltNight]:
    return [belt_night(center, bed, NIGHT) for bed in center.beds]


def _all(night: BeltNight) -> BeltReadings:
    return belt_readings(night, night.plan.start_at, night.plan.end_at)


def _sampled_at(night: BeltNight, readings: BeltReadings) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    return readings.observed_at - night.bed.belt.clock_offset_ms


def test_occupancy_is_the_truth_at_the_instant_of_the_sample() -> None:
    for night in _nights(simulated_center(6, 3)):
        readings = _all(night)
        at = _sampled_at(night, readings)
        truth = np.zeros(len(at), bool)
        for entry_at, exit_at in night.plan.in_bed.tolist():
            truth |= (at >= entry_at) & (at < exit_at)
        assert np.array_equal(readings.in_bed == Occupancy.IN, truth)
        assert set(readings.in_bed.tolist()) == {Occupancy.IN, Occupancy.OUT}


def test_samples_come_at_the_cadence_across_nights() -> None:
    center = simulated_center(4, 3, mix=PLAIN_NIGHTS)
    for night in _nights(center):
        at = _sampled_at(night, _all(night))
        assert set(np.diff(at).tolist()) == {night.bed.belt.interval_ms}
        assert at[0] % night.bed.belt.interval_ms == night.bed.belt.phase_ms
        assert night.plan.start_at <= at[0] < night.plan.start_at + night.bed.belt.interval_ms
        assert night.plan.end_at - night.bed.belt.interval_ms <= at[-1] < night.plan.end_at


@pytest.mark.parametrize("chunk_ms", [HOUR_MS, 7 * MINUTE_MS + 13])
def test_slices_joined_are_the_whole(chunk_ms: int) -> None:
    troubles = Mix.of(Scenario.OFFLINE_BUFFERED, Scenario.DUPLICATES, Scenario.OUT_OF_ORDER, Scenario.CLOCK_OFF)
    for night in _nights(simulated_center(3, 3, mix=troubles)):
        whole = _all(night)
        cuts = range(night.plan.start_at, night.plan.end_at, chunk_ms)
        parts = [belt_readings(night, cut, cut + chunk_ms) for cut in cuts]
        order = np.lexsort((whole.arrives_at, whole.observed_at))
        for name in ("observed_at", "arrives_at", "heart_rate", "turn_overs", "movement", "signal_quality"):
            joined = np.concatenate([getattr(part, name) for part in parts])
            joined_order = np.lexsort(
                (
                    np.concatenate([part.arrives_at for part in parts]),
                    np.concatenate([part.observed_at for part in parts]),
                )
            )
            assert np.array_equal(joined[joined_order], getattr(whole, name)[order], equal_nan=True)


def test_values_keep_to_the_contract() -> None:
    for night in _nights(simulated_center(6, 3, mix=PLAIN_NIGHTS)):
        readings = _all(night)
        inside = readings.in_bed == Occupancy.IN
        for rate, low, high in ((readings.heart_rate, 35, 110), (readings.breathing_rate, 5, 35)):
            assert np.all(np.isnan(rate[~inside]))
            given = rate[~np.isnan(rate)]
            assert low < given.min()
            assert given.max() < high
            assert 0.9 < len(given) / inside.sum() < 0.97
        assert np.all(readings.movement[~inside] == 0)
        assert np.all((readings.movement >= 0) & (readings.movement <= 100))
        assert np.all(np.isnan(readings.signal_quality[~inside]))
        assert np.all((readings.signal_quality[inside] >= 0) & (readings.signal_quality[inside] <= 100))
        assert readings.turn_overs.sum() == len(night.body.turn_overs)
        assert readings.heart_rate.dtype == np.float32


def test_no_rates_while_settling() -> None:
    (night,) = _nights(simulated_center(1, 3, mix=PLAIN_NIGHTS))
    readings = _all(night)
    at = _sampled_at(night, readings)
    for entry_at in night.plan.in_bed[:, 0].tolist():
        assert np.all(np.isnan(readings.heart_rate[(at >= entry_at) & (at < entry_at + SETTLE_MS)]))


def test_messages_arrive_in_order_when_all_is_well() -> None:
    for night in _nights(simulated_center(12, 3, mix=PLAIN_NIGHTS)):
        readings = _all(night)
        late = readings.arrives_at - _sampled_at(night, readings)
        waiting = (night.bed.belt.batch - 1) * night.bed.belt.interval_ms
        assert np.all(np.diff(readings.arrives_at) >= 0)
        assert late[:-10].min() >= LATENCY_MS[0]
        assert late.max() <= LATENCY_MS[1] + waiting
        assert np.unique(readings.arrives_at).size == -(-len(readings) // night.bed.belt.batch) or waiting


@pytest.mark.parametrize("scenario", [Scenario.OFFLINE_LOST, Scenario.OFFLINE_BUFFERED])
def test_an_offline_belt_is_silent(scenario: Scenario) -> None:
    for night in _nights(simulated_center(12, 3, mix=Mix.of(scenario))):
        (span,) = night.delivery.offline
        assert 10 * MINUTE_MS <= span.to_at - span.from_at <= 90 * MINUTE_MS
        readings = _all(night)
        at, silent_from = _sampled_at(night, readings), span.from_at + LATENCY_MS[1]
        assert not np.any((readings.arrives_at > silent_from) & (readings.arrives_at < span.to_at))
        waiting = (night.bed.belt.batch - 1) * night.bed.belt.interval_ms
        hidden = (at >= span.from_at) & (at < span.to_at - waiting)
        if scenario is Scenario.OFFLINE_LOST:
            assert not hidden.any()
        else:
            kept = (span.to_at - span.from_at - waiting) // night.bed.belt.interval_ms
            assert hidden.sum() >= kept
            assert np.all(readings.arrives_at[hidden] >= span.to_at)
            assert np.all(np.diff(readings.arrives_at) >= 0)
            assert readings.arrives_at[hidden].max() < span.to_at + 10_000
            assert np.max(readings.arrives_at - at) < MAX_LATE_MS


def test_duplicates_are_exact_copies_that_come_later() -> None:
    (night,) = _nights(simulated_center(1, 3, mix=Mix.of(Scenario.DUPLICATES)))
    readings = _all(night)
    at, first, counts = np.unique(readings.observed_at, return_index=True, return_counts=True)
    assert counts.max() == 2
    assert 0.5 * DUPLICATE_SHARE < np.mean(counts == 2) < 1.5 * DUPLICATE_SHARE
    for place in np.flatnonzero(counts == 2)[:50]:
        original, copy = np.flatnonzero(readings.observed_at == at[place])
        assert original == first[place]
        assert readings.arrives_at[copy] >= readings.arrives_at[original]
        assert readings.movement[copy] == readings.movement[original]


def test_out_of_order_messages_overtake_each_other() -> None:
    for night in _nights(simulated_center(3, 3, mix=Mix.of(Scenario.OUT_OF_ORDER))):
        readings = _all(night)
        assert np.any(np.diff(readings.arrives_at) < 0)
        late = readings.arrives_at - _sampled_at(night, readings)
        assert late.max() > 10_000
        assert late.max() <= SHUFFLE_MAX_MS + night.delivery.delay_ms(night.bed.belt)


def test_everything_arrives_before_the_night_ends() -> None:
    mix = Mix.of(Scenario.OUT_OF_ORDER, Scenario.DUPLICATES, Scenario.GARBAGE)
    for night in _nights(simulated_center(4, 3, mix=mix)):
        assert _all(night).arrives_at.max() < night.plan.end_at
        assert all(night.plan.start_at <= item.arrives_at < night.plan.end_at for item in night.delivery.garbage)
        assert 20 <= len(night.delivery.garbage) <= 60


def test_a_wrong_clock_is_wrong_by_the_same_all_night() -> None:
    night = _nights(simulated_center(2, 3, mix=Mix.of(Scenario.CLOCK_OFF)))[1]
    right = _nights(simulated_center(2, 3, mix=PLAIN_NIGHTS))[1]
    offset = night.bed.belt.clock_offset_ms
    assert offset != 0
    assert np.array_equal(_all(night).observed_at, _all(right).observed_at + offset)
    assert Scenario.CLOCK_OFF in night.plan.scenarios
