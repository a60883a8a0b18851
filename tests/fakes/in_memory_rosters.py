"""Rosters in memory, for tests."""

from collections.abc import Sequence
from dataclasses import replace

from domain.errors import ConfigurationError
from domain.roster import Duty, Roster, Shift, Swap


class InMemoryRosters:
    """`domain.ports.Rosters` in a dictionary."""

    def __init__(self) -> None:
        self._rosters: dict[str, Roster] = {}

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
