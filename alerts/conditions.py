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
from dataclasses import replace
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from alerts.beds import BedTable
from alerts.beside import Beside
from alerts.by_bed import pieces, positions, starts
from alerts.clocks import FRESH_MS
from alerts.courses import Courses
from alerts.disorder import Disorder
from alerts.own_limits import OwnLimits
from alerts.rulebook import RULES
from alerts.rules import Frame, Questions, RuleSpec, Truth, frame_of
from alerts.runs import Look, Run, Slot, Transition, restored, stored
from alerts.truths import Seen, TruthTable
from domain.alarms import Rule
from domain.belts import BeltStatus
from domain.readings import ReadingBatch
from domain.units import NEVER, SECOND_MS
from domain.watch import BedState, ConditionState

FEW: Final = 1
"""Readings of a bed looked at one by one after something happened, before the rest is passed over at once again."""
QUIET_MS: Final = 10 * SECOND_MS
"""A backlog that has brought nothing for this long is over."""


class Conditions:
    """Runs of all rules over all slots. Not thread-safe: one worker owns it. Reads no clock: `now` is ours (ms)."""

    def __init__(self, slots: Sequence[Slot] = (), specs: Sequence[RuleSpec] = RULES) -> None:
        self._specs = tuple(specs)
        self._holds = np.array([spec.holds_while_unknown for spec in specs], np.bool_)
        self._changed_beds: set[int] = set()
        self._gone: list[tuple[str, str]] = []
        self._set_slots(slots)

    def _set_slots(self, slots: Sequence[Slot]) -> None:
        self._slots = tuple(slots)
        self._slot_of = {slot.belt_id: n for n, slot in enumerate(slots)}
        self.beds = BedTable(tuple(self._slot_of))
        self._disorder = Disorder(self._slot_of, self.beds.clocks)
        self._truths = TruthTable(self._specs, len(slots))
        own = OwnLimits([slot.usual for slot in slots], [slot.schedule.tz if slot.schedule else None for slot in slots])
        self._courses = Courses(self._specs, self._slots, self.beds, own)
        self._runs = self._courses.runs
        self._beside = Beside(self._slots, self.beds)
        self._settle_ms = np.array([slot.settle_ms for slot in slots], np.int64)
        self._questions = Questions(self._specs, [slot.limits for slot in slots], own)

    def configure(self, slots: Sequence[Slot]) -> None:
        """Ask something else from now on; what changed before must have been taken.

        A belt that stays with the same subject keeps its runs, and so does a subject whose bed gets another belt, with
        deadlines that are not yet due set anew.
        """
        old_slots, old_beds, old_truths, old_runs = self._slots, self.beds, self._truths, self._runs
        old_beside, old_disorder = self._beside, self._disorder
        self._set_slots(slots)
        self.beds.adopt(old_beds)
        self._disorder.adopt(old_disorder)
        self._beside.adopt(old_beside)
        heirs = {(slot.subject, slot.bed_id): n for n, slot in enumerate(slots)}
        for old, slot in enumerate(old_slots):
            if (n := self._slot_of.get(slot.belt_id)) is not None:
                self._truths.adopt(old_truths, slice(None), n, old)
                if self._slots[n].subject != slot.subject:
                    self._truths.forget(n)
        for (k, old), run in old_runs.items():
            slot = old_slots[old]
            n = self._slot_of.get(slot.belt_id)
            if n is None or self._slots[n].subject != slot.subject:
                self._gone.append((slot.belt_id, str(self._specs[k].rule)))
                n = heirs.get((slot.subject, slot.bed_id))
                if n is None or slot.subject is None:
                    continue
                run.shift(int(self.beds.clocks.offset[n] - old_beds.clocks.offset[old]))
                self._truths.adopt(old_truths, k, n, old)
            self._rearm(k, n, run)

    def _rearm(self, k: int, n: int, run: Run) -> None:
        if not run.raised and not run.over:
            run.deadline_at = self._courses.deadline(k, n, run.began_at)
        self._runs.keep(k, n, run)

    def restore(self, beds: Iterable[BedState], conditions: Iterable[ConditionState]) -> None:
        """Go on from what was stored, under the present settings; what happened to another subject is dropped."""
        rows = {spec.rule: k for k, spec in enumerate(self._specs)}
        for bed in beds:
            if (n := self._slot_of.get(bed.belt_id)) is not None:
                self.beds.restore(n, bed)
                self._disorder.restore(n, bed.observed_at)
                self._truths.truth[:, n] = self._known_truth(n)
        for state in conditions:
            slot_n, k = self._slot_of.get(state.belt_id), rows.get(state.rule)
            if self._beside.restore_center(state):
                continue
            known = slot_n is not None and self._slots[slot_n].subject == state.subject
            if slot_n is not None and known and self._beside.restore(slot_n, state):
                continue
            if slot_n is None or k is None or not known:
                self._gone.append((state.belt_id, str(state.rule)))
                continue
            self._truths.restore(k, slot_n, Truth.TRUE if state.broken_at is None else Truth.FALSE)
            self._rearm(k, slot_n, restored(state))

    def _known_truth(self, n: int) -> NDArray[np.int8]:
        """What the stored occupancy says; where it says nothing, that the opposite was seen, so that leaving counts."""
        nothing = np.full(1, np.nan, np.float32)
        frame = Frame(
            in_bed=self.beds.occupancy[[n]],
            heart_rate=nothing,
            breathing_rate=nothing,
            movement=nothing,
            signal_quality=nothing,
            settled=np.zeros(1, np.bool_),
            unrated=np.ones(1, np.bool_),
            rated=np.zeros(1, np.bool_),
            turn_overs=nothing,
            gone=np.zeros(1, np.bool_),
            gap_ms=np.full(1, NEVER, np.int64),
            observed_at=self.beds.clocks.observed_at[[n]],
        )
        said = self._questions.ask(frame, np.array([n]))[:, 0]
        needs_change = np.array([spec.needs_change for spec in self._specs])
        return np.where((said < 0) & needs_change, Truth.FALSE, said).astype(np.int8)

    def observe(self, batch: ReadingBatch, now: int) -> list[Transition]:
        """Take in readings (sorted and distinct, as a `ReadingBatch` is) that are here at `now`; returns what to tell.

        Readings of belts without a slot are passed over.
        """
        if not self._slots:
            return []
        slot = self._slots_by_reading(batch)
        aside, shifts = self.beds.clocks.jumps(batch, slot)
        for n, by_ms in shifts:
            self._shift(n, by_ms)
        known = (slot >= 0) & ~aside
        if not known.all():
            batch, slot = batch.select(known), slot[known]
        if len(batch):
            self._disorder.hear(batch, slot, now)
            ordered = self._disorder.in_order(batch, int(batch.received_at.max()))
            self._look_at(ordered, slot if ordered is batch else self._slots_by_reading(ordered), now)
        return [*self._take_told(now), *self._beside.hear(self._courses.take_absences(), now)]

    def _slots_by_reading(self, batch: ReadingBatch) -> NDArray[np.intp]:
        return np.array([self._slot_of.get(belt_id, -1) for belt_id in batch.belts], np.intp)[batch.belt]

    def _look_at(self, batch: ReadingBatch, slot: NDArray[np.intp], now: int) -> None:
        """Readings of belts that have slots, each belt's ascending; those older than what was looked at are late."""
        if not len(batch):
            return
        newer = batch.observed_at > self.beds.clocks.observed_at[slot]
        if not newer.all():
            self._take_late(batch, slot, ~newer)
            batch, slot = batch.select(newer), slot[newer]
        if len(batch):
            if (slot[1:] < slot[:-1]).any():
                order = np.argsort(slot, kind="stable")
                batch, slot = batch.select(order), slot[order]
            self._changed_beds.update(self.beds.arrive(batch, slot).tolist())
            for piece, slots in pieces(batch, slot):
                self._go_through(piece, slots, now)
            self._courses.told += self._beside.see(batch, slot, now)

    def tell(self, statuses: Iterable[BeltStatus], now: int) -> list[Transition]:
        """Take in what belts say of themselves, in this order, at `now`; returns what to tell."""
        return self._beside.tell(statuses, now)

    def turned(self, belt_id: str, at: int) -> list[Transition]:
        """Who lies over the belt was turned at `at` (our clock): the time until the next turn counts from there."""
        n = self._slot_of.get(belt_id)
        if n is not None:
            self._courses.now = at
            self._courses.begin_anew(Rule.NO_TURN_OVER, n, at + int(self.beds.clocks.offset[n]))
        return self._take_told(at)

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
            nth = positions(slot)
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
        n, at = len(slot), batch.observed_at
        first = starts(slot)
        in_bed_before, before_at = np.empty_like(batch.in_bed), np.empty_like(at)
        in_bed_before[1:], in_bed_before[first] = batch.in_bed[:-1], self.beds.occupancy[slot[first]]
        before_at[1:], before_at[first] = at[:-1], self.beds.clocks.observed_at[slot[first]]
        seen = self._see(batch, slice(None), slot, first, before_at)
        due = self._due(seen, at, slot)
        noted = self._runs.noted[seen.rule[due], slot[seen.reading[due]]]
        eventful: NDArray[np.bool_] = batch.in_bed != in_bed_before
        eventful[seen.reading[seen.happens]] = True
        eventful[seen.reading[due[fresh[seen.reading[due]] | ~noted]]] = True
        ends = np.append(first[1:], n)
        if eventful.any():
            so_far = np.cumsum(eventful)
            eventful = so_far > np.repeat(so_far[first] - eventful[first], ends - first)
            quiet = np.bincount(slot[~eventful], minlength=len(self._slots))[slot[first]]
            last_quiet = (first + quiet - 1)[quiet > 0]
        else:
            last_quiet = ends - 1
        self._truths.keep(seen, at, slot, last_quiet)
        self.beds.clocks.move_on(slot[last_quiet], at[last_quiet], before_at[last_quiet])
        return eventful

    def _see(
        self,
        batch: ReadingBatch,
        rows: Any,
        slot: NDArray[np.intp],
        first: NDArray[np.intp],
        before_at: NDArray[np.int64],
    ) -> Seen:
        at, in_bed = batch.observed_at[rows], batch.in_bed[rows]
        settled = self.beds.settled(slot, at, in_bed, self._settle_ms[slot])
        rated, gone = at >= self.beds.rated_at[slot], self.beds.gone(slot, at, in_bed)
        frame = frame_of(batch, rows, settled, rated, gone=gone, gap_ms=at - before_at)
        going_on = self._truths.going_on(slot[first], self._runs.running)
        truth = self._questions.ask(frame, slot, np.logical_or.reduce(going_on, axis=1))
        return self._truths.see(truth, at, slot, first, running=self._runs.running, going_on=going_on)

    def _due(self, seen: Seen, at: NDArray[np.int64], slot: NDArray[np.intp]) -> NDArray[np.intp]:
        """The pairs that say nothing new and must be looked at: the reading counts for the run, and it is time."""
        pairs = np.flatnonzero(seen.running)
        rule, reading = seen.rule[pairs], seen.reading[pairs]
        counts = (seen.truth[pairs] >= 0) | self._holds[rule]
        return pairs[counts & (self._runs.wake_at[rule, slot[reading]] <= at[reading])]

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
        """One reading of each bed in `slot`."""
        at, every = batch.observed_at[rows], np.arange(len(slot))
        seen_before = self.beds.clocks.observed_at[slot]
        self._changed_beds.update(self.beds.move_on(slot, at, batch.in_bed[rows]).tolist())
        seen = self._see(batch, rows, slot, every, seen_before)
        seen.happens[self._due(seen, at, slot)] = True
        self._truths.keep(seen, at, slot, every)
        for pair in np.flatnonzero(seen.happens).tolist():
            j = int(seen.reading[pair])
            look = Look(
                at=int(at[j]),
                received_at=int(batch.received_at[rows[j]]),
                truth=int(seen.truth[pair]),
                seen_before_at=int(seen_before[j]),
                fresh=bool(fresh[rows[j]]),
                since_at=int(seen.since[pair]),
                unseen_ms=int(seen.unseen_ms[pair]),
            )
            self._courses.look(int(seen.rule[pair]), int(slot[j]), look)

    def _take_late(self, batch: ReadingBatch, slot: NDArray[np.intp], late: NDArray[np.bool_]) -> None:
        """A late reading inside the gap before a running, unraised run shows that it began earlier, or ends the gap."""
        beds_with_runs = {n for _, n, _ in self._runs.armed()}
        if not beds_with_runs:
            return
        for i in np.flatnonzero(late & np.isin(slot, list(beds_with_runs))).tolist():
            n, at = int(slot[i]), int(batch.observed_at[i])
            frame = frame_of(batch, [i], np.zeros(1, np.bool_), np.zeros(1, np.bool_))
            truths = self._questions.ask(frame, np.array([n]))[:, 0]
            for k, truth in enumerate(truths.tolist()):
                run = self._runs.get(k, n)
                if run is not None and run.armed and run.seen_before_at < at < run.seen_at:
                    self._courses.set_beginning(k, n, run, at, truth)

    def _shift(self, n: int, by_ms: int) -> None:
        """The clock of the belt jumped: everything kept in its time moves with it."""
        self.beds.shift(n, by_ms)
        self._disorder.shift(n, by_ms)
        self._truths.shift(n, by_ms)
        self._beside.shift(n, by_ms)
        self._changed_beds.add(n)
        for k in range(len(self._specs)):
            if run := self._runs.get(k, n):
                run.shift(by_ms)
                self._runs.keep(k, n, run)

    def put_ours_back(self, now: int, by_ms: int) -> None:
        """Our clock was put back by that to `now`: what we stored waits no longer for it than before."""
        self.beds.clocks.put_ours_back(now, by_ms)
        self._beside.put_ours_back(now)

    def slots_of(self, belts: Sequence[str]) -> list[int]:
        """The slots of those belts that have one."""
        return [self._slot_of[belt_id] for belt_id in belts if belt_id in self._slot_of]

    def tick(self, now: int) -> list[Transition]:
        """Let deadlines run out; returns what to tell."""
        if not self._disorder.none:
            waited = self._disorder.in_order(ReadingBatch.empty(), now)
            self._look_at(waited, self._slots_by_reading(waited), now)
        self._courses.now = now
        for k, n, run in self._runs.armed():
            if self._runs_out_at(k, n, run) <= now:
                silent = now - int(self.beds.clocks.received_at[n]) > FRESH_MS
                self._courses.due(k, n, run, silent=silent)
        return [*self._take_told(now), *self._beside.tick(self._courses.take_absences(), now)]

    def next_due_at(self) -> int:
        """When (our clock, ms) the next deadline runs out if no reading comes; NEVER when there is none.

        Silences, which take minutes, are not among them: a `tick` now and then finds them.
        """
        return min((self._runs_out_at(*armed) for armed in self._runs.armed()), default=NEVER)

    def _runs_out_at(self, k: int, n: int, run: Run) -> int:
        """When the deadline runs out on our clock without another reading.

        A run seen in one reading only may be a single false sample: the next reading is waited for, one interval.
        While a backlog is being taken in, the readings to come decide, and where they overtake each other all up to
        the deadline are waited for.
        """
        if not self._specs[k].holds_while_unknown:
            return NEVER
        clocks = self.beds.clocks
        at = run.deadline_at - int(clocks.offset[n]) + int(clocks.lateness[n])
        if clocks.observed_at[n] <= run.began_at:
            at += int(clocks.interval[n])
        if clocks.late_on_arrival(n) > FRESH_MS:
            at = max(at, int(clocks.received_at[n]) + QUIET_MS)
        return at

    def _take_told(self, now: int) -> list[Transition]:
        """What there is to tell; readings that had to wait are told of when they were looked at."""
        told, self._courses.told = self._courses.told, []
        lateness = self.beds.clocks.lateness
        return [replace(one, at=now) if lateness[self._slot_of[one.belt_id]] else one for one in told]

    def take_changes(self) -> tuple[list[BedState], list[ConditionState], list[tuple[str, str]]]:
        """What changed since the last call and must be stored: beds, running conditions, (belt, rule) that ended."""
        beds = [self.beds.state(n) for n in sorted(self._changed_beds)]
        kept, ended = self._beside.take_changed()
        ended, self._gone = [*ended, *self._gone], []
        for k, n, run in self._runs.take_changed():
            rule, slot = self._specs[k].rule, self._slots[n]
            if run is None:
                ended.append((slot.belt_id, str(rule)))
            else:
                kept.append(stored(run, slot.belt_id, rule, slot.subject))
        self._changed_beds.clear()
        return beds, kept, ended
