"""The web application: routes, answers to refused requests, and the headers that keep a browser careful."""

from importlib.resources import files
from typing import Final

from fastapi import FastAPI, Request
from fastapi.responses import Response
from starlette.datastructures import MutableHeaders
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import (
    engines,
    pages,
    pages_account,
    pages_care,
    pages_consents,
    pages_handover,
    pages_login,
    pages_quality,
    pages_report,
    pages_roster,
    pages_rounds,
    programs,
    programs_care,
    programs_consents,
    programs_rounds,
    programs_usual,
)
from api.house import build_house
from api.limits import SmallBodies
from api.pages_report import KEPT_FOR_GOOD
from api.refusals import FAULT, add_refusals, refusal
from api.services import Services

CONTENT_SECURITY_POLICY: Final = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
HEADERS: Final = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
STATIC: Final = "/static"
PARTS: Final = (
    pages_login,
    pages,
    pages_account,
    pages_report,
    pages_handover,
    pages_roster,
    pages_care,
    programs,
    programs_care,
    engines,
    pages_quality,
    pages_consents,
    programs_consents,
    pages_rounds,
    programs_rounds,
    programs_usual,
)
"""The modules that have routes."""


def create_app(services: Services) -> FastAPI:
    """The application over `services`. Every route but `api.access.PUBLIC` asks for a session and a right."""
    app = FastAPI(title="Nightbelt", docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    app.state.house = build_house(services)
    for module in PARTS:
        app.include_router(module.router)
    app.mount(STATIC, StaticFiles(directory=str(files("api").joinpath("static"))), name="static")
    add_refusals(app)
    app.add_exception_handler(Exception, _fault)
    app.add_middleware(SmallBodies)
    app.add_middleware(CarefulHeaders)
    return app


def _fault(request: Request, _: Exception) -> Response:
    """What nobody thought of. It is answered outside the middleware, and goes on to the server's log."""
    answer = refusal(request, 500, FAULT)
    _be_careful(answer.headers, request.url.path)
    return answer


def _be_careful(headers: MutableHeaders, path: str) -> None:
    headers.update(HEADERS)
    if headers.get("Cache-Control") != KEPT_FOR_GOOD:
        headers["Cache-Control"] = "no-cache" if path.startswith(f"{STATIC}/") else "no-store"


class CarefulHeaders:
    """Adds the security headers; nothing but the static files and the charts' scripts may be kept by a browser."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                _be_careful(MutableHeaders(scope=message), scope["path"])
            await send(message)

        await self._app(scope, receive, send_with_headers if scope["type"] == "http" else send)
