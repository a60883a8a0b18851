"""The night at a glance: hours in bed, exits, turn-overs, mean heart rate, and how much of it the belt told.

Fails towards "unknown": what the belt did not tell is neither in bed nor out of bed. Who was in bed when is told by
`sleep.occupancy`, as in the report of the night (`sleep.report`).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain.readings import Occupancy, ReadingBatch
from sleep.occupancy import Exit, Stretch, bed_time, held_until, readings_between, steady_runs


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


def glance(batch: ReadingBatch, start_at: int, end_at: int) -> NightGlance:
    """The night of one resident, whose readings `batch` holds (of one belt, or of several one after the other).

    Readings outside [`start_at`, `end_at`) (ms) are left out. An absence in which the belt was silent counts with its
    whole length: it falls toward telling.
    """
    night = readings_between(batch, start_at, end_at)
    stretches = _stretches(night, start_at, end_at)
    bed = bed_time(steady_runs(night.observed_at, night.in_bed, end_at))
    spent = {occupancy: _spent(stretches, occupancy) for occupancy in Occupancy}
    return NightGlance(
        start_at=start_at,
        end_at=end_at,
        in_bed_ms=spent[Occupancy.IN],
        out_ms=spent[Occupancy.OUT],
        unknown_ms=spent[Occupancy.UNKNOWN],
        exits=bed.exits if bed else (),
        rose_at=bed.rose_at if bed else None,
        turn_overs=_turn_overs(night.turn_overs),
        mean_heart_rate=_mean(night.heart_rate[night.in_bed == Occupancy.IN]),
        stretches=stretches,
    )


def _stretches(night: ReadingBatch, start_at: int, end_at: int) -> tuple[Stretch, ...]:
    """The whole night without gaps: what no reading speaks for is unknown."""
    at, until = night.observed_at, held_until(night.observed_at, end_at)
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


def _turn_overs(column: NDArray[np.float32]) -> int | None:
    known = column[~np.isnan(column)]
    return round(float(known.sum(dtype=np.float64))) if len(known) else None


def _mean(column: NDArray[np.float32]) -> float | None:
    known = column[~np.isnan(column)]
    return float(known.mean(dtype=np.float64)) if len(known) else None
