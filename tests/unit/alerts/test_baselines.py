"""The usual rate by hour of the night, from minutes made by hand."""

from datetime import date, timedelta

import numpy as np
import pytest

from alerts.baselines import (
    HEART_RATE_FLOOR_BPM,
    MINUTES_NEEDED,
    HourlyLevels,
    RateNight,
    hourly_levels,
    usual_levels,
)
from domain.units import DAY_MS, HOUR_MS, MINUTE_MS
from domain.usual import NIGHTS_KEPT, NIGHTS_NEEDED, NightRates, UsualLevels

NOON = 1_795_003_200_000


def night(number: int, rate: float | list[float], *, hour: int = 10, minutes: int = 60) -> RateNight:
    noon_at = NOON + number * DAY_MS
    minute_at = noon_at + hour * HOUR_MS + MINUTE_MS * np.arange(minutes)
    return RateNight(noon_at=noon_at, minute_at=minute_at, rate=np.resize(np.asarray(rate, np.float64), minutes))


def levels(nights: list[RateNight]) -> HourlyLevels:
    return hourly_levels(nights, floor=HEART_RATE_FLOOR_BPM)


def test_too_few_nights_are_warming_up() -> None:
    few = levels([night(n, 60.0) for n in range(NIGHTS_NEEDED - 1)])
    assert few.warming_up
    assert few.limits(10) is None
    assert few.nights[10] == NIGHTS_NEEDED - 1
    assert not levels([night(n, 60.0) for n in range(NIGHTS_NEEDED)]).warming_up


def test_an_hour_is_known_by_itself() -> None:
    known = levels([night(n, 60.0, hour=10) for n in range(7)] + [night(n, 50.0, hour=14) for n in range(7)])
    assert (known.median[10], known.median[14]) == (60.0, 50.0)
    assert known.limits(12) is None


def test_the_floor_keeps_a_regular_sleeper_quiet() -> None:
    low, high = levels([night(n, 60.0) for n in range(7)]).limits(10) or (0, 0)
    assert (high - 60, 60 - low) == pytest.approx((3.5 * 2.0 / 0.6745,) * 2)


def test_median_and_mad_of_single_minutes() -> None:
    known = levels([night(n, [50.0, 60.0, 60.0, 66.0, 70.0]) for n in range(7)])
    assert (known.median[10], known.mad[10]) == (60.0, 6.0)


def test_missing_minutes_count_for_nothing_and_a_short_hour_not_at_all() -> None:
    holed = [night(n, [60.0, np.nan]) for n in range(7)]
    assert levels(holed).median[10] == 60.0
    assert levels([night(n, 60.0, minutes=MINUTES_NEEDED - 1) for n in range(28)]).warming_up


def test_only_the_last_nights_count() -> None:
    known = levels([night(n, 90.0) for n in range(40)] + [night(n, 60.0) for n in range(40, 40 + NIGHTS_KEPT)])
    assert known.median[10] == 60.0
    assert known.nights[10] == NIGHTS_KEPT


def test_a_few_odd_minutes_move_nothing() -> None:
    odd = [night(n, [60.0] * 57 + [140.0] * 3) for n in range(7)]
    assert levels(odd).limits(10) == levels([night(n, 60.0) for n in range(7)]).limits(10)


def night_rates(number: int, heart: float, breath: float, *, hour: int = 10) -> NightRates:
    noon_at = NOON + number * DAY_MS
    return NightRates(
        resident_id="r1",
        night=date(2026, 11, 1) + timedelta(days=number),
        noon_at=noon_at,
        start_at=noon_at + hour * HOUR_MS,
        heart_rate=np.full(60, heart, np.float32),
        breathing_rate=np.full(60, breath, np.float32),
    )


LAST = date(2026, 11, 30)


def levels_of(nights: list[NightRates]) -> UsualLevels:
    return usual_levels("r1", nights, last_night=LAST, computed_at=5)


def test_a_resident_s_levels_are_limits_by_hour_at_least_the_reach_away() -> None:
    told = levels_of([night_rates(n, 60, np.nan if n < 1 else 15) for n in range(NIGHTS_NEEDED)])
    assert (told.resident_id, told.nights, told.last_night, told.computed_at) == ("r1", 7, LAST, 5)
    assert told.between("heart_rate", 10) == pytest.approx((48, 72)), "12 from the median"
    assert told.between("heart_rate", 11) is None
    assert told.between("breathing_rate", 10) is None, "six nights only"
    assert not told.warming_up


def test_levels_warm_up_and_rest_on_the_last_nights() -> None:
    assert (levels_of([]).nights, levels_of([]).warming_up) == (0, True)
    few = levels_of([night_rates(n, 60, 15) for n in range(NIGHTS_NEEDED - 1)])
    assert (few.nights, few.warming_up) == (NIGHTS_NEEDED - 1, True)
    many = levels_of([night_rates(n, 90 if n < 20 else 60, 15) for n in range(20 + NIGHTS_KEPT)])
    assert many.nights == NIGHTS_KEPT
    assert many.between("heart_rate", 10) == pytest.approx((48, 72))
