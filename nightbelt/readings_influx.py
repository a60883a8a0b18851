"""The readings in InfluxDB, for commands that use them by themselves."""

import contextlib
from collections.abc import Iterator

from domain.clock import SystemClock
from nightbelt.centers import Centers
from nightbelt.far_readings import influx_readings
from nightbelt.settings import Settings
from nightbelt.terminal import open_records
from storage.influx_readings import InfluxReadings
from storage.records_register import RecordsRegister


@contextlib.contextmanager
def open_influx(settings: Settings) -> Iterator[InfluxReadings]:
    """The figures of the minutes that were written to are worked out before it is closed."""
    clock = SystemClock()
    with open_records(settings) as records:
        centers = Centers(RecordsRegister(records), clock)
        with contextlib.closing(influx_readings(settings, centers)) as influx:
            yield influx
            while influx.rollup.settle(clock.now()):
                pass
