"""The leave-bed rules through the engine, one bed, reading by reading."""

from dataclasses import replace
from datetime import time

import numpy as np
import pytest

from alerts.conditions import QUIET_MS, Conditions
from alerts.rules import CLEAR_MS, Frame, Limits, RuleSpec, Truth
from alerts.runs import Slot
from domain.alarms import Category, Priority, Rule
from domain.nights import Schedule
from domain.readings import ReadingBatch
from domain.residents import LeaveBedSettings, NightWindow
from domain.units import NEVER
from tests.unit.alerts.bed import IN, NIGHT, OUT, UNKNOWN, ZONE, Bench, batch, slot

BACK = Rule.LEAVE_BED_NOT_BACK
IMMEDIATE = Rule.LEAVE_BED_IMMEDIATE
LIMIT = 15 * 60


def test_not_back_is_due_at_its_limit_with_readings_going_on() -> None:
    bench = Bench()
    bench.say((0, IN))
    bench.every(5, 5, 5 + LIMIT, OUT)
    assert bench.told == []
    bench.say((5 + LIMIT, OUT))
    assert bench.told == [("due", BACK, 5 + LIMIT, 5)]
    bench.every(5, 10 + LIMIT, 4000, OUT)
    assert bench.kinds() == ["due"]


def test_a_return_just_before_the_limit_is_quiet() -> None:
    bench = Bench()
    bench.say((0, IN))
    bench.every(5, 5, LIMIT, OUT)
    bench.every(5, LIMIT, LIMIT + 900, IN)
    bench.tick(LIMIT + 900)
    assert bench.told == []
    assert bench.engine.next_due_at() == NEVER


def test_a_tick_raises_when_the_belt_falls_silent_while_out() -> None:
    bench = Bench()
    bench.say((0, IN), (5, OUT), (10, OUT))
    assert bench.engine.next_due_at() == NIGHT + (5 + LIMIT) * 1000
    bench.tick(5 + LIMIT - 0.001)
    assert bench.told == []
    bench.tick(5 + LIMIT)
    assert bench.told == [("due", BACK, 5 + LIMIT, 5)]


def test_unknown_is_not_out_and_does_not_end_an_absence() -> None:
    quiet = Bench()
    quiet.say((0, IN))
    quiet.every(5, 5, 3000, UNKNOWN)
    quiet.tick(3000)
    assert quiet.told == []
    running = Bench()
    running.say((0, IN), (5, OUT), (10, OUT))
    running.every(5, 15, 5 + LIMIT, UNKNOWN)
    assert running.told == []
    running.say((5 + LIMIT, UNKNOWN))
    assert running.told == [("due", BACK, 5 + LIMIT, 5)]


def test_out_after_unknown_counts_when_somebody_was_in_bed_before() -> None:
    bench = Bench()
    bench.say((0, IN), (5, UNKNOWN), (60, OUT))
    bench.every(10, 70, 70 + LIMIT, OUT)
    assert bench.told == [("due", BACK, 60 + LIMIT, 60)]


def test_a_bed_in_which_nobody_was_seen_is_not_left() -> None:
    bench = Bench()
    bench.every(10, 0, 2 * LIMIT, OUT)
    bench.tick(2 * LIMIT)
    assert bench.told == []


def test_chatter_in_neither_ends_an_absence_nor_hides_its_limit() -> None:
    bench = Bench()
    bench.say((0, IN))
    bench.every(2, 2, 400, OUT)
    bench.say((400, IN), (402, IN), (404, OUT))
    bench.every(2, 406, 2 + LIMIT - 2, OUT)
    bench.say((LIMIT, IN))
    bench.tick(LIMIT + 3)
    assert bench.told == [], "the last thing known is a person in bed"
    bench.say((LIMIT + 4, OUT))
    assert bench.told == [("due", BACK, LIMIT + 4, 2)]


