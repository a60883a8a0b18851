"""Rounds as JSON: walk one, and see what was walked."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Request

from api.access import Needs
from api.house import house_of
from api.rounds import (
    RoundWords,
    begin_round,
    finish_round,
    note_on_round,
    read_rounds,
    see_on_round,
    take_back_on_round,
)
from api.rounds_body import RoundBody, RoundNoteBody, RoundsBody, SeeBody, TakeBackBody
from api.viewer import Viewer
from api.ward import read_ward
from domain.people import Right
from domain.rounds import Round

router = APIRouter(prefix="/api/rounds")
BoardViewer = Annotated[Viewer, Depends(Needs(Right.SEE_BOARD))]
Carer = Annotated[Viewer, Depends(Needs(Right.HANDLE_ALARMS))]


@router.get("")
def rounds(request: Request, viewer: BoardViewer, night: date | None = None) -> RoundsBody:
    """The rounds of a night; without `night` of the one that runs."""
    return RoundsBody.of(read_rounds(house_of(request).services, viewer, night))


@router.post("")
def begin(request: Request, viewer: Carer) -> RoundBody:
    """The viewer begins to walk; a second time gives the round that they are on."""
    return _body(request, viewer, begin_round(house_of(request).services, viewer))


@router.post("/{round_id}/seen")
def seen(request: Request, viewer: Carer, round_id: str, told: SeeBody) -> RoundBody:
    """Who lies in the room, or that resident, was seen just now; a second time changes nothing."""
    services = house_of(request).services
    return _body(request, viewer, see_on_round(services, viewer, round_id, room=told.room, resident=told.resident))


@router.post("/{round_id}/note")
def note(request: Request, viewer: Carer, round_id: str, told: RoundNoteBody) -> RoundBody:
    """What was found at the bed of somebody who was seen; takes the place of an earlier note."""
    return _body(request, viewer, note_on_round(house_of(request).services, viewer, round_id, told.resident, told.note))


@router.post("/{round_id}/take-back")
def take_back(request: Request, viewer: Carer, round_id: str, told: TakeBackBody) -> RoundBody:
    """The resident was not seen after all."""
    return _body(request, viewer, take_back_on_round(house_of(request).services, viewer, round_id, told.resident))


@router.post("/{round_id}/finish")
def finish(request: Request, viewer: Carer, round_id: str) -> RoundBody:
    """The round is over; a second time changes nothing."""
    return _body(request, viewer, finish_round(house_of(request).services, viewer, round_id))


def _body(request: Request, viewer: Viewer, walked: Round) -> RoundBody:
    services = house_of(request).services
    words = RoundWords(services, read_ward(services, viewer.center_id), viewer)
    return RoundBody.of(words.view(walked))
