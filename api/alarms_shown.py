"""Alarms for a reader: in words, with names, in the order in which they matter."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from alerts.quality import wants_outcome
from api.services import Services
from api.viewer import Viewer
from api.ward import Ward
from api.words import left_at, reason_in_words
from domain.alarms import Alarm, AlarmState, Priority
from domain.deliveries import Delivery
from domain.errors import NotFoundError
from domain.units import HOUR_MS

SEVERITY: Final = {Priority.HIGH: 0, Priority.MEDIUM: 1, Priority.LOW: 2}
SNOOZED: Final = "snoozed"
"""What the board calls an active alarm that is silent for a while."""
HELD: Final = "held"
LAST_MOMENT: Final = 10**15 - 1
UNFINISHED_MS: Final = 16 * HOUR_MS
"""How long an alarm that ended by itself waits on the board for its outcome: a night and the hand-over."""
BEGAN_BEFORE_MS: Final = 24 * HOUR_MS
"""How long before that such an alarm may have begun: a belt that was silent for a day, say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmView:
    """One alarm as a reader sees it. `progress` only ever grows, so an older view never replaces a newer one.

    Of an alarm about the whole centre `room`, `bed` and `resident` are "". `lies_here`: the resident has not left
    since, so there is a page of theirs.
    """

    alarm: Alarm
    path: str
    room: str
    bed: str
    resident: str
    why: str
    left_at: int
    taken_by: str | None
    taken_by_viewer: bool
    progress: int
    order: str
    snoozed_by: str | None = None
    escalated_by: str | None = None
    lies_here: bool = True

    @property
    def shelf(self) -> str:
        """Where on the board it belongs: among the open ones, those that wait for an outcome, or nowhere.

        How a technical matter ended is not asked of the ward, nor that of an alarm for which another one spoke.
        """
        if self.alarm.is_open:
            return "open" if self.alarm.held_by is None else HELD
        return "unfinished" if wants_outcome(self.alarm) else "done"

    @property
    def state(self) -> str:
        """As the board's scripts know it."""
        return SNOOZED if self.alarm.snoozed_until is not None else self.alarm.state


class AlarmWords:
    """Puts alarms into a viewer's words; asks for each name once. Blocks: use from a thread of the pool."""

    def __init__(self, services: Services, ward: Ward, viewer: Viewer) -> None:
        self._services = services
        self._ward = ward
        self._viewer = viewer
        self._names: dict[str, str] = {}

    def view(self, alarm: Alarm) -> AlarmView:
        here = self._ward.by_resident.get(alarm.resident_id)
        place = here or next((place for place in self._ward.places if place.bed_id == alarm.bed_id), None)
        return AlarmView(
            alarm=alarm,
            path=f"/alarms/{quote(alarm.alarm_id, safe='')}",
            room=place.room if place else "",
            bed=place.bed if place else alarm.bed_id,
            resident=here.resident.name if here and here.resident else self.resident(alarm.resident_id),
            lies_here=here is not None,
            why=reason_in_words(alarm, self._viewer.language),
            left_at=left_at(alarm),
            taken_by=self.person(alarm.acknowledged_by),
            taken_by_viewer=alarm.acknowledged_by == self._viewer.person.person_id,
            progress=alarm.version,
            order=_order(alarm),
            snoozed_by=self.person(alarm.snoozed_by),
            escalated_by=self.person(alarm.escalated_by),
        )

    def views(self, alarms: Iterable[Alarm]) -> list[AlarmView]:
        """In their `order`: most severe first, then what nobody has taken, then oldest; what is over newest first."""
        return sorted((self.view(alarm) for alarm in alarms), key=lambda view: view.order)

    def holder(self, alarm: Alarm) -> AlarmView | None:
        """The alarm that speaks for this one; None for a pause."""
        if alarm.held_by is None:
            return None
        try:
            return self.view(self._services.book.alarm(alarm.held_by))
        except NotFoundError:
            return None

    def calls(self, alarm_id: str) -> list[tuple[Delivery, str | None]]:
        """Who was called for the alarm, by name and in order of time; None for a group of the centre."""
        found = sorted(self._services.outbox.of_alarm(alarm_id), key=lambda told: (told.call.due_at, told.call.key))
        return [(told, self.person(told.call.person_id or None)) for told in found]

    def person(self, person_id: str | None) -> str | None:
        """The name of a person; None for what happened by itself."""
        if person_id is None:
            return None
        if person_id not in self._names:
            person = self._services.people.by_id(person_id)
            self._names[person_id] = person.name if person else person_id
        return self._names[person_id]

    def resident(self, resident_id: str) -> str:
        """The name of a resident, of the ward or gone from it; "" for none."""
        place = self._ward.by_resident.get(resident_id)
        if place and place.resident:
            return place.resident.name
        try:
            return self._services.register.resident(resident_id).name if resident_id else ""
        except NotFoundError:
            return resident_id


def unfinished_alarms(services: Services, center_id: str) -> list[Alarm]:
    """Alarms that ended by themselves lately and have no outcome."""
    now = services.clock.now()
    since_at = now - UNFINISHED_MS
    found = services.book.alarms_between(center_id, since_at - BEGAN_BEFORE_MS, now + 1)
    return [alarm for alarm in found if _waits(alarm, center_id, since_at)]


def _order(alarm: Alarm) -> str:
    if alarm.state is AlarmState.RESOLVED:
        return f"{LAST_MOMENT - alarm.began_at:015d}-{alarm.alarm_id}"
    return f"{SEVERITY[alarm.priority]}-{int(not alarm.calls)}-{alarm.began_at:015d}-{alarm.alarm_id}"


def _waits(alarm: Alarm, center_id: str, since_at: int) -> bool:
    ended_lately = alarm.resolved_at is not None and alarm.resolved_at >= since_at
    return ended_lately and alarm.center_id == center_id and wants_outcome(alarm)
