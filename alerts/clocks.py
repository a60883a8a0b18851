"""Each belt's clock as seen from ours: how far it stands ahead, and what to make of one that jumps.

A belt's readings come in step with our clock, or late: a message can be late but not early. So a reading that is less
late than any before corrects the offset at once; readings that stay later for `STEADY_MS`, in step with our clock, show
that the clock (or ours) has moved, or the way become that long. A backlog runs faster than the clock and shows nothing.

One reading far ahead of all others moves nothing until a second one agrees; readings that go on in step, but older than
the newest, show a clock that was put back. Both are answered with a *shift*: everything kept in that belt's time is
moved with its clock, so that limits stay as long as they were.

Fails towards now: what cannot be told apart counts as late, for `STEADY_MS` at most.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from domain.readings import ReadingBatch
from domain.units import LONG_AGO, MINUTE_MS, NEVER, SECOND_MS

SLOWEST_CLOCK_MS: Final = -5 * MINUTE_MS
"""A first reading older than this came late rather than from a clock that far behind (ingest refuses 5 min ahead)."""
STEADY_MS: Final = 60 * SECOND_MS
"""How long readings must have come in step before a smaller offset is believed; longer than delays on the way."""
DISORDERED_STEADY_MS: Final = 10 * MINUTE_MS
"""The same for a belt whose messages overtake each other: one that took the shortest way is among so many."""
PAUSE_MS: Final = 150 * SECOND_MS
"""Longer than this between two arrivals is a silence, and what follows may be its backlog; slow belts need 60 s."""
FRESH_MS: Final = 60 * SECOND_MS
"""A reading at most this old on arrival speaks of now; an older one belongs to a backlog that may go on."""
JUMP_MS: Final = 30 * SECOND_MS
"""A reading this much ahead of its belt's clock, and of its belt's last reading, is put aside until another agrees.
More than messages are held up on the way, or a quick one among slow ones would look like a jump."""
AGREE_MS: Final = 10 * SECOND_MS
PUT_BACK_MS: Final = 45 * SECOND_MS
"""Readings older than the newest that went on in step for this long: the clock was put back. Longer than messages are
held up on the way, or slow ones after a quick one would look so."""
OUT_OF_STEP_MS: Final = 5 * SECOND_MS
INTERVAL_RANGE_MS: Final = (1 * SECOND_MS, 60 * SECOND_MS)
"""Bounds on the reading interval that is believed; belts report every 1-10 s, some makers' every 60 s."""

Instants = NDArray[np.int64]
Shift = tuple[int, int]
"""Slot, and how far its belt's clock jumped (ms, ahead is positive)."""

_COLUMNS: Final = ("observed_at", "received_at", "offset", "ahead", "interval", "level_at", "best", "ahead_alone")


