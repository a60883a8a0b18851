"""The latest of every bed, as columns over slots: occupancy, vital signs, and the belt's clock.

Fails towards "unknown": a bed never heard of has no instants and no values.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from alerts.clocks import BeltClocks
from domain.live import BedNow
from domain.readings import Occupancy, ReadingBatch
from domain.units import LONG_AGO
from domain.watch import BedState

_RATES: Final = ("heart_rate", "breathing_rate", "movement")


class BedTable:
    """Columns over n slots. Slots are rows of `belt_ids`; the caller maps belts to slots."""

    def __init__(self, belt_ids: tuple[str, ...]) -> None:
        n = len(belt_ids)
        self.belt_ids = belt_ids
        self.clocks = BeltClocks(n)
        self.occupancy = np.full(n, Occupancy.UNKNOWN, np.int8)
        self.since_at = np.full(n, LONG_AGO, np.int64)
        self.rates = {name: np.full(n, np.nan, np.float32) for name in _RATES}
        self.rates_at = {name: np.full(n, LONG_AGO, np.int64) for name in _RATES}

    def adopt(self, other: "BedTable") -> None:
        """Take over what `other` knows of the belts that are in both."""
        theirs = {belt_id: n for n, belt_id in enumerate(other.belt_ids)}
        pairs = [(n, theirs[belt_id]) for n, belt_id in enumerate(self.belt_ids) if belt_id in theirs]
        mine, old = [n for n, _ in pairs], [n for _, n in pairs]
        self.clocks.adopt(other.clocks, mine, old)
        self.occupancy[mine], self.since_at[mine] = other.occupancy[old], other.since_at[old]
        for name in _RATES:
            self.rates[name][mine], self.rates_at[name][mine] = other.rates[name][old], other.rates_at[name][old]

    def arrive(self, batch: ReadingBatch, slot: NDArray[np.intp]) -> None:
        """Take in the arrival of readings newer than any before: `slot` (n) is ascending, at least one reading."""
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

    def move_on(self, slot: NDArray[np.intp], at: NDArray[np.int64], in_bed: NDArray[np.int8]) -> NDArray[np.intp]:
        """Take in one newer reading of each bed in `slot`; returns the slots whose occupancy changed."""
        self.clocks.move_on(slot, at, self.clocks.observed_at[slot])
        other = in_bed != self.occupancy[slot]
        changed: NDArray[np.intp] = slot[other]
        self.occupancy[changed] = in_bed[other]
        self.since_at[changed] = at[other]
        return changed

    def shift(self, n: int, by_ms: int) -> None:
        """The clock of slot `n` jumped ahead by that; what is kept in its time moves with it."""
        self.clocks.shift(n, by_ms)
        for instants in (self.since_at, *self.rates_at.values()):
            if instants[n] != LONG_AGO:
                instants[n] += by_ms

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
        )

    def restore(self, n: int, state: BedState) -> None:
        """Put slot `n` back to what was stored."""
        clocks = self.clocks
        clocks.observed_at[n], clocks.received_at[n] = state.observed_at, state.received_at
        clocks.offset[n], clocks.interval[n] = state.clock_offset_ms, state.interval_ms
        clocks.level_at[n] = state.received_at
        self.occupancy[n], self.since_at[n] = state.occupancy, state.since_at

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


def starts(slot: NDArray[np.intp]) -> NDArray[np.intp]:
    """Where each bed's readings begin; `slot` is ascending and not empty."""
    return np.concatenate(([0], np.flatnonzero(slot[1:] != slot[:-1]) + 1))


def _instant(at: np.int64) -> int | None:
    return None if at == LONG_AGO else int(at)
