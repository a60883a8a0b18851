"""Files of readings, CSV or Parquet, written so that reading them back gives the very same readings.

What is handed in goes to a temporary DuckDB file first, and the file takes its place in one step when it is whole: an
export that is interrupted or runs into a full disk leaves what was there before.
"""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any, Final, Self

import duckdb
import numpy as np

from domain.errors import ConfigurationError
from domain.readings import FLOAT_COLUMNS, MinuteColumns, Occupancy, ReadingBatch
from storage.reading_file_sql import STAGES, text

ENDINGS: Final = {
    ".csv": "FORMAT csv, HEADER true",
    ".csv.gz": "FORMAT csv, HEADER true, COMPRESSION gzip",
    ".parquet": "FORMAT parquet, COMPRESSION zstd",
}
"""What a file is written as, by how its name ends."""
MINUTE_COLUMNS: Final = tuple(MinuteColumns.__dataclass_fields__)

_READINGS: Final = f"""
CREATE TABLE rows (belt VARCHAR, observed_at BIGINT, {", ".join(f"{name} FLOAT" for name in FLOAT_COLUMNS)},
                   in_bed TINYINT, sleep_stage TINYINT, received_at BIGINT)
"""
_MINUTES: Final = f"CREATE TABLE rows (belt VARCHAR, {', '.join(f'{name} DOUBLE' for name in MINUTE_COLUMNS)})"
_FLOATS_OUT: Final = {name: f"nullif({name}, 'nan'::FLOAT)" for name in FLOAT_COLUMNS}
_VALUES_OUT: Final = {
    "heart_rate": _FLOATS_OUT["heart_rate"],
    "breathing_rate": _FLOATS_OUT["breathing_rate"],
    "movement": _FLOATS_OUT["movement"],
    "in_bed": f"CASE in_bed WHEN {int(Occupancy.IN)} THEN true WHEN {int(Occupancy.OUT)} THEN false END",
    "turn_overs": _FLOATS_OUT["turn_overs"],
    "signal_quality": _FLOATS_OUT["signal_quality"],
    "sleep_stage": f"CASE sleep_stage {' '.join(f'WHEN {int(one)} THEN {text(one.word)}' for one in STAGES)} END",
}


def ending_of(path: Path) -> str:
    """The known ending of the file's name; ConfigurationError when it has none."""
    for ending in sorted(ENDINGS, key=len, reverse=True):
        if path.name.lower().endswith(ending):
            return ending
    raise ConfigurationError(f"{path}: the name must end in {', '.join(ENDINGS)}")


class _Export:
    """Rows on their way to `path`; nothing is there before `finish`."""

    def __init__(self, path: Path, layout: str) -> None:
        self.path = path
        self.rows = 0
        self._options = ENDINGS[ending_of(path)]
        self._stack = ExitStack()
        with ExitStack() as opened, _told(path):
            folder = opened.enter_context(tempfile.TemporaryDirectory(prefix="nightbelt-"))
            config: dict[str, Any] = {"memory_limit": "512MB", "autoinstall_known_extensions": False}
            connection = duckdb.connect(str(Path(folder) / "rows.duckdb"), config=config)
            self._connection = opened.enter_context(closing(connection))
            connection.execute("SET TimeZone = 'UTC'")
            connection.execute(layout)
            self._stack = opened.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _add(self, columns: dict[str, Any], query: str, parameters: Sequence[object]) -> None:
        self._connection.register("given", columns)
        try:
            with _told(self.path):
                self._connection.execute(query, parameters)
        finally:
            self._connection.unregister("given")

    def _finish(self, query: str) -> None:
        part = self.path.with_name(f".{self.path.name}.part")
        try:
            with _told(self.path):
                self._connection.execute(f"COPY ({query}) TO {text(str(part))} ({self._options})")
                part.replace(self.path)
        finally:
            part.unlink(missing_ok=True)


class ReadingExport(_Export):
    """Readings to a file. `with_belt` adds the column `belt`, for several; `with_received_at` that of the arrival."""

    def __init__(self, path: Path, *, with_belt: bool, with_received_at: bool = False) -> None:
        super().__init__(path, _READINGS)
        self._with_belt = with_belt
        self._with_received_at = with_received_at

    def add(self, batch: ReadingBatch) -> None:
        """The readings of one belt, later than those of it before."""
        if not len(batch):
            return
        columns = {name: column for name, column in batch.columns().items() if name != "belt"}
        names = ", ".join(("observed_at", *FLOAT_COLUMNS, "in_bed", "sleep_stage", "received_at"))
        query = f"INSERT INTO rows SELECT $1, {names} FROM given"  # noqa: S608 - constants only
        self._add(columns, query, (batch.belts[int(batch.belt[0])],))
        self.rows += len(batch)

    def finish(self) -> None:
        """Put the file in its place."""
        moment = _written_moment(self._options)
        columns = {"observed_at": moment.format(name="observed_at")} | _VALUES_OUT
        if self._with_belt:
            columns = {"belt": "belt"} | columns
        if self._with_received_at:
            columns |= {"received_at": moment.format(name="received_at")}
        self._finish(f"SELECT {_listed(columns)} FROM rows ORDER BY rowid")  # noqa: S608 - constants only


class MinuteExport(_Export):
    """Minutes to a file; for reading by people and their tools, not for `ReadingFile`."""

    def __init__(self, path: Path, *, with_belt: bool) -> None:
        super().__init__(path, _MINUTES)
        self._with_belt = with_belt

    def add(self, belt_id: str, minutes: MinuteColumns) -> None:
        """The minutes of one belt, later than those of it before."""
        columns = {name: np.asarray(getattr(minutes, name), np.float64) for name in MINUTE_COLUMNS}
        if not len(minutes.minute_at):
            return
        self._add(columns, f"INSERT INTO rows SELECT $1, {', '.join(MINUTE_COLUMNS)} FROM given", (belt_id,))  # noqa: S608 - constants only
        self.rows += len(minutes.minute_at)

    def finish(self) -> None:
        """Put the file in its place."""
        columns = {"belt": "belt"} if self._with_belt else {}
        columns["minute_at"] = _written_moment(self._options).format(name="minute_at::BIGINT")
        for name in MINUTE_COLUMNS[1:]:
            columns[name] = f"{name}::BIGINT" if name in _COUNTS else f"nullif({name}, 'nan'::DOUBLE)"
        self._finish(f"SELECT {_listed(columns)} FROM rows ORDER BY rowid")  # noqa: S608 - constants only


_COUNTS: Final = ("readings", "known_in_bed", "in_bed")


def _listed(columns: dict[str, str]) -> str:
    return ", ".join(f"{value} AS {name}" for name, value in columns.items())


def _written_moment(options: str) -> str:
    """An instant as it is written: ISO 8601 in UTC in CSV, a timestamp with zone in Parquet."""
    if "parquet" in options:
        return "make_timestamp_ms({name})::TIMESTAMPTZ"
    return "strftime(make_timestamp_ms({name}), '%Y-%m-%dT%H:%M:%S.%gZ')"


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """What the disk or the engine refuses, in one sentence."""
    try:
        yield
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be written: {error.strerror or error}") from error
    except duckdb.Error as error:
        raise ConfigurationError(f"{path}: cannot be written: {str(error).partition(chr(10))[0]}") from error
