"""A spool in memory, for tests."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from domain.readings import ReadingBatch
from domain.spool import SpoolStatus


class InMemorySpool:
    """`domain.ports.ReadingsSpool` as a list of single readings in order of arrival."""

    def __init__(self) -> None:
        self._waiting: list[ReadingBatch] = []
        self._sending = threading.Lock()
        self.free_bytes: int | None = None
        self.writable = True

    def append(self, batch: ReadingBatch) -> None:
        self._waiting += [batch.select(np.array([n])) for n in range(len(batch))]

    @contextmanager
    def sending(self, limit: int) -> Iterator[ReadingBatch]:
        with self._sending:
            chunk = self._waiting[:limit]
            yield ReadingBatch.join(chunk)
            del self._waiting[: len(chunk)]

    def drop_before(self, received_before: int) -> int:
        with self._sending:
            old = 0
            while old < len(self._waiting) and self._waiting[old].received_at[0] < received_before:
                old += 1
            del self._waiting[:old]
        return old

    def status(self) -> SpoolStatus:
        return SpoolStatus(
            readings=len(self._waiting),
            oldest_at=int(self._waiting[0].received_at[0]) if self._waiting else None,
            size_bytes=100 * len(self._waiting),
            free_bytes=self.free_bytes,
            writable=self.writable,
        )