def test_a_return_that_lasted_starts_the_count_anew() -> None:
    bench = Bench()
    bench.say((0, IN))
    bench.every(5, 5, 600, OUT)
    bench.every(5, 600, 630, IN)
    bench.every(5, 630, 630 + LIMIT, OUT)
    assert bench.told == []
    bench.say((630 + LIMIT, OUT))
    assert bench.told == [("due", BACK, 630 + LIMIT, 630)]


def test_immediate_needs_more_than_one_false_sample() -> None:
    settings = LeaveBedSettings(immediate=True, not_back=False)
    chatter = Bench(settings)
    chatter.say((0, IN), (10, OUT))
    chatter.tick(20)
    chatter.say((20, IN), (30, IN))
    chatter.tick(60)
    assert chatter.told == []
    left = Bench(settings)
    left.say((0, IN), (10, OUT), (20, OUT))
    assert left.told == [("due", IMMEDIATE, 20, 10)]
    silent = Bench(settings)
    silent.say((0, IN), (10, OUT))
    silent.tick(29)
    assert silent.told == []
    silent.tick(30)
    assert silent.told == [("due", IMMEDIATE, 30, 10)], "one interval after the deadline, silence no longer excuses"


def test_fast_belts_raise_by_the_tick_exactly_at_the_deadline() -> None:
    bench = Bench(LeaveBedSettings(immediate=True, not_back=False))
    bench.say((0, IN), (7, OUT), (14, OUT))
    assert bench.engine.next_due_at() == NIGHT + 17_000
    bench.tick(17)
    assert bench.told == [("due", IMMEDIATE, 17, 7)]


def test_both_modes_are_alarms_of_their_own() -> None:
    bench = Bench(LeaveBedSettings(immediate=True))
    bench.say((0, IN))
    bench.every(5, 5, 1000, OUT)
    assert bench.told == [("due", IMMEDIATE, 15, 5), ("due", BACK, 5 + LIMIT, 5)]


def test_it_clears_two_minutes_after_the_return_and_not_before() -> None:
    bench = Bench()
    bench.say((0, IN))
    bench.every(5, 5, 1000, OUT)
    bench.every(5, 1000, 1000 + CLEAR_MS / 1000, IN)
    assert bench.kinds() == ["due"]
    bench.say((1000 + CLEAR_MS / 1000, IN))
    assert bench.kinds() == ["due", "cleared"]
    bench.every(5, 1200, 4000, IN)
    assert bench.kinds() == ["due", "cleared"]


def test_silence_after_a_return_clears_nothing() -> None:
    bench = Bench()
    bench.say((0, IN))
    bench.every(5, 5, 1000, OUT)
    bench.say((1000, IN))
    bench.tick(5000)
    assert bench.kinds() == ["due"]


def test_leaving_again_before_it_cleared_keeps_the_alarm_and_owes_a_new_one() -> None:
    bench = Bench()
    bench.say((0, IN))
    bench.every(5, 5, 1000, OUT)
    bench.every(5, 1000, 1030, IN)
    bench.every(5, 1030, 1030 + LIMIT, OUT)
    assert bench.kinds() == ["due"], "the first alarm still stands"
    bench.say((1030 + LIMIT, OUT))
    assert bench.told[1:] == [("cleared", BACK, 1030 + LIMIT, 5), ("due", BACK, 1030 + LIMIT, 1030)]


def test_outside_the_windows_nothing_is_due() -> None:
    bench = Bench(LeaveBedSettings(windows=(NightWindow(start=time(2), end=time(4)),)))
    bench.say((-3600, IN))
    bench.every(10, -3590, -3590 + 2 * LIMIT, OUT)
    bench.every(10, -1700, -1500, IN)
    assert bench.told == []


def test_an_absence_from_just_before_the_window_counts_from_its_opening() -> None:
    bench = Bench(LeaveBedSettings(windows=(NightWindow(start=time(1), end=time(4)),)))
    bench.say((-630, IN))
    bench.every(10, -600, LIMIT, OUT)
    assert bench.told == []
    bench.say((LIMIT, OUT))
    assert bench.told == [("due", BACK, LIMIT, -600)]


