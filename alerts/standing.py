"""What alarms mean for one another, and what time does to them: pure, on the alarms in hand.

`settle` turns what the conditions tell into inputs of single alarms: what comes back shortly after it ended is a repeat
of the same alarm, what another alarm or a pause speaks for is held back, the end of a condition ends every alarm of it.
`upkeep` says what is owed by then: snoozes that run out, holds that begin and end, alarms that come again because their
condition outlasted their closing. All of it follows from stored instants, so nothing is lost by a restart, and what was
overdue is owed at once.

Fails towards telling a person: a hold whose holder is not known any more ends, and a condition that cannot be seen to
have ended comes again.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from alerts.lifecycle import REARM_MS, SNOOZE_MOST_MS, step
from alerts.precedence import holds_back, louder_than, takes_over
from domain.alarms import (
    LEAVE_BED_RULES,
    Alarm,
    AlarmInput,
    AlarmState,
    Category,
    Clear,
    Disarm,
    Follow,
    Hold,
    Raise,
    Release,
    Repeat,
    Wake,
)
from domain.pauses import CarePause
from domain.units import MINUTE_MS

MERGE_MS: Final = 5 * MINUTE_MS
"""What is due again within this after it ended by itself is the same alarm again (own choice). Leaving the bed is not
merged: each time is a danger of its own, and has an answer of its own."""


class Holding(StrEnum):
    """Does the condition of an alarm still hold? ENDING: the opposite was seen; GONE: nobody asks any more."""

    YES = "yes"
    ENDING = "ending"
    GONE = "gone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What is known beside the alarms: the pauses that stand, by resident, and which conditions hold."""

    pauses: Mapping[str, CarePause]
    holding: Callable[[Alarm], Holding]


LINKS: Final = 4
"""More than the longest chain: woken, held by another, following it, let go."""


