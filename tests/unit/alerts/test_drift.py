"""Nights against a person's own: what is told of made-up series, and how rarely when they only scatter."""

from datetime import date, timedelta

import numpy as np
import pytest

from alerts.drift import RELEARN_NIGHTS, SHIFT_NIGHTS, NightFigure, insights, told_nights
from domain.insights import Figure, Insight, InsightKind, Sureness
from domain.usual import NIGHTS_NEEDED

FIRST = date(2026, 1, 1)
CALM = [60.0, 61.0, 59.0, 60.0, 62.0, 58.0, 60.0] * 4


def series(values: list[float]) -> list[NightFigure]:
    return [NightFigure(night=FIRST + timedelta(days=n), value=value) for n, value in enumerate(values)]


def told(values: list[float], figure: Figure = Figure.RESTING_HEART_RATE) -> list[Insight]:
    return insights(figure, series(values))


@pytest.mark.parametrize("nights", range(NIGHTS_NEEDED + 1))
def test_nothing_is_said_while_warming_up(nights: int) -> None:
    assert told(([60.0] * NIGHTS_NEEDED + [95.0])[: nights + 1][:NIGHTS_NEEDED]) == []


def test_a_wild_night_is_odd_with_its_numbers() -> None:
    (odd,) = told([*CALM, 80.0])
    assert (odd.kind, odd.value, odd.usual, odd.higher) == (InsightKind.ODD_NIGHT, 80.0, 60.0, True)
    assert odd.since == odd.night == FIRST + timedelta(days=len(CALM))
    assert odd.spread == pytest.approx(2.0 / 0.6745 * (1 + 4 / 28))
    assert odd.nights == 28


def test_small_differences_of_a_very_regular_sleeper_are_nothing() -> None:
    assert told([60.0] * 28 + [66.0]) == []
    assert told([1.0] * 28 + [3.0], Figure.EXITS) == []
    assert told([1.0] * 28 + [9.0], Figure.EXITS) != []


def test_a_slow_rise_is_a_shift_dated_near_its_beginning() -> None:
    rising = [60.0 + 0.8 * n for n in range(1, 15)]
    found = [each for each in told([*CALM, *rising]) if each.kind is InsightKind.SHIFT]
    assert len(found) == 1
    assert found[0].higher
    assert 0 <= (found[0].since - (FIRST + timedelta(days=len(CALM)))).days <= 5
    assert found[0].usual == pytest.approx(60.0, abs=1.5)


def test_a_fall_is_seen_as_well() -> None:
    falling = [60.0 - 0.8 * n for n in range(1, 15)]
    (shift,) = [each for each in told([*CALM, *falling]) if each.kind is InsightKind.SHIFT]
    assert not shift.higher


def test_no_shift_is_told_on_few_nights() -> None:
    values = [60.0] * NIGHTS_NEEDED + [66.0] * (SHIFT_NIGHTS - NIGHTS_NEEDED)
    assert all(each.kind is InsightKind.ODD_NIGHT for each in told(values))


def test_a_week_of_fever_does_not_become_the_usual() -> None:
    fever = [*CALM, *[85.0] * 7]
    assert told([*fever, 85.0])[0].usual == 60.0
    assert told([*fever, 60.0, 60.0, 60.0, 60.0, 60.0, 60.0]) == []


def test_what_stays_becomes_the_usual() -> None:
    changed = [*CALM, *[85.0] * RELEARN_NIGHTS]
    assert told(changed)
    assert told([*changed, 85.0]) == []
    assert told([*changed, 60.0])[0].usual == 85.0


def test_more_nights_and_more_distance_make_it_surer() -> None:
    assert told([60.0] * 8 + [80.0])[0].sureness is not Sureness.CLEAR
    assert told([*CALM, 73.0])[0].sureness is Sureness.POSSIBLE
    assert told([*CALM, 85.0])[0].sureness is Sureness.CLEAR


def test_people_whose_nights_only_scatter_hear_little() -> None:
    rng = np.random.default_rng(7)
    odd = shifts = nights = 0
    for _ in range(40):
        values = list(60 + 6 * rng.standard_normal(60))
        for last in range(NIGHTS_NEEDED, 60, 4):
            kinds = {each.kind for each in told(values[: last + 1])}
            odd += InsightKind.ODD_NIGHT in kinds
            shifts += InsightKind.SHIFT in kinds
            nights += 1
    assert odd / nights <= 1 / 150
    assert shifts / nights <= 1 / 60


def test_the_nights_of_which_something_was_said() -> None:
    values = [*CALM, 85.0, 60.0]
    assert told_nights(Figure.RESTING_HEART_RATE, series(values)) == {series(values)[len(CALM)].night}
    assert [n for n in range(len(values)) if told(values[: n + 1])] == [len(CALM)]
