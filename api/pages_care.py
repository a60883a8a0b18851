"""What carers do by form beside taking and closing: silence an alarm for a while, hand it on, pause and resume."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response

from api.access import Needs
from api.addresses import local_path
from api.bodies import EscalateForm, PauseForm, SnoozeForm
from api.commands import escalate, give_back, snooze
from api.house import house_of
from api.pages import handled
from api.pauses import begin_pause, end_pause
from api.viewer import Viewer
from domain.people import Right

router = APIRouter()
Carer = Annotated[Viewer, Depends(Needs(Right.HANDLE_ALARMS))]


@router.post("/alarms/{alarm_id}/snooze")
def snooze_alarm(request: Request, viewer: Carer, alarm_id: str, asked: Annotated[SnoozeForm, Form()]) -> Response:
    """Silent for some minutes."""
    alarm = snooze(house_of(request).services, viewer, alarm_id, asked.minutes)
    return handled(request, viewer, alarm, asked.next)


@router.post("/alarms/{alarm_id}/escalate")
def escalate_alarm(request: Request, viewer: Carer, alarm_id: str, said: Annotated[EscalateForm, Form()]) -> Response:
    """The lead's from now on."""
    alarm = escalate(house_of(request).services, viewer, alarm_id, said.note)
    return handled(request, viewer, alarm, said.next)


@router.post("/alarms/{alarm_id}/give-back")
def give_back_alarm(
    request: Request,
    viewer: Carer,
    alarm_id: str,
    next: Annotated[str, Form()] = "/",  # noqa: A002  the name of the field
) -> Response:
    """The viewer does not go after all."""
    return handled(request, viewer, give_back(house_of(request).services, viewer, alarm_id), next)


@router.post("/residents/{resident_id}/pause")
def pause_resident(request: Request, viewer: Carer, resident_id: str, asked: Annotated[PauseForm, Form()]) -> Response:
    """No alarms for a while."""
    begin_pause(house_of(request).services, viewer, resident_id, asked.reason, asked.minutes)
    return RedirectResponse(local_path(asked.next) or "/", status_code=303)


@router.post("/residents/{resident_id}/resume")
def resume_resident(
    request: Request,
    viewer: Carer,
    resident_id: str,
    next: Annotated[str, Form()] = "/",  # noqa: A002  the name of the field
) -> Response:
    """Alarms again."""
    end_pause(house_of(request).services, viewer, resident_id)
    return RedirectResponse(local_path(next) or "/", status_code=303)
