"""Small bars for the quality page: numbers to places in an SVG, nothing more."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from alerts.quality import Figures, Quality

ROW_LENGTH: Final = 100
HEIGHT: Final = 60
STEP: Final = 10
GAP: Final = 2
OTHERS: Final = "others"
NOT_NEEDED: Final = "not-needed"
FALSE: Final = "false"
LATE: Final = "late"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One stretch of a bar; `kind` names its colour."""

    x: float
    y: float
    width: float
    height: float
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Standing bars side by side in a box of `width` by `HEIGHT`; `most` is what the highest one counts."""

    width: int
    most: int
    parts: tuple[Part, ...]


def row(figures: Figures) -> list[Part]:
    """What became of the alarms, as a lying bar of `ROW_LENGTH`."""
    if not figures.told:
        return []
    good = figures.helpful.count
    counts = {"good": good, NOT_NEEDED: figures.not_needed, FALSE: figures.false}
    parts, x = [], 0.0
    for kind, count in counts.items():
        width = ROW_LENGTH * count / figures.told
        if count:
            parts.append(Part(x=round(x, 2), y=0, width=round(width, 2), height=10, kind=kind))
        x += width
    return parts


def by_night(quality: Quality) -> Columns:
    """Alarms of each night: false ones at the foot, then those without need, then all others."""
    return _columns(
        [
            ((FALSE, one.false), (NOT_NEEDED, one.not_needed), (OTHERS, one.told - one.false - one.not_needed))
            for one in quality.by_night
        ]
    )


def by_hour(quality: Quality) -> Columns:
    """Alarms of each hour from noon on: those answered late at the foot."""
    hours = [*quality.by_hour[12:], *quality.by_hour[:12]]
    return _columns([((LATE, one.late), (OTHERS, one.told - one.late)) for one in hours])


def _columns(stacks: Sequence[Sequence[tuple[str, int]]]) -> Columns:
    most = max((sum(count for _, count in stack) for stack in stacks), default=0)
    parts = []
    for n, stack in enumerate(stacks):
        foot = float(HEIGHT)
        for kind, count in stack:
            height = HEIGHT * count / max(most, 1)
            foot -= height
            if count:
                at = Part(x=n * STEP + GAP / 2, y=round(foot, 2), width=STEP - GAP, height=round(height, 2), kind=kind)
                parts.append(at)
    return Columns(width=max(1, len(stacks)) * STEP, most=most, parts=tuple(parts))
