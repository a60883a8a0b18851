"""Settings of the service: from the environment (`NIGHTBELT_...`) over a TOML file over the defaults below.

A wrong one stops the start with the place and the key; nothing is guessed.
"""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from domain.errors import ConfigurationError

ENV_PREFIX: Final = "NIGHTBELT_"
OTHER_VARIABLES: Final = (
    f"{ENV_PREFIX}TEST_",
    f"{ENV_PREFIX}PERSON_PASSWORD",
    f"{ENV_PREFIX}SIMULATE_PASSWORD",
    f"{ENV_PREFIX}SETUP_TOKEN",
)
"""Variables that begin like settings and are none: the tests', and passwords of single commands."""


class Settings(BaseSettings):
    """Everything that can be set. Lengths of time carry their unit in the name."""

    model_config = SettingsConfigDict(env_prefix=ENV_PREFIX, extra="forbid", frozen=True)

    data_dir: Path = Field(default=Path("data"), description="Directory of the embedded stores; made when missing.")
    records_url: str = Field(
        default="", description="SQLAlchemy URL of the records; empty: SQLite in the data directory."
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
    mqtt_host: str = Field(default="127.0.0.1", description="Broker's host name or address.")
    mqtt_port: int = Field(default=1883, ge=1, le=65535, description="Broker's port.")
    mqtt_username: str = Field(default="", description="Login at the broker; empty: none.")
    mqtt_password: SecretStr = Field(default=SecretStr(""), description="Password at the broker.")
    mqtt_client_id: str = Field(
        default="nightbelt", description="Name of the persistent session; one running service per name."
    )
    mqtt_tls: bool = Field(default=False, description="Speak TLS to the broker.")
    mqtt_ca_file: Path | None = Field(default=None, description="Certificates to trust; empty: the system's.")
    web_host: str = Field(default="127.0.0.1", description="Address the pages are served on.")
    web_port: int = Field(default=8000, ge=0, le=65535, description="Port the pages are served on; 0: any free one.")
    secure_cookies: bool = Field(
        default=True, description="Send cookies over HTTPS only; off only for plain HTTP on loopback."
    )
    log_level: str = Field(
        default="info", pattern="^(debug|info|warning|error)$", description="debug, info, warning or error."
    )

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
        return self.records_url or str(self.data_dir / "records.sqlite")


def load_settings(path: Path | None = None, environment: Mapping[str, str] | None = None) -> Settings:
    """The settings from `path` (TOML, optional) and the environment. ConfigurationError names file and key."""
    given = _from_file(path) if path is not None else {}
    _refuse_unknown_variables(environment if environment is not None else os.environ)
    try:
        return Settings(**given)
    except ValidationError as error:
        raise ConfigurationError("; ".join(_worded(item, given, path) for item in error.errors())) from None


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


def _worded(item: Any, given: Mapping[str, Any], path: Path | None) -> str:
    key = ".".join(str(part) for part in item["loc"])
    variable = f"{ENV_PREFIX}{key.upper()}"
    place = f"environment variable {variable}" if variable in os.environ or key not in given else f"{path}: {key}"
    return f"{place}: {item['msg']}"
