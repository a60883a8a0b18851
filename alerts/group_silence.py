"""Many belts of a centre silent at once, while others are heard: one of several gateways, and one alarm for its belts.

Which belt speaks through which gateway is not known; belts that were last heard within `TOGETHER_MS` are a group.
While it stands, its belts say nothing of their own silence. It is over when fewer than `LEAST` of them are still
silent; those are counted from then on. Counted on our clock, from the last arrival or from when we began to listen.

Fails towards telling a person: told before any single belt would be, and its belts end it only by reporting steadily.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from alerts.beds import BedTable
from alerts.clocks import Instants
from alerts.rules import RuleSpec
from alerts.runs import Kind, Run, Slot, Transition, changes_of, restored
from alerts.silence import SILENT, STEADY_GAP_MS
from domain.alarms import Priority, Rule
from domain.readings import Occupancy
from domain.units import LONG_AGO, MINUTE_MS
from domain.watch import ConditionState

AFTER_MS: Final = 4 * MINUTE_MS
"""One interval of the slowest belts longer than for a whole centre, which is told first; sooner than a single belt."""
TOGETHER_MS: Final = 2 * MINUTE_MS
"""Belts that were last heard this close to each other fell silent together; slow belts are heard once a minute."""
LEAST: Final = 3
"""Two belts that stop within two minutes may do so by chance (own choice)."""
LEAST_SHARE: Final = 0.05
"""Of the centre's belts: in a house of hundreds, three are a coincidence of batteries (own choice)."""
CLEAR_MS: Final = 1 * MINUTE_MS

GROUP_SILENT: Final = RuleSpec(
    rule=Rule.GROUP_SILENT,
    category=SILENT.category,
    priority=Priority.HIGH,
    predicate=SILENT.predicate,
    holds_while_unknown=True,
    needs_change=False,
    end_confirm_ms=0,
    clear_ms=CLEAR_MS,
)

Slots = NDArray[np.intp]
Group = tuple[str, int]
"""Centre, and when the group fell silent."""


