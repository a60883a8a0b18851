"""`nightbelt serve` as a process of its own, over enrolled beds, to be used, stopped or killed."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from urllib.request import urlopen

from api.passwords import Passwords
from domain.clock import SystemClock
from domain.people import Person, Role
from domain.ports import BedEntry
from storage.records import Records
from storage.records_people import RecordsPeople
from storage.records_register import RecordsRegister
from tests.integration.engines import free_port
from tests.integration.ward import CENTER

LOGIN, PASSWORD = "wang", "a password for tests"
START_S = 30.0


class RunningService:
    """The service on `data`; `start` it, `end` it by any signal, and start it again on the same data."""

    def __init__(self, data: Path, broker_port: int, settings: Mapping[str, str]) -> None:
        self.data = data
        self.records_place = settings.get("records_url") or str(data / "records.sqlite")
        self.web_port = free_port()
        self._log = (data / "service.log").open("ab")
        self._environment = {
            **os.environ,
            "NIGHTBELT_DATA_DIR": str(data),
            "NIGHTBELT_MQTT_PORT": str(broker_port),
            "NIGHTBELT_WEB_PORT": str(self.web_port),
            "NIGHTBELT_SECURE_COOKIES": "false",
            **{f"NIGHTBELT_{name.upper()}": value for name, value in settings.items()},
        }
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "nightbelt", "serve"],
            env=self._environment,
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )

    def end(self, how: signal.Signals) -> int:
        assert self._process is not None
        self._process.send_signal(how)
        return self._process.wait(30)

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def health(self) -> dict[str, str]:
        """What it says of its engines; empty when nobody answers."""
        try:
            with urlopen(f"http://127.0.0.1:{self.web_port}/healthz", timeout=5) as answer:
                said = answer.read()
        except urllib.error.HTTPError as error:
            said = error.read()
        except OSError:
            return {}
        engines: dict[str, str] = json.loads(said)["engines"]
        return engines

    def wait_for_session(self) -> None:
        """Until it has subscribed for the first time: what is published before that is nobody's to keep."""
        deadline = time.monotonic() + START_S
        log = self.data / "service.log"
        while b"broker connected" not in log.read_bytes() or b"serving" not in log.read_bytes():
            assert time.monotonic() < deadline, log.read_text()
            assert self.alive, log.read_text()
            time.sleep(0.05)

    def count(self, name: str) -> float:
        """A metric of the reading path, 0 when there is none yet."""
        with urlopen(f"http://127.0.0.1:{self.web_port}/metrics", timeout=START_S) as answer:
            lines = answer.read().decode().splitlines()
        values = [line.split()[-1] for line in lines if line.split()[0] == f"nightbelt_ingest_{name}"]
        return float(values[0]) if values else 0.0

    def close(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        self._log.close()


@contextlib.contextmanager
def running_service(
    data: Path, broker_port: int, entries: Sequence[BedEntry], **settings: str
) -> Iterator[RunningService]:
    """Not started yet; beds are enrolled, and a caregiver may log in as `LOGIN`."""
    data.mkdir(exist_ok=True)
    service = RunningService(data, broker_port, settings)
    with contextlib.closing(Records.open(service.records_place)) as records:
        RecordsRegister(records).enroll(CENTER, entries, SystemClock().now() - 60_000)
        caregiver = Person(
            person_id="p-wang",
            login=LOGIN,
            name="Wang",
            role=Role.CAREGIVER,
            password_hash=Passwords().hash(PASSWORD),
            center_id=CENTER.center_id,
        )
        RecordsPeople(records).save(caregiver)
    try:
        yield service
    finally:
        service.close()
