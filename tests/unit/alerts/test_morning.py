"""Whom a morning owes word of the night, and what stands in the way of it."""

from dataclasses import replace
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from alerts.channels import stopped
from alerts.morning import SETTLING_MS, WAIT_MS, Found, Morning, found_of, letter_obstacle, letters, morning_of
from domain.calls import Call, CallReason
from domain.clock import instant
from domain.consents import Consenter, ReportConsent, Shape
from domain.deliveries import DeliveryState, Failure, queued
from domain.errors import ConfigurationError
from domain.pauses import CarePause, PauseEnd, PauseReason
from domain.people import Person, Role
from domain.residents import Center
from domain.units import HOUR_MS, LONG_AGO, MINUTE_MS
from tests.reports import night_report

SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")
CENTER = Center(center_id="elm", name="Elm")
DAY = date(2026, 11, 22)


def local(day: date, at: time, tz: ZoneInfo = SHANGHAI) -> int:
    return instant(datetime.combine(day, at, tzinfo=tz))


DUE_AT = local(DAY, time(10, 15))
MORNING = morning_of(CENTER, SHANGHAI, DUE_AT)
CONSENT = ReportConsent(
    resident_id="r1",
    person_id="p-son",
    covers=Shape.CARD,
    consenter=Consenter.RESIDENT,
    given_at=DUE_AT - HOUR_MS,
    given_by="p-ada",
)
SON = Person(
    person_id="p-son",
    login="son",
    name="Son",
    role=Role.FAMILY,
    password_hash="",
    center_id="elm",
    relatives=frozenset({"r1"}),
)


def owed(
    *consents: ReportConsent, now: int = DUE_AT, told: bool = True, since: int = LONG_AGO, morning: Morning = MORNING
) -> list[str]:
    return [call.key for call in letters(morning, consents, told=lambda _: told, now=now, running_since=since)]


def test_a_morning_tells_of_the_night_before() -> None:
    assert date(2026, 11, 21) == MORNING.night
    assert (MORNING.due_at, MORNING.closes_at) == (DUE_AT, local(DAY, time(21)))
    assert morning_of(CENTER, SHANGHAI, local(DAY, time(0, 5))) == MORNING


def test_one_letter_for_each_consent_from_the_centres_hour_on() -> None:
    assert owed(CONSENT, now=DUE_AT - 1) == []
    assert owed(CONSENT, replace(CONSENT, person_id="p-d")) == ["night/p-son/r1/2026-11-21", "night/p-d/r1/2026-11-21"]
    (call,) = letters(MORNING, [CONSENT], told=lambda _: True, now=DUE_AT + HOUR_MS, running_since=LONG_AGO)
    assert (call.reason, call.alarm_id, call.due_at) == (CallReason.MORNING, "", DUE_AT)
    assert (call.person_id, call.resident_id, call.night) == ("p-son", "r1", date(2026, 11, 21))


@pytest.mark.parametrize(
    "consent",
    [
        replace(CONSENT, withdrawn_at=DUE_AT - 5, withdrawn_by="p-ada"),
        replace(CONSENT, wish=Shape.NONE),
        replace(CONSENT, given_at=DUE_AT),
    ],
)
def test_nothing_is_owed_without_a_consent_that_stood_at_the_hour(consent: ReportConsent) -> None:
    assert owed(consent) == []


def test_a_report_that_is_not_there_is_waited_for() -> None:
    until = DUE_AT + WAIT_MS
    assert MORNING.waits_until == until
    assert owed(CONSENT, now=until - 1, told=False) == []
    assert len(owed(CONSENT, now=until, told=False)) == 1
    assert len(owed(CONSENT, now=until - 1, told=True)) == 1


def test_after_a_start_reports_have_time_to_be_made() -> None:
    begun = DUE_AT + WAIT_MS + HOUR_MS
    assert owed(CONSENT, now=begun, told=False, since=begun) == []
    assert len(owed(CONSENT, now=begun + SETTLING_MS, told=False, since=begun)) == 1


def test_nothing_is_owed_in_the_evening_or_at_night() -> None:
    assert len(owed(CONSENT, now=MORNING.closes_at - 1)) == 1
    assert owed(CONSENT, now=MORNING.closes_at) == []
    assert owed(CONSENT, now=MORNING.closes_at, told=False) == []


