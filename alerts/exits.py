"""How often somebody has got up tonight: absences in the night windows, counted as they end.

An absence is what the leave-bed rules take for one, chatter left out, so the count comes from `alerts.courses`, in
event time. It begins anew at noon, with the night. The alarm is told with the return that makes it one too many: while
the person is away the leave-bed rules watch. It ends by itself when the window does.

Fails towards quiet: what was not seen in two readings is no exit. The count survives a restart.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import time, timedelta
from typing import Final, NamedTuple

from alerts.beds import BedTable
from alerts.rules import RuleSpec
from alerts.runs import Kind, Slot, Transition
from alerts.silence import not_in_readings
from domain.alarms import Category, Priority, Rule
from domain.nights import Schedule, local_instant, night_of
from domain.units import SECOND_MS
from domain.watch import ConditionState

LEAST_EXIT_MS: Final = 20 * SECOND_MS
"""Out for less is turning over or sitting on the edge (chatter lasts 1-3 s), not getting up; own choice."""

MANY_EXITS: Final = RuleSpec(
    rule=Rule.MANY_EXITS,
    category=Category.CARE,
    priority=Priority.LOW,
    predicate=not_in_readings,
    holds_while_unknown=True,
    needs_change=False,
    end_confirm_ms=0,
    clear_ms=0,
)


class Absent(NamedTuple):
    """Out of the bed of `slot` in [`began_at`, `ended_at`) (ms, belt's clock), in two readings or more; `fresh`: told
    of now."""

    slot: int
    began_at: int
    ended_at: int
    fresh: bool


@dataclass(slots=True)
class _Tally:
    """The exits of one night; instants are ours. `until`: when the alarm, or the night, ends."""

    began_at: int
    until: int
    times: int = 0
    raised: bool = False
    alarm_began_at: int | None = None


class Exits:
    """Tallies by slot, of those who have got up tonight."""

    def __init__(self, slots: Sequence[Slot], beds: BedTable) -> None:
        self._slots = slots
        self._beds = beds
        self._tallies: dict[int, _Tally] = {}
        self._changed: set[int] = set()
        self._gone: list[tuple[str, str]] = []

    def adopt(self, other: "Exits") -> None:
        """Go on with the residents who are still there, whichever bed they have now."""
        mine = {slot.subject: n for n, slot in enumerate(self._slots) if slot.subject is not None}
        for old, tally in other._tallies.items():
            slot = other._slots[old]
            n = None if slot.subject is None else mine.get(slot.subject)
            if n is None or self._slots[n].belt_id != slot.belt_id:
                self._gone.append((slot.belt_id, str(Rule.MANY_EXITS)))
            if n is not None:
                self._put(n, tally)

    def restore(self, n: int, state: ConditionState) -> None:
        """Go on with a count that was stored."""
        self._put(
            n,
            _Tally(
                began_at=state.began_at,
                until=state.deadline_at,
                times=state.times or 0,
                raised=state.raised,
                alarm_began_at=state.alarm_began_at,
            ),
        )

    def count(self, absences: Sequence[Absent], now: int) -> list[Transition]:
        """Absences that have ended, each belt's in order."""
        return [told for absent in absences for told in self._count(absent, now)]

    def _count(self, absent: Absent, now: int) -> list[Transition]:
        n, slot, clocks = absent.slot, self._slots[absent.slot], self._beds.clocks
        offset, schedule = int(clocks.offset[n]), slot.schedule
        began_at, length_ms = absent.began_at - offset, absent.ended_at - absent.began_at
        if schedule is None or began_at < slot.from_at or not schedule.covers(began_at):
            return []
        if length_ms < LEAST_EXIT_MS:
            return []
        tally, told = self._tallies.get(n), list[Transition]()
        if tally is None or night_of(tally.began_at, schedule.tz) != night_of(began_at, schedule.tz):
            told = [] if tally is None else self._close(n, tally, now)
            tally = _Tally(began_at=began_at, until=_noon_after(began_at, schedule))
        tally.times += 1
        self._put(n, tally)
        return [*told, *self._tell_if_many(n, tally, schedule, absent, now)]

    def _tell_if_many(self, n: int, tally: _Tally, schedule: Schedule, absent: Absent, now: int) -> list[Transition]:
        limits = self._slots[n].limits.get(Rule.MANY_EXITS)
        if tally.raised or limits is None or tally.times <= limits.limit:
            return []
        tally.raised = True
        ended_at = absent.ended_at - int(self._beds.clocks.offset[n])
        kind = Kind.DUE if absent.fresh else Kind.PASSED
        if absent.fresh:
            tally.alarm_began_at = tally.began_at
            tally.until = schedule.closes_at(now) or now
        return [self._told(kind, n, tally, due_at=ended_at, ended_at=ended_at, now=now)]

    def tick(self, now: int) -> list[Transition]:
        """Which windows and nights are over?"""
        due = [(n, tally) for n, tally in self._tallies.items() if tally.until <= now]
        return [told for n, tally in due for told in self._end(n, tally, now)]

    def _end(self, n: int, tally: _Tally, now: int) -> list[Transition]:
        schedule = self._slots[n].schedule
        noon_at = now if schedule is None else _noon_after(tally.began_at, schedule)
        told = self._close(n, tally, now)
        if noon_at <= now:
            del self._tallies[n]
        tally.until = noon_at
        return told

    def _close(self, n: int, tally: _Tally, now: int) -> list[Transition]:
        self._changed.add(n)
        if tally.alarm_began_at is None:
            return []
        told = self._told(Kind.CLEARED, n, tally, due_at=tally.until, ended_at=min(tally.until, now), now=now)
        tally.alarm_began_at = None
        return [told]

    def take_changed(self) -> tuple[list[ConditionState], list[tuple[str, str]]]:
        """What changed since the last call: counts, (belt, rule) that are over."""
        ended, self._gone = self._gone, []
        kept = []
        for n in sorted(self._changed):
            slot, tally = self._slots[n], self._tallies.get(n)
            if tally is None:
                ended.append((slot.belt_id, str(Rule.MANY_EXITS)))
                continue
            kept.append(
                ConditionState(
                    belt_id=slot.belt_id,
                    rule=Rule.MANY_EXITS,
                    subject=slot.subject,
                    began_at=tally.began_at,
                    deadline_at=tally.until,
                    raised=tally.raised,
                    alarm_began_at=tally.alarm_began_at,
                    times=tally.times,
                )
            )
        self._changed.clear()
        return kept, ended

    def _put(self, n: int, tally: _Tally) -> None:
        self._tallies[n] = tally
        self._changed.add(n)

    def _told(self, kind: Kind, n: int, tally: _Tally, *, due_at: int, ended_at: int, now: int) -> Transition:
        limits = self._slots[n].limits.get(Rule.MANY_EXITS)
        return Transition(
            kind=kind,
            belt_id=self._slots[n].belt_id,
            spec=MANY_EXITS,
            began_at=tally.began_at,
            due_at=due_at,
            ended_at=ended_at,
            at=now,
            offset_ms=0,
            limit_ms=0,
            limit=float("nan") if limits is None else limits.limit,
            value=tally.times,
        )


def _noon_after(at: int, schedule: Schedule) -> int:
    """When the night of this instant ends."""
    return local_instant(night_of(at, schedule.tz) + timedelta(days=1), time(12), schedule.tz)
