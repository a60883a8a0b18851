"""Belts whose messages overtake each other: waited for while that lasts; belts in order are never waited for."""

from dataclasses import replace

import pytest

from alerts.conditions import Conditions
from alerts.disorder import LATENESS_LIMIT_MS, MEMORY_MS
from domain.alarms import Rule
from domain.readings import Occupancy
from domain.residents import LeaveBedSettings
from tests.unit.alerts.bed import IN, NIGHT, OUT, Bench, batch, slot

SETTINGS = LeaveBedSettings(immediate=True, not_back=False)
IMMEDIATE = Rule.LEAVE_BED_IMMEDIATE
MEMORY = MEMORY_MS // 1000


def in_bed(bench: Bench, start: int, end: int) -> None:
    bench.every(5, start, end, IN)


def overtaken(bench: Bench, at: int, late: int) -> None:
    """The reading of `at` comes `late` s later, after the next ones."""
    for second in range(at + 5, at + late, 5):
        bench.say((second, IN))
    bench.hand_in([(at, IN)], at + late)


def lateness_s(bench: Bench) -> float:
    return float(bench.engine.beds.clocks.lateness[0]) / 1000


def test_chatter_whose_end_is_still_on_its_way_is_waited_for() -> None:
    bench = Bench(SETTINGS)
    in_bed(bench, 0, 60)
    overtaken(bench, 60, 18)
    bench.say((80, OUT))
    bench.tick(96)
    bench.hand_in([(85, IN), (90, IN)], 97)
    for second in range(97, 200):
        bench.tick(second)
    assert bench.told == []


def test_who_left_a_belt_that_fell_silent_is_told_of_after_limit_interval_and_lateness() -> None:
    bench = Bench(SETTINGS)
    in_bed(bench, 0, 60)
    overtaken(bench, 60, 18)
    bench.say((80, OUT))
    for second in range(81, 140):
        bench.tick(second)
    assert bench.told == [("due", IMMEDIATE, 80 + 10 + 5 + 18, 80)]


def test_who_left_is_told_of_late_by_the_lateness_and_with_the_right_instant() -> None:
    bench = Bench(SETTINGS)
    in_bed(bench, 0, 60)
    overtaken(bench, 60, 18)
    for second in range(78, 140):
        if second % 5 == 0:
            bench.say((second, OUT))
        bench.tick(second)
    assert bench.told == [("due", IMMEDIATE, 80 + 10 + 18, 80)]


def test_readings_are_looked_at_in_their_order() -> None:
    bench = Bench(SETTINGS)
    in_bed(bench, 0, 60)
    overtaken(bench, 60, 25)
    for at, comes in ((95, 96), (85, 97), (90, 98), (105, 106), (100, 110)):
        bench.hand_in([(at, OUT if at in {85, 105} else IN)], comes)
    for second in range(110, 160):
        bench.tick(second)
    assert bench.told == [("due", IMMEDIATE, 105 + 10 + 5 + 25, 105)], "at 85 it was chatter"


@pytest.mark.parametrize(("late", "known"), [(12, 12), (29, 29), (31, 30)])
def test_no_belt_is_waited_for_longer_than_the_limit(late: int, known: int) -> None:
    bench = Bench(SETTINGS)
    in_bed(bench, 0, 60)
    overtaken(bench, 60, late)
    assert lateness_s(bench) == known <= LATENESS_LIMIT_MS / 1000


def test_copies_and_a_backlog_are_no_disorder() -> None:
    bench = Bench(SETTINGS)
    in_bed(bench, 0, 60)
    for second in range(60, 120, 5):
        bench.say((second, IN))
        bench.hand_in([(second - 25, IN), (second - 10, IN)], second + 1)
    bench.hand_in([(float(second), IN) for second in range(120, 400, 5)], 401)
    bench.say((400, IN), (405, OUT), (410, OUT))
    assert lateness_s(bench) == 0
    bench.tick(415)
    assert bench.told == [("due", IMMEDIATE, 415, 405)]


def test_a_belt_that_has_been_in_order_for_a_while_is_waited_for_no_more() -> None:
    bench = Bench(SETTINGS)
    in_bed(bench, 0, 60)
    overtaken(bench, 60, 18)
    in_bed(bench, 80, 80 + MEMORY)
    assert lateness_s(bench) == 18
    in_bed(bench, 80 + MEMORY, 80 + 2 * MEMORY)
    assert lateness_s(bench) == 0


def test_one_belt_in_disorder_holds_no_other_up() -> None:
    engine = Conditions([slot(SETTINGS, belt=belt, subject=belt) for belt in ("b1", "b2")])
    for second in (0, 5, 15):
        engine.observe(batch([(second, IN)], belt="b1"), NIGHT + second * 1000)
        engine.observe(batch([(second, IN)], belt="b2"), NIGHT + second * 1000)
    engine.observe(batch([(10, IN)], received=20, belt="b1"), NIGHT + 20_000)
    told = []
    for second in range(20, 60):
        if second % 5 == 0:
            for belt in ("b1", "b2"):
                told += engine.observe(batch([(second, OUT)], belt=belt), NIGHT + second * 1000)
        told += engine.tick(NIGHT + second * 1000)
    assert [(one.belt_id, one.at - NIGHT) for one in told] == [("b2", 30_000), ("b1", 40_000)]


def test_what_waits_outlasts_new_settings_and_a_clock_that_is_put_right() -> None:
    bench = Bench(SETTINGS)
    in_bed(bench, 0, 60)
    overtaken(bench, 60, 28)
    bench.say((90, OUT), (95, OUT))
    bench.engine.take_changes()
    bench.engine.configure([replace(slot(SETTINGS), settle_ms=1)])
    for second in (100, 105, 110):
        bench.hand_in([(second + 240, OUT)], second)
    for second in range(111, 140):
        bench.tick(second)
    (told,) = bench.told
    assert told[:3] == ("due", IMMEDIATE, 90 + 10 + 28)


def test_a_step_of_our_clock_makes_nothing_wait_for_longer() -> None:
    bench = Bench(SETTINGS)
    in_bed(bench, 0, 60)
    overtaken(bench, 60, 28)
    bench.say((90, OUT))
    assert bench.engine.beds.now(0).occupancy is IN
    bench.tick(90 - 3600)
    assert bench.engine.beds.now(0).occupancy is Occupancy.OUT


def test_a_clock_that_is_put_back_is_believed_of_a_belt_in_disorder_as_well() -> None:
    bench = Bench(SETTINGS)
    in_bed(bench, 0, 60)
    for second in range(60, 1200, 10):
        bench.hand_in([(second - 20, IN)], second)
        bench.hand_in([(second - 25, IN)], second + 1)
    assert bench.engine.beds.now(0).clock_offset_ms == -20_000
