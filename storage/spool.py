"""The spool: readings on their way to a store elsewhere, in a DuckDB file, in order of arrival.

Durable at return, as the file is (`storage.duckdb_file`). Readings are numbered as they come; how far they were sent is
kept in memory and written down with the next append: a crash sends what was sent last once more, which a readings store
takes for nothing new. Space is given back by whole tables: one is dropped when everything in it was sent, and its room
in the file is used again. Fails toward keeping: a full disk refuses new readings and loses none, and what waits can
still be sent.
"""

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import duckdb
import numpy as np
from numpy.typing import NDArray

from domain.errors import UnavailableError
from domain.readings import FLOAT_COLUMNS, ReadingBatch, SleepStage
from domain.spool import SpoolStatus
from storage.duckdb_file import DuckDBFile

SEGMENT_READINGS: Final = 4 * 122_880
"""Readings of one table: whole row groups of DuckDB, few enough that the file of a spool that keeps up stays small."""

_PREFIX: Final = "readings_from_"
_COLUMNS: Final = ", ".join(
    (
        "observed_at",
        "received_at",
        "in_bed",
        f"coalesce(sleep_stage, {int(SleepStage.UNKNOWN)})::TINYINT AS sleep_stage",
        *(f"coalesce({name}, 'nan'::FLOAT) AS {name}" for name in FLOAT_COLUMNS),
    )
)

_PROGRESS: Final = """
CREATE TABLE IF NOT EXISTS progress (sent BIGINT NOT NULL);
INSERT INTO progress SELECT 0 WHERE NOT EXISTS (FROM progress)
"""
_SEGMENTS: Final = f"SELECT table_name FROM duckdb_tables() WHERE starts_with(table_name, '{_PREFIX}')"  # noqa: S608
_SEGMENT: Final = f"""
CREATE TABLE {_PREFIX}{{first}} (
    position BIGINT NOT NULL,
    belt INTEGER NOT NULL,
    observed_at BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
    in_bed TINYINT NOT NULL,
    {", ".join(f"{name} FLOAT" for name in FLOAT_COLUMNS)},
    sleep_stage TINYINT
)
"""  # missing is NULL, which is what DuckDB makes of a NaN that comes from NumPy
_WITHOUT_STAGE: Final = f"{_SEGMENTS} EXCEPT SELECT table_name FROM duckdb_columns() WHERE column_name = 'sleep_stage'"  # noqa: S608
"""Tables that were made before there was one. Only these are touched: a full disk has no room for more."""
_APPEND: Final = f"INSERT INTO {_PREFIX}{{first}} BY NAME SELECT * FROM batch"  # noqa: S608 - constants and numbers only
_CHUNK: Final = f"""
SELECT belt, {_COLUMNS} FROM {_PREFIX}{{first}} WHERE position BETWEEN ? AND ?
"""  # noqa: S608 - constants and numbers only
_READ: Final = f"""
SELECT {_COLUMNS} FROM {_PREFIX}{{first}}
WHERE position > ? AND belt = ? AND observed_at >= ? AND observed_at < ?
"""  # noqa: S608 - constants and numbers only
_DELETE: Final = f"""
DELETE FROM {_PREFIX}{{first}} WHERE position > ? AND belt = ? AND observed_at >= ? AND observed_at < ?
"""  # noqa: S608 - constants and numbers only


