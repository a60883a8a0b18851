"""Published scorers of sleep and waking from wrist counts, to compare with (pure). Exact constants, explicit sums.

All take counts per epoch (int or float, n; NaN counts as stillness, as with the devices they were made for) and give
which epochs were awake. Their weights are for counts of a wrist: a belt's movement has to be scaled first
(`counts_of`). Weights run from the past to the future around the epoch scored, and are applied as such: a convolution
would turn them round, and they are not symmetric. Beyond the night's ends there are no counts.
"""

from enum import StrEnum
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from domain.units import MINUTE_MS, SECOND_MS
from sleep.epochs import Floats, Mask
from sleep.evidence import above_stillness

Kernel = tuple[int, tuple[float, ...]]
"""How many epochs before the scored one the weights begin, and the weights."""

COUNTS_CAP: Final = 300.0
"""Counts of a minute are capped here (Sadeh 1994; ActiLife does so for Cole-Kripke, after dividing by 100)."""
LARGE_COUNTS_PERCENTILE: Final = 98
"""Without a known scale this percentile of the night's movement is taken for `COUNTS_CAP`."""


class Scorer(StrEnum):
    """The scorers a report can be made with instead of our own."""

    COLE_KRIPKE_MEAN = "cole-kripke-mean"
    COLE_KRIPKE_30S = "cole-kripke-30s"
    SADEH = "sadeh"
    SCRIPPS = "scripps"
    OAKLEY = "oakley"


COLE_KRIPKE: Final[dict[str, tuple[float, tuple[float, ...]]]] = {
    "mean": (0.001, (106, 54, 58, 76, 230, 74, 67)),
    "10s-overlapping": (0.00001, (50, 30, 300, 400, 1400, 500, 350)),
    "10s": (0.00001, (550, 378, 413, 699, 1736, 287, 309)),
    "30s": (0.0001, (50, 30, 14, 28, 121, 8, 50)),
}
"""Cole 1992: factor and weights of the minutes -4 to +2, by what a minute's activity is: the mean of the minute, or the
largest count of its (overlapping) 10 s or its 30 s."""
_COLE_KRIPKE_BEFORE: Final = 4

SCRIPPS_KERNEL: Final[Kernel] = (
    10,
    (0.0064, 0.0074, 0.0112, 0.0112, 0.0118, 0.0118, 0.0128, 0.0188, 0.0280, 0.0664, 0.0300, 0.0112, 0.0100),
)
SCRIPPS_FACTOR: Final = 0.204

OAKLEY_KERNELS: Final[dict[int, Kernel]] = {
    15: (8, (1 / 25,) * 4 + (1 / 5,) * 4 + (4.0,) + (1 / 5,) * 4 + (1 / 25,) * 4),
    30: (4, (1 / 25, 1 / 25, 1 / 5, 1 / 5, 2.0, 1 / 5, 1 / 5, 1 / 25, 1 / 25)),
    60: (2, (1 / 25, 1 / 5, 1.0, 1 / 5, 1 / 25)),
    120: (1, (1 / 8, 1 / 2, 1 / 8)),
}
"""Oakley 1997, by the length of the epoch (s)."""
OAKLEY_LIMITS: Final = (20.0, 40.0, 80.0)
"""High, medium (the default) and low sensitivity to waking."""

_SADEH: Final = (7.601, 0.065, 1.08, 0.056, 0.703)
_SADEH_AROUND: Final = 5
_SADEH_SD_MIN: Final = 6
_SADEH_MODERATE: Final = (50.0, 100.0)

_WEBSTER_AFTER: Final = ((4, 1), (10, 3), (15, 4))
_WEBSTER_BETWEEN: Final = ((6, 15), (10, 20))


def cole_kripke(activity: NDArray[np.floating], variant: str = "mean") -> Mask:
    """Cole 1992, minutes: awake when the weighted sum is 1 or more. KeyError for a variant that does not exist."""
    factor, weights = COLE_KRIPKE[variant]
    awake: Mask = factor * weighted(activity, (_COLE_KRIPKE_BEFORE, weights)) >= 1
    return awake


def scripps(activity: NDArray[np.floating]) -> Mask:
    """The Scripps Clinic algorithm, minutes: awake when the weighted sum is 1 or more."""
    awake: Mask = SCRIPPS_FACTOR * weighted(activity, SCRIPPS_KERNEL) >= 1
    return awake


def oakley(activity: NDArray[np.floating], length_s: int, limit: float = OAKLEY_LIMITS[1]) -> Mask:
    """Oakley 1997: awake when the weighted sum is over `limit`. KeyError for epochs of another length than it knows."""
    awake: Mask = weighted(activity, OAKLEY_KERNELS[length_s]) > limit
    return awake


