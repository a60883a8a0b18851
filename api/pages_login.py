"""Signing in and out, and choosing a language."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Form, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from api.access import (
    ANY_ROLE,
    CSRF_FIELD,
    LANGUAGE_COOKIE,
    SESSION_MS,
    Needs,
    find_session,
    home_of,
    language_tag,
    new_token,
    same,
    token_hash,
)
from api.addresses import local_path
from api.house import House, house_of
from api.languages import known_tag
from api.throttle import WINDOW_MS
from api.viewer import Viewer
from domain.errors import NotFoundError
from domain.people import Person, Session
from domain.units import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS

PRE_SESSION_COOKIE: Final = "nightbelt_login"
LANGUAGE_KEPT_MS: Final = 365 * DAY_MS
FORM_KEPT_MS: Final = 1 * HOUR_MS
MAX_LOGIN: Final = 64
MAX_PASSWORD: Final = 256

router = APIRouter()


@router.get("/login")
def login_page(
    request: Request,
    next: str | None = None,  # noqa: A002  the name in the address
    again: bool = False,
) -> Response:
    """The form to sign in with; whoever is signed in goes home, unless they want to sign in `again`."""
    house = house_of(request)
    known = None if again else find_session(house, request)
    if known is not None:
        return RedirectResponse(local_path(next) or home_of(known[1]), status_code=303)
    return login_form(request, next_path=next)


@router.post("/login")
async def sign_in(
    request: Request,
    login: Annotated[str, Form(max_length=MAX_LOGIN)] = "",
    password: Annotated[str, Form(max_length=MAX_PASSWORD)] = "",
    csrf: Annotated[str, Form(alias=CSRF_FIELD)] = "",
    next: Annotated[str, Form()] = "",  # noqa: A002  the name of the field
) -> Response:
    """A session for the right password."""
    house = house_of(request)
    say = house.languages[language_tag(request)].say
    if not same(csrf, request.cookies.get(PRE_SESSION_COOKIE) or ""):
        message = say("This form was open for too long, or cookies are switched off. Please sign in again.")
        return login_form(request, login=login, next_path=next, message=message, status=403)
    services = house.services
    window_ms = services.lived(WINDOW_MS)
    with house.turns.place():
        wait_ms = house.throttle.admit(login, _address(request), services.clock.now(), window_ms)
        if wait_ms:
            real_s = services.clock.real_seconds(wait_ms)
            return _too_often(request, login, next, real_s)
        person = await _checked(house, login, password)
    if person is None:
        message = say("Login or password is wrong.")
        return login_form(request, login=login, next_path=next, message=message, status=401)
    house.throttle.forgive(login, _address(request))
    return await run_in_threadpool(_begin, house, request, person, local_path(next) or home_of(person))


@router.post("/logout")
def sign_out(request: Request, viewer: Annotated[Viewer, Depends(Needs(*ANY_ROLE))]) -> Response:
    """Ends the session; its live streams end with it."""
    house = house_of(request)
    house.services.people.end(viewer.session.token_hash)
    response = RedirectResponse("/login", status_code=303)
    response.delete_cookie(house.session_cookie, path="/", secure=house.services.secure_cookies, httponly=True)
    return response


@router.get("/language/{tag}")
def choose_language(request: Request, tag: str, next: str | None = None) -> Response:  # noqa: A002  the address
    """Remembers the reader's language in a cookie."""
    known = known_tag(tag)
    if known is None:
        raise NotFoundError("language", tag)
    response = RedirectResponse(local_path(next) or "/", status_code=303)
    _set_cookie(house_of(request), response, LANGUAGE_COOKIE, known, LANGUAGE_KEPT_MS)
    return response


def login_form(
    request: Request, *, login: str = "", next_path: str | None = None, message: str = "", status: int = 200
) -> Response:
    """The page with a fresh pre-session token, in a cookie and in the form."""
    house = house_of(request)
    language = house.languages[language_tag(request)]
    token = request.cookies.get(PRE_SESSION_COOKIE) or new_token()
    text = house.render(
        language,
        "login.html",
        request=request,
        services=house.services,
        viewer=None,
        csrf=token,
        login=login,
        next_path=local_path(next_path) or "",
        message=message,
    )
    response = HTMLResponse(text, status_code=status)
    _set_cookie(house, response, PRE_SESSION_COOKIE, token, FORM_KEPT_MS)
    return response


def _too_often(request: Request, login: str, next_path: str, real_s: float) -> Response:
    language = house_of(request).languages[language_tag(request)]
    wait = language.length(max(MINUTE_MS, -(-real_s * SECOND_MS // MINUTE_MS) * MINUTE_MS))
    message = language.say("Too many tries. Wait %(wait)s, then try again.", wait=wait)
    response = login_form(request, login=login, next_path=next_path, message=message, status=429)
    response.headers["Retry-After"] = str(round(real_s) + 1)
    return response


async def _checked(house: House, login: str, password: str) -> Person | None:
    known = await run_in_threadpool(house.services.people.by_login, login) if login.isprintable() else None
    fits = await house.turns.fits(house.passwords, password, known)
    return known if fits else None


def _begin(house: House, request: Request, person: Person, path: str) -> Response:
    """Always a new session: one that somebody else planted in the browser is worth nothing."""
    services = house.services
    old = request.cookies.get(house.session_cookie)
    if old:
        services.people.end(token_hash(old))
    token, now = new_token(), services.clock.now()
    expires_at = now + services.lived(SESSION_MS)
    services.people.begin(
        Session(token_hash=token_hash(token), person_id=person.person_id, csrf=new_token(), expires_at=expires_at),
        at=now,
    )
    response = RedirectResponse(path, status_code=303)
    _set_cookie(house, response, house.session_cookie, token, SESSION_MS)
    response.delete_cookie(PRE_SESSION_COOKIE, path="/", secure=services.secure_cookies, httponly=True)
    return response


def _set_cookie(house: House, response: Response, name: str, value: str, kept_ms: int) -> None:
    response.set_cookie(
        name,
        value,
        max_age=kept_ms // SECOND_MS,
        path="/",
        secure=house.services.secure_cookies,
        httponly=True,
        samesite="lax",
    )


def _address(request: Request) -> str:
    return request.client.host if request.client else ""
