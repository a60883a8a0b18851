"""What speaks for waking in each epoch, in terms that do not depend on the make of the belt (pure).

Movement comes in units of its maker's own: 0 to 100 by our contract, but counts, amplitudes or indices behind it. So it
is measured against the night itself: what stands out of the still half of the night is movement, and its typical
size is the unit. Heart rate is measured against the night's own sleeping level.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.ndimage import percentile_filter, uniform_filter1d  # type: ignore[import-untyped]  # scipy ships no types

from domain.units import MINUTE_MS
from sleep.epochs import EpochColumns, Floats, Mask, filled
from sleep.occupancy import BedTime

ACTIVITY_WINDOWS_MIN: Final = (1.5, 5.5, 20.5)
STILL_PERCENTILES: Final = (10, 40)
STILL_FACTOR: Final = 3.0
"""Still epochs spread evenly about their middle; what is three spreads above it is no stillness."""
MOST_ACTIVITY: Final = 2.0
"""Activity of 0.5 is a movement of the typical size, 1 of three times, 2 of fifteen times that and more."""

HEART_WINDOWS_MIN: Final = (2.5, 20.5)
HEART_GAP_MIN: Final = 5.0
"""A gap in the heart rate up to this long is bridged: belts lose 6 to 27 % of the values."""
LEVEL_WINDOW_MIN: Final = 120.0
LEVEL_PERCENTILE: Final = 10
"""The sleeping level: half of the whole night's tenth percentile and half of that around, as it drifts by some bpm."""
MOST_DRIFT: Final = 6.0
"""bpm above the night's level that a level around may be: more is no drift but hours of waking."""
LEAST_RANGE: Final = 6.0
"""The unit of the heart's excess (bpm) when the night's own range, from its 20th to its 90th percentile, is smaller."""
EXCESS_BOUNDS: Final = (-0.5, 2.0)
HEART_SWING_MIN: Final = 10.5
BREATH_SWING_MIN: Final = 5.5
"""How far around a swing is taken."""
SWING_FLOOR: Final = 0.5
"""bpm, breaths/min; keeps a flat rate from being infinitely flat."""

