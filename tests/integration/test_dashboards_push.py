"""`nightbelt dashboards` against a Grafana that behaves as its HTTP API is documented, over a real socket."""

import json
import socket
import ssl
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from dashboards.build import built
from dashboards.grafana_server import GrafanaServer
from dashboards.push import FOLDER_UID
from dashboards.sources import MINUTES, READINGS, RECORDS
from domain.errors import ConfigurationError, ForbiddenError, NightbeltError, RefusedError, UnavailableError
from nightbelt.cli import app
from tests.fakes.grafana_server import ADMIN, EDITOR, VIEWER, FakeGrafana, grafana
from tests.integration.certificates import Authority
from tests.integration.engines import free_port

UIDS = [board.uid or "" for board in built()]
ITEMS = [FOLDER_UID, RECORDS, READINGS, MINUTES, *UIDS]


@pytest.fixture(autouse=True)
def settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NIGHTBELT_GRAFANA_TOKEN", ADMIN)
    monkeypatch.setenv("NIGHTBELT_GRAFANA_INFLUX_URL", "http://influxdb:8086")
    monkeypatch.setenv("NIGHTBELT_GRAFANA_INFLUX_TOKEN", "influx-secret")
    monkeypatch.setenv("NIGHTBELT_GRAFANA_RECORDS_URL", "postgresql://reader:pg%2Fsecret@postgres/nightbelt")


@pytest.fixture
def server() -> Iterator[FakeGrafana]:
    with grafana() as state:
        yield state


def push(url: str, *options: str) -> list[tuple[str, str]]:
    """What the command says of each item; an error of it is raised."""
    result = CliRunner().invoke(app, ["dashboards", "push", "--url", url, *options])
    return said(result)


def said(result: Result) -> list[tuple[str, str]]:
    if result.exception is not None:
        raise result.exception
    lines = [line.split() for line in result.output.splitlines()[:-1]]
    return [(line[-1], " ".join(line[:2] if line[0] == "would" else line[:1])) for line in lines]


def error_of(url: str, *options: str) -> NightbeltError:
    with pytest.raises(NightbeltError) as caught:
        push(url, *options)
    assert "\n" not in str(caught.value)
    assert url in str(caught.value)
    return caught.value


def test_the_first_push_creates_everything(server: FakeGrafana) -> None:
    assert push(server.url) == [(item, "created") for item in ITEMS]
    assert set(server.dashboards) == set(UIDS)
    assert server.folders[FOLDER_UID]["title"] == "Nightbelt"
    assert {one["meta"]["folderUid"] for one in server.dashboards.values()} == {FOLDER_UID}


def test_data_sources_arrive_with_their_secrets(server: FakeGrafana) -> None:
    push(server.url)
    records, readings, minutes = (server.data_sources[uid] for uid in (RECORDS, READINGS, MINUTES))
    assert (records["url"], records["user"], records["type"]) == ("postgres:5432", "reader", "postgres")
    assert (records["jsonData"]["database"], records["jsonData"]["sslmode"]) == ("nightbelt", "require")
    assert server.secrets[RECORDS] == {"password": "pg/secret"}
    assert (readings["url"], readings["jsonData"]["dbName"]) == ("http://influxdb:8086", "nightbelt")
    assert minutes["jsonData"]["dbName"] == "nightbelt_minutes"
    assert server.secrets[READINGS] == server.secrets[MINUTES] == {"httpHeaderValue1": "Token influx-secret"}


def test_a_second_push_changes_nothing(server: FakeGrafana) -> None:
    push(server.url)
    server.writes.clear()
    assert push(server.url) == [(item, "unchanged") for item in ITEMS]
    assert server.writes == []


def test_what_was_changed_there_is_put_right_and_nothing_else(server: FakeGrafana) -> None:
    push(server.url)
    server.writes.clear()
    server.folders[FOLDER_UID]["title"] = "Mine"
    server.data_sources[READINGS]["url"] = "http://elsewhere:8086"
    server.dashboards[UIDS[1]]["dashboard"]["panels"][0]["title"] = "Mine"
    server.dashboards[UIDS[2]]["meta"]["folderUid"] = "general"
    changed = {FOLDER_UID, READINGS, UIDS[1], UIDS[2]}
    assert push(server.url) == [(item, "updated" if item in changed else "unchanged") for item in ITEMS]
    assert len(server.writes) == len(changed)
    assert push(server.url) == [(item, "unchanged") for item in ITEMS]


