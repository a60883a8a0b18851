"""What belts say of themselves: offline by their last will, and a battery that runs low.

Told beside the conditions, because no reading shows it. Counted on our clock from when it was told; the instants of
runs are ours. A belt that is known to be offline says nothing of its silence (`alerts.silence`), one that is told to be
silent nothing of being offline, and a centre that is silent nothing of either: one cause is one alarm.

Fails towards telling a person: a belt that was said to be offline counts as such until it says that it is online, or
reports steadily. What a belt does not tell of its battery is unknown and ends nothing.
"""

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from alerts.beds import BedTable
from alerts.rules import RuleSpec, Truth
from alerts.runs import Kind, Run, Slot, Transition, restored, stored
from alerts.silence import STEADY_GAP_MS, not_in_readings
from domain.alarms import Category, Priority, Rule
from domain.belts import BeltStatus
from domain.watch import ConditionState


def _spec(rule: Rule, priority: Priority) -> RuleSpec:
    return RuleSpec(
        rule=rule,
        category=Category.TECHNICAL,
        priority=priority,
        predicate=not_in_readings,
        holds_while_unknown=True,
        needs_change=False,
        end_confirm_ms=0,
        clear_ms=0,
    )


OFFLINE: Final = _spec(Rule.BELT_OFFLINE, Priority.MEDIUM)
BATTERY: Final = _spec(Rule.BATTERY_LOW, Priority.LOW)
_SPECS: Final = {spec.rule: spec for spec in (OFFLINE, BATTERY)}

Key = tuple[Rule, int]
"""Rule and slot."""


