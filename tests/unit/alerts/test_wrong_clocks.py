"""A belt's clock that is wrong: told after its time, over when it has been right for long enough."""

import pytest

from alerts.conditions import Conditions
from domain.alarms import Rule
from domain.residents import VitalSettings
from domain.vitals import RuleLimit
from tests.unit.alerts.bed import IN, NIGHT, batch
from tests.unit.alerts.vital_bed import vital_slot

AFTER, CLEAR = 15 * 60, 300


def live(one: Conditions, start: int, end: int, off: float) -> list[tuple[str, float, float]]:
    """Readings each 10 s with a clock that is `off` s ahead; what is told of it."""
    told = []
    for second in range(start, end, 10):
        now = NIGHT + second * 1000
        told += one.observe(batch([(second + off, IN)], received=second), now)
        told += one.tick(now)
    return [(str(t.kind), (t.at - NIGHT) / 1000, t.value) for t in told if t.spec.rule is Rule.CLOCK_WRONG]


@pytest.mark.parametrize("off", [200, -200])
def test_it_is_told_after_its_time_and_cleared_when_right_again(off: int) -> None:
    one = Conditions([vital_slot()])
    assert live(one, 0, AFTER, off) == []
    assert live(one, AFTER, AFTER + 10, off) == [("due", AFTER, off)]
    beds, runs, _ = one.take_changes()
    again = Conditions([vital_slot()])
    again.restore(beds, runs)
    assert live(again, AFTER + 10, 2000, off) == []
    between = off * 150 // 200
    assert live(again, 2000, 3000, between) == [], "between limit and clear limit nothing ends"
    told = live(again, 3000, 3000 + CLEAR + 200, 0)
    assert [kind for kind, _, _ in told] == ["cleared"]
    assert ("b1", str(Rule.CLOCK_WRONG)) in again.take_changes()[2]


def test_a_clock_that_is_right_in_time_or_a_rule_that_is_off_says_nothing() -> None:
    one = Conditions([vital_slot()])
    assert live(one, 0, AFTER - 100, 200) == []
    assert live(one, AFTER - 100, 3 * AFTER, 0) == []
    off = Conditions([vital_slot(VitalSettings(clock_wrong=RuleLimit(on=False, limit=180, clear_limit=120)))])
    assert live(off, 0, 2 * AFTER, 200) == []


def test_a_silent_belt_is_not_told_of_by_time_alone() -> None:
    one = Conditions([vital_slot()])
    live(one, 0, 100, 200)
    told = [told for second in range(100, 2 * AFTER, 10) for told in one.tick(NIGHT + second * 1000)]
    assert {t.spec.rule for t in told} == {Rule.BELT_SILENT}


@pytest.mark.parametrize("way", [1, -1])
def test_a_clock_that_runs_away_is_told_of_in_the_reading_that_makes_it_fifteen_minutes(way: int) -> None:
    """Evenly, 0.2 s in each second: over 180 s off from the 901st second on."""
    one, told = Conditions([vital_slot()]), []
    for second in range(0, 3000, 10):
        now = NIGHT + second * 1000
        told += one.observe(batch([(second + way * min(second / 5, 220), IN)], received=second), now)
        told += one.tick(now)
    (due,) = [t for t in told if t.spec.rule is Rule.CLOCK_WRONG]
    assert ((due.began_at - NIGHT) / 1000, (due.at - NIGHT) / 1000) == (910, 910 + AFTER)


def test_one_reading_that_shows_it_right_begins_the_time_anew() -> None:
    """A way that takes minutes looks like a clock that is behind, until a reading comes faster."""
    one = Conditions([vital_slot()])
    assert live(one, 0, AFTER - 60, -184) == []
    assert live(one, AFTER - 60, AFTER - 50, -178) == []
    assert live(one, AFTER - 50, 2 * AFTER - 50, -184) == []
    assert live(one, 2 * AFTER - 50, 2 * AFTER, -184) == [("due", 2 * AFTER - 50, -184)]
