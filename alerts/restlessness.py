"""Somebody who tosses and turns for half an hour: told by the minutes in which they moved, all beds at once.

A minute counts when a reading in it shows a movement over the limit of somebody in bed. The rule holds in the reading
that makes most (`RESTLESS_SHARE`) of the last minutes count, and is over when no movement over the clear limit was seen
for the clear time; so a single still minute ends nothing, and a single burst begins nothing. Time is the belt's own.

Most readings show no such movement and cost one comparison. What is kept are the first movements of the minutes of the
last half hour, as one sorted column of (slot, instant) keys; so the answer does not depend on how readings are cut.

Fails towards quiet, being a hint: after a restart the minutes count from nothing.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from alerts.beds import BedTable
from alerts.clocks import FRESH_MS
from alerts.rules import RuleSpec
from alerts.runs import Kind, Run, Slot, Transition, changes_of, restored
from alerts.silence import not_in_readings
from domain.alarms import Category, Priority, Rule
from domain.readings import Occupancy, ReadingBatch
from domain.units import MINUTE_MS, SECOND_MS
from domain.vitals import RESTLESS_SHARE
from domain.watch import ConditionState

RESTLESS: Final = RuleSpec(
    rule=Rule.RESTLESS,
    category=Category.CARE,
    priority=Priority.LOW,
    predicate=not_in_readings,
    holds_while_unknown=False,
    needs_change=False,
    end_confirm_ms=0,
    clear_ms=0,
)
UNSEEN_MS: Final = 90 * SECOND_MS
"""Longer without a reading is a silence of the belt (the slowest report each 60 s): nobody was seen to be still."""
_AT_BITS: Final = 43
"""Bits of an instant in a key: enough for the years until 2248, and for a million slots above them."""
_AT_MASK: Final = (1 << _AT_BITS) - 1

Instants = NDArray[np.int64]


class Restlessness:
    """Restlessness of all slots. The instants of its runs are the belt's."""

    def __init__(self, slots: Sequence[Slot], beds: BedTable) -> None:
        self._slots = slots
        self._beds = beds
        asked = [slot.limits.get(Rule.RESTLESS) for slot in slots]
        self._limit = np.array([limits.limit if limits else np.inf for limits in asked], np.float32)
        self._clear_limit = np.array([limits.clear_limit if limits else np.inf for limits in asked], np.float32)
        minutes = np.array([limits.min_duration_ms // MINUTE_MS if limits else 1 for limits in asked], np.int64)
        self._within_ms = minutes * MINUTE_MS
        self._needed = np.ceil(minutes * RESTLESS_SHARE).astype(np.int64)
        self._lowest = float(self._clear_limit.min(initial=np.inf))
        self._moves = np.empty(0, np.int64)
        self._runs: dict[int, Run] = {}
        self._stirred_at: dict[int, int] = {}
        self._changed: set[int] = set()
        self._ended: list[tuple[str, str]] = []

    def adopt(self, other: "Restlessness") -> None:
        """Go on with the belts that stay with the same subject."""
        mine = {(slot.belt_id, slot.subject): n for n, slot in enumerate(self._slots)}
        heirs = np.array([mine.get((slot.belt_id, slot.subject), -1) for slot in other._slots], np.int64)
        old = other._moves >> _AT_BITS
        heir = heirs[old] if len(old) else old
        self._moves = np.sort((heir[heir >= 0] << _AT_BITS) | (other._moves[heir >= 0] & _AT_MASK))
        for n, run in other._runs.items():
            if heirs[n] >= 0:
                self._put(int(heirs[n]), run)
                self._stirred_at[int(heirs[n])] = other._stirred_at.get(n, run.seen_at)
            else:
                self._ended.append((other._slots[n].belt_id, str(Rule.RESTLESS)))

    def restore(self, n: int, state: ConditionState) -> None:
        """Go on with what was told; when they moved last is taken from the readings to come."""
        self._put(n, restored(state))

    def shift(self, n: int, by_ms: int) -> None:
        """The clock of slot `n` jumped ahead by that."""
        first, last = np.searchsorted(self._moves, [n << _AT_BITS, (n + 1) << _AT_BITS])
        self._moves[first:last] += by_ms
        if run := self._runs.get(n):
            run.shift(by_ms)
            self._put(n, run)
        if n in self._stirred_at:
            self._stirred_at[n] += by_ms

    def see(self, batch: ReadingBatch, slot: NDArray[np.intp], now: int) -> list[Transition]:
        """Take in newer readings (`slot` ascending, each bed's by time) that are here at `now` (ours)."""
        if self._lowest == np.inf and not self._runs:
            return []
        rows = np.flatnonzero(batch.movement > self._lowest)
        rows = rows[batch.in_bed[rows] == Occupancy.IN]
        reached = self._reached(slot[rows], batch.observed_at[rows], batch.movement[rows])
        concerned = sorted(self._runs.keys() | reached.keys())
        return [told for n in concerned for told in self._follow(n, batch, slot, reached.get(n, {}), now)]

    def take_changed(self) -> tuple[list[ConditionState], list[tuple[str, str]]]:
        """What changed since the last call: runs, (belt, rule) that are over."""
        gone, self._ended = self._ended, []
        kept, ended = changes_of(Rule.RESTLESS, self._slots, self._runs, self._changed)
        self._changed.clear()
        return kept, [*gone, *ended]

    def _reached(
        self, slot: NDArray[np.intp], at: Instants, movement: NDArray[np.float32]
    ) -> dict[int, dict[int, int]]:
        """By slot: in which of these readings enough minutes count, and since when the first of them."""
        moved = movement > self._limit[slot]
        new = (slot[moved].astype(np.int64) << _AT_BITS) | at[moved]
        if not len(new):
            return {}
        keys, is_new = self._merged(new)
        of, when = keys >> _AT_BITS, keys & _AT_MASK
        within = self._within_ms[of]
        from_at = (when // MINUTE_MS + 1) * MINUTE_MS - within
        first = np.searchsorted(keys, (of << _AT_BITS) | from_at)
        enough = is_new & (np.arange(len(keys)) - first + 1 >= self._needed[of])
        newest = self._beds.clocks.observed_at[of]
        self._moves = keys[when >= newest - within]
        reached: dict[int, dict[int, int]] = {}
        for i in np.flatnonzero(enough).tolist():
            reached.setdefault(int(of[i]), {})[int(when[i])] = int(when[first[i]])
        return reached

    def _merged(self, new: Instants) -> tuple[Instants, NDArray[np.bool_]]:
        """The first movements of all minutes, and which of them are new."""
        keys = np.concatenate([self._moves, new])
        order = np.argsort(keys, kind="stable")
        keys, is_new = keys[order], order >= len(self._moves)
        of, minute = keys >> _AT_BITS, (keys & _AT_MASK) // MINUTE_MS
        first = np.ones(len(keys), np.bool_)
        first[1:] = (of[1:] != of[:-1]) | (minute[1:] != minute[:-1])
        return keys[first], is_new[first]

    def _follow(
        self, n: int, batch: ReadingBatch, slot: NDArray[np.intp], reached: dict[int, int], now: int
    ) -> list[Transition]:
        """The readings of one bed, one by one: few beds are restless."""
        first, last = np.searchsorted(slot, [n, n + 1]).tolist()
        stirs = (batch.movement[first:last] > self._clear_limit[n]) & (batch.in_bed[first:last] == Occupancy.IN)
        offset = int(self._beds.clocks.offset[n])
        told: list[Transition] = []
        rows = (batch.observed_at[first:last].tolist(), batch.received_at[first:last].tolist(), stirs.tolist())
        for at, received_at, stirred in zip(*rows, strict=True):
            fresh = now + offset - at <= FRESH_MS
            if n in self._runs:
                told += self._go_on(n, at, received_at, stirred=stirred, fresh=fresh)
            if n not in self._runs and at in reached and self._asked(n, reached[at], at, offset):
                run = Run(began_at=reached[at], deadline_at=at, seen_before_at=at, seen_at=at)
                self._stirred_at[n] = at
                self._put(n, run)
                told += self._due(n, run, received_at, fresh=fresh)
        return told

    def _asked(self, n: int, began_at: int, at: int, offset: int) -> bool:
        """Does the rule count now, and for who lies there now?"""
        slot = self._slots[n]
        limits = slot.limits[Rule.RESTLESS]
        inside = limits.schedule is not None and limits.schedule.covers(at - offset)
        return inside and began_at - offset >= slot.from_at

    def _go_on(self, n: int, at: int, now: int, *, stirred: bool, fresh: bool) -> list[Transition]:
        run = self._runs[n]
        if n not in self._stirred_at:
            self._stirred_at[n] = run.seen_at = at
        last_at = self._stirred_at[n]
        limits = self._slots[n].limits.get(Rule.RESTLESS)
        if at - run.seen_at > UNSEEN_MS:
            last_at = self._stirred_at[n] = last_at + at - run.seen_at
        run.seen_at = at
        if at - last_at >= (limits.clear_ms or 0 if limits else 0):
            run.broken_at = last_at
            del self._runs[n], self._stirred_at[n]
            self._changed.add(n)
            return [self._told(Kind.CLEARED if run.raised else Kind.PASSED, n, run, now)]
        if stirred:
            self._stirred_at[n] = at
        return [] if run.raised else self._due(n, run, now, fresh=fresh)

    def _due(self, n: int, run: Run, now: int, *, fresh: bool) -> list[Transition]:
        """Tell it, or in a backlog wait for what speaks of now."""
        if not fresh:
            run.passed = True
            return []
        run.raised, run.alarm_began_at = True, run.began_at
        self._put(n, run)
        return [self._told(Kind.DUE, n, run, now)]

    def _put(self, n: int, run: Run) -> None:
        self._runs[n] = run
        self._changed.add(n)

    def _told(self, kind: Kind, n: int, run: Run, now: int) -> Transition:
        return Transition(
            kind=kind,
            belt_id=self._slots[n].belt_id,
            spec=RESTLESS,
            began_at=run.began_at if run.alarm_began_at is None else run.alarm_began_at,
            due_at=run.deadline_at,
            ended_at=run.broken_at or run.began_at,
            at=now,
            offset_ms=int(self._beds.clocks.offset[n]),
            limit_ms=int(self._within_ms[n]),
            limit=float(self._limit[n]),
            value=float(self._needed[n]),
        )
