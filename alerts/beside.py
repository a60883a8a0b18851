"""What is told beside the conditions on readings: silences, what belts say of themselves, wrong clocks, exits counted,
restlessness. One place that asks them all.

The order matters: while a whole centre is silent no group of it is told of, and while a group is, none of its belts. A
belt is told to be offline or to be silent, not both.
"""

from collections.abc import Iterable, Sequence
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from alerts.beds import BedTable
from alerts.belt_states import BATTERY, OFFLINE, BeltStates
from alerts.center_silence import CENTER_SILENT, CenterSilences
from alerts.exits import MANY_EXITS, Absent, Exits
from alerts.group_silence import GROUP_SILENT, GroupSilences
from alerts.restlessness import RESTLESS, Restlessness
from alerts.runs import Slot, Transition
from alerts.silence import SILENT, Silences
from alerts.wrong_clocks import CLOCK_WRONG, WrongClocks
from domain.alarms import Rule
from domain.belts import BeltStatus
from domain.readings import ReadingBatch
from domain.watch import ConditionState

BESIDE: Final = (SILENT, CENTER_SILENT, GROUP_SILENT, OFFLINE, BATTERY, CLOCK_WRONG, MANY_EXITS, RESTLESS)


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
        self._states = BeltStates(slots, beds)
        self._clocks = WrongClocks(slots, beds)
        self._exits = Exits(slots, beds)
        self._restlessness = Restlessness(slots, beds)
        self._by_belt: dict[Rule, _ByBelt] = {
            SILENT.rule: self._silences,
            GROUP_SILENT.rule: self._groups,
            OFFLINE.rule: self._states,
            BATTERY.rule: self._states,
            CLOCK_WRONG.rule: self._clocks,
            MANY_EXITS.rule: self._exits,
            RESTLESS.rule: self._restlessness,
        }

    def adopt(self, other: "Beside") -> None:
        """Go on with the belts and residents that are still there."""
        self._silences.adopt(other._silences)
        self._centers.adopt(other._centers)
        self._groups.adopt(other._groups)
        self._states.adopt(other._states)
        self._clocks.adopt(other._clocks)
        self._exits.adopt(other._exits)
        self._restlessness.adopt(other._restlessness)

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

    def shift(self, n: int, by_ms: int) -> None:
        """The clock of the belt jumped: what is kept in its time moves with it."""
        self._restlessness.shift(n, by_ms)

    def see(self, batch: ReadingBatch, slot: NDArray[np.intp], now: int) -> list[Transition]:
        """Readings that are newer than all before, by slot."""
        return self._restlessness.see(batch, slot, now)

    def tell(self, statuses: Iterable[BeltStatus], now: int) -> list[Transition]:
        """What belts say of themselves; the silence of one that was offline counts from its return."""
        before = self._states.standing()
        told = self._states.tell(statuses, now)
        self._silences.count_from(np.flatnonzero(before & ~self._states.standing()), now)
        return told

    def hear(self, absences: Sequence[Absent], now: int) -> list[Transition]:
        """Readings have arrived, in which these absences ended."""
        self._silences.listen(now)
        self._centers.listen(now)
        self._clocks.hear()
        exits = self._exits.count(absences, now)
        of_centers, counted = self._centers.hear(now)
        self._silences.count_from(counted, now)
        of_groups, left = self._groups.hear(now)
        self._silences.count_from(left, now)
        return [*exits, *of_centers, *of_groups, *self._silences.hear(now), *self._states.hear(now)]

    def tick(self, absences: Sequence[Absent], now: int) -> list[Transition]:
        """Time has passed."""
        exits = [*self._exits.count(absences, now), *self._exits.tick(now)]
        of_centers = self._centers.tick(now)
        standing = self._centers.standing
        began_at = self._silences.began_at()
        of_groups = self._groups.tick(now, began_at, standing)
        excused = standing | self._groups.standing
        gathering = self._groups.gathering(now, began_at, standing)
        offline = self._states.tick(now, excused | gathering | self._silences.standing())
        silent = self._silences.tick(now, excused | self._states.standing())
        return [*exits, *of_centers, *of_groups, *offline, *silent, *self._clocks.tick(now)]

    def put_ours_back(self, now: int) -> None:
        """Our clock stands at `now`, and was ahead of it: nothing may wait for it to be as late again."""
        for told_by in (self._silences, self._centers, self._groups, self._states, self._clocks):
            told_by.put_ours_back(now)

    def take_changed(self) -> tuple[list[ConditionState], list[tuple[str, str]]]:
        """What changed since the last call: states to keep, (belt, rule) that are over."""
        kept, ended = self._centers.take_changed()
        for told_by in dict.fromkeys(self._by_belt.values()):
            more_kept, more_ended = told_by.take_changed()
            kept, ended = kept + more_kept, ended + more_ended
        return kept, ended
