"""The centre overview: who is in bed, what is open, what was raised, and how soon somebody went."""

from itertools import cycle

from grafana_foundation_sdk.builders.common import StackingConfig, VizLegendOptions
from grafana_foundation_sdk.builders.dashboard import Dashboard, Row
from grafana_foundation_sdk.builders.stat import Panel as Stat
from grafana_foundation_sdk.builders.table import Panel as Table
from grafana_foundation_sdk.builders.timeseries import Panel as Timeseries
from grafana_foundation_sdk.models.common import (
    BigValueColorMode,
    BigValueGraphMode,
    BigValueTextMode,
    GraphDrawStyle,
    LegendDisplayMode,
    LegendPlacement,
    StackingMode,
    VisibilityMode,
    VizOrientation,
)

from dashboards import look, readings_queries, variables
from dashboards import records_queries as asked
from dashboards.frame import CENTER_UID, dashboard, resident_link
from domain.alarms import Rule

RESPONSE_LATE_MS = 60_000
RESPONSE_VERY_LATE_MS = 180_000
"""When the next post and then the shift lead would be called (design section 5: 60 s, 180 s)."""


def center_overview() -> Dashboard:
    board = dashboard(
        CENTER_UID,
        "Nightbelt: centre overview",
        "The beds of a centre as last known, its alarms, and how soon somebody went.",
        variables=[variables.center(), variables.room()],
        refresh="30s",
        since="now-24h",
    )
    board.with_row(Row("Now")).with_panel(_beds()).with_panel(_mounted()).with_panel(belts_heard(4))
    board.with_panel(_open_alarms())
    board.with_panel(_rooms())
    board.with_row(Row("Alarms in the time shown")).with_panel(_response()).with_panel(_response_over_time())
    board.with_panel(_by_rule()).with_panel(_by_outcome()).with_panel(_alarms())
    return board


def numbers(colour: str = look.MUTED) -> Stat:
    """Several numbers side by side, each with its name."""
    return (
        Stat()
        .orientation(VizOrientation.VERTICAL)
        .text_mode(BigValueTextMode.VALUE_AND_NAME)
        .graph_mode(BigValueGraphMode.NONE)
        .color_mode(BigValueColorMode.VALUE)
        .color_scheme(look.fixed(colour))
        .reduce_options(look.last_value())
        .no_value("none")
    )


def bars() -> Timeseries:
    """Counts by interval, stacked."""
    return (
        Timeseries()
        .draw_style(GraphDrawStyle.BARS)
        .fill_opacity(80)
        .line_width(0)
        .show_points(VisibilityMode.NEVER)
        .stacking(StackingConfig().mode(StackingMode.NORMAL).group("A"))
        .legend(legend_below())
        .min(0)
        .decimals(0)
        .interval("1h")
        .max_data_points(100)
    )


def legend_below() -> VizLegendOptions:
    return (
        VizLegendOptions()
        .display_mode(LegendDisplayMode.LIST)
        .placement(LegendPlacement.BOTTOM)
        .show_legend(True)
        .calcs([])
    )


def _beds() -> Stat:
    panel = look.asking(
        numbers(),
        asked.BEDS_NOW,
        title="Beds with a resident",
        says="Where each resident is by the last change of occupancy that was stored. A belt that has fallen silent "
        "since keeps its last word here: fewer belts heard than mounted tell. "
        "From PostgreSQL: stays, mountings, bed_states.",
        width=9,
        height=5,
    )
    for name, colour in (("in bed", look.IN), ("out of bed", look.OUT), ("unknown", look.UNSURE)):
        panel.override_by_name(name, [look.coloured(colour)])
    return panel


def _mounted() -> Stat:
    return look.asking(
        numbers(),
        asked.BELTS_MOUNTED,
        title="Belts mounted",
        says="Belts on beds of the whole centre. From PostgreSQL: mountings.",
        width=4,
        height=5,
    )


def belts_heard(width: int) -> Stat:
    return look.asking(
        numbers(look.IN).no_value("0"),
        readings_queries.BELTS_HEARD,
        title="Belts heard",
        says="Belts of the whole centre of which a reading came within "
        f"{readings_queries.SILENT_AFTER_S} s of the end of the time shown: fewer than are mounted means silent "
        "belts. From InfluxDB: readings.received_at.",
        width=width,
        height=5,
    )


