"""One night: when asleep, awake, out of bed; turn-overs and alarms; heart rate, breathing rate and movement."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final
from zoneinfo import ZoneInfo

import altair as alt
import numpy as np

from api.charts.hours import hours_axis
from api.charts.look import SIDE_PX, Drawing, Look, Tables, dressed, panel_title, side_axis
from api.charts.maker import maker_band
from api.languages import Language
from api.report_words import STATES
from domain.readings import MinuteColumns
from domain.reports import NightReport, SleepState
from domain.units import MINUTE_MS, SECOND_MS

LANE_PX: Final = 20
RATE_PX: Final = 84
MOVEMENT_PX: Final = 44
HOVER_MINUTES: Final = 5
"""Hover values are means of this many minutes: fine enough for a finger, and a page stays small."""
LANES: Final = (SleepState.OUT, SleepState.AWAKE, SleepState.ASLEEP, SleepState.UNKNOWN)
LETTER_PX: Final = 8
"""Mean width of a latin letter in a card's sentences."""
_MEASURED: Final = ("heart_rate", "breathing_rate", "movement")

Row = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """[`start_at`, `end_at`) (ms) in one state."""

    start_at: int
    end_at: int
    state: SleepState


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartNight:
    """What is drawn. `alarms` are instants (ms) with what they are called; `seen` when staff looked in (ms)."""

    report: NightReport
    minutes: tuple[MinuteColumns, ...]
    alarms: tuple[tuple[int, str], ...]
    zone: ZoneInfo
    seen: tuple[int, ...] = ()


def stretches(report: NightReport) -> list[Stretch]:
    """The epochs of equal state in a row, the last one cut at the night's end."""
    epochs, told = report.epochs, list[Stretch]()
    at = epochs.start_at
    for state, run in groupby(epochs.states):
        end_at = at + len(list(run)) * epochs.length_s * SECOND_MS
        told.append(Stretch(start_at=at, end_at=min(end_at, report.end_at), state=state))
        at = end_at
    return told


def night_chart(night: ChartNight, language: Language, look: Look, *, width: int, hover: bool) -> Row:
    """The specification; `width` (px) is that of a panel without its labels. Without `hover` nothing is asked of it."""
    report, zone = night.report, night.zone
    scale = alt.Scale(domain=[report.start_at, report.end_at], nice=False)

    def hours(**more: Any) -> alt.X:
        return alt.X("at:Q", scale=scale, axis=hours_axis(report.start_at, report.end_at, zone, language, **more))

    tables = Tables()
    rows = minute_rows(night.minutes, report.start_at, report.end_at)
    minutes = tables.add("minutes", rows)
    bins = tables.add("hover", hover_rows(rows, language, zone)) if hover else None
    panels = [_lanes(night, language, look, hours(orient="top", grid=True), tables).properties(width=width)]
    wanted = (
        ("heart_rate", language.say("Heart rate, per minute"), look.states[SleepState.OUT], RATE_PX),
        ("breathing_rate", language.say("Breathing rate, per minute"), look.states[SleepState.ASLEEP], RATE_PX),
        ("movement", language.say("Movement, 0 to 100"), look.states[SleepState.AWAKE], MOVEMENT_PX),
    )
    panels += maker_band(report, language, look, hours(grid=True, labels=False), tables, width=width)
    for name, title, colour, height in wanted:
        if any(row[name] is not None for row in rows):
            layers = [_line(minutes, name, colour, hours(grid=True, labels=False)), *_hover(bins, name, look, scale)]
            panel = alt.layer(*layers).properties(width=width, height=height, title=panel_title(title, look))
            panels.append(panel)
    return dressed(alt.vconcat(*panels, spacing=14).resolve_scale(color="independent"), look, tables)


