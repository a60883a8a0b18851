"""Readings in one DuckDB file: the store of a centre on one machine.

Durable at return (the write-ahead log is synced at commit). Fails loudly: an engine error leaves the batch unwritten
and is told as UnavailableError, so the messages it came from are not acked. One process owns the file.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import duckdb
import numpy as np
from numpy.typing import NDArray

from domain.readings import FLOAT_COLUMNS, MinuteColumns, Occupancy, ReadingBatch, SleepStage
from domain.units import MINUTE_MS
from storage.duckdb_file import DuckDBFile

_LAYOUT: Final = f"""
CREATE TABLE IF NOT EXISTS readings (
    belt INTEGER NOT NULL,
    observed_at BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
    in_bed TINYINT,
    {", ".join(f"{name} FLOAT" for name in FLOAT_COLUMNS)},
    sleep_stage TINYINT
)
"""
_ADDED: Final = "ALTER TABLE readings ADD COLUMN sleep_stage TINYINT"
"""For files that were made before there was one; their readings have none."""
# No index on readings: an ART index of a night is larger than the night, and slows every commit. `write` keeps a belt's
# instants distinct, which is why it must hold the lock; in_bed and sleep_stage are NULL for unknown, the floats for
# missing.

_INSERT: Final = f"""
INSERT INTO readings
SELECT belt, observed_at, received_at, nullif(in_bed, {int(Occupancy.UNKNOWN)}),
       {", ".join(f"nullif({name}, 'nan'::FLOAT)" for name in FLOAT_COLUMNS)},
       nullif(sleep_stage, {int(SleepStage.UNKNOWN)})
FROM batch AS new
WHERE NOT EXISTS (
    FROM readings AS old
    WHERE ({{ranges}}) AND old.belt = new.belt AND old.observed_at = new.observed_at
)
"""  # noqa: S608 - constants only

_SPAN: Final = "belt = ? AND observed_at >= ? AND observed_at < ?"

_READ: Final = f"""
SELECT observed_at, received_at, coalesce(in_bed, {int(Occupancy.UNKNOWN)})::TINYINT AS in_bed,
       coalesce(sleep_stage, {int(SleepStage.UNKNOWN)})::TINYINT AS sleep_stage,
       {", ".join(f"coalesce({name}, 'nan'::FLOAT) AS {name}" for name in FLOAT_COLUMNS)}
FROM readings WHERE {_SPAN} ORDER BY observed_at
"""  # noqa: S608 - constants only

_MINUTES: Final = f"""
SELECT observed_at // {MINUTE_MS} * {MINUTE_MS} AS minute_at,
       count(*) AS readings,
       count(in_bed) AS known_in_bed,
       count(*) FILTER (in_bed = {int(Occupancy.IN)}) AS in_bed,
       coalesce(avg(heart_rate), 'nan'::DOUBLE) AS heart_rate,
       coalesce(min(heart_rate)::DOUBLE, 'nan'::DOUBLE) AS heart_rate_min,
       coalesce(max(heart_rate)::DOUBLE, 'nan'::DOUBLE) AS heart_rate_max,
       coalesce(avg(breathing_rate), 'nan'::DOUBLE) AS breathing_rate,
       coalesce(avg(movement), 'nan'::DOUBLE) AS movement,
       coalesce(sum(turn_overs), 'nan'::DOUBLE) AS turn_overs
