"""What the tests of the simulators share."""

from datetime import date

import numpy as np

from simulators.arrivals import Arrivals, arrivals, belt_nights
from simulators.center import SimulatedBelt, SimulatedCenter
from simulators.messages import messages
from simulators.physiology import CELL_MS

NIGHT = date(2026, 11, 23)
AUTUMN = date(2026, 10, 24)
"""The evening before Berlin's clocks go back."""
SPRING = date(2027, 3, 27)
"""The evening before Berlin's clocks go forward."""
BERLIN = "Europe/Berlin"

HONEST_BELT = SimulatedBelt(belt_id="b0001", interval_ms=10_000, phase_ms=0, batch=1, clock_offset_ms=0)

COLUMNS = (
    "belt",
    "observed_at",
    "arrives_at",
    "in_bed",
    "heart_rate",
    "breathing_rate",
    "movement",
    "turn_overs",
    "signal_quality",
    "sleep_stage",
)


def whole_night(center: SimulatedCenter, night: date = NIGHT, *, from_at: int | None = None) -> Arrivals:
    """One night of the centre in one piece."""
    (piece,) = arrivals(belt_nights(center, night), from_at=from_at, chunk_ms=48 * 360 * CELL_MS)
    return piece


def same(one: Arrivals, other: Arrivals) -> bool:
    return all(np.array_equal(getattr(one, name), getattr(other, name), equal_nan=True) for name in COLUMNS)


def payloads(piece: Arrivals) -> list[bytes]:
    return [message.payload for message in messages(piece)]
