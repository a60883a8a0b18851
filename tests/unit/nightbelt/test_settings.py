from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from domain.errors import ConfigurationError
from nightbelt.settings import ENV_PREFIX, Settings, load_settings


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"{ENV_PREFIX}{name.upper()}", raising=False)


def test_defaults_serve_one_machine() -> None:
    settings = load_settings()
    assert (settings.mqtt_host, settings.web_host, settings.web_port) == ("127.0.0.1", "127.0.0.1", 8000)
    assert settings.readings_path == Path("data/readings.duckdb")
    assert settings.records_location == "data/records.sqlite"


def test_the_environment_goes_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "n.toml"
    file.write_text('mqtt_host = "broker"\nweb_port = 9000\n')
    monkeypatch.setenv("NIGHTBELT_WEB_PORT", "9001")
    settings = load_settings(file)
    assert (settings.mqtt_host, settings.web_port) == ("broker", 9001)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("web_port = 70000", "n.toml: web_port: .*65535"),
        ("web_porrt = 8000", "n.toml: web_porrt: Extra inputs"),
        ("web_port = ", "settings file .*n.toml"),
        ('log_level = "loud"', "n.toml: log_level"),
    ],
)
def test_a_wrong_file_is_named_with_its_key(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "n.toml"
    file.write_text(text)
    with pytest.raises(ConfigurationError, match=words):
        load_settings(file)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"none\.toml: No such file"):
        load_settings(tmp_path / "none.toml")


def test_wrong_variables_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NIGHTBELT_MQTT_PORT", "many")
    with pytest.raises(ConfigurationError, match="environment variable NIGHTBELT_MQTT_PORT"):
        load_settings()
    monkeypatch.delenv("NIGHTBELT_MQTT_PORT")
    monkeypatch.setenv("NIGHTBELT_MQTT_PROT", "1883")
    with pytest.raises(ConfigurationError, match="NIGHTBELT_MQTT_PROT: no such setting"):
        load_settings()


class TestSecretFiles:
    @pytest.fixture
    def secrets(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        directory = tmp_path / "secrets"
        directory.mkdir()
        monkeypatch.setenv("NIGHTBELT_SECRETS_DIR", str(directory))
        return directory

    def test_a_secret_file_is_its_setting_without_the_last_newline(self, secrets: Path) -> None:
        (secrets / "nightbelt_mqtt_password").write_text("hush hush\n")
        (secrets / "nightbelt_influx_token").write_text("token")
        (secrets / "postgres_password").write_text("")  # another program's
        settings = load_settings()
        assert settings.mqtt_password.get_secret_value() == "hush hush"
        assert settings.influx_token.get_secret_value() == "token"

    def test_the_environment_goes_over_it_and_it_goes_over_the_file(
        self, secrets: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        file = tmp_path / "n.toml"
        file.write_text('mqtt_password = "file"\ninflux_token = "file"\ninflux_org = "file"\n')
        for name in ("mqtt_password", "influx_token"):
            (secrets / f"nightbelt_{name}").write_text("secret")
        monkeypatch.setenv("NIGHTBELT_INFLUX_TOKEN", "variable")
        settings = load_settings(file)
        assert settings.mqtt_password.get_secret_value() == "secret"
        assert settings.influx_token.get_secret_value() == "variable"
        assert settings.influx_org == "file"

    def test_there_may_be_several_directories_but_one_file_for_a_setting(
        self, secrets: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        other = tmp_path / "issued"
        other.mkdir()
        monkeypatch.setenv("NIGHTBELT_SECRETS_DIR", f"{secrets}:{other}")
        (secrets / "nightbelt_mqtt_password").write_text("hush")
        (other / "nightbelt_influx_token").write_text("token")
        settings = load_settings()
        assert settings.mqtt_password.get_secret_value() == "hush"
        assert settings.influx_token.get_secret_value() == "token"
        (other / "nightbelt_mqtt_password").write_text("hush")
        with pytest.raises(ConfigurationError, match=r"issued/nightbelt_mqtt_password: so is .*secrets/"):
            load_settings()

    def test_a_directory_that_is_not_there_is_named(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setenv("NIGHTBELT_SECRETS_DIR", str(tmp_path / "none"))
        with pytest.raises(ConfigurationError, match=r"NIGHTBELT_SECRETS_DIR: no directory .*/none"):
            load_settings()

    @pytest.mark.parametrize(
        ("name", "content", "words"),
        [
            ("nightbelt_mqtt_password", b"", "nightbelt_mqtt_password: empty"),
            ("nightbelt_mqtt_password", b" \n", "nightbelt_mqtt_password: empty"),
            ("nightbelt_mqtt_password", b"\xff\xfe", "nightbelt_mqtt_password: not UTF-8"),
            ("nightbelt_mqtt_pasword", b"x", "nightbelt_mqtt_pasword: no such setting"),
            ("nightbelt_mqtt_port", b"many", "secret file .*nightbelt_mqtt_port: .*integer"),
        ],
    )
    def test_a_wrong_file_is_named(self, secrets: Path, name: str, content: bytes, words: str) -> None:
        (secrets / name).write_bytes(content)
        with pytest.raises(ConfigurationError, match=words):
            load_settings()

    def test_a_file_that_cannot_be_read_is_named(self, secrets: Path) -> None:
        (secrets / "nightbelt_mqtt_password").mkdir()
        with pytest.raises(ConfigurationError, match=r"secret file .*password: Is a directory"):
            load_settings()

    def test_the_default_directory_counts_when_it_exists(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("NIGHTBELT_SECRETS_DIR", raising=False)
        monkeypatch.setattr("nightbelt.secrets_directory.DEFAULT_DIRECTORY", tmp_path)
        (tmp_path / "nightbelt_mqtt_password").write_text("hush")
        assert load_settings().mqtt_password.get_secret_value() == "hush"


class TestRecordsPassword:
    def test_it_goes_into_the_address(self) -> None:
        settings = Settings.model_validate(
            {"records_url": "postgresql://nightbelt@postgres/nightbelt", "records_password": "a:b@c/d%"}
        )
        assert make_url(settings.records_location).password == "a:b@c/d%"
        assert make_url(settings.records_location).host == "postgres"
        assert "a:b@c" not in repr(settings)

    @pytest.mark.parametrize(
        ("url", "words"),
        [
            ("postgresql://me:one@host/base", "leave one out"),
            ("", "no records_url"),
            ("postgres@host", "records_url: not a URL"),
        ],
    )
    def test_a_password_that_has_no_place_is_refused(
        self, monkeypatch: pytest.MonkeyPatch, url: str, words: str
    ) -> None:
        monkeypatch.setenv("NIGHTBELT_RECORDS_URL", url)
        monkeypatch.setenv("NIGHTBELT_RECORDS_PASSWORD", "two")
        with pytest.raises(ConfigurationError, match=words):
            load_settings()


def test_every_setting_is_in_the_documentation() -> None:
    text = (Path(__file__).parents[3] / "docs" / "settings.md").read_text()
    missing = [name for name in Settings.model_fields if f"`{name}`" not in text]
    assert missing == []


def test_profiles_are_a_list_or_names_with_commas(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_settings().profiles == ()
    file = tmp_path / "n.toml"
    file.write_text('profiles = ["wisleep", "het"]\n')
    assert load_settings(file).profiles == ("wisleep", "het")
    monkeypatch.setenv("NIGHTBELT_PROFILES", "r60abd1, c1001,")
    assert load_settings(file).profiles == ("r60abd1", "c1001")


def test_passwords_are_not_shown() -> None:
    assert "hush" not in repr(Settings.model_validate({"mqtt_password": "hush"}))
