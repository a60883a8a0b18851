from dataclasses import replace
from types import MappingProxyType

from domain.alarms import LEAVE_BED_RULES, Rule
from nightbelt.evaluate import evaluate
from simulators.scenarios import EPISODES, MEASURED_MIX, Scenario

OFTEN = {
    **dict.fromkeys(EPISODES, 0.3),
    Scenario.IMMOBILE: 0.3,
    Scenario.OFFLINE_LOST: 0.2,
    Scenario.FALL: 0.1,
    Scenario.WANDERING: 0.15,
    Scenario.CLOCK_DRIFT: 0.1,
    Scenario.BATTERY_LOW: 0.2,
    Scenario.GATEWAY_DOWN: 0.5,
    Scenario.CENTER_DOWN: 0.9,
    Scenario.RESTLESS: 0.05,
}
MIX = replace(MEASURED_MIX, shares=MappingProxyType({**MEASURED_MIX.shares, **OFTEN}), two_in_bed=0.2, one_belt=0.1)
"""What is rare, often enough for forty nights."""
NOT_YET = {rule.value for rule in Rule if "unusual" in rule}
"""What is usual for somebody is known after a week."""


def test_in_a_short_evaluation_every_rule_owes_alarms_and_none_is_missed_false_or_late() -> None:
    score = evaluate(beds=20, nights=2, seed=1, mix=MIX)
    assert score["bed_nights"] == 40
    rules = score["rules"]
    assert set(rules) == set(Rule) - {Rule.READINGS_BEHIND, Rule.CHANNEL_FAILING}
    assert {rule for rule, row in rules.items() if not row["owed"]} == NOT_YET
    assert {rule: (row["missed"], row["false"], row["late"]) for rule, row in rules.items()} == dict.fromkeys(
        rules, (0, 0, 0)
    )
    for rule in LEAVE_BED_RULES:
        longest_s = rules[rule]["delay_s"]["max"]
        assert longest_s is not None
        assert longest_s <= 10.3, "the slowest belt's interval and a message's way"
    assert score["false_per_1000_bed_nights"] == {"high": 0.0, "medium": 0.0, "low": 0.0}
