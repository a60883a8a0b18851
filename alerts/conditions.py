"""The condition engine: every rule over every bed at once, in event time.

Dense and sparse. Of all readings of all beds the engine asks at once (NumPy) whether something happens: the truth
changed, or a deadline was reached. That is rare; only then plain Python looks at the one run concerned. A *run* is a
condition that holds: it began, may become due, is broken when the opposite is seen, and is over when that has lasted.

    (none) -- true after false --> holds -- deadline reached --> due (alarm)
                                   |  ^                           |
                             false |  | true again too soon       | false
                                   v  |                           v
                                  broken -- false lasts end_confirm_ms --> over -- clear_ms --> cleared

Time is each belt's own (`observed_at`), so replayed, late and live readings give the same answer; `tick` lets
deadlines run out while a belt is silent, by the belt's clock as last seen. Readings older than the newest of their
belt never end or begin anything that is happening now; they can show that a running absence began earlier.

Fails towards telling a person: unknown or missing readings never end a run, a stored deadline survives restarts,
and one that passed meanwhile is due at once. It is quiet only where nobody was seen to leave, outside the
windows, and about what was over before it arrived (kept as `PASSED`).
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from alerts.beds import BedTable, starts
from alerts.rules import RULES, Frame, Questions, RuleSpec, Truth, frame_of
from alerts.run_table import RunTable
from alerts.runs import Kind, Look, Run, Slot, Transition, restored, stored
from domain.readings import ReadingBatch
from domain.units import NEVER, SECOND_MS
from domain.watch import BedState, ConditionState

FRESH_MS: Final = 60 * SECOND_MS
"""A reading at most this old on arrival speaks of now; an older one belongs to a backlog that may go on."""
FEW: Final = 8
"""Readings of a bed looked at one by one after something happened, before the rest is passed over at once again."""
QUIET_MS: Final = 10 * SECOND_MS
"""A backlog that has brought nothing for this long is over."""


class Conditions:
    """Runs of all rules over all slots. Not thread-safe: one worker owns it. Reads no clock: `now` is ours (ms)."""

    def __init__(self, slots: Sequence[Slot] = (), specs: Sequence[RuleSpec] = RULES) -> None:
        self._specs = tuple(specs)
        self._told: list[Transition] = []
        self._changed_beds: set[int] = set()
        self._gone: list[tuple[str, str]] = []
        self._told_at = 0
        self._set_slots(slots)

    def _set_slots(self, slots: Sequence[Slot]) -> None:
        self._slots = tuple(slots)
        self._slot_of = {slot.belt_id: n for n, slot in enumerate(slots)}
        self.beds = BedTable(tuple(self._slot_of))
        shape = (len(self._specs), len(slots))
        self._truth = np.full(shape, Truth.UNKNOWN, np.int8)
        self._runs = RunTable(self._specs, len(slots))
        self._questions = Questions(self._specs, [slot.limits for slot in slots])

    def configure(self, slots: Sequence[Slot]) -> None:
        """Ask something else from now on; what changed before must have been taken.

        A belt that stays with the same subject keeps its runs, and so does a subject whose bed gets another belt, with
        deadlines that are not yet due set anew.
        """
        old_slots, old_beds, old_truth, old_runs = self._slots, self.beds, self._truth, self._runs
        self._set_slots(slots)
        self.beds.adopt(old_beds)
        heirs = {(slot.subject, slot.bed_id): n for n, slot in enumerate(slots)}
        for old, slot in enumerate(old_slots):
            if (n := self._slot_of.get(slot.belt_id)) is not None:
                self._truth[:, n] = old_truth[:, old]
        for (k, old), run in old_runs.items():
            slot = old_slots[old]
            n = self._slot_of.get(slot.belt_id)
            if n is None or self._slots[n].subject != slot.subject:
                self._gone.append((slot.belt_id, str(self._specs[k].rule)))
                n = heirs.get((slot.subject, slot.bed_id))
                if n is None or slot.subject is None:
                    continue
                run.shift(int(self.beds.clocks.offset[n] - old_beds.clocks.offset[old]))
                self._truth[k, n] = old_truth[k, old]
            self._rearm(k, n, run)

    def _rearm(self, k: int, n: int, run: Run) -> None:
        if not run.raised and not run.over:
            run.deadline_at = self._deadline(k, n, run.began_at)
        self._runs.keep(k, n, run)

    def restore(self, beds: Iterable[BedState], conditions: Iterable[ConditionState]) -> None:
        """Go on from what was stored, under the present settings; what happened to another subject is dropped."""
        rows = {spec.rule: k for k, spec in enumerate(self._specs)}
        for bed in beds:
            if (n := self._slot_of.get(bed.belt_id)) is not None:
                self.beds.restore(n, bed)
                self._truth[:, n] = self._known_truth(n)
        for state in conditions:
            slot_n, k = self._slot_of.get(state.belt_id), rows.get(state.rule)
            if slot_n is None or k is None or self._slots[slot_n].subject != state.subject:
                self._gone.append((state.belt_id, str(state.rule)))
                continue
            self._truth[k, slot_n] = Truth.TRUE if state.broken_at is None else Truth.FALSE
            self._rearm(k, slot_n, restored(state))

    def _known_truth(self, n: int) -> NDArray[np.int8]:
        """What the stored occupancy says; where it says nothing, that the opposite was seen, so that leaving counts."""
        nothing = np.full(1, np.nan, np.float32)
        frame = Frame(in_bed=self.beds.occupancy[[n]], heart_rate=nothing, breathing_rate=nothing, movement=nothing)
        said = self._questions.ask(frame, np.array([n]))[:, 0]
        needs_change = np.array([spec.needs_change for spec in self._specs])
        return np.where((said < 0) & needs_change, Truth.FALSE, said).astype(np.int8)

    def observe(self, batch: ReadingBatch, now: int) -> list[Transition]:
        """Take in readings (sorted and distinct, as a `ReadingBatch` is) that are here at `now`; returns what to tell.

        Readings of belts without a slot are passed over.
        """
        if not self._slots:
            return []
        slot = np.array([self._slot_of.get(belt_id, -1) for belt_id in batch.belts], np.intp)[batch.belt]
        aside, shifts = self.beds.clocks.jumps(batch, slot)
        for n, by_ms in shifts:
            self._shift(n, by_ms)
        known = (slot >= 0) & ~aside
        newer = known & (batch.observed_at > self.beds.clocks.observed_at[slot])
        if not newer.all():
            self._take_late(batch, slot, known & ~newer)
            batch, slot = batch.select(newer), slot[newer]
        if len(batch):
            if (slot[1:] < slot[:-1]).any():
                order = np.argsort(slot, kind="stable")
                batch, slot = batch.select(order), slot[order]
            self.beds.arrive(batch, slot)
            self._go_through(batch, slot, now)
        return self._take_told()

    def _go_through(self, batch: ReadingBatch, slot: NDArray[np.intp], now: int) -> None:
        """Pass over what says nothing new; look at the next few readings of each bed one by one; and so on."""
        few = FEW
        while True:
            fresh = now + self.beds.clocks.offset[slot] - batch.observed_at <= FRESH_MS
            eventful = self._pass_over_uneventful(batch, slot, fresh)
            passed_over = len(slot) - np.count_nonzero(eventful)
            if passed_over == len(slot):
                return
            batch, slot, fresh = batch.select(eventful), slot[eventful], fresh[eventful]
            first = starts(slot)
            nth = np.arange(len(slot)) - np.repeat(first, np.diff(first, append=len(slot)))
            self._rounds(batch, slot, fresh, nth, few)
            later = nth >= few
            if not later.any():
                return
            batch, slot = batch.select(later), slot[later]
            few = FEW if passed_over > few else 2 * few

    def _pass_over_uneventful(
        self, batch: ReadingBatch, slot: NDArray[np.intp], fresh: NDArray[np.bool_]
    ) -> NDArray[np.bool_]:
        """Which readings to go through one by one: of each bed those from the first on in which something happens."""
        n = len(slot)
        first = starts(slot)
        truth = self._questions.ask(frame_of(batch, slice(None)), slot)
        before, in_bed_before = np.empty_like(truth), np.empty_like(batch.in_bed)
        before_at = np.empty_like(batch.observed_at)
        before[:, 1:], before[:, first] = truth[:, :-1], self._truth[:, slot[first]]
        in_bed_before[1:], in_bed_before[first] = batch.in_bed[:-1], self.beds.occupancy[slot[first]]
        before_at[1:], before_at[first] = batch.observed_at[:-1], self.beds.clocks.observed_at[slot[first]]
        due = (self._runs.wake_at[:, slot] <= batch.observed_at) & (fresh | ~self._runs.noted[:, slot])
        happens = ((truth >= 0) & (truth != before)) | due
        eventful: NDArray[np.bool_] = happens.any(axis=0) | (batch.in_bed != in_bed_before)
        ends = np.append(first[1:], n)
        if eventful.any():
            so_far = np.cumsum(eventful)
            eventful = so_far > np.repeat(so_far[first] - eventful[first], ends - first)
            quiet = np.bincount(slot[~eventful], minlength=len(self._slots))[slot[first]]
            last_quiet = (first + quiet - 1)[quiet > 0]
        else:
            last_quiet = ends - 1
        self.beds.clocks.move_on(slot[last_quiet], batch.observed_at[last_quiet], before_at[last_quiet])
        return eventful

    def _rounds(
        self,
        batch: ReadingBatch,
        slot: NDArray[np.intp],
        fresh: NDArray[np.bool_],
        nth: NDArray[np.intp],
        few: int,
    ) -> None:
        """The first reading of every bed, then the second of every bed, and so on, up to the `few`-th."""
        by_round = np.argsort(nth, kind="stable")
        ends = np.cumsum(np.bincount(nth))
        for begin, end in pairwise([0, *ends[:few].tolist()]):
            rows = by_round[begin:end]
            self._round(batch, slot[rows], rows, fresh)

    def _round(
        self, batch: ReadingBatch, slot: NDArray[np.intp], rows: NDArray[np.intp], fresh: NDArray[np.bool_]
    ) -> None:
        at, frame = batch.observed_at[rows], frame_of(batch, rows)
        truth, before = self._questions.ask(frame, slot), self._truth[:, slot]
        happens = ((truth >= 0) & (truth != before)) | (self._runs.wake_at[:, slot] <= at)
        seen_before = self.beds.clocks.observed_at[slot] if happens.any() else None
        self._changed_beds.update(self.beds.move_on(slot, at, frame.in_bed).tolist())
        self._truth[:, slot] = np.where(truth >= 0, truth, before)
        if seen_before is None:
            return
        for k, j in np.argwhere(happens).tolist():
            received_at = int(batch.received_at[rows[j]])
            look = Look(int(at[j]), received_at, int(truth[k, j]), int(seen_before[j]), bool(fresh[rows[j]]))
            self._told_at = received_at
            run = self._runs.get(k, int(slot[j]))
            if run is not None:
                self._turn(k, int(slot[j]), run, look)
            elif look.truth == Truth.TRUE and (before[k, j] == Truth.FALSE or not self._specs[k].needs_change):
                self._begin(k, int(slot[j]), look, None)

    def _take_late(self, batch: ReadingBatch, slot: NDArray[np.intp], late: NDArray[np.bool_]) -> None:
        """A late reading inside the gap before a running, unraised run shows that it began earlier, or ends the gap."""
        beds_with_runs = {n for _, n, _ in self._runs.armed()}
        if not beds_with_runs:
            return
        for i in np.flatnonzero(late & np.isin(slot, list(beds_with_runs))).tolist():
            n, at = int(slot[i]), int(batch.observed_at[i])
            truths = self._questions.ask(frame_of(batch, [i]), np.array([n]))[:, 0]
            for k, truth in enumerate(truths.tolist()):
                run = self._runs.get(k, n)
                if run is not None and run.armed and run.seen_before_at < at < run.seen_at:
                    self._set_beginning(k, n, run, at, truth)

    def _set_beginning(self, k: int, n: int, run: Run, at: int, truth: int) -> None:
        began_at = run.began_at
        if truth == Truth.TRUE:
            began_at = min(at, began_at)
        elif truth == Truth.FALSE:
            run.seen_before_at = at
            began_at = run.seen_at if began_at < at else began_at
        if began_at != run.began_at:
            run.began_at, run.deadline_at = began_at, self._deadline(k, n, began_at)
            self._runs.keep(k, n, run)

    def _shift(self, n: int, by_ms: int) -> None:
        """The clock of the belt jumped: everything kept in its time moves with it."""
        self.beds.shift(n, by_ms)
        self._changed_beds.add(n)
        for k in range(len(self._specs)):
            if run := self._runs.get(k, n):
                run.shift(by_ms)
                self._runs.keep(k, n, run)

    def slots_of(self, belts: Sequence[str]) -> list[int]:
        """The slots of those belts that have one."""
        return [self._slot_of[belt_id] for belt_id in belts if belt_id in self._slot_of]

    def _begin(self, k: int, n: int, look: Look, alarm_began_at: int | None) -> None:
        run = Run(
            began_at=look.at,
            deadline_at=self._deadline(k, n, look.at),
            seen_before_at=look.seen_before_at,
            seen_at=look.at,
            alarm_began_at=alarm_began_at,
        )
        self._runs.keep(k, n, run)
        self._hold(k, n, run, look)

    def _turn(self, k: int, n: int, run: Run, look: Look) -> None:
        if look.truth == Truth.FALSE:
            self._end(k, n, run, look.at)
        elif run.broken_at is None:
            self._hold(k, n, run, look)
        elif look.truth == Truth.TRUE:
            returned = run.raised and look.at - run.broken_at >= self._specs[k].end_confirm_ms
            if run.over or returned:
                self._begin(k, n, look, run.alarm_began_at)
                return
            run.broken_at = None
            self._runs.keep(k, n, run)
            self._hold(k, n, run, look)

    def _hold(self, k: int, n: int, run: Run, look: Look) -> None:
        """The run goes on in this reading; is it due?"""
        counts = look.truth == Truth.TRUE or self._specs[k].holds_while_unknown
        if not (run.armed and run.deadline_at <= look.at and counts):
            return
        if look.fresh:
            self._due(k, n, run, silent=False)
        elif not run.passed:
            run.passed = True
            self._runs.keep(k, n, run)

    def _end(self, k: int, n: int, run: Run, at: int) -> None:
        spec = self._specs[k]
        if run.broken_at is None:
            run.broken_at = at
        if not run.over and at - run.broken_at >= spec.end_confirm_ms:
            run.over = True
            if run.passed and not run.raised and run.deadline_at != NEVER:
                self._tell(Kind.PASSED, k, n, run.began_at, run)
        if run.over and run.alarm_began_at is None:
            self._runs.drop(k, n)
        elif run.over and at - run.broken_at >= spec.clear_ms:
            self._tell(Kind.CLEARED, k, n, run.alarm_began_at or run.began_at, run)
            self._runs.drop(k, n)
        else:
            self._runs.keep(k, n, run)

    def _due(self, k: int, n: int, run: Run, *, silent: bool) -> None:
        if run.alarm_began_at is not None:
            self._tell(Kind.CLEARED, k, n, run.alarm_began_at, run, ended_at=run.began_at)
        run.raised, run.alarm_began_at = True, run.began_at
        self._tell(Kind.DUE, k, n, run.began_at, run, silent=silent)
        self._runs.keep(k, n, run)

    def _deadline(self, k: int, n: int, began_at: int) -> int:
        """When a run that began then is due (belt's clock); windows are laid over our clock, hence the offset."""
        slot, offset = self._slots[n], int(self.beds.clocks.offset[n])
        limits = slot.limits.get(self._specs[k].rule)
        if limits is None or slot.schedule is None or began_at - offset < slot.from_at:
            return NEVER
        counts_from = slot.schedule.counts_from(began_at - offset)
        return NEVER if counts_from is None else counts_from + offset + limits.min_duration_ms

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
            at=self._told_at,
            offset_ms=int(self.beds.clocks.offset[n]),
            limit_ms=limits.min_duration_ms if limits else 0,
            silent=silent,
        )
        self._told.append(transition)

    def tick(self, now: int) -> list[Transition]:
        """Let deadlines run out; returns what to tell."""
        self._told_at = now
        for k, n, run in self._runs.armed():
            if self._runs_out_at(k, n, run) <= now:
                silent = now - int(self.beds.clocks.received_at[n]) > FRESH_MS
                self._due(k, n, run, silent=silent)
        return self._take_told()

    def next_due_at(self) -> int:
        """When (our clock, ms) the next `tick` has something to do if no reading comes; NEVER when there is nothing."""
        return min((self._runs_out_at(*armed) for armed in self._runs.armed()), default=NEVER)

    def _runs_out_at(self, k: int, n: int, run: Run) -> int:
        """When the deadline runs out on our clock without another reading.

        A run seen in one reading only may be a single false sample: the next reading is waited for, one interval.
        While a backlog is being taken in, the readings to come decide.
        """
        if not self._specs[k].holds_while_unknown:
            return NEVER
        clocks = self.beds.clocks
        at = run.deadline_at - int(clocks.offset[n])
        if clocks.observed_at[n] <= run.began_at:
            at += int(clocks.interval[n])
        if clocks.late_on_arrival(n) > FRESH_MS:
            at = max(at, int(clocks.received_at[n]) + QUIET_MS)
        return at

    def _take_told(self) -> list[Transition]:
        told, self._told = self._told, []
        return told

    def take_changes(self) -> tuple[list[BedState], list[ConditionState], list[tuple[str, str]]]:
        """What changed since the last call and must be stored: beds, running conditions, (belt, rule) that ended."""
        beds = [self.beds.state(n) for n in sorted(self._changed_beds)]
        kept: list[ConditionState] = []
        ended, self._gone = self._gone, []
        for k, n, run in self._runs.take_changed():
            rule, slot = self._specs[k].rule, self._slots[n]
            if run is None:
                ended.append((slot.belt_id, str(rule)))
            else:
                kept.append(stored(run, slot.belt_id, rule, slot.subject))
        self._changed_beds.clear()
        return beds, kept, ended
