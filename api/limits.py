"""Bodies are small and of a known kind, and this is seen to before anybody is asked who they are.

Fails closed: a body whose length is not told is counted while it comes.
"""

from contextlib import suppress
from typing import Final

from fastapi import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.refusals import NOT_A_FORM, TOO_LARGE, refusal

MAX_BODY_BYTES: Final = 64 * 1024
"""The largest form, a resident's settings, has about 1 KB."""


class BodyTooLargeError(Exception):
    """More came than is taken."""


class SmallBodies:
    """Answers 413 to what is too large and 415 to files."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Request(scope).headers
        length = headers.get("content-length", "")
        if headers.get("content-type", "").lower().startswith("multipart/"):
            await _refuse(scope, receive, send, 415, NOT_A_FORM)
        elif length.isascii() and length.isdigit() and (len(length) > 9 or int(length) > MAX_BODY_BYTES):
            await _refuse(scope, receive, send, 413, TOO_LARGE)
        else:
            await _Counted(receive, send).run(self._app, scope)


class _Counted:
    """One request whose body is counted; what the application says to half a body is not sent."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send
        self._size = 0
        self._started = False

    async def run(self, app: ASGIApp, scope: Scope) -> None:
        with suppress(BodyTooLargeError):
            await app(scope, self.receive, self.send)
        if self._size > MAX_BODY_BYTES and not self._started:
            await _refuse(scope, self._receive, self._send, 413, TOO_LARGE)

    async def receive(self) -> Message:
        message = await self._receive()
        self._size += len(message.get("body", b""))
        if self._size > MAX_BODY_BYTES:
            raise BodyTooLargeError
        return message

    async def send(self, message: Message) -> None:
        if self._size > MAX_BODY_BYTES and not self._started:
            return
        self._started = True
        await self._send(message)


async def _refuse(scope: Scope, receive: Receive, send: Send, status: int, message: str) -> None:
    """The connection ends: the rest of the body is not read."""
    answer = refusal(Request(scope), status, message)
    answer.headers["Connection"] = "close"
    await answer(scope, receive, send)