def _open_alarms() -> Stat:
    panel = look.asking(
        numbers(),
        asked.OPEN_ALARMS,
        title="Open alarms",
        says="Alarms that stand now, whatever the time shown, those of no bed among them. From PostgreSQL: alarms.",
        width=7,
        height=5,
    ).color_scheme(look.by_thresholds())
    panel.thresholds(look.steps(look.IN, (1, look.MEDIUM)))
    return panel.override_by_name(
        "nobody is going", [look.prop("thresholds", look.steps(look.IN, (1, look.HIGH)).build())]
    )


def _rooms() -> Table:
    panel = look.asking(
        look.table(),
        asked.ROOMS_NOW,
        title="Rooms",
        says="Each room's beds and residents now, by the last change of occupancy that was stored, with the alarms "
        "that stand and those raised in the time shown. From PostgreSQL: beds, stays, bed_states, alarms.",
        width=look.FULL_WIDTH,
        height=8,
    )
    for name, colour in (("in bed", look.IN), ("out of bed", look.OUT), ("unknown", look.UNSURE)):
        panel.override_by_name(name, look.by_limits(look.steps(look.MUTED, (1, colour))))
    return panel.override_by_name("open alarms", look.by_limits(look.steps(look.MUTED, (1, look.HIGH))))


def _response() -> Stat:
    panel = look.asking(
        numbers(),
        asked.RESPONSE,
        title="From alarm to somebody going",
        says="How long alarms raised in the time shown waited until somebody took them, and how many nobody took: "
        "those resolved by themselves or by a person without it, and those that still stand. "
        "From PostgreSQL: alarms.raised_at, acknowledged_at.",
        width=8,
        height=8,
    ).unit(look.LENGTH_MS)
    panel.color_scheme(look.by_thresholds())
    panel.thresholds(look.steps(look.IN, (RESPONSE_LATE_MS, look.MEDIUM), (RESPONSE_VERY_LATE_MS, look.HIGH)))
    return panel.override_by_name("never acknowledged", [look.unit("none"), look.coloured(look.MUTED)])


def _response_over_time() -> Timeseries:
    panel = look.asking(
        Timeseries(),
        asked.RESPONSE_OVER_TIME,
        title="From alarm to somebody going, by hour",
        says="The same by the hour (longer where the time shown is long) in which the alarm was raised; an hour "
        "without an acknowledged alarm has no point. From PostgreSQL: alarms.raised_at, acknowledged_at.",
        width=16,
        height=8,
    )
    panel.unit(look.LENGTH_MS).min(0).interval("1h").max_data_points(100)
    panel.draw_style(GraphDrawStyle.POINTS).point_size(8).show_points(VisibilityMode.ALWAYS).legend(legend_below())
    panel.override_by_name("half within", [look.coloured(look.IN)])
    return panel.override_by_name("nine of ten within", [look.coloured(look.MEDIUM)])


def _by_rule() -> Timeseries:
    panel = look.asking(
        bars(),
        asked.ALARMS_BY_RULE,
        title="Alarms by rule",
        says="Alarms raised, by rule. From PostgreSQL: alarms.",
        width=12,
        height=8,
    )
    for rule, colour in zip(Rule, cycle((look.HIGH, look.MEDIUM, look.LOW, look.UNSURE, look.OUT)), strict=False):
        panel.override_by_name(rule, [look.coloured(colour)])
    return panel


def _by_outcome() -> Timeseries:
    panel = look.asking(
        bars(),
        asked.ALARMS_BY_OUTCOME,
        title="Alarms by outcome",
        says="The same alarms by what the person who went found; without an outcome, whether the alarm still stands. "
        "From PostgreSQL: alarms.",
        width=12,
        height=8,
    )
    for outcome, colour in look.OUTCOME_COLOURS.items():
        panel.override_by_name(outcome, [look.coloured(colour)])
    return panel


def _alarms() -> Table:
    panel = look.asking(
        look.table(),
        asked.ALARMS,
        title="Alarms",
        says=f"The newest {asked.ALARMS_LISTED_MOST} alarms raised in the time shown; a resident's id leads to the "
        "night. From PostgreSQL: alarms.",
        width=look.FULL_WIDTH,
        height=12,
    )
    panel.override_by_name("priority", look.painted(look.PRIORITY_WORDS))
    panel.override_by_name("state", look.painted(look.STATE_WORDS))
    panel.override_by_name("outcome", look.painted(look.OUTCOME_WORDS))
    for length in ("acknowledged after", "lasted"):
        panel.override_by_name(length, [look.unit(look.LENGTH_MS)])
    return panel.override_by_name("resident", [resident_link()])
