"""Makers' stages in simulated nights: the errors that are published, and nothing of an empty bed."""

from dataclasses import fields, replace
from functools import cache

import numpy as np
import pytest

from domain.readings import Occupancy, SleepStage
from domain.units import MINUTE_MS
from simulators.belt import BeltNight, BeltReadings, belt_night, belt_readings
from simulators.center import simulated_center
from simulators.physiology import CELL_MS, Stage
from simulators.stages import TELLING_SHARE
from tests.unit.simulators.samples import NIGHT

CELLS_A_MINUTE = MINUTE_MS // CELL_MS


@cache
def telling() -> tuple[BeltNight, ...]:
    center = simulated_center(60, 5)
    return tuple(belt_night(center, bed, NIGHT) for bed in center.beds if bed.belt.tells_stages)


def joined() -> tuple[np.ndarray[tuple[int], np.dtype[np.int8]], np.ndarray[tuple[int], np.dtype[np.int8]]]:
    """The truth and what the makers tell, cell by cell, while somebody is in bed."""
    truth = np.concatenate([night.body.stage for night in telling()])
    told = np.concatenate([night.maker_stages for night in telling() if night.maker_stages is not None])
    return truth[truth != Stage.OUT], told[truth != Stage.OUT]


def test_some_makers_tell_stages_and_the_others_none() -> None:
    center = simulated_center(200, 3)
    beds = [bed for bed in center.beds if bed.belt.tells_stages]
    assert len(beds) / 200 == pytest.approx(TELLING_SHARE, abs=0.1)
    silent = next(bed for bed in center.beds if not bed.belt.tells_stages)
    night = belt_night(center, silent, NIGHT)
    readings = belt_readings(night, night.plan.start_at, night.plan.end_at)
    assert set(readings.sleep_stage.tolist()) == {SleepStage.UNKNOWN}


def test_makers_are_as_wrong_as_published() -> None:
    truth, told = joined()
    awake, asleep = truth == Stage.AWAKE, truth >= Stage.LIGHT
    assert 0.37 <= np.mean(told[awake] == SleepStage.AWAKE) <= 0.57
    assert 0.93 <= np.mean(told[asleep] != SleepStage.AWAKE) <= 0.99
    over_min = (np.count_nonzero(told != SleepStage.AWAKE) - np.count_nonzero(asleep)) / CELLS_A_MINUTE
    assert 30 <= over_min / len(telling()) <= 100
    share = np.array([[np.mean((truth == a) & (told == b)) for b in range(4)] for a in range(1, 5)])
    chance = float(share.sum(axis=0) @ share.sum(axis=1))
    assert 0.4 <= (np.trace(share) - chance) / (1 - chance) <= 0.7


def test_what_is_told_is_of_whoever_lies_there() -> None:
    for night in telling()[:5]:
        readings = belt_readings(night, night.plan.start_at, night.plan.end_at)
        told = readings.sleep_stage != SleepStage.UNKNOWN
        assert not (told & (readings.in_bed != Occupancy.IN)).any()
        assert np.mean(told[readings.in_bed == Occupancy.IN]) > 0.99


def test_nothing_else_of_a_belt_hangs_on_its_makers_stages() -> None:
    center = simulated_center(60, 5)
    bed = next(bed for bed in center.beds if bed.belt.tells_stages)
    mute = replace(bed, belt=replace(bed.belt, tells_stages=False))
    nights = [belt_night(center, one, NIGHT) for one in (bed, mute)]
    with_stages, without = (belt_readings(night, night.plan.start_at, night.plan.end_at) for night in nights)
    for column in fields(BeltReadings):
        same = np.array_equal(
            getattr(with_stages, column.name), getattr(without, column.name), equal_nan=column.name != "in_bed"
        )
        assert same == (column.name != "sleep_stage"), column.name
