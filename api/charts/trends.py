"""Figures over many nights, with the resident's own usual range shaded."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Final

import altair as alt

from api.charts.hours import labelled_axis
from api.charts.look import Drawing, Look, Tables, dressed, panel_title, side_axis
from api.languages import Language
from api.usual import NIGHTLY, NightlyFigure, Usual, usual
from domain.reports import NightReport

HEIGHT_PX: Final = 92
SIDE_PX: Final = 40
LABELS_MAX: Final = 8

Row = dict[str, Any]


def trends_chart(
    reports: Sequence[NightReport],
    last: date,
    nights: int,
    language: Language,
    look: Look,
    *,
    width: int,
    figures: Sequence[NightlyFigure] = NIGHTLY,
) -> Row:
    """The `nights` up to `last`. The usual range is that of the last 28 valid nights before `last`.

    Nights that are not valid are hollow points that no line joins.
    """
    first = last - timedelta(days=nights - 1)
    shown = [report for report in reports if first <= report.night <= last]
    earlier = [report for report in reports if report.night < last]
    scale = alt.Scale(domain=[first.toordinal() - 0.5, last.toordinal() + 0.5], nice=False)
    days = alt.X("day:Q", scale=scale, axis=labelled_axis(_day_labels((first, last), language), grid=False))
    tables, panels = Tables(), []
    for figure in figures:
        level = usual(figure, earlier)
        rows = tables.add(figure.key, _rows(figure, shown, language))
        band = tables.add(f"{figure.key}-usual", _band_rows(figure, level))
        layers = [*_band(band, look), *_nights(figure, rows, days, look)]
        title = panel_title(_title(figure, level is None, language), look)
        panels.append(alt.layer(*layers).properties(width=width, height=HEIGHT_PX, title=title))
    return dressed(alt.vconcat(*panels, spacing=18), look, tables, SIDE_PX)


def _band_rows(figure: NightlyFigure, level: Usual | None) -> list[Row]:
    if level is None:
        return []
    scaled = {"low": level.low, "high": level.high, "middle": level.median}
    return [{name: value / figure.scale for name, value in scaled.items()}]


def _band(data: alt.NamedData, look: Look) -> list[Drawing]:
    return [
        alt.Chart(data).mark_rect(color=look.usual, opacity=0.22).encode(alt.Y("low:Q", axis=_axis()), alt.Y2("high")),
        alt.Chart(data).mark_rule(color=look.usual, strokeDash=[4, 3]).encode(alt.Y("middle:Q", axis=_axis())),
    ]


def _nights(figure: NightlyFigure, rows: alt.NamedData, days: alt.X, look: Look) -> list[Drawing]:
    value = alt.Y("value:Q", scale=alt.Scale(zero=figure.from_zero, nice=True), axis=_axis())
    filled = alt.when(alt.datum.valid).then(alt.value(1)).otherwise(alt.value(0))
    line = alt.Chart(rows).mark_line(color=look.line, strokeWidth=1.5, opacity=0.6)
    points = alt.Chart(rows).mark_point(color=look.line, fill=look.line, size=42, opacity=1)
    return [
        line.transform_filter(alt.datum.valid).encode(days, value),
        points.encode(days, value, fillOpacity=filled, tooltip="said:N"),
    ]


def _axis() -> alt.Axis:
    """The same for every layer of a panel, or they are merged into one that none of them asked for."""
    return side_axis(SIDE_PX, tickCount=3, format="d", labelExpr="datum.value % 1 ? '' : datum.label")


def _title(figure: NightlyFigure, warming_up: bool, language: Language) -> str:
    text = f"{language.say(figure.title)} ({language.say(figure.unit)})"
    few = language.say("not enough nights yet for a usual range")
    return f"{text} – {few}" if warming_up else text


def _rows(figure: NightlyFigure, shown: Sequence[NightReport], language: Language) -> list[Row]:
    told = []
    for report in shown:
        value = figure.of(report)
        if value is not None:
            said = f"{language.day(report.night)} · {figure.in_words(value, language)}"
            if not report.valid:
                said += f" · {language.say('told in part only')}"
            scaled = round(value / figure.scale, 2)
            told.append({"day": report.night.toordinal(), "value": scaled, "valid": report.valid, "said": said})
    return told


def _day_labels(span: tuple[date, date], language: Language) -> dict[int, str]:
    nights = (span[1] - span[0]).days + 1
    step = max(1, -(-nights // LABELS_MAX))
    days = [span[1] - timedelta(days=back) for back in range(0, nights, step)]
    return {day.toordinal(): language.short_day(day) for day in reversed(days)}
