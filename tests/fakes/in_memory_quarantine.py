"""A quarantine in memory, for tests."""

import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from domain.ports import Quarantined


class InMemoryQuarantine:
    """`domain.ports.Quarantine` in a list."""

    def __init__(self) -> None:
        self._entries: list[Quarantined] = []
        self._lock = threading.Lock()

    def put(self, entries: Sequence[Quarantined]) -> None:
        with self._lock:
            for entry in entries:
                self._entries.append(replace(entry, entry_id=len(self._entries) + 1))

    def entries(self, *, limit: int = 100) -> list[Quarantined]:
        with self._lock:
            return self._entries[::-1][:limit]

    def counts(self) -> dict[str, int]:
        with self._lock:
            return dict(Counter(entry.reason for entry in self._entries))
