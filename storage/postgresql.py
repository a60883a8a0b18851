"""PostgreSQL as the records' engine: how it is reached, and how long it may keep anybody waiting.

Fails within seconds rather than hang: the worker that waits here judges no belt meanwhile. Whatever takes longer than
these limits is an error that is tried again, and nothing of the transaction stays.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import psycopg
from psycopg.pq import TransactionStatus
from psycopg.types.string import StrDumperUnknown
from sqlalchemy import Connection, Engine, create_engine, event, func, select
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

DRIVER: Final = "postgresql+psycopg"
PLAIN: Final = frozenset({"postgresql", "postgres"})
"""Names that an address may begin with instead of the driver's."""
READING: Final[Mapping[str, Any]] = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
"""Options of a connection that is to see one state of the database through all its statements."""

CONNECT_S: Final = 5
STATEMENT_MS: Final = 10_000
"""The longest statement, by the server's clock; the longest of ours takes milliseconds."""
ANSWER_S: Final = 15.0
"""The longest wait for an answer, by our clock: a server that hangs does not keep its own limits."""
UPGRADE_S: Final = 600.0
"""What bringing the tables up to date may take, waiting for another program that does it included."""
ABANDONED_MS: Final = 30_000
"""The server ends a transaction, and frees its locks, when its client has said nothing for this long."""
UNACKED_MS: Final = 10_000
KEEPALIVE_S: Final = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3}
"""A network that is gone is noticed after UNACKED_MS while something is under way, else after 25 s."""
POOL_SIZE: Final = 5
POOL_OVERFLOW: Final = 45
"""With `POOL_SIZE` more than there are threads that ask: 40 of the pages, and those that judge, call and report. So no
look of a page keeps an alarm waiting.
"""
POOL_WAIT_S: Final = 5.0
"""The wait for a connection where others hold them all the same."""

_TURN: Final = 0x6E69676874
"""The key of the advisory lock that stands in for SQLite's one writer."""
_NOT_YET: Final = ("the database system is ", "too many clients", "too many connections", "connection slots")
"""Refusals of a server that starts, stops or is full: it may take the same connection later."""


class _Text(StrDumperUnknown):
    """Text without what PostgreSQL refuses: an id with NUL in it is nobody's, and no reason to fail."""

    def dump(self, obj: str) -> Any:
        return super().dump(obj.replace("\0", "\N{REPLACEMENT CHARACTER}"))


class AnsweringConnection(psycopg.Connection[Any]):
    """A connection that gives up, and is closed then, when an answer takes longer than `answer_s`."""

    answer_s = ANSWER_S

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        try:
            return super().wait(gen, interval, self.answer_s if timeout is None else timeout)
        except psycopg.OperationalError as error:
            if error.sqlstate is None and self.pgconn.transaction_status == TransactionStatus.ACTIVE:
                self.pgconn.finish()  # whatever answer comes now belongs to a question nobody asks any more
                raise psycopg.OperationalError("the server does not answer") from error
            raise


def engine_of(url: URL, lock_wait_ms: int, **options: Any) -> Engine:
    """An engine over a pool of connections that are looked at before use, so that a restart is not felt later.

    What `url` itself says (connect_timeout, sslmode, options and others of libpq) goes over what is chosen here.
    """
    ours: dict[str, Any] = {
        "application_name": "nightbelt",
        "connect_timeout": CONNECT_S,
        "tcp_user_timeout": UNACKED_MS,
        **KEEPALIVE_S,
    }
    chosen = {name: value for name, value in ours.items() if name not in url.query}
    limits = {
        "statement_timeout": STATEMENT_MS,
        "lock_timeout": lock_wait_ms,
        "idle_in_transaction_session_timeout": ABANDONED_MS,
    }
    said = " ".join(f"-c {name}={value}" for name, value in limits.items())
    chosen["options"] = f"{said} {url.query.get('options', '')}".strip()
    engine = create_engine(
        url.set(drivername=DRIVER),
        connect_args=chosen,
        pool_pre_ping=True,
        pool_size=POOL_SIZE,
        max_overflow=POOL_OVERFLOW,
        pool_timeout=POOL_WAIT_S,
        **options,
    )
    event.listen(engine, "do_connect", _connect)
    return engine


def take_turn(connection: Connection) -> None:
    """Wait until no other program writes in turn; ours until the transaction ends."""
    connection.execute(select(func.pg_advisory_xact_lock(_TURN)))


@contextmanager
def patience(connection: Connection) -> Iterator[None]:
    """For the running transaction: no limit but UPGRADE_S."""
    driver: Any = connection.connection.driver_connection
    driver.answer_s = UPGRADE_S
    connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
    connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{UPGRADE_S:.0f}s'")
    try:
        yield
    finally:
        driver.answer_s = ANSWER_S


def may_answer_later(error: BaseException | None) -> bool:
    """Did a connection fail for a reason that passes by itself, and not for a wrong name or password?"""
    if not isinstance(error, DBAPIError) or not isinstance(error.orig, psycopg.OperationalError):
        return False
    words = str(error.orig)
    return "FATAL:" not in words or any(refusal in words for refusal in _NOT_YET)


def _connect(_dialect: object, _record: object, places: list[Any], options: dict[str, Any]) -> AnsweringConnection:
    connection = AnsweringConnection.connect(*places, **options)
    connection.adapters.register_dumper(str, _Text)
    return connection
