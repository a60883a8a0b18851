"""The belt fleet: batteries, silence, clocks and signal, and how much each belt tells."""

from typing import Final

from grafana_foundation_sdk.builders.bargauge import Panel as BarGauge
from grafana_foundation_sdk.builders.dashboard import Dashboard, Row
from grafana_foundation_sdk.builders.stat import Panel as Stat
from grafana_foundation_sdk.builders.table import Panel as Table
from grafana_foundation_sdk.builders.timeseries import Panel as Timeseries
from grafana_foundation_sdk.models.common import BarGaugeDisplayMode, VisibilityMode, VizOrientation

from dashboards import look, variables
from dashboards import readings_queries as told
from dashboards import records_queries as asked
from dashboards.center import belts_heard, legend_below, numbers
from dashboards.frame import BELTS_UID, dashboard, resident_link
from dashboards.resident import WEAK_SIGNAL

BATTERY_EMPTY: Final = 10
"""Percent from which on a battery will not last the night (own choice)."""
CLOCK_OFF_MS: Final = 30_000
CLOCK_FAR_OFF_MS: Final = 300_000
"""A belt's clock is believed to within 30 s (docs/rules.md); five minutes off shows in every table and chart."""

BATTERY_STEPS: Final = ((BATTERY_EMPTY, look.MEDIUM), (asked.BATTERY_LOW, look.IN))
CLOCK_STEPS: Final = (
    (-CLOCK_FAR_OFF_MS, look.MEDIUM),
    (-CLOCK_OFF_MS, look.IN),
    (CLOCK_OFF_MS, look.MEDIUM),
    (CLOCK_FAR_OFF_MS, look.HIGH),
)


def belt_fleet() -> Dashboard:
    board = dashboard(
        BELTS_UID,
        "Nightbelt: belts",
        "The belts of a centre: who is silent, whose battery is low, whose clock is wrong, whose signal is weak.",
        variables=[variables.center(), variables.room()],
        refresh="1m",
        since="now-24h",
    )
    board.with_row(Row("Now")).with_panel(_counts()).with_panel(belts_heard(9)).with_panel(_belts())
    board.with_panel(_batteries()).with_panel(_clocks())
    board.with_row(Row("Over time, all belts of the centre")).with_panel(_signal()).with_panel(_rate())
    return board.with_panel(_rate_in_all())


def _counts() -> Stat:
    panel = look.asking(
        numbers(),
        asked.FLEET_COUNTS,
        title="Belts on beds",
        says=f"Belts mounted now; those with less than {asked.BATTERY_LOW} % of battery, those that said, or whose "
        "last will said, that they are offline, and those that never told anything of themselves. "
        "From PostgreSQL: mountings, belt_statuses.",
        width=15,
        height=5,
    ).color_scheme(look.by_thresholds())
    panel.thresholds(look.steps(look.IN, (1, look.MEDIUM)))
    return panel.override_by_name("mounted", [look.coloured(look.MUTED)])


def _belts() -> Table:
    panel = look.asking(
        look.table(),
        asked.BELTS,
        told.LAST_HEARD,
        told.SIGNAL_BY_BELT,
        title="Belts",
        says="Each mounted belt: what it last told of itself, when its newest reading came (of the last "
        f"{told.LOOK_BACK}), its mean signal in the time shown, and how far its clock stood ahead of ours at the last "
        "change that was stored. Belts without a bed are those that report and are not mounted in the rooms chosen. "
        "From PostgreSQL (mountings, belt_statuses, bed_states) and InfluxDB (readings).",
        width=look.FULL_WIDTH,
        height=14,
    )
    panel.with_transformation(look.joined_by("belt")).with_transformation(look.without("Time", "Time 1", "Time 2"))
    panel.override_by_name("last heard", [look.unit(look.AGE)])
    panel.override_by_name("status told", [look.unit(look.AGE)])
    panel.override_by_name("battery", [look.unit(look.PERCENT), *look.by_limits(look.steps(look.HIGH, *BATTERY_STEPS))])
    panel.override_by_name(
        "clock ahead", [look.unit(look.MILLISECONDS), *look.by_limits(look.steps(look.HIGH, *CLOCK_STEPS))]
    )
    weak = look.steps(look.MEDIUM, (WEAK_SIGNAL, look.IN))
    panel.override_by_name("signal", [look.prop("decimals", 0), *look.by_limits(weak)])
    panel.override_by_name("online", look.painted(look.words({"true": ("yes", look.IN), "false": ("no", look.HIGH)})))
    return panel.override_by_name("resident", [resident_link()])


def _bars(steps: tuple[tuple[float, str], ...]) -> BarGauge:
    return (
        BarGauge()
        .orientation(VizOrientation.HORIZONTAL)
        .display_mode(BarGaugeDisplayMode.BASIC)
        .reduce_options(look.every_row())
        .color_scheme(look.by_thresholds())
        .thresholds(look.steps(look.HIGH, *steps))
    )


def _batteries() -> BarGauge:
    panel = look.asking(
        _bars(BATTERY_STEPS),
        asked.BATTERIES,
        title="Batteries",
        says=f"The {asked.BARS_SHOWN_MOST} emptiest, as last told. From PostgreSQL: belt_statuses.",
        width=12,
        height=12,
    )
    return panel.unit(look.PERCENT).min(0).max(100)


def _clocks() -> BarGauge:
    panel = look.asking(
        _bars(CLOCK_STEPS),
        asked.CLOCKS,
        title="Clocks",
        says=f"How far ahead of ours the {asked.BARS_SHOWN_MOST} clocks stand that are most wrong, as last stored; "
        "below zero: behind. From PostgreSQL: bed_states.clock_offset_ms.",
        width=12,
        height=12,
    )
    return panel.unit(look.MILLISECONDS)


def _by_belt(panel: Timeseries) -> Timeseries:
    return panel.interval("5m").show_points(VisibilityMode.NEVER).legend(legend_below()).min(0)


def _signal() -> Timeseries:
    panel = look.asking(
        Timeseries(),
        told.SIGNAL_OVER_TIME,
        title="Signal quality",
        says="Mean of each interval by belt, 0 to 100; somebody must lie there. From InfluxDB: readings.",
        width=look.FULL_WIDTH,
        height=9,
    )
    return _by_belt(panel).max(100).decimals(0)


def _rate() -> Timeseries:
    panel = look.asking(
        Timeseries(),
        told.READINGS_PER_MINUTE,
        title="Readings per minute by belt",
        says="What each belt tells; a gap is silence. From InfluxDB: minutes.",
        width=12,
        height=9,
    )
    return _by_belt(panel)


def _rate_in_all() -> Timeseries:
    panel = look.asking(
        Timeseries(),
        told.READINGS_IN_ALL,
        title="Readings per minute in all",
        says="What all belts of the centre tell. From InfluxDB: minutes.",
        width=12,
        height=9,
    )
    return _by_belt(panel).color_scheme(look.fixed(look.IN))
