"""The variables on top of the dashboards. They show ids and the names of rooms and beds, never people's."""

from typing import Final

from grafana_foundation_sdk.builders.dashboard import QueryVariable
from grafana_foundation_sdk.models.dashboard import VariableHide, VariableRefresh, VariableSort

from dashboards import variable_queries
from dashboards.dataqueries import Query
from dashboards.sources import source

CENTER: Final = "center"
ROOM: Final = "room"
RESIDENT: Final = "resident"
SPAN: Final = "span"


def center() -> QueryVariable:
    return _asked(CENTER, variable_queries.CENTERS, VariableRefresh.ON_DASHBOARD_LOAD).label("Centre")


def room() -> QueryVariable:
    """One room, several or all."""
    asked = _asked(ROOM, variable_queries.ROOMS, VariableRefresh.ON_DASHBOARD_LOAD)
    return asked.label("Room").multi(True).include_all(True)


def resident() -> QueryVariable:
    """Who lay in those rooms at some time of the range shown."""
    asked = _asked(RESIDENT, variable_queries.RESIDENTS, VariableRefresh.ON_TIME_RANGE_CHANGED)
    return asked.label("Resident")


def span() -> QueryVariable:
    """Which bed and belt of the resident's, when there were several in the range; the latest first."""
    asked = _asked(SPAN, variable_queries.SPANS, VariableRefresh.ON_TIME_RANGE_CHANGED)
    return asked.label("Belt and bed")


def span_parts() -> list[QueryVariable]:
    """The belt and the two ends of the chosen span, not shown."""
    return [
        _asked(name, query, VariableRefresh.ON_TIME_RANGE_CHANGED).hide(VariableHide.HIDE_VARIABLE)
        for name, query in variable_queries.SPAN_PART.items()
    ]


def _asked(name: str, query: Query, refresh: VariableRefresh) -> QueryVariable:
    variable = QueryVariable(name).query(query.text).datasource(source(query.source))
    return variable.refresh(refresh).sort(VariableSort.DISABLED)
