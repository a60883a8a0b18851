"""What is usual for one resident, night by night: the range that trends shade and families are told of."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from api.languages import N_, Language
from api.report_words import minutes
from domain.reports import NightReport
from domain.spread import median_and_mad
from domain.usual import NIGHTS_KEPT, NIGHTS_NEEDED

RANGE_MADS: Final = 3.0
"""Half the width of the usual range in MADs: two standard deviations, so about 19 nights of 20 lie within."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NightlyFigure:
    """One figure of a report. `floor` is the least MAD, in the figure's unit: less is nothing to a person."""

    key: str
    title: str
    unit: str
    floor: float
    of: Callable[[NightReport], float | None]
    in_words: Callable[[float, Language], str]
    scale: float = 1.0
    from_zero: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Usual:
    """A resident's usual range of a figure, and the nights that it rests on."""

    median: float
    low: float
    high: float
    nights: int

    def holds(self, value: float) -> bool:
        return self.low <= value <= self.high


def _number(digits: int) -> Callable[[float, Language], str]:
    return lambda value, language: language.number(value, digits)


NIGHTLY: Final = (
    NightlyFigure(
        key="sleep",
        title=N_("Time asleep"),
        unit=N_("hours"),
        floor=20.0,
        of=lambda report: report.sleep_min,
        in_words=minutes,
        scale=60.0,
        from_zero=True,
    ),
    NightlyFigure(
        key="exits",
        title=N_("Times out of bed"),
        unit=N_("a night"),
        floor=0.5,
        of=lambda report: float(report.exits.count),
        in_words=_number(0),
        from_zero=True,
    ),
    NightlyFigure(
        key="turn-overs",
        title=N_("Turned over"),
        unit=N_("a night"),
        floor=2.0,
        of=lambda report: None if report.turn_overs is None else float(report.turn_overs),
        in_words=_number(0),
        from_zero=True,
    ),
    NightlyFigure(
        key="heart-rate",
        title=N_("Mean heart rate in bed"),
        unit=N_("per minute"),
        floor=2.0,
        of=lambda report: report.heart_rate.mean,
        in_words=_number(0),
    ),
    NightlyFigure(
        key="breathing-rate",
        title=N_("Breathing rate"),
        unit=N_("per minute"),
        floor=0.7,
        of=lambda report: report.breathing_rate.mean,
        in_words=_number(1),
    ),
)
"""Floors: domain notes 3.4; that of turn-overs is our own choice."""


def usual(figure: NightlyFigure, reports: Sequence[NightReport]) -> Usual | None:
    """From the last 28 valid ones of `reports` (ascending); None while there are fewer than 7 with the figure."""
    told = [value for report in reports if report.valid and (value := figure.of(report)) is not None]
    if len(told) < NIGHTS_NEEDED:
        return None
    kept = told[-NIGHTS_KEPT:]
    median, mad = median_and_mad(np.asarray(kept, np.float64), figure.floor)
    low = max(0.0, median - RANGE_MADS * mad)
    return Usual(median=median, low=low, high=median + RANGE_MADS * mad, nights=len(kept))
