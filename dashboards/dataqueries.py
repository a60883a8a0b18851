"""Queries, and how Grafana's data sources want them written.

The SDK has no types for these two data sources; a type of ours follows its rules for custom queries.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Generic, Self, TypeVar

from grafana_foundation_sdk.cog import runtime
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.variants import Dataquery
from grafana_foundation_sdk.models.dashboard import AnnotationTarget

from dashboards.sources import MINUTES, READINGS, RECORDS, SOURCE_TYPES, SourceType

Built_co = TypeVar("Built_co", covariant=True)


class Shape(StrEnum):
    """What Grafana makes of the rows."""

    SERIES = "time_series"
    TABLE = "table"


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A query of one data source (uid). `columns` are those it gives, in order; the tests ask the engines.

    `alias` names the series of InfluxDB; without it a series is named by measurement and column.
    """

    source: str
    text: str
    columns: tuple[str, ...]
    shape: Shape = Shape.TABLE
    alias: str = ""


def records(text: str, *columns: str, shape: Shape = Shape.TABLE) -> Query:
    """A query of PostgreSQL."""
    return Query(source=RECORDS, text=text.strip(), columns=columns, shape=shape)


def readings(text: str, *columns: str, alias: str = "", shape: Shape = Shape.SERIES) -> Query:
    """A query of the raw readings, InfluxQL."""
    return Query(source=READINGS, text=text.strip(), columns=("Time", *columns), shape=shape, alias=alias)


def minutes(text: str, *columns: str, alias: str = "", shape: Shape = Shape.SERIES) -> Query:
    """A query of the readings by the minute, InfluxQL."""
    return Query(source=MINUTES, text=text.strip(), columns=("Time", *columns), shape=shape, alias=alias)


class Target(Dataquery):
    """A query as a panel holds it; `ref_id` names it within the panel."""

    def __init__(self, query: Query, ref_id: str) -> None:
        self.query = query
        self.ref_id = ref_id

    def to_json(self) -> dict[str, object]:
        kind = SOURCE_TYPES[self.query.source]
        written = _SQL_KEYS if kind is SourceType.POSTGRES else _INFLUXQL_KEYS
        return {
            "datasource": {"type": kind, "uid": self.query.source},
            "refId": self.ref_id,
            written.text: self.query.text,
            written.shape: self.query.shape,
            **written.fixed,
            **({"alias": self.query.alias} if self.query.alias else {}),
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """What `to_json` wrote; the columns are not in it."""
        uid = data["datasource"]["uid"]
        written = _SQL_KEYS if SOURCE_TYPES[uid] is SourceType.POSTGRES else _INFLUXQL_KEYS
        query = Query(
            source=uid,
            text=data[written.text],
            columns=(),
            shape=Shape(data[written.shape]),
            alias=data.get("alias", ""),
        )
        return cls(query, data["refId"])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Keys:
    """How a data source calls the text and the shape, and what it wants besides."""

    text: str
    shape: str
    fixed: dict[str, object]


_SQL_KEYS: Final = _Keys(text="rawSql", shape="format", fixed={"rawQuery": True, "editorMode": "code"})
_INFLUXQL_KEYS: Final = _Keys(text="query", shape="resultFormat", fixed={"rawQuery": True})


class SqlAnnotation(AnnotationTarget):
    """An annotation's query. The SDK knows only that of Grafana's own annotations; Grafana takes any."""

    def __init__(self, query: Query) -> None:
        super().__init__()
        self.query = query

    def to_json(self) -> dict[str, object]:
        return Target(self.query, "Anno").to_json()


class Ready(Builder[Built_co], Generic[Built_co]):
    """A builder of what is there already, for the SDK's methods that take builders."""

    def __init__(self, built: Built_co) -> None:
        self._built = built

    def build(self) -> Built_co:
        return self._built


def register_queries() -> None:
    """Tell the SDK's reader of JSON about our queries."""
    for kind in SourceType:
        runtime.register_dataquery_variant(runtime.DataqueryConfig(identifier=kind, from_json_hook=Target.from_json))
