"""Pauses in breathing, sitting up, and lying in one position: what one bed's belt shows, and what is told."""

from dataclasses import replace

import pytest

from domain.alarms import Rule
from domain.residents import VitalSettings
from domain.vitals import NO_TURN_OVER, SITTING_UP
from tests.unit.alerts.bed import OUT, UNKNOWN
from tests.unit.alerts.vital_bed import SETTLED, Stretch, VitalBench

HOUR = 3600
AT_RISK = VitalSettings(no_turn_over=replace(NO_TURN_OVER, on=True, after_s=2 * HOUR))
WATCHED = VitalSettings(sitting_up=replace(SITTING_UP, on=True))


def told(bench: VitalBench, rule: Rule) -> list[tuple[str, float, float]]:
    """(kind, second told, second begun) of one rule."""
    return [(kind, at, began) for kind, of, at, began in bench.told if of is rule]


class TestBreathingPause:
    def test_a_pause_of_twenty_seconds_is_told_and_ends_after_a_minute_of_breath(self) -> None:
        bench = VitalBench()
        bench.show(Stretch(0, 300), Stretch(300, 325, breath=2.5), Stretch(325, 500))
        assert told(bench, Rule.BREATHING_PAUSE) == [("due", 320, 300), ("cleared", 385, 300)]
        assert bench.transitions[0].value == 2.5

    def test_a_shorter_one_is_not(self) -> None:
        bench = VitalBench()
        bench.show(Stretch(0, 300, step=1), Stretch(300, 320, breath=2.5, step=1), Stretch(320, 500, step=1))
        assert told(bench, Rule.BREATHING_PAUSE) == []

    def test_a_breath_between_two_short_ones_makes_them_two(self) -> None:
        bench = VitalBench()
        bench.show(Stretch(0, 300), Stretch(300, 315, breath=3), Stretch(315, 320), Stretch(320, 335, breath=3))
        assert told(bench, Rule.BREATHING_PAUSE) == []

    def test_pauses_within_a_minute_are_one_alarm(self) -> None:
        bench = VitalBench()
        bench.show(Stretch(0, 300))
        for start in range(300, 600, 60):
            bench.show(Stretch(start, start + 30, breath=2), Stretch(start + 30, start + 60))
        assert told(bench, Rule.BREATHING_PAUSE) == [("due", 320, 300)]

    @pytest.mark.parametrize("step", [6, 8, 10, 60])
    def test_a_belt_that_reports_too_slowly_is_not_asked(self, step: float) -> None:
        bench = VitalBench()
        bench.show(Stretch(0, 300, step=step), Stretch(300, 400, breath=2.5, step=step))
        assert told(bench, Rule.BREATHING_PAUSE) == []

    def test_a_missing_rate_is_no_pause_but_one_within_a_pause_does_not_end_it(self) -> None:
        bench = VitalBench()
        bench.show(Stretch(0, 300), Stretch(300, 360, breath=None), Stretch(360, 420))
        assert told(bench, Rule.BREATHING_PAUSE) == []
        bench.show(Stretch(420, 430, breath=3), Stretch(430, 435, breath=None), Stretch(435, 445, breath=3))
        assert told(bench, Rule.BREATHING_PAUSE) == [("due", 440, 420)]

    def test_nothing_is_said_before_the_sleeper_has_settled(self) -> None:
        bench = VitalBench()
        bench.show(Stretch(0, SETTLED, breath=2.5), Stretch(SETTLED, 300))
        assert told(bench, Rule.BREATHING_PAUSE) == []

    def test_behind_the_urgent_alarm_it_says_nothing_new(self) -> None:
        bench = VitalBench()
        bench.show(Stretch(0, 300), Stretch(300, 900, breath=3))
        assert told(bench, Rule.BREATHING_PAUSE) == [("due", 320, 300)]
        assert told(bench, Rule.BREATHING_RATE_VERY_LOW) == [("due", 420, 300)]


class TestSittingUp:
    def test_a_burst_after_quiet_is_told_once(self) -> None:
        bench = VitalBench(WATCHED)
        bench.show(Stretch(0, 300, movement=2), Stretch(300, 320, movement=80), Stretch(320, 400, movement=3))
        bench.show(Stretch(400, 420, movement=90), Stretch(420, 600, movement=2))
        assert told(bench, Rule.SITTING_UP) == [("due", 310, 300), ("cleared", 540, 300)]

    def test_turning_over_in_one_reading_is_not(self) -> None:
        bench = VitalBench(WATCHED)
        bench.show(Stretch(0, 300, movement=2), Stretch(300, 305, movement=80), Stretch(305, 400, movement=3))
        assert bench.told == []

    def test_it_is_off_unless_asked_for(self) -> None:
        bench = VitalBench()
        bench.show(Stretch(0, 300, movement=2), Stretch(300, 330, movement=80), Stretch(330, 400, movement=3))
        assert bench.told == []


