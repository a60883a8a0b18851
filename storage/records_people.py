"""Logins and sessions in the records database. Fails closed: what cannot be read lets nobody in."""

from sqlalchemy import ColumnElement, Connection, delete, select

from domain.errors import ConfigurationError, NotFoundError
from domain.people import Person, Session
from storage.records import Records, put, put_new
from storage.tables import people, relatives, sessions


class RecordsPeople:
    """`domain.ports.People` over `records`. `begin` raises NotFoundError when there is no such person."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def save(self, person: Person) -> None:
        with self._records.write_in_turn() as connection:
            holder = connection.scalar(select(people.c.person_id).where(people.c.login == person.login))
            if holder not in {None, person.person_id}:
                raise ConfigurationError(f"login {person.login!r} is taken by another person")
            was = connection.scalar(select(people.c.password_hash).where(people.c.person_id == person.person_id))
            if was != person.password_hash:
                connection.execute(delete(sessions).where(sessions.c.person_id == person.person_id))
            row = {name: getattr(person, name) for name in people.c.keys()}  # noqa: SIM118 - a column collection
            put(connection, people, [row])
            connection.execute(delete(relatives).where(relatives.c.person_id == person.person_id))
            theirs = [{"person_id": person.person_id, "resident_id": who} for who in sorted(person.relatives)]
            put_new(connection, relatives, theirs)

    def by_login(self, login: str) -> Person | None:
        with self._records.read() as connection:
            return _person(connection, people.c.login == login)

    def by_id(self, person_id: str) -> Person | None:
        with self._records.read() as connection:
            return _person(connection, people.c.person_id == person_id)

    def of_center(self, center_id: str) -> list[Person]:
        there = select(people.c.person_id).where(people.c.center_id == center_id).order_by(people.c.person_id)
        with self._records.read() as connection:
            found = [_person(connection, people.c.person_id == who) for who in connection.scalars(there).all()]
        return [person for person in found if person is not None]

    def begin(self, session: Session, *, at: int) -> None:
        with self._records.write() as connection:
            if _person(connection, people.c.person_id == session.person_id) is None:
                raise NotFoundError("person", session.person_id)
            connection.execute(delete(sessions).where(sessions.c.expires_at <= at))
            put(connection, sessions, [{name: getattr(session, name) for name in Session.__slots__}])

    def session(self, token_hash: str, at: int) -> tuple[Session, Person] | None:
        lasting = select(sessions).where(sessions.c.token_hash == token_hash, sessions.c.expires_at > at)
        with self._records.read() as connection:
            row = connection.execute(lasting).mappings().one_or_none()
            person = None if row is None else _person(connection, people.c.person_id == row["person_id"])
        return None if row is None or person is None else (Session(**row), person)

    def end(self, token_hash: str) -> None:
        with self._records.write() as connection:
            connection.execute(delete(sessions).where(sessions.c.token_hash == token_hash))


def _person(connection: Connection, which: ColumnElement[bool]) -> Person | None:
    row = connection.execute(select(people).where(which)).mappings().one_or_none()
    if row is None:
        return None
    theirs = select(relatives.c.resident_id).where(relatives.c.person_id == row["person_id"])
    return Person(**row, relatives=frozenset(connection.scalars(theirs)))
