"""One DuckDB file and its connection: opened, opened again after a full disk, and never half written.

Durable at return (the write-ahead log is synced at commit). Fails loudly: an engine error leaves the file as it was and
is told as UnavailableError. One process owns a file. On a full disk DuckDB stops until the file is opened again, which
the next call does.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import duckdb

from domain.errors import ConfigurationError, UnavailableError

_BELTS: Final = "CREATE TABLE IF NOT EXISTS belts (belt INTEGER PRIMARY KEY, belt_id VARCHAR NOT NULL UNIQUE)"


class DuckDBFile:
    """The file `path` for what its subclass keeps in it; the folder must exist. `what` names it in messages.

    `memory_limit` is DuckDB's own (its default, 80 % of the machine, leaves nothing for the rest of the process).
    `checkpoint_at` is the size of the log that is folded into the file, by the write that fills it: the more, the
    rarer and the longer such a write. ConfigurationError when the file cannot be opened, UnavailableError when the
    engine fails later. Belts are kept as numbers; `_belts` has those that are committed.
    """

    def __init__(self, path: Path | str, *, what: str, memory_limit: str, checkpoint_at: str) -> None:
        self._path = Path(path)
        self._what = what
        self._settings: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": memory_limit,
            "checkpoint_threshold": checkpoint_at,
        }
        self._lock = threading.RLock()
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._broken = False
        self._belts: dict[str, int] = {}
        try:
            self._open()
        except duckdb.Error as error:
            raise ConfigurationError(_refusal(what, self._path, error)) from error

    def close(self) -> None:
        """Fold the log into the file and give the file back. Calls after it raise UnavailableError."""
        with self._lock:
            self._broken = False
            self._let_go()

    def _lay_out(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Make the tables that are missing, and look at what is there; at every opening, before anything else."""

    def _let_go(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _open(self) -> None:
        connection = duckdb.connect(str(self._path), config=self._settings)
        try:
            connection.execute(_BELTS).fetchall()
            self._lay_out(connection)
            rows = connection.execute("SELECT belt_id, belt FROM belts").fetchall()
        except duckdb.Error:
            connection.close()
            raise
        self._connection = connection
        self._belts = dict(rows)

    @contextmanager
    def _told(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """The connection; what the engine raises inside is told as UnavailableError."""
        try:
            yield self._connected()
        except duckdb.Error as error:
            if isinstance(error, duckdb.FatalException | duckdb.InternalException):
                self._broken = True
            raise UnavailableError(self._what, first_line(error)) from error

    def _connected(self) -> duckdb.DuckDBPyConnection:
        if self._broken:
            with self._lock:
                self._let_go()
                self._open()
                self._broken = False
        connection = self._connection
        if connection is None:
            raise UnavailableError(self._what, f"{self._path} is closed")
        return connection

    @contextmanager
    def _transaction(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with self._told() as connection:
            connection.begin()
            try:
                yield connection
                connection.commit()
            except BaseException:
                with suppress(duckdb.Error):
                    connection.rollback()
                raise

    def _numbered(self, connection: duckdb.DuckDBPyConnection, belts: Sequence[str]) -> dict[str, int]:
        """The numbers of all belts; those of `belts` that are new get the next ones.

        They hold once the transaction is committed, not before: a number given back must not be read as another belt.
        """
        new = [belt_id for belt_id in belts if belt_id not in self._belts]
        if not new:
            return self._belts
        first = max(self._belts.values(), default=-1) + 1
        rows = [(number, belt_id) for number, belt_id in enumerate(dict.fromkeys(new), first)]
        connection.executemany("INSERT INTO belts VALUES (?, ?)", rows).fetchall()
        return self._belts | {belt_id: number for number, belt_id in rows}


def first_line(error: duckdb.Error) -> str:
    """What the engine said, without its advice."""
    return str(error).partition("\n")[0]


def _refusal(what: str, path: Path, error: duckdb.Error) -> str:
    if "onflicting lock" in str(error):
        return f"{what} file {path} is open in another process"
    return f"{what} file {path} cannot be opened: {first_line(error)}"
