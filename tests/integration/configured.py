"""Brokers as `nightbelt broker-config` sets them up: the real files, on a port of their own."""

import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from domain.clock import SystemClock
from domain.ports import BedEntry
from domain.residents import Center
from nightbelt.broker_logins import BrokerLogins, read_logins
from nightbelt.commands_broker import BrokerKind, broker_config
from storage.records import Records
from storage.records_register import RecordsRegister
from tests.integration.certificates import Certificate
from tests.integration.engines import Broker, engine_path, free_port

kinds = pytest.mark.parametrize(
    "kind",
    [
        pytest.param("mosquitto", marks=pytest.mark.engine("mosquitto")),
        pytest.param("nats", marks=pytest.mark.engine("nats-server")),
    ],
)


def enroll(data: Path, center: Center, entries: Sequence[BedEntry]) -> None:
    data.mkdir(exist_ok=True)
    with closing(Records.open(data / "records.sqlite")) as records:
        RecordsRegister(records).enroll(center, entries, SystemClock().now() - 60_000)


def bed_with(belt_id: str | None, bed_id: str) -> BedEntry:
    return BedEntry(room_id="room", room="1", bed_id=bed_id, bed=bed_id, belt_id=belt_id)


class Configured(Broker):
    """A broker on the files of `directory`; `write` writes them anew."""

    def __init__(self, kind: str, directory: Path, data: Path, server: Certificate | None, *gateways: str) -> None:
        port, program = free_port(), engine_path("mosquitto" if kind == "mosquitto" else "nats-server")
        config = directory / ("mosquitto.conf" if kind == "mosquitto" else "nats.conf")
        super().__init__([program, "-c", str(config)], port, directory / "broker.log")
        self.directory = directory
        self._kind, self._data, self._config = kind, data, config
        self._server, self._gateways = server, list(gateways)
        self.profiles: tuple[str, ...] = ()
        self.listeners: list[str] = []

    def write(self) -> None:
        settings_file = self._data / "settings.toml"
        profiles = ", ".join(f'"{name}"' for name in self.profiles)
        settings_file.write_text(f'data_dir = "{self._data}"\nprofiles = [{profiles}]\n')
        broker_config(
            kind=BrokerKind(self._kind),
            directory=self.directory,
            gateway=self._gateways,
            listener=self.listeners,
            cert_file=self._server.certificate if self._server else None,
            key_file=self._server.key if self._server else None,
            host=self.host,
            port=self.port,
            seen_as=None,
            settings_file=settings_file,
        )

    @property
    def logins(self) -> BrokerLogins:
        return read_logins(self.directory / "logins.toml")

    def reload(self) -> None:
        """Have it read its files anew."""
        assert self._process is not None
        self._process.send_signal(signal.SIGHUP)

    def start(self) -> None:
        if self._kind == "mosquitto" and os.geteuid() == 0 and "user root" not in self._config.read_text():
            with self._config.open("a") as config:  # it would become another user, who may not see the test's folder
                config.write("user root\n")
        super().start()


@contextmanager
def configured(
    kind: str,
    directory: Path,
    data: Path,
    server: Certificate | None = None,
    *gateways: str,
    profiles: tuple[str, ...] = (),
) -> Iterator[Configured]:
    """The broker for the belts enrolled in `data`, started."""
    broker = Configured(kind, directory, data, server, *gateways)
    broker.profiles = profiles
    broker.write()
    broker.start()
    try:
        yield broker
    finally:
        broker.stop()
