"""Real brokers for tests: started on a free port with a folder of their own, and always stopped.

`with mosquitto(folder) as broker:` or `with nats(folder) as broker:`; `broker.port` is the MQTT port. `stop` and
`start` may be called in between, `kill` ends it without a goodbye; port, sessions and queued messages stay.
"""

import contextlib
import itertools
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest

READY_TIMEOUT_S = 15.0
STOP_TIMEOUT_S = 10.0
POLL_S = 0.02
FIRST_PORT: Final = 20_000
PORTS_EACH: Final = 1_500
TEST_PROCESSES: Final = 8
EVERY_MESSAGE = 0  # Mosquitto's word for no limit

_PLACES = ("/usr/sbin", "/usr/local/sbin", str(Path(sys.executable).parent))


def engine_path(name: str) -> str:
    """The program of an engine. A missing one fails under CI=true and skips elsewhere."""
    found = shutil.which(name) or shutil.which(name, path=os.pathsep.join(_PLACES))
    if found is not None:
        return found
    if os.environ.get("CI") == "true":
        pytest.fail(f"{name} is not installed")
    pytest.skip(f"{name} is not installed")


def free_port() -> int:
    """A port that nobody has now, and that nobody is given while what had it is restarted.

    Not one that the kernel picks: it gives those to every client that connects as well (from 32768 on, on Linux). No
    port is given twice before all were, and test processes beside this one have others.
    """
    for port in itertools.islice(_ports, PORTS_EACH):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    pytest.fail("no free port")


def _own_ports() -> Iterator[int]:
    """Those of this test process, over and over; from where depends on the process, for runs beside each other."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % TEST_PROCESSES
    first, start = FIRST_PORT + worker * PORTS_EACH, os.getpid() % PORTS_EACH
    return itertools.cycle(first + (start + nth) % PORTS_EACH for nth in range(PORTS_EACH))


_ports: Final = _own_ports()


def until(true: Callable[[], object], within_s: float = READY_TIMEOUT_S) -> None:
    """Wait for something that happens by itself; AssertionError when it does not in time."""
    deadline = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < deadline, f"not true within {within_s} s"
        time.sleep(POLL_S)


class EngineProcess:
    """A process of an engine; it takes connections at `host` and `port`."""

    def __init__(self, command: list[str], port: int, log: Path) -> None:
        self.host = "127.0.0.1"
        self.port = port
        self.log = log
        self._command = command
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Returns when it takes connections."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=subprocess.STDOUT)
        deadline = time.monotonic() + READY_TIMEOUT_S
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                break
            with contextlib.suppress(OSError), socket.create_connection((self.host, self.port), timeout=1):
                return
            time.sleep(POLL_S)
        self.kill()
        raise RuntimeError(f"{self._command[0]} did not start:\n{self.log.read_text()[-2000:]}")

    def stop(self) -> None:
        """Ask it to end, and wait; it keeps what it promised to keep."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """kill -9."""
        self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(how)
        try:
            process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


class Broker(EngineProcess):
    """A broker; `host` and `port` speak MQTT."""


@contextlib.contextmanager
def mosquitto(folder: Path, *, extra: str = "") -> Iterator[Broker]:
    """Mosquitto with persistence and without limits on queues; `extra` lines go into its configuration."""
    program = engine_path("mosquitto")
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    lines = [
        f"listener {port} 127.0.0.1",
        "persistence true",
        f"persistence_location {folder}/",
        f"max_queued_messages {EVERY_MESSAGE}",
        f"max_inflight_messages {EVERY_MESSAGE}",
        "user root" if os.geteuid() == 0 else "",
        "" if "allow_anonymous" in extra else "allow_anonymous true",
        extra,
    ]
    config = folder / "mosquitto.conf"
    config.write_text("\n".join(lines) + "\n")
    with _running(Broker([program, "-c", str(config)], port, folder / "mosquitto.log")) as broker:
        yield broker


@contextlib.contextmanager
def nats(folder: Path, *, extra: str = "", mqtt: str = "") -> Iterator[Broker]:
    """nats-server with JetStream and MQTT; `mqtt` lines go into its `mqtt` block, `extra` beside it."""
    program = engine_path("nats-server")
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    config = folder / "nats.conf"
    config.write_text(
        f'server_name: test\nhost: 127.0.0.1\nport: {free_port()}\njetstream {{ store_dir: "{folder}/jetstream" }}\n'
        f"mqtt {{\n  host: 127.0.0.1\n  port: {port}\n  max_ack_pending: 65535\n  {mqtt}\n}}\n{extra}\n"
    )
    with _running(Broker([program, "-c", str(config)], port, folder / "nats.log")) as broker:
        yield broker


@contextlib.contextmanager
def _running(broker: Broker) -> Iterator[Broker]:
    broker.start()
    try:
        yield broker
    finally:
        broker.stop()
