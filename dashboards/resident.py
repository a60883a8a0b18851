"""A resident's night: heart, breath, movement and occupancy from one belt, with the alarms drawn in."""

from typing import Final

from grafana_foundation_sdk.builders.common import GraphThresholdsStyleConfig, VizLegendOptions
from grafana_foundation_sdk.builders.dashboard import AnnotationQuery, Dashboard, DashboardLink, Row
from grafana_foundation_sdk.builders.statetimeline import Panel as StateTimeline
from grafana_foundation_sdk.builders.table import Panel as Table
from grafana_foundation_sdk.builders.timeseries import Panel as Timeseries
from grafana_foundation_sdk.models.common import (
    AxisPlacement,
    GraphDrawStyle,
    GraphTresholdsStyleMode,
    LineInterpolation,
    VisibilityMode,
)
from grafana_foundation_sdk.models.dashboard import AnnotationTarget, DashboardLinkType

from dashboards import look, variables
from dashboards import readings_queries as told
from dashboards import records_queries as asked
from dashboards.center import bars, legend_below
from dashboards.dataqueries import Query, Ready, SqlAnnotation
from dashboards.frame import RESIDENT_UID, dashboard
from dashboards.sources import source

SLOWEST_BELT: Final = "10s"
"""The longest common interval of belts: shorter steps would show gaps that are none."""
WEAK_SIGNAL: Final = 30
"""Signal quality under which rates are doubtful (own choice)."""

_FROM_READINGS: Final = "From InfluxDB: readings."
_FROM_MINUTES: Final = "From InfluxDB: minutes."


def resident_night() -> Dashboard:
    board = dashboard(
        RESIDENT_UID,
        "Nightbelt: resident's night",
        "What one resident's belt told, while it reported for this resident and for nobody else, and the alarms.",
        variables=[
            variables.center(),
            variables.room(),
            variables.resident(),
            variables.span(),
            *variables.span_parts(),
        ],
        refresh="1m",
        since="now-14h",
    )
    board.annotation(_alarms_drawn()).link(_last_night())
    board.with_panel(_occupancy()).with_panel(_heart_rate()).with_panel(_breathing_rate()).with_panel(_movement())
    board.with_panel(_turn_overs()).with_panel(_signal()).with_panel(_alarms())
    board.with_row(Row("By the hour, for many nights")).with_panel(_heart_rate_range()).with_panel(_breathing_hours())
    return board.with_panel(_time_in_bed()).with_panel(_restlessness())


def _alarms_drawn() -> AnnotationQuery:
    drawn: AnnotationTarget = SqlAnnotation(asked.ALARM_NOTES)
    return (
        AnnotationQuery()
        .name("Alarms")
        .datasource(source(asked.ALARM_NOTES.source))
        .enable(True)
        .icon_color(look.HIGH)
        .target(Ready(drawn))
    )


def _last_night() -> DashboardLink:
    url = f"/d/{RESIDENT_UID}?from=now-1d%2Fd%2B18h&to=now%2Fd%2B10h"
    return DashboardLink("Last night").type(DashboardLinkType.LINK).url(url).include_vars(True)


def _occupancy() -> StateTimeline:
    panel = look.asking(
        StateTimeline(),
        told.OCCUPANCY,
        title="Occupancy",
        says="In bed or out of bed; a gap is unknown. An interval with any reading out of bed is shown as out of bed. "
        + _FROM_READINGS,
        width=look.FULL_WIDTH,
        height=4,
    )
    panel.mappings([look.words({"0": ("out of bed", look.OUT), "1": ("in bed", look.IN)})])
    return panel.interval(SLOWEST_BELT).fill_opacity(80).show_value(VisibilityMode.NEVER).legend(_no_legend())


def _line(query: Query, *, title: str, says: str, colour: str, unit: str, width: int) -> Timeseries:
    panel = look.asking(Timeseries(), query, title=title, says=says, width=width, height=7)
    panel.color_scheme(look.fixed(colour)).unit(unit).interval(SLOWEST_BELT)
    panel.draw_style(GraphDrawStyle.LINE).line_interpolation(LineInterpolation.LINEAR).show_points(VisibilityMode.NEVER)
    return panel.span_nulls(look.GAP_SHOWN_MS).legend(_no_legend())


def _heart_rate() -> Timeseries:
    panel = _line(
        told.HEART_RATE,
        title="Heart rate",
        says=f"Mean of each interval; a line is broken where nothing was told for a minute. {_FROM_READINGS}",
        colour=look.HIGH,
        unit=look.BPM,
        width=12,
    )
    return panel.axis_soft_min(40).axis_soft_max(100).decimals(0)


