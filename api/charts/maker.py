"""What the belt's maker tells of a night, as a band of its own below ours: theirs and ours are not mixed."""

from itertools import groupby
from typing import Any, Final

import altair as alt

from api.charts.look import SIDE_PX, Drawing, Look, Tables, panel_title, side_axis
from api.languages import Language
from api.report_words import MAKER_STAGES
from domain.reports import MakerStage, NightReport, SleepState
from domain.units import SECOND_MS

LANE_PX: Final = 17
LANES: Final = (MakerStage.AWAKE, MakerStage.REM, MakerStage.LIGHT, MakerStage.DEEP)
"""From above, as hypnograms are drawn."""


def maker_band(
    report: NightReport, language: Language, look: Look, hours: alt.X, tables: Tables, *, width: int
) -> list[Drawing]:
    """The band with its title; nothing where the maker told too little."""
    if not any(report.epochs.maker):
        return []
    words = {stage: language.say(MAKER_STAGES[stage]) for stage in LANES}
    lane = alt.Y(
        "lane:N",
        scale=alt.Scale(domain=list(words.values()), paddingInner=0.2),
        axis=side_axis(domain=False, ticks=False, labelLimit=SIDE_PX),
    )
    colours = [look.states[SleepState.AWAKE if stage is MakerStage.AWAKE else SleepState.ASLEEP] for stage in LANES]
    colour = alt.Color("lane:N", scale=alt.Scale(domain=list(words.values()), range=colours), legend=None)
    bars = alt.Chart(tables.add("maker", _rows(report, words))).mark_rect(opacity=0.6)
    title = panel_title(language.say("Sleep as the belt's maker estimates it"), look)
    band: Drawing = bars.encode(hours, alt.X2("to"), lane, colour)
    return [band.properties(width=width, height=LANE_PX * len(LANES), title=title)]


def _rows(report: NightReport, words: dict[MakerStage, str]) -> list[dict[str, Any]]:
    """Epochs of the same stage in a row, the last one cut at the night's end."""
    at, found = report.epochs.start_at, list[dict[str, Any]]()
    for stage, run in groupby(report.epochs.maker):
        until = at + len(list(run)) * report.epochs.length_s * SECOND_MS
        if stage is not None:
            found.append({"at": at, "to": min(until, report.end_at), "lane": words[stage]})
        at = until
    return found
