"""The readings store that the settings name, for commands that use it by themselves."""

import contextlib
from collections.abc import Iterator

from domain.errors import ConfigurationError
from domain.ports import ReadingsStore
from nightbelt.settings import Settings
from nightbelt.terminal import held
from storage.duckdb_readings import DuckDBReadings


@contextlib.contextmanager
def open_readings(settings: Settings) -> Iterator[ReadingsStore]:
    """The store, closed at the end.

    DuckDB is one process: the data directory is held meanwhile, and ConfigurationError says who holds it already.
    """
    if settings.influx_url:
        raise ConfigurationError("influx_url: files are not yet read into or written from InfluxDB")
    with held(settings.data_dir), contextlib.closing(DuckDBReadings(settings.readings_path)) as readings:
        yield readings
