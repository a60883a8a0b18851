"""The JSON interface: the same queries and commands as the pages."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request

from api.access import ANY_ROLE, Needs
from api.alarms_shown import AlarmWords
from api.board import read_board
from api.bodies import (
    AlarmBody,
    AlarmEventBody,
    AlarmHistoryBody,
    AlarmsBody,
    BedBody,
    BedsBody,
    CallBody,
    NightBody,
    ResolveBody,
    SessionBody,
    TurnBody,
    UnassignedBeltBody,
    UnassignedBeltsBody,
)
from api.commands import acknowledge, document_turn, resolve, visible_alarm
from api.house import house_of
from api.nights import read_night
from api.report_body import ReportBody
from api.reports import read_report
from api.unassigned import unassigned_belts
from api.viewer import Viewer
from api.ward import read_ward, stale_after_ms
from domain.alarms import Alarm
from domain.errors import NotFoundError
from domain.people import Right

router = APIRouter(prefix="/api")
BoardViewer = Annotated[Viewer, Depends(Needs(Right.SEE_BOARD))]
Carer = Annotated[Viewer, Depends(Needs(Right.HANDLE_ALARMS))]
AlarmViewer = Annotated[Viewer, Depends(Needs(Right.SEE_ALARMS))]
NightViewer = Annotated[Viewer, Depends(Needs(Right.SEE_ANY_RESIDENT, Right.SEE_OWN_RELATIVE))]
Anybody = Annotated[Viewer, Depends(Needs(*ANY_ROLE))]


@router.get("/session")
def session(viewer: Anybody) -> SessionBody:
    """Who is signed in, and until when."""
    person = viewer.person
    return SessionBody(
        name=person.name, role=person.role, language=viewer.language.tag, expires_at=viewer.session.expires_at
    )


@router.get("/openapi.json", include_in_schema=False)
def openapi(request: Request, viewer: Anybody) -> dict[str, Any]:
    """The description of this interface."""
    described: dict[str, Any] = request.app.openapi()
    return described


@router.get("/beds")
def beds(request: Request, viewer: BoardViewer) -> BedsBody:
    """Every bed of the centre as it stands."""
    house = house_of(request)
    board = read_board(house, viewer)
    stale_ms = stale_after_ms(house.services)
    return BedsBody(now=board.now, stale_after_ms=stale_ms, beds=[BedBody.of(bed) for bed in board.beds])


@router.get("/belts/unassigned")
def unassigned(request: Request, viewer: Carer) -> UnassignedBeltsBody:
    """The belts that sent readings lately and lie under no bed, or under one without resident."""
    services = house_of(request).services
    now = services.clock.now()
    found = unassigned_belts(services, viewer, now)
    return UnassignedBeltsBody(now=now, belts=[UnassignedBeltBody.of(belt) for belt in found])


@router.get("/alarms")
def alarms(request: Request, viewer: BoardViewer) -> AlarmsBody:
    """The open alarms, most severe, untaken and oldest first, and those that still want an outcome."""
    board = read_board(house_of(request), viewer)
    return AlarmsBody(
        now=board.now,
        last_event_id=board.last_event_id,
        open=[AlarmBody.of(view) for view in board.alarms],
        without_outcome=[AlarmBody.of(view) for view in board.unfinished],
        held_back=[AlarmBody.of(view) for view in board.held],
    )


@router.get("/alarms/{alarm_id}")
def alarm(request: Request, viewer: AlarmViewer, alarm_id: str) -> AlarmHistoryBody:
    """One alarm and everything that happened to it."""
    services = house_of(request).services
    found = visible_alarm(services, viewer, alarm_id)
    words = AlarmWords(services, read_ward(services, viewer.center_id), viewer)
    history = [AlarmEventBody.of(event, words.person(event.person_id)) for event in services.book.history(alarm_id)]
    calls = [CallBody.of(told, person) for told, person in words.calls(alarm_id)]
    return AlarmHistoryBody(alarm=AlarmBody.of(words.view(found)), history=history, calls=calls)


@router.post("/alarms/{alarm_id}/acknowledge")
def acknowledge_alarm(request: Request, viewer: Carer, alarm_id: str) -> AlarmBody:
    """The viewer goes. Doing it twice is doing it once."""
    return alarm_body(request, viewer, acknowledge(house_of(request).services, viewer, alarm_id))


@router.post("/alarms/{alarm_id}/resolve")
def resolve_alarm(request: Request, viewer: Carer, alarm_id: str, found: ResolveBody) -> AlarmBody:
    """The viewer says what they found."""
    services = house_of(request).services
    return alarm_body(request, viewer, resolve(services, viewer, alarm_id, found.outcome, found.note))


@router.get("/residents/{resident_id}/nights/{day}")
def night(request: Request, viewer: NightViewer, resident_id: str, day: date) -> NightBody:
    """The night that begins on `day`."""
    return NightBody.of(read_night(house_of(request).services, viewer, resident_id, day))


@router.get("/residents/{resident_id}/nights/{day}/report")
def night_report(request: Request, viewer: NightViewer, resident_id: str, day: date) -> ReportBody:
    """The report of the night that begins on `day`; 404 as well when the belt told nothing."""
    view = read_report(house_of(request).services, viewer, resident_id, day)
    if view.report is None:
        raise NotFoundError("report of night", day.isoformat())
    return ReportBody.of(view.report, view.ward.zone)


@router.post("/residents/{resident_id}/turns")
def turn(request: Request, viewer: Carer, resident_id: str) -> TurnBody:
    """The viewer has turned the resident just now."""
    done = document_turn(house_of(request).services, viewer, resident_id)
    return TurnBody(resident_id=done.resident_id, at=done.at)


def alarm_body(request: Request, viewer: Viewer, changed: Alarm) -> AlarmBody:
    """The alarm as it is after a command."""
    services = house_of(request).services
    words = AlarmWords(services, read_ward(services, viewer.center_id), viewer)
    return AlarmBody.of(words.view(changed))
