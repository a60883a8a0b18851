"""The course of single runs: what one reading makes of one rule's run over one bed, and what is told of it.

Plain Python, for the few readings in which something happens (docs/decisions/0003); `alerts.conditions` says which.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from alerts.beds import BedTable
from alerts.exits import Absent
from alerts.own_limits import OwnLimits, moved
from alerts.rules import Limits, RuleSpec, Truth
from alerts.run_table import RunTable
from alerts.runs import Kind, Look, Run, Slot, Transition
from domain.alarms import Category, Rule
from domain.units import MINUTE_MS, NEVER
from domain.usual import SIDES

REPEAT_MS: Final = 30 * MINUTE_MS
"""What an open alarm was about, not seen for longer than this and seen again, is told anew: the nurse may have closed
the first one hours ago. Own choice."""
SAME_BEGINNING_MS: Final = MINUTE_MS
"""A run that began this little before what it is to count from counts from there already: the same turn is heard of
again and again, and the error of the belt's clock is known a little otherwise each time (own choice)."""
_RATE_OF: Final = ("heart_rate", "breathing_rate")
_VALUE_OF: Final = {Rule.BREATHING_PAUSE: "breathing_rate", Rule.SITTING_UP: "movement"}


class Courses:
    """Takes runs through their life. `told` collects what to tell; `now` is ours, that of the reading looked at."""

    def __init__(
        self, specs: Sequence[RuleSpec], slots: Sequence[Slot], beds: BedTable, own: OwnLimits | None = None
    ) -> None:
        self._specs = specs
        self._slots = slots
        self._beds = beds
        self._own = OwnLimits() if own is None else own
        self._rows = {spec.rule: k for k, spec in enumerate(specs)}
        self.runs = RunTable(specs, slots)
        self.told: list[Transition] = []
        self.now = 0
        self._absence_row = self._rows.get(Rule.LEAVE_BED_NOT_BACK)
        self._absences: list[Absent] = []

    def take_absences(self) -> list[Absent]:
        """The absences that have ended since the last call."""
        absences, self._absences = self._absences, []
        return absences

    def look(self, k: int, n: int, look: Look) -> None:
        """The run of rule `k` in slot `n` (or its absence) in a reading in which something happens."""
        self.now = look.received_at
        run = self.runs.get(k, n)
        if run is None:
            if look.truth == Truth.TRUE and look.since_at != NEVER:
                self._begin(k, n, look, None)
        elif look.truth == Truth.TRUE and look.unseen_ms > self._forgotten_after_ms(k, run):
            self._forget(k, n, run, look)
        else:
            self._turn(k, n, run, look)

    def _forgotten_after_ms(self, k: int, run: Run) -> int:
        limit_ms = self._specs[k].unknown_limit_ms
        return max(limit_ms, REPEAT_MS) if run.raised else limit_ms

    def _forget(self, k: int, n: int, run: Run, look: Look) -> None:
        """The condition was not seen for so long that it is another one now."""
        if run.broken_at is None:
            run.broken_at = look.at - look.unseen_ms
        self._over(k, n, run, fresh=look.fresh)
        if run.alarm_began_at is not None:
            self._begin(k, n, look, run.alarm_began_at)
            return
        self.runs.drop(k, n)
        if look.at - look.since_at >= self._specs[k].begin_confirm_ms:
            self._begin(k, n, look, None)

    def _begin(self, k: int, n: int, look: Look, alarm_began_at: int | None) -> None:
        began_at = min(look.since_at, look.at)
        run = Run(
            began_at=began_at,
            deadline_at=self.deadline(k, n, began_at),
            seen_before_at=look.seen_before_at if began_at == look.at else began_at,
            seen_at=began_at,
            alarm_began_at=alarm_began_at,
        )
        self.runs.keep(k, n, run)
        self._hold(k, n, run, look)

    def _turn(self, k: int, n: int, run: Run, look: Look) -> None:
        if look.truth == Truth.FALSE:
            self._end(k, n, run, look)
        elif run.broken_at is None:
            self._hold(k, n, run, look)
        elif look.truth == Truth.TRUE:
            if self._is_another(k, run, look):
                if not run.over:
                    self._over(k, n, run, fresh=look.fresh)
                self._begin(k, n, look, run.alarm_began_at)
                return
            run.broken_at, run.over = None, False
            self.runs.keep(k, n, run)
            self._hold(k, n, run, look)

    def _is_another(self, k: int, run: Run, look: Look) -> bool:
        """Does what holds again after a break count as a new run?"""
        spec = self._specs[k]
        if spec.stays_until_clear and run.raised:
            return False
        broken_ms = 0 if run.broken_at is None else look.at - run.broken_at
        returned = run.raised and broken_ms >= spec.end_confirm_ms
        return run.over or returned or broken_ms >= spec.end_alone_ms

    def _hold(self, k: int, n: int, run: Run, look: Look) -> None:
        """The run goes on in this reading; is it due?"""
        counts = look.truth == Truth.TRUE or self._specs[k].holds_while_unknown
        if not (run.armed and run.deadline_at <= look.at and counts):
            return
        if self._waits(k, n, run, look):
            return
        if look.fresh:
            self.due(k, n, run, silent=False)
        elif not run.passed:
            run.passed = True
            self.runs.keep(k, n, run)

    def _waits(self, k: int, n: int, run: Run, look: Look) -> bool:
        """While an alarm that this one stands behind, directly or behind another, is open, look again later."""
        row: int | None = k
        while row is not None and (behind := self._specs[row].behind) is not None:
            row = self._rows.get(behind)
            louder = None if row is None else self.runs.get(row, n)
            if row is not None and louder is not None and louder.alarm_began_at is not None:
                run.deadline_at = look.at + max(self.runs.clear_ms(row, n), MINUTE_MS)
                self.runs.keep(k, n, run)
                return True
        return False

    def _end(self, k: int, n: int, run: Run, look: Look) -> None:
        spec, at = self._specs[k], look.at
        if run.broken_at is None:
            run.broken_at, run.seen_twice = at, look.seen_before_at > run.began_at
        if not run.over and at - run.broken_at >= spec.end_confirm_ms:
            self._over(k, n, run, fresh=look.fresh)
        if run.over and run.alarm_began_at is None:
            self.runs.drop(k, n)
        elif run.over and at - run.broken_at >= self.runs.clear_ms(k, n):
            self._tell(Kind.CLEARED, k, n, run.alarm_began_at or run.began_at, run)
            self.runs.drop(k, n)
        else:
            self.runs.keep(k, n, run)

    def _over(self, k: int, n: int, run: Run, *, fresh: bool) -> None:
        run.over = True
        if k == self._absence_row and run.broken_at is not None and run.seen_twice:
            self._absences.append(Absent(slot=n, began_at=run.began_at, ended_at=run.broken_at, fresh=fresh))
        if run.passed and not run.raised and run.deadline_at != NEVER:
            self._tell(Kind.PASSED, k, n, run.began_at, run)

    def due(self, k: int, n: int, run: Run, *, silent: bool) -> None:
        """The run has lasted long enough: tell it."""
        if run.alarm_began_at is not None:
            self._tell(Kind.CLEARED, k, n, run.alarm_began_at, run, ended_at=run.began_at)
        run.raised, run.alarm_began_at = True, run.began_at
        self._tell(Kind.DUE, k, n, run.began_at, run, silent=silent)
        self.runs.keep(k, n, run)

    def begin_anew(self, rule: Rule, n: int, at: int) -> None:
        """What the run counts was put back to nothing at `at` (belt's clock); one that began then or later stays."""
        k = self._rows.get(rule)
        run = None if k is None else self.runs.get(k, n)
        if k is None or run is None or run.began_at >= at - SAME_BEGINNING_MS:
            return
        if run.alarm_began_at is not None:
            self._tell(Kind.CLEARED, k, n, run.alarm_began_at, run, ended_at=at)
        deadline_at = self.deadline(k, n, at)
        self.runs.keep(k, n, Run(began_at=at, deadline_at=deadline_at, seen_before_at=at, seen_at=at))

    def deadline(self, k: int, n: int, began_at: int) -> int:
        """When a run that began then is due (belt's clock); windows are laid over our clock, hence the offset."""
        spec, slot, offset = self._specs[k], self._slots[n], int(self._beds.clocks.offset[n])
        limits = slot.limits.get(spec.rule)
        schedule = slot.schedule if limits is None or limits.schedule is None else limits.schedule
        if limits is None or schedule is None or began_at - offset < slot.from_at:
            return NEVER
        counts_from = schedule.counts_from(began_at - offset, spec.carry_in_ms)
        if counts_from is None:
            return NEVER
        if spec.category is not Category.TECHNICAL:
            counts_from = max(counts_from, slot.paused_until)
        return counts_from + offset + limits.min_duration_ms

    def set_beginning(self, k: int, n: int, run: Run, at: int, truth: int) -> None:
        """A late reading from before the run's first shows when it really began."""
        began_at = run.began_at
        if truth == Truth.TRUE:
            began_at = min(at, began_at)
        elif truth == Truth.FALSE:
            run.seen_before_at = at
            began_at = run.seen_at if began_at < at else began_at
        if began_at != run.began_at:
            run.began_at, run.deadline_at = began_at, self.deadline(k, n, began_at)
            self.runs.keep(k, n, run)

    def _tell(
        self,
        kind: Kind,
        k: int,
        n: int,
        began_at: int,
        run: Run,
        *,
        ended_at: int | None = None,
        silent: bool = False,
    ) -> None:
        spec, slot = self._specs[k], self._slots[n]
        limits = slot.limits.get(spec.rule)
        transition = Transition(
            kind=kind,
            belt_id=slot.belt_id,
            spec=spec,
            began_at=began_at,
            due_at=run.deadline_at,
            ended_at=ended_at if ended_at is not None else run.broken_at or run.began_at,
            at=self.now,
            offset_ms=int(self._beds.clocks.offset[n]),
            limit_ms=limits.min_duration_ms if limits else 0,
            limit=self._limit(spec, limits, n, run) if limits else np.nan,
            value=self._value(spec, n),
            silent=silent,
            latches=spec.latches if limits is None or limits.latches is None else limits.latches,
            usual=self._usual(spec, n, run),
        )
        self.told.append(transition)

    def _limit(self, spec: RuleSpec, limits: Limits, n: int, run: Run) -> float:
        """What was compared with, where it is the person's own or moved by it, at the hour when the run is due."""
        side = spec.own if spec.own is not None else spec.moved_by
        if side is None or self._own.none or run.deadline_at == NEVER:
            return limits.limit
        own = self._own.one(side, n, run.deadline_at)
        if spec.own is not None:
            return own
        limit, mine, furthest = (np.array([value], np.float32) for value in (limits.limit, own, limits.furthest))
        return float(moved(side, limit, mine, furthest)[0])

    def _usual(self, spec: RuleSpec, n: int, run: Run) -> tuple[float, float] | None:
        """Between what the rate of the rule is usual for the person at the hour when the run is due."""
        name = next((name for name in _RATE_OF if spec.rule.replace("-", "_").startswith(name)), None)
        if name is None or self._own.none or run.deadline_at == NEVER:
            return None
        low, high = (self._own.one(side, n, run.deadline_at) for side in SIDES[name])
        return None if np.isnan(low) else (low, high)

    def _value(self, spec: RuleSpec, n: int) -> float:
        """The last value of the rate that the rule compares; NaN where it compares none."""
        rate = next((name for name in _RATE_OF if spec.rule.replace("-", "_").startswith(name)), None)
        name = _VALUE_OF.get(spec.rule, rate)
        return float("nan") if name is None else float(self._beds.rates[name][n])
