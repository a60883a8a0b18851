"""The rules about rates through the engine, one bed, reading by reading."""

from dataclasses import replace
from datetime import time

import numpy as np
import pytest

from alerts.conditions import Conditions
from domain.alarms import Rule
from domain.readings import ReadingBatch
from domain.residents import NightWindow, VitalSettings
from domain.vitals import RuleLimit
from tests.unit.alerts.bed import IN, NIGHT, OUT, UNKNOWN
from tests.unit.alerts.vital_bed import SETTLED, Stretch, VitalBench, vital_slot

HIGH, VERY_HIGH = Rule.HEART_RATE_HIGH, Rule.HEART_RATE_VERY_HIGH
LOST, LONG = Rule.VITALS_LOST, Rule.VITALS_LOST_LONG
ONSET = 600


def shown(*stretches: Stretch) -> VitalBench:
    """A bench on which somebody got in at NIGHT and showed ordinary rates until ONSET, then `stretches`."""
    bench = VitalBench()
    bench.show(Stretch(0, ONSET), *stretches)
    return bench


def showing(rate: str, value: float, end: float, step: float = 5) -> Stretch:
    """From ONSET to `end` the rate has this value."""
    if rate == "heart":
        return Stretch(ONSET, end, heart=value, step=step)
    return Stretch(ONSET, end, breath=value, step=step)


@pytest.mark.parametrize(
    ("rate", "value", "rule", "after"),
    [
        ("heart", 140.0, VERY_HIGH, 120),
        ("heart", 115.0, HIGH, 300),
        ("heart", 38.0, Rule.HEART_RATE_LOW, 300),
        ("heart", 30.0, Rule.HEART_RATE_VERY_LOW, 120),
        ("breath", 33.0, Rule.BREATHING_RATE_VERY_HIGH, 120),
        ("breath", 26.0, Rule.BREATHING_RATE_HIGH, 300),
        ("breath", 7.0, Rule.BREATHING_RATE_LOW, 300),
        ("breath", 4.0, Rule.BREATHING_RATE_VERY_LOW, 120),
    ],
)
@pytest.mark.parametrize("step", [1, 5, 10])
def test_a_rate_beyond_its_limit_is_due_when_that_has_lasted(
    rate: str, value: float, rule: Rule, after: int, step: float
) -> None:
    bench = shown(showing(rate, value, ONSET + after + 60, step))
    assert bench.told == [("due", rule, ONSET + after, ONSET)]
    assert bench.transitions[0].value == value


@pytest.mark.parametrize(("rate", "value"), [("heart", 110.0), ("heart", 40.0), ("breath", 24.0), ("breath", 8.0)])
def test_a_rate_at_its_limit_is_not_beyond_it(rate: str, value: float) -> None:
    assert shown(showing(rate, value, ONSET + 3600)).told == []


def test_the_warning_waits_while_the_urgent_alarm_is_open_and_is_told_when_that_is_over() -> None:
    bench = shown(Stretch(ONSET, ONSET + 900, heart=140), Stretch(ONSET + 900, ONSET + 1500, heart=115))
    assert [(kind, rule) for kind, rule, *_ in bench.told] == [
        ("due", VERY_HIGH),
        ("cleared", VERY_HIGH),
        ("due", HIGH),
    ]


def test_an_alarm_clears_when_the_clear_limit_has_held_for_its_time_and_not_between_the_limits() -> None:
    bench = shown(
        Stretch(ONSET, 1200, heart=115),
        Stretch(1200, 2400, heart=105),
        Stretch(2400, 2460, heart=95),
        Stretch(2460, 2500, heart=115),
        Stretch(2500, 2600, heart=95),
    )
    assert bench.told == [("due", HIGH, ONSET + 300, ONSET)], "one alarm, still open"
    bench.show(Stretch(2600, 2650, heart=95))
    assert bench.told[1:] == [("cleared", HIGH, 2620, ONSET)]


def test_missing_values_neither_end_a_run_nor_make_it_due() -> None:
    bench = shown(
        Stretch(ONSET, 700, heart=115),
        Stretch(700, 780, heart=None),
        Stretch(780, 880, heart=115),
        Stretch(880, 960, heart=None),
    )
    assert bench.told == []
    bench.show(Stretch(960, 965, heart=115))
    assert bench.told == [("due", HIGH, 960, ONSET)]


def test_a_value_last_seen_long_ago_is_not_told() -> None:
    bench = shown(Stretch(ONSET, 700, heart=115), Stretch(700, 1300, heart=None), Stretch(1300, 1310, heart=115))
    bench.tick(1400)
    assert bench.told == []
    bench.show(Stretch(1310, 1610, heart=115))
    assert bench.told == [("due", HIGH, 1600, 1300)]


