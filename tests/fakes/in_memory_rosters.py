"""Rosters in memory, for tests."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace

from domain.alarms import Priority
from domain.errors import ConfigurationError, NotFoundError
from domain.escalation import Steps
from domain.roster import Duty, Roster, Shift, Swap


class InMemoryRosters:
    """`domain.ports.Rosters` in a dictionary."""

    def __init__(self) -> None:
        self._rosters: dict[str, Roster] = {}
        self._lock = threading.Lock()

    def roster(self, center_id: str) -> Roster:
        return self._rosters.get(center_id, Roster(center_id=center_id))

    def plan(self, center_id: str, shifts: Sequence[Shift], duties: Sequence[Duty]) -> None:
        known = {shift.shift_id for shift in shifts}
        for duty in duties:
            if duty.shift_id not in known:
                raise ConfigurationError(f"roster of {center_id}: a duty names the shift {duty.shift_id!r}")
        by_place = {(duty.shift_id, duty.weekday, duty.post): duty for duty in duties}
        self._rosters[center_id] = replace(
            self.roster(center_id),
            shifts=tuple(sorted(shifts, key=lambda shift: shift.shift_id)),
            duties=tuple(by_place[place] for place in sorted(by_place)),
        )

    def swap(self, center_id: str, swap: Swap) -> None:
        old = self.roster(center_id)
        by_place = {(each.day, each.shift_id, each.post): each for each in (*old.swaps, swap)}
        self._rosters[center_id] = replace(old, swaps=tuple(by_place[place] for place in sorted(by_place)))

    def each_week(self, center_id: str, change: Swap) -> None:
        with self._lock:
            old = self.roster(center_id)
            if change.shift_id not in {shift.shift_id for shift in old.shifts}:
                raise NotFoundError("shift", change.shift_id)
            weekday = change.day.weekday()
            place = (change.shift_id, weekday, change.post)
            duties = {(duty.shift_id, duty.weekday, duty.post): duty for duty in old.duties}
            duties.pop(place, None)
            if change.person_id:
                duties[place] = Duty(
                    shift_id=change.shift_id, weekday=weekday, post=change.post, person_id=change.person_id
                )
            self._rosters[center_id] = replace(
                old,
                duties=tuple(duties[each] for each in sorted(duties)),
                swaps=tuple(swap for swap in old.swaps if replace(swap, person_id="") != replace(change, person_id="")),
            )

    def escalate(self, center_id: str, steps: Mapping[Priority, Steps]) -> None:
        self._rosters[center_id] = replace(self.roster(center_id), steps=dict(steps))