class Spool(DuckDBFile):
    """`domain.ports.ReadingsSpool` in the DuckDB file `path`, and the readings in it for who asks for a belt.

    Positions count from 1 in order of arrival; everything up to `_sent` was sent or given up, `_last` is the newest.
    `_firsts` are the first positions of the tables, ascending: a table ends where the next begins.
    """

    def __init__(
        self,
        path: Path | str,
        *,
        segment_readings: int = SEGMENT_READINGS,
        memory_limit: str = "256MB",
        checkpoint_at: str = "16MB",
    ) -> None:
        self._segment_readings = segment_readings
        self._sending = threading.Lock()
        self._firsts: tuple[int, ...] = ()
        self._sent = self._written_sent = self._last = 0
        self._writable = True
        self._seen_oldest_at: int | None = None
        self._log_path = Path(f"{path}.wal")
        super().__init__(path, what="spool", memory_limit=memory_limit, checkpoint_at=checkpoint_at)

    def append(self, batch: ReadingBatch) -> None:
        """Keep the readings; they survive kill -9 when this returns. UnavailableError: none of them is kept."""
        if not len(batch):
            return
        with self._lock:
            self._writable = False
            try:
                self._append(batch)
            except UnavailableError:
                if not self._broken or self._sent < self._last:
                    raise
                self._begin_anew()  # a full disk has no room to fold the log, and nothing in the file is wanted
                self._append(batch)
            self._writable = True

    @contextmanager
    def sending(self, limit: int) -> Iterator[ReadingBatch]:
        with self._sending:
            batch, position = self._oldest(limit)
            yield batch
            self._done(position)

    def drop_before(self, received_before: int) -> int:
        with self._sending:
            position = self._last_before(received_before)
            dropped = max(0, position - self._sent)
            self._done(position)
        return dropped

    def status(self) -> SpoolStatus:
        with self._lock:
            waiting = self._last - self._sent
        return SpoolStatus(
            readings=waiting,
            oldest_at=self._oldest_at() if waiting else None,
            size_bytes=_size(self._path) + _size(self._log_path),
            free_bytes=_free(self._path),
            writable=self._writable,
        )

    def read(self, belt_id: str, start_at: int, end_at: int) -> ReadingBatch:
        """The belt's waiting readings with `start_at` <= `observed_at` < `end_at` (ms), ascending, each once."""
        belt, sent, firsts = self._belts.get(belt_id), self._sent, self._firsts
        parts = []
        with self._told() as connection, connection.cursor() as cursor:
            for first in firsts if belt is not None else ():
                # a table that is gone meanwhile held nothing but what was sent
                with suppress(duckdb.CatalogException):
                    query = cursor.execute(_READ.format(first=first), (sent, belt, start_at, end_at))
                    parts.append(_batch((belt_id,), query.fetchnumpy()))
        return ReadingBatch.join(parts).distinct()

    def delete(self, belt_id: str, start_at: int, end_at: int) -> None:
        """Take the belt's readings with `start_at` <= `observed_at` < `end_at` (ms) out, once none is under way."""
        belt = self._belts.get(belt_id)
        if belt is None:
            return
        with self._sending, self._lock, self._transaction() as connection:
            for first in self._firsts:
                connection.execute(_DELETE.format(first=first), (self._sent, belt, start_at, end_at)).fetchall()

    def close(self) -> None:
        with self._lock:
            if self._connection is not None and not self._broken:
                with suppress(UnavailableError), self._transaction() as connection:
                    self._written_sent = self._write_down_sent(connection)
            super().close()

    def _lay_out(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Also after a full disk, when more is known to be sent than is written down."""
        connection.execute(_PROGRESS).fetchall()
        (written,) = connection.execute("SELECT sent FROM progress").fetchall()[0]
        names = [name for (name,) in connection.execute(_SEGMENTS).fetchall()]
        self._firsts = tuple(sorted(int(name.removeprefix(_PREFIX)) for name in names))
        for (table,) in connection.execute(_WITHOUT_STAGE).fetchall():
            connection.execute(f"ALTER TABLE {table} ADD COLUMN sleep_stage TINYINT").fetchall()
        self._written_sent = written
        self._sent = max(self._sent, written)
        self._last = self._sent
        if self._firsts:
            newest = f"SELECT max(position) FROM {_PREFIX}{self._firsts[-1]}"  # noqa: S608 - a number
            (last,) = connection.execute(newest).fetchall()[0]
            self._last = max(self._sent, self._firsts[-1] - 1, last or 0)

    def _room_for_more(self, connection: duckdb.DuckDBPyConnection) -> tuple[int, ...]:
        """The tables with one at the end that takes more readings."""
        if self._firsts and self._last - self._firsts[-1] + 1 < self._segment_readings:
            return self._firsts
        first = self._last + 1
        connection.execute(_SEGMENT.format(first=first)).fetchall()
        return (*self._firsts, first)

    def _append(self, batch: ReadingBatch) -> None:
        with self._transaction() as connection:
            belts = self._numbered(connection, batch.belts)
            firsts = self._room_for_more(connection)
            self._insert(connection, batch, belts, firsts[-1])
            sent = self._write_down_sent(connection)
        self._belts, self._firsts, self._written_sent = belts, firsts, sent
        self._last += len(batch)

    def _insert(
        self, connection: duckdb.DuckDBPyConnection, batch: ReadingBatch, belts: dict[str, int], first: int
    ) -> None:
        numbers = np.array([belts[belt_id] for belt_id in batch.belts], np.int32)
        position = np.arange(self._last + 1, self._last + 1 + len(batch))
        connection.register("batch", {**batch.columns(), "belt": numbers[batch.belt], "position": position})
        try:
            connection.execute(_APPEND.format(first=first)).fetchall()
        finally:
            with suppress(duckdb.Error):  # after a failed insert it says nothing but that the insert failed
                connection.unregister("batch")

    def _write_down_sent(self, connection: duckdb.DuckDBPyConnection) -> int:
        if self._sent != self._written_sent:
            connection.execute("UPDATE progress SET sent = ?", (self._sent,)).fetchall()
        return self._sent

    def _oldest(self, limit: int) -> tuple[ReadingBatch, int]:
        """The oldest waiting readings, of one table, and the position they end at."""
        position = self._sent
        while position < self._last:
            first, end = self._table_of(position + 1)
            start, position = position + 1, min(position + limit, end)
            with self._told() as connection, connection.cursor() as cursor:
                columns = cursor.execute(_CHUNK.format(first=first), (start, position)).fetchnumpy()
            if len(columns["belt"]):
                return self._with_names(columns), position
        return ReadingBatch.empty(), position

    def _table_of(self, position: int) -> tuple[int, int]:
        """The first and last position of the table that holds `position`."""
        with self._lock:
            at = int(np.searchsorted(self._firsts, position, side="right")) - 1
            end = self._firsts[at + 1] - 1 if at + 1 < len(self._firsts) else self._last
            return self._firsts[at], end

    def _with_names(self, columns: dict[str, NDArray[Any]]) -> ReadingBatch:
        names = {number: belt_id for belt_id, number in self._belts.items()}
        numbers, belt = np.unique(columns.pop("belt"), return_inverse=True)
        belts = [names[number] for number in numbers.tolist()]
        return ReadingBatch.build(belts=belts, belt=belt, **columns)

    def _done(self, position: int) -> None:
        """Everything up to `position` need not be kept; tables that hold nothing else and take no more are dropped."""
        with self._lock:
            self._sent = max(self._sent, position)
            full = self._firsts and self._last - self._firsts[-1] + 1 >= self._segment_readings
            nexts = (*self._firsts[1:], self._last + 1) if full else self._firsts[1:]
            over = [first for first, after in zip(self._firsts, nexts, strict=False) if after <= self._sent + 1]
            if not over:
                return
            try:
                self._drop(over)
            except UnavailableError:  # a full disk has no room to write down what goes; the next chunk tries again
                if self._sent >= self._last:
                    self._begin_anew()

    def _drop(self, firsts: list[int]) -> None:
        """The oldest tables, all of them sent."""
        with self._transaction() as connection:
            for first in firsts:
                connection.execute(f"DROP TABLE {_PREFIX}{first}").fetchall()
            written = self._write_down_sent(connection)
        self._firsts, self._written_sent = self._firsts[len(firsts) :], written

    def _begin_anew(self) -> None:
        """Nothing waits: what cannot be dropped in the file goes with the file."""
        with suppress(duckdb.Error):
            self._let_go()
        self._connection, self._broken = None, True
        for path in (self._path, self._log_path):
            path.unlink(missing_ok=True)

    def _oldest_at(self) -> int | None:
        """When the oldest waiting reading came in, as last seen; readings of one append may differ by a moment."""
        with suppress(UnavailableError), self._lock:
            batch, _position = self._oldest(1)
            self._seen_oldest_at = int(batch.received_at[0]) if len(batch) else None
        return self._seen_oldest_at

    def _last_before(self, received_before: int) -> int:
        """The position up to which the waiting readings came in before that instant."""
        position = self._sent
        while position < self._last:
            first, end = self._table_of(position + 1)
            query = f"SELECT min(position) FROM {_PREFIX}{first} WHERE position > ? AND received_at >= ?"  # noqa: S608
            with self._told() as connection, connection.cursor() as cursor:
                found = cursor.execute(query, (position, received_before)).fetchall()[0][0]
            if found is not None:
                return int(found) - 1
            position = end
        return position


def _batch(belts: tuple[str, ...], columns: dict[str, NDArray[Any]]) -> ReadingBatch:
    return ReadingBatch.build(belts=belts, belt=np.zeros(len(columns["observed_at"]), np.int32), **columns)


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _free(path: Path) -> int | None:
    with suppress(OSError):
        return shutil.disk_usage(path.parent).free
    return None
