"""Deliveries: what has become of each call on its way to a person."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from domain.calls import Call
from domain.units import MINUTE_MS


class DeliveryState(StrEnum):
    """QUEUED until a service took the message. FAILED: no way is left. GIVEN_UP: nobody needs it any more."""

    QUEUED = "queued"
    SENT = "sent"
    FAILED = "failed"
    GIVEN_UP = "given-up"


class Failure(StrEnum):
    """Why a message did not get on. The value is stored, logged and counted; it holds nothing of the address.

    Of letters: NO_CONSENT, it was withdrawn or the family wants none; AWAY, the resident was not here that night.
    """

    NOT_TAKEN = "not-taken"
    TIMEOUT = "timeout"
    FAULT = "fault"
    GONE = "gone"
    BAD_ADDRESS = "bad-address"
    NO_CONTACT = "no-contact"
    NO_ALARM = "no-alarm"
    NOT_ALLOWED = "not-allowed"
    OVER = "over"
    NO_CONSENT = "no-consent"
    AWAY = "away"


PERMANENT: Final = frozenset({Failure.GONE, Failure.BAD_ADDRESS})
"""Failures of a way that trying again does not mend."""
UNWANTED: Final = frozenset({Failure.OVER, Failure.NO_CONSENT, Failure.AWAY})
"""Why a message is given up: nobody is to have it."""


PUT_OFF_MOST_MS: Final = 2 * MINUTE_MS
"""No try is put off for so long: one that is due later from now was put down before our clock was put back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One call on its way. `contact_id` is the way it is tried by, or went by; None before the first try.

    `attempts` counts the tries of that way, `next_at` (ms) is when the next is due; `failure` is the last one met.
    """

    call: Call
    state: DeliveryState = DeliveryState.QUEUED
    contact_id: str | None = None
    attempts: int = 0
    next_at: int
    failure: Failure | None = None


def queued(call: Call) -> Delivery:
    """A call that nobody has tried to send."""
    return Delivery(call=call, next_at=call.due_at)
