"""Keeps the figures of every minute, which outlive the raw readings by years.

A minute is worked out when it is over and again whenever late readings touch it; the same figures are written over the
old ones, so doing it twice is harmless. What a crash forgot is found by counting, see `touched.doubt`. Until its
figures are kept a minute is answered from the raw readings, so being late with it loses nothing.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import numpy as np

from domain.errors import RejectedError
from domain.units import HOUR_MS, MINUTE_MS, SECOND_MS
from storage.influx_lines import MINUTES, READINGS, head, minute_lines
from storage.influx_minutes import FLOATS, INTEGERS, Figures, InfluxFigures
from storage.influx_server import EARLIEST_NS, LATEST_NS, NS_PER_MS, InfluxServer, quoted, span_ns
from storage.touched_minutes import WHOLE_HOUR, TouchedHour, TouchedMinutes

SETTLED_AFTER_MS: Final = 10 * SECOND_MS
"""How long after its end a minute is left alone: most readings of it are there by then."""
MAX_HOURS_A_PASS: Final = 24
MAX_NAMED_BELTS: Final = 20
"""More belts than these are not named one by one: all are asked for."""
MAX_GROUPS: Final = 8
"""When the belts of an hour fall into more sets of touched minutes than these, all are asked for all of them."""
LINES_AT_ONCE: Final = 5_000
RECONCILED_AT_ONCE_MS: Final = 6 * HOUR_MS


class InfluxRollup:
    """From `bucket` to `minutes_bucket`. Fails by UnavailableError, and then has forgotten nothing."""

    def __init__(
        self, server: InfluxServer, *, bucket: str, minutes_bucket: str, center_of: Callable[[str], str]
    ) -> None:
        self._server = server
        self._bucket = bucket
        self._minutes_bucket = minutes_bucket
        self._center_of = center_of
        self._figures = InfluxFigures(server, bucket=bucket, minutes_bucket=minutes_bucket)
        self.touched = TouchedMinutes()
        self._lock = threading.Lock()

    def settle(self, now: int) -> bool:
        """Work out minutes that were touched and are over at `now` (ms), or look for some in a doubtful time.

        Does a bounded part; False when nothing is left to do. RejectedError for figures that the server does not
        take (a retention that is over): they are given up.
        """
        hours = self.touched.take(now - SETTLED_AFTER_MS, MAX_HOURS_A_PASS)
        if not hours:
            return self._reconcile_next()
        rejected: RejectedError | None = None
        for done, hour in enumerate(hours):
            try:
                self._settle_hour(hour)
            except RejectedError as error:
                rejected = error
            except BaseException:
                self.touched.mark(hours[done:])
                raise
        if rejected is not None:
            raise rejected
        return True

    def _reconcile_next(self) -> bool:
        doubtful = self.touched.take_doubtful(RECONCILED_AT_ONCE_MS)
        if doubtful is None:
            return False
        try:
            self._reconcile(*doubtful)
        except BaseException:
            self.touched.doubt(*doubtful)
            raise
        return True

    def _reconcile(self, start_at: int, end_at: int) -> None:
        """Touch the hours that have more readings than their kept minutes tell."""
        first, end = start_at // HOUR_MS * HOUR_MS, -(-end_at // HOUR_MS) * HOUR_MS
        there = self._hourly(self._bucket, READINGS, "count(received_at)", first, end)
        told = self._hourly(self._minutes_bucket, MINUTES, "sum(readings)", first, end)
        self.touched.mark(
            TouchedHour(hour_at=hour_at, masks={belt_id: WHOLE_HOUR})
            for (hour_at, belt_id), count in there.items()
            if count > told.get((hour_at, belt_id), 0)
        )

    def forget(self, belt_id: str, start_at: int, end_at: int, delete_raw: Callable[[], None]) -> None:
        """Remove the kept minutes that have a part in [`start_at`, `end_at`) (ms), then call `delete_raw`.

        Nothing is settled meanwhile: figures of readings that go must not be written after them. What is left of the
        first and the last minute is worked out anew by the next `settle`.
        """
        first, end = start_at // MINUTE_MS * MINUTE_MS, -(-end_at // MINUTE_MS) * MINUTE_MS
        with self._lock:
            condition = f"belt = {quoted(belt_id)} AND {span_ns(first, end)}"
            self._server.delete(self._minutes_bucket, MINUTES, condition)
            delete_raw()
        for at in (start_at, end_at):
            if at % MINUTE_MS and EARLIEST_NS < at * NS_PER_MS < LATEST_NS:
                self.touched.mark([_touched(belt_id, at)])

    def _settle_hour(self, hour: TouchedHour) -> None:
        groups: dict[int, list[str]] = {}
        for belt_id, mask in hour.masks.items():
            groups.setdefault(mask, []).append(belt_id)
        if len(groups) > MAX_GROUPS:
            mask = int(np.bitwise_or.reduce([np.uint64(one) for one in groups]))
            groups = {mask: list(hour.masks)}
        for mask, belt_ids in groups.items():
            self._settle_belts(hour, belt_ids, mask)

    def _settle_belts(self, hour: TouchedHour, belt_ids: Sequence[str], mask: int) -> None:
        start = hour.hour_at + ((mask & -mask).bit_length() - 1) * MINUTE_MS
        end = hour.hour_at + mask.bit_length() * MINUTE_MS
        with self._lock:
            found = self._figures.raw(belt_ids if len(belt_ids) <= MAX_NAMED_BELTS else None, start, end)
            touched = {
                belt_id: _only(found[belt_id], hour.minutes(belt_id)) for belt_id in belt_ids if belt_id in found
            }
            self._keep(touched)

    def _keep(self, figures: Mapping[str, Figures]) -> None:
        heads = [
            text
            for belt_id, one in figures.items()
            for text in [head(MINUTES, self._center_of(belt_id), belt_id)] * len(one["minute_at"])
        ]
        for first in range(0, len(heads), LINES_AT_ONCE):
            piece = slice(first, first + LINES_AT_ONCE)
            whole = {
                name: np.concatenate([one[name] for one in figures.values()])[piece]
                for name in ("minute_at", *INTEGERS, *FLOATS)
            }
            integers, floats = {name: whole[name] for name in INTEGERS}, {name: whole[name] for name in FLOATS}
            lines = minute_lines(heads[piece], integers, floats, whole["minute_at"])
            self._server.write(self._minutes_bucket, lines)

    def _hourly(
        self, bucket: str, measurement: str, function: str, start_at: int, end_at: int
    ) -> dict[tuple[int, str], int]:
        span = span_ns(start_at, end_at)
        columns, rest = f"{function} AS readings", "GROUP BY time(1h), belt fill(none)"
        found = self._server.select(bucket, columns, measurement, span, rest)
        return {
            (at, one.tags["belt"]): int(count or 0)
            for one in found
            for at, count in zip(one.columns["time"], one.columns["readings"], strict=True)
        }


def _only(figures: Figures, minutes: Sequence[int]) -> Figures:
    mask = np.isin(figures["minute_at"], minutes)
    return {name: column[mask] for name, column in figures.items()}


def _touched(belt_id: str, at: int) -> TouchedHour:
    hour_at = at // HOUR_MS * HOUR_MS
    return TouchedHour(hour_at=hour_at, masks={belt_id: 1 << (at - hour_at) // MINUTE_MS})
