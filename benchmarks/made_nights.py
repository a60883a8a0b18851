"""Made-up nights of older people by the epoch: with quiet waking and restless sleep, as simulated belts have not.

The numbers are chosen, not measured, so that what is published of real nights holds: on their counts Sadeh, Oakley and
Cole-Kripke find sleep with a sensitivity of 0.97 and waking with a specificity of 0.24 to 0.37, and over-state sleep by
50 to 70 min; a heart rate alone tells them apart as well as on recorded nights (area under the curve 0.7); 21 % of
the time in bed is waking, with a wide spread between people.
On these the sums of `sleep.waking` were set to start where they do: a check of sanity and no evidence, which comes from
recordings only.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter  # type: ignore[import-untyped]  # scipy ships no types
from scipy.stats import norm  # type: ignore[import-untyped]  # scipy ships no types

PER_MIN: Final = 2
"""Epochs of 30 s."""
_WAKE, _LIGHT, _DEEP, _REM = range(4)
_HOURS: Final = (6.5, 9.5)
_LATENCY_MIN: Final = (18.0, 0.8)
"""Median, and standard deviation of the logarithm."""
_BOUT_MIN: Final = (1.2, 1.25)
_BOUTS_PER_HOUR: Final = 5.0
_MOVING_AWAKE: Final = (0.55, 0.12)
_MOVING_ASLEEP: Final = (0.11, 0.05)
"""Share of epochs with a movement: mean and spread between people."""
_SIZE_AWAKE: Final = (2.6, 1.3)
_SIZE_ASLEEP: Final = (1.8, 1.1)
"""Logarithm of wrist counts: mean and standard deviation."""
_HEART_AWAKE: Final = (3.0, 2.5)
"""bpm above light sleep: mean and spread between people; some hearts do not tell."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class MadeNight:
    """Columns by epoch: `awake` is the truth; `movement` in wrist counts, `heart_rate` in bpm."""

    awake: NDArray[np.bool_]
    movement: Floats
    heart_rate: Floats


def made_night(rng: np.random.Generator) -> MadeNight:
    count = int(rng.uniform(*_HOURS) * 60 * PER_MIN)
    stage = _stages(rng, count)
    awake = stage == _WAKE
    movement = _movement(rng, awake)
    return MadeNight(awake=awake, movement=movement, heart_rate=_heart_rate(rng, stage, movement))


def _stages(rng: np.random.Generator, count: int) -> NDArray[np.int64]:
    median, sigma = _LATENCY_MIN
    found = [_WAKE] * int(np.clip(rng.lognormal(np.log(median), sigma), 2, 120) * PER_MIN)
    restless, cycle = rng.lognormal(0, 0.5), 0
    while len(found) < count:
        for stage, mean, spread in (
            (_LIGHT, 20, 8),
            (_DEEP, 12 - 4 * cycle, 4),
            (_LIGHT, 25, 8),
            (_REM, 10 + 3 * cycle, 5),
        ):
            left = int(max(rng.normal(max(mean, 0), spread), 0) * PER_MIN)
            while left > 0:
                sleep = min(left, 1 + int(rng.exponential(60 / (_BOUTS_PER_HOUR * restless)) * PER_MIN))
                left -= sleep
                found += [stage] * sleep
                if left > 0:
                    bout = np.clip(rng.lognormal(np.log(_BOUT_MIN[0]), _BOUT_MIN[1]), 0.5, 60)
                    found += [_WAKE] * int(bout * PER_MIN)
        cycle += 1
    return np.array(found[:count])


def _movement(rng: np.random.Generator, awake: NDArray[np.bool_]) -> Floats:
    """Movements come in clusters; single ones everywhere; most awakenings begin with one."""
    count = len(awake)
    lively = norm.cdf(_correlated(rng, count, 8))
    share = np.where(
        awake, np.clip(rng.normal(*_MOVING_AWAKE), 0.2, 0.85), np.clip(rng.normal(*_MOVING_ASLEEP), 0.02, 0.3)
    )
    moving = (lively < share) | (rng.random(count) < np.where(awake, 0.08, 0.03))
    woke = np.flatnonzero(awake[1:] & ~awake[:-1]) + 1
    moving[woke[rng.random(len(woke)) < 0.7]] = True
    size = np.exp(np.where(awake, rng.normal(*_SIZE_AWAKE, count), rng.normal(*_SIZE_ASLEEP, count)))
    return np.where(moving, size, 0.0)


def _heart_rate(rng: np.random.Generator, stage: NDArray[np.int64], movement: Floats) -> Floats:
    """By stage and slowly following it, with a drift over the night, wandering, and surges with movements."""
    count = len(stage)
    shift = np.array([np.clip(rng.normal(*_HEART_AWAKE), -1.5, 10), 0.0, -1.0, 2.0])[stage]
    followed = lfilter([0.3], [1, -0.7], shift, zi=[0.7 * shift[0]])[0]
    drift = -4 * np.sin(np.pi * 0.75 * np.arange(count) / count)
    surges = np.convolve(np.minimum(movement / 22, 1.5) * 3, [0.6, 0.4])[:count]
    noise = 3.4 * _correlated(rng, count, 40) + 1.2 * rng.normal(size=count)
    rate: Floats = rng.normal(64, 8) + followed + drift + surges + noise
    return rate


def _correlated(rng: np.random.Generator, count: int, memory: float) -> Floats:
    """Noise of variance 1 that is forgotten within `memory` epochs."""
    keep = float(np.exp(-1 / memory))
    white = rng.normal(size=count) * np.sqrt(1 - keep * keep)
    noise: Floats = lfilter([1.0], [1, -keep], white, zi=[keep * rng.normal()])[0]
    return noise
