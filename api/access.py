"""Who is asking, and may they? Default deny: every route declares its right by `Needs`, or is listed in `PUBLIC`.

Fails closed: no session, no right, no CSRF token - no answer.
"""

import hashlib
import hmac
import ipaddress
import secrets
from typing import Final

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from starlette.datastructures import FormData

from api.house import House, house_of
from api.languages import ENGLISH, accepted_tag, known_tag
from api.viewer import Viewer
from domain.errors import ForbiddenError
from domain.people import Person, Right, Session
from domain.units import HOUR_MS

PUBLIC: Final = frozenset({"/login", "/language/{tag}", "/healthz", "/static"})
"""The paths that anybody may ask for. None of them tells anything of a person."""
SESSION_MS: Final = 12 * HOUR_MS
"""How long a login lasts: a night shift (own choice)."""
LANGUAGE_COOKIE: Final = "nightbelt_language"
CSRF_HEADER: Final = "x-csrf-token"
CSRF_FIELD: Final = "csrf"
_SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_FORM_TYPE: Final = "application/x-www-form-urlencoded"


class SignInRequiredError(Exception):
    """There is no session, or it is over."""


class CsrfError(Exception):
    """A command came without the token of its session."""


class Needs:
    """Dependency: a signed-in person with at least one of `rights`; a command must carry the CSRF token as well."""

    def __init__(self, *rights: Right) -> None:
        self.rights = frozenset(rights)

    async def __call__(self, request: Request) -> Viewer:
        house = house_of(request)
        known = await run_in_threadpool(find_session, house, request)
        if known is None:
            raise SignInRequiredError
        session, person = known
        viewer = Viewer(session=session, person=person, language=house.languages[language_tag(request, person)])
        request.state.viewer = viewer
        if request.method not in _SAFE_METHODS and not same(await _sent_token(request), session.csrf):
            raise CsrfError
        if not any(person.may(right) for right in self.rights):
            raise ForbiddenError(f"role {person.role} may not do this")
        return viewer


class NeedsOrLoopback(Needs):
    """Like `Needs`, but a program on this machine needs no login."""

    async def __call__(self, request: Request) -> Viewer | None:  # type: ignore[override]
        return None if _from_loopback(request) else await super().__call__(request)


ANY_ROLE: Final = tuple(Right)
"""For what every signed-in person may do, such as signing out."""


def find_session(house: House, request: Request) -> tuple[Session, Person] | None:
    """The session of the request's cookie, if it stands. Blocks: ask from a thread of the pool."""
    token = request.cookies.get(house.session_cookie)
    if not token:
        return None
    return house.services.people.session(token_hash(token), house.services.clock.now())


def token_hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def new_token() -> str:
    """256 random bits."""
    return secrets.token_urlsafe(32)


def same(sent: str | None, expected: str) -> bool:
    """Compares in constant time; nothing sent is never the same."""
    return bool(sent) and hmac.compare_digest(str(sent).encode(), expected.encode())


async def posted_form(request: Request) -> FormData:
    """Dependency: the posted form."""
    return await request.form()


def language_tag(request: Request, person: Person | None = None) -> str:
    """The reader's choice, else the person's own language, else the browser's, else English."""
    chosen = known_tag(request.cookies.get(LANGUAGE_COOKIE))
    own = known_tag(person.language) if person else None
    return chosen or own or accepted_tag(request.headers.get("accept-language", "")) or ENGLISH


def home_of(person: Person) -> str:
    """Where a person starts: the board, or for a family the own relative."""
    if person.may(Right.SEE_BOARD):
        return "/"
    return f"/residents/{min(person.relatives)}" if person.relatives else "/account"


async def _sent_token(request: Request) -> str | None:
    header = request.headers.get(CSRF_HEADER)
    if header is not None or not request.headers.get("content-type", "").startswith(_FORM_TYPE):
        return header
    field = (await request.form()).get(CSRF_FIELD)
    return field if isinstance(field, str) else None


def _from_loopback(request: Request) -> bool:
    if request.client is None or "x-forwarded-for" in request.headers:
        return False
    try:
        return ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False
