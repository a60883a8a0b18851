"""The night at a glance: hours in bed, exits, turn-overs, mean heart rate, and how much of it the belt told.

Fails towards "unknown": what the belt did not tell is neither in bed nor out of bed. Own definitions, kept plain so
that a nurse can check them against the readings; the sleep report proper is another module.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from domain.readings import Occupancy, ReadingBatch
from domain.units import SECOND_MS

MAX_HOLD_MS: Final = 60 * SECOND_MS
"""A reading speaks for the time until the next one, but no longer than this: the slowest belts report once a minute."""
CHATTER_MS: Final = 5 * SECOND_MS
"""A change of occupancy that does not last this long is a movement on the belt, not somebody leaving or returning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """[`start_at`, `end_at`) (ms) in one occupancy."""

    start_at: int
    end_at: int
    occupancy: Occupancy


@dataclass(frozen=True, slots=True, kw_only=True)
class Exit:
    """Out of bed from `left_at` until `back_at` (ms, the belt's clock)."""

    left_at: int
    back_at: int

    @property
    def length_ms(self) -> int:
        return self.back_at - self.left_at


@dataclass(frozen=True, slots=True, kw_only=True)
class NightGlance:
    """The sums of [`start_at`, `end_at`) (ms); `in_bed_ms` + `out_ms` + `unknown_ms` is its length.

    `exits` are absences with a return. Leaving the bed without coming back is the final rise, `rose_at`, and no
    exit. `turn_overs` and `mean_heart_rate` (bpm, over the readings in bed) are None when the belt never gave any.
    """

    start_at: int
    end_at: int
    in_bed_ms: int
    out_ms: int
    unknown_ms: int
    exits: tuple[Exit, ...]
    rose_at: int | None
    turn_overs: int | None
    mean_heart_rate: float | None
    stretches: tuple[Stretch, ...]

    @property
    def exits_ms(self) -> int:
        return sum(gone.length_ms for gone in self.exits)

    @property
    def longest_exit_ms(self) -> int:
        return max((gone.length_ms for gone in self.exits), default=0)

    @property
    def coverage(self) -> float:
        """The share of the night (0-1) in which the belt told whether somebody was in bed."""
        length_ms = self.end_at - self.start_at
        return (self.in_bed_ms + self.out_ms) / length_ms if length_ms > 0 else 0.0


@dataclass(frozen=True, slots=True)
class _Run:
    occupancy: int
    start_at: int
    end_at: int


def glance(batch: ReadingBatch, start_at: int, end_at: int) -> NightGlance:
    """The night of one resident, whose readings `batch` holds (of one belt, or of several one after the other).

    Readings outside [`start_at`, `end_at`) (ms) are left out. An absence in which the belt was silent counts with its
    whole length: it falls toward telling.
    """
    night = batch.select(np.flatnonzero((batch.observed_at >= start_at) & (batch.observed_at < end_at)))
    night = night.select(np.argsort(night.observed_at, kind="stable"))
    stretches = _stretches(night, start_at, end_at)
    exits, rose_at = _exits(_steady(_runs(night, end_at)))
    spent = {occupancy: _spent(stretches, occupancy) for occupancy in Occupancy}
    return NightGlance(
        start_at=start_at,
        end_at=end_at,
        in_bed_ms=spent[Occupancy.IN],
        out_ms=spent[Occupancy.OUT],
        unknown_ms=spent[Occupancy.UNKNOWN],
        exits=exits,
        rose_at=rose_at,
        turn_overs=_turn_overs(night.turn_overs),
        mean_heart_rate=_mean(night.heart_rate[night.in_bed == Occupancy.IN]),
        stretches=stretches,
    )


def _held_until(at: NDArray[np.int64], end_at: int) -> NDArray[np.int64]:
    following = np.append(at[1:], end_at)
    until: NDArray[np.int64] = np.minimum(at + MAX_HOLD_MS, following)
    return until


def _stretches(night: ReadingBatch, start_at: int, end_at: int) -> tuple[Stretch, ...]:
    """The whole night without gaps: what no reading speaks for is unknown."""
    at, until = night.observed_at, _held_until(night.observed_at, end_at)
    begins = np.ones(len(at), bool)
    begins[1:] = (night.in_bed[1:] != night.in_bed[:-1]) | (until[:-1] < at[1:])
    first = np.flatnonzero(begins)
    last = np.append(first[1:] - 1, len(at) - 1) if len(first) else first
    told: list[Stretch] = []
    reached_at = start_at
    for begin, end, occupancy in zip(at[first], until[last], night.in_bed[first], strict=True):
        _extend(told, reached_at, int(begin), Occupancy.UNKNOWN)
        _extend(told, int(begin), int(end), Occupancy(int(occupancy)))
        reached_at = int(end)
    _extend(told, reached_at, end_at, Occupancy.UNKNOWN)
    return tuple(told)


def _extend(told: list[Stretch], start_at: int, end_at: int, occupancy: Occupancy) -> None:
    if start_at >= end_at:
        return
    if told and told[-1].occupancy is occupancy:
        start_at = told.pop().start_at
    told.append(Stretch(start_at=start_at, end_at=end_at, occupancy=occupancy))


def _spent(stretches: tuple[Stretch, ...], occupancy: Occupancy) -> int:
    return sum(part.end_at - part.start_at for part in stretches if part.occupancy is occupancy)


def _runs(night: ReadingBatch, end_at: int) -> list[_Run]:
    """Readings of the same known occupancy in a row; each run lasts until the next one begins."""
    known = np.flatnonzero(night.in_bed != Occupancy.UNKNOWN)
    if not len(known):
        return []
    at, occupancy = night.observed_at[known], night.in_bed[known]
    first = np.flatnonzero(np.append(True, occupancy[1:] != occupancy[:-1]))
    ends = np.append(at[first[1:]], _held_until(at, end_at)[-1])
    return [_Run(int(o), int(a), int(e)) for o, a, e in zip(occupancy[first], at[first], ends, strict=True)]


def _steady(runs: list[_Run]) -> list[_Run]:
    """Without the runs that are chatter; what stands on both sides of one becomes one run."""
    steady: list[_Run] = []
    for run in runs:
        if run.end_at - run.start_at < CHATTER_MS:
            continue
        if steady and steady[-1].occupancy == run.occupancy:
            steady[-1] = _Run(run.occupancy, steady[-1].start_at, run.end_at)
        else:
            steady.append(run)
    return steady


def _exits(runs: list[_Run]) -> tuple[tuple[Exit, ...], int | None]:
    """The absences with a return, and when the bed was left for good. Being out at the start is neither."""
    left = [(n, run) for n, run in enumerate(runs) if n > 0 and run.occupancy == Occupancy.OUT]
    exits = tuple(Exit(left_at=run.start_at, back_at=runs[n + 1].start_at) for n, run in left if n + 1 < len(runs))
    rose_at = left[-1][1].start_at if left and left[-1][0] == len(runs) - 1 else None
    return exits, rose_at


def _turn_overs(column: NDArray[np.float32]) -> int | None:
    known = column[~np.isnan(column)]
    return round(float(known.sum(dtype=np.float64))) if len(known) else None


def _mean(column: NDArray[np.float32]) -> float | None:
    known = column[~np.isnan(column)]
    return float(known.mean(dtype=np.float64)) if len(known) else None
