"""Passwords: Argon2, and the same work for a login that does not exist."""

from functools import cached_property

from pwdlib import PasswordHash
from pwdlib.exceptions import UnknownHashError
from pwdlib.hashers.argon2 import Argon2Hasher

from domain.people import Person


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
