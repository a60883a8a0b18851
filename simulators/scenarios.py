"""What can happen in a night besides sleep: to the resident, and to the messages of the belt."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Final

import numpy as np

from domain.units import MINUTE_MS, SECOND_MS


class Scenario(StrEnum):
    """The names stand in the truth file. The order is part of every night: new ones go to the end."""

    LONG_ABSENCE = "long-absence"
    QUICK_TRIP = "quick-trip"
    RESTLESS = "restless"
    OFFLINE_LOST = "offline-lost"
    OFFLINE_BUFFERED = "offline-buffered"
    DUPLICATES = "duplicates"
    OUT_OF_ORDER = "out-of-order"
    GARBAGE = "garbage"
    CLOCK_OFF = "clock-off"
    OPENING = "opening"
    TACHYCARDIA = "tachycardia"
    BRADYCARDIA = "bradycardia"
    FAST_BREATHING = "fast-breathing"
    SLOW_BREATHING = "slow-breathing"
    VITALS_LOST = "vitals-lost"
    POOR_SIGNAL = "poor-signal"
    EMPTY_VIBRATION = "empty-vibration"
    BREATHING_PAUSE = "breathing-pause"
    TOSSING = "tossing"
    IMMOBILE = "immobile"
    LAST_WILL = "last-will"
    FEVER_TREND = "fever-trend"
    FALL = "fall"
    WANDERING = "wandering"
    CLOCK_DRIFT = "clock-drift"
    GATEWAY_DOWN = "gateway-down"
    SITTING_UP = "sitting-up"
    BATTERY_LOW = "battery-low"
    CENTER_DOWN = "center-down"
    TWO_IN_BED = "two-in-bed"
    ONE_BELT_FOR_TWO = "one-belt-for-two"
    UNUSUAL_HEART = "unusual-heart"
    UNUSUAL_BREATHING = "unusual-breathing"


LONG_ABSENCE_MIN: Final = (20.0, 60.0)
QUICK_TRIP_S: Final = (30.0, 90.0)
FALL_MIN: Final = (45.0, 120.0)
"""From leaving for the bathroom until somebody has helped back into bed (min)."""
WANDERING_EXITS: Final = 10
WANDERING_MIN: Final = (1.0, 6.0)
"""How long a resident who cannot rest is up each time (min)."""
GATEWAY_DOWN_MIN: Final = (10.0, 60.0)
"""How long a gateway fails (min)."""
CENTER_DOWN_MIN: Final = (5.0, 45.0)
CENTER_HICCUP_MIN: Final = (0.5, 2.3)
"""How long the network of a whole centre fails (min), and how long it may without anybody being told."""
OFFLINE_MIN: Final = (10.0, 90.0)
"""How long a belt is silent (min)."""
GARBAGE_MESSAGES: Final = (20, 60)
"""Payloads that are no readings, per night of that scenario."""
SHUFFLE_MAX_MS: Final = 30 * SECOND_MS
"""Longest extra delay of a message in an out-of-order night."""
DUPLICATE_SHARE: Final = 0.05
"""Share of messages that come twice in a night of that scenario."""
DUPLICATE_MAX_MS: Final = 60 * SECOND_MS
"""Longest time from a message to its second copy."""
CLOCK_OFF_MIN: Final = (-4.0, 4.0)
"""How far a belt's clock stands off (min)."""

OPENING_IN_BED_BEFORE_MS: Final = 60 * MINUTE_MS
OPENING_EXIT_AFTER_MS: Final = 4 * MINUTE_MS
OPENING_AWAY_MS: Final = 25 * MINUTE_MS
OPENING_IN_BED_AFTER_MS: Final = 30 * MINUTE_MS

