"""What people do with alarms. Stored first, then told to every open board; a repeat changes nothing."""

from api.access import Viewer
from api.services import Services
from domain.alarms import Acknowledge, Alarm, AlarmInput, Outcome, Resolve
from domain.errors import NotFoundError
from domain.live import AlarmsChanged


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


def _carry_out(services: Services, viewer: Viewer, given: AlarmInput) -> Alarm:
    visible_alarm(services, viewer, given.alarm_id)
    events = services.book.apply([given], services.step)
    if events:
        services.hub.publish([AlarmsChanged(events=tuple(events))])
    return services.book.alarm(given.alarm_id)
