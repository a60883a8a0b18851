"""Rates against the person's own levels, one bed, reading by reading."""

from dataclasses import replace

import numpy as np
import pytest

from alerts.conditions import Conditions
from alerts.reasons import reason_of
from domain.alarms import Category, Priority, Rule
from domain.residents import VitalSettings
from domain.usual import UsualLevels
from domain.vitals import RuleLimit
from tests.unit.alerts.bed import NIGHT, OUT
from tests.unit.alerts.vital_bed import Stretch, VitalBench, usual_levels, vital_slot

HIGH, LOW = Rule.HEART_RATE_UNUSUAL_HIGH, Rule.HEART_RATE_UNUSUAL_LOW
ONSET, AFTER = 600, 900
AT_ONE = slice(13, 14)
"""The hour since noon in which NIGHT begins."""


def shown(usual: UsualLevels | None, *stretches: Stretch, settings: VitalSettings | None = None) -> VitalBench:
    bench = VitalBench(settings=settings or VitalSettings(), usual=usual)
    bench.show(Stretch(0, ONSET), *stretches)
    return bench


@pytest.mark.parametrize(
    ("stretch", "rule", "usual"),
    [
        (Stretch(ONSET, ONSET + AFTER + 60, heart=80), HIGH, (48.0, 75.0)),
        (Stretch(ONSET, ONSET + AFTER + 60, heart=45), LOW, (48.0, 75.0)),
        (Stretch(ONSET, ONSET + AFTER + 60, breath=22), Rule.BREATHING_RATE_UNUSUAL_HIGH, (10.0, 20.0)),
        (Stretch(ONSET, ONSET + AFTER + 60, breath=9), Rule.BREATHING_RATE_UNUSUAL_LOW, (10.0, 20.0)),
    ],
)
def test_a_rate_beyond_the_own_level_is_told_when_that_has_lasted(
    stretch: Stretch, rule: Rule, usual: tuple[float, float]
) -> None:
    bench = shown(usual_levels(), stretch)
    assert bench.told == [("due", rule, ONSET + AFTER, ONSET)]
    told = bench.transitions[0]
    assert (told.spec.priority, told.spec.category) == (Priority.LOW, Category.PHYSIOLOGICAL)
    assert told.limit == usual[1 if "high" in rule else 0]
    facts = reason_of(told).facts
    assert (facts["usual_low"], facts["usual_high"], facts["limit_s"]) == (*usual, AFTER)


@pytest.mark.parametrize("heart", [75.0, 48.0, 60.0])
def test_a_rate_within_the_own_level_is_usual(heart: float) -> None:
    assert shown(usual_levels(), Stretch(ONSET, ONSET + 3600, heart=heart)).told == []


def test_nothing_is_told_while_the_levels_are_not_known() -> None:
    excited = Stretch(ONSET, ONSET + 3600, heart=100)
    assert shown(None, excited).told == []
    assert shown(usual_levels(hours=slice(0, 12)), excited).told == []


def test_each_hour_has_its_own_level() -> None:
    """Usual until two o'clock (3,600 s after NIGHT), unusual from then on."""
    levels = usual_levels()
    levels.limits[1, 13] = 95
    bench = shown(levels, Stretch(ONSET, 3600 + AFTER + 60, heart=90))
    assert bench.told == [("due", HIGH, 3600 + AFTER, 3600)]


def test_it_is_over_when_the_rate_is_back_well_inside_for_five_minutes() -> None:
    end = ONSET + AFTER + 60
    bench = shown(
        usual_levels(),
        Stretch(ONSET, end, heart=80),
        Stretch(end, end + 900, heart=73),
        Stretch(end + 900, end + 1300, heart=70),
    )
    assert bench.told[1:] == [("cleared", HIGH, end + 900 + 300, ONSET)]


def test_somebody_who_has_just_got_in_is_given_time_to_settle() -> None:
    settled = ONSET + 60 + 120
    bench = shown(
        usual_levels(), Stretch(ONSET, ONSET + 60, in_bed=OUT), Stretch(ONSET + 60, settled + AFTER + 60, heart=80)
    )
    assert bench.told == [("due", HIGH, settled + AFTER, settled)]


def test_the_fixed_alarms_speak_first_and_this_one_waits_behind_them() -> None:
    """Behind the warning, and behind the urgent one that the warning itself stands behind."""
    for heart, fixed in ((115, Rule.HEART_RATE_HIGH), (140, Rule.HEART_RATE_VERY_HIGH)):
        bench = shown(usual_levels(), Stretch(ONSET, ONSET + 2 * AFTER, heart=heart))
        assert [rule for _, rule, *_ in bench.told] == [fixed]
        bench.show(Stretch(ONSET + 2 * AFTER, ONSET + 3 * AFTER, heart=85))
        assert [(kind, rule) for kind, rule, *_ in bench.told] == [("due", fixed), ("cleared", fixed), ("due", HIGH)]


def test_a_rule_that_is_off_or_waits_longer() -> None:
    off = VitalSettings(heart_rate_unusual_high=RuleLimit(on=False, after_s=AFTER))
    longer = VitalSettings(heart_rate_unusual_high=RuleLimit(after_s=1800))
    excited = Stretch(ONSET, ONSET + 2000, heart=85)
    assert shown(usual_levels(), excited, settings=off).told == []
    assert [told[2] for told in shown(usual_levels(), excited, settings=longer).told] == [ONSET + 1800]


