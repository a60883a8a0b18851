"""Calls: who is to be told of an alarm, when and why. Deciding is the roster's work, sending the channels'.

A letter is a call of its own kind: a family is told of a night, and of no alarm.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class CallReason(StrEnum):
    """Why this person is called now. NOT_FINISHED: somebody took it a good while ago, and it still stands.

    TAKEN is no call to come: it tells who was called that somebody goes. MORNING is a letter.
    """

    ON_DUTY = "on-duty"
    REPEATED = "repeated"
    ESCALATED = "escalated"
    UNANSWERED = "unanswered"
    NOBODY_ON_DUTY = "nobody-on-duty"
    TAKEN = "taken"
    NOT_FINISHED = "not-finished"
    MORNING = "morning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One person is owed word of one alarm at `due_at` (ms).

    `key` makes it idempotent: the same call is queued once however often the work is repeated. `level` is the step of
    the escalation, 0 for the first. A `person_id` of "" stands for the ways of the alarm's whole centre.

    A letter has `night`, named by the date it began, of `resident_id`, and no alarm.
    """

    key: str
    alarm_id: str
    person_id: str
    level: int
    reason: CallReason
    due_at: int
    resident_id: str = ""
    night: date | None = None
