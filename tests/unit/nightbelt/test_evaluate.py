from dataclasses import replace
from types import MappingProxyType

from domain.alarms import LEAVE_BED_RULES, Rule
from nightbelt.evaluate import evaluate
from simulators.scenarios import MEASURED_MIX, Scenario

OFTEN = {Scenario.BREATHING_PAUSE: 0.4, Scenario.TOSSING: 0.2, Scenario.IMMOBILE: 0.2, Scenario.OFFLINE_LOST: 0.2}
MIX = replace(MEASURED_MIX, shares=MappingProxyType({**MEASURED_MIX.shares, **OFTEN}))
"""What is rare, often enough for sixty nights."""


def test_a_short_evaluation_misses_nothing_and_raises_nothing_that_is_not_owed() -> None:
    score = evaluate(beds=30, nights=2, seed=5, mix=MIX)
    assert score["bed_nights"] == 60
    assert set(score["rules"]) == set(Rule) - {Rule.READINGS_BEHIND, Rule.CHANNEL_FAILING}
    for row in score["rules"].values():
        assert (row["missed"], row["false"]) == (0, 0)
    for rule in LEAVE_BED_RULES:
        row = score["rules"][rule.value]
        assert row["owed"] > 0
        assert row["delay_s"]["max"] is not None
        assert row["delay_s"]["max"] <= 10.3, "the slowest belt's interval and a message's way"
    for rule in (Rule.BREATHING_PAUSE, Rule.RESTLESS, Rule.NO_TURN_OVER, Rule.BELT_OFFLINE):
        assert score["rules"][rule]["owed"] > 0
    assert sum(row["owed"] for rule, row in score["rules"].items() if rule not in LEAVE_BED_RULES) > 10
    assert score["false_per_1000_bed_nights"] == {"high": 0.0, "medium": 0.0, "low": 0.0}
