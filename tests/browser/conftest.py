"""The real pages by a real server in a real Chromium; only the stores are fakes."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from api.app import create_app
from api.server import BoardServer
from domain.clock import SystemClock
from domain.live import BedsChanged
from domain.readings import Occupancy
from tests.integration.engines import free_port
from tests.unit.api.world import PASSWORD, World, build_world

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
START_S = 10


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Without Chromium its tests fail in CI and are skipped elsewhere."""
    if CHROMIUM.exists() or os.environ.get("CI") == "true":
        return
    for item in items:
        if item.get_closest_marker("engine") is not None and item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.skip(reason=f"{CHROMIUM} is not there"))


@dataclass
class Served:
    """A world on a port; it can be stopped and started again. `engines` is how it says it is."""

    world: World
    engines: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    _server: BoardServer | None = None
    _thread: threading.Thread | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        hub = self.world.services.hub
        self._server = BoardServer(create_app(self.world.services), hub, host="127.0.0.1", port=self.port)
        self._thread = threading.Thread(target=self._server.run)
        self._thread.start()
        waited_until = time.monotonic() + START_S
        while not self._server.started:
            assert time.monotonic() < waited_until, "the server does not start"
            time.sleep(0.02)

    def stop(self) -> float:
        """How many seconds it took."""
        began = time.monotonic()
        if self._server is not None and self._thread is not None:
            self._server.should_exit = True
            self._thread.join(timeout=30)
            assert not self._thread.is_alive()
        return time.monotonic() - began

    def hear(self, n: int, occupancy: Occupancy, **changed: object) -> None:
        """A reading, told to the boards."""
        self.world.services.hub.publish([BedsChanged(beds=(self.world.hear(n, occupancy, **changed),))])


@pytest.fixture
def served() -> Iterator[Served]:
    engines: dict[str, str] = {}
    served = Served(build_world(clock=SystemClock(), health=lambda: engines), engines)
    served.start()
    yield served
    served.stop()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Not for the whole run: while it stands, asyncio.run does not work in this thread."""
    if not CHROMIUM.exists():
        pytest.fail(f"{CHROMIUM} is not there")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield browser
        browser.close()


Open = Callable[..., Page]


@pytest.fixture
def open_board(chromium: Browser, served: Served) -> Iterator[Open]:
    """A page of a new browser, signed in; whatever the page complains of fails the test."""
    contexts, complaints = [], []

    def open_board(login: str = "wang", path: str = "/", language: str = "en", **options: Any) -> Page:
        context = chromium.new_context(**{"viewport": {"width": 1280, "height": 800}, **options})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(8000)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if "Content Security" in said.text else None)
        page.goto(f"{served.address}/language/{language}?next=/login")
        page.fill("[name=login]", login)
        page.fill("[name=password]", PASSWORD)
        page.click("button.go")
        page.wait_for_load_state()
        if path != "/":
            page.goto(served.address + path)
        return page

    yield open_board
    for context in contexts:
        context.close()
    assert complaints == []
