"""Two nights of a resident, one above the other, hour under hour."""

from collections.abc import Sequence
from typing import Any, Final

import altair as alt

from api.charts.hours import hour_ticks, labelled_axis
from api.charts.look import Drawing, Look, Tables, dressed, panel_title, side_axis
from api.charts.night import ChartNight, bin_means, minute_rows, said, stretches
from api.languages import Language
from api.report_words import STATES
from domain.reports import SleepState

LANE_PX: Final = 30
RATE_PX: Final = 110
DRAWN: Final = (SleepState.ASLEEP, SleepState.AWAKE, SleepState.OUT, SleepState.UNKNOWN)

Row = dict[str, Any]


def compare_chart(nights: Sequence[ChartNight], language: Language, look: Look, *, width: int) -> Row:
    """The states of both nights, and their heart rates; hours count from the beginning of each night."""
    first = nights[0]
    length = max(night.report.end_at - night.report.start_at for night in nights)
    ticks = hour_ticks(first.report.start_at, first.report.start_at + length, first.zone)
    labels = {at - first.report.start_at: language.clock_time(at, first.zone) for at in ticks}
    scale = alt.Scale(domain=[0, length], nice=False)
    hours = alt.X("at:Q", scale=scale, axis=labelled_axis(labels, grid=True))
    tables = Tables()
    names = [language.short_day(night.report.night) for night in nights]
    states = _states(
        tables.add("states", _state_rows(nights, names, language)), names, language, look, hours
    ).properties(width=width, height=LANE_PX * len(nights))
    rates = _rates(tables.add("rates", _rate_rows(nights, names)), names, look, hours).properties(
        width=width, height=RATE_PX, title=panel_title(language.say("Heart rate, per minute"), look)
    )
    return dressed(alt.vconcat(states, rates, spacing=14).resolve_scale(color="independent"), look, tables)


def _state_rows(nights: Sequence[ChartNight], names: Sequence[str], language: Language) -> list[Row]:
    return [
        {
            "at": part.start_at - night.report.start_at,
            "to": part.end_at - night.report.start_at,
            "night": name,
            "state": language.say(STATES[part.state]),
            "said": f"{name} · {said(part, language, night.zone)}",
        }
        for night, name in zip(nights, names, strict=True)
        for part in stretches(night.report)
    ]


def _rate_rows(nights: Sequence[ChartNight], names: Sequence[str]) -> list[Row]:
    """By five minutes: two lines by the minute hide each other."""
    return [
        {"at": at - night.report.start_at, "rate": means["heart_rate"], "night": name}
        for night, name in zip(nights, names, strict=True)
        for at, _, means in bin_means(minute_rows(night.minutes, night.report.start_at, night.report.end_at))
    ]


def _states(rows: alt.NamedData, names: Sequence[str], language: Language, look: Look, hours: alt.X) -> Drawing:
    words = {state: language.say(STATES[state]) for state in DRAWN}
    colours = alt.Color(
        "state:N",
        scale=alt.Scale(domain=list(words.values()), range=[look.states[state] for state in words]),
        legend=alt.Legend(title=None, orient="top", columns=2, labelFontSize=look.letters_px),
    )
    lane = alt.Y(
        "night:N",
        scale=alt.Scale(domain=list(names), paddingInner=0.25),
        axis=side_axis(domain=False, ticks=False),
    )
    return alt.Chart(rows).mark_rect().encode(hours, alt.X2("to"), lane, colours, tooltip="said:N")


def _rates(rows: alt.NamedData, names: Sequence[str], look: Look, hours: alt.X) -> Drawing:
    colours = alt.Color(
        "night:N",
        scale=alt.Scale(domain=list(names), range=[look.line, look.second]),
        legend=alt.Legend(title=None, orient="top", labelFontSize=look.letters_px),
    )
    dashes = alt.StrokeDash("night:N", scale=alt.Scale(domain=list(names), range=[[1, 0], [5, 3]]), legend=None)
    value = alt.Y("rate:Q", scale=alt.Scale(zero=False, nice=True), axis=side_axis(tickCount=4))
    return alt.Chart(rows).mark_line(strokeWidth=1.5).encode(hours, value, colours, dashes)
