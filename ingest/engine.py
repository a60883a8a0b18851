"""Calls to what the worker depends on: kept alive through failures, with growing waits between tries."""

import time
from collections.abc import Callable
from typing import Final

import structlog
from prometheus_client import Counter

from domain.errors import UnavailableError
from ingest.negotiation import Backoff

RETRY_FIRST_S: Final = 0.25
RETRY_CAP_S: Final = 15.0

_log = structlog.get_logger(__name__)


class Engine:
    """Is something well, and if not, when (real time) may it be tried again? Logs each change once.

    The caller keeps its work until `attempt` says that it was done.
    """

    def __init__(
        self,
        name: str,
        failures: Counter,
        monotonic: Callable[[], float] = time.monotonic,
        *,
        cap_s: float = RETRY_CAP_S,
    ) -> None:
        self.name = name
        self._failures = failures
        self._monotonic = monotonic
        self._backoff = Backoff(first_s=RETRY_FIRST_S, cap_s=cap_s)
        self._retry_at_s = 0.0
        self.well = True

    @property
    def wait_s(self) -> float:
        """Real seconds until the next try; 0 when it is well or may be tried now."""
        return 0.0 if self.well else max(0.0, self._retry_at_s - self._monotonic())

    def attempt(self, call: Callable[[], None]) -> bool:
        """Run `call`; False when it failed, in whatever way, and its work is to be kept for a later try."""
        try:
            call()
        except UnavailableError as error:
            self._failed(error, expected=True)
            return False
        except Exception as error:  # noqa: BLE001 - counted, logged with its trace, and the work is kept
            self._failed(error, expected=False)
            return False
        if not self.well:
            self.well = True
            self._backoff.reset()
            _log.info("engine works again", engine=self.name)
        return True

    def _failed(self, error: Exception, *, expected: bool) -> None:
        self._failures.inc()
        self._retry_at_s = self._monotonic() + self._backoff.next_s()
        if self.well:
            self.well = False
            _log.error("engine failed", engine=self.name, error=str(error), exc_info=None if expected else error)
