"""What the rules about the unusual owe, by hand; and the levels of a body."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from domain.alarms import Rule
from domain.nights import hours_since_noon
from domain.units import DAY_MS, HOUR_MS, MINUTE_MS
from domain.usual import HOURS, NIGHTS_NEEDED, Side, UsualLevels
from simulators.belt import BeltNight, belt_night
from simulators.center import simulated_center
from simulators.delivery import Delivery
from simulators.episodes import Episode
from simulators.owed_usual import SPARE_NIGHTS, TrueLevels, TrueUsual, usual_lines
from simulators.physiology import CELL_MS
from simulators.scenarios import Mix, Scenario
from simulators.truth import truth_lines
from simulators.unusual import unusual_rate
from tests.unit.simulators.samples import NIGHT

CENTER = simulated_center(1, 1, mix=Mix(measured=True))
REAL = belt_night(CENTER, CENTER.beds[0], NIGHT)
START = REAL.plan.start_at
ENTRY, EXIT = START + 9 * HOUR_MS, START + 16 * HOUR_MS
AT = START + 11 * HOUR_MS
HIGH = Rule.HEART_RATE_UNUSUAL_HIGH


def night(*stretches: tuple[int, int, float], column: str = "heart_rate") -> BeltNight:
    """In bed from nine to sixteen hours after noon at 60 beats and 15 breaths; in each (from, to) at that value."""
    cells = len(REAL.body.stage)
    rates = {"heart_rate": np.full(cells, 60, np.float32), "breathing_rate": np.full(cells, 15, np.float32)}
    for from_at, to_at, value in stretches:
        rates[column][(from_at - START) // CELL_MS : (to_at - START) // CELL_MS] = value
    return replace(
        REAL,
        plan=replace(REAL.plan, in_bed=np.array([[ENTRY, EXIT]]), scenarios=frozenset()),
        body=replace(REAL.body, heart_rate=rates["heart_rate"], breathing_rate=rates["breathing_rate"]),
        delivery=Delivery(offline=()),
        episodes=(),
    )


def levels(*, sure: slice = slice(None), steady: bool = True) -> TrueLevels:
    """Usual are 48 to 72 beats and 10.5 to 19.5 breaths at all hours; surely known in those of `sure`."""
    limits = np.repeat(np.array([[48], [72], [10.5], [19.5]], np.float32), HOURS, axis=1)
    known = np.full_like(limits, np.nan)
    known[:, sure] = limits[:, sure]
    both = [
        UsualLevels(resident_id="", nights=20, last_night=NIGHT - timedelta(days=1), limits=each, computed_at=0)
        for each in (limits, known)
    ]
    return TrueLevels(likely=both[0], sure=both[1], steady=steady)


def told(of: BeltNight, known: TrueLevels | None, *beside: dict[str, Any]) -> list[tuple[str, int, str]]:
    """Rule, minutes from AT to the deadline, and what is owed."""
    lines = usual_lines(CENTER, of, known, [*beside, *truth_lines(CENTER, of.plan)[-1:]])
    owed = {True: "owed", False: "either"}
    return [(line["rule"], (line["due_at"] - AT) // MINUTE_MS, owed[line["owed"]]) for line in lines]


@pytest.mark.parametrize(
    ("rate", "minutes", "owed"),
    [(80.0, 30, "owed"), (80.0, 16, "either"), (80.0, 10, None), (74.0, 30, "either"), (64.0, 30, None)],
)
def test_far_from_the_usual_and_for_long_owes_an_alarm(rate: float, minutes: int, owed: str | None) -> None:
    of = night((AT, AT + minutes * MINUTE_MS, rate))
    assert [(rule, due) for rule, due, _ in told(of, levels())][:1] == ([] if owed is None else [(HIGH, 15)])
    assert [what for *_, what in told(of, levels())][:1] == ([] if owed is None else [owed])


@pytest.mark.parametrize(
    ("column", "rate", "rule"),
    [
        ("heart_rate", 40.0, Rule.HEART_RATE_UNUSUAL_LOW),
        ("breathing_rate", 23.0, Rule.BREATHING_RATE_UNUSUAL_HIGH),
        ("breathing_rate", 8.5, Rule.BREATHING_RATE_UNUSUAL_LOW),
    ],
)
def test_each_rate_and_side_owes_its_own(column: str, rate: float, rule: Rule) -> None:
    assert told(night((AT, AT + 30 * MINUTE_MS, rate), column=column), levels())[0] == (rule, 15, "owed")


def test_before_there_are_levels_nothing_is_owed_or_tolerated() -> None:
    assert told(night((AT, AT + HOUR_MS, 90.0)), None) == []


def test_what_is_not_surely_known_is_not_demanded() -> None:
    of = night((AT, AT + 30 * MINUTE_MS, 80.0))
    hour = int(hours_since_noon(np.array([AT]), CENTER.zone)[0])
    assert told(of, levels(sure=slice(hour, hour + 1)))[0][2] == "owed"
    assert told(of, levels(sure=slice(hour + 2, HOURS)))[0][2] == "either"
    assert told(of, levels(steady=False))[0][2] == "either"


def test_beside_a_fixed_alarm_of_the_same_rate_it_is_not_demanded() -> None:
    of = night((AT, AT + 30 * MINUTE_MS, 100.0))
    fixed = {"kind": "episode", "owed": False, "either": True, "began_at": AT, "until": AT + 10 * MINUTE_MS}
    assert told(of, levels(), {**fixed, "rule": "heart-rate-high"})[0][2] == "either"
    assert told(of, levels(), {**fixed, "rule": "breathing-rate-high"})[0][2] == "owed"


def test_what_lasts_may_be_told_again() -> None:
    """Each 20 minutes: 15 for the rule and 5 for its end."""
    assert told(night((AT, AT + HOUR_MS, 80.0)), levels()) == [
        (HIGH, 15, "owed"),
        (HIGH, 35, "either"),
        (HIGH, 55, "either"),
    ]


def later(of: BeltNight, nights: int) -> BeltNight:
    """The same so many nights later."""
    by_ms = nights * DAY_MS
    plan = replace(
        of.plan,
        night=of.plan.night + timedelta(days=nights),
        start_at=of.plan.start_at + by_ms,
        end_at=of.plan.end_at + by_ms,
        in_bed=of.plan.in_bed + by_ms,
    )
    return replace(
        of,
        plan=plan,
        body=replace(of.body, start_at=of.body.start_at + by_ms),
        episodes=tuple(replace(one, from_at=one.from_at + by_ms, to_at=one.to_at + by_ms) for one in of.episodes),
    )


def test_the_true_levels_are_of_the_calm_minutes_in_bed() -> None:
    """Forty minutes at 100 in every other night, an episode; such nights are not sure to train."""
    usual = TrueUsual(CENTER)
    episode = Episode(kind=Scenario.UNUSUAL_HEART, from_at=AT, to_at=AT + 40 * MINUTE_MS, rate=100)
    odd = replace(night((AT, AT + 40 * MINUTE_MS, 100.0)), episodes=(episode,))
    for n in range(2 * (NIGHTS_NEEDED + SPARE_NIGHTS)):
        assert (usual.levels(0) is None) is (n < NIGHTS_NEEDED)
        usual.learn(later(odd if n % 2 else night(), n))
    known = usual.levels(0)
    assert known is not None
    assert known.steady
    assert known.sure.nights == NIGHTS_NEEDED
    np.testing.assert_array_equal(known.sure.limits[Side.HEART_RATE_HIGH, 9:16], 72)
    np.testing.assert_array_equal(known.likely.limits[Side.HEART_RATE_HIGH, 9:16], 72)


@pytest.mark.parametrize("kind", [Scenario.UNUSUAL_HEART, Scenario.UNUSUAL_BREATHING])
@pytest.mark.parametrize("which", [0.2, 0.8])
def test_the_rates_of_an_episode_are_within_the_limits_for_everybody(kind: Scenario, which: float) -> None:
    who = CENTER.beds[0].physiology
    for slow, level in ((0.6, 0.0), (1.0, 0.5), (1.4, 1.0)):
        person = replace(who, heart_rate=who.heart_rate * slow, breathing_rate=who.breathing_rate * slow)
        rate = unusual_rate(kind, person, which, level)
        assert 42 < rate < 108 if kind is Scenario.UNUSUAL_HEART else 8.4 < rate < 23.6
