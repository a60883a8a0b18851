"""Asleep or awake, epoch by epoch, from movement and heart rate (pure): a linear model that can be checked by hand.

The log odds of being awake are a sum of a few terms, each a plain fact about an epoch and its surroundings;
docs/sleep.md says where each weight comes from.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.ndimage import uniform_filter1d  # type: ignore[import-untyped]  # scipy ships no types

from domain.units import MINUTE_MS
from sleep.epochs import EpochColumns, Floats, Mask, filled
from sleep.occupancy import BedTime

HEART_GAP_MIN: Final = 5
"""A gap in the heart rate up to this long is bridged (min)."""
MOVEMENT_GAP_MIN: Final = 2

_ACTIVITY_WINDOWS_MIN: Final = (1.5, 5.0, 15.0)
_ACTIVITY_WEIGHTS: Final = (1.5, 3.0, 3.0)
_HEART_WEIGHT: Final = 0.25
_REST: Final = -2.6


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Evidence:
    """Per epoch: `activity` (0 to about 1, see `activity_of`) and `heart_excess` (bpm above the night's own sleeping
    level, smoothed). NaN where the belt gave none."""

    activity: Floats
    heart_excess: Floats


def evidence_of(columns: EpochColumns, bed: BedTime) -> Evidence:
    main = columns.within(bed)
    return Evidence(
        activity=activity_of(filled(columns.movement, _epochs(columns, MOVEMENT_GAP_MIN)), main),
        heart_excess=_heart_excess(columns, main),
    )


def activity_of(movement: Floats, main: Mask) -> Floats:
    """Movement as 0 at the night's own floor and 1 for its large movements, by logarithm.

    Makers count movement in units of their own, so the floor is the 20th percentile of the night and the scale its
    95th above the floor.
    """
    known = movement[main & ~np.isnan(movement)]
    if not len(known):
        return np.full(len(movement), np.nan)
    floor, high = np.percentile(known, [20, 95])
    scale = high - floor
    if scale <= 0:
        return np.where(np.isnan(movement), np.nan, 0.0)
    activity: Floats = np.log1p(9 * np.maximum(movement - floor, 0) / scale) / np.log(10)
    return activity


def chance_awake(columns: EpochColumns, bed: BedTime) -> Floats:
    """The chance (0-1) that somebody in bed was awake, per epoch."""
    found = evidence_of(columns, bed)
    log_odds = np.full(len(columns), _REST)
    for window_min, weight in zip(_ACTIVITY_WINDOWS_MIN, _ACTIVITY_WEIGHTS, strict=True):
        log_odds += weight * np.nan_to_num(smoothed(found.activity, _epochs(columns, window_min)))
    log_odds += _HEART_WEIGHT * np.nan_to_num(np.clip(found.heart_excess, -2, 12))
    chance: Floats = 1 / (1 + np.exp(-log_odds))
    return chance


def awake_epochs(columns: EpochColumns, bed: BedTime) -> Mask:
    """Which epochs are awake: as many as the chances add up to, the likeliest first."""
    awake: Mask = chance_awake(columns, bed) > 0.35
    return awake


def smoothed(values: Floats, width: int) -> Floats:
    """The mean of the known values within `width` epochs around each; NaN where there is none."""
    known = ~np.isnan(values)
    weight = uniform_filter1d(known.astype(np.float64), width, mode="constant")
    total = uniform_filter1d(np.where(known, values, 0.0), width, mode="constant")
    with np.errstate(invalid="ignore", divide="ignore"):
        mean: Floats = np.where(weight > 1e-9, total / weight, np.nan)
    return mean


def _epochs(columns: EpochColumns, minutes: float) -> int:
    return max(1, round(minutes * MINUTE_MS / columns.length_ms))


def _heart_excess(columns: EpochColumns, main: Mask) -> Floats:
    rate = smoothed(filled(columns.heart_rate, _epochs(columns, HEART_GAP_MIN)), _epochs(columns, 3))
    known = rate[main & ~np.isnan(rate)]
    if not len(known):
        return np.full(len(rate), np.nan)
    return rate - float(np.percentile(known, 20))
