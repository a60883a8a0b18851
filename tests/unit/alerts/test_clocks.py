"""Clocks that are wrong, jump, or are put back, ours and the belts': limits stay as long as they were."""

import pytest

from alerts.clocks import JUMP_MS, PUT_BACK_MS, STEADY_MS
from domain.alarms import Rule
from domain.readings import Occupancy
from domain.residents import LeaveBedSettings
from tests.unit.alerts.bed import IN, NIGHT, OUT, Bench

LIMIT = 15 * 60
STEP = 5


def live(bench: Bench, start: int, end: int, state: Occupancy, clock: float = 0.0) -> None:
    """Readings each 5 s of our time in [start, end), stamped `clock` s ahead of it, and a tick each second."""
    for second in range(start, end, STEP):
        bench.hand_in([(second + clock, state)], second)
        for more in range(1, STEP):
            bench.tick(second + more)


def due_after(bench: Bench, rule: Rule, left: int) -> list[float]:
    return [at - left for kind, told, at, _ in bench.told if kind == "due" and told is rule]


BOTH = LeaveBedSettings(immediate=True)


@pytest.mark.parametrize("lag", [120, 300, 3600, 7200])
def test_a_stream_that_has_come_late_in_step_for_a_minute_speaks_of_now(lag: int) -> None:
    bench = Bench(BOTH)
    live(bench, 0, 600, IN)
    live(bench, 600 + lag, 700 + lag, IN, -lag)
    left = 700 + lag
    live(bench, left, left + 1200, OUT, -lag)
    assert due_after(bench, Rule.LEAVE_BED_IMMEDIATE, left) == [10]
    assert due_after(bench, Rule.LEAVE_BED_NOT_BACK, left) == [LIMIT]


def test_a_belt_first_heard_hours_behind_is_believed_after_a_minute() -> None:
    bench = Bench(BOTH)
    live(bench, 0, 100, IN, -7200)
    live(bench, 100, 1200, OUT, -7200)
    assert due_after(bench, Rule.LEAVE_BED_IMMEDIATE, 100) == [10]


@pytest.mark.parametrize("back", [30, 240, 7200])
def test_a_clock_put_back_makes_a_bed_deaf_for_seconds_only(back: int) -> None:
    bench = Bench(BOTH)
    live(bench, 0, 600, IN)
    live(bench, 600, 660, IN, -back)
    live(bench, 660, 1700, OUT, -back)
    assert due_after(bench, Rule.LEAVE_BED_IMMEDIATE, 660) == [10]
    assert due_after(bench, Rule.LEAVE_BED_NOT_BACK, 660) == [LIMIT]


@pytest.mark.parametrize("jump", [-3600, -240, 240, 3600])
def test_a_clock_that_jumps_while_out_changes_no_limit(jump: int) -> None:
    bench = Bench()
    live(bench, 0, 600, IN)
    live(bench, 600, 900, OUT)
    live(bench, 900, 1600, OUT, jump)
    (took,) = due_after(bench, Rule.LEAVE_BED_NOT_BACK, 600)
    assert LIMIT <= took <= LIMIT + STEP


def test_one_reading_far_ahead_moves_nothing() -> None:
    deaf = Bench(BOTH)
    live(deaf, 0, 600, IN)
    deaf.hand_in([(600 + 290, IN)], 600)
    live(deaf, 605, 640, IN)
    live(deaf, 640, 700, OUT)
    assert due_after(deaf, Rule.LEAVE_BED_IMMEDIATE, 640) == [10]
    early = Bench()
    live(early, 0, 60, IN)
    live(early, 60, 660, OUT)
    early.hand_in([(950, OUT)], 660)
    live(early, 665, 720, OUT)
    live(early, 720, 1500, IN)
    assert early.told == []


def test_a_backlog_is_no_clock() -> None:
    bench = Bench()
    live(bench, 0, 600, IN)
    bench.hand_in([(float(s), IN) for s in range(600, 4200, STEP)], 4200)
    live(bench, 4200, 4300, IN)
    live(bench, 4300, 4300 + 1000, OUT)
    assert due_after(bench, Rule.LEAVE_BED_NOT_BACK, 4300) == [LIMIT]


def test_our_clock_an_hour_ahead_for_one_arrival_holds_no_timer() -> None:
    bench = Bench(BOTH)
    live(bench, 0, 60, IN)
    bench.hand_in([(60, IN)], 3660)
    live(bench, 65, 200, IN)
    bench.hand_in([(200, OUT)], 200)
    bench.hand_in([(205, OUT)], 205)
    bench.tick(211)
    assert due_after(bench, Rule.LEAVE_BED_IMMEDIATE, 200) == [11]


@pytest.mark.parametrize("back", [60, 240, 330, 3600, 3 * 3600])
def test_our_clock_put_back_while_a_belt_is_silent_makes_its_bed_deaf_for_seconds_only(back: int) -> None:
    bench = Bench(BOTH)
    live(bench, 0, 600, IN)
    again = 900 - back
    live(bench, again, again + 60, IN, back)
    left = again + 60
    live(bench, left, left + 1200, OUT, back)
    assert due_after(bench, Rule.LEAVE_BED_IMMEDIATE, left) == [10]
    assert due_after(bench, Rule.LEAVE_BED_NOT_BACK, left) == [LIMIT]


def test_the_board_keeps_the_age_of_a_state_when_a_clock_jumps() -> None:
    bench = Bench()
    live(bench, 0, 600, IN)
    live(bench, 600, 700, IN, 240)
    bed = bench.engine.beds.now(0)
    assert bed.since_at is not None
    assert bed.observed_at is not None
    assert bed.observed_at - bed.since_at == 695_000
    assert bed.clock_offset_ms == 240_000


def test_slow_messages_after_a_quick_one_are_no_clock_put_back() -> None:
    bench = Bench()
    live(bench, 0, 600, IN)
    arrivals = [(float(s), s + (0 if s == 630 else 25 + s % 5)) for s in range(600, 900, STEP)]
    for second, received in sorted(arrivals, key=lambda item: item[1]):
        bench.hand_in([(second, IN)], received)
    assert abs(bench.engine.beds.now(0).clock_offset_ms) <= 30_000
    assert bench.engine.beds.now(0).observed_at == NIGHT + 895_000
    assert bench.engine.beds.now(0).since_at == NIGHT


def test_the_numbers_stand_in_order() -> None:
    assert JUMP_MS < PUT_BACK_MS < STEADY_MS
