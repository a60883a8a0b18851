"""Readings kept in InfluxDB, with a spool before it: what is opened for that, and the threads that serve it."""

import contextlib
from collections.abc import Callable, Sequence
from typing import Final

from prometheus_client import CollectorRegistry

from domain.clock import Clock, SystemClock
from domain.live import LiveEvent
from domain.ports import AlarmBook, Quarantine, Register
from domain.units import DAY_MS
from ingest.forwarding import Forwarder
from nightbelt.centers import Centers
from nightbelt.rollups import Rollups
from nightbelt.settings import Settings
from nightbelt.storekeeper import Storekeeper
from storage.influx_readings import InfluxReadings
from storage.influx_server import InfluxServer
from storage.spool import Spool
from storage.spooled_readings import SpooledReadings

WRITE_TIMEOUT_S: Final = 10.0
"""A write that takes longer is tried again; far over what counts as slow, so that a slow InfluxDB still gets on."""


def influx_readings(settings: Settings, centers: Centers) -> InfluxReadings:
    """The store that the settings name; nothing is asked of it yet."""
    server = InfluxServer(
        url=settings.influx_url,
        token=settings.influx_token.get_secret_value(),
        org=settings.influx_org,
        write_timeout_s=WRITE_TIMEOUT_S,
    )
    return InfluxReadings(
        server,
        bucket=settings.influx_bucket,
        minutes_bucket=settings.influx_minutes_bucket,
        center_of=centers.center_of,
    )


class FarReadings:
    """The open spool and the way to InfluxDB, which need not be there; a context manager that closes both."""

    def __init__(self, settings: Settings, register: Register) -> None:
        self._stack = contextlib.ExitStack()
        self._limit_ms = settings.spool_limit_days * DAY_MS
        self._centers = Centers(register, SystemClock())
        with contextlib.ExitStack() as opened:
            self._spool = opened.enter_context(contextlib.closing(Spool(settings.spool_path)))
            self._influx = opened.enter_context(contextlib.closing(influx_readings(settings, self._centers)))
            self._stack = opened.pop_all()
        self.readings = SpooledReadings(self._influx, self._spool)

    def close(self) -> None:
        self._stack.close()

    def serve(
        self,
        *,
        quarantine: Quarantine,
        book: AlarmBook,
        publish: Callable[[Sequence[LiveEvent]], None],
        clock: Clock,
        registry: CollectorRegistry,
    ) -> "Forwarding":
        """What has to run beside the service."""
        forwarder = Forwarder(
            spool=self._spool,
            store=self._influx,
            quarantine=quarantine,
            center_of=self._centers.center_of,
            limit_ms=self._limit_ms,
            clock=clock,
            registry=registry,
        )
        keeper = Storekeeper(
            spool=self._spool,
            book=book,
            centers=self._centers.all,
            publish=publish,
            limit_ms=self._limit_ms,
            clock=clock,
        )
        return Forwarding(forwarder, keeper, Rollups(self._influx.rollup, clock))


class Forwarding:
    """The threads between spool and InfluxDB; they stop before the stores are closed."""

    def __init__(self, forwarder: Forwarder, keeper: Storekeeper, rollups: Rollups) -> None:
        self._forwarder = forwarder
        self._threads = (forwarder, keeper, rollups)

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        for thread in self._threads:
            thread.stop()

    def health(self) -> dict[str, str]:
        return {"influxdb": self._forwarder.health()}
