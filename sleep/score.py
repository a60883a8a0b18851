"""A night's score, 0 to 100, as a sum whose parts can be read (pure).

Each part gives all its points within the norm for people over 65 and fewer in a straight line until none: duration 7 to
8 h (Hirshkowitz 2015), efficiency at least 85 %, latency and waking after onset at most 30 min, at most two awakenings
(Ohayon 2017, both for the National Sleep Foundation). Exits have no published norm: two a night are common at that age.
The weights are ours. Norms, not shares of the same night: a bad night is bad however it compares with itself.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from domain.reports import NightReport, ScorePart


class Grade(StrEnum):
    """The score in words."""

    EXCELLENT = "excellent"
    GOOD = "good"
    FAIR = "fair"
    POOR = "poor"


GRADES: Final = ((90.0, Grade.EXCELLENT), (75.0, Grade.GOOD), (60.0, Grade.FAIR))
"""From which score on; below them it is poor."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Norm:
    """All points `of` the score between `best_from` and `best_to`, none at `none_below` and `none_above`."""

    name: str
    of: float
    figure: Callable[[NightReport], float | None]
    best_from: float = 0.0
    best_to: float
    none_below: float = 0.0
    none_above: float

    def points(self, value: float) -> float:
        if value < self.best_from:
            kept = (value - self.none_below) / (self.best_from - self.none_below)
        elif value > self.best_to:
            kept = (self.none_above - value) / (self.none_above - self.best_to)
        else:
            kept = 1.0
        return self.of * max(0.0, kept)


NORMS: Final = (
    Norm(
        name="sleep_min",
        of=30.0,
        figure=lambda night: night.sleep_min,
        none_below=240.0,
        best_from=420.0,
        best_to=480.0,
        none_above=660.0,
    ),
    Norm(
        name="sleep_efficiency",
        of=25.0,
        figure=lambda night: night.sleep_efficiency,
        none_below=0.55,
        best_from=0.85,
        best_to=1.0,
        none_above=2.0,
    ),
    Norm(
        name="sleep_onset_latency_min",
        of=10.0,
        figure=lambda night: night.sleep_onset_latency_min,
        best_to=30.0,
        none_above=60.0,
    ),
    Norm(name="waso_min", of=15.0, figure=lambda night: night.waso_min, best_to=30.0, none_above=120.0),
    Norm(name="awakenings", of=10.0, figure=lambda night: night.awakenings, best_to=2.0, none_above=6.0),
    Norm(name="exits", of=10.0, figure=lambda night: night.exits.count, best_to=2.0, none_above=6.0),
)
"""The parts, named by the figure of the report; their points add up to 100."""


def with_score(report: NightReport) -> NightReport:
    """The report with its score; without one when the night is not valid or a figure is missing."""
    values = [norm.figure(report) for norm in NORMS]
    if not report.valid or None in values:
        return replace(report, score=None, score_parts=())
    parts = tuple(
        ScorePart(name=norm.name, points=norm.points(value), of=norm.of)
        for norm, value in zip(NORMS, values, strict=True)
        if value is not None
    )
    return replace(report, score=sum(part.points for part in parts), score_parts=parts)


def grade_of(score: float) -> Grade:
    """The words for a score."""
    return next((grade for least, grade in GRADES if score >= least), Grade.POOR)
