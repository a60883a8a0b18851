"""`nightbelt setup influx` on 1.x for real, and on 2.x and 3 Core as their API is documented."""

import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from domain.errors import ConfigurationError, NightbeltError, RefusedError, UnavailableError
from domain.readings import ReadingBatch
from nightbelt.cli import app
from storage.influx_readings import InfluxReadings
from storage.influx_server import InfluxServer
from tests.fakes.influx_server import ADMIN, ORG_ID, InfluxState, fake_influx
from tests.integration.engines import free_port
from tests.integration.engines_influx import Influx, influx

DAY_S = 86_400
Setup = Callable[..., Result]


@pytest.fixture
def setup(monkeypatch: pytest.MonkeyPatch) -> Setup:
    """Runs the command with settings (as keywords) and options; a told error is raised."""

    def run(url: str, *options: str, **settings: object) -> Result:
        monkeypatch.setenv("NIGHTBELT_INFLUX_URL", url)
        for name, value in settings.items():
            monkeypatch.setenv(f"NIGHTBELT_{name.upper()}", str(value))
        monkeypatch.setenv("NIGHTBELT_SETUP_TOKEN", ADMIN)
        result = CliRunner().invoke(app, ["setup", "influx", *options])
        if isinstance(result.exception, NightbeltError):
            raise result.exception
        assert result.exit_code == 0, result.output
        return result

    return run


@pytest.fixture
def version_2() -> Iterator[InfluxState]:
    with fake_influx("v2.7.12") as state:
        yield state


@pytest.fixture
def version_3() -> Iterator[InfluxState]:
    with fake_influx("v3.4.0") as state:
        yield state


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Influx]:
    with influx(tmp_path_factory.mktemp("influx")) as running:
        yield running


@pytest.fixture
def version_1(engine: Influx) -> Influx:
    for name in ("nightbelt", "nightbelt_minutes"):
        engine.query(f"DROP DATABASE {name}")
    return engine


def retention(engine: Influx, database: str) -> tuple[str, str]:
    (series,) = engine.query(f"SHOW RETENTION POLICIES ON {database}")
    (row,) = (dict(zip(series["columns"], values, strict=True)) for values in series["values"])
    assert row["default"]
    return row["duration"], row["shardGroupDuration"]


class TestVersion1:
    def test_databases_are_made_with_their_retention(self, version_1: Influx, setup: Setup) -> None:
        output = setup(version_1.url).output
        assert "made database nightbelt, which keeps 400 days" in output
        assert "has no tokens for single buckets" in output
        assert retention(version_1, "nightbelt") == ("9600h0m0s", "168h0m0s")
        assert retention(version_1, "nightbelt_minutes") == ("87600h0m0s", "720h0m0s")

    def test_again_changes_nothing(self, version_1: Influx, setup: Setup) -> None:
        setup(version_1.url)
        output = setup(version_1.url).output
        assert "database nightbelt keeps 400 days" in output
        assert "made" not in output

    def test_a_longer_retention_is_taken_over(self, version_1: Influx, setup: Setup) -> None:
        setup(version_1.url, readings_raw_days=30)
        assert "keeps 60 days now, 30 days before" in setup(version_1.url, readings_raw_days=60).output
        assert retention(version_1, "nightbelt")[0] == "1440h0m0s"

    def test_a_shorter_one_only_when_told(self, version_1: Influx, setup: Setup) -> None:
        version_1.query("CREATE DATABASE nightbelt")
        with pytest.raises(RefusedError, match=r"keeps everything forever, more than the 400 days.*--shorten"):
            setup(version_1.url)
        assert retention(version_1, "nightbelt")[0] == "0s"
        setup(version_1.url, "--shorten")
        assert retention(version_1, "nightbelt")[0] == "9600h0m0s"


