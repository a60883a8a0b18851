"""Belts whose clock is wrong: told before it is so wrong that their readings are refused.

A wrong clock is put right by its known error (`alerts.clocks`), so nothing is missed because of it. But a clock that
runs away goes on, and readings of more than 5 min ahead are refused on arrival: then the bed is watched by nobody.

A clock that falls behind is believed only after a minute, for its readings might be late instead; how long it has been
wrong then counts from the first of the readings that all came so.

Instants are ours. Fails towards telling a person: an alarm ends only while the belt is heard with a better clock.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from alerts.beds import BedTable
from alerts.clocks import INTERVAL_RANGE_MS
from alerts.rules import RuleSpec
from alerts.runs import Kind, Run, Slot, Transition, changes_of, restored
from alerts.silence import not_in_readings
from domain.alarms import Category, Priority, Rule
from domain.units import LONG_AGO, NEVER, SECOND_MS
from domain.watch import ConditionState

CLOCK_WRONG: Final = RuleSpec(
    rule=Rule.CLOCK_WRONG,
    category=Category.TECHNICAL,
    priority=Priority.LOW,
    predicate=not_in_readings,
    holds_while_unknown=True,
    needs_change=False,
    end_confirm_ms=0,
    clear_ms=0,
)

HEARD_MS: Final = INTERVAL_RANGE_MS[1] + 5 * SECOND_MS
"""A belt that was heard this recently, one interval of the slowest and its way, goes on being wrong; a silent one is
told of as that."""


class WrongClocks:
    """Columns over n slots, and the alarms that stand. `wrong_at`: since when the clock has been wrong (`NEVER`).

    `beyond_at`: since when no reading has come that shows it within the limit (`NEVER`).
    """

    def __init__(self, slots: Sequence[Slot], beds: BedTable) -> None:
        asked = [slot.limits.get(Rule.CLOCK_WRONG) for slot in slots]
        self._slots = slots
        self._beds = beds
        self._limit_ms = np.array([one.limit * SECOND_MS if one else NEVER for one in asked], np.int64)
        self._clear_limit_ms = np.array([one.clear_limit * SECOND_MS if one else NEVER for one in asked], np.int64)
        self._after_ms = np.array([one.min_duration_ms if one else NEVER for one in asked], np.int64)
        self._clear_ms = [(one.clear_ms or 0) if one else 0 for one in asked]
        self.wrong_at = np.full(len(slots), NEVER, np.int64)
        self.beyond_at = np.full(len(slots), NEVER, np.int64)
        self._runs: dict[int, Run] = {}
        self._changed: set[int] = set()
        self._gone: list[tuple[str, str]] = []

    def adopt(self, other: "WrongClocks") -> None:
        """Go on with the belts that stay with the same subject."""
        mine = {(slot.belt_id, slot.subject): n for n, slot in enumerate(self._slots)}
        for old, slot in enumerate(other._slots):
            n = mine.get((slot.belt_id, slot.subject))
            if n is not None:
                self.wrong_at[n], self.beyond_at[n] = other.wrong_at[old], other.beyond_at[old]
            if old in other._runs and n is not None:
                self._put(n, other._runs[old])
            elif old in other._runs:
                self._gone.append((slot.belt_id, str(Rule.CLOCK_WRONG)))

    def restore(self, n: int, state: ConditionState) -> None:
        """Go on with an alarm that stands."""
        self._put(n, restored(state))

    def put_ours_back(self, now: int) -> None:
        """Our clock stands at `now`, and was ahead of it."""
        for run in self._runs.values():
            run.put_ours_back(now)

    def hear(self) -> None:
        """Readings have arrived."""
        clocks = self._beds.clocks
        beyond = (np.abs(clocks.ahead) > self._limit_ms) & (clocks.received_at != LONG_AGO)
        self.beyond_at = np.where(beyond, np.minimum(self.beyond_at, clocks.received_at), NEVER)

    def tick(self, now: int) -> list[Transition]:
        """Which clocks have been wrong for too long, and which are right again?"""
        clocks = self._beds.clocks
        off_ms = np.abs(clocks.offset)
        wrong = (off_ms > self._limit_ms) & (clocks.received_at != LONG_AGO)
        self.wrong_at = np.where(wrong, np.minimum(np.minimum(self.wrong_at, self.beyond_at), now), NEVER)
        due = wrong & (now - self.wrong_at >= self._after_ms) & (now - clocks.received_at < HEARD_MS)
        told = [self._ended(n, run, now, int(off_ms[n])) for n, run in sorted(self._runs.items())]
        for n in np.flatnonzero(due).tolist():
            if n not in self._runs:
                began_at = int(self.wrong_at[n])
                due_at = began_at + int(self._after_ms[n])
                run = Run(began_at=began_at, deadline_at=due_at, seen_before_at=began_at, seen_at=began_at, raised=True)
                run.alarm_began_at = began_at
                self._put(n, run)
                told.append(self._told(Kind.DUE, n, run, now))
        return [one for one in told if one is not None]

    def _ended(self, n: int, run: Run, now: int, off_ms: int) -> Transition | None:
        """The clock has been right for long enough, and the belt was heard meanwhile."""
        broken_at = None if off_ms > self._clear_limit_ms[n] else (run.broken_at or now)
        if broken_at != run.broken_at:
            run.broken_at = broken_at
            self._changed.add(n)
        if run.broken_at is None or self._beds.clocks.received_at[n] - run.broken_at < self._clear_ms[n]:
            return None
        del self._runs[n]
        self._changed.add(n)
        return self._told(Kind.CLEARED, n, run, now)

    def take_changed(self) -> tuple[list[ConditionState], list[tuple[str, str]]]:
        """What changed since the last call: alarms that stand, (belt, rule) that are over."""
        gone, self._gone = self._gone, []
        kept, ended = changes_of(Rule.CLOCK_WRONG, self._slots, self._runs, self._changed)
        self._changed.clear()
        return kept, [*gone, *ended]

    def _put(self, n: int, run: Run) -> None:
        self._runs[n] = run
        self._changed.add(n)

    def _told(self, kind: Kind, n: int, run: Run, now: int) -> Transition:
        return Transition(
            kind=kind,
            belt_id=self._slots[n].belt_id,
            spec=CLOCK_WRONG,
            began_at=run.began_at,
            due_at=run.deadline_at,
            ended_at=run.broken_at or run.began_at,
            at=now,
            offset_ms=0,
            limit_ms=int(self._after_ms[n]),
            limit=int(self._limit_ms[n]) / SECOND_MS,
            value=round(int(self._beds.clocks.offset[n]) / SECOND_MS),
        )
