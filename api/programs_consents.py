"""The same as JSON: consent to telling families of a resident's nights."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request

from api.access import Needs
from api.consent_bodies import ConsentBody, FamiliesBody, FamilyBody, WithdrawBody
from api.consents import families_of, give_consent, withdraw_consent
from api.house import house_of
from api.viewer import Viewer
from domain.people import Right

router = APIRouter(prefix="/api")
Chief = Annotated[Viewer, Depends(Needs(Right.CHANGE_SETTINGS))]


@router.get("/residents/{resident_id}/consents")
def consents(request: Request, viewer: Chief, resident_id: str) -> FamiliesBody:
    """The resident's family members, and what may be sent to each."""
    found = families_of(house_of(request).services, viewer, resident_id)
    return FamiliesBody(families=[FamilyBody.of(view) for view in found])


@router.post("/residents/{resident_id}/consents")
def give(request: Request, viewer: Chief, resident_id: str, said: ConsentBody) -> FamiliesBody:
    """Record a consent. Doing it twice is doing it once."""
    services = house_of(request).services
    give_consent(services, viewer, resident_id, said.person_id, covers=said.covers, consenter=said.consenter)
    return consents(request, viewer, resident_id)


@router.post("/residents/{resident_id}/consents/withdraw")
def withdraw(request: Request, viewer: Chief, resident_id: str, said: WithdrawBody) -> FamiliesBody:
    """Nothing is sent any more, from now on."""
    withdraw_consent(house_of(request).services, viewer, resident_id, said.person_id)
    return consents(request, viewer, resident_id)
