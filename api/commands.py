"""What people do with alarms and for residents. Stored first, then told to who must know."""

from api.nights import visible_resident
from api.services import Services
from api.viewer import Viewer
from domain.alarms import Acknowledge, Alarm, AlarmInput, Escalate, GiveBack, Outcome, Resolve, Snooze
from domain.care import CareKind, CareRecord
from domain.errors import NotFoundError
from domain.live import AlarmsChanged
from domain.units import DAY_MS, MINUTE_MS


def visible_alarm(services: Services, viewer: Viewer, alarm_id: str) -> Alarm:
    """NotFoundError also for an alarm of another centre."""
    alarm = services.book.alarm(alarm_id)
    if alarm.center_id != viewer.center_id:
        raise NotFoundError("alarm", alarm_id)
    return alarm


def acknowledge(services: Services, viewer: Viewer, alarm_id: str) -> Alarm:
    """The viewer goes. IllegalStepError when the alarm is over."""
    person_id = viewer.person.person_id
    given = Acknowledge(alarm_id=alarm_id, at=services.clock.now(), person_id=person_id)
    return _carry_out(services, viewer, given)


def resolve(services: Services, viewer: Viewer, alarm_id: str, outcome: Outcome, note: str) -> Alarm:
    """The viewer says what they found. IllegalStepError when it was closed with another outcome."""
    person_id, at = viewer.person.person_id, services.clock.now()
    given = Resolve(alarm_id=alarm_id, at=at, person_id=person_id, outcome=outcome, note=note.strip())
    return _carry_out(services, viewer, given)


def document_turn(services: Services, viewer: Viewer, resident_id: str) -> CareRecord:
    """The viewer has turned the resident just now; the time until the next turn counts from here.

    NotFoundError for a resident of another centre.
    """
    visible_resident(services, viewer, resident_id)
    person_id, at = viewer.person.person_id, services.clock.now()
    done = CareRecord(resident_id=resident_id, kind=CareKind.TURN, at=at, person_id=person_id)
    services.care.record(done)
    services.on_care(done)
    return done


def last_turn(services: Services, resident_id: str) -> tuple[CareRecord, str] | None:
    """The last documented turn of a day, and the name of who did it."""
    now = services.clock.now()
    turns = services.care.records_of(resident_id, CareKind.TURN, now - DAY_MS, now + 1)
    if not turns:
        return None
    person = services.people.by_id(turns[-1].person_id)
    return turns[-1], person.name if person else turns[-1].person_id


def snooze(services: Services, viewer: Viewer, alarm_id: str, minutes: int) -> Alarm:
    """The viewer wants this alarm silent for so long. IllegalStepError when it is over, taken or held back."""
    now = services.clock.now()
    person_id, until = viewer.person.person_id, now + minutes * MINUTE_MS
    return _carry_out(services, viewer, Snooze(alarm_id=alarm_id, at=now, person_id=person_id, until=until))


def escalate(services: Services, viewer: Viewer, alarm_id: str, note: str) -> Alarm:
    """The viewer hands the alarm on to the lead. IllegalStepError when it is over or held back."""
    person_id, at = viewer.person.person_id, services.clock.now()
    given = Escalate(alarm_id=alarm_id, at=at, person_id=person_id, note=note.strip())
    return _carry_out(services, viewer, given)


def give_back(services: Services, viewer: Viewer, alarm_id: str) -> Alarm:
    """The viewer, who had taken the alarm, does not go. IllegalStepError when it is not theirs, over or held back."""
    person_id, at = viewer.person.person_id, services.clock.now()
    return _carry_out(services, viewer, GiveBack(alarm_id=alarm_id, at=at, person_id=person_id))


def _carry_out(services: Services, viewer: Viewer, given: AlarmInput) -> Alarm:
    visible_alarm(services, viewer, given.alarm_id)
    events = services.book.apply([given], services.step)
    if events:
        services.hub.publish([AlarmsChanged(events=tuple(events))])
    return services.book.alarm(given.alarm_id)
