"""Which minutes of which belts got readings since their figures were last worked out.

Bounded: of more than MAX_BELT_HOURS the earliest are let go, and the stretch of time they lay in becomes doubtful, for
whoever can find them again by counting.
"""

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from domain.readings import ReadingBatch
from domain.units import HOUR_MS, MINUTE_MS

MAX_BELT_HOURS: Final = 200_000
"""Belts times hours that are remembered at most, some 30 MB: a week of 1,000 belts is 168,000."""
MINUTES_PER_HOUR: Final = HOUR_MS // MINUTE_MS
WHOLE_HOUR: Final = (1 << MINUTES_PER_HOUR) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class TouchedHour:
    """Minutes of one hour (`hour_at`, ms) by belt; bit n of a mask is its n-th minute."""

    hour_at: int
    masks: Mapping[str, int]

    def minutes(self, belt_id: str) -> list[int]:
        """The belt's minutes (ms), ascending."""
        mask = self.masks[belt_id]
        return [self.hour_at + n * MINUTE_MS for n in range(MINUTES_PER_HOUR) if mask >> n & 1]


@dataclass(slots=True)
class TouchedMinutes:
    """Safe to use from several threads."""

    max_belt_hours: int = MAX_BELT_HOURS
    _hours: dict[int, dict[str, int]] = field(default_factory=dict)
    _size: int = 0
    _doubtful: tuple[int, int] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __len__(self) -> int:
        """Belts times hours with a touched minute."""
        return self._size

    def note(self, batch: ReadingBatch) -> None:
        """Every minute that has a reading in the batch."""
        if not len(batch):
            return
        minute = batch.observed_at // MINUTE_MS
        first = np.concatenate([[True], (batch.belt[1:] != batch.belt[:-1]) | (minute[1:] != minute[:-1])])
        belts, minutes = batch.belt[first].tolist(), minute[first].tolist()
        self._add(
            (number // MINUTES_PER_HOUR * HOUR_MS, batch.belts[belt], 1 << number % MINUTES_PER_HOUR)
            for belt, number in zip(belts, minutes, strict=True)
        )

    def mark(self, hours: Iterable[TouchedHour]) -> None:
        """As if those minutes had been noted."""
        self._add((hour.hour_at, belt_id, mask) for hour in hours for belt_id, mask in hour.masks.items())

    def take(self, before: int, max_hours: int) -> list[TouchedHour]:
        """The minutes that were over at `before` (ms), of the earliest `max_hours` hours; they count as untouched."""
        taken: list[TouchedHour] = []
        with self._lock:
            for hour_at in sorted(self._hours):
                if hour_at + MINUTE_MS > before or len(taken) == max_hours:
                    break
                masks = self._take_hour(hour_at, (1 << min((before - hour_at) // MINUTE_MS, MINUTES_PER_HOUR)) - 1)
                if masks:
                    taken.append(TouchedHour(hour_at=hour_at, masks=masks))
        return taken

    def doubt(self, start_at: int, end_at: int) -> None:
        """Minutes in [`start_at`, `end_at`) (ms) may have been touched."""
        with self._lock:
            self._doubt(start_at, end_at)

    def take_doubtful(self, length_ms: int) -> tuple[int, int] | None:
        """The first `length_ms` of the doubtful time (ms), which is in doubt no longer; None when there is none."""
        with self._lock:
            if self._doubtful is None:
                return None
            start_at, end_at = self._doubtful
            cut = min(start_at + length_ms, end_at)
            self._doubtful = (cut, end_at) if cut < end_at else None
        return start_at, cut

    def _add(self, marks: Iterable[tuple[int, str, int]]) -> None:
        with self._lock:
            for hour_at, belt_id, mask in marks:
                masks = self._hours.setdefault(hour_at, {})
                self._size += belt_id not in masks
                masks[belt_id] = masks.get(belt_id, 0) | mask
            while self._size > self.max_belt_hours:
                self._let_go(min(self._hours))

    def _let_go(self, hour_at: int) -> None:
        self._size -= len(self._hours.pop(hour_at))
        self._doubt(hour_at, hour_at + HOUR_MS)

    def _doubt(self, start_at: int, end_at: int) -> None:
        start, end = self._doubtful or (start_at, end_at)
        self._doubtful = min(start, start_at), max(end, end_at)

    def _take_hour(self, hour_at: int, over: int) -> dict[str, int]:
        masks = self._hours.pop(hour_at)
        taken = {belt_id: mask & over for belt_id, mask in masks.items() if mask & over}
        left = {belt_id: mask & ~over for belt_id, mask in masks.items() if mask & ~over}
        if left:
            self._hours[hour_at] = left
        self._size -= len(masks) - len(left)
        return taken
