"""Opening the stores for the service: a mistake ends the start, an engine that is not up yet is waited for."""

import time
from typing import Final

import structlog

from domain.errors import UnavailableError
from ingest.negotiation import Backoff
from nightbelt.service import Stores
from nightbelt.settings import Settings
from nightbelt.stopping import Stopping

LOOK_S: Final = 0.1
"""How soon a wish to stop is seen."""

_log = structlog.get_logger(__name__)


def open_stores(settings: Settings, stopping: Stopping) -> Stores:
    """The open stores, however long an engine takes to come up.

    After a power cut the machines of a centre start in any order. KeyboardInterrupt when asked to stop meanwhile.
    """
    backoff = Backoff()
    waited_for: str | None = None
    while True:
        try:
            stores = Stores(settings)
        except UnavailableError as error:
            if waited_for != str(error):
                waited_for = str(error)
                _log.error("waiting for an engine", engine=error.engine, error=waited_for)
            _wait(backoff.next_s(), stopping)
        else:
            if waited_for is not None:
                _log.info("all engines are there")
            return stores


def _wait(length_s: float, stopping: Stopping) -> None:
    until_s = time.monotonic() + length_s
    while time.monotonic() < until_s:
        stopping.check()
        time.sleep(LOOK_S)
