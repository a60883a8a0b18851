"""What is told beside the conditions on readings: silences, wrong clocks, exits counted. One place that asks them all.

The order matters: while a whole centre is silent no group of it is told of, and while a group is, none of its belts.
"""

from collections.abc import Sequence
from typing import Final, Protocol

from alerts.beds import BedTable
from alerts.center_silence import CENTER_SILENT, CenterSilences
from alerts.exits import MANY_EXITS, Absent, Exits
from alerts.group_silence import GROUP_SILENT, GroupSilences
from alerts.runs import Slot, Transition
from alerts.silence import SILENT, Silences
from alerts.wrong_clocks import CLOCK_WRONG, WrongClocks
from domain.alarms import Rule
from domain.watch import ConditionState

BESIDE: Final = (SILENT, CENTER_SILENT, GROUP_SILENT, CLOCK_WRONG, MANY_EXITS)


class _ByBelt(Protocol):
    """What is stored for a belt, under one rule."""

    def restore(self, n: int, state: ConditionState) -> None: ...

    def take_changed(self) -> tuple[list[ConditionState], list[tuple[str, str]]]: ...


class Beside:
    """Over the same slots as the conditions."""

    def __init__(self, slots: Sequence[Slot], beds: BedTable) -> None:
        self._silences = Silences(slots, beds)
        self._centers = CenterSilences(slots, beds)
        self._groups = GroupSilences(slots, beds)
        self._clocks = WrongClocks(slots, beds)
        self._exits = Exits(slots, beds)
        self._by_belt: dict[Rule, _ByBelt] = {
            SILENT.rule: self._silences,
            GROUP_SILENT.rule: self._groups,
            CLOCK_WRONG.rule: self._clocks,
            MANY_EXITS.rule: self._exits,
        }

    def adopt(self, other: "Beside") -> None:
        """Go on with the belts and residents that are still there."""
        self._silences.adopt(other._silences)
        self._centers.adopt(other._centers)
        self._groups.adopt(other._groups)
        self._clocks.adopt(other._clocks)
        self._exits.adopt(other._exits)

    def restore_center(self, state: ConditionState) -> bool:
        """Go on with a state of a whole centre, which stands under its id; False: it is none."""
        if state.rule is CENTER_SILENT.rule:
            self._centers.restore(state)
        return state.rule is CENTER_SILENT.rule

    def restore(self, n: int, state: ConditionState) -> bool:
        """Go on with what was stored for slot `n`; False: the rule is none of these."""
        told_by = self._by_belt.get(state.rule)
        if told_by is not None:
            told_by.restore(n, state)
        return told_by is not None

    def hear(self, absences: Sequence[Absent], now: int) -> list[Transition]:
        """Readings have arrived, in which these absences ended."""
        self._silences.listen(now)
        exits = self._exits.count(absences, now)
        of_centers, counted = self._centers.hear(now)
        self._silences.count_from(counted, now)
        of_groups, left = self._groups.hear(now)
        self._silences.count_from(left, now)
        return [*exits, *of_centers, *of_groups, *self._silences.hear(now)]

    def tick(self, absences: Sequence[Absent], now: int) -> list[Transition]:
        """Time has passed."""
        exits = [*self._exits.count(absences, now), *self._exits.tick(now)]
        of_centers = self._centers.tick(now)
        standing = self._centers.standing
        of_groups = self._groups.tick(now, self._silences.began_at(), standing)
        of_belts = self._silences.tick(now, standing | self._groups.standing)
        return [*exits, *of_centers, *of_groups, *of_belts, *self._clocks.tick(now)]

    def take_changed(self) -> tuple[list[ConditionState], list[tuple[str, str]]]:
        """What changed since the last call: states to keep, (belt, rule) that are over."""
        kept, ended = self._centers.take_changed()
        for told_by in self._by_belt.values():
            more_kept, more_ended = told_by.take_changed()
            kept, ended = kept + more_kept, ended + more_ended
        return kept, ended
