"""Exits, clocks and gateways in simulated nights, and what they owe."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from domain.alarms import Rule
from domain.units import MINUTE_MS
from simulators.arrivals import belt_nights
from simulators.belt import belt_readings
from simulators.center import SimulatedCenter, simulated_center
from simulators.gateways import BELTS, gateway_failure
from simulators.night import plan_night
from simulators.scenarios import WANDERING_EXITS, Mix, Scenario
from simulators.truth import TruthLine, truth_lines

NIGHT = date(2026, 11, 23)


def center(*forced: Scenario, beds: int = 40) -> SimulatedCenter:
    return simulated_center(beds, 5, mix=replace(Mix.of(*forced), measured=True))


def lines(of: SimulatedCenter, rule: Rule) -> list[TruthLine]:
    plans = [plan_night(of, bed, NIGHT) for bed in of.beds]
    return [line for plan in plans for line in truth_lines(of, plan) if line.get("rule") == rule]


def test_who_wanders_leaves_ten_times_and_owes_one_alarm_at_a_return() -> None:
    wandering = center(Scenario.WANDERING)
    for bed in wandering.beds:
        plan = plan_night(wandering, bed, NIGHT)
        assert len([one for one in plan.absences() if one.until is not None]) >= WANDERING_EXITS
    owed = lines(wandering, Rule.MANY_EXITS)
    assert 25 <= sum(line["owed"] for line in owed) <= len(owed) <= len(wandering.beds)
    returns = {one.until for bed in wandering.beds for one in plan_night(wandering, bed, NIGHT).absences()}
    assert all(line["due_at"] - 5_000 in returns for line in owed if line["owed"])
    assert lines(center(), Rule.MANY_EXITS) == []


def test_who_falls_is_away_for_long_and_owes_that() -> None:
    fallen = center(Scenario.FALL)
    owed = [line for line in lines(fallen, Rule.LEAVE_BED_NOT_BACK) if line["owed"] and line["until"] is not None]
    assert len({line["belt"] for line in owed if line["until"] - line["began_at"] >= 45 * MINUTE_MS}) >= 30


def test_a_clock_runs_away_in_the_afternoon_and_is_put_right_in_the_morning() -> None:
    drifting = center(Scenario.CLOCK_DRIFT, beds=4)
    for night in belt_nights(drifting, NIGHT):
        readings = belt_readings(night, night.plan.start_at, night.plan.end_at)
        off = readings.observed_at - readings.arrives_at
        by_arrival = off[np.argsort(readings.arrives_at)]
        assert abs(by_arrival[0]) < 10_000
        assert 190_000 < np.abs(by_arrival[len(off) // 2]) < 250_000
        assert abs(by_arrival[-1]) < 10_000
    assert [line["owed"] for line in lines(drifting, Rule.CLOCK_WRONG)] == [True] * 4


def test_a_gateway_silences_its_belts_and_owes_one_alarm_and_none_for_each() -> None:
    down = center(Scenario.GATEWAY_DOWN)
    failure = gateway_failure(down, NIGHT)
    assert failure is not None
    assert failure.last - failure.first >= BELTS // 2
    (line,) = lines(down, Rule.GROUP_SILENT)
    assert (line["belt"], line["bed"], line["began_at"]) == ("c01", "", failure.from_at)
    assert lines(down, Rule.BELT_SILENT) == []
    for night in belt_nights(down, NIGHT):
        readings = belt_readings(night, failure.from_at, failure.to_at)
        assert (len(readings) == 0) is failure.hits(night.bed.index)


@pytest.mark.parametrize("beds", [1, 12, 17])
def test_a_centre_of_one_gateway_never_loses_it(beds: int) -> None:
    assert gateway_failure(center(Scenario.GATEWAY_DOWN, beds=beds), NIGHT) is None
