"""Which alarms about rates, signals and silences are owed, by hand."""

from dataclasses import replace

import numpy as np
import pytest

from domain.alarms import Rule
from domain.residents import NightWindow, VitalSettings
from domain.units import HOUR_MS, MINUTE_MS
from domain.vitals import RuleLimit
from simulators.center import simulated_center
from simulators.delivery import Delivery, OfflineSpan
from simulators.episodes import Episode
from simulators.night import NightPlan, plan_night
from simulators.owed import Owed, Sight
from simulators.owed_episodes import EpisodeVerdict, episode_verdicts
from simulators.physiology import CELL_MS, Body
from simulators.scenarios import MEASURED_MIX, Scenario
from simulators.truth import truth_lines
from tests.unit.simulators.samples import HONEST_BELT, NIGHT

CENTER = simulated_center(1, 1)
PLAN = plan_night(CENTER, CENTER.beds[0], NIGHT)
START = PLAN.start_at
ENTRY, EXIT, RETURN = START + 9 * HOUR_MS, START + 13 * HOUR_MS, START + 15 * HOUR_MS
AT = START + 10 * HOUR_MS
"""An hour after getting in."""


def plan() -> NightPlan:
    return replace(PLAN, in_bed=np.array([[ENTRY, EXIT], [RETURN, RETURN + 3 * HOUR_MS]]))


