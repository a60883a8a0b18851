"""The readings store that the settings name, for commands that use it by themselves."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from domain.clock import SystemClock
from domain.ports import ReadingsStore
from nightbelt.late import NotingReadings
from nightbelt.settings import Settings
from nightbelt.terminal import held, open_records
from storage.duckdb_readings import DuckDBReadings
from storage.records_night_reports import RecordsLateReadings


@contextlib.contextmanager
def open_readings(settings: Settings) -> Iterator[ReadingsStore]:
    """The store, closed at the end.

    DuckDB is one process: the data directory is held meanwhile, and ConfigurationError says who holds it already.
    InfluxDB is used beside a running service, without the spool: UnavailableError while it is away.
    """
    if settings.influx_url:
        from nightbelt.readings_influx import open_influx

        with open_influx(settings) as influx:
            yield influx
        return
    with held(settings.data_dir), contextlib.closing(DuckDBReadings(settings.readings_path)) as readings:
        yield readings


@contextlib.contextmanager
def open_noting_readings(settings: Settings) -> Iterator[ReadingsStore]:
    """The same for writing: readings of nights that are over are noted for a new report, where there are records."""
    with open_readings(settings) as readings:
        if not settings.records_url and not Path(settings.records_location).exists():
            yield readings
            return
        with open_records(settings) as records:
            yield NotingReadings(readings, RecordsLateReadings(records), SystemClock().now)
