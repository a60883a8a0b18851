"""Tossing and turning, told by the minutes in which somebody moved."""

from dataclasses import replace

import numpy as np

from domain.alarms import Rule
from domain.residents import NightWindow, VitalSettings
from domain.units import HOUR_MS
from domain.vitals import RESTLESS
from tests.unit.alerts.bed import NIGHT, OUT
from tests.unit.alerts.vital_bed import Stretch, VitalBench

MINUTE = 60
QUICK = VitalSettings(restless=replace(RESTLESS, after_s=10 * MINUTE, clear_after_s=5 * MINUTE))
"""Most of ten minutes is eight of them."""


def tossing(minute: int, end: int, movement: float = 60) -> list[Stretch]:
    """Each minute in [minute, end) with one movement, 20 s into it."""
    found: list[Stretch] = []
    for m in range(minute, end):
        at = m * MINUTE
        found += [
            Stretch(at, at + 20, movement=2),
            Stretch(at + 20, at + 25, movement=movement),
            Stretch(at + 25, at + 60, movement=2),
        ]
    return found


def still(minute: int, end: int) -> Stretch:
    return Stretch(minute * MINUTE, end * MINUTE, movement=2)


def test_most_of_the_minutes_are_told_in_the_reading_that_makes_them_most() -> None:
    bench = VitalBench(QUICK)
    bench.show(still(0, 10), *tossing(10, 20))
    assert bench.told == [("due", Rule.RESTLESS, 17 * MINUTE + 20, 10 * MINUTE + 20)]
    (told,) = bench.transitions
    assert (told.limit, told.value, told.limit_ms) == (20, 8, 600_000)


def test_two_still_minutes_among_ten_change_nothing_and_three_do() -> None:
    bench = VitalBench(QUICK)
    bench.show(*tossing(0, 4), still(4, 6), *tossing(6, 10))
    assert [rule for _, rule, *_ in bench.told] == [Rule.RESTLESS]
    other = VitalBench(QUICK)
    other.show(*tossing(0, 4), still(4, 7), *tossing(7, 11))
    assert other.told == []


def test_it_is_over_after_five_still_minutes_and_the_next_is_a_new_one() -> None:
    bench = VitalBench(QUICK)
    bench.show(*tossing(0, 12), still(12, 20), *tossing(20, 30))
    last = 11 * MINUTE + 20
    assert bench.told == [
        ("due", Rule.RESTLESS, 7 * MINUTE + 20, 20),
        ("cleared", Rule.RESTLESS, last + 5 * MINUTE, 20),
        ("due", Rule.RESTLESS, 27 * MINUTE + 20, 20 * MINUTE + 20),
    ]


def test_gentle_movement_and_movement_of_an_empty_bed_do_not_count() -> None:
    bench = VitalBench(QUICK)
    bench.show(*tossing(0, 15, movement=19))
    bench.show(*[replace(stretch, in_bed=OUT, heart=None, breath=None) for stretch in tossing(15, 30)])
    assert bench.told == []


def test_outside_the_hours_nothing_is_told() -> None:
    windows = (NightWindow(),)
    bench = VitalBench(replace(QUICK, windows=windows))
    bench.show(*tossing(0, 10))
    assert len(bench.told) == 1, "one in the morning"
    day = VitalBench(replace(QUICK, windows=windows))
    day.show(*tossing(9 * 60, 9 * 60 + 15))
    assert day.told == [], "ten in the morning"


def test_a_backlog_calls_nobody_and_is_recorded_or_told_by_what_speaks_of_now() -> None:
    backlog, after = VitalBench(QUICK), VitalBench(QUICK)
    for bench in (backlog, after):
        bench.show(still(0, 1))
        for stretch in tossing(1, 11):
            bench.hand_in(stretch.batch(received=13 * MINUTE), 13 * MINUTE)
        assert bench.told == []
    backlog.hand_in(still(11, 20).batch(received=25 * MINUTE), 25 * MINUTE)
    assert [kind for kind, *_ in backlog.told] == ["passed"]
    after.hand_in(Stretch(13 * MINUTE, 13 * MINUTE + 1, movement=2).batch(), 13 * MINUTE)
    assert [kind for kind, *_ in after.told] == ["due"]


def test_an_open_alarm_survives_a_restart_and_ends_when_they_are_still() -> None:
    bench = VitalBench(QUICK)
    bench.show(*tossing(0, 10))
    bench.restart()
    bench.show(still(10, 16))
    assert [(kind, at) for kind, _, at, _ in bench.told][1:] == [("cleared", 15 * MINUTE)]


def test_a_silence_of_the_belt_is_no_stillness() -> None:
    bench = VitalBench(QUICK)
    bench.show(*tossing(0, 10), *tossing(17, 27))
    assert [kind for kind, *_ in bench.told] == ["due"]
    bench.show(still(27, 33))
    assert [kind for kind, *_ in bench.told] == ["due", "cleared"]


def test_an_alarm_ends_as_what_it_was_told_as_though_the_clock_of_the_belt_jumped() -> None:
    bench = VitalBench(QUICK)
    bench.show(*tossing(0, 8))
    jump_ms = HOUR_MS
    quiet = still(8, 16).batch()
    for row in range(len(quiet)):
        reading = quiet.select(np.array([row]))
        now = (int(reading.observed_at[0]) - NIGHT) / 1000
        bench.hand_in(replace(reading, observed_at=reading.observed_at + jump_ms), now)
    due, cleared = bench.transitions
    assert (str(due.kind), str(cleared.kind)) == ("due", "cleared")
    assert cleared.began_at == due.began_at
