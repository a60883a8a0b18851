"""The same as JSON: silence an alarm for a while, hand it on, pause and resume."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request

from api.access import Needs
from api.bodies import AlarmBody, EscalateBody, PauseBody, PausedBody, SnoozeBody
from api.commands import escalate, give_back, snooze
from api.house import house_of
from api.pauses import begin_pause, end_pause
from api.programs import alarm_body
from api.viewer import Viewer
from domain.people import Right

router = APIRouter(prefix="/api")
Carer = Annotated[Viewer, Depends(Needs(Right.HANDLE_ALARMS))]


@router.post("/alarms/{alarm_id}/snooze")
def snooze_alarm(request: Request, viewer: Carer, alarm_id: str, asked: SnoozeBody) -> AlarmBody:
    """Silent for some minutes; it sounds again by itself. Doing it twice is doing it once."""
    return alarm_body(request, viewer, snooze(house_of(request).services, viewer, alarm_id, asked.minutes))


@router.post("/alarms/{alarm_id}/escalate")
def escalate_alarm(request: Request, viewer: Carer, alarm_id: str, said: EscalateBody) -> AlarmBody:
    """The lead's from now on."""
    return alarm_body(request, viewer, escalate(house_of(request).services, viewer, alarm_id, said.note))


@router.post("/alarms/{alarm_id}/give-back")
def give_back_alarm(request: Request, viewer: Carer, alarm_id: str) -> AlarmBody:
    """The viewer, who had taken it, does not go after all."""
    return alarm_body(request, viewer, give_back(house_of(request).services, viewer, alarm_id))


@router.post("/residents/{resident_id}/pause")
def pause_resident(request: Request, viewer: Carer, resident_id: str, asked: PauseBody) -> PausedBody:
    """No alarms for a while, technical ones aside."""
    pause = begin_pause(house_of(request).services, viewer, resident_id, asked.reason, asked.minutes)
    return PausedBody(reason=pause.reason, began_at=pause.began_at, ends_at=pause.ends_at)


@router.post("/residents/{resident_id}/resume")
def resume_resident(request: Request, viewer: Carer, resident_id: str) -> None:
    """Alarms again."""
    end_pause(house_of(request).services, viewer, resident_id)
