from pathlib import Path

import pytest

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
