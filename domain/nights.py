"""Nights: when a resident's night windows lie on the UTC axis, and how a night is named.

Local times become instants through the IANA zone, so a window keeps its local hours when the clocks change:
21:00-06:00 is ten hours long in the autumn night and eight in the spring one. A border inside the hour that the
clocks skip comes that hour later; one inside the repeated hour is taken the first time.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
from numpy.typing import NDArray

from domain.clock import instant, utc
from domain.errors import ConfigurationError
from domain.residents import NightWindow
from domain.units import DAY_MS, HOUR_MS, MINUTE_MS

CARRY_IN_MS: Final = 60 * MINUTE_MS
"""An absence that began at most this long before a window opens counts from the opening.

Our own choice: somebody who lay in bed at 20:50 and is still up at 21:15 has left bed and not come back; somebody
who was last in bed for the nap after lunch has not gone to bed yet, which is another rule's matter.
"""

_STRETCH_DAYS: Final = 8
NIGHT_START: Final = time(18, 0)
NIGHT_END: Final = time(10, 0)
NOON: Final = time(12, 0)
_LAST_HOUR: Final = 23


def zone(name: str) -> ZoneInfo:
    """The IANA zone; ConfigurationError when there is no such zone."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ConfigurationError(f"time zone {name!r}: not an IANA zone name") from error


def local_instant(day: date, at: time, tz: ZoneInfo) -> int:
    """The instant (ms) of a local time; see the module for the hours that the clocks skip or repeat."""
    return instant(datetime.combine(day, at, tzinfo=tz))


def night_of(at: int, tz: ZoneInfo) -> date:
    """The night an instant belongs to: from noon to noon, named by the date of its evening."""
    local = utc(at).astimezone(tz)
    return local.date() if local.hour >= 12 else local.date() - timedelta(days=1)


def night_span(night: date, tz: ZoneInfo) -> tuple[int, int]:
    """[start, end) of a night (ms): 18:00 of its date to 10:00 of the next, local time."""
    return local_instant(night, NIGHT_START, tz), local_instant(night + timedelta(days=1), NIGHT_END, tz)


def noon_to_noon(first: date, last: date, tz: ZoneInfo) -> tuple[int, int]:
    """[start, end) (ms) of all that belongs to the nights `first` to `last`: the noon before to the noon after."""
    return local_instant(first, NOON, tz), local_instant(last + timedelta(days=1), NOON, tz)


def hours_since_noon(at: NDArray[np.int64], tz: ZoneInfo) -> NDArray[Any]:
    """The whole hours (n, 0 to 23) from the local noon before each instant (ms) on.

    They count what passes, so after a change of the clocks they are shifted by it, as a sleeper is; the 25th hour of
    such a day is counted to the 24th.
    """
    if not len(at):
        return np.empty(0, np.int64)
    low, high = int(at.min()), int(at.max())
    first, last = low // DAY_MS, high // DAY_MS
    if high - low < HOUR_MS and (both := _hour(low, tz)) == _hour(high, tz):
        return np.full(len(at), both)
    hour = np.empty(len(at), np.int64)
    day = at // DAY_MS
    for each in [first] if first == last else np.unique(day).tolist():
        rows = slice(None) if first == last else day == each
        noons = _noons(each, tz)
        before = noons[np.searchsorted(noons, at[rows], side="right") - 1]
        hour[rows] = np.minimum((at[rows] - before) // HOUR_MS, _LAST_HOUR)
    return hour


def _hour(at: int, tz: ZoneInfo) -> int:
    noons: list[int] = _noons(at // DAY_MS, tz).tolist()
    return min((at - noons[bisect_right(noons, at) - 1]) // HOUR_MS, _LAST_HOUR)


@lru_cache(maxsize=64)
def _noons(day: int, tz: ZoneInfo) -> NDArray[np.int64]:
    """The local noons around a UTC day (days since 1970), one before its first instant at least."""
    middle = utc(day * DAY_MS).date()
    return np.array([local_instant(middle + timedelta(days=n), NOON, tz) for n in (-2, -1, 0, 1)], np.int64)


@dataclass(slots=True)
class Schedule:
    """The instants covered by a set of night windows in one zone; overlapping windows are one.

    Windows are laid out on the UTC axis a stretch of days at a time, as they are asked for.
    """

    windows: Sequence[NightWindow]
    tz: ZoneInfo
    _from_at: int = 0
    _to_at: int = 0
    _edges: list[int] = field(default_factory=list)

    def counts_from(self, exit_at: int, carry_in_ms: int = CARRY_IN_MS) -> int | None:
        """From when an absence that began at `exit_at` counts (ms), None when it does not.

        Inside a window: from the exit. Up to `carry_in_ms` (a week at most) before one: from its opening.
        """
        self._lay_out(exit_at)
        nth = bisect_right(self._edges, exit_at)
        if nth % 2:
            return exit_at
        opening = self._edges[nth] if nth < len(self._edges) else None
        return opening if opening is not None and opening - exit_at <= carry_in_ms else None

    def covers(self, at: int) -> bool:
        """Is the instant inside a window?"""
        self._lay_out(at)
        return bisect_right(self._edges, at) % 2 == 1

    def closes_at(self, at: int) -> int | None:
        """When the window around this instant closes (ms), None outside."""
        self._lay_out(at)
        nth = bisect_right(self._edges, at)
        return self._edges[nth] if nth % 2 else None

    def _lay_out(self, at: int) -> None:
        if self._from_at <= at < self._to_at:
            return
        self._from_at, self._to_at = at - _STRETCH_DAYS * DAY_MS, at + _STRETCH_DAYS * DAY_MS
        first = utc(self._from_at).astimezone(self.tz).date() - timedelta(days=1)
        days = [first + timedelta(days=n) for n in range(2 * _STRETCH_DAYS + 3)]
        spans = sorted(_span(window, day, self.tz) for day in days for window in self.windows)
        self._edges = _merged(spans)


def _span(window: NightWindow, day: date, tz: ZoneInfo) -> tuple[int, int]:
    last = day if window.end > window.start else day + timedelta(days=1)
    return local_instant(day, window.start, tz), local_instant(last, window.end, tz)


def _merged(spans: Sequence[tuple[int, int]]) -> list[int]:
    edges: list[int] = []
    for start_at, end_at in spans:
        if edges and start_at <= edges[-1]:
            edges[-1] = max(edges[-1], end_at)
        elif end_at > start_at:
            edges += [start_at, end_at]
    return edges
