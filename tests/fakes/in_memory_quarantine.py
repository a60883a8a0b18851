"""A quarantine in memory, for tests."""

import itertools
import threading
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import replace

from domain.ports import Quarantined


class InMemoryQuarantine:
    """`domain.ports.Quarantine` in a list."""

    def __init__(self, *, keep: int = 100_000) -> None:
        self._entries: deque[Quarantined] = deque(maxlen=keep)
        self._count = itertools.count(1)
        self._lock = threading.Lock()

    def put(self, entries: Sequence[Quarantined]) -> None:
        with self._lock:
            for entry in entries:
                self._entries.append(replace(entry, entry_id=next(self._count)))

    def entries(self, *, limit: int = 100) -> list[Quarantined]:
        with self._lock:
            return list(reversed(self._entries))[:limit]

    def counts(self) -> dict[str, int]:
        with self._lock:
            return dict(Counter(entry.reason for entry in self._entries))
