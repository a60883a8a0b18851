"""Rounds as a page and by form: walk one, on the board or on a page of its own, and see what was walked."""

from datetime import date, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from pydantic import BaseModel

from api.access import Needs
from api.addresses import local_path
from api.bodies import Note
from api.house import house_of
from api.pages import WITH_SCRIPT, page
from api.rounds import begin_round, finish_round, note_on_round, read_rounds, see_on_round, take_back_on_round
from api.rounds_body import Id
from api.rounds_words import planned_words
from api.viewer import Viewer
from api.walk import walk_now, walk_of
from api.ward import read_ward
from domain.people import Right
from domain.rounds import Round

router = APIRouter(prefix="/rounds")
BoardViewer = Annotated[Viewer, Depends(Needs(Right.SEE_BOARD))]
Carer = Annotated[Viewer, Depends(Needs(Right.HANDLE_ALARMS))]


class RoomForm(BaseModel):
    """`next` is where a browser without scripts goes on."""

    room: Id
    next: str = "/rounds"


class SpotForm(BaseModel):
    resident: Id
    note: Note = ""
    next: str = "/rounds"


class NextForm(BaseModel):
    next: str = "/rounds"


@router.get("")
def rounds_page(request: Request, viewer: BoardViewer, night: date | None = None) -> Response:
    """The round that the viewer is on, and those of a night."""
    services = house_of(request).services
    told = read_rounds(services, viewer, night)
    return page(
        request,
        viewer,
        "rounds.html",
        told=told,
        sentences=planned_words(told.planned, viewer.language, told.ward.zone),
        walk=walk_now(services, viewer, told.ward),
        zone=told.ward.zone,
        one_day=timedelta(days=1),
    )


@router.post("")
def begin(request: Request, viewer: Carer, given: Annotated[NextForm, Form()]) -> Response:
    """The viewer begins to walk."""
    return _walked(request, viewer, begin_round(house_of(request).services, viewer), given.next)


@router.post("/{round_id}/seen")
def seen(request: Request, viewer: Carer, round_id: str, given: Annotated[RoomForm, Form()]) -> Response:
    """Who lies in the room was seen just now."""
    services = house_of(request).services
    walked = see_on_round(services, viewer, round_id, room=given.room, resident=None)
    return _walked(request, viewer, walked, given.next)


@router.post("/{round_id}/note")
def note(request: Request, viewer: Carer, round_id: str, given: Annotated[SpotForm, Form()]) -> Response:
    """What was found at a bed."""
    walked = note_on_round(house_of(request).services, viewer, round_id, given.resident, given.note)
    return _walked(request, viewer, walked, given.next)


@router.post("/{round_id}/take-back")
def take_back(request: Request, viewer: Carer, round_id: str, given: Annotated[SpotForm, Form()]) -> Response:
    """The resident was not seen after all."""
    walked = take_back_on_round(house_of(request).services, viewer, round_id, given.resident)
    return _walked(request, viewer, walked, given.next)


@router.post("/{round_id}/finish")
def finish(request: Request, viewer: Carer, round_id: str, given: Annotated[NextForm, Form()]) -> Response:
    """The round is over."""
    return _walked(request, viewer, finish_round(house_of(request).services, viewer, round_id), given.next)


def _walked(request: Request, viewer: Viewer, walked: Round, next_path: str) -> Response:
    """The round as it stands now for a script, a redirect for a form."""
    local = local_path(next_path) or "/rounds"
    if request.headers.get("accept") != WITH_SCRIPT:
        return RedirectResponse(local, status_code=303)
    house = house_of(request)
    ward = read_ward(house.services, viewer.center_id)
    html = house.render(
        viewer.language,
        "_walk.html",
        walk=walk_of(house.services, ward, walked),
        zone=ward.zone,
        csrf=viewer.session.csrf,
        back=local,
    )
    return JSONResponse({"html": html})
