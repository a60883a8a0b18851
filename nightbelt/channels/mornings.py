"""Families hear of the night: from each centre's hour on the letters that are owed are queued.

Fails towards looking again: what could not be looked up or queued is owed at the next turn.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final
from zoneinfo import ZoneInfo

from alerts.morning import Morning, letter_key, letters, morning_of
from api.services import Services
from domain.calls import Call
from domain.consents import ReportConsent
from domain.nights import night_span, zone
from domain.ports import ContactBook
from domain.units import DAY_MS, LONG_AGO, MINUTE_MS

EVERY_MS: Final = MINUTE_MS
"""How often it is looked whether letters are owed."""


class Mornings:
    """Queues the letters that are owed. `turn` is one round; UnavailableError when the records are away.

    Everything is derived from what is stored and each letter has one key, so a restart sends nothing twice.
    """

    def __init__(self, services: Services, contacts: ContactBook) -> None:
        self._services, self._contacts = services, contacts
        self._began_at = services.clock.now()
        self._looked_at = LONG_AGO
        self._queued: dict[str, int] = {}
        """Letters that need not be looked at again, by key, and when they were due (ms); the outbox knows them too."""

    def turn(self) -> None:
        now = self._services.clock.now()
        if 0 <= now - self._looked_at < EVERY_MS:
            return
        owed = list(self._owed(now))
        if owed:
            self._services.outbox.queue(owed)
            self._queued |= {call.key: call.due_at for call in owed}
        self._queued = {key: due_at for key, due_at in self._queued.items() if now - due_at < DAY_MS}
        self._looked_at = now

    def _owed(self, now: int) -> Iterable[Call]:
        places = self._services.register.places(now)
        centers = {place.center.center_id: place.center for place in places}
        living = {place.resident.resident_id: place.center.center_id for place in places if place.resident}
        mornings = {name: morning_of(each, zone(each.timezone), now) for name, each in centers.items()}
        if not any(morning.is_on(now) for morning in mornings.values()):
            return
        standing = [one for one in self._services.consents.find() if one.stands and one.resident_id in living]
        for center_id, morning in mornings.items():
            mine = [one for one in standing if living[one.resident_id] == center_id]
            yield from self._of_morning(morning, zone(centers[center_id].timezone), mine, now)

    def _of_morning(
        self, morning: Morning, tz: ZoneInfo, consents: Sequence[ReportConsent], now: int
    ) -> Iterable[Call]:
        waiting = [one for one in consents if letter_key(one, morning.night) not in self._queued]
        reachable = [one for one in waiting if self._contacts.of_person(one.person_id)]
        start_at, end_at = night_span(morning.night, tz)
        owed = letters(
            morning,
            reachable,
            told=lambda resident_id: self._told(resident_id, morning.night),
            now=now,
            running_since=self._began_at,
        )
        for call in owed:
            if self._services.register.belt_spans(call.resident_id, start_at, end_at):
                yield call

    def _told(self, resident_id: str, night: date) -> bool:
        kept = self._services.reports.between(resident_id, night, night)
        return any(one.report.valid for one in kept)
