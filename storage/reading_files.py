"""Files of readings, CSV or Parquet, read in time order and checked row by row.

The rows go through a temporary DuckDB file (about 60 bytes a row in the system's temporary directory), so that a file
of any size and order needs little memory and nothing of it is used before all of it was looked at. Fails toward
keeping: a value that cannot be true is left out and noted, the row stays; a row is refused, and noted, when whose or of
when it is cannot be told. Fails loudly on what is no such file.
"""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYetError
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import duckdb
import numpy as np
from numpy.typing import NDArray

from domain.errors import ConfigurationError, UnavailableError
from domain.readings import FLOAT_COLUMNS, ReadingBatch
from storage.reading_file_source import read_source
from storage.reading_file_sql import COLUMNS, RowForm, checked, faults, plain, text

CHUNK_ROWS: Final = 100_000
"""Rows that are in memory at once."""
LONGEST_SHOWN: Final = 80
"""Characters of a refused value that are kept."""
_SETTINGS: Final[dict[str, Any]] = {"memory_limit": "512MB", "autoinstall_known_extensions": False}
_POLL_S: Final = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something wrong in a row: `reason` is a fixed code, `why` says it in words. `refused`: the row was left out.

    `row` counts as an editor does: the first line of a CSV file and the first row of a Parquet file are 1.
    """

    row: int
    column: str
    value: str
    reason: str
    why: str
    refused: bool


@contextmanager
def reading_file(
    path: Path, form: RowForm, *, progress: Callable[[float], None] = lambda _percent: None
) -> Iterator["ReadingFile"]:
    """The checked readings of `path`; `progress` is told how far the check is (0 to 100).

    ConfigurationError, naming the file, when it cannot be opened, is neither CSV nor Parquet, lacks `observed_at`,
    has instants without a zone where none is given, or does not say whose readings it holds. UnavailableError when
    the temporary directory is full.
    """
    with tempfile.TemporaryDirectory(prefix="nightbelt-") as folder, ExitStack() as opened:
        with _told(path):
            connection = duckdb.connect(str(Path(folder) / "rows.duckdb"), config=_SETTINGS)
            opened.enter_context(closing(connection))
            connection.execute(f"SET TimeZone = {text(form.zone or 'UTC')}")
            source = read_source(path, Path(folder), connection)
            present = _present(path, source.names, form)
            _run(connection, f"CREATE TABLE checked AS {checked(source.rows, present, form)}", progress)
            file = ReadingFile(path, connection, form, source.names)
        yield file


class ReadingFile:
    """A file whose rows have been checked; see `reading_file`.

    `rows` counts what is in the file, `refused` the rows that were left out, `reasons` the problems by code, of which
    `faults` has all there can be. `names_belts`: it has a column `belt`; `passed_over` are columns that mean nothing
    here. `belts` are the belts of the rows that were taken, `first_at` and `last_at` (ms) the ends of their time, None
    when none was. `repeats` counts readings that were in the file before (the first stays); it is known once all chunks
    have been gone through.
    """

    def __init__(self, path: Path, connection: duckdb.DuckDBPyConnection, form: RowForm, names: Sequence[str]) -> None:
        self._path = path
        self._connection = connection
        self.faults = faults(form)
        self.names_belts = "belt" in map(plain, names)
        self.passed_over = tuple(name for name in names if plain(name) not in COLUMNS and name.strip())
        self.reasons = self._count_reasons()
        self._refuse_without_zone()
        ends = "count(*), count(*) FILTER (observed_at IS NULL), min(observed_at), max(observed_at)"
        self.rows, self.refused, self.first_at, self.last_at = self._one(f"SELECT {ends} FROM checked")  # noqa: S608
        self.belts = self._number_belts()
        self.repeats = 0

    @property
    def accepted(self) -> int:
        """The rows that were not refused, repeats among them."""
        return int(self.rows - self.refused)

    def batches(self) -> Iterator[ReadingBatch]:
        """The readings, each once, a chunk of time after the other."""
        for columns in self.chunks():
            yield ReadingBatch.build(belts=self.belts, **columns)

    def chunks(self, rows: int = CHUNK_ROWS) -> Iterator[dict[str, NDArray[Any]]]:
        """The same as the columns of a `ReadingBatch`, ascending by `observed_at` and then by belt."""
        self.repeats = 0
        before = (-1, -1)
        for start in range(self.refused, self.rows, rows):
            with _told(self._path):
                columns = self._connection.execute(_CHUNK, (start, start + rows)).fetchnumpy()
            belt, at = columns["belt"], columns["observed_at"]
            repeat = (np.diff(belt, prepend=before[0]) == 0) & (np.diff(at, prepend=before[1]) == 0)
            before = int(belt[-1]), int(at[-1])
            self.repeats += int(np.count_nonzero(repeat))
            yield {name: np.asarray(column[~repeat]) for name, column in columns.items()}

    def problems(self) -> Iterator[Problem]:
        """Everything that was wrong, in the order of the rows."""
        with self._connection.cursor() as cursor:
            cursor.execute("SELECT line, wrong, texts FROM checked WHERE wrong <> 0 ORDER BY line")
            while found := cursor.fetchmany(1_000):
                for row, wrong, texts in found:
                    yield from self._explained(row, wrong, texts)

    def _explained(self, row: int, wrong: int, texts: Sequence[str | None]) -> Iterator[Problem]:
        whole, *values = texts
        by_column = dict(zip(COLUMNS, values, strict=True))
        for bit, fault in enumerate(self.faults):
            if wrong & 1 << bit:
                value = by_column[fault.column] if fault.column else whole
                yield Problem(
                    row=row,
                    column=fault.column,
                    value=_shown(value or ""),
                    reason=fault.reason,
                    why=fault.why,
                    refused=fault.costs_row,
                )

    def _count_reasons(self) -> dict[str, int]:
        counts = ", ".join(f"count(*) FILTER (wrong & {1 << bit} <> 0)" for bit in range(len(self.faults)))
        found = self._one(f"SELECT {counts} FROM checked WHERE wrong <> 0")  # noqa: S608 - numbers only
        return {fault.reason: count for fault, count in zip(self.faults, found, strict=True) if count}

    def _refuse_without_zone(self) -> None:
        if "observed_at-without-zone" in self.reasons:
            first = next(problem for problem in self.problems() if problem.reason == "observed_at-without-zone")
            raise ConfigurationError(
                f"{self._path}: row {first.row}: observed_at {first.value!r} has no time zone; say which one its clock "
                "showed with --zone, for example --zone Asia/Shanghai"
            )

    def _number_belts(self) -> tuple[str, ...]:
        found = self._connection.execute("SELECT DISTINCT belt FROM checked WHERE belt IS NOT NULL ORDER BY belt")
        belts = tuple(belt for (belt,) in found.fetchall())
        if belts:
            self._connection.execute("CREATE TYPE belt_id AS ENUM (SELECT unnest(?))", (list(belts),))
            self._connection.execute("ALTER TABLE checked ALTER belt TYPE belt_id")
        return belts

    def _one(self, query: str) -> tuple[Any, ...]:
        found = self._connection.execute(query).fetchone()
        return tuple(found or ())


_CHUNK: Final = f"""
SELECT enum_code(belt)::INTEGER AS belt, observed_at, received_at, in_bed, sleep_stage, {", ".join(FLOAT_COLUMNS)}
FROM checked WHERE rowid >= ? AND rowid < ?
"""  # noqa: S608 - constants only


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """What the file or the engine refuses, in one sentence."""
    try:
        yield
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror or error}") from error
    except duckdb.OutOfMemoryException as error:
        raise UnavailableError("temporary directory", _first_line(error)) from error
    except duckdb.Error as error:
        raise ConfigurationError(f"{path}: cannot be read: {_first_line(error)}") from error


def _run(connection: duckdb.DuckDBPyConnection, query: str, progress: Callable[[float], None]) -> None:
    """Run a long query; a person who interrupts it is obeyed at once."""
    connection.execute("SET enable_progress_bar = true; SET enable_progress_bar_print = false")
    with ThreadPoolExecutor(max_workers=1) as pool:
        running: Future[object] = pool.submit(connection.execute, query)
        try:
            while not _done(running):
                progress(max(0.0, connection.query_progress()))
        except BaseException:
            connection.interrupt()
            raise
    progress(100.0)


def _done(running: Future[object]) -> bool:
    try:
        running.result(timeout=_POLL_S)
    except NotYetError:
        return False
    return True


def _present(path: Path, names: Sequence[str], form: RowForm) -> list[str]:
    """The columns that are looked at; ConfigurationError when they do not say what must be known."""
    present = [plain(name) for name in names if plain(name) in COLUMNS]
    twice = sorted({name for name in present if present.count(name) > 1})
    if twice:
        raise ConfigurationError(f"{path}: column {twice[0]} is there {present.count(twice[0])} times")
    if "observed_at" not in present:
        there = ", ".join(_shown(name) for name in names[:12])
        raise ConfigurationError(
            f"{path}: no column observed_at; the first line must name the columns, and has: {there}"
        )
    if "belt" not in present and form.belt_id is None:
        raise ConfigurationError(f"{path}: no column belt; say whose readings these are with --belt")
    return present


def _shown(value: str) -> str:
    return value if len(value) <= LONGEST_SHOWN else f"{value[:LONGEST_SHOWN]}..."


def _first_line(error: duckdb.Error) -> str:
    return str(error).partition("\n")[0]
