"""The own account: the ways in which its person is called on the phone, or hears of a relative's nights.

Addresses go in and are never shown again.
"""

import hashlib
import json
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response

from api.access import ANY_ROLE, Needs
from api.bodies import SubscriptionBody
from api.consents import relatives_of
from api.house import house_of
from api.languages import N_
from api.pages import page
from api.reach import Reach, new_contact_id
from api.viewer import Viewer
from domain.contacts import ContactPoint, WayKind
from domain.errors import ConfigurationError, NotFoundError
from domain.people import Right

MAX_WAYS: Final = 10
"""Ways of one person; more than anybody has phones (own choice)."""
MAX_ADDRESS: Final = 1_000
MAX_LABEL: Final = 40

router = APIRouter()
Anybody = Annotated[Viewer, Depends(Needs(*ANY_ROLE))]
Reached = Annotated[Viewer, Depends(Needs(Right.HANDLE_ALARMS, Right.SEE_OWN_RELATIVE))]
"""Who is sent something: alarms, or word of the own relative's nights."""

SAID: Final = {
    "added": N_("Added. Send a test to see whether it works."),
    "removed": N_("Removed."),
    "chosen": N_("Saved."),
    "sent": N_("The service has taken the test message. Has it arrived?"),
}
FAULTS: Final = {
    "failed": N_("The test message was not taken. Look at the address, or ask who looks after Nightbelt."),
    "refused": N_("This address is not understood, or only the administrator may add one of its kind."),
    "full": N_("You have as many ways to be reached as there can be. Remove one first."),
}
"""What the page says after a command, by the word in its address."""


@router.get("/account")
def account_page(request: Request, viewer: Anybody, said: str = "") -> Response:
    """Who is signed in; for who is sent something the ways to be reached, for a family what is sent."""
    services = house_of(request).services
    wanted = viewer.person.may(Right.HANDLE_ALARMS) or viewer.person.relatives
    reach = services.reach if wanted else None
    ways = reach.contacts.of_person(viewer.person.person_id) if reach else []
    push_key = reach.ways.web_push_key if reach else ""
    return page(
        request,
        viewer,
        "account.html",
        reach=reach,
        ways=ways,
        push_key=push_key,
        relatives=relatives_of(services, viewer),
        browsers=" ".join(_endpoint_mark(point) for point in ways if point.kind is WayKind.WEB_PUSH),
        said=SAID.get(said, ""),
        said_of="morning" if said == "chosen" else "ways",
        fault=FAULTS.get(said, ""),
    )


@router.post("/account/contacts")
def add_contact(
    request: Request,
    viewer: Reached,
    address: Annotated[str, Form(max_length=MAX_ADDRESS)] = "",
    label: Annotated[str, Form(max_length=MAX_LABEL)] = "",
) -> Response:
    """One more way to reach the viewer."""
    return _told(_add(_reach(request), viewer, WayKind.APPRISE, address, label))


@router.post("/account/web-push")
def add_browser(request: Request, viewer: Reached, body: SubscriptionBody) -> Response:
    """The browser that asks gets push messages from now on."""
    said = _add(_reach(request), viewer, WayKind.WEB_PUSH, json.dumps(body.model_dump()), body.label)
    return Response(status_code=204 if said == "added" else 422)


@router.post("/account/contacts/{contact_id}/test")
def try_contact(request: Request, viewer: Reached, contact_id: str) -> Response:
    """Sends a test message there."""
    reach = _reach(request)
    failure = reach.ways.send_trial(_own(reach, viewer, contact_id), viewer.person)
    return _told("sent" if failure is None else "failed")


@router.post("/account/contacts/{contact_id}/remove")
def remove_contact(request: Request, viewer: Reached, contact_id: str) -> Response:
    """Forgets it."""
    reach = _reach(request)
    reach.contacts.remove(_own(reach, viewer, contact_id).contact_id)
    return _told("removed")


def _endpoint_mark(point: ContactPoint) -> str:
    """By which a browser knows its own subscription again, and nobody can tell where it leads."""
    return hashlib.sha256(json.loads(point.address)["endpoint"].encode()).hexdigest()


def _add(reach: Reach, viewer: Viewer, kind: WayKind, address: str, label: str) -> str:
    """A browser that is there already stays once. Returns the word for the page."""
    standing = reach.contacts.of_person(viewer.person.person_id)
    try:
        checked = reach.ways.checked(kind, address, outsider=not viewer.person.may(Right.HANDLE_ALARMS))
    except ConfigurationError:
        return "refused"
    if any(point.address == checked for point in standing):
        return "added"
    if len(standing) >= MAX_WAYS:
        return "full"
    point = ContactPoint(
        contact_id=new_contact_id(),
        center_id=viewer.center_id,
        person_id=viewer.person.person_id,
        rank=max((one.rank for one in standing), default=0) + 1,
        kind=kind,
        address=checked,
        label=label.strip(),
    )
    reach.contacts.save(point)
    return "added"


def _own(reach: Reach, viewer: Viewer, contact_id: str) -> ContactPoint:
    """NotFoundError also for a way of somebody else."""
    point = reach.contacts.point(contact_id)
    if point.person_id != viewer.person.person_id:
        raise NotFoundError("contact", contact_id)
    return point


def _reach(request: Request) -> Reach:
    reach = house_of(request).services.reach
    if reach is None:
        raise NotFoundError("page", "contacts")
    return reach


def _told(said: str) -> Response:
    return RedirectResponse(f"/account?said={said}#ways", status_code=303)