@pytest.mark.parametrize(
    ("now", "night", "due_utc"),
    [
        (datetime(2026, 3, 29, 0, 30, tzinfo=UTC), date(2026, 3, 28), datetime(2026, 3, 29, 9, 0, tzinfo=UTC)),
        (datetime(2026, 3, 28, 12, 0, tzinfo=UTC), date(2026, 3, 27), datetime(2026, 3, 28, 10, 0, tzinfo=UTC)),
        (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), date(2026, 10, 24), datetime(2026, 10, 25, 10, 0, tzinfo=UTC)),
        (datetime(2026, 10, 24, 22, 30, tzinfo=UTC), date(2026, 10, 24), datetime(2026, 10, 25, 10, 0, tzinfo=UTC)),
    ],
)
def test_the_hour_is_the_one_on_the_wall_when_clocks_change(now: datetime, night: date, due_utc: datetime) -> None:
    center = replace(CENTER, timezone="Europe/Berlin", morning=time(11))
    morning = morning_of(center, BERLIN, instant(now))
    assert (morning.night, morning.due_at) == (night, instant(due_utc))


@pytest.mark.parametrize("hour", [time(8), time(9, 59), time(17, 1)])
def test_an_hour_before_the_night_is_over_is_refused(hour: time) -> None:
    with pytest.raises(ConfigurationError, match="10:00"):
        replace(CENTER, morning=hour)


def pause(**changed: object) -> CarePause:
    begun = CarePause(
        pause_id="x",
        center_id="elm",
        resident_id="r1",
        reason=PauseReason.HOSPITAL,
        began_at=DUE_AT - 9 * HOUR_MS,
        began_by="p-wang",
        ends_at=DUE_AT + HOUR_MS,
    )
    return replace(begun, **changed)  # type: ignore[arg-type]


def letter() -> Call:
    (call,) = letters(MORNING, [CONSENT], told=lambda _: True, now=DUE_AT, running_since=LONG_AGO)
    return call


def why(
    *,
    person: Person | None = SON,
    consent: ReportConsent | None = CONSENT,
    pauses: tuple[CarePause, ...] = (),
    found: Found = Found.WHOLE,
    now: int = DUE_AT,
) -> Failure | None:
    return letter_obstacle(
        letter(), person=person, consent=consent, morning=MORNING, pauses=pauses, found=found, now=now
    )


@pytest.mark.parametrize("found", [Found.WHOLE, Found.PART, Found.NOTHING])
def test_nothing_stands_in_the_way(found: Found) -> None:
    assert why(found=found) is None


@pytest.mark.parametrize(
    ("person", "consent"),
    [
        (None, CONSENT),
        (replace(SON, relatives=frozenset()), CONSENT),
        (replace(SON, role=Role.CAREGIVER), CONSENT),
        (SON, None),
        (SON, replace(CONSENT, withdrawn_at=DUE_AT, withdrawn_by="p-ada")),
        (SON, replace(CONSENT, wish=Shape.NONE)),
    ],
)
def test_without_consent_a_letter_is_given_up(person: Person | None, consent: ReportConsent | None) -> None:
    failure = why(person=person, consent=consent)
    assert failure is Failure.NO_CONSENT
    assert stopped(queued(letter()), failure).state is DeliveryState.GIVEN_UP


def test_it_is_too_late_in_the_evening() -> None:
    assert why(now=MORNING.closes_at - MINUTE_MS) is None
    assert why(now=MORNING.closes_at) is Failure.OVER


@pytest.mark.parametrize(
    ("pauses", "found", "failure"),
    [
        ((pause(),), Found.WHOLE, Failure.AWAY),
        (
            (pause(ends_at=DUE_AT - HOUR_MS, ended_at=DUE_AT - HOUR_MS, ended_as=PauseEnd.TIME),),
            Found.PART,
            Failure.AWAY,
        ),
        ((pause(ended_at=DUE_AT - 8 * HOUR_MS, ended_as=PauseEnd.RETURNED),), Found.WHOLE, None),
        ((pause(reason=PauseReason.CARE), pause(resident_id="r2")), Found.WHOLE, None),
        ((), Found.EMPTY, Failure.AWAY),
    ],
)
def test_of_who_was_away_the_centre_tells_itself(
    pauses: tuple[CarePause, ...], found: Found, failure: Failure | None
) -> None:
    assert why(pauses=pauses, found=found) is failure


def test_what_there_is_of_a_night() -> None:
    assert found_of(None) is Found.NOTHING
    assert found_of(night_report()) is Found.WHOLE
    assert found_of(night_report(valid=False, score=None)) is Found.PART
    assert found_of(night_report(sleep_min=None)) is Found.EMPTY
