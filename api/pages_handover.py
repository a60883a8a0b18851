"""The hand-over sheet as a page for the screen and for paper, and as JSON."""

from datetime import date, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from api.access import Needs
from api.handover import Handover, read_handover
from api.handover_body import HandoverBody
from api.house import house_of
from api.pages import page
from api.rounds_words import planned_words
from api.viewer import Viewer
from domain.people import Right

router = APIRouter()
BoardViewer = Annotated[Viewer, Depends(Needs(Right.SEE_BOARD))]


@router.get("/handover")
def handover_page(request: Request, viewer: BoardViewer, night: date | None = None) -> Response:
    """One night of the whole ward, for the shift that comes."""
    sheet = read_handover(house_of(request).services, viewer, night)
    return page(
        request,
        viewer,
        "handover.html",
        sheet=sheet,
        sentences=planned_words(sheet.rounds.planned, viewer.language, sheet.ward.zone),
        zone=sheet.ward.zone,
        one_day=timedelta(days=1),
    )


@router.get("/api/handover")
def handover(request: Request, viewer: BoardViewer, night: date | None = None) -> HandoverBody:
    """The same as JSON; without `night` of the latest that has begun."""
    sheet: Handover = read_handover(house_of(request).services, viewer, night)
    return HandoverBody.of(sheet)
