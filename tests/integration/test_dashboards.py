"""Every query of every dashboard, on the real engines filled with a simulated night."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from grafana_foundation_sdk.models.dashboard import Dashboard, Panel

from dashboards import readings_queries, records_queries, variable_queries
from dashboards.build import built, panels
from dashboards.dataqueries import Query, SqlAnnotation, Target
from dashboards.frame import BELTS_UID, CENTER_UID, RESIDENT_UID
from dashboards.sources import MINUTES, READINGS, RECORDS
from domain.alarms import Outcome, Rule
from storage.tables import metadata
from tests.grafana import View, variables_in
from tests.integration.engines_influx import influx
from tests.integration.engines_postgres import Postgres
from tests.integration.grafana_frames import Frame, RefusedByEngineError, faults, run, verdict
from tests.integration.grafana_nights import FROM_AT, MOVED_AT, ROLE, ROLE_PASSWORD, TO_AT, Nights, nights

pytestmark = [pytest.mark.engine("influxd"), pytest.mark.engine("postgresql")]

BOARDS = {board.uid or "": board for board in built()}
FIELDS = (
    *("heart_rate", "breathing_rate", "movement", "turn_overs", "signal_quality", "in_bed", "received_at"),
    *("readings", "known_in_bed", "heart_rate_min", "heart_rate_max", "belt", "center"),
)


@pytest.fixture(scope="module")
def lived(postgres_engine: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nights]:
    folder = tmp_path_factory.mktemp("grafana")
    with influx(folder / "influx") as engine, nights(postgres_engine, engine, folder) as filled:
        yield filled


def queries_of(board: Dashboard) -> dict[str, Query]:
    """Every panel's and annotation's query, by panel and letter."""
    found = {
        f"{panel.title}/{target.ref_id}": target.query
        for panel in panels(board)
        if isinstance(panel, Panel)
        for target in panel.targets or ()
        if isinstance(target, Target)
    }
    for note in board.annotations.list_val or ():
        if isinstance(note.target, SqlAnnotation):
            found[f"annotation {note.name}"] = note.target.query
    return found


EVERY_QUERY = [
    pytest.param(uid, query, id=f"{uid}/{name}")
    for uid, board in BOARDS.items()
    for name, query in queries_of(board).items()
]
EVERY_VARIABLE = [
    pytest.param(uid, variable.name, id=f"{uid}/{variable.name}")
    for uid, board in BOARDS.items()
    for variable in board.templating.list_val or ()
]
VARIABLE_QUERIES = {
    query.text: query
    for query in (
        variable_queries.CENTERS,
        variable_queries.ROOMS,
        variable_queries.RESIDENTS,
        variable_queries.SPANS,
        *variable_queries.SPAN_PART.values(),
    )
}


def looked_at(board: Dashboard, lived: Nights, until: str | None = None, **chosen: str) -> View:
    """The view after Grafana has asked for the variables one by one: the first answer is taken, all of several."""
    view = View(from_at=FROM_AT, to_at=TO_AT, interval="10m", values={})
    for variable in board.templating.list_val or ():
        if variable.name == until:
            break
        assert isinstance(variable.query, str)
        frame = run(VARIABLE_QUERIES[variable.query], view, lived)
        found = [str(value) for value in frame.column(frame.columns[0])]
        value = found if variable.multi else chosen.get(variable.name, found[0])
        assert variable.multi or value in found
        view = replace(view, values={**view.values, variable.name: value})
    return view


def resident_with_alarms(lived: Nights) -> str:
    count = "SELECT resident_id FROM alarms WHERE outcome IS NOT NULL GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1"
    return str(lived.postgres.run(count, database=lived.database)[0][0])


def test_the_night_has_what_the_panels_show(lived: Nights) -> None:
    told = lived.postgres.run("SELECT rule, count(*) FROM alarms GROUP BY 1", database=lived.database)
    assert {Rule.LEAVE_BED_IMMEDIATE, Rule.LEAVE_BED_NOT_BACK, Rule.READINGS_BEHIND} <= {rule for rule, _ in told}
    assert sum(count for _, count in told) >= 8
    outcomes = lived.postgres.run("SELECT DISTINCT outcome FROM alarms", database=lived.database)
    assert len(outcomes) >= 4


@pytest.mark.parametrize(("uid", "name"), EVERY_VARIABLE)
def test_every_variable_has_values(lived: Nights, uid: str, name: str) -> None:
    board = BOARDS[uid]
    variable = next(v for v in board.templating.list_val or () if v.name == name)
    assert isinstance(variable.query, str)
    view = looked_at(board, lived, until=name)
    assert variables_in(variable.query) <= set(view.values), "a variable depends on a later one"
    assert verdict(VARIABLE_QUERIES[variable.query], view, lived) == []


@pytest.mark.parametrize(("uid", "query"), EVERY_QUERY)
def test_every_query_gives_rows_with_the_columns_it_promises(lived: Nights, uid: str, query: Query) -> None:
    view = looked_at(BOARDS[uid], lived, resident=resident_with_alarms(lived))
    assert verdict(query, view, lived) == []


def renamed(query: Query) -> Iterator[tuple[str, Query]]:
    """The query with one of its fields or columns called otherwise, wherever it stands, one after the other."""
    if query.source == RECORDS:
        tables = [table for table in metadata.sorted_tables if re.search(rf"\b{table.name}\b", query.text)]
        names = {c.name for table in tables for c in table.columns if re.search(rf"\b{c.name}\b(?!:)", query.text)}
        for name in sorted(names):
            yield name, replace(query, text=re.sub(rf"(?<![$:{{])\b{name}\b(?!:)", f"{name}_renamed", query.text))
        return
    for name in FIELDS:
        # a count over belts says a wrong number then, which no column shows: a test of its own looks at the number
        field = rf'(?<!AS )(?<!FROM )"{name}"(?!\))' if name == "belt" else rf'(?<!AS )(?<!FROM )"{name}"'
        if re.search(field, query.text):
            yield name, replace(query, text=re.sub(field, f'"{name}_renamed"', query.text))


@pytest.mark.parametrize(("uid", "query"), EVERY_QUERY)
def test_a_renamed_field_is_refused(lived: Nights, uid: str, query: Query) -> None:
    view = looked_at(BOARDS[uid], lived, resident=resident_with_alarms(lived))
    tried = list(renamed(query))
    assert tried
    assert all(other.text != query.text for _, other in tried)
    accepted = [name for name, other in tried if not verdict(other, view, lived)]
    assert accepted == []


def test_a_field_renamed_in_the_store_is_refused(lived: Nights) -> None:
    """The same query over readings in which another version called the heart rate otherwise."""
    lived.influx.query('CREATE DATABASE "renamed"')
    lived.influx.query(
        'SELECT "heart_rate" AS "pulse", "movement" INTO "renamed"."autogen"."readings" '
        'FROM "nightbelt"."autogen"."readings" GROUP BY *'
    )
    view = looked_at(BOARDS[RESIDENT_UID], lived)
    other = {'FROM "readings"': 'FROM "renamed"."autogen"."readings"'}
    ((there, elsewhere),) = other.items()
    moved = {
        query: verdict(replace(query, text=query.text.replace(there, elsewhere)), view, lived)
        for query in (readings_queries.HEART_RATE, readings_queries.MOVEMENT)
    }
    assert moved[readings_queries.HEART_RATE] != []
    assert moved[readings_queries.MOVEMENT] == []


def shown(panel: Panel, frames: dict[str, Frame]) -> set[str]:
    """The names that overrides can find after the panel's transformations."""
    names = {name for frame in frames.values() for name in (frame.names or frame.columns)}
    for transformation in panel.transformations:
        options: Any = transformation.options
        match transformation.id_val:
            case "joinByField":
                assert all(options["byField"] in frame.columns for frame in frames.values()), options
                names |= {f"Time {n}" for n in range(1, sum("Time" in f.columns for f in frames.values()) + 1)}
            case "organize":
                assert set(options["excludeByName"]) <= names, options
                names -= set(options["excludeByName"])
            case other:
                pytest.fail(f"transformation {other} is not known here")
    return names


