"""How the dashboards look: the board's colours, units, thresholds, and the ways to put them on a panel."""

from collections.abc import Mapping
from typing import Any, Final, Protocol, Self, TypeVar

from grafana_foundation_sdk.builders.common import ReduceDataOptions
from grafana_foundation_sdk.builders.dashboard import FieldColor, ThresholdsConfig
from grafana_foundation_sdk.builders.table import Panel as Table
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.variants import Dataquery
from grafana_foundation_sdk.models.common import TableCellHeight
from grafana_foundation_sdk.models.dashboard import (
    DataSourceRef,
    DataTransformerConfig,
    DynamicConfigValue,
    FieldColorModeId,
    Threshold,
    ValueMap,
    ValueMappingResult,
)

from dashboards.dataqueries import Query, Ready, Target
from dashboards.sources import MIXED, source
from domain.alarms import AlarmState, Outcome, Priority

IN: Final = "#5fd0a5"
OUT: Final = "#86bdff"
UNSURE: Final = "#cdb8ff"
HIGH: Final = "#ff5c57"
MEDIUM: Final = "#ffc933"
LOW: Final = "#57dbe8"
MUTED: Final = "#a9bac9"

BPM: Final = "suffix:bpm"
PER_MINUTE: Final = "suffix:/min"
PERCENT: Final = "percent"
SHARE: Final = "percentunit"
MILLISECONDS: Final = "ms"
LENGTH_MS: Final = "dtdurationms"
"""A length of time as hours, minutes, seconds."""
AGE: Final = "dateTimeFromNow"

GAP_SHOWN_MS: Final = 60_000
"""A line is broken where nothing was told for longer: a gap is never drawn as if it had been measured."""

FULL_WIDTH: Final = 24


class _PanelBuilder(Protocol):
    """What every kind of panel of the SDK can be given."""

    def title(self, title: str) -> Self: ...

    def description(self, description: str) -> Self: ...

    def datasource(self, datasource: DataSourceRef) -> Self: ...

    def with_target(self, target: Builder[Dataquery]) -> Self: ...

    def span(self, w: int) -> Self: ...

    def height(self, h: int) -> Self: ...


AnyPanel = TypeVar("AnyPanel", bound=_PanelBuilder)


def asking(panel: AnyPanel, *queries: Query, title: str, says: str, width: int, height: int) -> AnyPanel:
    """`panel` with its queries, its heading, what it says and where from, and its size on the grid of 24 columns."""
    sources = {query.source for query in queries}
    panel.title(title).description(says).span(width).height(height)
    panel.datasource(source(sources.pop()) if len(sources) == 1 else source(MIXED))
    for ref_id, query in zip("ABCDEF", queries, strict=False):
        panel.with_target(Ready(Target(query, ref_id)))
    return panel


def table() -> Table:
    return Table().show_header(True).cell_height(TableCellHeight.SM)


def fixed(colour: str) -> FieldColor:
    """One colour for all of a panel."""
    return FieldColor().mode(FieldColorModeId.FIXED).fixed_color(colour)


def by_thresholds() -> FieldColor:
    return FieldColor().mode(FieldColorModeId.THRESHOLDS)


def steps(base: str, *rest: tuple[float, str]) -> ThresholdsConfig:
    """`base` below the first threshold, then each colour from its value on."""
    return ThresholdsConfig().steps([Threshold(value=None, color=base), *(Threshold(v, c) for v, c in rest)])


def words(said: Mapping[str, tuple[str | None, str]]) -> ValueMap:
    """Values as (text, colour); None leaves the value as its own text."""
    options = {
        value: ValueMappingResult(text=text or value, color=colour, index=place)
        for place, (value, (text, colour)) in enumerate(said.items())
    }
    return ValueMap(options=options)


def prop(name: str, value: Any) -> DynamicConfigValue:
    """One property of an override."""
    return DynamicConfigValue(id_val=name, value=value)


def coloured(colour: str) -> DynamicConfigValue:
    return prop("color", {"mode": "fixed", "fixedColor": colour})


def unit(name: str) -> DynamicConfigValue:
    return prop("unit", name)


def painted(*maps: ValueMap) -> list[DynamicConfigValue]:
    """A table's column whose words carry their colour."""
    return [prop("mappings", list(maps)), prop("custom.cellOptions", {"type": "color-text"})]


def by_limits(limits: ThresholdsConfig) -> list[DynamicConfigValue]:
    """A table's column whose numbers carry the colour of their threshold."""
    return [prop("thresholds", limits.build()), prop("custom.cellOptions", {"type": "color-text"})]


def last_value() -> ReduceDataOptions:
    """The newest value of each column of numbers."""
    return ReduceDataOptions().calcs(["lastNotNull"]).fields("").values(False)


def every_row() -> ReduceDataOptions:
    """A bar for each row."""
    return ReduceDataOptions().calcs([]).fields("").values(True)


def joined_by(column: str) -> DataTransformerConfig:
    """One table of all queries, by a column that each has."""
    return DataTransformerConfig(id_val="joinByField", options={"byField": column, "mode": "outer"})


def without(*columns: str) -> DataTransformerConfig:
    return DataTransformerConfig(id_val="organize", options={"excludeByName": dict.fromkeys(columns, True)})


PRIORITY_WORDS: Final = words({Priority.HIGH: (None, HIGH), Priority.MEDIUM: (None, MEDIUM), Priority.LOW: (None, LOW)})
STATE_WORDS: Final = words(
    {AlarmState.ACTIVE: (None, HIGH), AlarmState.ACKNOWLEDGED: (None, IN), AlarmState.RESOLVED: (None, MUTED)}
)
OUTCOME_COLOURS: Final = {
    Outcome.HELPED: IN,
    Outcome.NO_HELP_NEEDED: LOW,
    Outcome.FALSE_ALARM: MEDIUM,
    Outcome.ESCALATED: HIGH,
}
OUTCOME_WORDS: Final = words({outcome: (None, colour) for outcome, colour in OUTCOME_COLOURS.items()})
