"""Readings in InfluxDB 1.8, 2.x or 3 Core: the store of a centre that runs servers.

A reading is one point of the measurement `readings`; the same belt, centre and instant is the same point, so writing
again is harmless and nobody can tell how many were new. Fails soon and loudly: the caller has kept the batch and sends
it again. Beside the readings the figures of every minute are kept, see `influx_rollup`.
"""

from collections.abc import Callable

from domain.errors import NightbeltError, RefusedError
from domain.readings import MinuteColumns, ReadingBatch
from storage.influx_lines import READINGS, head, reading_lines
from storage.influx_minutes import InfluxFigures
from storage.influx_rollup import InfluxRollup
from storage.influx_server import InfluxServer, quoted, span_ns

_NO_DELETE = "3."
"""Versions that have no DELETE begin so."""


class InfluxReadings:
    """`domain.ports.ReadingsStore` at `server`: readings in `bucket`, minutes in `minutes_bucket`; both must exist.

    `center_of` tells a belt's centre, "unassigned" for one that is not enrolled; it is asked for every belt of every
    batch. `write` may also raise RejectedError, then for what is in the batch. `rollup` wants its `settle` called.
    """

    def __init__(
        self, server: InfluxServer, *, bucket: str, minutes_bucket: str, center_of: Callable[[str], str]
    ) -> None:
        self._server = server
        self._bucket = bucket
        self._center_of = center_of
        self._figures = InfluxFigures(server, bucket=bucket, minutes_bucket=minutes_bucket)
        self.rollup = InfluxRollup(server, bucket=bucket, minutes_bucket=minutes_bucket, center_of=center_of)

    def write(self, batch: ReadingBatch) -> int | None:
        """None, but 0 of nothing. RejectedError may leave a part of the batch written."""
        batch = batch.distinct()
        if not len(batch):
            return 0
        heads = [head(READINGS, self._center_of(belt_id), belt_id) for belt_id in batch.belts]
        self._server.write(self._bucket, reading_lines(batch, heads))
        self.rollup.touched.note(batch)
        return None

    def read(self, belt_id: str, start_at: int, end_at: int) -> ReadingBatch:
        return self._figures.readings(belt_id, start_at, end_at)

    def minutes(self, belt_id: str, start_at: int, end_at: int) -> MinuteColumns:
        """Of minutes whose raw readings have expired the kept figures, if the minute lies in the span whole."""
        return self._figures.joined(belt_id, start_at, end_at)

    def delete(self, belt_id: str, start_at: int, end_at: int) -> int:
        """The kept minutes go as well. RefusedError from 3 Core, which cannot delete."""
        if start_at >= end_at:
            return 0
        there = int(self.minutes(belt_id, start_at, end_at).readings.sum())
        condition = f"belt = {quoted(belt_id)} AND {span_ns(start_at, end_at)}"

        def delete_raw() -> None:
            self._server.delete(self._bucket, READINGS, condition)

        try:
            self.rollup.forget(belt_id, start_at, end_at, delete_raw)
        except NightbeltError as error:
            if self._server.version().startswith(_NO_DELETE):
                raise RefusedError(
                    "InfluxDB 3 Core cannot delete readings; they go when their retention ends"
                ) from error
            raise
        return there

    def close(self) -> None:
        self._server.close()
