"""What is usual for one person: the level of a rate by hour of the night, from the own last nights (pure).

Per hour the median of the minutes in bed and their spread as MAD (median absolute deviation), which a few odd minutes
do not move. A value is unusual when its modified z-score 0.6745 (x - median) / MAD is beyond 3.5 (Iglewicz & Hoaglin
1993). A floor keeps a very regular sleeper from being told of for nothing. Personal normals of this kind served
clinicians in a nine-month study of 21 residents (Skubic 2015, PMC4848095).

Fails towards silence, and says so: an hour with too few nights has no level (NaN) and the state is "warming up"; the
fixed limits (`domain.vitals`) go on meanwhile. Statements begin at 7 nights and rest on the last 28.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
from numpy.typing import NDArray

from domain.spread import NORMAL_Z, UNUSUAL_Z, median_and_mad
from domain.units import HOUR_MS, MINUTE_MS
from domain.usual import HOURS, NIGHTS_KEPT, NIGHTS_NEEDED, NightRates, UsualLevels

HEART_RATE_FLOOR_BPM: Final = 2.0
BREATHING_RATE_FLOOR: Final = 0.7
"""Least MAD (breaths/min); own choice, as the one of the heart rate."""
MINUTES_NEEDED: Final = 15
"""A night speaks for an hour when this many of its minutes had a value; own choice."""
HEART_RATE_REACH_BPM: Final = 12.0
"""A rate that is live is told of beyond this far from the usual at least. Waking and lying awake raise it by 5 to 8, a
bad night by some 3 more; a fever by 8 to 10 a degree. Own choice between the two."""
BREATHING_RATE_REACH: Final = 4.5
"""A belt errs by up to 4.4 /min (Anesthesiology 132:424)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RateNight:
    """One valid night's rate by the minute, in bed: `minute_at` (int64 ms) and `rate` (float64, NaN where missing).

    `noon_at` (ms) is the noon before the night; hours count from it, so the hours after a change of the clocks are
    shifted by it, as the sleeper is.
    """

    noon_at: int
    minute_at: NDArray[np.int64]
    rate: NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HourlyLevels:
    """Columns of 24, index = whole hours since noon: `median` and `mad` (the rate's unit, NaN when not known yet) and
    `nights` (int64), how many spoke for the hour.
    """

    median: NDArray[np.float64]
    mad: NDArray[np.float64]
    nights: NDArray[np.int64]

    @property
    def warming_up(self) -> bool:
        """No hour is known yet."""
        return not bool(np.isfinite(self.median).any())

    def limits(self, hour: int) -> tuple[float, float] | None:
        """Below and above what the rate is unusual in that hour since noon; None while it is not known."""
        if not np.isfinite(self.median[hour]):
            return None
        reach = UNUSUAL_Z * float(self.mad[hour]) / NORMAL_Z
        return float(self.median[hour]) - reach, float(self.median[hour]) + reach


def usual_levels(resident_id: str, nights: Sequence[NightRates], *, last_night: date, computed_at: int) -> UsualLevels:
    """A resident's levels from the valid nights that train them (ascending), as of `last_night`.

    Their limits are `HEART_RATE_REACH_BPM` or `BREATHING_RATE_REACH` from the median at least.
    """
    kept = nights[-NIGHTS_KEPT:]
    heart = [_rate_night(night, night.heart_rate) for night in kept]
    breath = [_rate_night(night, night.breathing_rate) for night in kept]
    return UsualLevels(
        resident_id=resident_id,
        nights=len(kept),
        last_night=last_night,
        limits=np.vstack(
            [
                _limits(hourly_levels(heart, floor=HEART_RATE_FLOOR_BPM), HEART_RATE_REACH_BPM),
                _limits(hourly_levels(breath, floor=BREATHING_RATE_FLOOR), BREATHING_RATE_REACH),
            ]
        ),
        computed_at=computed_at,
    )


def _rate_night(night: NightRates, rate: NDArray[np.float32]) -> RateNight:
    minute_at = night.start_at + np.arange(len(rate), dtype=np.int64) * MINUTE_MS
    return RateNight(noon_at=night.noon_at, minute_at=minute_at, rate=rate.astype(np.float64))


def _limits(levels: HourlyLevels, least_reach: float) -> NDArray[np.float32]:
    """Below and above (2 x 24). Rounded: a tenth is more than the minutes tell."""
    reach = np.maximum(UNUSUAL_Z * levels.mad / NORMAL_Z, least_reach)
    return np.round([levels.median - reach, levels.median + reach], 1).astype(np.float32)


def hourly_levels(nights: Sequence[RateNight], *, floor: float) -> HourlyLevels:
    """The levels from valid nights, oldest first; only the last 28 count. `floor` is the least MAD.

    The spread is that of single minutes within the person and the hour, not of nightly means: a live value is
    compared with it.
    """
    kept = nights[-NIGHTS_KEPT:]
    by_hour: list[list[NDArray[np.float64]]] = [[] for _ in range(HOURS)]
    for night in kept:
        for hour, values in _hours_of(night):
            by_hour[hour].append(values)
    median, mad = np.full(HOURS, np.nan), np.full(HOURS, np.nan)
    for hour, parts in enumerate(by_hour):
        if len(parts) >= NIGHTS_NEEDED:
            median[hour], mad[hour] = median_and_mad(np.concatenate(parts), floor)
    return HourlyLevels(median=median, mad=mad, nights=np.array([len(parts) for parts in by_hour], np.int64))


def _hours_of(night: RateNight) -> list[tuple[int, NDArray[np.float64]]]:
    known = np.isfinite(night.rate)
    hour = (night.minute_at[known] - night.noon_at) // HOUR_MS
    rate = night.rate[known]
    told = [(n, rate[hour == n]) for n in range(HOURS)]
    return [(n, values) for n, values in told if len(values) >= MINUTES_NEEDED]
