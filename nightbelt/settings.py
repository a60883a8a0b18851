"""Settings of the service: from the environment (`NIGHTBELT_...`) over secret files over a TOML file over defaults.

A wrong one stops the start with the place and the key; nothing is guessed.
"""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from domain.errors import ConfigurationError
from nightbelt.secrets_directory import VARIABLE as SECRETS_VARIABLE
from nightbelt.secrets_directory import read_secrets, secrets_directories

ENV_PREFIX: Final = "NIGHTBELT_"
OTHER_VARIABLES: Final = (
    f"{ENV_PREFIX}TEST_",
    f"{ENV_PREFIX}PERSON_PASSWORD",
    f"{ENV_PREFIX}CONTACT_ADDRESS",
    f"{ENV_PREFIX}SIMULATE_PASSWORD",
    f"{ENV_PREFIX}SETUP_TOKEN",
    SECRETS_VARIABLE,
)
"""Variables that begin like settings and are none: the tests', passwords of single commands, where secrets are."""


class Settings(BaseSettings):
    """Everything that can be set. Lengths of time carry their unit in the name."""

    model_config = SettingsConfigDict(env_prefix=ENV_PREFIX, extra="forbid", frozen=True)

    data_dir: Path = Field(default=Path("data"), description="Directory of the embedded stores; made when missing.")
    records_url: str = Field(
        default="", description="SQLAlchemy URL of the records; empty: SQLite in the data directory."
    )
    records_password: SecretStr = Field(
        default=SecretStr(""), description="Password for `records_url`, which then holds none itself."
    )
    readings_raw_days: int = Field(default=400, ge=7, le=36_500, description="Days that InfluxDB keeps raw readings.")
    readings_minutes_days: int = Field(
        default=3_650, ge=7, le=36_500, description="Days that InfluxDB keeps the readings by the minute."
    )
    influx_url: str = Field(
        default="", description="Address of InfluxDB; empty: readings are kept in DuckDB in the data directory."
    )
    influx_token: SecretStr = Field(default=SecretStr(""), description="Token for InfluxDB.")
    influx_org: str = Field(default="nightbelt", description="Organisation at InfluxDB.")
    influx_bucket: str = Field(default="nightbelt", description="Bucket (database) of the raw readings.")
    influx_minutes_bucket: str = Field(
        default="nightbelt_minutes", description="Bucket (database) of the readings by the minute."
    )
    spool_limit_days: float = Field(
        default=7.0, gt=0, le=90, description="Days of readings that are kept here while InfluxDB is away."
    )
    profiles_dir: Path | None = Field(
        default=None, description="Directory of your own device profiles (TOML); they go over shipped ones of a name."
    )
    grafana_url: str = Field(default="", description="Address of the Grafana that `nightbelt dashboards push` fills.")
    grafana_token: SecretStr = Field(
        default=SecretStr(""), description="Token of a service account of that Grafana, with the role Admin."
    )
    grafana_influx_url: str = Field(
        default="", description="Address at which Grafana reaches InfluxDB; empty: `influx_url`."
    )
    grafana_influx_token: SecretStr = Field(
        default=SecretStr(""), description="Token for Grafana to read InfluxDB with; empty: `influx_token`."
    )
    grafana_records_url: SecretStr = Field(
        default=SecretStr(""),
        description="URL at which Grafana reads the records, with a role of its own; empty: `records_url`.",
    )
    profiles: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Device profiles that are read besides the native payload; a list, or names with commas.",
    )
    mqtt_host: str = Field(default="127.0.0.1", description="Broker's host name or address.")
    mqtt_port: int = Field(default=1883, ge=1, le=65535, description="Broker's port.")
    mqtt_username: str = Field(default="", description="Login at the broker; empty: none.")
    mqtt_password: SecretStr = Field(default=SecretStr(""), description="Password at the broker.")
    mqtt_client_id: str = Field(
        default="nightbelt", description="Name of the persistent session; one running service per name."
    )
    mqtt_tls: bool = Field(default=False, description="Speak TLS to the broker.")
    mqtt_ca_file: Path | None = Field(default=None, description="Certificates to trust; empty: the system's.")
    mqtt_cert_file: Path | None = Field(
        default=None, description="Our own certificate, for a broker that asks for one; empty: none."
    )
    mqtt_key_file: Path | None = Field(default=None, description="Its key; empty: it stands in `mqtt_cert_file`.")
    web_host: str = Field(default="127.0.0.1", description="Address the pages are served on.")
    web_port: int = Field(default=8000, ge=0, le=65535, description="Port the pages are served on; 0: any free one.")
    secure_cookies: bool = Field(
        default=True, description="Send cookies over HTTPS only; off only for plain HTTP on loopback."
    )
    trusted_proxies: str = Field(
        default="",
        pattern="^[0-9a-fA-F.:/, ]*$",
        description="Proxies whose `X-Forwarded-For` is believed: addresses or networks, with commas.",
    )
    public_url: str = Field(
        default="", description="Address that people reach the pages at, for links in messages; empty: no links."
    )
    messages_with_values: bool = Field(
        default=False, description="Tell people the figures of an alarm in messages to them; groups never get any."
    )
    web_push_contact: str = Field(
        default="",
        pattern="^((mailto:|https://)[^ ]+)?$",
        description="Whom push services may turn to, `mailto:...` or `https://...`; empty: web push is off.",
    )
    mqtt_alarms: bool = Field(default=False, description="Publish the alarms' states on the broker, for nurse-call.")
    use_maker_stages: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Centres whose reports take asleep and awake from the belts' makers; ids, or `*` for all.",
    )
    log_level: str = Field(
        default="info", pattern="^(debug|info|warning|error)$", description="debug, info, warning or error."
    )

    @field_validator("profiles", "use_maker_stages", mode="before")
    @classmethod
    def _names(cls, given: object) -> object:
        """An environment variable has no lists."""
        return [name.strip() for name in given.split(",") if name.strip()] if isinstance(given, str) else given

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return env_settings, init_settings

    @property
    def readings_path(self) -> Path:
        return self.data_dir / "readings.duckdb"

    @property
    def spool_path(self) -> Path:
        return self.data_dir / "spool.duckdb"

    @property
    def records_location(self) -> str:
        if not self.records_url:
            return str(self.data_dir / "records.sqlite")
        password = self.records_password.get_secret_value()
        if not password:
            return self.records_url
        return make_url(self.records_url).set(password=password).render_as_string(hide_password=False)