def test_a_backlog_about_something_over_calls_nobody_and_is_kept() -> None:
    bench = Bench()
    bench.say((0, IN))
    absence = [(float(s), OUT) for s in range(10, 10 + 1500, 10)]
    bench.hand_in(absence, 7200)
    bench.tick(7200.5)
    assert bench.told == [], "the backlog may go on: the readings to come decide"
    bench.hand_in([(float(s), IN) for s in range(1510, 7200, 10)], 7201)
    bench.tick(7300)
    assert bench.told == [("passed", BACK, 7201, 10)]


def test_a_backlog_that_ends_with_the_person_out_is_raised_once_it_is_quiet() -> None:
    bench = Bench()
    bench.say((0, IN))
    bench.hand_in([(float(s), OUT) for s in range(10, 1500, 10)], 3000)
    assert bench.engine.next_due_at() == NIGHT + 3_000_000 + QUIET_MS
    bench.tick(3000 + QUIET_MS / 1000)
    assert bench.told == [("due", BACK, 3000 + QUIET_MS / 1000, 10)]


def test_the_first_fresh_reading_after_a_backlog_raises_at_once() -> None:
    bench = Bench()
    bench.say((0, IN))
    bench.hand_in([(float(s), OUT) for s in range(10, 2900, 10)], 3000)
    assert bench.told == []
    bench.say((3001, OUT))
    assert bench.told == [("due", BACK, 3001, 10)]


def test_late_and_repeated_readings_neither_raise_nor_end_anything() -> None:
    bench = Bench()
    bench.say((0, IN), (100, IN))
    bench.hand_in([(50, OUT), (60, OUT)], 101)
    bench.hand_in([(50, OUT), (60, OUT)], 102)
    bench.tick(2000)
    assert bench.told == []
    bench.say((2000, OUT), (2010, OUT))
    bench.hand_in([(1000, IN)], 2011)
    bench.tick(2000 + LIMIT)
    assert bench.told == [("due", BACK, 2000 + LIMIT, 2000)]


def test_a_late_reading_shows_that_the_absence_began_earlier() -> None:
    bench = Bench()
    bench.say((0, IN), (30, OUT), (40, OUT))
    bench.hand_in([(20, IN)], 41)
    bench.hand_in([(10, OUT)], 41)
    bench.hand_in([(25, OUT)], 42)
    bench.tick(30 + LIMIT + 30)
    assert bench.told == [("due", BACK, 30 + LIMIT + 30, 25)]


def test_a_return_seen_once_before_a_long_silence_is_a_return() -> None:
    for silent_s, began in ((179, 10), (180, 220)):
        bench = Bench()
        bench.say((0, IN), (10, OUT), (20, OUT), (40, IN), (40 + silent_s, OUT), (41 + silent_s, OUT))
        bench.tick(began + LIMIT)
        assert bench.told == [("due", BACK, began + LIMIT, began)]


def test_a_backlog_after_a_live_reading_does_not_count_across_a_return() -> None:
    bench = Bench()
    bench.say((0, IN), (2000, OUT))
    bench.hand_in([(float(s), OUT if s < 100 or s >= 1900 else IN) for s in range(10, 2000, 10)], 2001)
    bench.tick(2002)
    assert bench.told == []
    assert bench.engine.next_due_at() >= NIGHT + (1900 + LIMIT) * 1000


def test_a_short_return_to_a_slow_belt_counts_once_the_alarm_was_raised() -> None:
    bench = Bench(LeaveBedSettings(immediate=True, not_back=False))
    bench.say((0, IN), (10, OUT), (20, OUT), (30, IN), (40, OUT), (50, OUT))
    assert [told for told in bench.told if told[0] == "due"] == [("due", IMMEDIATE, 20, 10), ("due", IMMEDIATE, 50, 40)]