def strip_chart(night: ChartNight, language: Language, look: Look, *, width: int, title: Sequence[str]) -> Row:
    """The states alone, for people who only want to know how the night went; `title` is written above, line by line."""
    report, tables = night.report, Tables()
    scale = alt.Scale(domain=[report.start_at, report.end_at], nice=False)
    axis = hours_axis(report.start_at, report.end_at, night.zone, language, orient="top", grid=True)
    lanes = _lanes(night, language, look, alt.X("at:Q", scale=scale, axis=axis), tables)
    chart = alt.vconcat(lanes.properties(width=width))
    if title:
        lines = [line for text in title[1:] for line in wrapped(text, (width + SIDE_PX) / LETTER_PX)]
        heading = alt.TitleParams(
            title[0],
            subtitle=lines,
            anchor="start",
            fontSize=20,
            subtitleFontSize=16,
            subtitleLineHeight=23,
            subtitlePadding=12,
            offset=20,
        )
        chart = chart.properties(title=heading, padding=20)
    return dressed(chart, look, tables)


def minute_rows(minutes: Sequence[MinuteColumns], start_at: int, end_at: int) -> list[Row]:
    """One row for every minute of the night, with None where the belt gave no value, so that lines break there."""
    first = start_at // MINUTE_MS
    length = max(0, -(-end_at // MINUTE_MS) - first)
    grid = {name: np.full(length, np.nan) for name in _MEASURED}
    for part in minutes:
        where = part.minute_at // MINUTE_MS - first
        inside = (where >= 0) & (where < length)
        for name, column in grid.items():
            column[where[inside]] = getattr(part, name)[inside]
    return [
        {"at": (first + n) * MINUTE_MS, **{name: _rounded(column[n]) for name, column in grid.items()}}
        for n in range(length)
    ]


def hover_rows(rows: Sequence[Row], language: Language, zone: ZoneInfo) -> list[Row]:
    """The same by five minutes, in words."""
    titles = {
        "heart_rate": language.say("Heart rate"),
        "breathing_rate": language.say("Breathing rate"),
        "movement": language.say("Movement"),
    }
    found = []
    for at, to, means in bin_means(rows):
        told = [
            f"{title} {language.number(mean)}" for name, title in titles.items() if (mean := means[name]) is not None
        ]
        if told:
            found.append({"at": at, "to": to, "said": " · ".join([language.clock_time(at, zone), *told])})
    return found


def bin_means(rows: Sequence[Row]) -> Iterator[tuple[int, int, dict[str, float | None]]]:
    """[start, end) (ms) of every five minutes of `minute_rows`, and the means in it."""
    for n in range(0, len(rows), HOVER_MINUTES):
        part = rows[n : n + HOVER_MINUTES]
        means = {name: _mean(row[name] for row in part) for name in _MEASURED}
        yield part[0]["at"], part[-1]["at"] + MINUTE_MS, means


def _lanes(night: ChartNight, language: Language, look: Look, hours: alt.X, tables: Tables) -> Drawing:
    """A lane for each state, and below for turn-overs, rounds and alarms where there are any."""
    spent = {part.state for part in stretches(night.report)}
    names = {state: language.say(STATES[state]) for state in LANES if state in spent or state is not SleepState.UNKNOWN}
    seen = [(at, "") for at in night.seen]
    below = {
        "turns": _turn_rows(night, language),
        "seen": _point_rows(seen, language.say("Seen by staff"), language, night.zone),
        "alarms": _point_rows(night.alarms, language.say("Alarm"), language, night.zone),
    }
    order = [*names.values(), *(rows[0]["lane"] for rows in below.values() if rows)]
    lane = alt.Y(
        "lane:N",
        scale=alt.Scale(domain=order, paddingInner=0.25, paddingOuter=0.1),
        axis=side_axis(domain=False, ticks=False, labelLimit=SIDE_PX),
    )
    colours = alt.Color(
        "lane:N",
        scale=alt.Scale(domain=list(names.values()), range=[look.states[state] for state in names]),
        legend=None,
    )
    bars = alt.Chart(tables.add("states", _state_rows(night, names, language)))
    layers: list[Any] = [bars.mark_rect(cornerRadius=1).encode(hours, alt.X2("to"), lane, colours, tooltip="said:N")]
    for name, rows in below.items():
        if rows:
            marks = _marked(alt.Chart(tables.add(name, rows)), name, look)
            layers.append(marks.encode(hours, lane, tooltip="said:N", opacity=alt.value(1)))
    return alt.layer(*layers).properties(height=LANE_PX * len(order))


def _marked(chart: Drawing, name: str, look: Look) -> Drawing:
    if name == "turns":
        return chart.mark_tick(color=look.text, thickness=2, size=LANE_PX * 0.6)
    if name == "seen":
        return chart.mark_point(shape="circle", size=80, filled=True, color=look.text)
    return chart.mark_point(shape="triangle-up", size=110, filled=True, color=look.alarm)


def _point_rows(points: Iterable[tuple[int, str]], lane: str, language: Language, zone: ZoneInfo) -> list[Row]:
    """Each with what it is called, or as the lane is."""
    return [
        {"at": at, "lane": lane, "said": f"{language.clock_time(at, zone)} · {what or lane}"} for at, what in points
    ]


def _state_rows(night: ChartNight, names: dict[SleepState, str], language: Language) -> list[Row]:
    return [
        {"at": part.start_at, "to": part.end_at, "lane": names[part.state], "said": said(part, language, night.zone)}
        for part in stretches(night.report)
    ]


def said(part: Stretch, language: Language, zone: ZoneInfo) -> str:
    """A stretch in words."""
    span = f"{language.clock_time(part.start_at, zone)}–{language.clock_time(part.end_at, zone)}"
    return f"{span} · {language.say(STATES[part.state])} · {language.length(part.end_at - part.start_at)}"


def _turn_rows(night: ChartNight, language: Language) -> list[Row]:
    in_bed = [(part.start_at, part.end_at) for part in stretches(night.report) if part.state is not SleepState.OUT]
    turned = [
        (int(at), "")
        for part in night.minutes
        for at in part.minute_at[part.turn_overs > 0]
        if any(start_at <= at < end_at for start_at, end_at in in_bed)
    ]
    return _point_rows(turned, language.say("Turned over"), language, night.zone)


def _line(minutes: alt.NamedData, name: str, colour: str, hours: alt.X) -> Drawing:
    scale = alt.Scale(zero=name == "movement", nice=True)
    value = alt.Y(f"{name}:Q", scale=scale, axis=side_axis(tickCount=3, grid=True))
    chart = alt.Chart(minutes)
    area = name == "movement"
    drawn = chart.mark_area(color=colour, opacity=0.8) if area else chart.mark_line(color=colour, strokeWidth=1.5)
    return drawn.encode(hours, value)


def _hover(bins: alt.NamedData | None, name: str, look: Look, scale: alt.Scale) -> list[Drawing]:
    if bins is None:
        return []
    over = alt.selection_point(name=f"over_{name}", on="pointerover", clear="pointerout", fields=["at"], empty=False)
    shown = alt.when(over).then(alt.value(0.18)).otherwise(alt.value(0))
    chart = alt.Chart(bins).mark_rect(color=look.text)
    return [chart.encode(alt.X("at:Q", scale=scale), alt.X2("to"), opacity=shown, tooltip="said:N").add_params(over)]


def wrapped(text: str, letters: float) -> list[str]:
    """In lines of about so many latin letters; others count double, and may end a line anywhere."""
    lines, line, used = list[str](), "", 0
    for part in re.findall(r"[\x00-\u2fff]+?(?:\s+|$|(?=[\u3000-\uffff]))|.", text):
        size = sum(1 if letter < "\u2fff" else 2 for letter in part)
        if line and used + size > letters:
            lines.append(line.rstrip())
            line, used = "", 0
        line, used = line + part, used + size
    return [*lines, line.rstrip()] if line.strip() else lines


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def _rounded(value: float) -> float | None:
    return None if np.isnan(value) else round(float(value), 1)
