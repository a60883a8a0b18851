"""The thread that has the figures of every minute worked out, beside the service and never in its way."""

import threading
from typing import Final, Protocol

import structlog

from domain.clock import Clock
from domain.errors import UnavailableError
from domain.units import DAY_MS, SECOND_MS

_log = structlog.get_logger(__name__)

LATENESS_MS: Final = 7 * DAY_MS
"""How late readings may come, so how far back a start looks for minutes that a crash forgot."""
EVERY_MS: Final = 15 * SECOND_MS


class Doubtable(Protocol):
    """What can be told to look a stretch of time over."""

    def doubt(self, start_at: int, end_at: int) -> None: ...


class Rollup(Protocol):
    """`storage.influx_rollup.InfluxRollup`, or one for a test."""

    @property
    def touched(self) -> Doubtable: ...

    def settle(self, now: int) -> bool: ...


class Rollups:
    """Calls `settle` again and again from `start` to `stop`.

    Fails quietly: while the store is away it says so once and goes on trying; minutes are answered from the raw
    readings meanwhile, and what was touched is settled later.
    """

    def __init__(self, rollup: Rollup, clock: Clock) -> None:
        self._rollup = rollup
        self._clock = clock
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="rollups", daemon=True)
        self._away = False

    def start(self) -> None:
        now = self._clock.now()
        self._rollup.touched.doubt(now - LATENESS_MS, now)
        self._thread.start()

    def stop(self) -> None:
        """Returns when the thread has ended, which may take one answer of the store."""
        self._stopping.set()
        self._thread.join()

    def settle_all(self) -> None:
        """Settle until nothing is left, the store is away, or somebody calls `stop`."""
        try:
            while self._rollup.settle(self._clock.now()) and not self._stopping.is_set():
                pass
        except UnavailableError as error:
            if not self._away:
                _log.warning("minutes cannot be settled, trying on", reason=str(error))
            self._away = True
            return
        except Exception:  # noqa: BLE001 - top of the loop; what failed stays touched
            _log.exception("minutes could not be settled")
            return
        if self._away:
            _log.info("minutes are settled again")
        self._away = False

    def _run(self) -> None:
        while not self._stopping.wait(self._clock.real_seconds(EVERY_MS)):
            self.settle_all()