class BeltStates:
    """Runs of the two rules over all slots."""

    def __init__(self, slots: Sequence[Slot], beds: BedTable) -> None:
        self._slots = slots
        self._beds = beds
        self._slot_of = {slot.belt_id: n for n, slot in enumerate(slots)}
        self._runs: dict[Key, Run] = {}
        self._charge: dict[int, float] = {}
        self._changed: set[Key] = set()
        self._gone: list[tuple[str, str]] = []

    def adopt(self, other: "BeltStates") -> None:
        """Go on with the belts that stay with the same subject."""
        mine = {(slot.belt_id, slot.subject): n for n, slot in enumerate(self._slots)}
        for (rule, old), run in other._runs.items():
            slot = other._slots[old]
            n = mine.get((slot.belt_id, slot.subject))
            if n is None:
                self._gone.append((slot.belt_id, str(rule)))
            else:
                self._put((rule, n), run)
                if old in other._charge:
                    self._charge[n] = other._charge[old]

    def restore(self, n: int, state: ConditionState) -> None:
        """Go on with what was stored; its deadline is set by the present settings."""
        key, run = (state.rule, n), restored(state)
        limits = self._slots[n].limits.get(state.rule)
        if not run.raised and limits is not None:
            run.deadline_at = run.began_at + limits.min_duration_ms
        self._put(key, run)

    def put_ours_back(self, now: int) -> None:
        """Our clock stands at `now`, and was ahead of it: what is to be told yet counts from now."""
        for run in self._runs.values():
            run.put_ours_back(now)
            if not run.raised and run.began_at > now:
                run.began_at, run.deadline_at = now, now + run.deadline_at - run.began_at

    def tell(self, statuses: Iterable[BeltStatus], now: int) -> list[Transition]:
        """Belts have said something of themselves, in this order; which alarms are over for it?"""
        told = []
        for status in statuses:
            n = self._slot_of.get(status.belt_id)
            if n is not None:
                for rule, truth in ((Rule.BELT_OFFLINE, _offline(status)), (Rule.BATTERY_LOW, self._low(n, status))):
                    told += self._turn((rule, n), truth, status.at, now)
        return told

    def hear(self, now: int) -> list[Transition]:
        """Readings have arrived: which belts are evidently not offline?"""
        offline = sorted(n for rule, n in self._runs if rule is Rule.BELT_OFFLINE)
        return [told for n in offline if (told := self._heard(n, now)) is not None]

    def tick(self, now: int, excused: NDArray[np.bool_]) -> list[Transition]:
        """What has lasted for long enough? `excused` (bool, n): the belt's not being heard is told otherwise."""
        told = []
        for (rule, n), run in sorted(self._runs.items()):
            spared = rule is Rule.BELT_OFFLINE and (excused[n] or run.broken_at is not None)
            if rule in self._slots[n].limits and not run.raised and not spared and run.deadline_at <= now:
                run.raised, run.alarm_began_at = True, run.began_at
                self._put((rule, n), run)
                told.append(self._told(Kind.DUE, (rule, n), run, now))
        return told

    def standing(self) -> NDArray[np.bool_]:
        """Which slots (bool, n) are told to be offline?"""
        told = np.zeros(len(self._slots), np.bool_)
        told[[n for (rule, n), run in self._runs.items() if rule is Rule.BELT_OFFLINE and run.raised]] = True
        return told

    def take_changed(self) -> tuple[list[ConditionState], list[tuple[str, str]]]:
        """What changed since the last call: runs, (belt, rule) that are over."""
        ended, self._gone = self._gone, []
        kept = []
        for key in sorted(self._changed):
            rule, slot = key[0], self._slots[key[1]]
            if key in self._runs:
                kept.append(stored(self._runs[key], slot.belt_id, rule, slot.subject))
            else:
                ended.append((slot.belt_id, str(rule)))
        self._changed.clear()
        return kept, ended

    def _low(self, n: int, status: BeltStatus) -> Truth:
        """Is the battery low by this status? While it is charged it is not, whatever its charge."""
        limits = self._slots[n].limits.get(Rule.BATTERY_LOW)
        if status.charging:
            return Truth.FALSE
        if limits is None or status.battery is None:
            return Truth.UNKNOWN
        self._charge[n] = status.battery
        if status.battery < limits.limit:
            return Truth.TRUE
        return Truth.FALSE if status.battery > limits.clear_limit else Truth.UNKNOWN

    def _turn(self, key: Key, truth: Truth, at: int, now: int) -> list[Transition]:
        """A status that was told at `at` (our clock) says this of the rule."""
        limits, run = self._slots[key[1]].limits.get(key[0]), self._runs.get(key)
        if truth is Truth.TRUE and run is None and limits is not None:
            deadline_at = at + limits.min_duration_ms
            self._put(key, Run(began_at=at, deadline_at=deadline_at, seen_before_at=at, seen_at=at))
        elif truth is Truth.TRUE and run is not None and run.broken_at is not None:
            run.broken_at = None
            self._put(key, run)
        elif truth is Truth.FALSE and run is not None:
            run.broken_at = at
            return self._over(key, run, now)
        return []

    def _heard(self, n: int, now: int) -> Transition | None:
        key = (Rule.BELT_OFFLINE, n)
        run, at = self._runs[key], int(self._beds.clocks.received_at[n])
        if at <= run.seen_at:
            return None
        if run.broken_at is None or at - run.seen_at > STEADY_GAP_MS:
            run.broken_at = at
        run.seen_at = at
        limits = self._slots[n].limits.get(Rule.BELT_OFFLINE)
        if limits is not None and at - run.broken_at < (limits.clear_ms or 0):
            self._put(key, run)
            return None
        return next(iter(self._over(key, run, now)), None)

    def _over(self, key: Key, run: Run, now: int) -> list[Transition]:
        del self._runs[key]
        self._changed.add(key)
        return [self._told(Kind.CLEARED, key, run, now)] if run.raised else []

    def _put(self, key: Key, run: Run) -> None:
        self._runs[key] = run
        self._changed.add(key)

    def _told(self, kind: Kind, key: Key, run: Run, now: int) -> Transition:
        rule, n = key
        limits = self._slots[n].limits.get(rule)
        battery = rule is Rule.BATTERY_LOW
        return Transition(
            kind=kind,
            belt_id=self._slots[n].belt_id,
            spec=_SPECS[rule],
            began_at=run.began_at,
            due_at=run.deadline_at,
            ended_at=run.broken_at or run.began_at,
            at=now,
            offset_ms=0,
            limit_ms=run.deadline_at - run.began_at,
            limit=limits.limit if battery and limits is not None else np.nan,
            value=self._charge.get(n, np.nan) if battery else np.nan,
        )


def _offline(status: BeltStatus) -> Truth:
    if status.online is None:
        return Truth.UNKNOWN
    return Truth.FALSE if status.online else Truth.TRUE
