"""The records' database: an engine, its transactions, and how its failures are told. SQLite file or PostgreSQL.

What a transaction reads and then writes by is read under `write_in_turn`: nobody else writes in between. A write is
durable when it ends. Fails loudly: what cannot be stored is raised, and nothing of the transaction stays.
"""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, Final, Self

import msgspec
from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, Table, create_engine, event, make_url
from sqlalchemy.dialects.postgresql import Insert as PostgresInsert
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import Insert as SqliteInsert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.engine import URL
from sqlalchemy.exc import (
    ArgumentError,
    DataError,
    DBAPIError,
    IntegrityError,
    NotSupportedError,
    ProgrammingError,
    SQLAlchemyError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from domain.errors import ConfigurationError, UnavailableError
from storage import postgresql

_WRITES: Final = "nightbelt_writes"
_WAL_TRIES: Final = 10
NO_LIMIT: Final = -1
"""Of connections to the file: one for each thread that asks. The judging of alarms must not wait for slow pages."""
_MISTAKES: Final = (DataError, IntegrityError, NotSupportedError, ProgrammingError)
"""Database errors that are ours to mend; all others are the engine's."""


class Records:
    """An open records database; `open` it, `close` it. Safe to use from several threads."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._closed = False

    @classmethod
    def open(cls, place: str | Path, *, busy_timeout_ms: int = 5_000) -> Self:
        """Open `place` (a file, or a URL such as postgresql://...) and bring its tables up to date.

        `busy_timeout_ms` is how long a write waits for another writer. ConfigurationError, naming the place, when it
        is locked, cannot be written, is no database, lets nobody in with that name and password, or is newer than
        this program; UnavailableError when no server answers there, or none yet.
        """
        url = _url(str(place))
        shown = url.render_as_string() if "://" in str(place) else str(place)
        try:
            records = cls(_engine(url, busy_timeout_ms))
        except (ArgumentError, ModuleNotFoundError) as error:
            raise ConfigurationError(f"records database {shown} cannot be used: {error}") from error
        try:
            records._upgrade()
        except (UnavailableError, CommandError, SQLAlchemyError) as error:
            records.close()
            if postgresql.may_answer_later(error.__cause__):
                raise UnavailableError("records", f"{shown}: {_cause(error)}") from error
            raise ConfigurationError(f"records database {shown} cannot be opened: {_cause(error)}") from error
        return records

    def close(self) -> None:
        """Give the file or the server back. Calls after it raise UnavailableError."""
        self._closed = True
        self.engine.dispose()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that sees one state of the database and changes nothing."""
        with self._told(), self.engine.connect() as connection:
            reading = connection.execution_options(**postgresql.READING) if _is_postgres(connection) else connection
            with reading.begin():
                yield reading

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that is the only writer on SQLite; committed at the end, undone by any exception."""
        with self._told(), self.engine.connect() as connection:
            writing = connection.execution_options(**{_WRITES: True})
            with writing.begin():
                yield writing

    @contextmanager
    def write_in_turn(self) -> Iterator[Connection]:
        """As `write`, and one at a time on PostgreSQL too: serial ids then become visible in ascending order."""
        with self.write() as connection:
            if _is_postgres(connection):
                postgresql.take_turn(connection)
            yield connection

    @contextmanager
    def _told(self) -> Iterator[None]:
        if self._closed:
            raise UnavailableError("records", "closed")
        try:
            yield
        except _MISTAKES:
            raise
        except (DBAPIError, PoolTimeoutError) as error:
            raise UnavailableError("records", _cause(error)) from error

    def _upgrade(self) -> None:
        config = Config()
        config.set_main_option("script_location", "storage:migrations")
        with self.write() as connection, ExitStack() as waiting:
            if _is_postgres(connection):
                waiting.enter_context(postgresql.patience(connection))
                postgresql.take_turn(connection)
            config.attributes["connection"] = connection
            command.upgrade(config, "head")


def put(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert `rows`, or replace those with the same primary key."""
    if not rows:
        return
    insert = _insert(connection, table)
    keys = [column.name for column in table.primary_key]
    others = {name: insert.excluded[name] for name in rows[0] if name not in keys}
    connection.execute(insert.on_conflict_do_update(index_elements=keys, set_=others), rows)


def put_new(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert those of `rows` whose primary key is not there yet."""
    if rows:
        connection.execute(_insert(connection, table).on_conflict_do_nothing(), rows)


def _insert(connection: Connection, table: Table) -> SqliteInsert | PostgresInsert:
    return postgres_insert(table) if _is_postgres(connection) else sqlite_insert(table)


def _is_postgres(connection: Connection) -> bool:
    return connection.dialect.name == "postgresql"


def _url(place: str) -> URL:
    try:
        url = make_url(place) if "://" in place else URL.create("sqlite", database=place)
    except (ArgumentError, ValueError) as error:
        raise ConfigurationError("records database: the address is not a URL") from error
    known = url.drivername in {"sqlite", postgresql.DRIVER, *postgresql.PLAIN}
    if not known or url.database in {None, "", ":memory:"}:
        raise ConfigurationError(f"records database {url.render_as_string()}: a file or postgresql://...")
    return url


def _engine(url: URL, busy_timeout_ms: int) -> Engine:
    json = {"json_serializer": _to_json, "json_deserializer": msgspec.json.decode}
    if url.drivername != "sqlite":
        return postgresql.engine_of(url, busy_timeout_ms, **json)
    engine = create_engine(url, connect_args={"timeout": busy_timeout_ms / 1000}, max_overflow=NO_LIMIT, **json)
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _to_json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _prepare(connection: Any, _record: object) -> None:
    """Every new SQLite connection: transactions are ours to begin, and a commit is on the disk."""
    connection.isolation_level = None
    _use_wal(connection)
    connection.execute("PRAGMA synchronous = FULL").close()
    connection.execute("PRAGMA foreign_keys = ON").close()


def _use_wal(connection: Any) -> None:
    """The switch to WAL fails at once where BEGIN waits: two programs that open a fresh file together meet here."""
    for _ in range(_WAL_TRIES):
        with suppress(sqlite3.OperationalError):
            connection.execute("PRAGMA journal_mode = WAL").close()
            return
        connection.execute("BEGIN IMMEDIATE").close()
        connection.execute("ROLLBACK").close()
    connection.execute("PRAGMA journal_mode = WAL").close()


def _begin(connection: Connection) -> None:
    """IMMEDIATE: a writer that first reads would fail, not wait, when another has written in between."""
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _cause(error: Exception) -> str:
    """The engine's own words in one line, without the statement and its values (they may hold names)."""
    if isinstance(error, UnavailableError) and isinstance(error.__cause__, Exception):
        return _cause(error.__cause__)
    words = str(error.orig) if isinstance(error, DBAPIError) else str(error)
    return words.strip().partition("\n")[0]
