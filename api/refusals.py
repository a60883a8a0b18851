"""What is answered when a request cannot be carried out: a sentence in the reader's language, as page or as JSON."""

from typing import Final
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException

from api.access import CsrfError, SignInRequiredError, home_of, language_tag
from api.addresses import address_of
from api.bodies import CONTROL_CHARACTER
from api.house import house_of
from api.languages import N_
from api.passwords import BusyError
from api.viewer import Viewer
from domain.errors import ForbiddenError, IllegalStepError, NotFoundError, RoundOverError, UnavailableError

SIGN_IN: Final = N_("Please sign in.")
FORBIDDEN: Final = N_("You may not see or do this.")
MISSING: Final = N_("There is nothing here.")
CSRF: Final = N_("This page was open for too long. Load it again, then repeat what you did. Nothing was changed.")
UNREADABLE: Final = N_("Something in what was sent is missing or wrong. Nothing was changed.")
UNAVAILABLE: Final = N_("A part of the system does not answer just now. Nothing was changed. Try again in a moment.")
OVER: Final = N_("This alarm is already over, so it cannot be taken any more.")
BUSY: Final = N_("Many people are signing in just now. Please try again in a moment.")
TOO_LARGE: Final = N_("What was sent is too large. Nothing was changed.")
NOT_A_FORM: Final = N_("What was sent is in a form that is not understood here. Nothing was changed.")
NOT_TEXT: Final = N_("Note: it contains characters that are not text. Nothing was changed.")
NOT_SILENCED: Final = N_("This alarm is over, taken or silent already, so it cannot be silenced. Nothing was changed.")
NOT_HANDED_ON: Final = N_("This alarm is over or held back, so it cannot be handed on. Nothing was changed.")
NOT_GIVEN_BACK: Final = N_("This alarm is not yours any more, so you cannot give it back. Nothing was changed.")
ROUND_OVER: Final = N_("This round is over, so nothing can be added to it. Begin another one. Nothing was changed.")
FAULT: Final = N_(
    "Something went wrong here that is not your doing. Look whether what you did was carried out before you do it "
    "again, and tell whoever looks after Nightbelt."
)
CLOSED: Final = N_("This alarm was already closed with another outcome. Nothing was changed.")


def add_refusals(app: FastAPI) -> None:
    app.add_exception_handler(SignInRequiredError, _sign_in)
    app.add_exception_handler(ForbiddenError, _forbidden)
    app.add_exception_handler(CsrfError, lambda request, _: refusal(request, 403, CSRF))
    app.add_exception_handler(NotFoundError, lambda request, _: refusal(request, 404, MISSING))
    app.add_exception_handler(IllegalStepError, _illegal_step)
    app.add_exception_handler(RoundOverError, lambda request, _: refusal(request, 409, ROUND_OVER))
    app.add_exception_handler(UnavailableError, lambda request, _: refusal(request, 503, UNAVAILABLE))
    app.add_exception_handler(BusyError, lambda request, _: refusal(request, 503, BUSY))
    app.add_exception_handler(RequestValidationError, _unreadable)
    app.add_exception_handler(HTTPException, _http)


def refusal(request: Request, status: int, message: str) -> Response:
    """`message` (a text for the catalogue) as JSON to programs and scripts, as a page to people."""
    house = house_of(request)
    viewer: Viewer | None = getattr(request.state, "viewer", None)
    language = viewer.language if viewer else house.languages[language_tag(request)]
    text = language.say(message)
    if _wants_json(request):
        return JSONResponse({"detail": text}, status_code=status)
    html = house.render(
        language,
        "refusal.html",
        request=request,
        services=house.services,
        viewer=viewer,
        csrf=viewer.session.csrf if viewer else "",
        message=text,
    )
    return HTMLResponse(html, status_code=status)


def _wants_json(request: Request) -> bool:
    path = request.url.path
    accept = request.headers.get("accept", "")
    return path.startswith("/api/") or path == "/live" or ("json" in accept and "text/html" not in accept)


def _sign_in(request: Request, _: Exception) -> Response:
    if _wants_json(request):
        return refusal(request, 401, SIGN_IN)
    wanted = address_of(request)
    return RedirectResponse("/login" if wanted == "/" else f"/login?next={quote(wanted)}", status_code=303)


def _forbidden(request: Request, _: Exception) -> Response:
    viewer: Viewer | None = getattr(request.state, "viewer", None)
    if request.url.path == "/" and viewer is not None:
        return RedirectResponse(home_of(viewer.person), status_code=303)
    return refusal(request, 403, FORBIDDEN)


def _illegal_step(request: Request, error: Exception) -> Response:
    refused = {"acknowledge": OVER, "snooze": NOT_SILENCED, "escalate": NOT_HANDED_ON, "give back": NOT_GIVEN_BACK}
    tried = error.step if isinstance(error, IllegalStepError) else ""
    return refusal(request, 409, refused.get(tried, CLOSED))


def _unreadable(request: Request, error: Exception) -> Response:
    faults = error.errors() if isinstance(error, RequestValidationError) else []
    in_note = any(fault["type"] == CONTROL_CHARACTER for fault in faults)
    return refusal(request, 422, NOT_TEXT if in_note else UNREADABLE)


def _http(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    answer = refusal(request, status, MISSING if status == 404 else UNREADABLE)
    answer.headers.update(getattr(error, "headers", None) or {})
    return answer