_OF_BEDS: Final = {Scenario.TWO_IN_BED, Scenario.ONE_BELT_FOR_TWO}
_OF_CENTERS: Final = {Scenario.GATEWAY_DOWN, Scenario.CENTER_DOWN}
_NOT_DRAWN: Final = {Scenario.CLOCK_OFF, Scenario.OPENING, Scenario.FEVER_TREND, *_OF_BEDS, *_OF_CENTERS}
_DRAWN: Final = tuple(name for name in Scenario if name not in _NOT_DRAWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mix:
    """How often each scenario comes: its share of bed-nights, 0 to 1; 1 forces it, absent means never.

    Those of GATEWAY_DOWN and CENTER_DOWN are their shares of nights, in which one of a centre's gateways fails, or its
    whole network.
    `clock_off` is the share of belts with a wrong clock (a property of the belt, not of the night), `fever_trend` that
    of residents who come down with a fever every few weeks. `two_in_bed` is the share of rooms whose two beds are one
    double bed with a belt on each side, `one_belt` that of beds in which two lie over one belt. `measured`: belts lose
    values, and their occupancy chatters, as was measured; the truth then tells of rates and silences as well.
    """

    shares: Mapping[Scenario, float] = field(default_factory=lambda: MappingProxyType({}))
    clock_off: float = 0.0
    measured: bool = False
    fever_trend: float = 0.0
    two_in_bed: float = 0.0
    one_belt: float = 0.0

    @classmethod
    def of(cls, *forced: Scenario) -> "Mix":
        """Every night has exactly these scenarios; with CLOCK_OFF every belt but the first has a wrong clock.

        With FEVER_TREND every resident has fevers, with TWO_IN_BED or ONE_BELT_FOR_TWO all beds but those of the first
        room are shared so.
        """
        of_bed_nights = set(forced) - {Scenario.CLOCK_OFF, Scenario.OPENING, *_OF_BEDS}
        return cls(
            shares=MappingProxyType(dict.fromkeys(sorted(of_bed_nights), 1.0)),
            clock_off=1.0 if Scenario.CLOCK_OFF in forced else 0.0,
            fever_trend=1.0 if Scenario.FEVER_TREND in forced else 0.0,
            two_in_bed=1.0 if Scenario.TWO_IN_BED in forced else 0.0,
            one_belt=1.0 if Scenario.ONE_BELT_FOR_TWO in forced else 0.0,
        )


PLAIN_NIGHTS: Final = Mix()
"""Sleep, bathroom and naps only; every message arrives."""

DEFAULT_MIX: Final = Mix(
    shares=MappingProxyType(
        {
            Scenario.LONG_ABSENCE: 0.08,
            Scenario.QUICK_TRIP: 0.15,
            Scenario.RESTLESS: 0.10,
            Scenario.OFFLINE_LOST: 0.04,
            Scenario.OFFLINE_BUFFERED: 0.04,
            Scenario.DUPLICATES: 0.10,
            Scenario.OUT_OF_ORDER: 0.06,
            Scenario.GARBAGE: 0.05,
        }
    ),
    clock_off=0.15,
)
"""Much worse than a good centre: each kind of trouble comes every few nights on a ward of sixty."""

_EPISODE_SHARE: Final = 0.04
EPISODES: Final = (
    Scenario.TACHYCARDIA,
    Scenario.BRADYCARDIA,
    Scenario.FAST_BREATHING,
    Scenario.SLOW_BREATHING,
    Scenario.VITALS_LOST,
    Scenario.POOR_SIGNAL,
    Scenario.EMPTY_VIBRATION,
    Scenario.BREATHING_PAUSE,
    Scenario.TOSSING,
    Scenario.SITTING_UP,
    Scenario.UNUSUAL_HEART,
    Scenario.UNUSUAL_BREATHING,
)
"""What happens to rates and signal for a while; in the order in which they are planned."""
MEASURED_MIX: Final = Mix(
    shares=MappingProxyType(
        {
            **DEFAULT_MIX.shares,
            **dict.fromkeys(EPISODES, _EPISODE_SHARE),
            Scenario.IMMOBILE: _EPISODE_SHARE,
            Scenario.LAST_WILL: 0.5,
            Scenario.FALL: 0.02,
            Scenario.WANDERING: 0.03,
            Scenario.CLOCK_DRIFT: 0.02,
            Scenario.GATEWAY_DOWN: 0.3,
            Scenario.SITTING_UP: 0.15,
            Scenario.BATTERY_LOW: _EPISODE_SHARE,
            Scenario.CENTER_DOWN: 0.3,
        }
    ),
    clock_off=DEFAULT_MIX.clock_off,
    measured=True,
    fever_trend=0.05,
    two_in_bed=0.08,
    one_belt=0.05,
)
"""The same with belts as lossy as real ones and with episodes of rates: what alarm rules are scored on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """The sure event of a demo: the resident leaves the bed 4 min after `start_at` (ms) and is away for 25 min.

    `start_at` is the demo's first start; keep it when the demo is started again on the same data.
    """

    resident_id: str
    start_at: int

    @property
    def exit_at(self) -> int:
        return self.start_at + OPENING_EXIT_AFTER_MS

    @property
    def return_at(self) -> int:
        return self.exit_at + OPENING_AWAY_MS

    @property
    def end_at(self) -> int:
        return self.return_at + OPENING_IN_BED_AFTER_MS


def drawn(mix: Mix, rng: np.random.Generator) -> frozenset[Scenario]:
    """The scenarios of one bed-night. One draw each in fixed order, so one share does not change the others."""
    chances = rng.random(len(_DRAWN))
    return frozenset(name for name, chance in zip(_DRAWN, chances, strict=True) if chance < mix.shares.get(name, 0.0))