def test_single_false_readings_begin_nothing_and_end_nothing() -> None:
    rng = np.random.default_rng(5)
    seconds = np.arange(0, 4 * 3600, 5)
    doubled = rng.random(len(seconds)) < 0.05
    calm, fast = VitalBench(), VitalBench()
    for bench, usual, false in ((calm, 70.0, 140.0), (fast, 140.0, 70.0)):
        whole = ReadingBatch.build(
            belts=("b1",),
            belt=np.zeros(len(seconds)),
            observed_at=NIGHT + seconds * 1000,
            received_at=NIGHT + seconds * 1000,
            in_bed=np.full(len(seconds), IN),
            heart_rate=np.where(doubled, false, usual),
            breathing_rate=15.0,
        )
        for row in range(0, len(whole), 10):
            bench.hand_in(whole.select(np.arange(row, row + 10)), float(seconds[row + 9]))
    assert calm.told == []
    ((kind, rule, told, _),) = fast.told
    assert (kind, rule) == ("due", VERY_HIGH)
    assert told < 600


def test_rates_of_somebody_who_has_just_got_in_are_not_judged() -> None:
    bench = VitalBench()
    bench.show(Stretch(0, 60, in_bed=OUT, heart=None, breath=None), Stretch(60, 60 + SETTLED + 125, heart=140))
    assert bench.told == [("due", VERY_HIGH, 60 + SETTLED + 120, 60 + SETTLED)]


def test_chatter_of_the_occupancy_neither_settles_anew_nor_ends_a_run() -> None:
    chatter = [Stretch(at, at + 3, heart=None, breath=None, in_bed=OUT, step=1) for at in (650, 690)]
    bench = shown(
        Stretch(ONSET, 650, heart=140),
        chatter[0],
        Stretch(653, 690, heart=140),
        chatter[1],
        Stretch(693, 730, heart=140),
    )
    assert bench.told == [("due", VERY_HIGH, 723, ONSET)]


def test_one_reading_of_a_slow_belt_that_says_out_is_chatter_as_well() -> None:
    bench = VitalBench()
    bench.show(
        Stretch(0, ONSET, step=10),
        Stretch(ONSET, 650, heart=140, step=10),
        Stretch(650, 660, heart=None, breath=None, in_bed=OUT, step=10),
        Stretch(660, 730, heart=140, step=10),
    )
    assert bench.told == [("due", VERY_HIGH, 720, ONSET)]


def test_unknown_occupancy_is_not_judged() -> None:
    assert shown(Stretch(ONSET, ONSET + 3600, heart=140, in_bed=UNKNOWN)).told == []


def test_an_alarm_stays_open_while_the_person_is_up_and_is_told_anew_after_half_an_hour() -> None:
    bench = shown(Stretch(ONSET, 800, heart=140), Stretch(800, 4000, heart=None, breath=None, in_bed=OUT))
    assert [kind for kind, *_ in bench.told] == ["due"]
    bench.show(Stretch(4000, 4300, heart=140))
    assert [(kind, began) for kind, _, _, began in bench.told[1:]] == [("cleared", ONSET), ("due", 4120)]


def test_lost_rates_are_medium_then_high_and_over_when_one_is_back() -> None:
    bench = shown(Stretch(ONSET, 1600, heart=None, breath=None))
    assert bench.told == [("due", LOST, 900, 600), ("due", LONG, 1500, 600)]
    bench.show(Stretch(1600, 1700, heart=None, breath=14))
    assert [(kind, rule) for kind, rule, *_ in bench.told[2:]] == [("cleared", LOST), ("cleared", LONG)]


def test_getting_up_ends_lost_rates() -> None:
    bench = shown(Stretch(ONSET, 850, heart=None, breath=None), Stretch(850, 2000, heart=None, breath=None, in_bed=OUT))
    assert bench.told == []


def test_a_belt_that_never_gave_a_rate_has_none_to_lose_also_after_restarts() -> None:
    mat = VitalBench()
    mat.show(Stretch(0, 3600, heart=None, breath=None, quality=None))
    assert mat.told == []
    mat.show(Stretch(3600, 3605))
    mat.restart()
    mat.restart()
    mat.show(Stretch(3605, 3605 + 320, heart=None, breath=None))
    assert mat.told == [("due", LOST, 3905, 3605)]


def test_one_of_the_rates_is_not_lost() -> None:
    assert shown(Stretch(ONSET, 4000, heart=None)).told == []
    assert shown(Stretch(ONSET, 4000, breath=None)).told == []


