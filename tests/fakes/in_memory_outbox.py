"""Calls on their way in memory, for tests."""

import threading
from collections.abc import Sequence
from datetime import date

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

    def due(self, now: int, *, limit: int = 500, letters: bool = False) -> list[Delivery]:
        with self._lock:
            mine = [one for one in self._kept.values() if (one.call.night is not None) == letters]
        by_now = [one for one in mine if one.next_at <= now or one.next_at > now + PUT_OFF_MOST_MS]
        waiting = [one for one in by_now if one.state is DeliveryState.QUEUED]
        return sorted(waiting, key=lambda one: (one.next_at, one.call.due_at))[:limit]

    def put(self, deliveries: Sequence[Delivery]) -> None:
        with self._lock:
            for one in deliveries:
                if one.call.key in self._kept:
                    self._kept[one.call.key] = one

    def of_alarm(self, alarm_id: str) -> list[Delivery]:
        with self._lock:
            return [self._kept[key] for key in sorted(self._kept) if self._kept[key].call.alarm_id == alarm_id]

    def letters_of(self, resident_id: str, night: date) -> list[Delivery]:
        with self._lock:
            calls = {key: one.call for key, one in self._kept.items()}
            mine = [key for key in sorted(calls) if calls[key].night == night and calls[key].resident_id == resident_id]
            return [self._kept[key] for key in mine]
