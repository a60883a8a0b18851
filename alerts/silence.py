"""Belts that say nothing: counted from the last arrival on our clock, by the belt's own cadence.

Told beside the conditions, because no reading shows it: nothing comes, and time passes. A belt that has never reported
is silent from its enrolment on. What we could not hear is not silence: it counts from when we began to listen.

Fails towards telling a person: a belt that reports now and then stays an open alarm until it reports steadily.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from alerts.beds import CHATTER_MS, BedTable
from alerts.rules import Frame, RuleSpec, Truth
from alerts.runs import Kind, Run, Slot, Transition, changes_of, restored
from domain.alarms import Category, Priority, Rule
from domain.readings import Occupancy
from domain.units import LONG_AGO, MINUTE_MS, NEVER
from domain.watch import ConditionState

CADENCES: Final = 3
"""A belt may leave out two readings, whatever its cadence."""
STEADY_GAP_MS: Final = 3 * MINUTE_MS
"""Arrivals further apart than this are not steady; three readings of the slowest belts."""


def not_in_readings(frame: Frame, _limit: NDArray[np.float32], _clear_limit: NDArray[np.float32]) -> NDArray[np.int8]:
    """For rules that no single reading shows."""
    return np.full(len(frame.in_bed), Truth.UNKNOWN, np.int8)


SILENT: Final = RuleSpec(
    rule=Rule.BELT_SILENT,
    category=Category.TECHNICAL,
    priority=Priority.MEDIUM,
    predicate=not_in_readings,
    holds_while_unknown=True,
    needs_change=False,
    end_confirm_ms=0,
    clear_ms=0,
)


class Silences:
    """Silences of all slots. The instants of its runs are ours."""

    def __init__(self, slots: Sequence[Slot], beds: BedTable) -> None:
        self._slots = slots
        self._beds = beds
        self._in_bed_ms = np.array([slot.silence.in_bed_ms if slot.silence else NEVER for slot in slots], np.int64)
        self._empty_ms = np.array([slot.silence.empty_ms if slot.silence else NEVER for slot in slots], np.int64)
        self._listening_at = np.full(len(slots), NEVER, np.int64)
        self._runs: dict[int, Run] = {}
        self._changed: set[int] = set()
        self._gone: list[tuple[str, str]] = []

    def adopt(self, other: "Silences") -> None:
        """Go on with the belts that stay with the same subject."""
        mine = {slot.belt_id: n for n, slot in enumerate(self._slots)}
        for old, slot in enumerate(other._slots):
            n = mine.get(slot.belt_id)
            same = n is not None and self._slots[n].subject == slot.subject
            if n is not None and same:
                self._listening_at[n] = other._listening_at[old]
            if old in other._runs:
                if n is not None and same:
                    self._put(n, other._runs[old])
                else:
                    self._gone.append((slot.belt_id, str(Rule.BELT_SILENT)))

    def restore(self, n: int, state: ConditionState) -> None:
        """Go on with a silence that was told."""
        self._put(n, restored(state))

    def listen(self, now: int) -> None:
        """From now on, at the latest, every belt would be heard."""
        deaf = self._listening_at == NEVER
        if deaf.any():
            from_at = np.array([slot.from_at for slot in self._slots], np.int64)
            self._listening_at = np.where(deaf, np.maximum(from_at, now), self._listening_at)

    def put_ours_back(self, now: int) -> None:
        """Our clock stands at `now`, and was ahead of it."""
        self._listening_at = np.where(self._listening_at == NEVER, NEVER, np.minimum(self._listening_at, now))
        for run in self._runs.values():
            run.put_ours_back(now)

    def count_from(self, slots: NDArray[np.intp], now: int) -> None:
        """What was silent before was another's fault."""
        self._listening_at[slots] = now

    def hear(self, now: int) -> list[Transition]:
        """Readings have arrived: which silences are over?"""
        return [told for n in sorted(self._runs) if (told := self._heard(n, now)) is not None]

    def _heard(self, n: int, now: int) -> Transition | None:
        run, slot, at = self._runs[n], self._slots[n], int(self._beds.clocks.received_at[n])
        if at <= run.seen_at:
            return None
        if run.broken_at is None or at - run.seen_at > STEADY_GAP_MS:
            run.broken_at = at
        run.seen_at = at
        if slot.silence is not None and at - run.broken_at < slot.silence.clear_ms:
            self._changed.add(n)
            return None
        del self._runs[n]
        self._changed.add(n)
        return self._told(Kind.CLEARED, n, run, now)

    def tick(self, now: int, excused: NDArray[np.bool_]) -> list[Transition]:
        """Which belts have been silent for too long? `excused` (bool, n): it is another's fault just now."""
        self.listen(now)
        began_at = self.began_at()
        due_at = np.where(excused, NEVER, self._due_at(began_at))
        told = []
        for n in np.flatnonzero(due_at <= now).tolist():
            began, due = int(began_at[n]), int(due_at[n])
            run = Run(began_at=began, deadline_at=due, seen_before_at=began, seen_at=began, raised=True)
            run.alarm_began_at = began
            self._put(n, run)
            told.append(self._told(Kind.DUE, n, run, now))
        return told

    def take_changed(self) -> tuple[list[ConditionState], list[tuple[str, str]]]:
        """What changed since the last call: silences that were told, (belt, rule) that are over."""
        gone, self._gone = self._gone, []
        kept, ended = changes_of(Rule.BELT_SILENT, self._slots, self._runs, self._changed)
        self._changed.clear()
        return kept, [*gone, *ended]

    def standing(self) -> NDArray[np.bool_]:
        """Of which slots (bool, n) the silence was told?"""
        told = np.zeros(len(self._slots), np.bool_)
        told[list(self._runs)] = True
        return told

    def _put(self, n: int, run: Run) -> None:
        self._runs[n] = run
        self._changed.add(n)

    def began_at(self) -> NDArray[np.int64]:
        """Since when each belt has been silent, as far as that counts; `NEVER` before we listened."""
        return np.maximum(self._beds.clocks.received_at, self._listening_at)

    def _due_at(self, began_at: NDArray[np.int64]) -> NDArray[np.int64]:
        gone_ms = self._beds.clocks.observed_at - self._beds.left_at
        empty = (self._beds.occupancy == Occupancy.OUT) & (gone_ms >= CHATTER_MS)
        asked_ms = np.where(empty, self._empty_ms, self._in_bed_ms)
        limit_ms = np.maximum(asked_ms, CADENCES * self._beds.clocks.interval)
        due_at = np.where((asked_ms == NEVER) | (began_at == NEVER), NEVER, began_at + limit_ms)
        due_at[list(self._runs)] = NEVER
        return due_at

    def _told(self, kind: Kind, n: int, run: Run, now: int) -> Transition:
        return Transition(
            kind=kind,
            belt_id=self._slots[n].belt_id,
            spec=SILENT,
            began_at=run.began_at,
            due_at=run.deadline_at,
            ended_at=run.broken_at or run.began_at,
            at=now,
            offset_ms=0,
            limit_ms=run.deadline_at - run.began_at,
            silent=self._beds.clocks.received_at[n] == LONG_AGO,
        )
