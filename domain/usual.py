"""What is usual for one person: nights of rates by the minute, and the limits by hour that are worked out from them."""

from dataclasses import dataclass
from datetime import date
from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

HOURS: Final = 24
"""Hours of a night, counted from its local noon."""
NIGHTS_KEPT: Final = 28
NIGHTS_NEEDED: Final = 7
"""Practice is a minimum of 7-14 valid nights before any statement of deviation."""


class Side(IntEnum):
    """Which of a person's own limits; the row in `UsualLevels.limits`."""

    HEART_RATE_LOW = 0
    HEART_RATE_HIGH = 1
    BREATHING_RATE_LOW = 2
    BREATHING_RATE_HIGH = 3

    @property
    def high(self) -> bool:
        return self in {Side.HEART_RATE_HIGH, Side.BREATHING_RATE_HIGH}


SIDES: Final = {
    "heart_rate": (Side.HEART_RATE_LOW, Side.HEART_RATE_HIGH),
    "breathing_rate": (Side.BREATHING_RATE_LOW, Side.BREATHING_RATE_HIGH),
}
"""By rate: the own limits below and above which it is unusual."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NightRates:
    """A resident's rates in one night, by the minute from `start_at` (ms); columns of equal length (float32).

    NaN where the resident was not in bed all of the minute, or the belt gave no value. `noon_at` (ms) is the local noon
    before the night.
    """

    resident_id: str
    night: date
    noon_at: int
    start_at: int
    heart_rate: NDArray[np.float32]
    breathing_rate: NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class UsualLevels:
    """What is usual for a resident as of `last_night`. `nights` is how many nights that rests on.

    `limits` (float32, sides x hours since local noon): beyond what a rate is unusual, in its unit; NaN while that is
    not known. With fewer than `NIGHTS_NEEDED` nights nothing is: the levels are warming up.
    """

    resident_id: str
    nights: int
    last_night: date
    limits: NDArray[np.float32]
    computed_at: int

    @property
    def warming_up(self) -> bool:
        return not bool(np.isfinite(self.limits).any())

    def between(self, rate: str, hour: int) -> tuple[float, float] | None:
        """Between what the rate ("heart_rate", "breathing_rate") is usual in that hour; None while not known."""
        low, high = (float(self.limits[side, hour]) for side in SIDES[rate])
        return None if np.isnan(low) or np.isnan(high) else (low, high)
