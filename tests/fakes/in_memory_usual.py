"""What is usual for residents in memory, for tests."""

import threading
from datetime import date

from domain.usual import NightRates, UsualLevels


class InMemoryUsual:
    """`domain.ports.UsualBook` in dictionaries."""

    def __init__(self) -> None:
        self._nights: dict[tuple[str, date], NightRates] = {}
        self._levels: dict[str, UsualLevels] = {}
        self._lock = threading.Lock()

    def put_night(self, rates: NightRates) -> None:
        with self._lock:
            self._nights[rates.resident_id, rates.night] = rates

    def nights(self, resident_id: str, since: date) -> list[NightRates]:
        with self._lock:
            keys = sorted(key for key in self._nights if key[0] == resident_id and key[1] >= since)
            return [self._nights[key] for key in keys]

    def learned(self, night: date) -> frozenset[str]:
        with self._lock:
            return frozenset(resident_id for resident_id, kept in self._nights if kept == night)

    def put_levels(self, levels: UsualLevels, *, forget_before: date) -> None:
        with self._lock:
            self._levels[levels.resident_id] = levels
            for key in [key for key in self._nights if key[0] == levels.resident_id and key[1] < forget_before]:
                del self._nights[key]

    def levels(self, resident_id: str | None = None) -> list[UsualLevels]:
        with self._lock:
            return [self._levels[one] for one in sorted(self._levels) if resident_id in {None, one}]
