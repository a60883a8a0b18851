"""Queries of the dashboards run on the real engines, in the shape in which Grafana hands them to a panel."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.error import HTTPError

import psycopg

from dashboards.dataqueries import Query, Shape
from dashboards.sources import RECORDS
from tests.grafana import View, influxql, sql
from tests.integration.grafana_nights import DATABASES, ROLE, ROLE_PASSWORD, Nights


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """Rows under columns; `names` are those of the series, empty for a table."""

    columns: tuple[str, ...]
    rows: Sequence[tuple[Any, ...]]
    names: frozenset[str] = frozenset()

    def column(self, name: str) -> list[Any]:
        place = self.columns.index(name)
        return [row[place] for row in self.rows]


class RefusedByEngineError(Exception):
    """The engine cannot carry out the query."""


def run(query: Query, view: View, nights: Nights) -> Frame:
    """What the query gives. RefusedByEngineError in the engine's words."""
    return _records(query, view, nights) if query.source == RECORDS else _influx(query, view, nights)


def faults(query: Query, frame: Frame) -> list[str]:
    """What is wrong with an answer: other columns than promised, no rows, an empty column, a nameless series."""
    if frame.columns != query.columns:
        return [f"columns {frame.columns}, promised {query.columns}"]
    if not frame.rows:
        return ["no rows"]
    empty = [name for name in frame.columns if not any(value is not None for value in frame.column(name))]
    unnamed = [name for name in frame.names if not name or "$" in name]
    return [f"nothing in column {name!r}" for name in empty] + [f"a series called {name!r}" for name in unnamed]


def verdict(query: Query, view: View, nights: Nights) -> list[str]:
    """The faults of a query, an engine's refusal among them; empty when all is well."""
    try:
        return faults(query, run(query, view, nights))
    except RefusedByEngineError as error:
        return [str(error)]


def _records(query: Query, view: View, nights: Nights) -> Frame:
    """As Grafana's role, with what it may see."""
    try:
        with psycopg.connect(
            host=nights.postgres.host,
            port=nights.postgres.port,
            user=ROLE,
            password=ROLE_PASSWORD,
            dbname=nights.database,
        ) as connection:
            cursor = connection.execute(sql(query.text, view).encode())
            rows = cursor.fetchall()
            columns = tuple(column.name for column in cursor.description or ())
    except psycopg.Error as error:
        raise RefusedByEngineError(str(error)) from error
    names = (
        frozenset(str(row[columns.index("metric")]) for row in rows) if "metric" in columns else frozenset(columns[1:])
    )
    return Frame(columns=columns, rows=rows, names=names if query.shape is Shape.SERIES else frozenset())


def _influx(query: Query, view: View, nights: Nights) -> Frame:
    try:
        found = nights.influx.query(influxql(query.text, view), DATABASES[query.source])
    except AssertionError as error:
        raise RefusedByEngineError(str(error)) from error
    except HTTPError as error:
        with error:
            raise RefusedByEngineError(error.read().decode()) from error
    if not found:
        return Frame(columns=query.columns, rows=[])
    if query.shape is Shape.TABLE:
        tags = list(found[0].get("tags", {}))
        columns = ("Time", *tags, *found[0]["columns"][1:])
        rows = [
            (row[0], *(series["tags"][tag] for tag in tags), *row[1:]) for series in found for row in series["values"]
        ]
        return Frame(columns=columns, rows=rows)
    columns = ("Time", *found[0]["columns"][1:])
    names = {_named(query.alias, column, series.get("tags", {})) for series in found for column in columns[1:]}
    return Frame(columns=columns, rows=[tuple(r) for s in found for r in s["values"]], names=frozenset(names))


def _named(alias: str, column: str, tags: Mapping[str, str]) -> str:
    """A series by its alias, as Grafana names it."""
    name = alias.replace("$col", column)
    for tag, value in tags.items():
        name = name.replace(f"$tag_{tag}", value)
    return name
