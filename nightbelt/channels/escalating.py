"""Works out who is to be called for the open alarms and puts the calls into the outbox, round after round.

Everything is derived from what is stored, so nothing is remembered over a restart but to spare work. Fails towards
calling: what could not be queued is owed at the next turn, and one centre that cannot be looked at holds up no other.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

import structlog

from alerts.escalation import Plan, Staff, Stretch, called, plan, staff_of, stretch_of
from domain.alarms import Alarm
from domain.clock import Clock
from domain.nights import zone
from domain.units import SECOND_MS
from nightbelt.channels.desks import Books

REFRESH_MS: Final = 30 * SECOND_MS
"""How old the known staff, roster and zone of a centre may be."""

_log = structlog.get_logger(__name__)


class Escalating:
    """One `turn` is one look at the open alarms of every centre.

    Any error of a store ends the look at that centre; the others are looked at, the last such error is raised, and the
    next turn owes the same.
    """

    def __init__(self, *, books: Books, centers: Callable[[], Sequence[str]], clock: Clock) -> None:
        self._books, self._centers, self._clock = books, centers, clock
        self._staff: dict[str, tuple[int, Staff]] = {}
        self._stretches: dict[str, dict[str, tuple[Alarm, Stretch]]] = {}
        """By centre and alarm, as long as it is open: the alarm as it was last seen, and the stretch it was in."""
        self._unheard: set[str] = set()
        """Centres in which there was nobody to call."""

    def turn(self) -> None:
        failure: Exception | None = None
        for center_id in self._centers():
            try:
                self._look(center_id, self._clock.now())
            except Exception as error:  # noqa: BLE001 - raised after the other centres had their turn
                failure = error
        if failure is not None:
            raise failure

    def _look(self, center_id: str, now: int) -> None:
        alarms = self._books.alarms.open_alarms(center_id)
        known = self._stretches.setdefault(center_id, {})
        for alarm_id in known.keys() - {alarm.alarm_id for alarm in alarms}:
            del known[alarm_id]
        if not alarms:
            return
        staff = self._staff_of(center_id, now)
        plans = {alarm.alarm_id: plan(alarm, staff, now, self._stretch(known, alarm)) for alarm in alarms}
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

    def _stretch(self, known: dict[str, tuple[Alarm, Stretch]], alarm: Alarm) -> Stretch:
        seen, stretch = known.get(alarm.alarm_id, (None, None))
        if stretch is None or seen != alarm:
            history = self._books.alarms.history(alarm.alarm_id)
            deliveries = self._books.outbox.of_alarm(alarm.alarm_id)
            stretch = stretch_of(alarm, history, [delivery.call for delivery in deliveries])
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
        if staff is None or abs(now - looked_at) >= REFRESH_MS:
            staff = self._read_staff(center_id, now)
            self._staff[center_id] = (now, staff)
        return staff

    def _read_staff(self, center_id: str, now: int) -> Staff:
        places = self._books.register.places(now)
        tz = zone(next((place.center.timezone for place in places if place.center.center_id == center_id), "UTC"))
        roster = self._books.rosters.roster(center_id)
        return staff_of(self._books.people.of_center(center_id), lambda at: roster.on_duty(at, tz), roster.steps)