FROM readings WHERE {_SPAN} GROUP BY minute_at ORDER BY minute_at
"""  # noqa: S608 - constants only

_DELETE: Final = f"DELETE FROM readings WHERE {_SPAN}"  # noqa: S608 - constants only

MAX_RANGES: Final = 32
"""Into how many time ranges a batch is cut at most when what is already stored is looked up."""


class DuckDBReadings(DuckDBFile):
    """`domain.ports.ReadingsStore` in the DuckDB file `path`; the folder must exist."""

    def __init__(self, path: Path | str, *, memory_limit: str = "1GB", checkpoint_at: str = "16MB") -> None:
        super().__init__(path, what="readings", memory_limit=memory_limit, checkpoint_at=checkpoint_at)

    def _lay_out(self, connection: duckdb.DuckDBPyConnection) -> None:
        connection.execute(_LAYOUT).fetchall()
        names = {name for name, *_ in connection.execute("DESCRIBE readings").fetchall()}
        if "sleep_stage" not in names:
            connection.execute(_ADDED).fetchall()

    def write(self, batch: ReadingBatch) -> int:
        batch = batch.distinct()
        if not len(batch):
            return 0
        with self._lock:
            with self._transaction() as connection:
                belts = self._numbered(connection, batch.belts)
                new = _insert(connection, batch, belts)
            self._belts = belts
        return new

    def read(self, belt_id: str, start_at: int, end_at: int) -> ReadingBatch:
        columns = self._columns(_READ, belt_id, start_at, end_at)
        if columns is None:
            return ReadingBatch.empty()
        belt = np.zeros(len(columns["observed_at"]), np.int32)
        return ReadingBatch(belts=(belt_id,), belt=belt, **columns)

    def minutes(self, belt_id: str, start_at: int, end_at: int) -> MinuteColumns:
        columns = self._columns(_MINUTES, belt_id, start_at, end_at)
        if columns is None:
            counts, means = np.empty(0, np.int64), np.empty(0, np.float64)
            names = MinuteColumns.__dataclass_fields__
            columns = {name: counts if name in _COUNTS else means for name in names}
        return MinuteColumns(**columns)

    def delete(self, belt_id: str, start_at: int, end_at: int) -> int:
        """No query finds them again; their bytes stay in the file until DuckDB drops the rows around them as well."""
        belt = self._belts.get(belt_id)
        with self._lock, self._transaction() as connection:
            gone = connection.execute(_DELETE, (belt, start_at, end_at)).fetchall()
        return int(gone[0][0])

    def _columns(self, query: str, belt_id: str, start_at: int, end_at: int) -> dict[str, NDArray[Any]] | None:
        """The columns of `query`, None when there are no rows."""
        belt = self._belts.get(belt_id)
        with self._told() as connection, connection.cursor() as cursor:
            if belt is None:
                return None
            columns: dict[str, NDArray[Any]] = cursor.execute(query, (belt, start_at, end_at)).fetchnumpy()
        return columns if len(next(iter(columns.values()))) else None


_COUNTS: Final = ("minute_at", "readings", "known_in_bed", "in_bed")


def _insert(connection: duckdb.DuckDBPyConnection, batch: ReadingBatch, belts: Mapping[str, int]) -> int:
    numbers = np.array([belts[belt_id] for belt_id in batch.belts], np.int32)
    connection.register("batch", {**batch.columns(), "belt": numbers[batch.belt]})
    try:
        written = connection.execute(_INSERT.format(ranges=_ranges(batch.observed_at))).fetchall()
    finally:
        connection.unregister("batch")
    return int(written[0][0])


def _ranges(observed_at: NDArray[np.int64]) -> str:
    """The time ranges of a batch as SQL: one late reading among live ones must not make the look-up scan days.

    Cut where the readings leave a gap of over a minute, at the widest gaps first. Row groups outside the ranges are
    skipped by their minima and maxima, which is what makes the look-up cheap without an index.
    """
    at = np.sort(observed_at)
    gaps = np.diff(at)
    widest = np.argsort(gaps)[::-1][: MAX_RANGES - 1]
    cuts = np.sort(widest[gaps[widest] > MINUTE_MS])
    starts, ends = at[np.concatenate([[0], cuts + 1])], at[np.concatenate([cuts, [len(at) - 1]])]
    return " OR ".join(f"old.observed_at BETWEEN {a} AND {b}" for a, b in zip(starts, ends, strict=True))
