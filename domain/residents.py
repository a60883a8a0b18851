"""Who lies where: centres, rooms, beds, belts, residents, stays, and what is asked for each resident's nights."""

import re
from dataclasses import dataclass, field, fields
from datetime import time
from enum import StrEnum
from itertools import pairwise
from typing import Final

from domain import vitals
from domain.errors import ConfigurationError
from domain.vitals import AtTime, ExitLimit, RuleLimit

ID_PATTERN: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
"""Ids travel in MQTT topics, logs and addresses: no slash, no wildcard, no space, no name of a person."""


MORNING: Final = time(10, 15)
"""When families hear of the night: a quarter of an hour after it is over, by when its reports are made (own choice)."""
MORNING_FIRST: Final = time(10, 0)
"""A night ends at ten o'clock: before that there is no whole one to tell of."""
MORNING_LAST: Final = time(17, 0)
"""Later the time in which a late report is waited for would reach into the evening (own choice)."""


def checked_id(kind: str, value: str) -> str:
    """`value`, or ConfigurationError when it cannot be an id of a `kind`."""
    if not ID_PATTERN.fullmatch(value):
        raise ConfigurationError(f"{kind} id {value!r}: letters, digits, '_', '.', '-' only, at most 64")
    return value


@dataclass(frozen=True, slots=True, kw_only=True)
class NightWindow:
    """Local hours in which leaving the bed matters; `end` at or before `start` is on the next day."""

    start: time = time(21, 0)
    end: time = time(6, 0)

    def __post_init__(self) -> None:
        if self.start.tzinfo is not None or self.end.tzinfo is not None:
            raise ConfigurationError("night window: local times carry no zone")


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaveBedSettings:
    """When leaving bed at night is told, for one resident. Both modes may be on, each is an alarm of its own.

    `immediate_after_s`: out for this long (for people at high risk of a fall). `away_limit_min`: not back in this
    long; 10-30 min are common, 0-60 offered across makers (domain notes 2.4). No windows means no leave-bed alarms.
    """

    immediate: bool = False
    immediate_after_s: int = 10
    not_back: bool = True
    away_limit_min: int = 15
    windows: tuple[NightWindow, ...] = (NightWindow(),)

    def __post_init__(self) -> None:
        if not 0 <= self.immediate_after_s <= 600:
            raise ConfigurationError(f"immediate_after_s {self.immediate_after_s}: 0 to 600 s")
        if not 1 <= self.away_limit_min <= 240:
            raise ConfigurationError(f"away_limit_min {self.away_limit_min}: 1 to 240 min")


WHOLE_DAY: Final = (NightWindow(start=time(0), end=time(0)),)


@dataclass(frozen=True, slots=True, kw_only=True)
class VitalSettings:
    """When rates, their absence and the belt itself are told, for one resident; each field is named as its rule.

    `settle_s`: rates are judged only when somebody has been in bed for that long. `silent_empty_after_s`: how long a
    belt may be silent over an empty bed. `windows`: local hours in which rates and signals count; a rate that was
    beyond its limit before counts from the opening. Exits count in the windows of leaving the bed, silence and clocks
    always.
    """

    heart_rate_very_high: RuleLimit = vitals.HEART_RATE_VERY_HIGH
    heart_rate_high: RuleLimit = vitals.HEART_RATE_HIGH
    heart_rate_low: RuleLimit = vitals.HEART_RATE_LOW
    heart_rate_very_low: RuleLimit = vitals.HEART_RATE_VERY_LOW
    breathing_rate_very_high: RuleLimit = vitals.BREATHING_RATE_VERY_HIGH
    breathing_rate_high: RuleLimit = vitals.BREATHING_RATE_HIGH
    breathing_rate_low: RuleLimit = vitals.BREATHING_RATE_LOW
    breathing_rate_very_low: RuleLimit = vitals.BREATHING_RATE_VERY_LOW
    vitals_lost: RuleLimit = vitals.VITALS_LOST
    vitals_lost_long: RuleLimit = vitals.VITALS_LOST_LONG
    belt_silent: RuleLimit = vitals.BELT_SILENT
    signal_poor: RuleLimit = vitals.SIGNAL_POOR
    vitals_in_empty_bed: RuleLimit = vitals.VITALS_IN_EMPTY_BED
    restless: RuleLimit = vitals.RESTLESS
    sitting_up: RuleLimit = vitals.SITTING_UP
    breathing_pause: RuleLimit = vitals.BREATHING_PAUSE
    no_turn_over: RuleLimit = vitals.NO_TURN_OVER
    belt_offline: RuleLimit = vitals.BELT_OFFLINE
    battery_low: RuleLimit = vitals.BATTERY_LOW
    settle_s: int = vitals.SETTLE_S
    silent_empty_after_s: int = vitals.SILENT_EMPTY_AFTER_S
    windows: tuple[NightWindow, ...] = WHOLE_DAY
    many_exits: ExitLimit = vitals.MANY_EXITS
    clock_wrong: RuleLimit = vitals.CLOCK_WRONG
    not_in_bed: AtTime = vitals.NOT_IN_BED
    still_in_bed: AtTime = vitals.STILL_IN_BED
    heart_rate_unusual_high: RuleLimit = vitals.HEART_RATE_UNUSUAL
    heart_rate_unusual_low: RuleLimit = vitals.HEART_RATE_UNUSUAL
    breathing_rate_unusual_high: RuleLimit = vitals.BREATHING_RATE_UNUSUAL
    breathing_rate_unusual_low: RuleLimit = vitals.BREATHING_RATE_UNUSUAL

    def __post_init__(self) -> None:
        if not 0 <= self.settle_s <= 600:
            raise ConfigurationError(f"settle_s {self.settle_s}: 0 to 600 s")
        if not self.belt_silent.after_s <= self.silent_empty_after_s <= 86_400:
            raise ConfigurationError(f"silent_empty_after_s {self.silent_empty_after_s}: not before belt_silent, 1 day")
        for kind in ("heart_rate", "breathing_rate"):
            names = [f"{kind}_{level}" for level in ("very_low", "low", "high", "very_high")]
            _check_ascending(names, [getattr(self, name) for name in names])
        for name, low in _CLEARED_ABOVE.items():
            _check_clear(name, getattr(self, name), low=low)
        for each in fields(self):
            if isinstance(asked := getattr(self, each.name), RuleLimit):
                _check_duration(each.name, asked.after_s)


