"""`nightbelt serve` as a process of its own, over enrolled beds, to be used, stopped or killed."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

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

    def __init__(self, data: Path, broker_port: int) -> None:
        self.data = data
        self.web_port = free_port()
        self._log = (data / "service.log").open("ab")
        self._environment = {
            **os.environ,
            "NIGHTBELT_DATA_DIR": str(data),
            "NIGHTBELT_MQTT_PORT": str(broker_port),
            "NIGHTBELT_WEB_PORT": str(self.web_port),
            "NIGHTBELT_SECURE_COOKIES": "false",
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

    def wait_for_session(self) -> None:
        """Until it has subscribed for the first time: what is published before that is nobody's to keep."""
        deadline = time.monotonic() + START_S
        log = self.data / "service.log"
        while b"broker connected" not in log.read_bytes() or b"serving" not in log.read_bytes():
            assert time.monotonic() < deadline, log.read_text()
            assert self.alive, log.read_text()
            time.sleep(0.05)

    def close(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        self._log.close()


@contextlib.contextmanager
def running_service(data: Path, broker_port: int, entries: Sequence[BedEntry]) -> Iterator[RunningService]:
    """Not started yet; beds are enrolled, and a caregiver may log in as `LOGIN`."""
    data.mkdir()
    with contextlib.closing(Records.open(data / "records.sqlite")) as records:
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
    service = RunningService(data, broker_port)
    try:
        yield service
    finally:
        service.close()
