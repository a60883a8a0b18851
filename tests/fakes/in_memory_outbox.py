"""Calls on their way in memory, for tests."""

import threading
from collections.abc import Sequence

from domain.calls import Call
from domain.deliveries import PUT_OFF_MOST_MS, Delivery, DeliveryState, queued


class InMemoryOutbox:
    """`domain.ports.Outbox` in a dictionary."""

    def __init__(self) -> None:
        self._kept: dict[str, Delivery] = {}
        self._lock = threading.Lock()

    def queue(self, calls: Sequence[Call]) -> None:
        with self._lock:
            for call in calls:
                self._kept.setdefault(call.key, queued(call))

    def due(self, now: int, *, limit: int = 500) -> list[Delivery]:
        with self._lock:
            queued_ones = [one for one in self._kept.values() if one.state is DeliveryState.QUEUED]
        waiting = [one for one in queued_ones if one.next_at <= now or one.next_at > now + PUT_OFF_MOST_MS]
        return sorted(waiting, key=lambda one: (one.next_at, one.call.due_at))[:limit]

    def put(self, deliveries: Sequence[Delivery]) -> None:
        with self._lock:
            for one in deliveries:
                if one.call.key in self._kept:
                    self._kept[one.call.key] = one

    def of_alarm(self, alarm_id: str) -> list[Delivery]:
        with self._lock:
            return [self._kept[key] for key in sorted(self._kept) if self._kept[key].call.alarm_id == alarm_id]