NOT_EVERY_NIGHT = {*map(str, Outcome), *map(str, Rule)}
"""Names of series that are there only when such an alarm was raised, or somebody found that."""


@pytest.mark.parametrize("uid", BOARDS)
def test_overrides_and_transformations_name_what_the_queries_give(lived: Nights, uid: str) -> None:
    view = looked_at(BOARDS[uid], lived, resident=resident_with_alarms(lived))
    for panel in panels(BOARDS[uid]):
        if not isinstance(panel, Panel):
            continue
        targets = [target for target in panel.targets or () if isinstance(target, Target)]
        names = shown(panel, {target.ref_id: run(target.query, view, lived) for target in targets})
        matched = {str(override.matcher.options) for override in panel.field_config.overrides}
        assert matched - NOT_EVERY_NIGHT <= names, panel.title


def test_who_moved_is_shown_on_each_bed_for_its_own_time_only(lived: Nights) -> None:
    who = lived.moved[0]
    board = BOARDS[RESIDENT_UID]
    view = looked_at(board, lived, until="span", resident=who)
    later, earlier = run(variable_queries.SPANS, view, lived).column("__value")
    for span, first, last in ((earlier, FROM_AT, MOVED_AT), (later, MOVED_AT, TO_AT)):
        at_bed = looked_at(board, lived, resident=who, span=span)
        told = run(readings_queries.OCCUPANCY, replace(at_bed, interval="1m"), lived)
        known = [at for at, value in told.rows if value is not None]
        assert known
        assert first <= min(known)
        assert max(known) < last
    assert earlier.split("/")[0] != later.split("/")[0]


