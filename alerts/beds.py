"""The latest of every bed, as columns over slots: clocks, occupancy, vital signs.

Fails towards "unknown": a bed never heard of has no instants and no values. `offset` is how far a belt's clock
stands ahead of ours, so that a timer in the belt's time can also run out while the belt is silent.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from domain.live import BedNow
from domain.readings import Occupancy, ReadingBatch
from domain.units import LONG_AGO, MINUTE_MS, SECOND_MS
from domain.watch import BedState

SLOWEST_CLOCK_MS: Final = -5 * MINUTE_MS
"""A first reading older than this came late rather than from a clock that far behind (ingest refuses 5 min ahead)."""
OFFSET_ADAPT_MS: Final = 10 * MINUTE_MS
"""Time constant with which a smaller clock offset is believed; a larger one is believed at once, for a message can
be late but not early. Long against delays on the way (seconds), short against how long a wrong clock stays wrong."""
ONE_ARRIVAL_MS: Final = 10 * SECOND_MS
"""One arrival after a silence moves the offset like this long a time at most: it may be a backlog, not the clock."""
INTERVAL_RANGE_MS: Final = (1 * SECOND_MS, 60 * SECOND_MS)
"""Bounds on the reading interval that is believed; belts report every 1-10 s, some makers' every 60 s."""
_RATES: Final = ("heart_rate", "breathing_rate", "movement")


class BedTable:
    """Columns over n slots. Slots are rows of `belt_ids`; the caller maps belts to slots."""

    def __init__(self, belt_ids: tuple[str, ...]) -> None:
        n = len(belt_ids)
        self.belt_ids = belt_ids
        self.observed_at = np.full(n, LONG_AGO, np.int64)
        self.received_at = np.full(n, LONG_AGO, np.int64)
        self.offset = np.zeros(n, np.int64)
        self.interval = np.full(n, 10 * SECOND_MS, np.int64)
        self.occupancy = np.full(n, Occupancy.UNKNOWN, np.int8)
        self.since_at = np.full(n, LONG_AGO, np.int64)
        self.rates = {name: np.full(n, np.nan, np.float32) for name in _RATES}
        self.rates_at = {name: np.full(n, LONG_AGO, np.int64) for name in _RATES}

    def adopt(self, other: "BedTable") -> None:
        """Take over what `other` knows of the belts that are in both."""
        theirs = {belt_id: n for n, belt_id in enumerate(other.belt_ids)}
        pairs = [(n, theirs[belt_id]) for n, belt_id in enumerate(self.belt_ids) if belt_id in theirs]
        if not pairs:
            return
        mine, old = (list(side) for side in zip(*pairs, strict=True))
        for name in ("observed_at", "received_at", "offset", "interval", "occupancy", "since_at"):
            getattr(self, name)[mine] = getattr(other, name)[old]
        for name in _RATES:
            self.rates[name][mine] = other.rates[name][old]
            self.rates_at[name][mine] = other.rates_at[name][old]

    def arrive(self, batch: ReadingBatch, slot: NDArray[np.intp]) -> None:
        """Take in the arrival of readings newer than any before: `slot` (n) is ascending, at least one reading."""
        first = np.concatenate(([0], np.flatnonzero(slot[1:] != slot[:-1]) + 1))
        last = np.append(first[1:], len(slot)) - 1
        beds = slot[first]
        ahead = np.maximum.reduceat(batch.observed_at - batch.received_at, first)
        self._believe(beds, ahead, batch.received_at[last])
        self.received_at[beds] = np.maximum(self.received_at[beds], batch.received_at[last])
        for name in _RATES:
            column: NDArray[np.float32] = getattr(batch, name)
            known = np.flatnonzero(~np.isnan(column))
            self.rates[name][slot[known]] = column[known]
            self.rates_at[name][slot[known]] = batch.observed_at[known]

    def _believe(self, beds: NDArray[Any], ahead: NDArray[np.int64], received_at: NDArray[np.int64]) -> None:
        old = self.offset[beds]
        waited = np.clip(received_at - self.received_at[beds], 0, ONE_ARRIVAL_MS)
        lower = old + np.rint((ahead - old) * -np.expm1(-waited / OFFSET_ADAPT_MS)).astype(np.int64)
        adapted = np.where(ahead >= old, ahead, lower)
        unheard = self.received_at[beds] == LONG_AGO
        self.offset[beds] = np.where(unheard, np.maximum(ahead, SLOWEST_CLOCK_MS), adapted)

    def move_on(self, slot: NDArray[np.intp], at: NDArray[np.int64], in_bed: NDArray[np.int8]) -> NDArray[np.intp]:
        """Take in one newer reading of each bed in `slot`; returns the slots whose occupancy changed."""
        self.pass_by(slot, at, self.observed_at[slot])
        other = in_bed != self.occupancy[slot]
        changed: NDArray[np.intp] = slot[other]
        self.occupancy[changed] = in_bed[other]
        self.since_at[changed] = at[other]
        return changed

    def pass_by(self, slot: NDArray[np.intp], at: NDArray[np.int64], before_at: NDArray[np.int64]) -> None:
        """The newest reading of each bed in `slot` is at `at`, the one before it was at `before_at`."""
        self.interval[slot] = np.clip(at - before_at, *INTERVAL_RANGE_MS)
        self.observed_at[slot] = at

    def state(self, n: int) -> BedState:
        """Slot `n` as it is stored."""
        return BedState(
            belt_id=self.belt_ids[n],
            occupancy=Occupancy(int(self.occupancy[n])),
            since_at=int(self.since_at[n]),
            observed_at=int(self.observed_at[n]),
            received_at=int(self.received_at[n]),
            clock_offset_ms=int(self.offset[n]),
            interval_ms=int(self.interval[n]),
        )

    def restore(self, n: int, state: BedState) -> None:
        """Put slot `n` back to what was stored."""
        self.observed_at[n], self.received_at[n] = state.observed_at, state.received_at
        self.offset[n], self.interval[n] = state.clock_offset_ms, state.interval_ms
        self.occupancy[n], self.since_at[n] = state.occupancy, state.since_at

    def now(self, n: int) -> BedNow:
        """Slot `n` as the board shows it."""
        rate, rate_at = self._rate(n, "heart_rate")
        breathing, breathing_at = self._rate(n, "breathing_rate")
        return BedNow(
            belt_id=self.belt_ids[n],
            occupancy=Occupancy(int(self.occupancy[n])),
            since_at=_instant(self.since_at[n]),
            observed_at=_instant(self.observed_at[n]),
            received_at=_instant(self.received_at[n]),
            clock_offset_ms=int(self.offset[n]),
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
    return None if at == LONG_AGO else int(at)