def test_what_grafana_adds_of_its_own_is_no_change(server: FakeGrafana) -> None:
    push(server.url)
    board = server.dashboards[UIDS[0]]["dashboard"]
    board["weekStart"] = ""
    board["panels"][0]["pluginVersion"] = "11.6.0"
    server.data_sources[READINGS]["jsonData"]["timeInterval"] = "10s"
    assert push(server.url) == [(item, "unchanged") for item in ITEMS]


def test_a_missing_secret_is_written_and_a_new_one_on_demand(
    server: FakeGrafana, monkeypatch: pytest.MonkeyPatch
) -> None:
    push(server.url)
    server.data_sources[RECORDS]["secureJsonFields"] = {}
    assert dict(push(server.url))[RECORDS] == "updated"
    monkeypatch.setenv("NIGHTBELT_GRAFANA_INFLUX_TOKEN", "another")
    assert dict(push(server.url))[READINGS] == "unchanged"
    assert dict(push(server.url, "--renew-secrets"))[READINGS] == "updated"
    assert server.secrets[READINGS] == {"httpHeaderValue1": "Token another"}


def test_a_dry_run_tells_and_writes_nothing(server: FakeGrafana) -> None:
    assert push(server.url, "--dry-run") == [(item, "would create") for item in ITEMS]
    assert server.writes == []
    push(server.url)
    server.dashboards[UIDS[0]]["dashboard"]["title"] = "Mine"
    server.folders[FOLDER_UID]["title"] = "Mine"
    server.data_sources[MINUTES]["name"] = "Mine"
    server.writes.clear()
    told = dict(push(server.url, "--dry-run"))
    assert {item for item, done in told.items() if done == "would update"} == {UIDS[0], FOLDER_UID, MINUTES}
    assert server.writes == []


def test_an_editor_pushes_without_data_sources(server: FakeGrafana, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NIGHTBELT_GRAFANA_TOKEN", EDITOR)
    error = error_of(server.url)
    assert isinstance(error, ForbiddenError)
    assert "403" in str(error)
    assert "Admin" in str(error)
    assert RECORDS in str(error)
    pushed = push(server.url, "--no-data-sources")
    assert pushed == [(FOLDER_UID, "unchanged"), *((uid, "created") for uid in UIDS)]


def test_a_push_that_was_cut_short_goes_on(server: FakeGrafana) -> None:
    def fails_at_the_second_dashboard(method: str, path: str) -> None:
        if method == "POST" and len(server.dashboards) == 1:
            server.failing = 500

    server.hook = fails_at_the_second_dashboard
    push_again = {*UIDS[1:]}
    first = CliRunner().invoke(app, ["dashboards", "push", "--url", server.url])
    assert isinstance(first.exception, UnavailableError)
    server.hook, server.failing = (lambda _method, _path: None), None
    assert {item for item, done in push(server.url) if done == "created"} == push_again


def test_the_token_can_come_from_a_file(server: FakeGrafana, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NIGHTBELT_GRAFANA_TOKEN", VIEWER)
    (tmp_path / "token").write_text(f"{ADMIN}\n")
    assert len(push(server.url, "--token-file", str(tmp_path / "token"))) == len(ITEMS)


def test_grafana_under_a_path() -> None:
    with grafana(prefix="/grafana") as state:
        assert len(push(f"{state.url}/")) == len(ITEMS)


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        (500, UnavailableError, "500"),
        (502, UnavailableError, "try again later"),
        (404, ConfigurationError, "is the address right"),
        (400, RefusedError, "Bad Input"),
    ],
)
def test_an_error_of_grafana_is_one_clear_line(
    server: FakeGrafana, status: int, kind: type[NightbeltError], words: str
) -> None:
    server.failing = status
    error = error_of(server.url)
    assert isinstance(error, kind)
    assert words in str(error)


