from datetime import date, time, timedelta
from itertools import pairwise

import numpy as np
import pytest

from domain.clock import utc
from domain.errors import ConfigurationError
from domain.nights import night_of
from domain.residents import NightWindow
from domain.units import HOUR_MS, MINUTE_MS
from simulators.belt import belt_night
from simulators.center import SimulatedCenter, simulated_center
from simulators.localtime import night_span, noon, window_spans
from simulators.night import MIN_STAY_MS, NightPlan, plan_night, resident_nights
from simulators.physiology import Stage
from simulators.scenarios import PLAIN_NIGHTS, Mix, Scenario
from tests.unit.simulators.samples import AUTUMN, BERLIN, NIGHT, SPRING


def _local(center: SimulatedCenter, at: int) -> time:
    return utc(at).astimezone(center.zone).time()


def _sleep_of_night(plan: NightPlan) -> list[list[int]]:
    """The stretches in bed of the night itself, without the nap."""
    stretches: list[list[int]] = plan.in_bed.tolist()
    return [stretch for stretch in stretches if stretch[0] > plan.start_at + 5 * HOUR_MS]


def test_a_night_depends_on_seed_bed_and_date_only() -> None:
    small, large = simulated_center(2, 11), simulated_center(30, 11)
    one, other = plan_night(small, small.beds[1], NIGHT), plan_night(large, large.beds[1], NIGHT)
    assert np.array_equal(one.in_bed, other.in_bed)
    assert one.scenarios == other.scenarios
    tomorrow = plan_night(small, small.beds[1], NIGHT + timedelta(days=1))
    stranger = simulated_center(2, 12)
    assert not np.array_equal(one.in_bed[-1] + 24 * HOUR_MS, tomorrow.in_bed[-1])
    assert not np.array_equal(one.in_bed[-1], plan_night(stranger, stranger.beds[1], NIGHT).in_bed[-1])


def test_nights_are_those_of_older_people() -> None:
    center = simulated_center(40, 3, mix=PLAIN_NIGHTS)
    trips, lengths = [], []
    for night in resident_nights_of(center, 5):
        stretches = _sleep_of_night(night)
        assert time(19, 30) <= _local(center, stretches[0][0]) <= time(22, 15)
        assert time(4, 30) <= _local(center, stretches[-1][1]) <= time(7, 30)
        trips.append(len(stretches) - 1)
        lengths += [(later[0] - earlier[1]) / MINUTE_MS for earlier, later in pairwise(stretches)]
        assert all(exit_at - entry_at >= MIN_STAY_MS for entry_at, exit_at in stretches)
    assert set(trips) == {0, 1, 2, 3, 4}
    assert 5 <= np.median(lengths) <= 6.5
    assert min(lengths) >= 2
    assert np.percentile(lengths, 95) < 12.5


def resident_nights_of(center: SimulatedCenter, nights: int) -> list[NightPlan]:
    from_at = noon(NIGHT, center.zone)
    return [
        plan for bed in center.beds for plan in resident_nights(center, bed, from_at, from_at + nights * 24 * HOUR_MS)
    ]


def test_sleep_and_rates_are_plausible() -> None:
    center = simulated_center(40, 3, mix=PLAIN_NIGHTS)
    nights = [belt_night(center, bed, NIGHT) for bed in center.beds]
    stages = np.concatenate([night.body.stage for night in nights])
    in_bed = stages[stages != Stage.OUT]
    shares = {stage: float(np.mean(in_bed == stage)) for stage in Stage}
    assert 0.12 < shares[Stage.AWAKE] < 0.30
    assert 0.45 < shares[Stage.LIGHT] < 0.65
    assert 0.06 < shares[Stage.DEEP] < 0.16
    assert 0.12 < shares[Stage.REM] < 0.24
    for night in nights:
        asleep = night.body.stage >= Stage.LIGHT
        deep = night.body.stage == Stage.DEEP
        awake = night.body.stage == Stage.AWAKE
        assert 45 < np.mean(night.body.heart_rate[asleep]) < 85
        assert 11 < np.mean(night.body.breathing_rate[asleep]) < 21
        assert np.mean(night.body.heart_rate[deep]) < np.mean(night.body.heart_rate[awake])
        assert np.mean(night.body.movement[deep]) < np.mean(night.body.movement[awake])
        assert 3 <= len(night.body.turn_overs) <= 60


def test_heart_rate_is_correlated_from_cell_to_cell() -> None:
    center = simulated_center(1, 3, mix=PLAIN_NIGHTS)
    night = belt_night(center, center.beds[0], NIGHT)
    light = night.body.heart_rate[night.body.stage == Stage.LIGHT]
    assert 0.6 < np.corrcoef(light[1:], light[:-1])[0, 1] < 0.99


