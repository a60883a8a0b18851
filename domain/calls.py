"""Calls: who is to be told of an alarm, when and why. Deciding is the roster's work, sending the channels'."""

from dataclasses import dataclass
from enum import StrEnum


class CallReason(StrEnum):
    """Why this person is called now. TAKEN is no call to come: it tells who was called that somebody goes.
    NOT_FINISHED: somebody took it, and it still stands."""

    ON_DUTY = "on-duty"
    REPEATED = "repeated"
    ESCALATED = "escalated"
    UNANSWERED = "unanswered"
    NOBODY_ON_DUTY = "nobody-on-duty"
    TAKEN = "taken"
    NOT_FINISHED = "not-finished"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One person is owed word of one alarm at `due_at` (ms).

    `key` makes it idempotent: the same call is queued once however often the work is repeated. `level` is the step of
    the escalation, 0 for the first. A `person_id` of "" stands for the ways of the alarm's whole centre.
    """

    key: str
    alarm_id: str
    person_id: str
    level: int
    reason: CallReason
    due_at: int
