"""Who changed what is asked for or told of a resident, or who is called for a centre, and when."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Change(StrEnum):
    """What was changed."""

    LEAVE_BED_SETTINGS = "leave-bed-settings"
    VITAL_SETTINGS = "vital-settings"
    PAUSE_BEGUN = "pause-begun"
    PAUSE_ENDED = "pause-ended"
    CONSENT_GIVEN = "consent-given"
    CONSENT_WITHDRAWN = "consent-withdrawn"
    MORNING_WISH = "morning-wish"
    ROSTER_ONCE = "roster-once"
    ROSTER_WEEKLY = "roster-weekly"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """`person_id` changed `what` of `subject` (a resident id, or `roster_of` a centre) at `at` (ms).

    `before` and `after` are plain JSON values by name.
    """

    entry_id: int = 0
    at: int
    person_id: str
    what: Change
    subject: str
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)


def roster_of(center_id: str) -> str:
    """The roster of a centre as a subject; no resident id has a space."""
    return f"roster of {center_id}"
