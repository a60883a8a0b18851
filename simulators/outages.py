"""The network of a whole centre: in some nights it fails, and all belts are silent at once."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from domain.units import MINUTE_MS
from simulators.center import SimulatedCenter
from simulators.gateways import gateway_failure
from simulators.localtime import wall_clock
from simulators.scenarios import CENTER_DOWN_MIN, CENTER_HICCUP_MIN, Scenario
from simulators.streams import Purpose, stream

_HOURS_MIN: Final = (20 * 60 + 30, 28 * 60)
"""When it may fail: 20:30 to 04:00 local (min after midnight of the evening)."""
_HICCUP_SHARE: Final = 0.4
"""Share of failures that are over before anybody should be told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """No belt of the centre sends anything in [`from_at`, `to_at`) (true ms)."""

    from_at: int
    to_at: int


def center_outage(center: SimulatedCenter, night: date) -> Outage | None:
    """Whether the centre's network fails in this night; never in one in which a gateway does."""
    rng = stream(center.seed, Purpose.OUTAGE, 0, night.toordinal())
    chance, begins, kind, length = rng.random(4).tolist()
    if chance >= center.mix.shares.get(Scenario.CENTER_DOWN, 0.0) or gateway_failure(center, night) is not None:
        return None
    low, high = _HOURS_MIN
    from_at = wall_clock(night, low + begins * (high - low), center.zone)
    shortest, longest = CENTER_HICCUP_MIN if kind < _HICCUP_SHARE else CENTER_DOWN_MIN
    return Outage(from_at=from_at, to_at=from_at + round((shortest + length * (longest - shortest)) * MINUTE_MS))
