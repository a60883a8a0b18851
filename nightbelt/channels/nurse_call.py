"""The alarms' states on the broker, for nurse-call systems: `care/{center}/alarms/{alarm_id}`, retained.

Fails toward telling again: after every connect all that stands is published anew, and what is over is cleared, so that
nothing depends on a publication that a broken connection swallowed.
"""

from collections.abc import Callable, Sequence
from typing import Final, Protocol

import msgspec

from alerts.nurse_call import OVER, now_of, topic_of
from domain.alarms import Alarm
from domain.ports import AlarmBook

LOOKED_BACK: Final = 500
"""Events before those told last (at the start: before the present) that are looked through for alarms that are over,
after a connect."""


class Broker(Protocol):
    """The connection that readings come by."""

    @property
    def connected(self) -> bool: ...

    @property
    def connections(self) -> int: ...

    def publish(self, topic: str, payload: bytes, *, retain: bool) -> bool: ...


class NurseCall:
    """Publishes what happened since the last round. `turn` is one round; UnavailableError: the records are away."""

    def __init__(self, *, broker: Broker, book: AlarmBook, centers: Callable[[], Sequence[str]]) -> None:
        self._broker, self._book, self._centers = broker, book, centers
        self._seen: int | None = None
        self._connection: int | None = None

    def turn(self) -> None:
        connection = self._broker.connections
        if not self._broker.connected:
            return
        if connection != self._connection:
            self._tell_all()
            self._connection = connection
        while events := self._book.events_after(self._seen or 0):
            for event in events:
                self._tell(event.alarm)
            self._seen = events[-1].event_id

    def _tell_all(self) -> None:
        """`_seen` is put first: what happens meanwhile is told again after it."""
        seen = self._book.last_event_id() if self._seen is None else self._seen
        self._seen = max(0, seen - LOOKED_BACK)
        for center_id in self._centers():
            for alarm in self._book.open_alarms(center_id):
                self._tell(alarm)

    def _tell(self, alarm: Alarm) -> None:
        now = now_of(alarm)
        self._broker.publish(topic_of(alarm), OVER if now is None else msgspec.json.encode(now), retain=True)
