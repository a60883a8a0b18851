"""Exits counted over a night: what counts, when it is told, when it begins anew."""

from dataclasses import replace

import pytest

from alerts.conditions import Conditions
from alerts.rulebook import slot_of
from alerts.runs import Slot, Transition
from domain.alarms import Rule
from domain.readings import Occupancy
from domain.residents import Center, Resident, VitalSettings
from domain.vitals import ExitLimit
from tests.unit.alerts.bed import IN, NIGHT, OUT, batch

HOUR = 3600
NOON = 11 * HOUR
"""Seconds after NIGHT (one in the morning)."""
WINDOW_ENDS = 5 * HOUR


def asked(more_than: int = 2, *, on: bool = True, subject: str = "r1", belt: str = "b1") -> Slot:
    vitals = VitalSettings(many_exits=ExitLimit(more_than=more_than, on=on))
    resident = Resident(resident_id=subject, name="A", vitals=vitals)
    return slot_of(belt, resident, Center(center_id="c1", name="C"), bed_id="bed")


class Night:
    """One bed; `told` collects (kind, second told, times) of the rule."""

    def __init__(self, slot: Slot) -> None:
        self.engine = Conditions([slot])
        self.told: list[tuple[str, float, float]] = []

    def say(self, second: float, state: Occupancy, belt: str = "b1") -> None:
        self.take(self.engine.observe(batch([(second, state)], belt=belt), NIGHT + round(second * 1000)))

    def tick(self, second: float) -> None:
        self.take(self.engine.tick(NIGHT + round(second * 1000)))

    def trip(self, start: int, away: int = 120, step: int = 5, belt: str = "b1") -> None:
        """In bed, out for `away` s from `start` on, in bed again for a minute."""
        for second in range(start - 30, start + away + 60, step):
            self.say(second, OUT if start <= second < start + away else IN, belt)

    def take(self, told: list[Transition]) -> None:
        self.told += [
            (str(one.kind), (one.at - NIGHT) / 1000, one.value) for one in told if one.spec.rule is Rule.MANY_EXITS
        ]


def test_one_exit_more_than_the_limit_is_told_at_its_return_and_once() -> None:
    night = Night(asked())
    for start in range(600, 3600, 600):
        night.trip(start)
    assert night.told == [("due", 600 * 3 + 120 + 5, 3)]
    night.tick(WINDOW_ENDS - 1)
    assert len(night.told) == 1
    night.tick(WINDOW_ENDS)
    assert night.told[1] == ("cleared", WINDOW_ENDS, 5)


@pytest.mark.parametrize(("away", "step", "counts"), [(15, 5, False), (20, 5, True), (20, 10, True), (60, 60, False)])
def test_what_is_too_short_or_seen_only_once_is_no_exit(away: int, step: int, counts: bool) -> None:
    night = Night(asked(0))
    night.trip(600, away, step)
    night.say(800, IN)
    assert bool(night.told) is counts


def test_exits_outside_the_windows_and_of_the_night_before_do_not_count() -> None:
    night = Night(asked(1))
    night.trip(600)
    night.trip(WINDOW_ENDS + 600)
    night.tick(NOON)
    assert ("b1", str(Rule.MANY_EXITS)) in night.engine.take_changes()[2]
    night.trip(20 * HOUR + 600)
    assert night.told == []
    night.trip(21 * HOUR)
    assert [kind for kind, _, _ in night.told] == ["due"]


def test_the_count_outlasts_a_restart_and_a_new_belt_and_not_another_resident() -> None:
    night = Night(asked())
    night.trip(600)
    night.trip(1200)
    beds, runs, _ = night.engine.take_changes()
    night.engine = Conditions([asked()])
    night.engine.restore(beds, runs)
    night.engine.take_changes()
    night.engine.configure([asked(belt="b2")])
    assert ("b1", str(Rule.MANY_EXITS)) in night.engine.take_changes()[2]
    night.trip(1800, belt="b2")
    assert [kind for kind, _, _ in night.told] == ["due"]
    other = Night(asked())
    other.trip(600)
    other.trip(1200)
    other.engine.take_changes()
    other.engine.configure([asked(subject="r2")])
    other.trip(1800)
    assert other.told == []


def test_a_backlog_is_kept_as_recorded_and_a_rule_that_is_off_says_nothing() -> None:
    late, off = Night(asked(1)), Night(asked(1, on=False))
    for start in (600, 1200):
        off.trip(start)
    late.trip(600)
    backlog = [(float(s), OUT if 1200 <= s < 1320 else IN) for s in range(1000, 3000, 5)]
    late.take(late.engine.observe(batch(backlog, received=7200), NIGHT + 7_200_000))
    assert [kind for kind, _, _ in late.told] == ["passed"]
    late.trip(8000)
    assert len(late.told) == 1
    assert off.told == []


def test_a_vacant_bed_counts_nobody() -> None:
    night = Night(replace(asked(0), subject=None, limits={}, schedule=None))
    night.trip(600)
    assert night.told == []
    assert night.engine.take_changes()[1] == []
