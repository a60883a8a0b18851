"""The storekeeper: looks at the spool every few seconds and has the centres told when readings cannot be stored."""

import threading
from collections.abc import Callable, Sequence
from typing import Final, Protocol

import structlog

from alerts.lifecycle import step
from alerts.storekeeping import Keeping, come_again, decide, restored
from domain.alarms import Alarm
from domain.clock import Clock
from domain.errors import UnavailableError
from domain.live import AlarmsChanged, LiveEvent
from domain.ports import AlarmBook
from domain.spool import SpoolStatus
from domain.units import SECOND_MS

EVERY_MS: Final = 5 * SECOND_MS
STOP_TIMEOUT_S: Final = 10.0

_log = structlog.get_logger(__name__)


class Spool(Protocol):
    """What is looked at."""

    def status(self) -> SpoolStatus: ...


class Storekeeper:
    """Decides, commits, then publishes; on a thread of its own (`start`, `stop`). `look` is one round, for tests.

    Begins with the alarms that stand in the book. What cannot be committed is decided again at the next look, so a
    crash or a book that is away neither doubles nor loses an alarm.
    """

    def __init__(
        self,
        *,
        spool: Spool,
        book: AlarmBook,
        centers: Callable[[], Sequence[str]],
        publish: Callable[[Sequence[LiveEvent]], None],
        limit_ms: float,
        clock: Clock,
    ) -> None:
        self._spool, self._book, self._centers, self._publish = spool, book, centers, publish
        self._limit_ms, self._clock = limit_ms, clock
        self._keeping: Keeping | None = None
        self._well = True
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="storekeeper", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(STOP_TIMEOUT_S)

    def look(self) -> None:
        """UnavailableError when register or book are away."""
        centers = self._centers()
        if self._keeping is None:
            self._keeping = restored(alarm for center_id in centers for alarm in self._book.open_alarms(center_id))
        now = self._clock.now()
        keeping, again = come_again(self._keeping, self._told(self._keeping), now)
        keeping, inputs = decide(keeping, self._spool.status(), centers, limit_ms=self._limit_ms, now=now)
        events = self._book.apply([*again, *inputs], step) if again or inputs else []
        self._keeping = keeping
        if events:
            _log.warning("storage alarm changed", events=[f"{event.kind} {event.alarm.alarm_id}" for event in events])
            self._publish([AlarmsChanged(events=tuple(events))])

    def _told(self, keeping: Keeping) -> list[Alarm]:
        levels = (keeping.medium, keeping.high)
        return [self._book.alarm(alarm_id) for level in levels for alarm_id in level.alarms.values()]

    def _run(self) -> None:
        while not self._stopping.wait(self._clock.real_seconds(EVERY_MS)):
            try:
                self.look()
                self._well = True
            except UnavailableError as error:
                self._failed(str(error), None)
            except Exception as error:  # noqa: BLE001 - top of the loop: the next look decides the same again
                self._failed(str(error), error)

    def _failed(self, why: str, error: Exception | None) -> None:
        if self._well:
            _log.error("storekeeper could not look", error=why, exc_info=error)
        self._well = False