def test_levels_that_become_known_count_from_then_on_and_a_restart_loses_nothing() -> None:
    bench = VitalBench()
    bench.show(Stretch(0, ONSET), Stretch(ONSET, ONSET + 600, heart=85))
    bench.engine.configure([vital_slot(usual=usual_levels())])
    bench.usual = usual_levels()
    bench.show(Stretch(ONSET + 600, ONSET + 900, heart=85))
    bench.restart()
    bench.show(Stretch(ONSET + 900, ONSET + 600 + AFTER + 60, heart=85))
    assert bench.told == [("due", HIGH, ONSET + 600 + AFTER, ONSET + 600)]


class TestMovedWarnings:
    """Somebody whose usual heart rate is 96 to 120, and who breathes 5 to 26 times a minute."""

    FAST = usual_levels(heart=(96, 120), breath=(5, 26))

    def test_a_usual_rate_is_not_warned_of(self) -> None:
        assert shown(self.FAST, Stretch(ONSET, ONSET + 3600, heart=118, breath=25)).told == []

    def test_beyond_the_moved_level_it_is_with_both_numbers(self) -> None:
        bench = shown(self.FAST, Stretch(ONSET, ONSET + 400, heart=123))
        assert bench.told == [("due", Rule.HEART_RATE_HIGH, ONSET + 300, ONSET)]
        facts = reason_of(bench.transitions[0]).facts
        assert (facts["limit"], facts["usual_low"], facts["usual_high"]) == (120.0, 96.0, 120.0)

    def test_its_clear_limit_moves_along(self) -> None:
        """110 and 100 by default: so 120 and 110."""
        end = ONSET + 400
        bench = shown(self.FAST, Stretch(ONSET, end, heart=123), Stretch(end, end + 600, heart=112))
        assert len(bench.told) == 1
        bench.show(Stretch(end + 600, end + 1000, heart=108))
        assert bench.told[1:] == [("cleared", Rule.HEART_RATE_HIGH, end + 600 + 120, ONSET)]

    @pytest.mark.parametrize(
        ("usual", "stretch", "rule"),
        [
            (usual_levels(heart=(100, 150)), Stretch(ONSET, ONSET + 400, heart=128), Rule.HEART_RATE_HIGH),
            (usual_levels(heart=(20, 60)), Stretch(ONSET, ONSET + 400, heart=37), Rule.HEART_RATE_LOW),
            (usual_levels(breath=(1, 40)), Stretch(ONSET, ONSET + 400, breath=29.5), Rule.BREATHING_RATE_HIGH),
            (usual_levels(breath=(1, 40)), Stretch(ONSET, ONSET + 400, breath=6.5), Rule.BREATHING_RATE_LOW),
        ],
    )
    def test_it_stays_inside_the_urgent_level(self, usual: UsualLevels, stretch: Stretch, rule: Rule) -> None:
        assert [told[1] for told in shown(usual, stretch).told] == [rule]

    def test_the_urgent_level_is_never_moved(self) -> None:
        bench = shown(usual_levels(heart=(110, 150)), Stretch(ONSET, ONSET + 200, heart=135))
        assert bench.told == [("due", Rule.HEART_RATE_VERY_HIGH, ONSET + 120, ONSET)]

    def test_a_level_is_never_moved_inwards(self) -> None:
        bench = shown(usual_levels(heart=(50, 60)), Stretch(ONSET, ONSET + 400, heart=100))
        assert bench.told == []

    @pytest.mark.parametrize(
        ("asked", "warned"),
        [
            (RuleLimit(limit=112, clear_limit=100), True),
            (RuleLimit(limit=112, clear_limit=100, follows_usual=True), False),
            (RuleLimit(limit=110, clear_limit=100, follows_usual=False), True),
            (RuleLimit(limit=110, clear_limit=100), False),
        ],
    )
    def test_a_limit_that_somebody_set_stays_where_it_is(self, asked: RuleLimit, *, warned: bool) -> None:
        bench = shown(self.FAST, Stretch(ONSET, ONSET + 600, heart=115), settings=VitalSettings(heart_rate_high=asked))
        assert bool(bench.told) is warned

    def test_the_others_of_the_ward_keep_theirs(self) -> None:
        """One engine over two beds, only one of whose residents is known to have a fast heart."""
        engine = Conditions([vital_slot(usual=self.FAST), vital_slot(belt="b2", subject="r2")])
        readings = [Stretch(0, ONSET), Stretch(ONSET, ONSET + 400, heart=118)]
        told = []
        for belt in ("b1", "b2"):
            for stretch in readings:
                for row in range(len(stretch.batch())):
                    one = replace(stretch.batch().select(np.array([row])), belts=(belt,))
                    told += engine.observe(one, int(one.observed_at[0]))
        assert [(one.belt_id, one.spec.rule, one.began_at) for one in told] == [
            ("b2", Rule.HEART_RATE_HIGH, NIGHT + ONSET * 1000)
        ]
