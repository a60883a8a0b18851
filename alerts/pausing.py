"""The pauses for care as the watch knows them, and when they are over.

A pause ends when the resident has come back to bed: got in after it began, and stayed for `RETURN_CONFIRM_MS`; or by
its time. It then ended when they got in, by the belt's readings, so a late reading ends it at its own instant.

One that began later than now was begun before our clock was put back, and is over: nobody knows for how long it was.

Fails towards telling a person: a short spell in bed is a return, for who is left alone a minute after is watched again.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Final

from alerts.rules import END_CONFIRM_MS
from domain.pauses import CarePause, PauseEnd
from domain.units import DAY_MS, LONG_AGO, MINUTE_MS, NEVER

RETURN_CONFIRM_MS: Final = END_CONFIRM_MS
"""As with the leave-bed rules: a shorter spell is chatter of the sensor or an edge sat on."""
LOOK_BACK_MS: Final = DAY_MS
"""How long after its end a pause still matters to what began before that; longer than every limit."""

AHEAD_MS: Final = MINUTE_MS
"""More than the judging may lag behind who begins a pause."""

Spell = Callable[[str], tuple[int, int]]
"""Resident -> the latest spell in bed, from when until when it is known (our clock, ms)."""


class Pausing:
    """The pauses of the last day. Reads no clock."""

    def __init__(self) -> None:
        self._pauses: dict[str, CarePause] = {}
        self._ended: dict[str, CarePause] = {}
        self._now = NEVER

    def take(self, stored: Iterable[CarePause]) -> bool:
        """Go on with what is stored, and with what ended here and is not stored yet; has anything changed?"""
        known = [pause for pause in stored if pause.ended_at is None or not _is_ahead(pause, self._now)]
        pauses = {pause.pause_id: self._ended.get(pause.pause_id, pause) for pause in known}
        changed = pauses != self._pauses
        self._pauses = pauses
        return changed

    def until(self, resident_id: str) -> int:
        """When the resident's latest pause ended or will; `LONG_AGO` when there was none."""
        pause = self.latest().get(resident_id)
        return LONG_AGO if pause is None else pause.until

    def latest(self) -> Mapping[str, CarePause]:
        """Of each resident the pause that lasts longest."""
        ascending = sorted(self._pauses.values(), key=lambda pause: pause.until)
        return {pause.resident_id: pause for pause in ascending}

    def end(self, now: int, heard_until: int, spell: Spell) -> bool:
        """Let pauses end that are over at `now` (our clock, ms), by what came by `heard_until`; has any ended early?"""
        early, self._now = False, now
        for pause in list(self._pauses.values()):
            after = _ended(pause, now, heard_until, spell) if pause.ended_at is None else None
            if after is not None:
                self._pauses[pause.pause_id] = self._ended[pause.pause_id] = after
                early |= after.until < pause.until
        return early

    def to_store(self) -> list[CarePause]:
        """The pauses whose end is not stored yet."""
        return list(self._ended.values())

    def stored(self) -> None:
        """All of them are."""
        self._ended.clear()


def _is_ahead(pause: CarePause, now: int) -> bool:
    return pause.began_at > now + AHEAD_MS


def _ended(pause: CarePause, now: int, heard_until: int, spell: Spell) -> CarePause | None:
    if _is_ahead(pause, now):
        return replace(pause, ended_at=now, ended_as=PauseEnd.TIME)
    entered_at, known_until = spell(pause.resident_id)
    if pause.began_at < entered_at < pause.ends_at and known_until - entered_at >= RETURN_CONFIRM_MS:
        return replace(pause, ended_at=entered_at, ended_as=PauseEnd.RETURNED)
    if pause.ends_at <= heard_until:
        return replace(pause, ended_at=pause.ends_at, ended_as=PauseEnd.TIME)
    return None