def _breathing_rate() -> Timeseries:
    panel = _line(
        told.BREATHING_RATE,
        title="Breathing rate",
        says=f"Mean of each interval; a line is broken where nothing was told for a minute. {_FROM_READINGS}",
        colour=look.LOW,
        unit=look.PER_MINUTE,
        width=12,
    )
    return panel.axis_soft_min(8).axis_soft_max(24).decimals(1)


def _movement() -> Timeseries:
    panel = _line(
        told.MOVEMENT,
        title="Movement",
        says=f"Mean of each interval, 0 to 100. {_FROM_READINGS}",
        colour=look.UNSURE,
        unit="none",
        width=12,
    )
    return panel.min(0).max(100).decimals(0).fill_opacity(20)


def _turn_overs() -> Timeseries:
    panel = look.asking(
        bars(),
        told.TURN_OVERS,
        title="Turn-overs",
        says=f"Turn-overs of each interval of at least ten minutes. {_FROM_READINGS}",
        width=12,
        height=7,
    )
    return panel.color_scheme(look.fixed(look.OUT)).interval("10m").legend(_no_legend())


def _signal() -> Timeseries:
    panel = _line(
        told.SIGNAL_QUALITY,
        title="Signal quality",
        says=f"Mean of each interval, 0 to 100; below {WEAK_SIGNAL} the rates are doubtful. {_FROM_READINGS}",
        colour=look.MUTED,
        unit="none",
        width=look.FULL_WIDTH,
    )
    panel.thresholds(look.steps(look.MEDIUM, (WEAK_SIGNAL, "transparent")))
    panel.thresholds_style(GraphThresholdsStyleConfig().mode(GraphTresholdsStyleMode.AREA))
    return panel.min(0).max(100).decimals(0)


def _alarms() -> Table:
    panel = look.asking(
        look.table(),
        asked.RESIDENT_ALARMS,
        title="Alarms",
        says="The resident's alarms of the time shown, on whatever bed, those only recorded among them. "
        "From PostgreSQL: alarms.",
        width=look.FULL_WIDTH,
        height=6,
    )
    panel.override_by_name("priority", look.painted(look.PRIORITY_WORDS))
    panel.override_by_name("state", look.painted(look.STATE_WORDS))
    panel.override_by_name("outcome", look.painted(look.OUTCOME_WORDS))
    for length in ("acknowledged after", "lasted"):
        panel.override_by_name(length, [look.unit(look.LENGTH_MS)])
    return panel


def _by_hour(query: Query, *, title: str, says: str) -> Timeseries:
    panel = look.asking(Timeseries(), query, title=title, says=f"{says} {_FROM_MINUTES}", width=12, height=7)
    panel.interval("1h").show_points(VisibilityMode.AUTO).legend(legend_below())
    return panel.draw_style(GraphDrawStyle.LINE)


def _heart_rate_range() -> Timeseries:
    panel = _by_hour(
        told.HEART_RATE_RANGE,
        title="Heart rate by the hour",
        says="Lowest, mean of the minutes and highest of each hour or longer interval.",
    )
    panel.unit(look.BPM).decimals(0)
    for name, colour in (("lowest", look.LOW), ("mean", look.HIGH), ("highest", look.MEDIUM)):
        panel.override_by_name(name, [look.coloured(colour)])
    return panel


def _breathing_hours() -> Timeseries:
    panel = _by_hour(
        told.BREATHING_RATE_BY_MINUTE,
        title="Breathing rate by the hour",
        says="Mean of the minutes of each hour or longer interval.",
    )
    return panel.unit(look.PER_MINUTE).decimals(1).color_scheme(look.fixed(look.LOW))


def _time_in_bed() -> Timeseries:
    panel = _by_hour(
        told.TIME_IN_BED,
        title="Share of the time in bed",
        says="Readings in bed among those with a known occupancy, of each hour or longer interval.",
    )
    return panel.unit(look.SHARE).min(0).max(1).color_scheme(look.fixed(look.IN)).fill_opacity(20)


def _restlessness() -> Timeseries:
    panel = _by_hour(
        told.RESTLESSNESS,
        title="Turn-overs and movement by the hour",
        says="Sum of the turn-overs and mean of the movement of each hour or longer interval.",
    )
    panel.min(0)
    panel.override_by_name("turn-overs", [look.coloured(look.OUT), look.prop("custom.drawStyle", GraphDrawStyle.BARS)])
    right = look.prop("custom.axisPlacement", AxisPlacement.RIGHT)
    return panel.override_by_name("movement", [look.coloured(look.UNSURE), right])


def _no_legend() -> VizLegendOptions:
    return legend_below().show_legend(False)
