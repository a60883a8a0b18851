"""The whole path with every lock closed: simulated belts, a broker by `broker-config` with TLS, and the service."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from domain.errors import UnavailableError
from nightbelt.simulation import BrokerSecrets, broker_of
from simulators.center import simulated_center
from storage.duckdb_readings import DuckDBReadings
from storage.records import Records
from storage.records_belts import RecordsBeltStatuses
from tests.integration.certificates import Authority
from tests.integration.configured import configured, enroll, kinds
from tests.integration.engines import until
from tests.integration.running import running_service

BEDS, SEED = 3, 5
SIMULATE = ("simulate", "--beds", str(BEDS), "--seed", str(SEED))
ENOUGH = 5
STORED_S = 40.0
ENDED_S = 20.0


@contextmanager
def simulated(*options: str | Path, log: Path) -> Iterator[None]:
    """Belts that publish as long as this lasts."""
    with log.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "nightbelt", *SIMULATE, *map(str, options)], stdout=file, stderr=subprocess.STDOUT
        )
    try:
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(ENDED_S)
    assert process.returncode == 0, log.read_text()


@pytest.mark.parametrize(
    ("kind", "by"),
    [
        pytest.param("mosquitto", "belt", marks=pytest.mark.engine("mosquitto")),
        pytest.param("nats", "gateway", marks=pytest.mark.engine("nats-server")),
    ],
)
def test_simulated_belts_reach_the_service(kind: str, by: str, tmp_path: Path) -> None:
    data, authority = tmp_path / "data", Authority(tmp_path / "authority")
    center = simulated_center(BEDS, SEED)
    enroll(data, center.center, center.entries())
    belts = [bed.belt.belt_id for bed in center.beds]
    with configured(kind, tmp_path / "broker", data, authority.sign("broker"), "gate") as broker:
        settings = {
            "mqtt_tls": "true",
            "mqtt_ca_file": str(authority.certificate),
            "mqtt_username": "nightbelt",
            "mqtt_password": (broker.directory / "service_password").read_text(),
        }
        logins = ("--logins", broker.directory / "logins.toml")
        gateway = ("--username", "gate", "--password", broker.logins.gateways["gate"])
        with running_service(data, broker.port, [], **settings) as service:
            service.start()
            service.wait_for_session()
            options = ("--port", str(broker.port), "--tls", "--ca-file", authority.certificate)
            with simulated(*options, *(logins if by == "belt" else gateway), log=tmp_path / "simulate.log"):
                until(lambda: statuses(data) == belts, STORED_S)
                until(lambda: service.count("readings_stored_total") >= ENOUGH, STORED_S)
                assert service.count("sessions_lost_total") == 0
            assert service.end(signal.SIGTERM) == 0
    store = DuckDBReadings(data / "readings.duckdb")
    found = sum(len(store.read(belt_id, 0, 2**62)) for belt_id in belts)
    store.close()
    assert found >= ENOUGH


@kinds
def test_simulated_belts_say_why_they_cannot_publish(kind: str, tmp_path: Path) -> None:
    data, authority = tmp_path / "data", Authority(tmp_path / "authority")
    center = simulated_center(BEDS, SEED)
    enroll(data, center.center, center.entries())
    stranger = Authority(tmp_path / "stranger", "stranger")
    with configured(kind, tmp_path / "broker", data, authority.sign("broker")) as broker:
        tls = BrokerSecrets(tls=True, ca_file=authority.certificate)
        foreign = BrokerSecrets(tls=True, ca_file=stranger.certificate)
        login = ("b0001", broker.logins.belts["b0001"])
        broker_of(center, broker.host, broker.port, login, tls)
        for given, secrets, why in (
            (("b0001", "wrong"), tls, "refused: (Not authorized|Bad user name or password)"),
            (login, foreign, "certificate"),
            (login, BrokerSecrets(), "no answer"),
        ):
            with pytest.raises(UnavailableError, match=why):
                broker_of(center, broker.host, broker.port, given, secrets)


def statuses(data: Path) -> list[str]:
    records = Records.open(data / "records.sqlite")
    try:
        return [status.belt_id for status in RecordsBeltStatuses(records).all()]
    finally:
        records.close()