@pytest.mark.parametrize(("night", "hours"), [(AUTUMN, 25), (SPRING, 23), (NIGHT, 24)])
def test_local_times_hold_when_the_clocks_change(night: date, hours: int) -> None:
    center = simulated_center(20, 2, timezone=BERLIN, mix=PLAIN_NIGHTS)
    for bed in center.beds:
        plan = plan_night(center, bed, night)
        assert plan.end_at - plan.start_at == hours * HOUR_MS
        stretches = _sleep_of_night(plan)
        assert time(19, 30) <= _local(center, stretches[0][0]) <= time(22, 15)
        assert time(4, 30) <= _local(center, stretches[-1][1]) <= time(7, 30)
        assert len(belt_night(center, bed, night).body.stage) == hours * 360


@pytest.mark.parametrize(("night", "hours"), [(AUTUMN, 10), (SPRING, 8), (NIGHT, 9)])
def test_windows_are_local_hours(night: date, hours: int) -> None:
    zone = simulated_center(1, 1, timezone=BERLIN).zone
    spans = window_spans([NightWindow()], night, zone)
    assert len(spans) == 3
    assert spans[1][1] - spans[1][0] == hours * HOUR_MS
    assert utc(spans[1][0]).astimezone(zone).time() == time(21)


def test_touching_windows_are_one() -> None:
    zone = simulated_center(1, 1).zone
    windows = [NightWindow(start=time(20), end=time(0)), NightWindow(start=time(0), end=time(6))]
    spans = window_spans(windows, NIGHT, zone)
    assert [(end - start) // HOUR_MS for start, end in spans] == [6, 10, 10, 4]


def test_nights_join_without_gap_or_overlap() -> None:
    center = simulated_center(1, 9, timezone=BERLIN)
    from_at = noon(AUTUMN, center.zone) + HOUR_MS
    nights = list(resident_nights(center, center.beds[0], from_at, from_at + 72 * HOUR_MS))
    assert [plan.night for plan in nights] == [AUTUMN + timedelta(days=day) for day in range(3)]
    for one, after in pairwise(nights):
        assert one.end_at == after.start_at
        assert one.in_bed[-1, 1] < after.in_bed[0, 0]
    for plan in nights:
        assert night_of(plan.start_at, center.zone) == plan.night
        assert night_of(plan.end_at - 1, center.zone) == plan.night


def test_scenarios_add_what_they_name() -> None:
    center = simulated_center(30, 4, mix=Mix.of(Scenario.LONG_ABSENCE, Scenario.QUICK_TRIP))
    for plan in resident_nights_of(center, 1):
        lengths = [entry - exit_at for exit_at, entry in zip(plan.in_bed[:-1, 1], plan.in_bed[1:, 0], strict=True)]
        assert any(30_000 <= length <= 90_000 for length in lengths)
        assert any(20 * MINUTE_MS <= length <= 60 * MINUTE_MS for length in lengths)
        assert np.all(np.diff(plan.in_bed.ravel()) > 25_000)


def test_a_restless_night_is_spent_in_bed_and_moving() -> None:
    calm, restless = simulated_center(20, 4, mix=PLAIN_NIGHTS), simulated_center(20, 4, mix=Mix.of(Scenario.RESTLESS))
    for still, moving in zip(calm.beds, restless.beds, strict=True):
        one, other = belt_night(calm, still, NIGHT), belt_night(restless, moving, NIGHT)
        assert np.array_equal(one.plan.in_bed, other.plan.in_bed)
        assert other.body.movement.sum() > 1.5 * one.body.movement.sum()
        assert len(other.body.turn_overs) > len(one.body.turn_overs)


@pytest.mark.parametrize("hour", [0, 0.5, 8, 9, 9.5, 14, 17.2, 23])
def test_the_opening_happens_whenever_the_demo_starts(hour: float) -> None:
    center = simulated_center(5, 6)
    start_at, end_at = night_span(NIGHT, center.zone)
    began = start_at + round(hour * HOUR_MS)
    opened = center.with_opening(began, "r0002")
    plan = plan_night(opened, opened.beds[1], NIGHT)
    exits = {absence.began_at: absence.until for absence in plan.absences()}
    assert exits[began + 4 * MINUTE_MS] == began + 29 * MINUTE_MS
    edges = plan.in_bed.ravel()
    assert np.all(np.diff(edges) > 60_000)
    assert start_at <= edges[0]
    assert edges[-1] <= end_at
    assert edges[np.searchsorted(edges, began, side="right")] == began + 4 * MINUTE_MS
    assert plan.scenarios <= {Scenario.OPENING, Scenario.CLOCK_OFF}
    others = plan_night(opened, opened.beds[0], NIGHT)
    assert np.array_equal(others.in_bed, plan_night(center, center.beds[0], NIGHT).in_bed)
    tomorrow = NIGHT + timedelta(days=1)
    assert np.array_equal(
        plan_night(opened, opened.beds[1], tomorrow).in_bed, plan_night(center, center.beds[1], tomorrow).in_bed
    )


def test_an_opening_across_noon_is_refused() -> None:
    center = simulated_center(1, 6)
    with pytest.raises(ConfigurationError, match="noon"):
        center.with_opening(noon(NIGHT, center.zone) - 10 * MINUTE_MS)