_CLEARED_ABOVE: Final = {
    "signal_poor": True,
    "restless": False,
    "sitting_up": False,
    "breathing_pause": True,
    "no_turn_over": False,
    "battery_low": True,
    "clock_wrong": False,
}
"""Rules with limits, other than the levels of rates: does a higher value end it?"""
_DURATIONS_S: Final = {
    "restless": (10 * 60, 60 * 60),
    "sitting_up": (10, 60),
    "breathing_pause": (10, 120),
    "no_turn_over": (3600, 12 * 3600),
    "belt_offline": (vitals.OFFLINE_AFTER_S, 24 * 3600),
}
_PLAIN_DURATION_S: Final = (60, 24 * 3600)


def duration_range_s(name: str) -> tuple[int, int]:
    """From how short to how long (s) the rule of this field of `VitalSettings` can wait before it is told."""
    return _DURATIONS_S.get(name, _PLAIN_DURATION_S)


def _check_duration(name: str, after_s: int) -> None:
    low, high = duration_range_s(name)
    if not low <= after_s <= high:
        raise ConfigurationError(f"{name}: after_s {after_s}: {low} to {high} s")


def _check_ascending(names: list[str], limits: list[RuleLimit]) -> None:
    """The four levels of a rate, lowest first, each cleared on its inner side."""
    for name, limit, low in zip(names, limits, (True, True, False, False), strict=True):
        _check_clear(name, limit, low=low)
    given = [limit.limit for limit in limits]
    if any(below is not None and above is not None and below > above for below, above in pairwise(given)):
        raise ConfigurationError(f"{', '.join(names)}: limits do not ascend")


def _check_clear(name: str, limit: RuleLimit, *, low: bool) -> None:
    if limit.limit is None or limit.clear_limit is None:
        raise ConfigurationError(f"{name}: a limit and a clear_limit are needed")
    if limit.clear_limit < limit.limit if low else limit.clear_limit > limit.limit:
        raise ConfigurationError(f"{name}: clear_limit {limit.clear_limit:g} is on the wrong side of {limit.limit:g}")


class Side(StrEnum):
    """Which half of a shared bed a belt lies under."""

    WHOLE = "whole"
    LEFT = "left"
    RIGHT = "right"


@dataclass(frozen=True, slots=True, kw_only=True)
class Center:
    """A care centre; `timezone` is an IANA name. `morning` is the local time at which families hear of the night,
    `round_times` when rounds are planned, in local time, ascending.
    """

    center_id: str
    name: str
    timezone: str = "Asia/Shanghai"
    morning: time = MORNING
    round_times: tuple[time, ...] = ()

    def __post_init__(self) -> None:
        if any(at.tzinfo is not None for at in self.round_times):
            raise ConfigurationError("rounds: local times carry no zone")
        if not MORNING_FIRST <= self.morning <= MORNING_LAST:
            raise ConfigurationError(
                f"morning {self.morning:%H:%M}: {MORNING_FIRST:%H:%M}, when the night is over, to {MORNING_LAST:%H:%M}"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Resident:
    """A person who is cared for."""

    resident_id: str
    name: str
    leave_bed: LeaveBedSettings = field(default_factory=LeaveBedSettings)
    vitals: VitalSettings = field(default_factory=VitalSettings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A bed as it stands at one instant: where it is, which belt reports for it, and who has it.

    `belt_id` is None for a bed without a belt, `resident` None for a vacant bed; `stay_from` is when the stay began.
    A bed that two share appears once per side.
    """

    center: Center
    room_id: str
    room: str
    bed_id: str
    bed: str
    side: Side = Side.WHOLE
    belt_id: str | None = None
    resident: Resident | None = None
    stay_from: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BeltSpan:
    """A belt that reported for a resident during [`start_at`, `end_at`) (ms)."""

    belt_id: str
    start_at: int
    end_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedSpan:
    """A resident was on a bed with a belt during [`start_at`, `end_at`) (ms)."""

    resident_id: str
    bed_id: str
    belt_id: str
    start_at: int
    end_at: int
