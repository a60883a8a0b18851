"""When a belt's readings could first show what an alarm is about."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from domain.alarms import Rule
from domain.readings import Occupancy
from domain.units import MINUTE_MS, SECOND_MS
from simulators.belt import BeltNight, belt_night, belt_readings
from simulators.center import simulated_center
from simulators.delivery import LATENCY_MS
from simulators.scenarios import MEASURED_MIX, SHUFFLE_MAX_MS, Mix, Scenario
from simulators.shown import LOOK_MS, with_shown
from simulators.truth import TruthLine, truth_lines
from tests.unit.simulators.samples import NIGHT

LOSSY = simulated_center(8, 3, mix=replace(MEASURED_MIX, shares={}, clock_off=0.5))
NIGHTS = [belt_night(LOSSY, bed, NIGHT) for bed in LOSSY.beds]


def line(night: BeltNight, rule: Rule, began_at: int, limit_ms: int) -> TruthLine:
    due_at = began_at + limit_ms
    interval_ms = night.bed.belt.interval_ms
    return {"rule": rule.value, "began_at": began_at, "due_at": due_at, "interval_ms": interval_ms, "until": None}


def test_a_leaving_is_shown_by_the_first_reading_of_the_empty_bed_and_its_limit_counts_from_there() -> None:
    for night in NIGHTS:
        exit_at, belt = int(night.plan.in_bed[-1, 1]), night.bed.belt
        found = with_shown(night, line(night, Rule.LEAVE_BED_NOT_BACK, exit_at, 15 * MINUTE_MS))["shown_at"]
        assert found - exit_at - 15 * MINUTE_MS < belt.interval_ms
        assert (found - 15 * MINUTE_MS - belt.phase_ms) % belt.interval_ms == 0
        at_once = with_shown(night, line(night, Rule.LEAVE_BED_IMMEDIATE, exit_at, 0))["shown_at"]
        assert at_once - exit_at <= belt.batch * belt.interval_ms + LATENCY_MS[1], "not before its message has come"


def test_a_rate_is_shown_by_readings_that_have_it() -> None:
    waited = []
    for night in NIGHTS:
        began_at = int(night.plan.in_bed[-1, 0]) + 60 * MINUTE_MS
        shown_at = with_shown(night, line(night, Rule.BREATHING_RATE_HIGH, began_at, 5 * MINUTE_MS))["shown_at"]
        readings = belt_readings(night, began_at, began_at + 10 * MINUTE_MS)
        told = readings.arrives_at[~np.isnan(readings.breathing_rate) & (readings.in_bed == Occupancy.IN)]
        assert shown_at in told
        assert shown_at >= told[told >= began_at + 5 * MINUTE_MS][0]
        waited.append((shown_at - began_at - 5 * MINUTE_MS) / night.bed.belt.interval_ms)
    assert max(waited) > 2, "values are missing"


@pytest.mark.parametrize("rule", [Rule.BELT_SILENT, Rule.BATTERY_LOW, Rule.CENTER_SILENT, Rule.BELT_OFFLINE])
def test_what_no_reading_tells_is_shown_at_its_deadline_by_looking(rule: Rule) -> None:
    look_ms = LOOK_MS + LATENCY_MS[1] + (SHUFFLE_MAX_MS if rule is Rule.CENTER_SILENT else 0)
    plain = line(NIGHTS[0], rule, NIGHTS[0].plan.start_at, 5 * MINUTE_MS)
    assert with_shown(NIGHTS[0], plain) == plain | {"shown_at": plain["due_at"], "look_ms": look_ms}


def test_a_clock_that_drifts_is_read_back() -> None:
    center = simulated_center(12, 5, mix=replace(Mix.of(Scenario.CLOCK_DRIFT), measured=True))
    owed: list[tuple[dict[str, Any], int]] = []
    for bed in center.beds:
        night = belt_night(center, bed, NIGHT)
        lines = [one for one in truth_lines(center, night.plan) if one.get("rule") == Rule.CLOCK_WRONG]
        owed += [(with_shown(night, one), bed.belt.batch) for one in lines if one["owed"]]
    assert len(owed) > 5
    for one, batch in owed:
        assert -1 <= (one["shown_at"] - one["due_at"]) / SECOND_MS <= (2 * batch * one["interval_ms"]) / SECOND_MS + 1
