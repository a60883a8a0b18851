"""What the staff documents about a resident's care."""

from dataclasses import dataclass
from enum import StrEnum


class CareKind(StrEnum):
    """What was done. The value is stable: it is stored."""

    TURN = "turn"
    """Turned over in bed by the staff."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CareRecord:
    """`person_id` did this for the resident at `at` (our clock, ms)."""

    resident_id: str
    kind: CareKind
    at: int
    person_id: str
