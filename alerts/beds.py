"""The latest of every bed, as columns over slots: occupancy, vital signs, and the belt's clock.

Fails towards "unknown": a bed never heard of has no instants and no values.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from alerts.by_bed import starts
from alerts.clocks import BeltClocks
from domain.live import BedNow
from domain.readings import Occupancy, ReadingBatch
from domain.units import LONG_AGO, NEVER, SECOND_MS
from domain.watch import BedState

CHATTER_MS: Final = 5 * SECOND_MS
"""An empty bed for less than this was not left: turning and edge-sitting make occupancy chatter for 1-3 s."""
_RATES: Final = ("heart_rate", "breathing_rate", "movement")


class BedTable:
    """Columns over n slots. Slots are rows of `belt_ids`; the caller maps belts to slots.

    `entered_at` is when somebody got in, chatter left out (`NEVER`: not seen in bed yet); `left_at` when the bed was
    first seen empty since (`NEVER`: it was not). `rated_at` is when the belt first gave a heart or breathing rate
    (`NEVER`: it has given none, and may be one that cannot).
    """

    def __init__(self, belt_ids: tuple[str, ...]) -> None:
        n = len(belt_ids)
        self.belt_ids = belt_ids
        self.clocks = BeltClocks(n)
        self.occupancy = np.full(n, Occupancy.UNKNOWN, np.int8)
        self.since_at = np.full(n, LONG_AGO, np.int64)
        self.entered_at = np.full(n, NEVER, np.int64)
        self.left_at = np.full(n, NEVER, np.int64)
        self.rated_at = np.full(n, NEVER, np.int64)
        self.rates = {name: np.full(n, np.nan, np.float32) for name in _RATES}
        self.rates_at = {name: np.full(n, LONG_AGO, np.int64) for name in _RATES}

    def adopt(self, other: "BedTable") -> None:
        """Take over what `other` knows of the belts that are in both."""
        theirs = {belt_id: n for n, belt_id in enumerate(other.belt_ids)}
        pairs = [(n, theirs[belt_id]) for n, belt_id in enumerate(self.belt_ids) if belt_id in theirs]
        mine, old = [n for n, _ in pairs], [n for _, n in pairs]
        self.clocks.adopt(other.clocks, mine, old)
        self.occupancy[mine], self.since_at[mine] = other.occupancy[old], other.since_at[old]
        self.entered_at[mine], self.left_at[mine] = other.entered_at[old], other.left_at[old]
        self.rated_at[mine] = other.rated_at[old]
        for name in _RATES:
            self.rates[name][mine], self.rates_at[name][mine] = other.rates[name][old], other.rates_at[name][old]

    def arrive(self, batch: ReadingBatch, slot: NDArray[np.intp]) -> NDArray[np.intp]:
        """Take in the arrival of readings newer than any before: `slot` (n) is ascending, at least one reading.

        Returns the slots whose belt has given its first rate.
        """
        first = starts(slot)
        ahead = np.maximum.reduceat(batch.observed_at - batch.received_at, first)
        received_at = np.maximum.reduceat(batch.received_at, first)
        newest_at = batch.observed_at[np.append(first[1:], len(slot)) - 1]
        self.clocks.arrive(slot[first], ahead, received_at, newest_at)
        for name in _RATES:
            column: NDArray[np.float32] = getattr(batch, name)
            known = np.flatnonzero(~np.isnan(column))
            self.rates[name][slot[known]] = column[known]
            self.rates_at[name][slot[known]] = batch.observed_at[known]
        unrated = np.flatnonzero(self.rated_at[slot] == NEVER)
        rated = unrated[~(np.isnan(batch.heart_rate[unrated]) & np.isnan(batch.breathing_rate[unrated]))]
        new, nth = np.unique(slot[rated], return_index=True)
        self.rated_at[new] = batch.observed_at[rated[nth]]
        return new

    def move_on(self, slot: NDArray[np.intp], at: NDArray[np.int64], in_bed: NDArray[np.int8]) -> NDArray[np.intp]:
        """Take in one newer reading of each bed in `slot`; returns the slots whose occupancy changed."""
        before_at = self.clocks.observed_at[slot]
        self.clocks.move_on(slot, at, before_at)
        other = in_bed != self.occupancy[slot]
        changed: NDArray[np.intp] = slot[other]
        self.occupancy[changed] = in_bed[other]
        self.since_at[changed] = at[other]
        self._come_and_go(changed, at[other], before_at[other], in_bed[other])
        return changed

    def settled(
        self, slot: NDArray[np.intp], at: NDArray[np.int64], in_bed: NDArray[np.int8], settle_ms: NDArray[np.int64]
    ) -> NDArray[np.bool_]:
        """Has somebody been in bed for `settle_ms` in these readings? As far as nobody comes or goes in them."""
        settled: NDArray[np.bool_] = (in_bed == Occupancy.IN) & (at - self.entered_at[slot] >= settle_ms)
        return settled

    def gone(self, slot: NDArray[np.intp], at: NDArray[np.int64], in_bed: NDArray[np.int8]) -> NDArray[np.bool_]:
        """Is the bed empty in these readings, and not for a moment only? As far as nobody comes or goes in them."""
        gone: NDArray[np.bool_] = in_bed == Occupancy.OUT
        rows = np.flatnonzero(gone)
        gone[rows] = at[rows] - self.left_at[slot[rows]] >= CHATTER_MS
        return gone

    def _come_and_go(
        self, slot: NDArray[np.intp], at: NDArray[np.int64], before_at: NDArray[np.int64], in_bed: NDArray[np.int8]
    ) -> None:
        """Only an absence that lasted from one reading to another is one; `before_at` is the reading before."""
        out, back = in_bed == Occupancy.OUT, in_bed == Occupancy.IN
        self.left_at[slot[out]] = np.minimum(self.left_at[slot[out]], at[out])
        inside = slot[back]
        away = before_at[back] - self.left_at[inside] >= CHATTER_MS
        entered = away | (self.entered_at[inside] == NEVER)
        self.entered_at[inside[entered]] = at[back][entered]
        self.left_at[inside] = NEVER

    def shift(self, n: int, by_ms: int) -> None:
        """The clock of slot `n` jumped ahead by that; what is kept in its time moves with it."""
        self.clocks.shift(n, by_ms)
        for instants in (self.since_at, self.entered_at, self.left_at, self.rated_at, *self.rates_at.values()):
            if instants[n] not in {LONG_AGO, NEVER}:
                instants[n] += by_ms

    def spell(self, n: int) -> tuple[int, int]:
        """The latest spell in the bed of slot `n`, from when until when it is known (our clock, ms); chatter left out.

        `LONG_AGO` twice where none was seen.
        """
        entered, left, offset = int(self.entered_at[n]), int(self.left_at[n]), int(self.clocks.offset[n])
        if entered == NEVER:
            return LONG_AGO, LONG_AGO
        until = int(self.clocks.observed_at[n]) if left == NEVER else left
        return entered - offset, until - offset

    def state(self, n: int) -> BedState:
        """Slot `n` as it is stored."""
        clocks = self.clocks
        return BedState(
            belt_id=self.belt_ids[n],
            occupancy=Occupancy(int(self.occupancy[n])),
            since_at=int(self.since_at[n]),
            observed_at=int(clocks.observed_at[n]),
            received_at=int(clocks.received_at[n]),
            clock_offset_ms=int(clocks.offset[n]),
            interval_ms=int(clocks.interval[n]),
            entered_at=_instant(self.entered_at[n]),
            left_at=_instant(self.left_at[n]),
            rated_at=_instant(self.rated_at[n]),
        )

    def restore(self, n: int, state: BedState) -> None:
        """Put slot `n` back to what was stored."""
        clocks = self.clocks
        clocks.observed_at[n], clocks.received_at[n] = state.observed_at, state.received_at
        clocks.offset[n], clocks.interval[n] = state.clock_offset_ms, state.interval_ms
        clocks.level_at[n] = NEVER  # the broker gives old messages again: how late they are tells nothing of the clock
        self.occupancy[n], self.since_at[n] = state.occupancy, state.since_at
        inside, outside = state.occupancy is Occupancy.IN, state.occupancy is Occupancy.OUT
        self.entered_at[n] = _known(state.entered_at, state.since_at if inside else NEVER)
        self.left_at[n] = _known(state.left_at, state.since_at if outside else NEVER)
        self.rated_at[n] = _known(state.rated_at, NEVER)

    def now(self, n: int) -> BedNow:
        """Slot `n` as the board shows it."""
        rate, rate_at = self._rate(n, "heart_rate")
        breathing, breathing_at = self._rate(n, "breathing_rate")
        return BedNow(
            belt_id=self.belt_ids[n],
            occupancy=Occupancy(int(self.occupancy[n])),
            since_at=_instant(self.since_at[n]),
            observed_at=_instant(self.clocks.observed_at[n]),
            received_at=_instant(self.clocks.received_at[n]),
            clock_offset_ms=int(self.clocks.offset[n]),
            heart_rate=rate,
            heart_rate_at=rate_at,
            breathing_rate=breathing,
            breathing_rate_at=breathing_at,
            movement=self._rate(n, "movement")[0],
        )

    def _rate(self, n: int, name: str) -> tuple[float | None, int | None]:
        value = float(self.rates[name][n])
        return (None, None) if np.isnan(value) else (round(value, 1), int(self.rates_at[name][n]))


def _instant(at: np.int64) -> int | None:
    return None if at in {LONG_AGO, NEVER} else int(at)


def _known(at: int | None, otherwise: int) -> int:
    """What is stored; older versions did not store it."""
    return otherwise if at is None else at
