"""The dashboards as Grafana gets them: whole, reproducible, and pointing at things that exist."""

import json
import re
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import yaml
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

from api.ward import LOW_BATTERY_PERCENT, STALE_MS
from dashboards import look, push, records_queries
from dashboards.build import JSON_DIRECTORY, built, model, write
from dashboards.dataqueries import Target, register_queries
from dashboards.readings_queries import SILENT_AFTER_S
from dashboards.sources import MIXED, SOURCE_TYPES
from domain.alarms import Outcome, Rule
from tests.grafana import variables_in

ROOT = Path(__file__).parents[3]
MODELS = {board.uid or "": model(board) for board in built()}
GRID_WIDTH = 24

each_dashboard = pytest.mark.parametrize("uid", MODELS)


def panels(uid: str) -> list[dict[str, Any]]:
    return [panel for panel in MODELS[uid]["panels"] if panel["type"] != "row"]


def targets(uid: str) -> list[dict[str, Any]]:
    notes = [note["target"] for note in MODELS[uid]["annotations"].get("list", [])]
    return [target for panel in panels(uid) for target in panel["targets"]] + notes


def test_the_committed_files_are_what_the_code_builds(tmp_path: Path) -> None:
    written = {path.name: path.read_bytes() for path in write(tmp_path / "first")}
    again = {path.name: path.read_bytes() for path in write(tmp_path / "second")}
    committed = {path.name: path.read_bytes() for path in JSON_DIRECTORY.iterdir()}
    assert written == again
    assert written == committed, "run: nightbelt dashboards build --out dashboards/json"


@each_dashboard
def test_the_sdk_reads_back_what_it_wrote(uid: str) -> None:
    """All but the query of an annotation, for which the SDK has no type; ours reads it back."""
    register_default_plugins()
    register_queries()
    given = MODELS[uid]
    back = json.loads(JSONEncoder().encode(Dashboard.from_json(given)))
    for note, read in zip(given["annotations"].get("list", []), back["annotations"].get("list", []), strict=True):
        read["target"] = Target.from_json(note["target"]).to_json()
    assert back == given


@each_dashboard
def test_panels_lie_on_the_grid_and_on_no_other(uid: str) -> None:
    places = [panel["gridPos"] for panel in MODELS[uid]["panels"]]
    for place in places:
        assert place["w"] > 0
        assert place["h"] > 0
        assert 0 <= place["x"] <= GRID_WIDTH - place["w"]
    for one, other in combinations(places, 2):
        beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        above = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert beside or above, (one, other)


@each_dashboard
def test_rows_of_panels_fill_the_width(uid: str) -> None:
    by_line: dict[int, int] = {}
    for panel in MODELS[uid]["panels"]:
        by_line[panel["gridPos"]["y"]] = by_line.get(panel["gridPos"]["y"], 0) + panel["gridPos"]["w"]
    assert set(by_line.values()) == {GRID_WIDTH}


@each_dashboard
def test_ids_and_letters_are_unique(uid: str) -> None:
    ids = [panel["id"] for panel in MODELS[uid]["panels"]]
    assert ids == list(range(1, len(ids) + 1))
    for panel in panels(uid):
        letters = [target["refId"] for target in panel["targets"]]
        assert letters
        assert len(letters) == len(set(letters))
    titles = [panel["title"] for panel in panels(uid)]
    assert len(titles) == len(set(titles))


@each_dashboard
def test_every_panel_says_what_it_shows_and_where_from(uid: str) -> None:
    for panel in panels(uid):
        kinds = {target["datasource"]["type"] for target in panel["targets"]}
        assert ("PostgreSQL" in panel["description"]) == ("postgres" in kinds), panel["title"]
        assert ("InfluxDB" in panel["description"]) == ("influxdb" in kinds), panel["title"]


@each_dashboard
def test_data_sources_are_known_and_panels_name_theirs(uid: str) -> None:
    for target in targets(uid):
        assert target["datasource"]["type"] == SOURCE_TYPES[target["datasource"]["uid"]]
    for panel in panels(uid):
        uids = {target["datasource"]["uid"] for target in panel["targets"]}
        assert {panel["datasource"]["uid"]} == (uids if len(uids) == 1 else {MIXED})
    for variable in MODELS[uid]["templating"]["list"]:
        assert variable["datasource"]["uid"] in SOURCE_TYPES


@each_dashboard
def test_variables_are_defined_before_they_are_used(uid: str) -> None:
    defined: set[str] = set()
    for variable in MODELS[uid]["templating"]["list"]:
        assert variables_in(variable["query"]) <= defined
        defined.add(variable["name"])
    for target in targets(uid):
        assert variables_in(target.get("rawSql") or target["query"]) <= defined


@each_dashboard
def test_links_lead_to_dashboards_and_set_variables_that_they_have(uid: str) -> None:
    text = json.dumps(MODELS[uid])
    for link in re.findall(r"/d/([\w-]+)\?([^\"]*)", text):
        target, query = link
        names = {variable["name"] for variable in MODELS[target]["templating"]["list"]}
        assert set(re.findall(r"var-(\w+)=", query)) <= names


@each_dashboard
def test_identity_time_and_refresh(uid: str) -> None:
    given = MODELS[uid]
    assert re.fullmatch(r"nightbelt-[a-z]+", uid)
    assert given["timezone"] == "browser"
    assert given["refresh"] in {"30s", "1m"}
    assert given["time"]["to"] == "now"
    assert given["description"]
    assert "version" not in given


@each_dashboard
def test_no_names_of_people_are_asked_for(uid: str) -> None:
    asked = [target.get("rawSql", "") for target in targets(uid)]
    asked += [variable["query"] for variable in MODELS[uid]["templating"]["list"]]
    for text in asked:
        assert not re.search(r"\b(FROM|JOIN) (residents|people)\b|\bnote\b", text)


def test_colours_are_those_of_the_board() -> None:
    css = (ROOT / "api/static/base.css").read_text()
    tones = dict(re.findall(r"--(in|out|unsure|high|medium|low|muted): (#\w{6});", css))
    ours = {name: getattr(look, name.upper()) for name in tones}
    assert ours == tones
    assert len(tones) == 7


def test_limits_are_those_of_the_board() -> None:
    assert SILENT_AFTER_S * 1000 == STALE_MS
    assert records_queries.BATTERY_LOW == LOW_BATTERY_PERCENT


def test_every_rule_and_outcome_has_a_colour() -> None:
    matched = {
        override["matcher"]["options"]
        for panel in panels("nightbelt-center")
        for override in panel["fieldConfig"]["overrides"]
    }
    assert set(Rule) | set(Outcome) <= matched


def test_provisioning_names_the_same_data_sources() -> None:
    given = yaml.safe_load((ROOT / "dashboards/provisioning/datasources/nightbelt.yml").read_text())
    assert {one["uid"]: one["type"] for one in given["datasources"]} == SOURCE_TYPES
    for one in given["datasources"]:
        assert all("$__file{/" in secret for secret in one["secureJsonData"].values())


def test_provisioning_serves_the_folder_that_push_makes() -> None:
    given = yaml.safe_load((ROOT / "dashboards/provisioning/dashboards/nightbelt.yml").read_text())
    (provider,) = given["providers"]
    assert (provider["folderUid"], provider["folder"]) == (push.FOLDER_UID, push.FOLDER_TITLE)
    assert provider["options"]["path"] == "/var/lib/grafana/dashboards"
