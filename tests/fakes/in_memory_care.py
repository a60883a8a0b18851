"""What the staff documented, in memory, for tests."""

import threading
from collections.abc import Mapping

from domain.care import CareKind, CareRecord


class InMemoryCare:
    """`domain.ports.CareRecords` in a dictionary."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, CareKind, int], CareRecord] = {}
        self._lock = threading.Lock()

    def record(self, record: CareRecord) -> None:
        with self._lock:
            self._kept.setdefault((record.resident_id, record.kind, record.at), record)

    def latest(self, kind: CareKind, since_at: int) -> Mapping[str, int]:
        with self._lock:
            done = sorted((who, at) for who, of, at in self._kept if of.value == kind.value and at >= since_at)
        return dict(done)

    def records_of(self, resident_id: str, kind: CareKind, start_at: int, end_at: int) -> list[CareRecord]:
        with self._lock:
            keys = [key for key in sorted(self._kept) if key[:2] == (resident_id, kind)]
            return [self._kept[key] for key in keys if start_at <= key[2] < end_at]
