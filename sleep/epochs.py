"""Readings at any cadence and with gaps as the even columns that sleep is told from (pure).

An epoch is 30 s (American Academy of Sleep Medicine), or 60 s when the belt reports about once a minute. Fails towards
"unknown": an epoch that no reading speaks for has NaN, never 0.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from domain.readings import Occupancy, ReadingBatch
from domain.reports import SleepState
from domain.units import SECOND_MS
from sleep.occupancy import BedTime, Instants, Stretch, held_until

EPOCH_MS: Final = 30 * SECOND_MS
MINUTE_EPOCH_MS: Final = 60 * SECOND_MS
SLOW_CADENCE_MS: Final = 45 * SECOND_MS
"""A belt whose readings are usually further apart than this reports per minute."""
EDGE_MS: Final = SECOND_MS
"""Being out of bed for less than this within an epoch is the rounding of an edge."""

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EpochColumns:
    """n epochs of `length_ms`, the first from `start_at` (ms).

    `in_ms`, `out_ms` (float64): how much of the epoch was in bed and told, and out of bed; the rest is unknown.
    `heart_rate`, `breathing_rate`, `movement`: means over the epoch's readings in bed with a value, NaN where none has;
    `movement_peak`: the largest value.
    """

    start_at: int
    length_ms: int
    in_ms: Floats
    out_ms: Floats
    heart_rate: Floats
    breathing_rate: Floats
    movement: Floats
    movement_peak: Floats

    def __len__(self) -> int:
        return len(self.in_ms)

    @property
    def edges(self) -> Instants:
        """The n + 1 borders of the epochs (ms)."""
        return self.start_at + self.length_ms * np.arange(len(self) + 1, dtype=np.int64)

    @property
    def told(self) -> Mask:
        """Which epochs were in bed for more than half and told: only these can be sleep or waking."""
        return self.in_ms * 2 > self.length_ms

    @property
    def out(self) -> Mask:
        return self.out_ms * 2 >= self.length_ms

    def within(self, bed: BedTime) -> Mask:
        """Which told epochs belong to the night's stay."""
        edges = self.edges
        return self.told & (edges[:-1] < bed.ended_at) & (edges[1:] > bed.in_bed_at)

    @property
    def upset(self) -> Mask:
        """Which epochs touch an absence: whoever got up within one was not asleep in it."""
        return self.out_ms >= EDGE_MS


def epoch_length_ms(at: Instants) -> int:
    """30 s, or a minute for a belt that reports per minute; `at` (ms, ascending) are its readings."""
    if len(at) < 2:
        return EPOCH_MS
    return MINUTE_EPOCH_MS if float(np.median(np.diff(at))) > SLOW_CADENCE_MS else EPOCH_MS


def epoch_columns(
    night: ReadingBatch, in_bed: NDArray[np.int8], runs: tuple[Stretch, ...], start_at: int, end_at: int
) -> EpochColumns:
    """The epochs of [`start_at`, `end_at`) (ms) from readings sorted by time.

    `in_bed` is the occupancy of the readings (as told or as assumed), `runs` the steady stretches made of it. Time in
    bed is told where a reading speaks; an absence counts whole. A last epoch beyond `end_at` is kept, its time is not.
    """
    length_ms = epoch_length_ms(night.observed_at)
    count = -(-(end_at - start_at) // length_ms)
    edges = start_at + length_ms * np.arange(count + 1, dtype=np.int64)
    rows = rows_in_bed(night, in_bed, runs)
    until = held_until(night.observed_at, end_at)
    away = [run for run in runs if run.occupancy is Occupancy.OUT]
    epoch = (night.observed_at[rows] - start_at) // length_ms
    return EpochColumns(
        start_at=start_at,
        length_ms=length_ms,
        in_ms=spent(edges, night.observed_at[rows], until[rows]),
        out_ms=spent(edges, np.array([run.start_at for run in away]), np.array([run.end_at for run in away])),
        heart_rate=_means(epoch, night.heart_rate[rows], count),
        breathing_rate=_means(epoch, night.breathing_rate[rows], count),
        movement=_means(epoch, night.movement[rows], count),
        movement_peak=_peaks(epoch, night.movement[rows], count),
    )


def rows_in_bed(night: ReadingBatch, in_bed: NDArray[np.int8], runs: tuple[Stretch, ...]) -> NDArray[np.int64]:
    """The readings within a steady stretch in bed that tell it, or that have a heart rate though they do not."""
    if not runs:
        return np.zeros(0, np.int64)
    starts = np.array([run.start_at for run in runs])
    nth = np.searchsorted(starts, night.observed_at, side="right") - 1
    inside = np.array([run.occupancy is Occupancy.IN for run in runs])[np.maximum(nth, 0)] & (nth >= 0)
    inside &= night.observed_at < runs[-1].end_at
    telling = (in_bed != Occupancy.UNKNOWN) | ~np.isnan(night.heart_rate)
    return np.flatnonzero(inside & telling)


def spent(edges: Instants, starts: NDArray[np.int64], ends: NDArray[np.int64]) -> Floats:
    """How much (ms) of each [edge, next edge) the ascending spans [start, end) cover."""
    if not len(starts):
        return np.zeros(len(edges) - 1)
    knots = np.column_stack([starts, ends]).ravel()
    covered = np.concatenate([[0.0], np.repeat(np.cumsum(ends - starts), 2)[:-1]])
    parts: Floats = np.diff(np.interp(edges, knots, covered))
    return parts


def filled(values: Floats, most: int) -> Floats:
    """`values` with gaps of at most `most` epochs bridged by a straight line; NaN elsewhere."""
    known = np.flatnonzero(~np.isnan(values))
    if not len(known):
        return values
    places = np.arange(len(values))
    bridged = np.interp(places, known, values[known])
    after = np.minimum(np.searchsorted(known, places), len(known) - 1)
    before = np.maximum(np.searchsorted(known, places, side="right") - 1, 0)
    gap = np.abs(known[after] - known[before]) - 1
    outside = (places < known[0]) | (places > known[-1])
    bridged[(gap > most) | outside] = np.nan
    bridged[known] = values[known]
    return bridged


def states_of(columns: EpochColumns, awake: Mask, evident: Mask) -> tuple[SleepState, ...]:
    """What each epoch was, from who was in bed, which epochs were `awake`, and in which that could be told at all."""
    told = columns.told & (evident | columns.upset)
    state = np.where(columns.out, 0, np.where(told, np.where(awake | columns.upset, 1, 2), 3))
    names = (SleepState.OUT, SleepState.AWAKE, SleepState.ASLEEP, SleepState.UNKNOWN)
    return tuple(names[n] for n in state.tolist())


def _means(epoch: NDArray[np.int64], values: NDArray[np.float32], count: int) -> Floats:
    known = np.flatnonzero(~np.isnan(values))
    number = np.bincount(epoch[known], minlength=count)
    total = np.bincount(epoch[known], values[known].astype(np.float64), minlength=count)
    mean = np.full(count, np.nan)
    np.divide(total, number, out=mean, where=number > 0)
    return mean


def _peaks(epoch: NDArray[np.int64], values: NDArray[np.float32], count: int) -> Floats:
    known = np.flatnonzero(~np.isnan(values))
    peak = np.full(count, np.nan)
    np.fmax.at(peak, epoch[known], values[known].astype(np.float64))
    return peak