def test_a_resident_without_a_belt_gets_an_empty_panel_and_no_error(lived: Nights) -> None:
    view = View(from_at=FROM_AT, to_at=TO_AT, values={"span": ""})
    parts = {name: str(run(query, view, lived).rows[0][0]) for name, query in variable_queries.SPAN_PART.items()}
    assert parts == {"belt": "none", "span_from": "0", "span_to": "0"}
    assert run(readings_queries.HEART_RATE, replace(view, values=parts), lived).rows == []


def test_counts_agree_with_the_records(lived: Nights) -> None:
    view = looked_at(BOARDS[CENTER_UID], lived)
    beds = dict(zip(records_queries.BEDS_NOW.columns, run(records_queries.BEDS_NOW, view, lived).rows[0], strict=True))
    assert sum(beds.values()) == len(lived.center.beds)
    rooms = run(records_queries.ROOMS_NOW, view, lived)
    for name in ("in bed", "out of bed", "unknown"):
        assert sum(rooms.column(name)) == beds[name]
    alarms = run(records_queries.ALARMS, view, lived)
    assert sum(run(records_queries.ALARMS_BY_RULE, view, lived).column("alarms")) == len(alarms.rows)
    assert sum(run(records_queries.ALARMS_BY_OUTCOME, view, lived).column("alarms")) == len(alarms.rows)
    assert alarms.column("room").count(None) == 1, "the alarm of no bed"
    answered = sorted(after for after in alarms.column("acknowledged after") if after is not None)
    half, nine, never = run(records_queries.RESPONSE, view, lived).rows[0]
    assert answered[0] <= half <= nine <= answered[-1]
    assert never == len(alarms.rows) - len(answered)


def test_a_room_that_was_not_chosen_is_left_out(lived: Nights) -> None:
    view = looked_at(BOARDS[CENTER_UID], lived)
    room = view.values["room"][0]
    rooms = run(records_queries.ROOMS_NOW, replace(view, values={**view.values, "room": [room]}), lived)
    assert len(rooms.rows) == 1


def test_belts_that_fell_silent_are_not_heard(lived: Nights) -> None:
    view = looked_at(BOARDS[BELTS_UID], lived)
    heard = run(readings_queries.BELTS_HEARD, view, lived).column("heard")[0]
    received = run(readings_queries.LAST_HEARD, view, lived).column("last heard")
    assert heard == sum(at > TO_AT - readings_queries.SILENT_AFTER_S * 1000 for at in received)
    assert heard > len(lived.center.beds) / 2
    an_hour_later = replace(view, to_at=TO_AT + 3_600_000)
    assert run(readings_queries.BELTS_HEARD, an_hour_later, lived).rows == []
    last = run(readings_queries.LAST_HEARD, view, lived)
    assert set(last.column("belt")) == {bed.belt.belt_id for bed in lived.center.beds}


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT name FROM residents",
        "SELECT * FROM people",
        "SELECT note FROM alarms",
        "SELECT after FROM alarm_events",
        "SELECT * FROM sessions",
        "UPDATE rooms SET name = 'x'",
        "SET default_transaction_read_only = off; DELETE FROM stays",
    ],
)
def test_grafanas_role_reads_no_names_and_changes_nothing(lived: Nights, statement: str) -> None:
    where = lived.postgres
    with (
        psycopg.connect(
            host=where.host, port=where.port, user=ROLE, password=ROLE_PASSWORD, dbname=lived.database
        ) as connection,
        pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.ReadOnlySqlTransaction)),
    ):
        connection.execute(statement.encode())


def test_the_checker_finds_faults() -> None:
    """The judge of the tests above, on answers made by hand."""
    query = readings_queries.HEART_RATE
    good = Frame(columns=("Time", "heart rate"), rows=[(1, None), (2, 61.0)])
    assert faults(query, good) == []
    assert faults(query, replace(good, rows=[])) == ["no rows"]
    assert faults(query, replace(good, rows=[(1, None)])) == ["nothing in column 'heart rate'"]
    assert faults(query, replace(good, columns=("Time", "pulse"))) != []
    assert faults(query, replace(good, names=frozenset({"$tag_belt"}))) == ["a series called '$tag_belt'"]


def test_every_source_is_asked() -> None:
    asked = {query.source for board in BOARDS.values() for query in queries_of(board).values()}
    assert asked == {RECORDS, READINGS, MINUTES}


def test_an_engine_that_refuses_is_a_fault(lived: Nights) -> None:
    view = looked_at(BOARDS[RESIDENT_UID], lived)
    broken = replace(readings_queries.HEART_RATE, text="SELECT FROM")
    with pytest.raises(RefusedByEngineError):
        run(broken, view, lived)
    assert verdict(broken, view, lived) != []
