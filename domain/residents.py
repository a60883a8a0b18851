"""Who lies where: centres, rooms, beds, belts, residents, stays, and what is asked for each resident's nights."""

import re
from dataclasses import dataclass, field
from datetime import time
from enum import StrEnum
from typing import Final

from domain.errors import ConfigurationError

ID_PATTERN: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
"""Ids travel in MQTT topics, logs and addresses: no slash, no wildcard, no space, no name of a person."""


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


class Side(StrEnum):
    """Which half of a shared bed a belt lies under."""

    WHOLE = "whole"
    LEFT = "left"
    RIGHT = "right"


@dataclass(frozen=True, slots=True, kw_only=True)
class Center:
    """A care centre; `timezone` is an IANA name."""

    center_id: str
    name: str
    timezone: str = "Asia/Shanghai"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resident:
    """A person who is cared for."""

    resident_id: str
    name: str
    leave_bed: LeaveBedSettings = field(default_factory=LeaveBedSettings)


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