def body(*stretches: tuple[int, int, float], column: str = "heart_rate") -> Body:
    """A night at 60 beats and 15 breaths; in each (from, to) one of them is at that value."""
    cells = (PLAN.end_at - START) // CELL_MS
    rates = {"heart_rate": np.full(cells, 60, np.float32), "breathing_rate": np.full(cells, 15, np.float32)}
    for from_at, to_at, value in stretches:
        rates[column][(from_at - START) // CELL_MS : (to_at - START) // CELL_MS] = value
    zeros = np.zeros(cells, np.float32)
    return Body(start_at=START, stage=zeros.astype(np.int8), movement=zeros, turn_overs=np.array([], np.int64), **rates)


def verdicts(
    of: Body,
    *silences: OfflineSpan,
    episodes: tuple[Episode, ...] = (),
    settings: VitalSettings | None = None,
) -> list[EpisodeVerdict]:
    sight = Sight(belt=HONEST_BELT, delivery=Delivery(offline=silences))
    return episode_verdicts(plan(), of, episodes, sight, settings or VitalSettings())


def summary(found: list[EpisodeVerdict]) -> list[tuple[Rule, int, Owed]]:
    return [(one.rule, (one.due_at - AT) // 1000, one.owed) for one in found]


@pytest.mark.parametrize(
    ("minutes", "owed"), [(20, Owed.YES), (7.5, Owed.YES), (6, Owed.EITHER), (4, Owed.EITHER), (3, None)]
)
def test_a_warning_is_owed_when_the_rate_surely_lasted(minutes: float, owed: Owed | None) -> None:
    found = verdicts(body((AT, AT + round(minutes * MINUTE_MS), 115)))
    assert summary(found) == ([] if owed is None else [(Rule.HEART_RATE_HIGH, 300, owed)])


@pytest.mark.parametrize(
    ("column", "value", "rule", "after"),
    [
        ("heart_rate", 140, Rule.HEART_RATE_VERY_HIGH, 120),
        ("heart_rate", 30, Rule.HEART_RATE_VERY_LOW, 120),
        ("breathing_rate", 34, Rule.BREATHING_RATE_VERY_HIGH, 120),
        ("breathing_rate", 4, Rule.BREATHING_RATE_VERY_LOW, 120),
    ],
)
def test_beside_an_urgent_level_its_warning_is_tolerated(column: str, value: float, rule: Rule, after: int) -> None:
    found = summary(verdicts(body((AT, AT + 20 * MINUTE_MS, value), column=column)))
    assert found[0] == (rule, after, Owed.YES)
    assert [one for _, _, one in found[1:]] == [Owed.EITHER]


def test_a_rate_near_its_limit_is_neither_owed_nor_false() -> None:
    assert [one.owed for one in verdicts(body((AT, AT + HOUR_MS, 111)))] == [Owed.EITHER]
    assert [one.owed for one in verdicts(body((AT, AT + HOUR_MS, 109)))] == [Owed.EITHER]
    assert verdicts(body((AT, AT + HOUR_MS, 107))) == []


def test_only_who_is_in_bed_and_settled_is_judged() -> None:
    assert verdicts(body((EXIT, RETURN, 140))) == []
    (found, _) = verdicts(body((ENTRY, ENTRY + HOUR_MS, 140)))
    assert found.due_at == ENTRY + 4 * MINUTE_MS
    assert verdicts(body((ENTRY, ENTRY + 2 * MINUTE_MS, 140))) == []


def test_lost_rates_owe_two_alarms_and_hide_what_the_heart_does() -> None:
    lost = Episode(kind=Scenario.VITALS_LOST, from_at=AT, to_at=AT + 30 * MINUTE_MS)
    found = verdicts(body((AT, AT + 30 * MINUTE_MS, 140)), episodes=(lost,))
    assert summary(found) == [(Rule.VITALS_LOST, 300, Owed.YES), (Rule.VITALS_LOST_LONG, 900, Owed.YES)]


def test_signals() -> None:
    poor = Episode(kind=Scenario.POOR_SIGNAL, from_at=AT, to_at=AT + 20 * MINUTE_MS)
    empty = Episode(kind=Scenario.EMPTY_VIBRATION, from_at=AT, to_at=AT + 11 * MINUTE_MS)
    assert summary(verdicts(body(), episodes=(poor,))) == [(Rule.SIGNAL_POOR, 900, Owed.YES)]
    assert summary(verdicts(body(), episodes=(empty,))) == [(Rule.VITALS_IN_EMPTY_BED, 600, Owed.EITHER)]


@pytest.mark.parametrize(
    ("from_at", "minutes", "owed", "after"),
    [
        (AT, 20, Owed.YES, 300),
        (AT, 5.5, Owed.EITHER, 300),
        (AT, 3, None, 300),
        (EXIT + 30 * MINUTE_MS, 50, None, 3600),
        (EXIT + 30 * MINUTE_MS, 80, Owed.YES, 3600),
        (EXIT + 5_000, 80, Owed.EITHER, 300),
    ],
)
def test_a_silent_belt(from_at: int, minutes: float, owed: Owed | None, after: int) -> None:
    silence = OfflineSpan(from_at=from_at, to_at=from_at + round(minutes * MINUTE_MS), buffered=False)
    found = [(one.rule, one.owed, (one.due_at - from_at) // 1000) for one in verdicts(body(), silence)]
    assert found == ([] if owed is None else [(Rule.BELT_SILENT, owed, after)])


def test_beside_a_silence_nothing_can_be_demanded() -> None:
    racing = body((AT, AT + 30 * MINUTE_MS, 115))
    early = OfflineSpan(from_at=AT - 20 * MINUTE_MS, to_at=AT - 15 * MINUTE_MS, buffered=False)
    inside = OfflineSpan(from_at=AT + 2 * MINUTE_MS, to_at=AT + 13 * MINUTE_MS, buffered=True)
    assert [one.owed for one in verdicts(racing, early) if one.rule is Rule.HEART_RATE_HIGH] == [Owed.YES]
    assert [one.owed for one in verdicts(racing, inside) if one.rule is Rule.HEART_RATE_HIGH] == [Owed.EITHER]


def test_settings_count() -> None:
    racing = body((AT, AT + HOUR_MS, 115))
    off = VitalSettings(heart_rate_high=RuleLimit(on=False, limit=110, clear_limit=100))
    higher = VitalSettings(heart_rate_high=RuleLimit(limit=120, clear_limit=110))
    assert verdicts(racing, settings=off) == []
    assert verdicts(racing, settings=higher) == []
    assert [one.owed for one in verdicts(racing, settings=VitalSettings(windows=(NightWindow(),)))] == [Owed.EITHER]


def test_the_truth_of_lossy_centres_tells_of_episodes_and_that_of_others_does_not() -> None:
    lossy, plain = simulated_center(40, 7, mix=MEASURED_MIX), simulated_center(40, 7)
    kinds = [
        {line["kind"] for bed in center.beds for line in truth_lines(center, plan_night(center, bed, NIGHT))}
        for center in (lossy, plain)
    ]
    assert kinds == [{"night", "absence", "episode", "unseen"}, {"night", "absence"}]
    lines = [line for bed in lossy.beds for line in truth_lines(lossy, plan_night(lossy, bed, NIGHT))]
    assert all(line["early_ms"] > 0 and line["until"] for line in lines if line["kind"] == "episode")


def test_what_nobody_could_see_is_not_demanded() -> None:
    center = simulated_center(40, 7, mix=MEASURED_MIX)
    for bed in center.beds:
        of_night = plan_night(center, bed, NIGHT)
        seen = truth_lines(center, of_night, seen_from_at=of_night.end_at)
        assert [line for line in seen if line["kind"] == "episode"] == []