class TestVersion2:
    def test_buckets_mappings_and_a_token_of_least_privilege(self, version_2: InfluxState, setup: Setup) -> None:
        output = setup(version_2.url).output
        raw, minutes = version_2.buckets
        assert (raw["name"], raw["orgID"], minutes["name"]) == ("nightbelt", ORG_ID, "nightbelt_minutes")
        assert raw["retentionRules"] == [
            {"type": "expire", "everySeconds": 400 * DAY_S, "shardGroupDurationSeconds": 7 * DAY_S}
        ]
        assert minutes["retentionRules"][0]["everySeconds"] == 3650 * DAY_S
        mapped = {(one["database"], one["bucketID"], one["default"]) for one in version_2.mappings}
        assert mapped == {("nightbelt", raw["id"], True), ("nightbelt_minutes", minutes["id"], True)}
        (issued,) = version_2.tokens
        assert f"influx_token: {issued['token']}" in output
        allowed = sorted(
            (one["action"], one["resource"]["type"], one["resource"]["id"]) for one in issued["permissions"]
        )
        assert allowed == [(action, "buckets", one["id"]) for action in ("read", "write") for one in (raw, minutes)]

    def test_again_changes_nothing(self, version_2: InfluxState, setup: Setup) -> None:
        setup(version_2.url)
        changes = version_2.changes()
        output = setup(version_2.url).output
        assert version_2.changes() == changes
        assert "issued earlier; --new-token replaces it" in output

    def test_the_token_goes_to_a_file_of_its_own(self, version_2: InfluxState, setup: Setup, tmp_path: Path) -> None:
        path = tmp_path / "token"
        output = setup(version_2.url, "--token-file", str(path)).output
        token = version_2.tokens[0]["token"]
        assert path.read_text() == f"{token}\n"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert token not in output
        assert [one.name for one in tmp_path.iterdir()] == ["token"]

    def test_a_new_token_replaces_the_old_one(self, version_2: InfluxState, setup: Setup, tmp_path: Path) -> None:
        path = tmp_path / "token"
        setup(version_2.url, "--token-file", str(path))
        first = path.read_text()
        setup(version_2.url, "--token-file", str(path), "--new-token")
        assert [f"{one['token']}\n" for one in version_2.tokens] == [path.read_text()]
        assert path.read_text() != first

    def test_no_token_is_made_that_cannot_be_kept(self, version_2: InfluxState, setup: Setup, tmp_path: Path) -> None:
        with pytest.raises(ConfigurationError, match="token file"):
            setup(version_2.url, "--token-file", str(tmp_path / "nowhere" / "token"))
        assert version_2.tokens == []

    def test_the_service_can_work_with_the_token_and_nothing_else_can(
        self, version_2: InfluxState, setup: Setup
    ) -> None:
        setup(version_2.url)
        server = InfluxServer(url=version_2.url, token=version_2.tokens[0]["token"], org="nightbelt")
        store = InfluxReadings(
            server, bucket="nightbelt", minutes_bucket="nightbelt_minutes", center_of=lambda belt_id: "c1"
        )
        store.write(ReadingBatch.build(belts=("b1",), belt=[0], observed_at=[7], received_at=8, heart_rate=[60]))
        assert version_2.lines == {"nightbelt": ["readings,center=c1,belt=b1 received_at=8i,heart_rate=60.0 7"]}
        assert store.minutes("b1", 0, 1_000).minute_at.tolist() == []
        version_2.buckets.append({"id": "ff", "name": "other", "orgID": ORG_ID})
        with pytest.raises(UnavailableError, match="does not allow this"):
            server.write("other", b"m x=1 1")
        with pytest.raises(UnavailableError, match="does not allow this"):
            setup(version_2.url, "--admin-token", version_2.tokens[0]["token"])

    def test_retention_follows_the_settings(self, version_2: InfluxState, setup: Setup) -> None:
        setup(version_2.url, readings_raw_days=30)
        setup(version_2.url, readings_raw_days=60)
        assert version_2.buckets[0]["retentionRules"][0]["everySeconds"] == 60 * DAY_S
        with pytest.raises(RefusedError, match="bucket nightbelt keeps 60 days, more than the 7 days"):
            setup(version_2.url, readings_raw_days=7)
        setup(version_2.url, "--shorten", readings_raw_days=7)
        assert version_2.buckets[0]["retentionRules"][0]["everySeconds"] == 7 * DAY_S

    def test_a_name_that_stands_for_another_bucket_stops_it(self, version_2: InfluxState, setup: Setup) -> None:
        version_2.mappings.append(
            {
                "id": "9",
                "database": "nightbelt",
                "retention_policy": "x",
                "default": True,
                "orgID": ORG_ID,
                "bucketID": "77",
            }
        )
        with pytest.raises(ConfigurationError, match="knows another bucket as nightbelt"):
            setup(version_2.url)

    def test_an_organisation_that_is_not_there(self, version_2: InfluxState, setup: Setup) -> None:
        with pytest.raises(ConfigurationError, match="influx_org 'nobody'"):
            setup(version_2.url, influx_org="nobody")

    def test_a_wrong_admin_token(self, version_2: InfluxState, setup: Setup) -> None:
        with pytest.raises(UnavailableError, match=r"token is not accepted \(401\)"):
            setup(version_2.url, "--admin-token", "wrong")


class TestVersion3:
    def test_databases_are_made_once(self, version_3: InfluxState, setup: Setup) -> None:
        assert "made database nightbelt," in setup(version_3.url).output
        assert version_3.databases == {"nightbelt": "400d", "nightbelt_minutes": "3650d"}
        assert "keeps the retention that it was made with" in setup(version_3.url, readings_raw_days=7).output
        assert version_3.databases["nightbelt"] == "400d"

    def test_deleting_says_that_it_cannot_be(self, version_3: InfluxState) -> None:
        server = InfluxServer(url=version_3.url, token=ADMIN, org="")
        store = InfluxReadings(server, bucket="b", minutes_bucket="m", center_of=lambda belt_id: "c1")
        with pytest.raises(RefusedError, match="3 Core cannot delete"):
            store.delete("b1", 0, 1)


class TestMistakes:
    def test_nobody_there(self, setup: Setup) -> None:
        with pytest.raises(UnavailableError, match="cannot be reached"):
            setup(f"http://127.0.0.1:{free_port()}")

    def test_no_address(self, setup: Setup) -> None:
        with pytest.raises(ConfigurationError, match="influx_url is empty"):
            setup("")

    def test_no_such_token_file(self, setup: Setup, tmp_path: Path) -> None:
        with pytest.raises(ConfigurationError, match="token file"):
            setup("http://127.0.0.1:1", "--admin-token-file", str(tmp_path / "none"))

    def test_a_version_of_the_future(self, setup: Setup) -> None:
        with (
            fake_influx("v9.0.0") as state,
            pytest.raises(ConfigurationError, match=r"is InfluxDB 9\.0\.0; known are 1\.8, 2\.x and 3 Core"),
        ):
            setup(state.url)
