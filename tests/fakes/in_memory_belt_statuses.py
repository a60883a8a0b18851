"""Belt statuses in memory, for tests."""

import threading
from collections.abc import Sequence

from domain.belts import BeltStatus


class InMemoryBeltStatuses:
    """`domain.ports.BeltStatuses` in a dictionary."""

    def __init__(self) -> None:
        self._kept: dict[str, BeltStatus] = {}
        self._lock = threading.Lock()

    def put(self, statuses: Sequence[BeltStatus]) -> None:
        with self._lock:
            for status in statuses:
                known = self._kept.get(status.belt_id, status)
                if known.at <= status.at:
                    self._kept[status.belt_id] = known.and_then(status)

    def all(self) -> list[BeltStatus]:
        with self._lock:
            return [self._kept[belt_id] for belt_id in sorted(self._kept)]