class InHand:
    """The alarms that something may yet happen to, as they stand after the inputs given so far (`inputs`)."""

    def __init__(self, alarms: Iterable[Alarm], around: Surroundings) -> None:
        self._alarms = {alarm.alarm_id: alarm for alarm in alarms}
        self._around = around
        self.inputs: list[AlarmInput] = []

    def settle(self, told: Sequence[AlarmInput]) -> None:
        """Take in what the conditions told, in its order."""
        for given in told:
            match given:
                case Raise():
                    self._raise(given)
                case Clear():
                    first = [] if given.alarm_id in self._alarms else [given.alarm_id]
                    for alarm_id in (*first, *self._of_run(given.alarm_id)):
                        self._give(replace(given, alarm_id=alarm_id))
                case _:
                    self._give(given)

    def upkeep(self, now: int, due_by: int) -> None:
        """Take in what is owed at `now` (our clock, ms); of deadlines, those by `due_by`: the rest may yet be ended."""
        for alarm in sorted(self._alarms.values(), key=_louder_first):
            if not alarm.is_open and _is_over(alarm.rearm_at, max(REARM_MS.values()), now, due_by):
                self._rearm(alarm, now)
        for alarm in sorted(self._alarms.values(), key=_louder_first):
            self._keep(alarm.alarm_id, now, due_by)

    def _keep(self, alarm_id: str, now: int, due_by: int) -> None:
        """One thing may bring on the next: let go by a silent belt it is held by a louder one, and follows that."""
        for _ in range(LINKS):
            before = self._alarms[alarm_id]
            if not before.is_open:
                return
            for owed in self._owed_to(before, now, due_by):
                self._give(owed)
            if self._alarms[alarm_id] == before:
                return

    def _give(self, given: AlarmInput) -> None:
        self.inputs.append(given)
        after = step(self._alarms.get(given.alarm_id), given).alarm
        if after is not None:
            self._alarms[given.alarm_id] = after

    def _raise(self, given: Raise) -> None:
        if given.alarm_id in self._alarms or self._of_run(given.alarm_id):
            return
        alarm = replace(given.alarm, held_by=self._holder_id(given.alarm, given.at, told=False))
        before = self._before(alarm, given.at)
        if before is None:
            self._give(replace(given, alarm=alarm))
        else:
            self._give(Repeat(alarm_id=before.alarm_id, at=given.at, alarm=alarm))

    def _of_run(self, run_id: str) -> list[str]:
        """The alarms of that run: its own unless it was counted as a repeat of another, and those that came again."""
        return [one.alarm_id for one in self._alarms.values() if (one.run_id or one.alarm_id) == run_id]

    def _before(self, alarm: Alarm, at: int) -> Alarm | None:
        """The alarm that this one is a repeat of."""
        if alarm.rule in LEAVE_BED_RULES:
            return None
        found = [
            one
            for one in self._alarms.values()
            if one.rule is alarm.rule
            and one.resident_id == alarm.resident_id
            and one.center_id == alarm.center_id
            and _may_repeat(one, at)
        ]
        return max(found, key=lambda one: one.began_at, default=None)

    def _owed_to(self, alarm: Alarm, now: int, due_by: int) -> Iterator[AlarmInput]:
        if _is_over(alarm.snoozed_until, SNOOZE_MOST_MS, now, due_by):
            yield Wake(alarm_id=alarm.alarm_id, at=now)
        if alarm.held_by is None:
            holder_id = None if alarm.cleared_at is not None else self._holder_id(alarm, now, told=True)
            if holder_id is not None:
                yield Hold(alarm_id=alarm.alarm_id, at=now, by=holder_id)
            return
        holder = self._alarms.get(alarm.held_by)
        if holder is not None and takes_over(holder, alarm):
            yield Follow(alarm_id=alarm.alarm_id, at=now, louder=holder)
        if not self._is_held(alarm, holder, now):
            other_id = self._holder_id(alarm, now, told=False)
            if other_id is None:
                yield Release(alarm_id=alarm.alarm_id, at=now)
            else:
                yield Hold(alarm_id=alarm.alarm_id, at=now, by=other_id)

    def _is_held(self, alarm: Alarm, holder: Alarm | None, now: int) -> bool:
        if holder is not None:
            return self._speaks_for(holder, alarm, told=False)
        pause = self._around.pauses.get(alarm.resident_id)
        return pause is not None and pause.pause_id == alarm.held_by and pause.stands(now)

    def _holder_id(self, alarm: Alarm, at: int, *, told: bool) -> str | None:
        """Who speaks for the alarm; a pause only for what has not been told."""
        for alarm_id in sorted(self._alarms):
            if alarm_id != alarm.alarm_id and self._speaks_for(self._alarms[alarm_id], alarm, told=told):
                return alarm_id
        pause = self._pause(alarm, at)
        return None if pause is None or told else pause.pause_id

    def _speaks_for(self, holder: Alarm, alarm: Alarm, *, told: bool) -> bool:
        """What nobody asks about any more (its belt was taken away) may stand open for days: it holds nothing back."""
        return holds_back(holder, alarm, told=told) and self._around.holding(holder) is not Holding.GONE

    def _pause(self, alarm: Alarm, at: int) -> CarePause | None:
        pause = self._around.pauses.get(alarm.resident_id)
        paused = pause is not None and pause.stands(at) and alarm.category is not Category.TECHNICAL
        return pause if paused else None

    def _rearm(self, alarm: Alarm, now: int) -> None:
        """Raise anew what a person closed and what still holds; wait while that is not certain."""
        holding = self._around.holding(alarm)
        if holding is Holding.ENDING or self._pause(alarm, now) is not None:
            return
        self._give(Disarm(alarm_id=alarm.alarm_id, at=now))
        if holding is Holding.YES:
            again = raised_anew(alarm, now)
            held_by = self._holder_id(again, now, told=False)
            self._give(Raise(alarm_id=again.alarm_id, at=now, alarm=replace(again, held_by=held_by)))


def _is_over(until: int | None, most_ms: int, now: int, due_by: int) -> bool:
    """Is a silence until then over? One that would last longer than any was begun before our clock was put back."""
    return until is not None and (until <= due_by or until > now + most_ms)


def _louder_first(alarm: Alarm) -> tuple[int, str]:
    return len(louder_than(alarm.rule)), alarm.alarm_id


def _may_repeat(alarm: Alarm, at: int) -> bool:
    """Did it end by itself just now, after somebody was called, with nothing said about it yet?"""
    if alarm.cleared_at is None or alarm.outcome is not None or alarm.resolved_by is not None or alarm.version == 0:
        return False
    return alarm.is_open or at - alarm.cleared_at <= MERGE_MS


def raised_anew(alarm: Alarm, now: int) -> Alarm:
    """What a person closed, raised anew: its identity is the instant from which it counts again, its run the same."""
    began_at = now if alarm.rearm_at is None else min(alarm.rearm_at, now)
    about = alarm.resident_id or alarm.center_id
    facts = dict(alarm.reason.facts)
    facts = {**facts, "since_at": facts.get("since_at", alarm.began_at), "again": int(facts.get("again", 0)) + 1}
    return Alarm(
        alarm_id=f"{about}.{alarm.rule}.{began_at}",
        rule=alarm.rule,
        category=alarm.category,
        priority=alarm.priority,
        center_id=alarm.center_id,
        resident_id=alarm.resident_id,
        bed_id=alarm.bed_id,
        belt_id=alarm.belt_id,
        state=AlarmState.ACTIVE,
        began_at=began_at,
        due_at=began_at,
        raised_at=now,
        reason=replace(alarm.reason, facts=facts),
        latches=alarm.latches,
        run_id=alarm.run_id or alarm.alarm_id,
    )
