"""The readings that are on their way to a store elsewhere, counted."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SpoolStatus:
    """How a spool stands. `oldest_at` is when the oldest waiting reading came in (our clock, ms), None when none waits.

    `free_bytes` is the room left on its disk, None when that cannot be told; `writable` says how the last append went.
    """

    readings: int
    oldest_at: int | None
    size_bytes: int
    free_bytes: int | None
    writable: bool = True

    def age_ms(self, now: int) -> int:
        """How long (ms) the oldest reading has waited at `now`; 0 when none does."""
        return 0 if self.oldest_at is None else max(0, now - self.oldest_at)
