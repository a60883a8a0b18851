"""Clocks. The one module that may read the machine's clock; everything else is handed a `Clock`."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Where the present comes from. Does not promise to be monotonic: people and NTP move clocks."""

    def now(self) -> int:
        """The present instant (ms)."""
        ...

    def real_seconds(self, length_ms: float) -> float:
        """How many seconds of real waiting `length_ms` of this clock takes; for time-outs of waits."""
        ...


@dataclass(frozen=True, slots=True)
class SystemClock:
    """The machine's clock."""

    def now(self) -> int:
        return time.time_ns() // 1_000_000

    def real_seconds(self, length_ms: float) -> float:
        return length_ms / 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaledClock:
    """A clock that started at `origin_at` when the machine's clock stood at `machine_origin_at`, `speed` times as fast.

    The demo's clock: the service, the belts and the board share it, so a night passes in minutes and every
    rule still works in its own seconds.
    """

    origin_at: int
    machine_origin_at: int
    speed: float

    def now(self) -> int:
        elapsed = time.time_ns() // 1_000_000 - self.machine_origin_at
        return self.origin_at + int(elapsed * self.speed)

    def real_seconds(self, length_ms: float) -> float:
        return length_ms / 1000 / self.speed


def utc(at: int) -> datetime:
    """The instant `at` (ms) as an aware datetime in UTC."""
    return datetime.fromtimestamp(at / 1000, tz=UTC)


def instant(moment: datetime) -> int:
    """The aware datetime `moment` as an instant (ms). ValueError on a naive one."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment.isoformat()} has no time zone")
    return round(moment.timestamp() * 1000)
