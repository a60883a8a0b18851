"""The score by hand, its words, and what moved it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from domain.reports import ExitFigures, NightReport, RateFigures, ScorePart
from domain.usual import NIGHTS_NEEDED
from sleep.comparison import moved_by
from sleep.score import NORMS, Grade, grade_of, with_score
from tests.unit.sleep.nights import NIGHT, START


def night(
    *,
    sleep: float = 430,
    efficiency: float = 0.86,
    latency: float = 25,
    waso: float = 28,
    awakenings: float = 2,
    exits: float = 1,
) -> NightReport:
    return with_score(
        NightReport(
            resident_id="r1",
            belt_ids=("b1",),
            night=NIGHT,
            start_at=START,
            end_at=START + 1,
            time_in_bed_min=500,
            sleep_min=sleep,
            sleep_onset_latency_min=latency,
            waso_min=waso,
            final_wake_min=5,
            sleep_efficiency=efficiency,
            awakenings=int(awakenings),
            exits=ExitFigures(count=int(exits), total_min=0, longest_min=0),
            turn_overs=None,
            heart_rate=RateFigures(),
            breathing_rate=RateFigures(),
            coverage=1.0,
            valid=True,
            method="m/1",
        )
    )


def points(report: NightReport) -> dict[str, float]:
    return {part.name: part.points for part in report.score_parts}


def test_all_points_add_up_to_100_within_the_norms() -> None:
    assert sum(norm.of for norm in NORMS) == 100
    report = night()
    assert report.score == 100
    assert all(part.points == part.of for part in report.score_parts)


@pytest.mark.parametrize(
    ("figure", "value", "name", "expected"),
    [
        ("sleep", 420, "sleep_min", 30),
        ("sleep", 330, "sleep_min", 15),
        ("sleep", 240, "sleep_min", 0),
        ("sleep", 100, "sleep_min", 0),
        ("sleep", 480, "sleep_min", 30),
        ("sleep", 570, "sleep_min", 15),
        ("efficiency", 0.85, "sleep_efficiency", 25),
        ("efficiency", 0.70, "sleep_efficiency", 12.5),
        ("efficiency", 1.0, "sleep_efficiency", 25),
        ("latency", 30, "sleep_onset_latency_min", 10),
        ("latency", 45, "sleep_onset_latency_min", 5),
        ("latency", 90, "sleep_onset_latency_min", 0),
        ("waso", 75, "waso_min", 7.5),
        ("awakenings", 3, "awakenings", 7.5),
        ("exits", 4, "exits", 5),
        ("exits", 9, "exits", 0),
    ],
)
def test_points_by_hand(figure: str, value: float, name: str, expected: float) -> None:
    report = night(**{figure: value})
    assert points(report)[name] == pytest.approx(expected)
    assert report.score == pytest.approx(sum(points(report).values()))


def test_a_night_that_is_not_valid_has_no_score() -> None:
    report = with_score(replace(night(), valid=False))
    assert (report.score, report.score_parts) == (None, ())
    assert with_score(replace(night(), sleep_min=None)).score is None
    assert ScorePart(name="exits", points=10, of=10) in night().score_parts


@pytest.mark.parametrize(
    ("score", "grade"),
    [(100, "excellent"), (90, "excellent"), (89.9, "good"), (75, "good"), (60, "fair"), (59.9, "poor")],
)
def test_the_score_in_words(score: float, grade: str) -> None:
    assert grade_of(score) is Grade(grade)


def before(*nights: NightReport) -> list[NightReport]:
    return [replace(one, night=NIGHT - timedelta(days=n + 1)) for n, one in enumerate(nights)]


def test_what_moved_the_score_the_most_comes_first() -> None:
    usual = before(*[night(sleep=430 + n % 3, exits=2) for n in range(10)])
    moved = moved_by(night(sleep=300, exits=4), usual)
    assert [part.name for part in moved] == ["sleep_min", "exits"]
    assert (moved[0].value, moved[0].usual) == (300, 431)
    assert moved[0].points == pytest.approx(10 - 30)
    assert moved[0].unusual
    assert moved[1].z == pytest.approx(0.6745 * 2 / 0.5)
    assert not moved[1].unusual


def test_what_went_well_moves_it_up() -> None:
    moved = moved_by(night(), before(*[night(waso=75)] * NIGHTS_NEEDED))
    assert [(part.name, part.points) for part in moved] == [("waso_min", 7.5)]


def test_one_bad_night_does_not_become_the_usual() -> None:
    usual = before(*[night()] * 8, night(sleep=100))
    assert moved_by(night(), usual) == ()


@pytest.mark.parametrize(
    "other",
    [
        {"valid": False},
        {"resident_id": "r2"},
        {"method": "m/2"},
        {"night": NIGHT},
        {"night": NIGHT - timedelta(days=29)},
        {"score": None},
    ],
)
def test_only_own_valid_nights_of_the_last_four_weeks_count(other: dict[str, object]) -> None:
    usual = before(*[night(sleep=300)] * NIGHTS_NEEDED)
    assert moved_by(night(), usual)
    assert moved_by(night(), [*usual[1:], replace(usual[0], **other)]) == ()  # type: ignore[arg-type]


def test_a_night_without_a_score_was_moved_by_nothing() -> None:
    assert moved_by(replace(night(), score=None), before(*[night(sleep=300)] * 9)) == ()
