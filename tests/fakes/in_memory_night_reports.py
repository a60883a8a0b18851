"""Reports of nights, and the days that wait for one, in memory, for tests."""

import threading
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from domain.reports import KeptReport, LateDay


class InMemoryNightReports:
    """`domain.ports.NightReports` in a dictionary."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, date], KeptReport] = {}
        self._lock = threading.Lock()

    def put(self, reports: Sequence[KeptReport]) -> None:
        with self._lock:
            for new in reports:
                key = (new.report.resident_id, new.report.night)
                known = self._kept.get(key, new)
                if (known.version, known.computed_at) <= (new.version, new.computed_at):
                    self._kept[key] = new

    def get(self, resident_id: str, night: date) -> KeptReport | None:
        with self._lock:
            return self._kept.get((resident_id, night))

    def between(self, resident_id: str, first: date, last: date) -> list[KeptReport]:
        with self._lock:
            found = sorted(key for key in self._kept if key[0] == resident_id and first <= key[1] <= last)
            return [_without_epochs(self._kept[key]) for key in found]

    def versions(self, first: date, last: date) -> Mapping[tuple[str, date], int]:
        with self._lock:
            return {key: kept.version for key, kept in self._kept.items() if first <= key[1] <= last}


class InMemoryLateReadings:
    """`domain.ports.LateReadings` in a counter."""

    def __init__(self) -> None:
        self._times: Counter[tuple[str, int]] = Counter()
        self._lock = threading.Lock()

    def note(self, days: Iterable[tuple[str, int]]) -> None:
        with self._lock:
            self._times.update(set(days))

    def waiting(self) -> list[LateDay]:
        with self._lock:
            return [LateDay(belt_id=key[0], day=key[1], times=self._times[key]) for key in sorted(self._times)]

    def done(self, days: Sequence[LateDay]) -> None:
        with self._lock:
            for late in days:
                if self._times[late.belt_id, late.day] <= late.times:
                    del self._times[late.belt_id, late.day]


def _without_epochs(kept: KeptReport) -> KeptReport:
    report = kept.report
    return replace(kept, report=replace(report, epochs=replace(report.epochs, states=(), depth=())))
