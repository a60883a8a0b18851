"""The server stops although boards listen: streams end before it waits for them."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from api.access import SESSION_MS, token_hash
from domain.people import Session
from tests.browser.conftest import Served
from tests.integration.engines import free_port
from tests.unit.api.world import World

ROOT = Path(__file__).parents[2]
PROGRAM = """
import sys
from api.app import create_app
from api.server import BoardServer
from tests.browser.test_stop import listen_with_token
from tests.unit.api.world import build_world
world = build_world()
listen_with_token(world)
app = create_app(world.services)
BoardServer(app, world.services.hub, host="127.0.0.1", port=int(sys.argv[1])).run()
"""


def listen_with_token(world: World) -> None:
    """A session whose cookie is "token"."""
    expires_at = world.services.clock.now() + SESSION_MS
    session = Session(token_hash=token_hash("token"), person_id="p-wang", csrf="c", expires_at=expires_at)
    world.people.begin(session, at=world.services.clock.now())


def live_stream(port: int) -> socket.socket:
    """A browser that listens; returns once the board has come."""
    waited_until = time.monotonic() + 15
    while True:
        try:
            listener = socket.create_connection(("127.0.0.1", port), timeout=10)
            break
        except ConnectionRefusedError:
            assert time.monotonic() < waited_until
            time.sleep(0.05)
    listener.sendall(b"GET /live HTTP/1.1\r\nHost: x\r\nCookie: nightbelt_session=token\r\n\r\n")
    heard = b""
    while b"event: snapshot" not in heard:
        part = listener.recv(65536)
        assert part
        heard += part
    return listener


def test_stopping_ends_open_streams(served: Served) -> None:
    listen_with_token(served.world)
    with live_stream(served.port):
        assert served.stop() < 2


def test_ctrl_c_ends_the_process_at_once() -> None:
    port = free_port()
    command = [sys.executable, "-c", PROGRAM, str(port)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL) as process:
        try:
            with live_stream(port):
                began = time.monotonic()
                process.send_signal(signal.SIGINT)
                process.wait(timeout=10)
                assert time.monotonic() - began < 3
        finally:
            process.kill()
