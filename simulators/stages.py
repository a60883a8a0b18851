"""What a belt's maker takes the sleeper for: the true stages with the errors that are published of such devices.

Makers call quiet waking sleep: of the waking found by polysomnography, devices under the mattress find 37 to 57 %, and
they agree with it on the depth of sleep by a kappa of 0.4 to 0.7 (domain notes 3.3). Here a maker tells one stage a
minute and changes its mind rarely. A function of the body and of the minute's number.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from domain.readings import SleepStage
from domain.units import MINUTE_MS
from simulators.physiology import CELL_MS, Body, Stage
from simulators.streams import hashed, lane

TELLING_SHARE: Final = 0.4
"""Share of belts whose maker tells stages: about as many of the shipped profiles do."""
_MIND_MIN: Final = 5
"""A maker's mistake lasts for about so long."""
_MOVED: Final = np.float32(30)
"""Whoever is awake and moves this much (of 100) within the minute is seen to be awake."""
_QUIET_AS_SLEEP: Final = np.float32(0.9)
_MOVED_AS_WAKING: Final = np.float32(0.5)
"""Share of sleeping minutes with a movement that are taken for waking."""
_DEPTH_MISSED: Final = np.float32(0.3)
"""Share of deep and REM sleep that is taken for light."""
_DEPTH_MADE_UP: Final = np.float32(0.2)
"""Share of light sleep that is taken for one of the others."""

_CELLS: Final = MINUTE_MS // CELL_MS
Stages = NDArray[np.int8]


def maker_stages(body: Body, noise_salt: np.uint64) -> Stages:
    """The stage (`SleepStage`) that the maker tells in each cell of the body's grid; unknown while nobody is in bed."""
    minutes = -(-len(body.stage) // _CELLS)
    minute = body.start_at // MINUTE_MS + np.arange(minutes, dtype=np.int64)
    chance = hashed(minute // _MIND_MIN, noise_salt)
    middle = np.minimum(np.arange(minutes) * _CELLS + _CELLS // 2, len(body.stage) - 1)
    truth, moved = body.stage[middle], _moved(body, minutes)
    told = (truth - Stage.AWAKE).astype(np.int8)  # the stages of both are in the same order
    asleep, awake = truth >= Stage.LIGHT, truth == Stage.AWAKE
    light = truth == Stage.LIGHT
    other = np.where(lane(chance, 2) < np.float32(0.5), np.int8(SleepStage.DEEP), np.int8(SleepStage.REM))
    told[asleep & ~light & (lane(chance, 1) < _DEPTH_MISSED)] = SleepStage.LIGHT
    told = np.where(light & (lane(chance, 1) < _DEPTH_MADE_UP), other, told)
    told[asleep & moved & (lane(chance, 0) < _MOVED_AS_WAKING)] = SleepStage.AWAKE
    told[awake & ~moved & (lane(chance, 0) < _QUIET_AS_SLEEP)] = SleepStage.LIGHT
    cells: Stages = np.repeat(told, _CELLS)[: len(body.stage)]
    return np.where(body.stage == Stage.OUT, np.int8(SleepStage.UNKNOWN), cells)


def _moved(body: Body, minutes: int) -> NDArray[np.bool_]:
    """In which minutes there was a movement that a maker takes for waking."""
    padded = np.zeros(minutes * _CELLS, np.float32)
    padded[: len(body.movement)] = body.movement
    moved: NDArray[np.bool_] = padded.reshape(-1, _CELLS).max(axis=1) >= _MOVED
    return moved
