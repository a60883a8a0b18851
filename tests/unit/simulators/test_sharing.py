"""Two in one bed: what is felt on the other side, and what one belt under both can show."""

from dataclasses import replace

import numpy as np

from domain.residents import Side
from simulators.belt import belt_night, belt_readings
from simulators.center import SimulatedCenter, simulated_center
from simulators.episodes import plan_episodes
from simulators.night import plan_night
from simulators.scenarios import Mix, Scenario
from simulators.sharing import FELT_SHARE, neighbour, somebody_in_bed, unwatched
from simulators.truth import truth_lines
from tests.unit.simulators.samples import NIGHT


def center(*forced: Scenario, beds: int = 12) -> SimulatedCenter:
    return simulated_center(beds, 5, mix=replace(Mix.of(*forced), measured=True))


def test_the_two_beds_of_a_room_are_the_sides_of_one() -> None:
    double = center(Scenario.TWO_IN_BED)
    assert {bed.side for bed in double.beds[:2]} == {Side.WHOLE}
    for left, right in zip(double.beds[2::2], double.beds[3::2], strict=True):
        assert (left.side, right.side, left.bed_id) == (Side.LEFT, Side.RIGHT, right.bed_id)
        assert neighbour(double, left) == right
        assert left.belt.belt_id != right.belt.belt_id
    assert len({(entry.bed_id, entry.side) for entry in double.entries()}) == len(double.beds)
    assert neighbour(center(Scenario.TWO_IN_BED, beds=3), double.beds[2]) is None


def test_a_belt_feels_the_other_side_too_and_shows_its_own_occupancy() -> None:
    double, single = center(Scenario.TWO_IN_BED), center()
    felt = 0
    for bed, alone in zip(double.beds[2:], single.beds[2:], strict=True):
        one, other = belt_night(double, bed, NIGHT), belt_night(single, alone, NIGHT)
        assert np.array_equal(one.plan.in_bed, other.plan.in_bed)
        beside = belt_night(single, single.beds[bed.index ^ 1], NIGHT)
        most = np.maximum(other.body.movement, np.float32(FELT_SHARE[1]) * beside.body.movement)
        assert (one.body.movement >= other.body.movement).all()
        assert (one.body.movement <= most).all()
        readings = belt_readings(one, one.plan.start_at, one.plan.end_at)
        felt += int(np.count_nonzero(readings.movement[readings.in_bed == 0] > 5))
    assert felt > 0, "one is up while the other moves"


def test_one_belt_shows_an_empty_bed_when_both_have_left() -> None:
    shared, single = center(Scenario.ONE_BELT_FOR_TWO), center()
    for bed, alone in zip(shared.beds[2:], single.beds[2:], strict=True):
        plan = plan_night(shared, bed, NIGHT)
        beside = unwatched(shared, bed)
        assert beside is not None
        assert plan.own is not None
        assert np.array_equal(plan.own, plan_night(single, alone, NIGHT).in_bed)
        assert np.array_equal(plan.in_bed, somebody_in_bed(plan.own, plan_night(shared, beside, NIGHT).in_bed))
        night = belt_night(shared, bed, NIGHT)
        assert len(plan_episodes(shared, plan)) == 0
        inside = np.searchsorted(plan.in_bed.ravel(), night.plan.start_at + np.arange(8640) * 10_000 + 5_000, "right")
        assert np.array_equal(night.body.stage[:8640] > 0, inside % 2 == 1)


def test_an_exit_that_the_other_hides_is_said_to_be_unseen_and_not_owed() -> None:
    shared = center(Scenario.ONE_BELT_FOR_TWO, Scenario.FALL, beds=40)
    plans = [plan_night(shared, bed, NIGHT) for bed in shared.beds[2:]]
    lines = [line for plan in plans for line in truth_lines(shared, plan)]
    unseen = [line for line in lines if line["kind"] == "unseen"]
    assert len(unseen) > 10
    assert not any(line["owed"] or line["either"] for line in unseen)
    empties = {(plan.bed.belt.belt_id, exit_at) for plan in plans for exit_at in plan.in_bed[:, 1].tolist()}
    assert not any((line["belt"], line["began_at"]) in empties for line in unseen)
    seen = {(line["belt"], line["began_at"]) for line in lines if line["kind"] == "absence"}
    assert seen == empties


def test_stretches_of_two_people_join() -> None:
    one, other = np.array([[0, 10], [20, 30]]), np.array([[5, 12], [30, 40], [50, 60]])
    assert somebody_in_bed(one, other).tolist() == [[0, 12], [20, 40], [50, 60]]
    assert somebody_in_bed(one, np.empty((0, 2), np.int64)).tolist() == one.tolist()
