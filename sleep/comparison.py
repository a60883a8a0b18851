"""What moved a night's score, against the resident's own last four weeks (pure).

Robust, after Iglewicz and Hoaglin: median and median absolute deviation (MAD), so one bad night does not become the
usual. Fails towards saying nothing: fewer than `NIGHTS_NEEDED` valid nights of the same method compare with nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import numpy as np

from domain.reports import NightReport
from domain.spread import NORMAL_Z, UNUSUAL_Z, median_and_mad
from domain.usual import NIGHTS_KEPT, NIGHTS_NEEDED
from sleep.score import NORMS, Norm

LOOK_BACK: Final = timedelta(days=NIGHTS_KEPT)
LEAST_POINTS: Final = 1.0
"""A part that moved the score by less moved nothing."""
MAD_FLOORS: Final = {
    "sleep_min": 20.0,
    "sleep_efficiency": 0.03,
    "sleep_onset_latency_min": 5.0,
    "waso_min": 10.0,
    "awakenings": 0.5,
    "exits": 0.5,
}
"""Nobody sleeps so evenly that less than this is news (own choice)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """A figure that moved the score by `points`, from what is usual (the median) to `value`; `z` is modified."""

    name: str
    value: float
    usual: float
    points: float
    z: float

    @property
    def unusual(self) -> bool:
        return abs(self.z) > UNUSUAL_Z


def moved_by(report: NightReport, last_four_weeks: Iterable[NightReport]) -> tuple[Moved, ...]:
    """What moved the score of `report` up or down against the own nights before it, the most important first.

    Of the nights given, those of this resident and method count that are valid, before it and at most 28 days ago.
    """
    nights = [night for night in last_four_weeks if _compares(night, report)]
    if report.score is None or len(nights) < NIGHTS_NEEDED:
        return ()
    moved = [found for norm in NORMS if (found := _moved(norm, report, nights)) is not None]
    return tuple(sorted(moved, key=lambda part: -abs(part.points)))


def _compares(night: NightReport, report: NightReport) -> bool:
    return (
        night.valid
        and night.score is not None
        and night.resident_id == report.resident_id
        and night.method == report.method
        and report.night - LOOK_BACK <= night.night < report.night
    )


def _moved(norm: Norm, report: NightReport, nights: list[NightReport]) -> Moved | None:
    value = norm.figure(report)
    before = [found for night in nights if (found := norm.figure(night)) is not None]
    if value is None or not before:
        return None
    usual, mad = median_and_mad(np.asarray(before, np.float64), MAD_FLOORS[norm.name])
    points = norm.points(value) - norm.points(usual)
    if abs(points) < LEAST_POINTS:
        return None
    return Moved(name=norm.name, value=value, usual=usual, points=points, z=NORMAL_Z * (value - usual) / mad)