class GroupSilences:
    """Belts of silent groups by slot: the run of each begins with its group's, so groups are stored as they are.

    `standing` (bool, n): the slot's belt belongs to one.
    """

    def __init__(self, slots: Sequence[Slot], beds: BedTable) -> None:
        self._slots = slots
        self._beds = beds
        self.standing = np.zeros(len(slots), np.bool_)
        asked = [(slot.center_id, n) for n, slot in enumerate(slots) if slot.silence is not None]
        self._slots_of = {
            center_id: np.array([n for other, n in asked if other == center_id], np.intp)
            for center_id in sorted({center_id for center_id, _ in asked})
        }
        self._members: dict[int, Run] = {}
        self._changed: set[int] = set()
        self._gone: list[tuple[str, str]] = []

    def adopt(self, other: "GroupSilences") -> None:
        """Go on with the belts that are still there."""
        mine = {slot.belt_id: n for n, slot in enumerate(self._slots)}
        for old, run in other._members.items():
            belt_id = other._slots[old].belt_id
            if belt_id in mine:
                self._join(mine[belt_id], run)
            else:
                self._gone.append((belt_id, str(Rule.GROUP_SILENT)))

    def restore(self, n: int, state: ConditionState) -> None:
        """Go on with a belt of a group that was told."""
        self._join(n, restored(state))

    def put_ours_back(self, now: int) -> None:
        """Our clock stands at `now`, and was ahead of it."""
        for run in self._members.values():
            run.put_ours_back(now)

    def tick(self, now: int, began_at: Instants, excused: NDArray[np.bool_]) -> list[Transition]:
        """Which groups have been silent for too long? `began_at` (n): each belt's silence, `NEVER` where none counts.

        `excused` (bool, n): the whole centre is silent just now.
        """
        heard = self._beds.clocks.received_at != LONG_AGO
        silent = heard & (began_at <= now - AFTER_MS) & ~excused & ~self.standing
        if not silent.any():
            return []
        found = [self._tick(center_id, now, began_at, silent) for center_id in self._slots_of]
        return [told for told in found if told is not None]

    def gathering(self, now: int, began_at: Instants, excused: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Which belts (bool, n) fell silent with so many others that, unless they are heard, a group will be told of?

        At most `AFTER_MS` and `TOGETHER_MS` long: then either it has been, or they were no group.
        """
        found = np.zeros(len(self._slots), np.bool_)
        heard = self._beds.clocks.received_at != LONG_AGO
        lately = (began_at <= now - TOGETHER_MS) & (began_at > now - AFTER_MS - TOGETHER_MS)
        silent = heard & lately & ~excused & ~self.standing
        for slots in self._slots_of.values() if silent.any() else ():
            own = slots[silent[slots]]
            group_at = self._group_of(slots, own, began_at)
            if group_at is not None:
                found[own[np.abs(began_at[own] - group_at) <= TOGETHER_MS]] = True
        return found

    def _tick(self, center_id: str, now: int, began_at: Instants, silent: NDArray[np.bool_]) -> Transition | None:
        """Belts over a bed known to be empty may rest: they belong to a group, but do not make one."""
        slots = self._slots_of[center_id]
        own = slots[silent[slots]]
        for standing_at in {at for of, at in self._groups() if of == center_id}:
            self._gather(own, standing_at, began_at)
        group_at = self._group_of(slots, own[~self.standing[own]], began_at)
        if group_at is None:
            return None
        members = self._gather(own, group_at, began_at)
        return self._told(Kind.DUE, (center_id, group_at), now, belts=members)

    def _group_of(self, slots: Slots, own: Slots, began_at: Instants) -> int | None:
        """When most of the silent belts `own` of the centre's `slots` fell silent together; None: no group does."""
        at = np.sort(began_at[own[self._beds.occupancy[own] != Occupancy.OUT]])
        together = np.searchsorted(at, at + TOGETHER_MS, "right") - np.arange(len(at))
        if together.max(initial=0) < max(LEAST, round(LEAST_SHARE * len(slots))):
            return None
        return int(at[together.argmax()])

    def _gather(self, own: Slots, group_at: int, began_at: Instants) -> int:
        """The silent belts `own` that fell silent with this group belong to it; returns how many."""
        inside = (np.abs(began_at[own] - group_at) <= TOGETHER_MS) & ~self.standing[own]
        for n in own[inside].tolist():
            seen_at = int(self._beds.clocks.received_at[n])
            run = Run(began_at=group_at, deadline_at=group_at + AFTER_MS, seen_before_at=seen_at, seen_at=seen_at)
            run.raised, run.alarm_began_at = True, group_at
            self._join(n, run)
        return int(np.count_nonzero(inside))

    def hear(self, now: int) -> tuple[list[Transition], Slots]:
        """Readings have arrived: which groups are heard again, and which slots are to be counted from now on?"""
        back = [n for n in sorted(self._members) if self._is_back(n)]
        touched = {self._group(n) for n in back}
        for n in back:
            self._leave(n)
        told, counted = list[Transition](), list[int]()
        for group in sorted(touched):
            left = [n for n in sorted(self._members) if self._group(n) == group]
            if len(left) < LEAST:
                for n in left:
                    self._leave(n)
                counted += left
                told.append(self._told(Kind.CLEARED, group, now, belts=len(left)))
        return told, np.array(counted, np.intp)

    def _is_back(self, n: int) -> bool:
        run, at = self._members[n], int(self._beds.clocks.received_at[n])
        if at <= run.seen_at:
            return False
        if run.broken_at is None or at - run.seen_at > STEADY_GAP_MS:
            run.broken_at = at
        run.seen_at = at
        self._changed.add(n)
        return at - run.broken_at >= CLEAR_MS

    def _group(self, n: int) -> Group:
        return self._slots[n].center_id, self._members[n].began_at

    def _groups(self) -> set[Group]:
        return {self._group(n) for n in self._members}

    def take_changed(self) -> tuple[list[ConditionState], list[tuple[str, str]]]:
        """What changed since the last call: belts of silent groups, (belt, rule) that are none any more."""
        gone, self._gone = self._gone, []
        kept, ended = changes_of(Rule.GROUP_SILENT, self._slots, self._members, self._changed)
        self._changed.clear()
        return kept, [*gone, *ended]

    def _join(self, n: int, run: Run) -> None:
        self._members[n] = run
        self.standing[n] = True
        self._changed.add(n)

    def _leave(self, n: int) -> None:
        del self._members[n]
        self.standing[n] = False
        self._changed.add(n)

    def _told(self, kind: Kind, group: Group, now: int, *, belts: int) -> Transition:
        center_id, group_at = group
        return Transition(
            kind=kind,
            belt_id=center_id,
            spec=GROUP_SILENT,
            began_at=group_at,
            due_at=group_at + AFTER_MS,
            ended_at=now,
            at=now,
            offset_ms=0,
            limit_ms=AFTER_MS,
            limit=len(self._slots_of.get(center_id, ())),
            value=belts,
        )
