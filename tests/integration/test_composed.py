"""The chain of docker-compose.yml on real engines without Docker: what each service is told, at other ports and paths.

Secrets are drawn, a centre is enrolled into PostgreSQL, the script of `broker-config` writes Mosquitto's files,
Mosquitto starts on them over TLS, its own health check holds, and Nightbelt, told what compose tells it, is well and
stores what a belt with its own login publishes.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from domain.clock import SystemClock
from storage.duckdb_readings import DuckDBReadings
from tests.composition import ROOT, compose, services
from tests.integration.engines import Broker, engine_path, free_port, until
from tests.integration.engines_postgres import Postgres
from tests.integration.running import RunningService

pytestmark = [pytest.mark.engine("mosquitto"), pytest.mark.engine("postgresql")]

CENTER = """
[center]
id = "c1"
name = "Willow House"
timezone = "Asia/Shanghai"

[[beds]]
room = "101"
bed = "1"
belt = "b1"
[beds.resident]
id = "r1"
name = "Wang Xiuying"
"""


class Host:
    """A machine with a checkout; `told` is a service's environment there."""

    def __init__(self, home: Path, engine: Postgres) -> None:
        self.home = home
        self.engine = engine
        self.broker_port = free_port()
        self._checkout = home / "checkout"
        (self._checkout / "deploy").mkdir(parents=True)
        shutil.copy(ROOT / "deploy" / "make-secrets.sh", self._checkout / "deploy")
        subprocess.run(["sh", self._checkout / "deploy" / "make-secrets.sh"], check=True, capture_output=True)
        (home / "broker").mkdir()
        (home / "issued").mkdir()
        program = home / "bin" / "nightbelt"
        program.parent.mkdir()
        program.write_text(f'#!/bin/sh\nexec {sys.executable} -m nightbelt "$@"\n')
        program.chmod(0o755)
        engine.database("composed")
        self.records_url = engine.url_of("composed", password=False)

    def told(self, service: str) -> dict[str, str]:
        """Each service sees its own secrets only, under the names that compose gives them."""
        environment = {name: self.put(text, service) for name, text in services()[service].environment.items()}
        if "NIGHTBELT_RECORDS_URL" in environment:
            environment["NIGHTBELT_RECORDS_URL"] = self.records_url
        environment.setdefault("NIGHTBELT_SECRETS_DIR", str(self._secrets_of(service)))
        path = f"{self.home / 'bin'}:{os.environ['PATH']}"
        return {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT), **environment}

    def put(self, text: str, service: str) -> str:
        """`text` with this machine's paths and ports."""
        places = {
            "/run/secrets": self._secrets_of(service),
            "/issued": self.home / "issued",
            "/broker": self.home / "broker",
        }
        text = re.sub(rf"({'|'.join(places)})(?![\w.-])", lambda found: str(places[found[0]]), text)
        return text.replace("8883", str(self.broker_port)).replace("0.0.0.0", "127.0.0.1")

    def run(self, service: str, *command: str) -> str:
        done = subprocess.run(command, env=self.told(service), cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    @contextmanager
    def mosquitto(self) -> Iterator[Broker]:
        config = self.home / "broker" / "mosquitto.conf"
        if os.geteuid() == 0:
            config.write_text(f"{config.read_text()}user root\n")
        broker = Broker([engine_path("mosquitto"), "-c", str(config)], self.broker_port, self.home / "mosquitto.log")
        broker.start()
        try:
            yield broker
        finally:
            broker.stop()

    def _secrets_of(self, service: str) -> Path:
        folder = self.home / "run" / service
        folder.mkdir(parents=True, exist_ok=True)
        for name in services()[service].secrets:
            if not (folder / name).exists():
                shutil.copy(self._checkout / compose()["secrets"][name]["file"], folder / name)
        records = folder / "nightbelt_records_password"
        if records.exists():
            records.chmod(0o644)
            records.write_text(self.engine.password)
        return folder


def test_what_compose_tells_its_services_makes_a_running_centre(tmp_path: Path, postgres_engine: Postgres) -> None:
    host = Host(tmp_path, postgres_engine)
    center = tmp_path / "center.toml"
    center.write_text(CENTER)
    host.run("nightbelt", "nightbelt", "enroll", str(center))
    script = tmp_path / "broker-config.sh"
    script.write_text(host.put((ROOT / "deploy" / "broker-config.sh").read_text(), "broker-config"))
    for _ in range(2):  # a second run keeps what the first made
        host.run("broker-config", "sh", str(script))
    logins = tomllib.loads((tmp_path / "broker" / "logins.toml").read_text())
    secret = (tmp_path / "run" / "broker-config" / "nightbelt_mqtt_password").read_text().strip()
    assert logins["service"] == {"nightbelt": secret}
    with host.mosquitto(), closing(_service(host)) as service:
        check = services()["mosquitto"].said["healthcheck"]["test"][1].replace("$$", "$")
        engine_path("mosquitto_sub")
        host.run("mosquitto", "sh", "-c", host.put(check, "mosquitto"))
        service.start()
        until(lambda: set(service.health().values()) == {"ok"}, 30)
        now = SystemClock().now()
        _publish(host, "b1", logins["belts"]["b1"], f'{{"ts": {now}, "heart_rate": 60, "in_bed": true}}')
        until(lambda: service.count("readings_stored_total") == 1)
        assert service.end(signal.SIGTERM) == 0
        with closing(DuckDBReadings(service.data / "readings.duckdb")) as readings:
            assert readings.read("b1", 0, 2**62).observed_at.tolist() == [now]


def _service(host: Host) -> RunningService:
    told = host.told("nightbelt")
    told["NIGHTBELT_MQTT_HOST"] = "localhost"
    del told["NIGHTBELT_INFLUX_URL"]  # no InfluxDB 2 is at hand: readings go to DuckDB
    (host.home / "data").mkdir()
    prefix = "NIGHTBELT_"
    settings = {name.removeprefix(prefix): value for name, value in told.items() if name.startswith(prefix)}
    return RunningService(host.home / "data", host.broker_port, settings)


def _publish(host: Host, belt_id: str, password: str, payload: str) -> None:
    command = [engine_path("mosquitto_pub"), "-h", "localhost", "-p", str(host.broker_port), "-q", "1"]
    command += ["--cafile", str(host.home / "checkout" / "secrets" / "ca.crt"), "-u", belt_id, "-P", password]
    subprocess.run([*command, "-t", f"care/c1/{belt_id}/readings", "-m", payload], check=True, timeout=20)