def test_a_run_outside_the_windows_broken_at_a_restart_stays_outside() -> None:
    settings = LeaveBedSettings(windows=(NightWindow(start=time(2), end=time(4)),))
    bench = Bench(settings)
    bench.say((-7200, IN), (-7190, OUT), (-7180, OUT), (-7170, IN))
    again = Conditions([slot(settings)])
    again.restore(*bench.engine.take_changes()[:2])
    again.observe(batch([(-7168, OUT), (-7160, OUT)]), NIGHT - 7_160_000)
    assert again.next_due_at() == NEVER


def test_a_backlog_cut_by_a_restart_is_still_kept() -> None:
    bench = Bench()
    bench.say((0, IN))
    bench.hand_in([(float(s), OUT) for s in range(10, 1510, 10)], 7200)
    again = Conditions([slot()])
    again.restore(*bench.engine.take_changes()[:2])
    told = again.observe(batch([(float(s), IN) for s in range(1510, 7200, 10)], received=7201), NIGHT + 7_201_000)
    assert [str(t.kind) for t in told] == ["passed"]


@pytest.mark.parametrize("offset", [-240, 180])
def test_a_wrong_clock_changes_neither_limit_nor_instant(offset: int) -> None:
    bench = Bench()
    for second in range(0, 300, 10):
        bench.hand_in([(second + offset, IN)], second)
    for second in range(300, 300 + LIMIT, 10):
        bench.hand_in([(second + offset, OUT)], second)
        bench.tick(second + 9)
    assert bench.told == []
    bench.tick(300 + LIMIT)
    assert [(kind, at) for kind, _, at, _ in bench.told] == [("due", 300 + LIMIT)]


def test_restart_keeps_the_timer_and_raises_what_became_overdue_once() -> None:
    bench = Bench()
    bench.say((0, IN), (5, OUT), (10, OUT))
    beds, runs, ended = bench.engine.take_changes()
    assert (len(beds), len(runs), ended) == (1, 2, [])
    for dead_until in (12 * 60, 40 * 60):
        again = Conditions([slot()])
        again.restore(beds, runs)
        due = [t.began_at for t in again.tick(NIGHT + dead_until * 1000)]
        assert due == ([NIGHT + 5000] if dead_until > LIMIT else [])
        assert [t.kind for t in again.tick(NIGHT + 20 * 60 * 1000)] == ([] if due else ["due"])


def test_restart_after_the_alarm_raises_it_no_second_time_and_still_clears() -> None:
    bench = Bench()
    bench.say((0, IN))
    bench.every(5, 5, 1000, OUT)
    beds, runs, _ = bench.engine.take_changes()
    again = Conditions([slot()])
    again.restore(beds, runs)
    assert again.tick(NIGHT + 2_000_000) == []
    told = again.observe(batch([(float(s), IN) for s in range(2000, 2200, 10)]), NIGHT + 2_200_000)
    assert [str(t.kind) for t in told] == ["cleared"]
    assert again.take_changes()[2] == [("b1", str(IMMEDIATE)), ("b1", str(BACK))]


def test_redelivered_readings_after_a_restart_change_nothing() -> None:
    bench = Bench()
    bench.say((0, IN), (5, OUT), (10, OUT))
    beds, runs, _ = bench.engine.take_changes()
    again = Conditions([slot()])
    again.restore(beds, runs)
    again.observe(batch([(0, IN), (5, OUT), (10, OUT)]), NIGHT + 11_000)
    assert again.next_due_at() == NIGHT + (5 + LIMIT) * 1000


def test_a_bed_stored_as_unknown_can_still_be_left() -> None:
    bench = Bench()
    bench.say((0, IN), (5, UNKNOWN))
    again = Conditions([slot()])
    again.restore(*bench.engine.take_changes()[:2])
    again.observe(batch([(10, OUT), (20, OUT)]), NIGHT + 20_000)
    assert again.next_due_at() == NIGHT + (10 + LIMIT) * 1000


def test_new_settings_reach_a_running_absence() -> None:
    bench = Bench()
    bench.say((0, IN), (5, OUT), (10, OUT))
    bench.engine.take_changes()
    bench.engine.configure([slot(LeaveBedSettings(away_limit_min=10))])
    assert bench.engine.next_due_at() == NIGHT + 605_000
    bench.engine.configure([slot(LeaveBedSettings(not_back=False))])
    assert bench.engine.next_due_at() == NEVER


