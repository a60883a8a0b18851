"""Belts whose messages overtake each other: how late their readings come, and reading them in their order.

A reading that comes after a newer one of its belt, and is no copy, shows that others may still be on their way. So the
belt is read a little later, in the order of its own clock: each reading waits until all that are older can be expected
to have come, which is the greatest lateness that overtaken readings of this belt have shown lately. Belts in order wait
for nothing. What comes later than `LATENESS_LIMIT_MS` waits for nothing either; it is late, as ever.

Readings that wait are not stored: a restart forgets them and what was known of the belt's lateness.
Fails towards telling a person: the wait is bounded, and a belt is taken to be in order until it shows that it is not.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from alerts.by_bed import starts
from alerts.clocks import BeltClocks, Instants
from domain.readings import ReadingBatch
from domain.units import LONG_AGO, MINUTE_MS, SECOND_MS

LATENESS_LIMIT_MS: Final = 30 * SECOND_MS
"""No reading waits for longer. Messages of one belt that take ways of different length are apart by seconds, and by
half a minute where a broker or a mobile network repeats them; what is later belongs to a backlog (own choice)."""
MEMORY_MS: Final = 15 * MINUTE_MS
"""How long lateness is remembered at least, and twice that at most: long enough for some ninety readings of a slow
belt, so that the greatest seen is close to the greatest there is."""
_CELL_BITS: Final = 9
"""Readings of one belt are told apart by cells of 2^9 ms: half of the quickest cadence."""
_CELLS: Final = 64
"""Bits of the memory of one belt: the last 32 s, a little more than the limit."""
_ALL: Final = np.uint64(2**64 - 1)


class Disorder:
    """Columns over n slots, and the readings that wait. Writes `clocks.lateness`.

    `heard_at` (int64 ms, belt's clock) is the newest reading that has come. Bit i of `seen` (uint64): a reading of the
    i-th cell before that of `heard_at` has come, so another one is a copy.
    """

    def __init__(self, slot_of: Mapping[str, int], clocks: BeltClocks) -> None:
        n = len(slot_of)
        self._slot_of = slot_of
        self._clocks = clocks
        self.heard_at = np.full(n, LONG_AGO, np.int64)
        self.seen = np.zeros(n, np.uint64)
        self._worst = np.zeros((2, n), np.int64)
        self._since_at = LONG_AGO
        self._waiting = ReadingBatch.empty()

    def adopt(self, other: "Disorder") -> None:
        """Take over what `other` knows of the belts that are in both, and their readings that wait."""
        pairs = [(n, other._slot_of[belt]) for belt, n in self._slot_of.items() if belt in other._slot_of]
        mine, old = [n for n, _ in pairs], [n for _, n in pairs]
        self.heard_at[mine], self.seen[mine] = other.heard_at[old], other.seen[old]
        self._worst[:, mine], self._since_at = other._worst[:, old], other._since_at
        self._waiting = other._waiting.select(self._slots(other._waiting) >= 0)
        self._clocks.lateness[:] = self._worst.max(axis=0)

    def restore(self, n: int, heard_at: int) -> None:
        """Go on after a restart; what comes from before it may be a copy and tells nothing."""
        self.heard_at[n], self.seen[n] = heard_at, _ALL

    @property
    def none(self) -> bool:
        """Are all belts in order, and does nothing wait?"""
        return not len(self._waiting) and not self._clocks.lateness.any()

    def hear(self, batch: ReadingBatch, slot: NDArray[np.intp], now: int) -> None:
        """Readings have come (of slots, those of each together and ascending): learn how late they are."""
        self._forget(now)
        at = batch.observed_at
        late = np.flatnonzero(at <= self.heard_at[slot])
        if len(late):
            self._learn(slot[late], at[late], batch.received_at[late])
        first = starts(slot)
        last = np.append(first[1:], len(slot)) - 1
        beds = slot[first]
        newest = np.maximum(at[last], self.heard_at[beds])
        step = (newest >> _CELL_BITS) - (self.heard_at[beds] >> _CELL_BITS)
        cells = np.repeat(newest >> _CELL_BITS, last - first + 1) - (at >> _CELL_BITS)
        came = np.bitwise_or.reduceat(_bit(cells), first)
        self.seen[beds] = _moved(self.seen[beds], step) | came
        self.heard_at[beds] = newest

    def _learn(self, slot: NDArray[np.intp], at: Instants, received_at: Instants) -> None:
        cells = (self.heard_at[slot] >> _CELL_BITS) - (at >> _CELL_BITS)
        overtaken = (cells < _CELLS) & (self.seen[slot] & _bit(cells) == 0)
        if overtaken.any():
            late_ms = np.clip(received_at + self._clocks.offset[slot] - at, 0, LATENESS_LIMIT_MS)
            np.maximum.at(self._worst[0], slot[overtaken], late_ms[overtaken])
            self._clocks.lateness[:] = self._worst.max(axis=0)

    def _forget(self, now: int) -> None:
        if 0 <= now - self._since_at < MEMORY_MS:
            return
        self._worst[1] = self._worst[0] if now - self._since_at < 2 * MEMORY_MS else 0
        self._worst[0], self._since_at = 0, now
        self._clocks.lateness[:] = self._worst.max(axis=0)

    def in_order(self, batch: ReadingBatch, heard_until: int) -> ReadingBatch:
        """What is to be looked at of `batch` and of what waits, once all that came by `heard_until` is here.

        A step of our clock makes nothing wait for longer.
        """
        if self.none:
            return batch
        whole = ReadingBatch.join([self._waiting, batch])
        wait_ms = self._waits_until(whole) - heard_until
        waits = (wait_ms > 0) & (wait_ms <= LATENESS_LIMIT_MS)
        self._waiting = whole.select(waits)
        return whole.select(~waits)

    def _waits_until(self, batch: ReadingBatch) -> Instants:
        slot = self._slots(batch)
        late_ms = np.maximum(batch.received_at + self._clocks.offset[slot] - batch.observed_at, 0)
        return np.where(slot < 0, LONG_AGO, batch.received_at + self._clocks.lateness[slot] - late_ms)

    def shift(self, n: int, by_ms: int) -> None:
        """The clock of slot `n` jumped ahead by that. What came before it tells nothing of copies any more."""
        self.heard_at[n] += by_ms
        self.seen[n] = _ALL
        if len(self._waiting):
            moved = self._waiting.observed_at + np.where(self._slots(self._waiting) == n, by_ms, 0)
            self._waiting = replace(self._waiting, observed_at=moved)

    def _slots(self, batch: ReadingBatch) -> NDArray[np.intp]:
        return np.array([self._slot_of.get(belt_id, -1) for belt_id in batch.belts], np.intp)[batch.belt]


def _bit(cells: NDArray[Any]) -> NDArray[np.uint64]:
    """The bit of a cell that lies so far back (0 and more); none where that is too far."""
    bits: NDArray[np.uint64] = np.uint64(1) << np.minimum(cells, _CELLS - 1).astype(np.uint64)
    bits[cells >= _CELLS] = 0
    return bits


def _moved(seen: NDArray[np.uint64], step: NDArray[Any]) -> NDArray[np.uint64]:
    moved: NDArray[np.uint64] = seen << np.minimum(step, _CELLS - 1).astype(np.uint64)
    moved[step >= _CELLS] = 0
    return moved