SETTLING_MIN: Final = 10.0
"""Time constant with which lying down is forgotten; half of those over 65 are asleep after 15 to 20 min."""
LEAVING_MIN: Final = 1.5
EVIDENT_MIN: Final = 5.5
"""An epoch without any value within so many minutes around it cannot be told."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Evidence:
    """Columns of one length. `activity` over each of `ACTIVITY_WINDOWS_MIN`, None when the belt gives no movement.

    `heart_excess` above the sleeping level over each of `HEART_WINDOWS_MIN`, in units of the night's own range;
    `heart_swing` and `breath_swing` the log of how much the rate wanders against the night's usual; NaN where not
    known. `settling` and `leaving` are 1 at lying down and at getting up and fade from there. `evident` where a value
    is near.
    """

    activity: tuple[Floats, ...] | None
    heart_excess: tuple[Floats, ...]
    heart_swing: Floats
    breath_swing: Floats
    settling: Floats
    leaving: Floats
    evident: Mask


def evidence_of(columns: EpochColumns, bed: BedTime) -> Evidence:
    main = columns.within(bed)
    activity = activity_of(columns.movement, main)
    rate = filled(columns.heart_rate, _epochs(columns, HEART_GAP_MIN))
    near = _epochs(columns, EVIDENT_MIN)
    heart_known = ~np.isnan(smoothed(rate, near))
    settling, leaving = _edges(columns, bed)
    return Evidence(
        activity=None
        if activity is None
        else tuple(smoothed(activity, _epochs(columns, window)) for window in ACTIVITY_WINDOWS_MIN),
        heart_excess=_heart_excess(columns, rate, main),
        heart_swing=_swing(rate, main, _epochs(columns, HEART_SWING_MIN)),
        breath_swing=_swing(columns.breathing_rate, main, _epochs(columns, BREATH_SWING_MIN)),
        settling=settling,
        leaving=leaving,
        evident=heart_known if activity is None else heart_known | ~np.isnan(smoothed(activity, near)),
    )


def activity_of(movement: Floats, main: Mask) -> Floats | None:
    """Movement per epoch as 0 (still) to `MOST_ACTIVITY`, by the logarithm of its size against the typical one.

    `main` are the epochs of the night. None when there is no movement in it, or never any difference: a sensor that
    always shows the same measures nothing.
    """
    excess = above_stillness(movement, main)
    moved = excess[main & (excess > 0)]
    if not len(moved):
        return None
    activity: Floats = np.minimum(np.log2(1 + excess / np.median(moved)) / 2, MOST_ACTIVITY)
    return activity


def above_stillness(movement: Floats, main: Mask) -> Floats:
    """What of the movement stands out of the still half of the night (`main`), 0 where nothing; NaN stays."""
    known = movement[main & ~np.isnan(movement)]
    if not len(known):
        return movement
    low, middle = np.percentile(known, STILL_PERCENTILES)
    excess: Floats = np.maximum(movement - (middle + STILL_FACTOR * (middle - low)), 0)
    return excess


def smoothed(values: Floats, width: int) -> Floats:
    """The mean of the known values within `width` epochs around each; NaN where there is none."""
    known = ~np.isnan(values)
    weight = uniform_filter1d(known.astype(np.float64), width, mode="constant")
    total = uniform_filter1d(np.where(known, values, 0.0), width, mode="constant")
    mean = np.full(len(values), np.nan)
    np.divide(total, weight, out=mean, where=weight > 0.5 / width)
    return mean


def _heart_excess(columns: EpochColumns, rate: Floats, main: Mask) -> tuple[Floats, ...]:
    short, long = (_epochs(columns, window) for window in HEART_WINDOWS_MIN)
    smooth = smoothed(rate, short)
    known = main & ~np.isnan(smooth)
    if not known.any():
        return (np.full(len(rate), np.nan),) * 2
    low, high = np.percentile(smooth[known], [20, 90])
    excess = (smooth - _level(columns, smooth, known)) / max(LEAST_RANGE, high - low)
    bounded: Floats = np.clip(excess, *EXCESS_BOUNDS)
    return bounded, smoothed(np.where(main, bounded, np.nan), long)


def _swing(rate: Floats, main: Mask, width: int) -> Floats:
    """The log of the standard deviation over `width` epochs against its median of the night."""
    variance = smoothed(rate * rate, width) - smoothed(rate, width) ** 2
    spread = np.sqrt(np.maximum(variance, 0)) + SWING_FLOOR
    known = main & ~np.isnan(spread)
    return np.log(spread / np.median(spread[known])) if known.any() else np.full(len(rate), np.nan)


def _level(columns: EpochColumns, smooth: Floats, known: Mask) -> Floats:
    """The sleeping level of the heart rate (bpm), slowly drifting."""
    places = np.flatnonzero(known)
    whole = np.interp(np.arange(len(smooth)), places, smooth[places])
    part = slice(places[0], places[-1] + 1)
    level = np.full(len(smooth), float(np.percentile(smooth[known], LEVEL_PERCENTILE)))
    around = percentile_filter(whole[part], LEVEL_PERCENTILE, _epochs(columns, LEVEL_WINDOW_MIN), mode="nearest")
    level[part] = (level[part] + np.minimum(around, level[part] + MOST_DRIFT)) / 2
    return level


def _edges(columns: EpochColumns, bed: BedTime) -> tuple[Floats, Floats]:
    """1 at lying down and at getting up, fading with the time since and until."""
    middles = columns.edges[:-1] + columns.length_ms / 2
    entries = np.array([bed.in_bed_at, *(gone.back_at for gone in bed.exits)])
    leaves = np.array([*(gone.left_at for gone in bed.exits), *([bed.rose_at] if bed.rose_at else [])])
    since = middles - entries[np.maximum(np.searchsorted(entries, middles) - 1, 0)]
    settling = np.where(since >= 0, np.exp(-np.maximum(since, 0) / (SETTLING_MIN * MINUTE_MS)), 0.0)
    if not len(leaves):
        return settling, np.zeros(len(settling))
    until = leaves[np.minimum(np.searchsorted(leaves, middles), len(leaves) - 1)] - middles
    return settling, np.where(until >= 0, np.exp(-np.maximum(until, 0) / (LEAVING_MIN * MINUTE_MS)), 0.0)


def _epochs(columns: EpochColumns, minutes: float) -> int:
    return max(1, round(minutes * MINUTE_MS / columns.length_ms))
