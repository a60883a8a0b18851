"""Letters to families: whom the centre's morning owes word of the night, and what stands in the way of it.

Pure: finding reports and consents is `nightbelt`'s, putting into words `api.morning_words`. Fails toward silence, other
than calls: without a consent that stands nothing is owed, and who cannot be told by day is not told by night.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, time, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from domain.calls import Call, CallReason
from domain.clock import utc
from domain.consents import ReportConsent, Shape
from domain.deliveries import Failure
from domain.nights import local_instant
from domain.pauses import CarePause, PauseEnd, PauseReason
from domain.people import Person
from domain.reports import NightReport
from domain.residents import Center
from domain.units import HOUR_MS, MINUTE_MS

WAIT_MS: Final = 4 * HOUR_MS
"""How long after the centre's hour a report that is not there is waited for: a belt that was offline has sent by then
what it kept, or it sends nothing today (own choice)."""
CLOSING: Final = time(21, 0)
"""From then on a family is left in peace; what was not sent by then is not sent at all (own choice)."""
SETTLING_MS: Final = 15 * MINUTE_MS
"""Time after a start in which reports that were missed are made up for, before one is said to be missing (own choice:
six hundred residents take some minutes)."""


class Found(StrEnum):
    """What there is of a night. PART: too little to be compared with others. EMPTY: nobody was in bed."""

    WHOLE = "whole"
    PART = "part"
    EMPTY = "empty"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Morning:
    """The hours (ms) in which a centre's families hear of `night`: from `due_at`, until `closes_at`.

    A report that is not there, or tells a part only, is waited for until `waits_until`.
    """

    night: date
    due_at: int
    waits_until: int
    closes_at: int

    def is_on(self, at: int) -> bool:
        """Is it time to tell families at `at` (ms)?"""
        return self.due_at <= at < self.closes_at


def morning_of(center: Center, tz: ZoneInfo, now: int) -> Morning:
    """The morning of the centre's day at `now` (ms), about the night before."""
    today = utc(now).astimezone(tz).date()
    return _morning(center, tz, today)


def morning_after(center: Center, tz: ZoneInfo, night: date) -> Morning:
    """The morning on which that night is told."""
    return _morning(center, tz, night + timedelta(days=1))


def _morning(center: Center, tz: ZoneInfo, day: date) -> Morning:
    due_at, closes_at = local_instant(day, center.morning, tz), local_instant(day, CLOSING, tz)
    return Morning(
        night=day - timedelta(days=1),
        due_at=due_at,
        waits_until=min(due_at + WAIT_MS, closes_at),
        closes_at=closes_at,
    )


def letters(
    morning: Morning,
    consents: Iterable[ReportConsent],
    *,
    told: Callable[[str], bool],
    now: int,
    running_since: int,
) -> list[Call]:
    """The letters owed at `now` (ms), one for each consent that stood at the centre's hour.

    `told` says by a resident's id whether a report is there that tells enough of the night; others are waited for.
    `running_since` (ms) is when this program started.
    """
    if not morning.is_on(now):
        return []
    waited = now >= max(morning.waits_until, running_since + SETTLING_MS)
    owed = [one for one in consents if one.shape is not Shape.NONE and one.given_at < morning.due_at]
    return [_letter(one, morning) for one in owed if waited or told(one.resident_id)]


def letter_key(consent: ReportConsent, night: date) -> str:
    """Person, resident and night: whatever is found again, or later, is the same letter."""
    return f"night/{consent.person_id}/{consent.resident_id}/{night.isoformat()}"


def _letter(consent: ReportConsent, morning: Morning) -> Call:
    return Call(
        key=letter_key(consent, morning.night),
        alarm_id="",
        person_id=consent.person_id,
        level=0,
        reason=CallReason.MORNING,
        due_at=morning.due_at,
        resident_id=consent.resident_id,
        night=morning.night,
    )


def found_of(report: NightReport | None) -> Found:
    """What there is of a night by its report."""
    if report is None:
        return Found.NOTHING
    if not report.valid:
        return Found.PART
    return Found.EMPTY if report.sleep_min is None else Found.WHOLE


def letter_obstacle(
    call: Call,
    *,
    person: Person | None,
    consent: ReportConsent | None,
    morning: Morning,
    pauses: Iterable[CarePause],
    found: Found,
    now: int,
) -> Failure | None:
    """Why the letter must not be sent, looked at right before it would be; None when nothing is in the way.

    NO_CONSENT also for who is no family of the resident (any more). AWAY: the resident lay in no bed, or was in
    hospital by a pause among `pauses` (those since the night began); the centre has to tell that in its own words, and
    no machine. OVER: it is too late in the day.
    """
    if person is None or not person.is_family_of(call.resident_id) or consent is None or consent.shape is Shape.NONE:
        return Failure.NO_CONSENT
    if now >= morning.closes_at:
        return Failure.OVER
    gone = found is Found.EMPTY or any(_in_hospital(one, call.resident_id) for one in pauses)
    return Failure.AWAY if gone else None


def _in_hospital(pause: CarePause, resident_id: str) -> bool:
    """Not when it ended by the return to bed."""
    mine = pause.resident_id == resident_id and pause.reason is PauseReason.HOSPITAL
    return mine and pause.ended_as is not PauseEnd.RETURNED
