"""Colours and letters of the charts: dark for the ward at night, paper for families, prints and pictures."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import altair as alt

from domain.reports import SleepState

Drawing = Any
"""A chart of Altair's; its `encode` does not say what it returns."""
FONT: Final = "Noto Sans, Noto Sans SC, Noto Sans CJK SC, PingFang SC, Microsoft YaHei, sans-serif"
SIDE_PX: Final = 96
"""Width of the labels beside every panel, the same for all so that hours stand under each other."""
MARGIN_PX: Final = 44
"""For what stands out on the right of a panel: half of the last label, and padding."""
USERMETA: Final = "side"


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """`background` None lets the page shine through; `letters_px` is the size of the labels."""

    name: str
    letters_px: int
    background: str | None
    text: str
    muted: str
    grid: str
    line: str
    second: str
    usual: str
    alarm: str
    states: dict[SleepState, str]


DARK: Final = Look(
    name="dark",
    letters_px=12,
    background=None,
    text="#edf3f8",
    muted="#a9bac9",
    grid="#22303d",
    line="#86bdff",
    second="#ffb86b",
    usual="#5fd0a5",
    alarm="#ff5c57",
    states={
        SleepState.ASLEEP: "#5fd0a5",
        SleepState.AWAKE: "#f2b880",
        SleepState.OUT: "#86bdff",
        SleepState.UNKNOWN: "#76858f",
    },
)
PAPER: Final = Look(
    name="paper",
    letters_px=14,
    background="#ffffff",
    text="#1c2730",
    muted="#55636f",
    grid="#e4e9ed",
    line="#2f6fc1",
    second="#c26a12",
    usual="#2a9d78",
    alarm="#c8322d",
    states={
        SleepState.ASLEEP: "#2a9d78",
        SleepState.AWAKE: "#e39a4b",
        SleepState.OUT: "#4c86d9",
        SleepState.UNKNOWN: "#aab4bc",
    },
)
LOOKS: Final = {look.name: look for look in (DARK, PAPER)}


def panel_title(text: str, look: Look) -> alt.TitleParams:
    return alt.TitleParams(text, anchor="start", fontSize=look.letters_px + 1, fontWeight="normal", offset=6)


def side_axis(side_px: int = SIDE_PX, **more: Any) -> alt.Axis:
    """A y axis that takes `side_px` whatever stands on it."""
    return alt.Axis(title=None, minExtent=side_px, maxExtent=side_px, **more)


class Tables:
    """The rows of a chart's parts, written once beside them: Altair would look through every row that stands inline."""

    def __init__(self) -> None:
        self.rows: dict[str, list[dict[str, Any]]] = {}

    def add(self, name: str, rows: Iterable[dict[str, Any]]) -> alt.NamedData:
        self.rows[name] = list(rows)
        return alt.NamedData(name=name)


def dressed(chart: Drawing, look: Look, tables: Tables, side_px: int = SIDE_PX) -> dict[str, Any]:
    """The specification in this look, with its rows."""
    label = {"labelColor": look.muted, "titleColor": look.muted, "labelFont": FONT, "labelFontSize": look.letters_px}
    spec: dict[str, Any] = (
        chart.configure(background=look.background or "transparent", font=FONT, padding=4)
        .configure_view(stroke=None)
        .configure_axis(gridColor=look.grid, domainColor=look.grid, tickColor=look.grid, **label)
        .configure_title(color=look.text, subtitleColor=look.text, font=FONT, subtitleFont=FONT)
        .configure_legend(labelColor=look.text, titleColor=look.muted, labelFont=FONT, titleFont=FONT)
        .to_dict()
    )
    return {**spec, "datasets": tables.rows, "usermeta": {USERMETA: side_px + MARGIN_PX}}
