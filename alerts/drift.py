"""Nights that are unlike a person's own: odd nights, and levels that have moved (pure).

A night is odd when its figure's modified z-score against the last 28 trained nights is beyond 3.5. A level has moved
when both an EWMA (weight 0.2, limit 3 sigma of the EWMA; Roberts 1959) and a CUSUM (slack 0.5 sigma, limit 5 sigma;
Page 1954) of the standardised figures say so: with a spread known from a few weeks either alone speaks up for nothing
too often. The CUSUM dates the beginning.

Nights of which something was said do not train the usual level: a week of fever must not become what is normal. What
was said 14 nights in a row has become the usual, and the level is learned anew from them. Nothing is said before 7
trained nights, nothing of a moved level before 14: its limits want a spread that is known better.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

import numpy as np

from domain.insights import Figure, Insight, InsightKind, Sureness
from domain.spread import NORMAL_Z, UNUSUAL_Z, median_and_mad
from domain.usual import NIGHTS_KEPT, NIGHTS_NEEDED

FLOORS: Final[Mapping[Figure, float]] = {
    Figure.RESTING_HEART_RATE: 2.0,
    Figure.BREATHING_RATE: 0.7,
    Figure.EXITS: 0.5,
    Figure.RESTLESSNESS: 0.02,
    Figure.SLEEP_TIME: 20.0,
}
"""Least MAD, in the figure's unit: below it a difference between nights is nothing to a person. Own choice."""
EWMA_WEIGHT: Final = 0.2
EWMA_LIMIT: Final = 3.0
CUSUM_SLACK: Final = 0.5
CUSUM_LIMIT: Final = 5.0
FEW_NIGHTS: Final = 4.0
"""A spread from n nights is widened by this / n: a MAD from one or two weeks is often too small by chance. Set so that
a person whose nights only scatter is told of an odd night less than once in 300 (`tests/unit/alerts/test_drift.py`)."""
SHIFT_NIGHTS: Final = 14
RELEARN_NIGHTS: Final = 14
CLIP_Z: Final = UNUSUAL_Z
"""One wild night moves a running level by no more than this: it is told as an odd night already."""
LIKELY_FACTOR: Final = 1.25
CLEAR_FACTOR: Final = 1.75
"""Beyond the limit by this factor a statement is called likely, or clear. Own choice."""
CLEAR_NIGHTS: Final = 21


@dataclass(frozen=True, slots=True, kw_only=True)
class NightFigure:
    """One valid night's figure."""

    night: date
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Usual:
    """A person's usual level of a figure: median, robust standard deviation, and how many nights they rest on."""

    median: float
    spread: float
    nights: int

    def z(self, value: float) -> float:
        return (value - self.median) / self.spread


@dataclass(slots=True)
class _Run:
    """What the nights so far come to, for one figure. `ewma`, `up` and `down` are in standard deviations."""

    trained: list[float] = field(default_factory=list)
    said: list[float] = field(default_factory=list)
    ewma: float = 0.0
    steps: int = 0
    up: float = 0.0
    down: float = 0.0
    up_since: date | None = None
    down_since: date | None = None


def insights(figure: Figure, nights: Sequence[NightFigure]) -> list[Insight]:
    """What is to be said of the last of `nights` (valid ones only, ascending); empty while warming up.

    Pure over the whole series: the same nights give the same words, whatever was said before.
    """
    run, told = _Run(), list[Insight]()
    for night in nights:
        run, told = _take(run, figure, night)
    return told


def told_nights(figure: Figure, nights: Sequence[NightFigure]) -> frozenset[date]:
    """The nights of which something was to be said when they were the last of `nights`."""
    run, told = _Run(), list[date]()
    for night in nights:
        run, said = _take(run, figure, night)
        told += [night.night] if said else []
    return frozenset(told)


def usual(figure: Figure, trained: Sequence[float]) -> Usual | None:
    """The usual level by the last 28 of the trained nights; None while warming up."""
    if len(trained) < NIGHTS_NEEDED:
        return None
    kept = trained[-NIGHTS_KEPT:]
    median, mad = median_and_mad(np.asarray(kept), FLOORS[figure])
    widened = 1 + FEW_NIGHTS / len(kept)
    return Usual(median=median, spread=widened * mad / NORMAL_Z, nights=len(kept))


def _take(run: _Run, figure: Figure, night: NightFigure) -> tuple[_Run, list[Insight]]:
    level = usual(figure, run.trained)
    if level is None:
        run.trained.append(night.value)
        return run, []
    told = [_odd_night(level, figure, night)] if abs(level.z(night.value)) > UNUSUAL_Z else []
    if level.nights >= SHIFT_NIGHTS:
        _follow(run, night.night, min(max(level.z(night.value), -CLIP_Z), CLIP_Z))
        told += _shift(run, level, figure, night.night)
    return _learn(run, night.value, said=bool(told)), told


def _follow(run: _Run, night: date, z: float) -> None:
    run.ewma += EWMA_WEIGHT * (z - run.ewma)
    run.steps += 1
    run.up, run.up_since = _sum(run.up + z - CUSUM_SLACK, run.up_since, night)
    run.down, run.down_since = _sum(run.down - z - CUSUM_SLACK, run.down_since, night)


def _sum(total: float, since: date | None, night: date) -> tuple[float, date | None]:
    return (0.0, None) if total <= 0 else (total, since or night)


def _odd_night(level: Usual, figure: Figure, night: NightFigure) -> Insight:
    return Insight(
        kind=InsightKind.ODD_NIGHT,
        figure=figure,
        night=night.night,
        value=night.value,
        usual=level.median,
        spread=level.spread,
        since=night.night,
        nights=level.nights,
        sureness=_sureness(abs(level.z(night.value)) / UNUSUAL_Z, level.nights),
    )


def _shift(run: _Run, level: Usual, figure: Figure, night: date) -> list[Insight]:
    summed = run.up if run.ewma > 0 else run.down
    beyond = min(abs(run.ewma) / _ewma_limit(run.steps), summed / CUSUM_LIMIT)
    since = run.up_since if run.ewma > 0 else run.down_since
    if beyond <= 1 or since is None or since == night:
        return []
    moved = Insight(
        kind=InsightKind.SHIFT,
        figure=figure,
        night=night,
        value=level.median + run.ewma * level.spread,
        usual=level.median,
        spread=level.spread,
        since=since,
        nights=level.nights,
        sureness=_sureness(beyond, level.nights),
    )
    return [moved]


def _ewma_limit(steps: int) -> float:
    """The control limit after so many nights (standard deviations); it widens to its asymptote in about ten."""
    share = EWMA_WEIGHT / (2 - EWMA_WEIGHT) * (1 - (1 - EWMA_WEIGHT) ** (2 * steps))
    return EWMA_LIMIT * math.sqrt(share)


def _sureness(factor: float, nights: int) -> Sureness:
    if factor >= CLEAR_FACTOR and nights >= CLEAR_NIGHTS:
        return Sureness.CLEAR
    return Sureness.LIKELY if factor >= LIKELY_FACTOR else Sureness.POSSIBLE


def _learn(run: _Run, value: float, *, said: bool) -> _Run:
    if not said:
        run.said.clear()
        run.trained.append(value)
        return run
    run.said.append(value)
    return _Run(trained=run.said) if len(run.said) >= RELEARN_NIGHTS else run
