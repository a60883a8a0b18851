"""Works out who is to be called for the open alarms and puts the calls into the outbox, round after round.

Everything is derived from what is stored, so nothing is remembered over a restart but to spare work. Fails towards
calling: a roster that cannot be read is taken as it was last, and where none ever was, nobody is on duty.
"""

from collections.abc import Callable, Sequence
from typing import Final
from zoneinfo import ZoneInfo

from alerts.escalation import Staff, plan
from domain.alarms import Alarm
from domain.calls import Call
from domain.clock import Clock
from domain.nights import zone
from domain.people import Right, Role
from domain.units import SECOND_MS
from nightbelt.channels.courier import Books

REFRESH_MS: Final = 30 * SECOND_MS
"""How old the known staff, roster and zone of a centre may be."""


class Escalating:
    """One `turn` is one look at the open alarms of every centre. Any error of a store ends it; the next one owes the
    same.
    """

    def __init__(self, *, books: Books, centers: Callable[[], Sequence[str]], clock: Clock) -> None:
        self._books, self._centers, self._clock = books, centers, clock
        self._staff: dict[str, tuple[int, Staff]] = {}
        self._queued: dict[str, set[str]] = {}
        """The keys of calls that were queued, by alarm, as long as it is open."""

    def turn(self) -> None:
        now = self._clock.now()
        for center_id in self._centers():
            alarms = self._books.alarms.open_alarms(center_id)
            if alarms:
                self._call(alarms, self._staff_of(center_id, now), now)

    def _call(self, alarms: Sequence[Alarm], staff: Staff, now: int) -> None:
        fresh: list[Call] = []
        for alarm in alarms:
            known = self._queued.setdefault(alarm.alarm_id, set())
            fresh += [call for call in plan(alarm, staff, now).calls if call.key not in known]
        if fresh:
            self._books.outbox.queue(sorted(fresh, key=lambda call: call.due_at))
        for call in fresh:
            self._queued[call.alarm_id].add(call.key)

    def _staff_of(self, center_id: str, now: int) -> Staff:
        looked_at, staff = self._staff.get(center_id, (now - REFRESH_MS, None))
        if staff is None or abs(now - looked_at) >= REFRESH_MS:
            staff = self._read_staff(center_id, self._zone_of(center_id, now))
            self._staff[center_id] = (now, staff)
            self._queued = {}
        return staff

    def _read_staff(self, center_id: str, tz: ZoneInfo) -> Staff:
        roster = self._books.rosters.roster(center_id)
        carers = [person for person in self._books.people.of_center(center_id) if person.may(Right.HANDLE_ALARMS)]
        return Staff(
            on_duty=lambda at: roster.on_duty(at, tz),
            leads=tuple(person.person_id for person in carers if person.role is Role.LEAD),
            everybody=tuple(person.person_id for person in carers),
        )

    def _zone_of(self, center_id: str, now: int) -> ZoneInfo:
        names = (
            place.center.timezone for place in self._books.register.places(now) if place.center.center_id == center_id
        )
        return zone(next(names, "UTC"))
