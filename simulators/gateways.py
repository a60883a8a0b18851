"""Gateways: belts speak through one of several, and once in a while one of them fails for a part of the night."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from domain.units import MINUTE_MS
from simulators.center import SimulatedCenter
from simulators.localtime import wall_clock
from simulators.scenarios import GATEWAY_DOWN_MIN, Scenario
from simulators.streams import Purpose, stream

BELTS: Final = 12
"""Belts of one gateway, by their number: a corridor of six rooms."""
_HOURS_MIN: Final = (20 * 60 + 30, 28 * 60)
"""When it may fail: 20:30 to 04:00 local (min after midnight of the evening)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayFailure:
    """The belts of beds `first` to `last` (index, exclusive) send nothing in [`from_at`, `to_at`) (true ms)."""

    first: int
    last: int
    from_at: int
    to_at: int

    def hits(self, index: int) -> bool:
        """Is the belt of that bed behind the gateway?"""
        return self.first <= index < self.last


def gateway_failure(center: SimulatedCenter, night: date) -> GatewayFailure | None:
    """What fails in this night; never the only gateway of a centre, nor one of less than half of its belts."""
    rng = stream(center.seed, Purpose.GATEWAY, 0, night.toordinal())
    chance, which, begins, length = rng.random(4).tolist()
    whole = (len(center.beds) + BELTS // 2) // BELTS
    if chance >= center.mix.shares.get(Scenario.GATEWAY_DOWN, 0.0) or whole < 2:
        return None
    first = int(which * whole) * BELTS
    low, high = _HOURS_MIN
    from_at = wall_clock(night, low + begins * (high - low), center.zone)
    shortest, longest = GATEWAY_DOWN_MIN
    length_ms = round((shortest + length * (longest - shortest)) * MINUTE_MS)
    last = min(first + BELTS, len(center.beds))
    return GatewayFailure(first=first, last=last, from_at=from_at, to_at=from_at + length_ms)
