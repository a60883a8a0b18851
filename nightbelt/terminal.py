"""What every command shares: where it prints, its settings, its records, the directory it holds."""

import contextlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from domain.errors import ConfigurationError
from nightbelt.holding import DataDirectory
from nightbelt.settings import Settings, load_settings
from storage.records import Records

out = Console()

SettingsFile = Annotated[
    Path | None, typer.Option("--settings", help="TOML file with settings; the environment goes over it.")
]


def settings_of(settings_file: Path | None, data: Path | None) -> Settings:
    """The settings, with the data directory of the command line over them."""
    settings = load_settings(settings_file)
    return settings if data is None else settings.model_copy(update={"data_dir": data})


@contextlib.contextmanager
def open_records(settings: Settings) -> Iterator[Records]:
    """The records, beside a running service if need be; SQLite and PostgreSQL both allow it."""
    if not settings.records_url:
        try:
            settings.data_dir.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigurationError(
                f"data directory {settings.data_dir} cannot be written: {error.strerror}"
            ) from error
    with contextlib.closing(Records.open(settings.records_location)) as records:
        yield records


@contextlib.contextmanager
def held(path: Path) -> Iterator[None]:
    """The data directory, for this process alone."""
    directory = DataDirectory(path)
    try:
        yield
    finally:
        directory.release()


def print_json(value: object) -> None:
    """One line of JSON."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")
