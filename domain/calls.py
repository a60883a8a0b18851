"""Calls: who is to be told of an alarm, when and why. Deciding is the roster's work, sending the channels'."""

from dataclasses import dataclass
from enum import StrEnum


class CallReason(StrEnum):
    """Why this person is called now."""

    ON_DUTY = "on-duty"
    REPEATED = "repeated"
    ESCALATED = "escalated"
    UNANSWERED = "unanswered"
    NOBODY_ON_DUTY = "nobody-on-duty"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One person is owed word of one alarm at `due_at` (ms).

    `key` makes it idempotent: the same call is queued once however often the work is repeated. `level` is the step of
    the escalation, 0 for the first.
    """

    key: str
    alarm_id: str
    person_id: str
    level: int
    reason: CallReason
    due_at: int
