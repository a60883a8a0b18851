"""All belts of a centre silent at once: a gateway, a network or a broker, and one alarm instead of sixty.

Counted on our clock from the last arrival of any of its belts, or from when we began to listen. While it stands, single
belts say nothing of it; once readings come again, those that stay away are counted from then on.

Fails towards telling a person: told before any single belt would be, and cleared by readings only.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from alerts.beds import BedTable
from alerts.rules import RuleSpec
from alerts.runs import Kind, Run, Slot, Transition, restored, stored
from alerts.silence import SILENT, STEADY_GAP_MS
from domain.alarms import Priority, Rule
from domain.units import LONG_AGO, MINUTE_MS, NEVER
from domain.watch import ConditionState

AFTER_MS: Final = 3 * MINUTE_MS
"""Three intervals of the slowest belts; sooner than a single silent belt is told of."""
TOGETHER_MS: Final = 2 * MINUTE_MS
"""Belts that were heard this shortly before the last of them fell silent with it."""
LEAST: Final = 4
"""Fewer belts may well be silent at once by chance; each is told by itself (own choice)."""
CLEAR_MS: Final = 1 * MINUTE_MS

CENTER_SILENT: Final = RuleSpec(
    rule=Rule.CENTER_SILENT,
    category=SILENT.category,
    priority=Priority.HIGH,
    predicate=SILENT.predicate,
    holds_while_unknown=True,
    needs_change=False,
    end_confirm_ms=0,
    clear_ms=CLEAR_MS,
)


class CenterSilences:
    """Silences of whole centres. `standing` (bool, n): the slot's centre is silent. The instants of runs are ours."""

    def __init__(self, slots: Sequence[Slot], beds: BedTable) -> None:
        self._beds = beds
        asked = [(slot.center_id, n) for n, slot in enumerate(slots) if slot.silence is not None]
        self._slots_of = {
            center_id: np.array([n for other, n in asked if other == center_id], np.intp)
            for center_id in sorted({center_id for center_id, _ in asked})
        }
        self.standing = np.zeros(len(slots), np.bool_)
        self._listening_at = NEVER
        self._runs: dict[str, Run] = {}
        self._changed: set[str] = set()

    def adopt(self, other: "CenterSilences") -> None:
        """Go on with the centres that are still there."""
        self._listening_at = other._listening_at
        for center_id, run in other._runs.items():
            if center_id in self._slots_of:
                self._put(center_id, run)
            else:
                self._changed.add(center_id)

    def restore(self, state: ConditionState) -> None:
        """Go on with a silence that was told; its state stands under the centre's id."""
        self._put(state.belt_id, restored(state))

    def listen(self, now: int) -> None:
        """From now on, at the latest, every belt would be heard."""
        self._listening_at = min(self._listening_at, now)

    def put_ours_back(self, now: int) -> None:
        """Our clock stands at `now`, and was ahead of it."""
        for run in self._runs.values():
            run.put_ours_back(now)

    def tick(self, now: int) -> list[Transition]:
        """Which centres have been silent for too long?"""
        self.listen(now)
        told = []
        for center_id, slots in self._slots_of.items():
            received_at = self._beds.clocks.received_at[slots]
            last_at = int(received_at.max())
            together = np.count_nonzero(received_at >= last_at - TOGETHER_MS)
            began_at = max(last_at, self._listening_at)
            if center_id in self._runs or last_at == LONG_AGO or together < LEAST or now - began_at < AFTER_MS:
                continue
            due_at = began_at + AFTER_MS
            run = Run(began_at=began_at, deadline_at=due_at, seen_before_at=last_at, seen_at=last_at, raised=True)
            run.alarm_began_at = began_at
            self._put(center_id, run)
            told.append(self._told(Kind.DUE, center_id, run, now))
        return told

    def hear(self, now: int) -> tuple[list[Transition], NDArray[np.intp]]:
        """Readings have arrived: which centres are heard again, and which slots are to be counted from now on?"""
        told, counted = [], [np.empty(0, np.intp)]
        for center_id in sorted(self._runs):
            run, slots = self._runs[center_id], self._slots_of.get(center_id, counted[0])
            at = int(self._beds.clocks.received_at[slots].max(initial=LONG_AGO))
            if at <= run.seen_at:
                continue
            if run.broken_at is None or at - run.seen_at > STEADY_GAP_MS:
                run.broken_at = at
            run.seen_at = at
            self._changed.add(center_id)
            if at - run.broken_at >= CLEAR_MS:
                del self._runs[center_id]
                self.standing[slots] = False
                counted.append(slots)
                told.append(self._told(Kind.CLEARED, center_id, run, now))
        return told, np.concatenate(counted)

    def take_changed(self) -> tuple[list[ConditionState], list[tuple[str, str]]]:
        """What changed since the last call: silences that were told, (centre, rule) that are over."""
        kept = [
            stored(self._runs[center_id], center_id, Rule.CENTER_SILENT, None)
            for center_id in sorted(self._changed & self._runs.keys())
        ]
        ended = [(center_id, str(Rule.CENTER_SILENT)) for center_id in sorted(self._changed - self._runs.keys())]
        self._changed.clear()
        return kept, ended

    def _put(self, center_id: str, run: Run) -> None:
        self._runs[center_id] = run
        self._changed.add(center_id)
        if center_id in self._slots_of:
            self.standing[self._slots_of[center_id]] = True

    def _told(self, kind: Kind, center_id: str, run: Run, now: int) -> Transition:
        return Transition(
            kind=kind,
            belt_id=center_id,
            spec=CENTER_SILENT,
            began_at=run.began_at,
            due_at=run.deadline_at,
            ended_at=run.broken_at or run.began_at,
            at=now,
            offset_ms=0,
            limit_ms=AFTER_MS,
        )
