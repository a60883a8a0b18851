"""Pauses for care: while somebody is with a resident, or the resident is away, their alarms are not raised."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from domain.units import HOUR_MS, MINUTE_MS

PAUSE_MS: Final = 30 * MINUTE_MS
"""How long a pause lasts when nothing else is said: care in bed, or a way to the toilet (own choice)."""
PAUSE_MOST_MS: Final = 12 * HOUR_MS
"""A night in hospital; what lasts longer is begun anew by somebody who knows that it does."""


class PauseReason(StrEnum):
    """Why alarms are not wanted."""

    CARE = "care"
    TOILET = "toilet"
    HOSPITAL = "hospital"


class PauseEnd(StrEnum):
    """How a pause ended: the resident came back to bed, its time was over, a person ended it or began another."""

    RETURNED = "returned"
    TIME = "time"
    PERSON = "person"
    REPLACED = "replaced"


@dataclass(frozen=True, slots=True, kw_only=True)
class CarePause:
    """From `began_at` to `ends_at` at the latest (ms) the resident's alarms, technical ones aside, are not raised.

    `ended_at` is None until it has ended; `ended_by` too for what ended by itself.
    """

    pause_id: str
    center_id: str
    resident_id: str
    reason: PauseReason
    began_at: int
    began_by: str
    ends_at: int
    ended_at: int | None = None
    ended_by: str | None = None
    ended_as: PauseEnd | None = None

    @property
    def until(self) -> int:
        """When it ended, or will at the latest (ms)."""
        return self.ends_at if self.ended_at is None else min(self.ended_at, self.ends_at)

    def stands(self, at: int) -> bool:
        """Does it hold at `at` (ms)?"""
        return self.began_at <= at < self.until
