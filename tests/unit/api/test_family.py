"""What a family reads at breakfast, and the calendar and insights of the staff's page."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from api.calendar import calendar
from api.languages import read_languages
from api.report_words import insight_words, score_words
from api.usual import NIGHTLY, usual
from domain.alarms import Acknowledge, AlarmInput, Outcome, Raise, Resolve, Rule
from domain.insights import Figure, Insight, InsightKind, Sureness
from domain.reports import ExitFigures
from domain.units import MINUTE_MS
from tests.reports import NIGHT, START_AT, night_report
from tests.unit.api.conftest import Visit
from tests.unit.api.test_reports import keep
from tests.unit.api.world import World

ENGLISH, CHINESE = read_languages()["en"], read_languages()["zh-CN"]
LEFT_AT = START_AT + 480 * MINUTE_MS
NONE = ExitFigures(count=0, total_min=0.0, longest_min=0.0)


def sentences(page: str) -> list[str]:
    said = re.search(r'<section class="panel said".*?</section>', page, re.DOTALL)
    assert said
    return [text.strip() for text in re.findall(r"<p>(.*?)</p>", said[0])]


def answer(world: World, outcome: Outcome | None, rule: Rule = Rule.LEAVE_BED_NOT_BACK) -> None:
    """The alarm of the absence at 02:00, taken at 02:12 and closed at 02:14."""
    raised_at = LEFT_AT + 11 * MINUTE_MS
    alarm = replace(world.build_alarm(1, rule), alarm_id="a", began_at=LEFT_AT, due_at=raised_at, raised_at=raised_at)
    steps: list[AlarmInput] = [Raise(alarm_id="a", at=raised_at, alarm=alarm)]
    steps.append(Acknowledge(alarm_id="a", at=LEFT_AT + 12 * MINUTE_MS, person_id="p-wang"))
    if outcome is not None:
        steps.append(
            Resolve(alarm_id="a", at=LEFT_AT + 14 * MINUTE_MS, person_id="p-wang", outcome=outcome, note="dizzy")
        )
    world.book.apply(steps, world.services.step)


def test_three_sentences_and_six_figures(world: World, visit: Visit) -> None:
    for back in range(8):
        keep(world, night=NIGHT - timedelta(days=back), sleep_min=495.0 + back)
    page = visit("son").get(f"/residents/r1?night={NIGHT}").text
    assert sentences(page) == [
        (
            "Slept about 8 hr 15 min between 21:20 and 06:00; it may be up to 1 hr less, "
            "because lying awake and still looks like sleep."
        ),
        "Got up once, at 02:00, for 10 min.",
        "That is as usual: about 8 hr 15 min in the last weeks.",
    ]
    assert page.count('<svg class="icon"') >= 6
    for figure in ("about 8 hr 15 min", "8 hr 50 min", "1 time", "12 times", "61", "84 – good"):
        assert f"<b>{figure}</b>" in page


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (Outcome.HELPED, "Seen by staff at 02:14."),
        (Outcome.NO_HELP_NEEDED, "Seen by staff at 02:14."),
        (None, "Staff went to look at 02:12."),
        (Outcome.FALSE_ALARM, ""),
    ],
)
def test_when_staff_saw_to_an_absence(world: World, visit: Visit, outcome: Outcome | None, words: str) -> None:
    keep(world)
    answer(world, outcome)
    page = visit("son").get(f"/residents/r1?night={NIGHT}").text
    assert sentences(page)[1] == f"Got up once, at 02:00, for 10 min. {words}".strip()
    for hidden in ("王芳", "dizzy", "Not back in bed"):
        assert hidden not in page


def test_the_figure_and_the_sentence_say_the_same_of_getting_up(world: World, visit: Visit) -> None:
    keep(world, exits=ExitFigures(count=3, total_min=11.6, longest_min=5.7))
    page = visit("son").get(f"/residents/r1?night={NIGHT}").text
    assert sentences(page)[1] == "Got up 3 times, for 11 min in all, the longest for 5 min."
    assert "11 min in all, longest 5 min" in page
    keep(world, exits=ExitFigures(count=1, total_min=25 / 60, longest_min=25 / 60))
    assert "25 sec in all, longest 25 sec" in visit("son").get(f"/residents/r1?night={NIGHT}").text


def test_what_makes_the_figures_look_odd_is_told_to_a_family(world: World, visit: Visit) -> None:
    keep(world, marks=("clock-change", "shared-bed", "maker-stage"))
    page = visit("son").get(f"/residents/r1?night={NIGHT}").text
    assert len(sentences(page)) == 3
    assert "The clocks were changed in this night." in page
    assert "Two people share this bed" in page
    assert "as the belt&#39;s maker tells them" not in page


def test_other_alarms_are_not_told_to_a_family(world: World, visit: Visit) -> None:
    keep(world)
    answer(world, Outcome.HELPED, Rule.HEART_RATE_HIGH)
    page = visit("son").get(f"/residents/r1?night={NIGHT}").text
    assert sentences(page)[1] == "Got up once, at 02:00, for 10 min."


@pytest.mark.parametrize(
    ("changed", "at", "words"),
    [
        ({"exits": NONE}, 1, "Did not get up during the night."),
        (
            {"exits": ExitFigures(count=3, total_min=42.5, longest_min=20.0)},
            1,
            "Got up 3 times, for 42 min in all, the longest for 20 min.",
        ),
        ({"asleep_at": None}, 0, "Was in bed and hardly slept."),
        ({"sleep_min": None}, 0, "Nobody was in bed this night."),
        (
            {"valid": False, "score": None},
            2,
            "The belt told only a part of this night, so it is not compared with others.",
        ),
        ({}, 2, "There are not enough nights yet to say what is usual."),
    ],
)
def test_nights_of_other_kinds(world: World, visit: Visit, changed: dict[str, object], at: int, words: str) -> None:
    keep(world, **changed)
    assert sentences(visit("son").get(f"/residents/r1?night={NIGHT}").text)[at] == words


@pytest.mark.parametrize(("slept", "word"), [(300.0, "less"), (700.0, "more")])
def test_a_night_unlike_the_others(world: World, visit: Visit, slept: float, word: str) -> None:
    for back in range(1, 10):
        keep(world, night=NIGHT - timedelta(days=back))
    keep(world, sleep_min=slept)
    page = visit("son").get(f"/residents/r1?night={NIGHT}").text
    assert sentences(page)[2] == f"That is {word} sleep than usual: about 8 hr 15 min in the last weeks."
    assert "Time asleep:" in page


def test_a_night_without_a_word_from_the_belt(visit: Visit) -> None:
    page = visit("son").get(f"/residents/r1?night={NIGHT}").text
    assert sentences(page) == ["The belt reported nothing this night. Nothing can be said about it."]
    assert "plain-figures" not in page


def test_the_usual_range_rests_on_the_last_four_weeks_of_valid_nights() -> None:
    sleep = NIGHTLY[0]
    nights = [night_report(sleep_min=100.0)] * 5 + [night_report(sleep_min=480.0)] * 28
    level = usual(sleep, [*nights, night_report(sleep_min=0.0, valid=False)])
    assert level is not None
    assert (level.median, level.low, level.high, level.nights) == (480.0, 420.0, 540.0, 28)
    assert usual(sleep, nights[:6]) is None


def test_the_calendar_of_six_weeks() -> None:
    reports = [
        night_report(),
        night_report(night=NIGHT - timedelta(days=1), score=50.0),
        night_report(night=NIGHT - timedelta(days=2), valid=False, score=None),
    ]
    weeks = calendar(reports, NIGHT, NIGHT, ENGLISH)
    assert [len(week) for week in weeks] == [7] * 6
    assert [night.kind for night in weeks[-1]] == ["none", "none", "none", "partial", "poor", "good", "later"]
    assert weeks[-1][5].words == "Sat, Nov 21: 8 hr 15 min, Score 84 – good"
    assert [night.slept for night in weeks[-1][4:]] == ["8.2", "8.2", ""]


def test_insights_say_what_since_when_and_how_sure() -> None:
    odd = Insight(
        kind=InsightKind.ODD_NIGHT,
        figure=Figure.EXITS,
        night=NIGHT,
        value=4.0,
        usual=1.0,
        spread=0.5,
        since=NIGHT,
        nights=21,
        sureness=Sureness.CLEAR,
    )
    assert insight_words(odd, ENGLISH) == "Times out of bed: 4, more than usual (1); this is clear, by 21 nights."
    moved = replace(
        odd, kind=InsightKind.SHIFT, figure=Figure.SLEEP_TIME, value=380.0, usual=450.0, sureness=Sureness.LIKELY
    )
    assert insight_words(moved, ENGLISH) == (
        "Time asleep: lower since Sat, Nov 21, now about 6 hr 20 min, before about 7 hr 30 min; "
        "this is likely no chance, by 21 nights."
    )
    assert insight_words(odd, CHINESE) == "离床次数：4，高于平时（1）；变化明确（依据21个夜晚）。"


def test_the_staffs_page_tells_it_all(world: World, visit: Visit) -> None:
    world.clock.at += 3 * 24 * 60 * MINUTE_MS
    for back in range(-1, 9):
        keep(world, night=NIGHT - timedelta(days=back))
    page = visit("wang").get(f"/residents/r1?night={NIGHT}&with={NIGHT - timedelta(days=3)}&nights=90").text
    for words in (
        "84 – good",
        "21:20–02:00 · Asleep · 4 hr 40 min",
        "7 hr 15 min to 9 hr 15 min",
        'aria-label="Sun, Nov 22: 8 hr 15 min, Score 84 – good"',
        'aria-label="Wed, Nov 18: 8 hr 15 min, Score 84 – good"',
        "compare.json",
        "nights=90",
    ):
        assert words in page, words
    assert page.count("<noscript><img") == page.count("<figure") == 3
    assert score_words(night_report(score=None), ENGLISH) == "–"


def test_nothing_to_compare_with_is_said(world: World, visit: Visit) -> None:
    keep(world)
    page = visit("wang").get(f"/residents/r1?night={NIGHT}&with=2020-01-01").text
    assert "There is no report of one of the two nights." in page
