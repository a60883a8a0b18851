"""What is unusual for whoever lies in each bed, by hour, as columns: limits of the rules about a person's own rates.

The hour is that of the reading's own clock, so the answer does not depend on how readings are cut or mixed. Fails
towards silence: where nothing is known the limit is NaN, beyond which nothing is; the fixed limits go on meanwhile.
"""

from collections.abc import Sequence
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from domain.nights import hours_since_noon
from domain.usual import HOURS, Side, UsualLevels

_NOTHING: Final = np.full((len(Side), HOURS), np.nan, np.float32)

Floats = NDArray[np.float32]


class OwnLimits:
    """Over the slots: `levels` of who lies there (None: not known), in which time zone (None: never asked)."""

    def __init__(self, levels: Sequence[UsualLevels | None] = (), zones: Sequence[ZoneInfo | None] = ()) -> None:
        known = [(n, level) for n, level in enumerate(levels) if level is not None and zones[n] is not None]
        self.none = not known
        self._row = np.zeros(len(levels), np.int32)
        self._row[[n for n, _ in known]] = np.arange(1, len(known) + 1)
        table = np.stack([_NOTHING, *(level.limits for _, level in known)], axis=1)
        self._limits: Floats = table.reshape(len(Side), -1)
        self._zones = sorted({zone for n, _ in known if (zone := zones[n]) is not None}, key=str)
        self._zone_of = np.array([self._zones.index(zone) if zone in self._zones else -1 for zone in zones], np.int8)

    def cells(self, slot: NDArray[Any], at: NDArray[np.int64]) -> NDArray[Any]:
        """Where the limits of readings at `at` (ms, the belts' clocks) of beds in `slot` stand; for `limit`."""
        hour = np.zeros(len(slot), np.int64)
        if len(self._zones) == 1:
            hour = hours_since_noon(at, self._zones[0])
        else:
            for nth, zone in enumerate(self._zones):
                rows = self._zone_of[slot] == nth
                hour[rows] = hours_since_noon(at[rows], zone)
        cells: NDArray[Any] = self._row[slot] * HOURS + hour
        return cells

    def limit(self, side: Side, cells: NDArray[Any]) -> Floats:
        """The limit in each of `cells`, NaN where it is not known."""
        found: Floats = self._limits[side].take(cells)
        return found

    def one(self, side: Side, n: int, at: int) -> float:
        """The limit of slot `n` at `at` (ms, the belt's clock)."""
        if self.none:
            return float("nan")
        return float(self.limit(side, self.cells(np.array([n]), np.array([at], np.int64)))[0])

    def nearest(self, side: Side) -> Floats:
        """The nearest limit of each slot at any hour, NaN where none is known: within it nothing is unusual."""
        own = self._limits[side].reshape(-1, HOURS)
        found: Floats = (np.fmin if side.high else np.fmax).reduce(own, axis=1)[self._row]
        return found

    def beyond(self, side: Side, limit: Floats) -> bool:
        """Is the own limit of that side further out than `limit` (by slot) for anybody at any hour?"""
        own = self._limits[side].reshape(-1, HOURS)[self._row]
        outside = own > limit[:, None] if side.high else own < limit[:, None]
        return bool(outside.any())


def moved(side: Side, limit: Floats, own: Floats, furthest: Floats) -> Floats:
    """`limit` moved outwards to `own`, but not beyond `furthest`; never inwards."""
    if side.high:
        return np.where(own > limit, np.fmax(limit, np.minimum(own, furthest)), limit)
    return np.where(own < limit, np.fmin(limit, np.maximum(own, furthest)), limit)