def load_settings(path: Path | None = None, environment: Mapping[str, str] | None = None) -> Settings:
    """The settings from `path` (TOML, optional), secret files and the environment.

    ConfigurationError names file and key.
    """
    environment = os.environ if environment is None else environment
    given = _from_file(path) if path is not None else {}
    _refuse_unknown_variables(environment)
    secrets = read_secrets(secrets_directories(environment), frozenset(Settings.model_fields))
    try:
        settings = Settings(**given | {key: secret.content for key, secret in secrets.items()})
    except ValidationError as error:
        places = {key: f"{path}: {key}" for key in given}
        places |= {key: f"secret file {secret.path}" for key, secret in secrets.items()}
        raise ConfigurationError("; ".join(_worded(item, places) for item in error.errors())) from None
    _check_records(settings)
    return settings


def _from_file(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(f"settings file {path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"settings file {path}: {error}") from error


def _refuse_unknown_variables(environment: Mapping[str, str]) -> None:
    known = {f"{ENV_PREFIX}{name.upper()}" for name in Settings.model_fields}
    for name in environment:
        if name.startswith(ENV_PREFIX) and not name.startswith(OTHER_VARIABLES) and name.upper() not in known:
            raise ConfigurationError(f"environment variable {name}: no such setting")


def _check_records(settings: Settings) -> None:
    """ConfigurationError when the password of the records has no address to go with, or two are given."""
    if not settings.records_password.get_secret_value():
        return
    if not settings.records_url:
        raise ConfigurationError("records_password: there is no records_url to use it at")
    try:
        url = make_url(settings.records_url)
    except (ArgumentError, ValueError):
        raise ConfigurationError("records_url: not a URL") from None
    if url.password is not None:
        raise ConfigurationError("records_url holds a password, and records_password is another; leave one out")


def _worded(item: Any, places: Mapping[str, str]) -> str:
    key = ".".join(str(part) for part in item["loc"])
    variable = f"environment variable {ENV_PREFIX}{key.upper()}"
    in_environment = f"{ENV_PREFIX}{key.upper()}" in os.environ
    return f"{variable if in_environment else places.get(key, variable)}: {item['msg']}"