class BeltClocks:
    """Columns over n slots; all instants are int64 ms, `LONG_AGO` while a belt is unheard.

    `observed_at` is the newest reading on the belt's clock, `received_at` its arrival on ours, `offset` how far the
    belt is ahead, `ahead` how far the least late of its last readings looked it, `interval` the time between its last
    two readings. `lateness` (ms) is how late readings must be
    expected to come because they overtake each other, 0 for belts in order (`alerts.disorder`).
    """

    def __init__(self, n: int) -> None:
        self.observed_at = np.full(n, LONG_AGO, np.int64)
        self.received_at = np.full(n, LONG_AGO, np.int64)
        self.offset = np.zeros(n, np.int64)
        self.ahead = np.zeros(n, np.int64)
        self.interval = np.full(n, 10 * SECOND_MS, np.int64)
        self.lateness = np.zeros(n, np.int64)
        self.level_at = np.full(n, LONG_AGO, np.int64)
        self.best = np.full(n, LONG_AGO, np.int64)
        self.ahead_alone = np.full(n, LONG_AGO, np.int64)
        self._old: dict[int, list[tuple[int, int]]] = {}

    def adopt(self, other: "BeltClocks", mine: list[int], theirs: list[int]) -> None:
        for name in _COLUMNS:
            getattr(self, name)[mine] = getattr(other, name)[theirs]

    def late_on_arrival(self, n: int) -> int:
        """How late the newest reading of slot `n` came (ms)."""
        return int(self.received_at[n] + self.offset[n] - self.observed_at[n])

    def jumps(self, batch: ReadingBatch, slot: NDArray[np.intp]) -> tuple[NDArray[np.bool_], list[Shift]]:
        """Which readings to put aside, and which clocks jumped; `slot` (n) is -1 for belts without one."""
        ahead = batch.observed_at - batch.received_at
        step = batch.observed_at - self.observed_at[slot]
        heard = (slot >= 0) & (self.observed_at[slot] != LONG_AGO)
        further = ahead - self.offset[slot]
        jumping = heard & (further > JUMP_MS) & (step > 2 * self.interval[slot] + JUMP_MS)
        jumping &= further <= step + JUMP_MS  # beyond its own step it cannot have jumped: ours was put back meanwhile
        older = heard & (step <= 0)
        strange = jumping | older
        aside, shifts = np.zeros(len(slot), np.bool_), list[Shift]()
        sound = slot[heard & ~strange]
        self.ahead_alone[sound] = LONG_AGO
        if self._old:
            for n in self._old.keys() & set(sound.tolist()):
                del self._old[n]
        if strange.any():
            self._jump_ahead(slot, ahead, np.flatnonzero(jumping).tolist(), aside, shifts)
            for n in np.setdiff1d(slot[older], sound).tolist():
                if (put_back := self._put_back(n, batch, np.flatnonzero(older & (slot == n)))) is not None:
                    shifts.append((n, put_back))
        return aside, shifts

    def _jump_ahead(
        self, slot: NDArray[np.intp], ahead: Instants, rows: list[int], aside: NDArray[np.bool_], shifts: list[Shift]
    ) -> None:
        """Put each first reading that is far ahead aside; a second one that agrees shows that the clock jumped."""
        jumped: set[int] = set()
        for i in rows:
            n = int(slot[i])
            if n in jumped:
                continue
            if abs(int(ahead[i]) - int(self.ahead_alone[n])) <= AGREE_MS:
                shifts.append((n, int(ahead[i] - self.offset[n])))
                jumped.add(n)
                self.ahead_alone[n] = LONG_AGO
            else:
                self.ahead_alone[n] = ahead[i]
                aside[i] = True

    def _put_back(self, n: int, batch: ReadingBatch, rows: NDArray[np.intp]) -> int | None:
        """How far the clock was put back, once that is sure; `rows` are the belt's older readings of this batch."""
        newest = rows[-1]
        at, received_at = int(batch.observed_at[newest]), int(batch.received_at[newest])
        seen = self._old.setdefault(n, [])
        if seen:
            step, waited = at - seen[-1][0], received_at - seen[-1][1]
            if step <= 0 or abs(step - waited) > OUT_OF_STEP_MS:
                seen.clear()
        seen.append((at, received_at))
        if received_at - seen[0][1] < PUT_BACK_MS:
            return None
        del self._old[n]
        return at - received_at - int(self.offset[n])

    def shift(self, n: int, by_ms: int) -> None:
        """The clock of slot `n` jumped ahead by that."""
        self.observed_at[n] += by_ms
        self.offset[n] += by_ms
        self.ahead[n] += by_ms
        self.level_at[n], self.best[n] = self.received_at[n], LONG_AGO

    def arrive(self, beds: NDArray[np.intp], ahead: Instants, received_at: Instants, newest_at: Instants) -> None:
        """Newer readings of each of `beds`: the least late by `ahead`, the newest at `newest_at`."""
        old, before_at = self.offset[beds], self.received_at[beds]
        unheard = before_at == LONG_AGO
        waited = np.where(unheard, 0, received_at - before_at)
        catching_up = newest_at - np.where(unheard, newest_at, self.observed_at[beds]) > 2 * waited + OUT_OF_STEP_MS
        catching_up &= self.lateness[beds] == 0
        restart = unheard | catching_up | (waited > PAUSE_MS) | (ahead >= old) | (self.level_at[beds] == NEVER)
        self.level_at[beds] = np.where(restart, received_at, self.level_at[beds])
        best = np.where(restart, LONG_AGO, np.maximum(self.best[beds], ahead))
        steady_ms = np.where(self.lateness[beds] > 0, DISORDERED_STEADY_MS, STEADY_MS)
        steady = ~restart & (received_at - self.level_at[beds] >= steady_ms)
        self.offset[beds] = np.where(steady, best, np.maximum(old, ahead))
        self.offset[beds] = np.where(unheard, np.maximum(ahead, SLOWEST_CLOCK_MS), self.offset[beds])
        self.level_at[beds] = np.where(steady, received_at, self.level_at[beds])
        self.best[beds] = np.where(steady, LONG_AGO, best)
        self.received_at[beds] = received_at
        self.ahead[beds] = ahead

    def put_ours_back(self, now: int, by_ms: int) -> None:
        """Our clock was put back by that to `now`: belts are further ahead of it, and what came later came by now."""
        heard = self.observed_at != LONG_AGO
        self.offset[heard] += by_ms
        self.ahead[heard] += by_ms
        np.minimum(self.received_at, now, out=self.received_at)

    def move_on(self, slot: NDArray[Any], at: Instants, before_at: Instants) -> None:
        """The newest reading of each bed in `slot` is at `at`, the one before it was at `before_at`."""
        self.interval[slot] = np.clip(at - before_at, *INTERVAL_RANGE_MS)
        self.observed_at[slot] = at
