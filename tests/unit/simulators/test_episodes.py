"""Lossy belts and episodes: what is made is what is said."""

from itertools import pairwise
from types import MappingProxyType

import numpy as np
import pytest

from domain.readings import Occupancy
from domain.units import HOUR_MS, MINUTE_MS
from simulators.belt import BeltNight, belt_night, belt_readings
from simulators.center import BREATHING_RATE_LOSS, HEART_RATE_LOSS, simulated_center
from simulators.episodes import MARGIN_MS
from simulators.night import plan_night
from simulators.scenarios import DEFAULT_MIX, EPISODES, MEASURED_MIX, Mix, Scenario
from tests.unit.simulators.samples import NIGHT

LOSSY = Mix(measured=True)


def forced(*kinds: Scenario) -> Mix:
    return Mix(shares=MappingProxyType(dict.fromkeys(kinds, 1.0)), measured=True)


def nights(mix: Mix, beds: int = 12) -> list[BeltNight]:
    center = simulated_center(beds, 3, mix=mix)
    return [belt_night(center, bed, NIGHT) for bed in center.beds]


def columns(night: BeltNight) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    readings = belt_readings(night, night.plan.start_at, night.plan.end_at)
    at = readings.observed_at - night.bed.belt.clock_offset_ms
    inside = np.searchsorted(night.plan.in_bed.ravel(), at, side="right") % 2 == 1
    return at, inside, readings.heart_rate, readings.breathing_rate


def test_values_are_lost_in_the_shares_that_were_measured() -> None:
    lost = []
    for night in nights(LOSSY, 24):
        _, inside, heart, breath = columns(night)
        lost.append((np.isnan(heart[inside]).mean(), np.isnan(breath[inside]).mean()))
        assert lost[-1][0] == pytest.approx(night.bed.belt.heart_rate_loss, abs=0.05)
        assert lost[-1][1] == pytest.approx(night.bed.belt.breathing_rate_loss, abs=0.05)
    hearts, breaths = zip(*lost, strict=True)
    assert HEART_RATE_LOSS[0] < np.mean(hearts) < HEART_RATE_LOSS[1]
    assert BREATHING_RATE_LOSS[0] < np.mean(breaths) < BREATHING_RATE_LOSS[1]


def test_occupancy_chatters_for_three_seconds_at_most_and_only_in_bed() -> None:
    spells = []
    for night in nights(LOSSY, 40):
        readings = belt_readings(night, night.plan.start_at, night.plan.end_at)
        at, inside, _, _ = columns(night)
        out = readings.in_bed == Occupancy.OUT
        assert out[~inside].all()
        chatter = at[out & inside]
        if len(chatter):
            edges = np.flatnonzero(np.diff(chatter) > 3_000)
            first, last = chatter[np.append(0, edges + 1)], chatter[np.append(edges, len(chatter) - 1)]
            spells += (last - first).tolist()
            gap = np.abs(chatter[:, None] - night.plan.in_bed.ravel()[None, :]).min()
            assert gap >= 2 * MINUTE_MS
    assert len(spells) > 20
    assert max(spells) < 3_000


def test_slices_of_lossy_nights_joined_are_the_whole() -> None:
    for night in nights(forced(*EPISODES), 4):
        whole = belt_readings(night, night.plan.start_at, night.plan.end_at)
        cuts = range(night.plan.start_at, night.plan.end_at, HOUR_MS + 7_001)
        parts = [belt_readings(night, cut, cut + HOUR_MS + 7_001) for cut in cuts]
        for name in ("observed_at", "in_bed", "heart_rate", "breathing_rate", "signal_quality"):
            joined = np.concatenate([getattr(part, name) for part in parts])
            assert np.array_equal(joined, getattr(whole, name), equal_nan=True)


def test_what_people_do_is_the_same_with_belts_that_lose_nothing() -> None:
    lossy, plain = simulated_center(20, 11, mix=MEASURED_MIX), simulated_center(20, 11, mix=DEFAULT_MIX)
    for one, other in zip(lossy.beds, plain.beds, strict=True):
        night = plan_night(lossy, one, NIGHT)
        if not night.scenarios & {Scenario.FALL, Scenario.WANDERING}:
            own = night.in_bed if night.own is None else night.own
            assert np.array_equal(own, plan_night(plain, other, NIGHT).in_bed)


@pytest.mark.parametrize("kind", EPISODES)
def test_an_episode_lies_where_it_can_happen_and_is_seen(kind: Scenario) -> None:
    for night in nights(forced(kind)):
        (episode,) = night.episodes
        edges = night.plan.in_bed.ravel()
        empty = kind is Scenario.EMPTY_VIBRATION
        for instant in (episode.from_at - MARGIN_MS + 10_000, episode.to_at + MARGIN_MS - 10_000):
            assert bool(np.searchsorted(edges, instant, side="right") % 2 == 0) is empty
        at, _, heart, breath = columns(night)
        movement = belt_readings(night, night.plan.start_at, night.plan.end_at).movement
        during = (at >= episode.from_at) & (at < episode.to_at)
        seen_heart, seen_breath = (column[during & ~np.isnan(column)] for column in (heart, breath))
        if kind is Scenario.VITALS_LOST:
            assert len(seen_heart) == len(seen_breath) == 0
        elif kind in {Scenario.TACHYCARDIA, Scenario.BRADYCARDIA}:
            assert np.abs(seen_heart - episode.rate).max() <= 2.0
        elif kind is Scenario.BREATHING_PAUSE:
            fine = night.bed.belt.interval_ms <= 5_000
            assert (np.abs(seen_breath - episode.rate).max() <= 0.1) if fine else (seen_breath > 8).all()
        elif kind in {Scenario.FAST_BREATHING, Scenario.SLOW_BREATHING}:
            assert np.abs(seen_breath - episode.rate).max() <= 0.4
        elif kind is Scenario.SITTING_UP:
            assert (shown := movement[during]).min() >= np.floor(0.7 * episode.rate)
            assert shown.max() <= 1.3 * episode.rate + 2.5
        else:
            assert len(seen_heart) > 0


def test_episodes_of_one_night_keep_apart() -> None:
    for night in nights(forced(*EPISODES), 30):
        spans = sorted((episode.from_at, episode.to_at) for episode in night.episodes)
        assert all(after[0] - before[1] > MARGIN_MS for before, after in pairwise(spans))
