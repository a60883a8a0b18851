"""Passwords: Argon2, and the same work for a login that does not exist."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Final

from anyio import CapacityLimiter, to_thread
from pwdlib import PasswordHash
from pwdlib.exceptions import UnknownHashError
from pwdlib.hashers.argon2 import Argon2Hasher

from domain.people import Person

HASHERS: Final = 2
"""Passwords checked at the same time; Argon2 takes 64 MB each."""
MAX_WAITING: Final = 8
"""Sign-ins that wait for their turn; the last of them waits for about a second (own choice)."""


class BusyError(Exception):
    """Too many people sign in just now."""


class Turns:
    """Whose password is checked next. Fails closed: who finds the row full is turned away at once."""

    def __init__(self) -> None:
        self._limiter = CapacityLimiter(HASHERS)
        self._inside = 0

    @contextmanager
    def place(self) -> Iterator[None]:
        """A place in the row; BusyError when it is full."""
        if self._inside >= HASHERS + MAX_WAITING:
            raise BusyError
        self._inside += 1
        try:
            yield
        finally:
            self._inside -= 1

    async def fits(self, passwords: "Passwords", password: str, person: Person | None) -> bool:
        return await to_thread.run_sync(passwords.fits, password, person, limiter=self._limiter)


class Passwords:
    """Fails closed: a hash that cannot be read matches nothing."""

    def __init__(self) -> None:
        self._hasher = PasswordHash((Argon2Hasher(),))

    def hash(self, password: str) -> str:
        return self._hasher.hash(password)

    def fits(self, password: str, person: Person | None) -> bool:
        """Is it the person's password? Takes as long for nobody, so that logins cannot be found out by the clock."""
        stored = self._nobodys if person is None else person.password_hash
        try:
            fits = self._hasher.verify(password, stored)
        except UnknownHashError:
            return False
        return fits and person is not None

    @cached_property
    def _nobodys(self) -> str:
        return self.hash("the password of nobody")