def test_another_resident_does_not_inherit_an_absence() -> None:
    bench = Bench()
    bench.say((0, IN), (5, OUT), (10, OUT))
    bench.engine.take_changes()
    bench.engine.configure([slot(subject="r2")])
    assert bench.engine.next_due_at() == NEVER
    assert bench.engine.take_changes()[2] == [("b1", str(IMMEDIATE)), ("b1", str(BACK))]


def test_a_run_from_before_the_stay_does_not_count() -> None:
    engine = Conditions([replace(slot(), from_at=NIGHT + 60_000)])
    engine.observe(batch([(0, IN), (5, OUT), (10, OUT)]), NIGHT + 10_000)
    assert engine.next_due_at() == NEVER


def test_unknown_belts_and_empty_batches_are_passed_over() -> None:
    bench = Bench()
    assert bench.engine.observe(batch([(0, IN), (5, OUT)], belt="stranger"), NIGHT + 5000) == []
    assert bench.engine.observe(ReadingBatch.empty(), NIGHT) == []
    assert Conditions().observe(batch([(0, IN)]), NIGHT) == []


def _fast_pulse(frame: Frame, limit: np.ndarray, clear: np.ndarray) -> np.ndarray:
    rate = frame.heart_rate
    return np.where(rate > limit, Truth.TRUE, np.where(rate < clear, Truth.FALSE, Truth.UNKNOWN)).astype(np.int8)


def test_a_rule_with_hysteresis_that_does_not_hold_while_unknown() -> None:
    spec = RuleSpec(
        rule=Rule.LEAVE_BED_NOT_BACK,
        category=Category.PHYSIOLOGICAL,
        priority=Priority.MEDIUM,
        predicate=_fast_pulse,
        holds_while_unknown=False,
        needs_change=False,
        end_confirm_ms=0,
        clear_ms=20_000,
    )
    limits = {spec.rule: Limits(min_duration_ms=30_000, limit=115, clear_limit=105)}
    pulse_slot = Slot(belt_id="b1", subject="r1", limits=limits, schedule=Schedule((NightWindow(),), ZONE))
    engine = Conditions([pulse_slot], [spec])
    told = []
    rates = [120, 110, 120, np.nan, np.nan, 120, 100, 100, 100]
    for n, rate in enumerate(rates):
        at = NIGHT + n * 10_000
        one = ReadingBatch.build(
            belts=("b1",), belt=[0], observed_at=[at], received_at=at, in_bed=[IN], heart_rate=[rate]
        )
        told += [(n, str(t.kind)) for t in engine.tick(at)] + [(n, str(t.kind)) for t in engine.observe(one, at)]
    assert told == [(5, "due"), (8, "cleared")]


def test_readings_of_many_beds_in_one_batch_equal_them_one_by_one() -> None:
    rng = np.random.default_rng(3)
    n, beds = 4000, 7
    belt = rng.integers(0, beds, n)
    at = NIGHT + np.arange(n) * 2000
    state = np.repeat(rng.integers(-1, 2, n // 50), 50).astype(np.int8)
    whole = ReadingBatch.build(
        belts=tuple(f"b{i}" for i in range(beds)), belt=belt, observed_at=at, received_at=at, in_bed=state
    )
    slots = [slot(LeaveBedSettings(immediate=True, away_limit_min=2), belt=f"b{i}") for i in range(beds)]
    one, many = Conditions(slots), Conditions(slots)
    end = int(at[-1])
    by_one = {
        (t.kind, t.belt_id, t.spec.rule, t.began_at)
        for i in np.argsort(whole.observed_at)
        for t in one.observe(whole.select(np.array([i])), end)
    }
    by_many = {(t.kind, t.belt_id, t.spec.rule, t.began_at) for t in many.observe(whole, end)}
    assert by_one == by_many
    assert one.take_changes() == many.take_changes()
