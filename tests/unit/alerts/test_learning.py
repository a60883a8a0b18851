"""Which nights train what is usual, and which alarms keep one from it."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from alerts.drift import RELEARN_NIGHTS
from alerts.learning import alarmed_nights, training_nights
from domain.alarms import Alarm, AlarmState, Category, Outcome, Priority, Reason, Rule
from domain.clock import instant
from domain.nights import zone
from domain.usual import NIGHTS_KEPT

FIRST = date(2026, 11, 1)
SHANGHAI = zone("Asia/Shanghai")


def nights(*numbers: int) -> list[date]:
    return [FIRST + timedelta(days=n) for n in numbers]


def test_nights_of_which_something_was_said_do_not_train() -> None:
    valid = nights(0, 1, 2, 4, 5)
    assert training_nights(valid, nights(1, 3)) == tuple(nights(0, 2, 4, 5))


def test_only_the_last_nights_train() -> None:
    assert training_nights(nights(*range(40)), []) == tuple(nights(*range(40 - NIGHTS_KEPT, 40)))


def test_what_was_said_two_weeks_in_a_row_has_become_the_usual() -> None:
    calm, moved = range(10), range(10, 10 + RELEARN_NIGHTS)
    almost = nights(*calm, *moved[:-1])
    assert training_nights(almost, nights(*moved)) == tuple(nights(*calm))
    assert training_nights([*almost, nights(moved[-1])[0]], nights(*moved)) == tuple(nights(*moved))
    after = nights(*calm, *moved, 30, 31)
    assert training_nights(after, nights(*moved, 30)) == tuple(nights(*moved, 31))


def test_a_calm_night_in_between_breaks_the_row() -> None:
    said = [n for n in range(5, 40) if n % 10]
    assert training_nights(nights(*range(40)), nights(*said)) == tuple(nights(*range(5), 10, 20, 30))


def an_alarm(**changed: object) -> Alarm:
    began_at = instant(datetime(2026, 11, 3, 2, 0, tzinfo=SHANGHAI))
    alarm = Alarm(
        alarm_id="a",
        rule=Rule.HEART_RATE_HIGH,
        category=Category.PHYSIOLOGICAL,
        priority=Priority.MEDIUM,
        center_id="c1",
        resident_id="r1",
        bed_id="1",
        belt_id="b1",
        state=AlarmState.RESOLVED,
        began_at=began_at,
        due_at=began_at,
        raised_at=began_at,
        reason=Reason(code="heart-rate-high", facts={}),
    )
    return replace(alarm, **changed)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changed", "counts"),
    [
        ({}, True),
        ({"rule": Rule.HEART_RATE_UNUSUAL_LOW, "outcome": Outcome.HELPED}, True),
        ({"outcome": Outcome.FALSE_ALARM}, False),
        ({"rule": Rule.VITALS_LOST}, False),
        ({"rule": Rule.LEAVE_BED_NOT_BACK, "category": Category.CARE}, False),
    ],
)
def test_an_alarm_about_heart_or_breath_is_of_the_night_in_which_it_began(
    changed: dict[str, object], *, counts: bool
) -> None:
    assert alarmed_nights([an_alarm(**changed)], SHANGHAI) == (set(nights(1)) if counts else set())
