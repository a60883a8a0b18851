"""Consent by form: staff record and withdraw it on the resident's page, a family chooses on its account page."""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response

from api.access import Needs
from api.consent_bodies import ConsentForm, WishForm, WithdrawForm
from api.consents import choose_shape, give_consent, withdraw_consent
from api.house import house_of
from api.viewer import Viewer
from domain.people import Right

router = APIRouter()
Chief = Annotated[Viewer, Depends(Needs(Right.CHANGE_SETTINGS))]
Relative = Annotated[Viewer, Depends(Needs(Right.SEE_OWN_RELATIVE))]


@router.post("/residents/{resident_id}/consents")
def give(request: Request, viewer: Chief, resident_id: str, said: Annotated[ConsentForm, Form()]) -> Response:
    """Records that the nights may be told to this family member."""
    services = house_of(request).services
    give_consent(services, viewer, resident_id, said.person_id, covers=said.covers, consenter=said.consenter)
    return _back(resident_id)


@router.post("/residents/{resident_id}/consents/withdraw")
def withdraw(request: Request, viewer: Chief, resident_id: str, said: Annotated[WithdrawForm, Form()]) -> Response:
    """Nothing is sent any more."""
    withdraw_consent(house_of(request).services, viewer, resident_id, said.person_id)
    return _back(resident_id)


@router.post("/account/morning")
def choose(request: Request, viewer: Relative, said: Annotated[WishForm, Form()]) -> Response:
    """What the family wants to be sent of the relative's nights."""
    choose_shape(house_of(request).services, viewer, said.resident_id, said.wish)
    return RedirectResponse("/account?said=chosen#morning", status_code=303)


def _back(resident_id: str) -> Response:
    return RedirectResponse(f"/residents/{quote(resident_id, safe='')}#consents", status_code=303)