def test_a_wrong_token_is_named(server: FakeGrafana, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NIGHTBELT_GRAFANA_TOKEN", "stale")
    error = error_of(server.url)
    assert isinstance(error, ConfigurationError)
    assert "401" in str(error)
    assert "NIGHTBELT_GRAFANA_TOKEN" in str(error)
    assert "stale" not in str(error)


@pytest.mark.parametrize("answer", ["<html>log in</html>", "null", "[]", '{"status": "up"}'])
def test_what_is_not_grafana_is_called_so(server: FakeGrafana, answer: str) -> None:
    server.answer = answer
    for failing in (None, 404, 500):
        server.failing = failing
        error = error_of(server.url)
        assert isinstance(error, ConfigurationError | UnavailableError)


def test_a_redirect_is_not_followed(server: FakeGrafana) -> None:
    server.redirect_to = "https://grafana.example.org/api/health"
    error = error_of(server.url)
    assert isinstance(error, ConfigurationError)
    assert "https://grafana.example.org/api/health" in str(error)


def test_somebody_saves_at_the_same_time(server: FakeGrafana) -> None:
    push(server.url)
    board = server.dashboards[UIDS[0]]["dashboard"]
    board["title"] = "Mine"

    def saved_in_between(method: str, _path: str) -> None:
        if method == "POST":
            board["version"] += 1

    server.hook = saved_in_between
    error = error_of(server.url)
    assert isinstance(error, RefusedError)
    assert "412" in str(error)
    assert "run the push again" in str(error)
    assert board["title"] == "Mine"


def test_a_name_that_is_taken(server: FakeGrafana) -> None:
    server.data_sources["other"] = {"name": "Nightbelt readings", "readOnly": False}
    error = error_of(server.url)
    assert isinstance(error, RefusedError)
    assert READINGS in str(error)
    assert "409" in str(error)


def test_what_is_provisioned_from_files_is_left_alone(server: FakeGrafana) -> None:
    push(server.url)
    for one in server.data_sources.values():
        one["readOnly"] = True
    for board in server.dashboards.values():
        board["meta"]["provisioned"] = True
    assert push(server.url) == [(item, "unchanged") for item in ITEMS]
    server.data_sources[READINGS]["url"] = "http://elsewhere:8086"
    assert "provisioning" in str(error_of(server.url))
    server.dashboards[UIDS[0]]["dashboard"]["title"] = "Mine"
    error = error_of(server.url, "--no-data-sources")
    assert isinstance(error, RefusedError)
    assert UIDS[0] in str(error)


def test_nobody_listens() -> None:
    error = error_of(f"http://127.0.0.1:{free_port()}")
    assert isinstance(error, UnavailableError)
    assert "is it up" in str(error)


def test_nobody_answers() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with (
            closing(GrafanaServer(url, ADMIN, timeout_s=0.2)) as server,
            pytest.raises(UnavailableError, match="no answer in time"),
        ):
            server.check()


@pytest.mark.engine("openssl")
def test_tls_with_a_certificate_of_ones_own(tmp_path: Path) -> None:
    authority = Authority(tmp_path / "authority")
    signed = authority.sign("grafana")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(signed.certificate, signed.key)
    with grafana(tls=context) as state:
        error = error_of(state.url)
        assert isinstance(error, ConfigurationError)
        assert "--ca-file" in str(error)
        assert len(push(state.url, "--ca-file", str(authority.certificate))) == len(ITEMS)


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("NIGHTBELT_GRAFANA_TOKEN", "", "NIGHTBELT_GRAFANA_TOKEN"),
        ("NIGHTBELT_GRAFANA_TOKEN", "a\nb", "NIGHTBELT_GRAFANA_TOKEN"),
        ("NIGHTBELT_GRAFANA_INFLUX_URL", "", "grafana_influx_url"),
        ("NIGHTBELT_GRAFANA_RECORDS_URL", "sqlite:///records.sqlite", "grafana_records_url"),
        ("NIGHTBELT_GRAFANA_RECORDS_URL", "postgresql://a:hush@h/d?sslmode=prefer", "sslmode"),
    ],
)
def test_what_is_missing_is_named_before_anything_is_written(
    server: FakeGrafana, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, words: str
) -> None:
    monkeypatch.setenv(variable, value)
    result = CliRunner().invoke(app, ["dashboards", "push", "--url", server.url])
    assert isinstance(result.exception, ConfigurationError)
    assert words in str(result.exception)
    assert "hush" not in str(result.exception)
    assert server.writes == []


@pytest.mark.parametrize("url", ["grafana.example.org", "ftp://grafana", "http://", "http://a b", "http://h:port"])
def test_what_is_no_address_is_named(url: str) -> None:
    assert "grafana_url" in str(error_of(url))


def test_no_address_is_named() -> None:
    result = CliRunner().invoke(app, ["dashboards", "push"])
    assert isinstance(result.exception, ConfigurationError)
    assert "NIGHTBELT_GRAFANA_URL" in str(result.exception)


def test_build_writes_the_files(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["dashboards", "build", "--out", str(tmp_path / "json")])
    assert result.exit_code == 0
    assert {path.stem for path in (tmp_path / "json").iterdir()} == set(UIDS)
    assert all(json.loads(path.read_text())["uid"] == path.stem for path in (tmp_path / "json").iterdir())
    (tmp_path / "file").touch()
    refused = CliRunner().invoke(app, ["dashboards", "build", "--out", str(tmp_path / "file")])
    assert isinstance(refused.exception, ConfigurationError)
