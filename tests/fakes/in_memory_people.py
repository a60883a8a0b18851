"""Logins and sessions in memory, for tests."""

import threading

from domain.errors import ConfigurationError, NotFoundError
from domain.people import Person, Session


class InMemoryPeople:
    """`domain.ports.People` in dictionaries."""

    def __init__(self) -> None:
        self._people: dict[str, Person] = {}
        self._sessions: dict[str, Session] = {}
        self._lock = threading.RLock()

    def save(self, person: Person) -> None:
        with self._lock:
            other = self.by_login(person.login)
            if other is not None and other.person_id != person.person_id:
                raise ConfigurationError(f"login {person.login!r} is taken by another person")
            was = self._people.get(person.person_id)
            if was is not None and was.password_hash != person.password_hash:
                kept = {key: one for key, one in self._sessions.items() if one.person_id != person.person_id}
                self._sessions = kept
            self._people[person.person_id] = person

    def by_login(self, login: str) -> Person | None:
        with self._lock:
            return next((person for person in self._people.values() if person.login == login), None)

    def by_id(self, person_id: str) -> Person | None:
        with self._lock:
            return self._people.get(person_id)

    def of_center(self, center_id: str) -> list[Person]:
        with self._lock:
            there = [person for person in self._people.values() if person.center_id == center_id]
        return sorted(there, key=lambda person: person.person_id)

    def begin(self, session: Session, *, at: int) -> None:
        with self._lock:
            if session.person_id not in self._people:
                raise NotFoundError("person", session.person_id)
            self._sessions = {key: kept for key, kept in self._sessions.items() if kept.expires_at > at}
            self._sessions[session.token_hash] = session

    def session(self, token_hash: str, at: int) -> tuple[Session, Person] | None:
        with self._lock:
            session = self._sessions.get(token_hash)
            if session is None or at >= session.expires_at:
                return None
            return session, self._people[session.person_id]

    def end(self, token_hash: str) -> None:
        with self._lock:
            self._sessions.pop(token_hash, None)
