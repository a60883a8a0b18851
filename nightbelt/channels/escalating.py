"""Works out who is to be called for the open alarms and puts the calls into the outbox, round after round.

Everything is derived from what is stored, so nothing is remembered over a restart but to spare work. Fails towards
calling: what could not be queued is owed at the next turn, one centre or alarm that cannot be looked at holds up no
other, and where the roster cannot be read the one known last counts, or else nobody is on duty.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

import structlog

from alerts.escalation import Plan, Staff, Stretch, begun_by, called, plan, staff_of, stretch_of
from domain.alarms import Alarm
from domain.clock import Clock
from domain.errors import UnavailableError
from domain.nights import zone
from domain.roster import OnDuty
from domain.units import SECOND_MS
from nightbelt.channels.desks import Books

REFRESH_MS: Final = 30 * SECOND_MS
"""How old the known staff, roster and zone of a centre may be."""

_log = structlog.get_logger(__name__)


class Escalating:
    """One `turn` is one look at the open alarms of every centre.

    UnavailableError ends the look at that centre, any other error that at one alarm; all else is looked at, the last
    such error is raised, and the next turn owes the same.
    """

    def __init__(self, *, books: Books, centers: Callable[[], Sequence[str]], clock: Clock) -> None:
        self._books, self._centers, self._clock = books, centers, clock
        self._staff: dict[str, tuple[int, Staff]] = {}
        self._stretches: dict[str, dict[str, tuple[Alarm, Stretch]]] = {}
        """By centre and alarm, as long as it is open: the alarm as it was last seen, and the stretch it was in."""
        self._unheard: set[str] = set()
        """Centres in which there was nobody to call."""
        self._failure: Exception | None = None
        """Of this turn: raised when all else had its turn."""

    def turn(self) -> None:
        self._failure = None
        for center_id in self._centers():
            try:
                self._look(center_id, self._clock.now())
            except Exception as error:  # noqa: BLE001 - raised after the other centres had their turn
                self._failure = error
        if self._failure is not None:
            raise self._failure

    def _look(self, center_id: str, now: int) -> None:
        alarms = self._books.alarms.open_alarms(center_id)
        known = self._stretches.setdefault(center_id, {})
        for alarm_id in known.keys() - {alarm.alarm_id for alarm in alarms}:
            del known[alarm_id]
        if not alarms:
            return
        staff = self._staff_of(center_id, now)
        plans = {}
        for alarm in alarms:
            try:
                plans[alarm.alarm_id] = plan(alarm, staff, now, self._stretch(known, alarm, now))
            except UnavailableError:
                raise
            except Exception as error:  # noqa: BLE001 - raised after the other alarms had their turn
                self._failure = error
        self._note_unheard(center_id, plans.values())
        self._queue(known, plans)

    def _queue(self, known: dict[str, tuple[Alarm, Stretch]], plans: dict[str, Plan]) -> None:
        owed = [call for each in plans.values() for call in each.calls]
        if not owed:
            return
        self._books.outbox.queue(sorted(owed, key=lambda call: call.due_at))
        for alarm_id, each in plans.items():
            alarm, stretch = known[alarm_id]
            if each.calls:
                known[alarm_id] = (alarm, called(stretch, each.calls))

    def _stretch(self, known: dict[str, tuple[Alarm, Stretch]], alarm: Alarm, now: int) -> Stretch:
        seen, stretch = known.get(alarm.alarm_id, (None, None))
        if stretch is None or seen != alarm:
            history = self._books.alarms.history(alarm.alarm_id)
            deliveries = self._books.outbox.of_alarm(alarm.alarm_id)
            stretch = stretch_of(alarm, history, [delivery.call for delivery in deliveries])
        stretch = begun_by(stretch, now)
        known[alarm.alarm_id] = (alarm, stretch)
        return stretch

    def _note_unheard(self, center_id: str, plans: Iterable[Plan]) -> None:
        """A centre where nobody may handle alarms: said once, until somebody is there."""
        if not any(each.unheard for each in plans):
            self._unheard.discard(center_id)
        elif center_id not in self._unheard:
            self._unheard.add(center_id)
            _log.error("an alarm calls and there is nobody to call", center_id=center_id)

    def _staff_of(self, center_id: str, now: int) -> Staff:
        looked_at, staff = self._staff.get(center_id, (now, None))
        if staff is not None and abs(now - looked_at) < REFRESH_MS:
            return staff
        try:
            read = self._read_staff(center_id, now)
        except UnavailableError:
            raise
        except Exception as error:  # noqa: BLE001 - raised after whoever can be called without it was
            self._failure = error
            return staff or self._without_roster(center_id)
        self._staff[center_id] = (now, read)
        return read

    def _read_staff(self, center_id: str, now: int) -> Staff:
        places = self._books.register.places(now)
        tz = zone(next((place.center.timezone for place in places if place.center.center_id == center_id), "UTC"))
        roster = self._books.rosters.roster(center_id)
        people = self._books.people.of_center(center_id)
        return staff_of(people, lambda at: roster.on_duty(at, tz), roster.steps, reachable=self._reachable)

    def _reachable(self, person_id: str) -> bool:
        return bool(self._books.contacts.of_person(person_id))

    def _without_roster(self, center_id: str) -> Staff:
        return staff_of(self._books.people.of_center(center_id), lambda _at: OnDuty(posts={}))