def sadeh(activity: NDArray[np.floating]) -> Mask:
    """Sadeh 1994, minutes: awake when the probability-of-sleep index is under 0.

    The index takes the mean of the 11 minutes around, the number of them with moderate counts (50 to under 100), the
    standard deviation of the last 6 minutes, and the minute's own count. Fewer minutes at the ends.
    """
    counts = np.minimum(np.nan_to_num(activity), COUNTS_CAP)
    around = _windows(counts, _SADEH_AROUND, _SADEH_AROUND)
    last = _windows(counts, _SADEH_SD_MIN - 1, 0)
    moderate = np.sum((around >= _SADEH_MODERATE[0]) & (around < _SADEH_MODERATE[1]), axis=1)
    const, mean_weight, moderate_weight, spread_weight, own_weight = _SADEH
    spread = np.nan_to_num(_spread(last))
    index = const - mean_weight * np.nanmean(around, axis=1) - moderate_weight * moderate - spread_weight * spread
    awake: Mask = index - own_weight * np.log(counts + 1) < 0
    return awake


def webster(awake: Mask, length_ms: int) -> Mask:
    """Webster 1982's rescoring: sleep right after long waking, and short sleep within it, is waking.

    After 4, 10, 15 min awake the next 1, 3, 4 min asleep are awake; sleep of at most 6 (10) min with at least 15
    (20) min awake on both sides is awake. Epochs of `length_ms`.
    """
    rescored = awake.copy()
    for waking_min, next_min in _WEBSTER_AFTER:
        for start, end in _runs(awake):
            if end - start >= _epochs(waking_min, length_ms):
                rescored[end : end + _epochs(next_min, length_ms)] = True
    for asleep_min, around_min in _WEBSTER_BETWEEN:
        runs = _runs(rescored)
        for (start, end), (next_start, next_end) in pairwise(runs):
            around = min(end - start, next_end - next_start)
            if next_start - end <= _epochs(asleep_min, length_ms) and around >= _epochs(around_min, length_ms):
                rescored[end:next_start] = True
    return rescored


def scored(scorer: Scorer, counts: Floats, length_ms: int) -> Mask:
    """Which epochs of `length_ms` (30 s or a minute) with these counts were awake, rescored.

    Scorers made for minutes see pairs of 30 s, and both get what the minute got.
    """
    if scorer is Scorer.OAKLEY:
        return webster(oakley(counts, length_ms // SECOND_MS), length_ms)
    per_minute = MINUTE_MS // length_ms
    padded = np.concatenate([counts, np.zeros(-len(counts) % per_minute)]).reshape(-1, per_minute)
    known = np.nan_to_num(padded)
    awake = {
        Scorer.COLE_KRIPKE_MEAN: lambda: cole_kripke(known.mean(axis=1), "mean"),
        Scorer.COLE_KRIPKE_30S: lambda: cole_kripke(known.max(axis=1), "30s"),
        Scorer.SADEH: lambda: sadeh(known.sum(axis=1)),
        Scorer.SCRIPPS: lambda: scripps(known.sum(axis=1)),
    }[scorer]()
    return np.repeat(webster(awake, MINUTE_MS), per_minute)[: len(counts)]


def counts_of(movement: Floats, main: Mask, counts_per_unit: float | None) -> Floats:
    """Movement above stillness as counts of a wrist: by the device's scale, else by the night's large movements.

    `main` are the epochs of the night. A scale from the night itself makes every night equally lively: say so.
    """
    excess = above_stillness(movement, main)
    known = excess[main & ~np.isnan(excess)]
    if counts_per_unit is None:
        large = float(np.percentile(known, LARGE_COUNTS_PERCENTILE)) if len(known) else 0.0
        counts_per_unit = COUNTS_CAP / large if large > 0 else 1.0
    return np.nan_to_num(excess) * counts_per_unit


def weighted(activity: NDArray[np.floating], kernel: Kernel) -> Floats:
    """For each epoch the sum of weight times activity, the first weight being that of the epoch furthest back."""
    before, weights = kernel
    windows = _windows(np.nan_to_num(activity), before, len(weights) - 1 - before)
    total: Floats = np.nan_to_num(windows) @ np.asarray(weights, np.float64)
    return total


def _windows(values: NDArray[np.floating], before: int, after: int) -> Floats:
    """(n, before + 1 + after): the values around each, NaN beyond the ends."""
    padded = np.concatenate([np.full(before, np.nan), values, np.full(after, np.nan)])
    windows: Floats = np.lib.stride_tricks.sliding_window_view(padded, before + 1 + after)
    return windows


def _spread(windows: Floats) -> Floats:
    """Standard deviation (n - 1) of the known values of each window, NaN of a single one."""
    number = np.sum(~np.isnan(windows), axis=1)
    squares = np.nansum((windows - np.nanmean(windows, axis=1, keepdims=True)) ** 2, axis=1)
    spread = np.full(len(windows), np.nan)
    np.divide(squares, number - 1, out=spread, where=number > 1)
    root: Floats = np.sqrt(spread)
    return root


def _runs(awake: Mask) -> list[tuple[int, int]]:
    """[first, after last) of each stretch awake."""
    padded = np.concatenate([[False], awake, [False]])
    borders = np.flatnonzero(padded[1:] != padded[:-1]).tolist()
    return list(zip(borders[::2], borders[1::2], strict=True))


def _epochs(minutes: int, length_ms: int) -> int:
    return minutes * MINUTE_MS // length_ms
