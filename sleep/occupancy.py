"""When somebody was in the bed: the occupancy of readings without chatter, exits, and which stay is the night.

The one definition for the glance and the report. Fails towards "unknown": what the belt did not tell is neither in
bed nor out of it; an absence that has begun goes on through silence, because somebody seen leaving is not back until
seen again. Definitions are our own, kept plain so that a nurse can check them against the readings.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from domain.readings import Occupancy, ReadingBatch
from domain.units import MINUTE_MS, SECOND_MS

MAX_HOLD_MS: Final = 60 * SECOND_MS
"""A reading speaks for the time until the next one, but no longer than this: the slowest belts report once a minute."""
CHATTER_MS: Final = 5 * SECOND_MS
"""A change of occupancy that does not last this long is a movement on the belt, not somebody leaving or returning."""
LONE_CHATTER_MS: Final = 20 * SECOND_MS
"""The same for a change that a single reading shows: nobody over 65 gets up and lies down again in less, and the
sensor of a belt that reports each ten seconds takes an occupied bed for empty for one reading at times."""
NAP_GAP_MS: Final = 60 * MINUTE_MS
"""A stay in bed is a nap, not part of the night, when the absence beside it is longer than this and than the stay."""

Instants = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """[`start_at`, `end_at`) (ms) in one occupancy."""

    start_at: int
    end_at: int
    occupancy: Occupancy

    @property
    def length_ms(self) -> int:
        return self.end_at - self.start_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Exit:
    """Out of bed from `left_at` until `back_at` (ms, the belt's clock)."""

    left_at: int
    back_at: int

    @property
    def length_ms(self) -> int:
        return self.back_at - self.left_at


@dataclass(frozen=True, slots=True, kw_only=True)
class BedTime:
    """The night's stay in bed: from getting in to rising, exits within it, and what was slept apart from it.

    `runs` are the steady stretches of the whole time looked at, IN and OUT by turns. `ended_at` is when the bed was
    left for good (then `rose_at` is the same) or when the belt last told of it. `naps` are stays apart from the night.
    """

    in_bed_at: int
    ended_at: int
    rose_at: int | None
    exits: tuple[Exit, ...]
    naps: tuple[Stretch, ...]
    runs: tuple[Stretch, ...]


def readings_between(batch: ReadingBatch, start_at: int, end_at: int) -> ReadingBatch:
    """The readings of [`start_at`, `end_at`) (ms) by time, whichever belt they are of."""
    inside = (batch.observed_at >= start_at) & (batch.observed_at < end_at)
    night = batch if inside.all() else batch.select(np.flatnonzero(inside))
    if np.all(night.observed_at[1:] >= night.observed_at[:-1]):
        return night
    return night.select(np.argsort(night.observed_at, kind="stable"))


def held_until(at: Instants, end_at: int) -> Instants:
    """Until when each of the readings at `at` (ms, ascending) speaks: the next one, a minute, or `end_at`."""
    following = np.append(at[1:], end_at)
    until: Instants = np.minimum(at + MAX_HOLD_MS, following)
    return until


def steady_runs(at: Instants, in_bed: NDArray[np.int8], end_at: int) -> tuple[Stretch, ...]:
    """Stretches in bed and out of bed by turns, without chatter; each lasts until the next begins.

    `at` (ms, ascending) and `in_bed` are columns of readings; unknown ones are passed over.
    """
    known = np.flatnonzero(in_bed != Occupancy.UNKNOWN)
    if not len(known):
        return ()
    at, occupancy = at[known], in_bed[known]
    first = np.flatnonzero(np.append(True, occupancy[1:] != occupancy[:-1]))
    starts, readings = at[first], np.diff(np.append(first, len(at)))
    ends = np.append(starts[1:], held_until(at, end_at)[-1])
    lasting = ends - starts >= np.where(readings == 1, LONE_CHATTER_MS, CHATTER_MS)
    return _joined(starts[lasting], ends[lasting], occupancy[first][lasting])


def bed_time(runs: Sequence[Stretch]) -> BedTime | None:
    """The night among the steady `runs`; None when nobody was in the bed.

    Stays with at most `NAP_GAP_MS` between them are one; the longest of these is the night. A neighbour joins it when
    it lasted longer than the absence between: long wandering at two in the morning is an exit, dozing before supper a
    nap. Being out at the start is neither; leaving without a return is the final rise and no exit.
    """
    stays = [n for n, run in enumerate(runs) if run.occupancy is Occupancy.IN]
    if not stays:
        return None
    first, last = _main_stay(runs, stays)
    within = stays[stays.index(first) : stays.index(last) + 1]
    ended_at = runs[last].end_at
    return BedTime(
        in_bed_at=runs[first].start_at,
        ended_at=ended_at,
        rose_at=ended_at if last + 1 < len(runs) else None,
        exits=tuple(Exit(left_at=runs[n].end_at, back_at=runs[after].start_at) for n, after in pairwise(within)),
        naps=tuple(runs[n] for n in stays if not first <= n <= last),
        runs=tuple(runs),
    )


def _joined(starts: Instants, ends: Instants, occupancy: NDArray[np.int8]) -> tuple[Stretch, ...]:
    """Without breaks: what stands on both sides of chatter becomes one run."""
    if not len(starts):
        return ()
    first = np.flatnonzero(np.append(True, occupancy[1:] != occupancy[:-1]))
    until = np.append(starts[first[1:]], ends[-1])
    rows = zip(starts[first].tolist(), until.tolist(), occupancy[first].tolist(), strict=True)
    return tuple(Stretch(start_at=start, end_at=end, occupancy=Occupancy(known)) for start, end, known in rows)


def _main_stay(runs: Sequence[Stretch], stays: list[int]) -> tuple[int, int]:
    """The numbers of the first and the last run of the night."""
    blocks = [[stays[0]]]
    for before, after in pairwise(stays):
        gap_ms = runs[after].start_at - runs[before].end_at
        if gap_ms > NAP_GAP_MS:
            blocks.append([])
        blocks[-1].append(after)
    lengths = [sum(runs[n].length_ms for n in block) for block in blocks]
    low = high = max(range(len(blocks)), key=lengths.__getitem__)
    while low > 0 and runs[blocks[low][0]].start_at - runs[blocks[low - 1][-1]].end_at < lengths[low - 1]:
        low -= 1
    while (
        high + 1 < len(blocks)
        and runs[blocks[high + 1][0]].start_at - runs[blocks[high][-1]].end_at < (lengths[high + 1])
    ):
        high += 1
    return blocks[low][0], blocks[high][-1]
