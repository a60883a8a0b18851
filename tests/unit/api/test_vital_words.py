"""Alarms about rates, signals and belts in words."""

from dataclasses import replace

import pytest

from alerts.lifecycle import step
from api.languages import read_languages
from api.vital_words import VITAL_RULES
from api.words import reason_in_words, since_words
from domain.alarms import Alarm, Category, Raise, Reason, Rule
from tests.unit.api.conftest import Visit
from tests.unit.api.world import World

OVER_BEFORE = (
    "Fewer than 8 breaths per minute for longer than 5 min; last 7. It was over before anybody could be called."
)
ENGLISH = read_languages()["en"]
CHINESE = read_languages()["zh-CN"]


def alarm(world: World, rule: Rule, **facts: float) -> Alarm:
    return replace(
        world.build_alarm(1, rule), category=Category.PHYSIOLOGICAL, reason=Reason(code=str(rule), facts=facts)
    )


@pytest.mark.parametrize(
    ("rule", "facts", "words"),
    [
        (
            Rule.HEART_RATE_VERY_HIGH,
            {"limit": 130.0, "value": 141.5, "limit_s": 120},
            "Heart rate over 130 per minute for longer than 2 min; last 141.5.",
        ),
        (
            Rule.BREATHING_RATE_LOW,
            {"limit": 8.0, "value": 7.0, "limit_s": 300, "recorded": 1},
            OVER_BEFORE,
        ),
        (
            Rule.VITALS_LOST_LONG,
            {"limit_s": 900},
            "In bed, and for longer than 15 min the belt has found neither heart nor breathing rate.",
        ),
        (
            Rule.BELT_SILENT,
            {"limit_s": 300},
            "The belt has sent nothing for longer than 5 min: nothing can be raised for this bed.",
        ),
        (
            Rule.BELT_SILENT,
            {"limit_s": 300, "never": 1},
            "The belt has never sent anything: nothing can be raised for this bed.",
        ),
        (
            Rule.RESTLESS,
            {"limit_s": 1800, "limit": 20.0, "value": 24.0},
            "Has moved strongly in 24 minutes of the last 30 min.",
        ),
        (
            Rule.BREATHING_PAUSE,
            {"limit_s": 20, "limit": 4.0, "value": 2.5},
            "Fewer than 4 breaths per minute for longer than 20 sec; last 2.5. Breathing may have paused.",
        ),
        (Rule.NO_TURN_OVER, {"limit_s": 14_400}, "In bed for longer than 4 hr without turning over."),
        (
            Rule.BATTERY_LOW,
            {"limit_s": 600, "limit": 20.0, "value": 18.0},
            "The belt's battery is under 20 %; last 18 %. Charge or change it.",
        ),
        (Rule.HEART_RATE_HIGH, {"limit_s": 300}, "heart-rate-high"),
    ],
)
def test_the_reason_says_what_and_for_how_long(world: World, rule: Rule, facts: dict[str, float], words: str) -> None:
    assert reason_in_words(alarm(world, rule, **facts), ENGLISH) == words


def test_every_rule_has_its_reason_in_both_languages(world: World) -> None:
    for rule in Rule:
        if rule in VITAL_RULES and rule is not Rule.CENTER_SILENT:
            told = alarm(world, rule, limit=40.0, value=38.0, limit_s=300, usual_low=48.0, usual_high=75.0)
            for language in (ENGLISH, CHINESE):
                assert reason_in_words(told, language) != str(rule)
    assert reason_in_words(alarm(world, Rule.HEART_RATE_LOW, limit=40.0, value=38.0, limit_s=300), CHINESE) == (
        "心率低于每分钟40次已超过5分钟，最近一次为38次。"
    )


def test_the_board_does_not_say_that_the_bed_was_left(world: World, visit: Visit) -> None:
    told = alarm(world, Rule.HEART_RATE_VERY_HIGH, limit=130.0, value=141.0, limit_s=120)
    world.book.apply([Raise(alarm_id=told.alarm_id, at=told.raised_at, alarm=told)], step)
    board = visit("wang").get("/").text
    assert "Left the bed at" not in board
    assert since_words(told) == "Since %(time)s"
    assert world.raise_alarm(2).alarm.rule is Rule.LEAVE_BED_NOT_BACK


def test_what_is_unusual_is_told_with_what_is_usual(world: World) -> None:
    told = alarm(
        world,
        Rule.HEART_RATE_UNUSUAL_HIGH,
        limit=75.4,
        value=92.0,
        limit_s=900,
        usual_low=55.1,
        usual_high=75.4,
    )
    assert reason_in_words(told, ENGLISH) == (
        "Heart rate 92 per minute, usually 55 to 75 at this hour, for longer than 15 min."
    )
    assert reason_in_words(told, CHINESE) == "心率每分钟92次，平时这个时段为55至75次，已超过15分钟。"


def test_a_fixed_limit_is_told_with_what_is_usual_where_that_is_known(world: World) -> None:
    told = alarm(world, Rule.HEART_RATE_HIGH, limit=118.0, value=121.0, limit_s=300, usual_low=94.0, usual_high=118.0)
    assert reason_in_words(told, ENGLISH) == (
        "Heart rate over 118 per minute for longer than 5 min; last 121. Usually 94 to 118 at this hour."
    )
