"""The runs of all rules over all slots: which there are, when each wants to be looked at, which have changed."""

from collections.abc import Sequence

import numpy as np

from alerts.rules import RuleSpec
from alerts.runs import Run, Slot
from domain.units import NEVER

Key = tuple[int, int]
"""Row of the rule, slot of the bed."""


class RunTable:
    """Runs by rule and slot.

    `wake_at` (int64, rules x slots) is when a reading must be looked at even if it says nothing new: at the deadline of
    a run that holds, at the end of a broken one's waiting; `NEVER` elsewhere. `noted` (bool): it was seen in a backlog
    that the deadline has passed, and only a reading that speaks of now says more. `running` (bool): there is a run.
    """

    def __init__(self, specs: Sequence[RuleSpec], slots: Sequence[Slot]) -> None:
        self._specs = specs
        self._slots = slots
        self._runs: dict[Key, Run] = {}
        self._armed: set[Key] = set()
        self._changed: set[Key] = set()
        shape = (len(specs), len(slots))
        self.wake_at = np.full(shape, NEVER, np.int64)
        self.noted = np.zeros(shape, np.bool_)
        self.running = np.zeros(shape, np.bool_)

    def get(self, k: int, n: int) -> Run | None:
        return self._runs.get((k, n))

    def items(self) -> list[tuple[Key, Run]]:
        return list(self._runs.items())

    def armed(self) -> list[tuple[int, int, Run]]:
        """Rule, slot and run of those whose deadline is still to come or to be told, in order."""
        return [(k, n, self._runs[k, n]) for k, n in sorted(self._armed)]

    def keep(self, k: int, n: int, run: Run) -> None:
        """Put the run in its place, as it stands now."""
        key = (k, n)
        self._runs[key] = run
        self._changed.add(key)
        (self._armed.add if run.armed else self._armed.discard)(key)
        self.running[key] = True
        self.noted[key] = run.armed and run.passed
        if run.armed:
            self.wake_at[key] = run.deadline_at
        elif run.broken_at is None:
            self.wake_at[key] = NEVER
        else:
            self.wake_at[key] = run.broken_at + (self.clear_ms(k, n) if run.over else self._specs[k].end_confirm_ms)

    def clear_ms(self, k: int, n: int) -> int:
        """How long after the end of the condition its alarm resolves by itself."""
        limits = self._slots[n].limits.get(self._specs[k].rule)
        return self._specs[k].clear_ms if limits is None or limits.clear_ms is None else limits.clear_ms

    def drop(self, k: int, n: int) -> None:
        """The run is over for good."""
        del self._runs[k, n]
        self._armed.discard((k, n))
        self._changed.add((k, n))
        self.wake_at[k, n], self.noted[k, n], self.running[k, n] = NEVER, False, False

    def take_changed(self) -> list[tuple[int, int, Run | None]]:
        """Rule, slot and run (None: dropped) of all that changed since the last call, in order."""
        changed = [(k, n, self._runs.get((k, n))) for k, n in sorted(self._changed)]
        self._changed.clear()
        return changed