class TestNoTurnOver:
    def test_two_hours_without_a_turn_are_told_and_a_turn_ends_it(self) -> None:
        bench = VitalBench(AT_RISK)
        bench.show(Stretch(0, 2 * HOUR + 600, movement=2, turns=0, step=60))
        assert told(bench, Rule.NO_TURN_OVER) == [("due", 7200, 0)]
        bench.show(Stretch(8000, 8001, movement=10, turns=1))
        assert told(bench, Rule.NO_TURN_OVER)[1:] == [("cleared", 8000, 0)]
        bench.show(Stretch(8060, 8060 + 2 * HOUR + 60, movement=2, turns=0, step=60))
        assert told(bench, Rule.NO_TURN_OVER)[2:] == [("due", 8060 + 2 * HOUR, 8060)]

    @pytest.mark.parametrize("turn", [{"movement": 31.0}, {"turns": 1.0}, {"in_bed": OUT}])
    def test_a_clear_movement_a_counted_turn_and_time_out_of_bed_all_count(self, turn: dict[str, float]) -> None:
        bench = VitalBench(AT_RISK)
        bench.show(Stretch(0, 7000, movement=2, turns=0, step=50))
        bench.show(Stretch(7000, 7010, **{"movement": 2, "turns": 0, **turn}))  # type: ignore[arg-type]
        bench.show(Stretch(7010, 9000, movement=2, turns=0, step=50))
        assert told(bench, Rule.NO_TURN_OVER) == []

    def test_an_empty_bed_for_a_moment_is_chatter_and_does_not_count(self) -> None:
        bench = VitalBench(AT_RISK)
        bench.show(Stretch(0, 7000, movement=2, turns=0, step=50), Stretch(7000, 7003, in_bed=OUT, step=1))
        bench.show(Stretch(7003, 7300, movement=2, turns=0, step=1))
        assert told(bench, Rule.NO_TURN_OVER) == [("due", 7200, 0)]

    def test_silence_does_not_stop_the_clock(self) -> None:
        bench = VitalBench(AT_RISK)
        bench.show(Stretch(0, 600, movement=2, turns=0, step=10), Stretch(600, 700, in_bed=UNKNOWN, step=10))
        bench.tick(7199)
        assert told(bench, Rule.NO_TURN_OVER) == []
        bench.tick(7200)
        assert told(bench, Rule.NO_TURN_OVER) == [("due", 7200, 0)]

    def test_a_belt_that_shows_neither_movement_nor_turns_is_not_asked(self) -> None:
        bench = VitalBench(AT_RISK)
        bench.show(Stretch(0, 3 * HOUR, step=60))
        bench.tick(4 * HOUR)
        assert told(bench, Rule.NO_TURN_OVER) == []

    def test_a_documented_turn_counts_from_its_instant(self) -> None:
        bench = VitalBench(AT_RISK)
        bench.show(Stretch(0, 5000, movement=2, turns=0, step=50))
        bench.turn(4000)
        bench.turn(3000)
        bench.show(Stretch(5000, 4000 + 7200 + 100, movement=2, turns=0, step=50))
        assert told(bench, Rule.NO_TURN_OVER) == [("due", 11_200, 4000)]

    def test_a_documented_turn_ends_the_alarm(self) -> None:
        bench = VitalBench(AT_RISK)
        bench.show(Stretch(0, 7300, movement=2, turns=0, step=50))
        bench.turn(7400)
        bench.turn(7400)
        assert told(bench, Rule.NO_TURN_OVER) == [("due", 7200, 0), ("cleared", 7400, 0)]

    def test_the_deadline_survives_a_restart_and_an_overdue_one_is_told_at_once(self) -> None:
        bench = VitalBench(AT_RISK)
        bench.show(Stretch(0, 600, movement=2, turns=0, step=10))
        bench.restart()
        bench.tick(7200)
        assert told(bench, Rule.NO_TURN_OVER) == [("due", 7200, 0)]
        bench.restart()
        bench.tick(8000)
        assert len(told(bench, Rule.NO_TURN_OVER)) == 1

    @pytest.mark.parametrize(("still", "counts_from"), [(50, 1000), (70, 610)])
    def test_a_turn_is_kept_once_it_was_still_for_a_minute(self, still: int, counts_from: int) -> None:
        bench = VitalBench(AT_RISK)
        bench.show(Stretch(0, 600, movement=2, turns=0, step=10), Stretch(600, 601, movement=80, turns=0))
        bench.show(Stretch(610, 610 + still, movement=2, turns=0, step=10))
        bench.restart()
        bench.show(Stretch(1000, 9000, movement=2, turns=0, step=10))
        assert told(bench, Rule.NO_TURN_OVER) == [("due", counts_from + 7200, counts_from)]

    def test_it_is_off_unless_asked_for(self) -> None:
        bench = VitalBench()
        bench.show(Stretch(0, 9 * HOUR, movement=2, turns=0, step=60))
        assert bench.told == []
