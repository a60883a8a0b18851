"""Batteries: what is told of them, and what is owed for it."""

from collections import Counter
from dataclasses import replace

import pytest

from domain.alarms import Rule
from domain.residents import VitalSettings
from domain.units import MINUTE_MS
from domain.vitals import BATTERY_LOW
from simulators.batteries import Battery, Course, battery_statuses, plan_battery
from simulators.center import simulated_center
from simulators.delivery import plan_delivery
from simulators.night import plan_night
from simulators.owed_beside import battery_verdict
from simulators.scenarios import Mix, Scenario
from tests.unit.simulators.samples import NIGHT

CENTER = simulated_center(60, 3, mix=replace(Mix.of(Scenario.BATTERY_LOW, Scenario.OFFLINE_LOST), measured=True))
PLANS = [plan_night(CENTER, bed, NIGHT) for bed in CENTER.beds]
DELIVERIES = [plan_delivery(CENTER, plan) for plan in PLANS]
LIMIT, CLEAR = BATTERY_LOW.limit, BATTERY_LOW.clear_limit


def test_each_course_comes_and_none_beside_a_silence() -> None:
    found = [plan_battery(CENTER, plan, way) for plan, way in zip(PLANS, DELIVERIES, strict=True)]
    counts = Counter(battery.course for battery in found if battery is not None)
    assert set(counts) == set(Course)
    assert counts[Course.LOW] > 5
    for battery, way in zip(found, DELIVERIES, strict=True):
        assert battery is None or all(
            span.to_at < battery.from_at or battery.to_at < span.from_at for span in way.offline
        )


def test_what_a_belt_tells_is_what_happens() -> None:
    assert LIMIT is not None
    assert CLEAR is not None
    for plan, way in zip(PLANS, DELIVERIES, strict=True):
        battery = plan_battery(CENTER, plan, way)
        told = battery_statuses(CENTER, plan, battery)
        assert [status.at for status in told] == sorted(status.at for status in told)
        charges = [status.battery for status in told if status.battery is not None]
        assert len(charges) == len(told)
        assert charges[0] > CLEAR
        if battery is None:
            assert len(told) == 1
            continue
        assert (told[1].at, told[-1].at) == (battery.from_at, battery.to_at)
        assert told[-1].charging
        for status, charge in zip(told[1:-1], charges[1:-1], strict=True):
            assert (charge < LIMIT) is (battery.course is not Course.NEARLY_LOW)
            assert charge < CLEAR
            assert status.charging is (battery.course is Course.LOW_ON_THE_CHARGER)


@pytest.mark.parametrize(
    ("course", "minutes", "owed"),
    [
        (Course.LOW, 60, True),
        (Course.LOW, 9, False),
        (Course.LOW_FOR_A_MOMENT, 8, False),
        (Course.NEARLY_LOW, 60, False),
        (Course.LOW_ON_THE_CHARGER, 60, False),
    ],
)
def test_a_battery_owes_an_alarm_when_it_is_low_for_its_time(course: Course, minutes: int, owed: bool) -> None:
    battery = Battery(course=course, from_at=0, to_at=minutes * MINUTE_MS, charge=15)
    found = battery_verdict(battery, VitalSettings())
    assert (found is not None) is owed
    if found is not None:
        assert (found.rule, found.due_at) == (Rule.BATTERY_LOW, 10 * MINUTE_MS)
    assert battery_verdict(battery, VitalSettings(battery_low=replace(BATTERY_LOW, on=False))) is None
