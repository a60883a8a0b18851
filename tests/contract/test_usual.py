"""The contract of `domain.ports.UsualBook`."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np

from domain.ports import UsualBook
from domain.units import DAY_MS, HOUR_MS
from domain.usual import HOURS, NightRates, Side, UsualLevels

FIRST = date(2026, 11, 1)
NOON = 1_793_505_600_000


def rates(number: int = 0, resident_id: str = "r1", heart: float = 61.0) -> NightRates:
    noon_at = NOON + number * DAY_MS
    return NightRates(
        resident_id=resident_id,
        night=FIRST + timedelta(days=number),
        noon_at=noon_at,
        start_at=noon_at + 6 * HOUR_MS,
        heart_rate=np.array([np.nan, heart, 200, 30.4], np.float32),
        breathing_rate=np.array([14.3, np.nan, 3.0, 40], np.float32),
    )


def levels(resident_id: str = "r1", nights: int = 7) -> UsualLevels:
    limits = np.full((len(Side), HOURS), np.nan, np.float32)
    limits[:, 13] = [48.3, 75.1, 10.2, 20]
    return UsualLevels(resident_id=resident_id, nights=nights, last_night=FIRST, limits=limits, computed_at=NOON)


def test_a_night_is_kept_minute_by_minute(usual: UsualBook) -> None:
    usual.put_night(rates())
    (kept,) = usual.nights("r1", FIRST)
    asked = rates()
    assert (kept.resident_id, kept.night, kept.noon_at, kept.start_at) == (
        "r1",
        FIRST,
        asked.noon_at,
        asked.start_at,
    )
    np.testing.assert_allclose(kept.heart_rate, asked.heart_rate, atol=0.5)
    np.testing.assert_allclose(kept.breathing_rate, asked.breathing_rate, atol=0.125)


def test_a_rate_of_nearly_nothing_is_not_missing(usual: UsualBook) -> None:
    usual.put_night(replace(rates(), breathing_rate=np.zeros(4, np.float32)))
    (kept,) = usual.nights("r1", FIRST)
    np.testing.assert_allclose(kept.breathing_rate, 0, atol=0.25)


def test_a_night_is_kept_once_as_it_was_last(usual: UsualBook) -> None:
    usual.put_night(rates())
    usual.put_night(rates(heart=70))
    usual.put_night(rates(heart=70))
    assert [float(kept.heart_rate[1]) for kept in usual.nights("r1", FIRST)] == [70]


def test_nights_of_a_resident_in_their_order(usual: UsualBook) -> None:
    for number in (2, 0, 1):
        usual.put_night(rates(number))
    usual.put_night(rates(1, "r2"))
    assert [kept.night for kept in usual.nights("r1", FIRST + timedelta(days=1))] == [
        FIRST + timedelta(days=1),
        FIRST + timedelta(days=2),
    ]
    assert usual.nights("r3", date.min) == []
    assert usual.learned(FIRST + timedelta(days=1)) == {"r1", "r2"}
    assert usual.learned(FIRST - timedelta(days=1)) == set()


def test_levels_of_everybody(usual: UsualBook) -> None:
    assert usual.levels() == []
    for one in (levels("r2"), levels("r1", 6), levels("r1")):
        usual.put_levels(one, forget_before=date.min)
    first, second = usual.levels()
    assert (first.resident_id, first.nights, first.last_night, first.computed_at) == ("r1", 7, FIRST, NOON)
    assert second.resident_id == "r2"
    assert [one.resident_id for one in usual.levels("r2")] == ["r2"]
    assert usual.levels("r3") == []
    np.testing.assert_array_equal(first.limits, levels().limits)


def test_old_nights_of_the_resident_are_forgotten(usual: UsualBook) -> None:
    for number in range(3):
        usual.put_night(rates(number))
    usual.put_night(rates(0, "r2"))
    usual.put_levels(levels(), forget_before=FIRST + timedelta(days=2))
    assert [kept.night for kept in usual.nights("r1", date.min)] == [FIRST + timedelta(days=2)]
    assert len(usual.nights("r2", date.min)) == 1
