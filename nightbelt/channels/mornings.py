"""Families hear of the night: from each centre's hour on the letters that are owed are queued.

Fails towards looking again: what could not be looked up or queued is owed at the next turn.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from alerts.morning import Morning, letters, morning_of
from api.services import Services
from domain.calls import Call
from domain.consents import ReportConsent
from domain.nights import night_span, zone
from domain.ports import ContactBook
from domain.residents import Center
from domain.units import LONG_AGO, MINUTE_MS

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

    def turn(self) -> None:
        now = self._services.clock.now()
        if 0 <= now - self._looked_at < EVERY_MS:
            return
        owed = list(self._owed(now))
        if owed:
            self._services.outbox.queue(owed)
        self._looked_at = now

    def _owed(self, now: int) -> Iterable[Call]:
        places = self._services.register.places(now)
        centers = {place.center.center_id: place.center for place in places}
        living = {place.resident.resident_id: place.center.center_id for place in places if place.resident}
        standing = [one for one in self._services.consents.find() if one.stands and one.resident_id in living]
        for center_id, center in centers.items():
            mine = [one for one in standing if living[one.resident_id] == center_id]
            if mine:
                yield from self._of_center(center, mine, now)

    def _of_center(self, center: Center, consents: Sequence[ReportConsent], now: int) -> Iterable[Call]:
        tz = zone(center.timezone)
        morning = morning_of(center, tz, now)
        reachable = [one for one in consents if self._contacts.of_person(one.person_id)]
        for call in letters(
            morning,
            reachable,
            told=lambda resident_id: self._told(resident_id, morning),
            now=now,
            running_since=self._began_at,
        ):
            start_at, end_at = night_span(morning.night, tz)
            if self._services.register.belt_spans(call.resident_id, start_at, end_at):
                yield call

    def _told(self, resident_id: str, morning: Morning) -> bool:
        kept = self._services.reports.between(resident_id, morning.night, morning.night)
        return any(one.report.valid for one in kept)