def test_a_poor_signal_and_rates_from_an_empty_bed() -> None:
    poor = shown(Stretch(ONSET, 1800, quality=20))
    assert poor.told == [("due", Rule.SIGNAL_POOR, ONSET + 900, ONSET)]
    empty = shown(Stretch(ONSET, 1300, in_bed=OUT))
    assert empty.told == [("due", Rule.VITALS_IN_EMPTY_BED, ONSET + 600, ONSET)]
    empty.show(Stretch(1300, 1400, in_bed=OUT, heart=None, breath=None))
    empty.show(Stretch(1400, 1600, in_bed=OUT, heart=None, breath=None))
    assert [kind for kind, *_ in empty.told] == ["due", "cleared"]


def test_what_is_switched_off_is_not_told() -> None:
    off = VitalSettings(heart_rate_very_high=RuleLimit(on=False, limit=130, clear_limit=120))
    bench = VitalBench(off)
    bench.show(Stretch(0, 1500, heart=140))
    assert [rule for _, rule, *_ in bench.told] == [HIGH]
    nothing = VitalBench(VitalSettings(windows=()))
    nothing.show(Stretch(0, 1500, heart=140))
    assert nothing.told == []


def test_a_rate_from_before_the_hours_counts_from_their_opening() -> None:
    bench = VitalBench(VitalSettings(windows=(NightWindow(start=time(2), end=time(4)),)))
    bench.show(Stretch(0, 3600 + 125, heart=140))
    assert bench.told == [("due", VERY_HIGH, 3600 + 120, SETTLED)]


def test_a_backlog_is_kept_when_over_and_told_when_it_goes_on() -> None:
    bench = shown()
    episode = ReadingBatch.join([Stretch(ONSET, 1200, heart=140).batch(9000), Stretch(1200, 8000).batch(9000)])
    bench.hand_in(episode, 9000)
    assert [(kind, rule) for kind, rule, *_ in bench.told] == [("passed", VERY_HIGH), ("passed", HIGH)]
    goes_on = shown()
    goes_on.hand_in(Stretch(ONSET, 3000, heart=140).batch(3000), 3000)
    assert [(kind, rule, told) for kind, rule, told, _ in goes_on.told] == [("due", VERY_HIGH, 3000)]


def test_a_restart_keeps_runs_and_open_alarms() -> None:
    bench = shown(Stretch(ONSET, 660, heart=140))
    bench.restart()
    bench.show(Stretch(660, 700, heart=140))
    bench.restart()
    bench.show(Stretch(700, 1000, heart=140))
    assert bench.told == [("due", VERY_HIGH, 720, ONSET)]
    bench.restart()
    bench.show(Stretch(1000, 1200))
    assert [kind for kind, *_ in bench.told] == ["due", "cleared"]


def test_another_resident_inherits_no_run_and_is_judged_at_once() -> None:
    bench = shown(Stretch(ONSET, 700, heart=140))
    bench.engine.take_changes()
    bench.engine.configure([vital_slot(subject="r2", from_at=NIGHT + 700_000)])
    assert ("b1", str(VERY_HIGH)) in bench.engine.take_changes()[2]
    bench.show(Stretch(700, 900, heart=140))
    assert bench.told == [("due", VERY_HIGH, 820, 700)]


def test_a_clock_that_jumps_changes_no_limit() -> None:
    bench = shown(Stretch(ONSET, 660, heart=140))
    jumped = Stretch(660 + 1800, 760 + 1800, heart=140).batch()
    for row in range(len(jumped)):
        one = jumped.select(np.array([row]))
        bench.hand_in(
            ReadingBatch.build(
                belts=("b1",),
                belt=[0],
                observed_at=one.observed_at,
                received_at=one.observed_at - 1_800_000,
                in_bed=one.in_bed,
                heart_rate=one.heart_rate,
                breathing_rate=one.breathing_rate,
            ),
            (int(one.observed_at[0]) - 1_800_000 - NIGHT) / 1000,
        )
    ((kind, rule, told, _),) = bench.told
    assert (kind, rule, told) == ("due", VERY_HIGH, 720)


def test_state_of_beds_that_were_stored_before_there_were_rates() -> None:
    bench = shown()
    beds, _, _ = bench.engine.take_changes()
    old = [replace(bed, entered_at=None, left_at=None) for bed in beds]
    bench.engine = Conditions([vital_slot()])
    bench.engine.restore(old, [])
    bench.show(Stretch(ONSET, 730, heart=140))
    assert bench.told == [("due", VERY_HIGH, 720, ONSET)]
