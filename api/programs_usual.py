"""What is usual for a resident, as JSON."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request

from api.access import Needs
from api.house import house_of
from api.own_levels import OwnLevelsBody, read_own_levels
from api.viewer import Viewer
from domain.people import Right

router = APIRouter(prefix="/api")
Staff = Annotated[Viewer, Depends(Needs(Right.SEE_ANY_RESIDENT))]


@router.get("/residents/{resident_id}/usual")
def usual(request: Request, viewer: Staff, resident_id: str) -> OwnLevelsBody:
    """Between what the resident's rates are usual, by hour, and on how many nights that rests."""
    return OwnLevelsBody.of(read_own_levels(house_of(request).services, viewer, resident_id))
