"""Readings, those that wait to be sent on, and messages that could not be read."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from domain.readings import MinuteColumns, ReadingBatch
from domain.spool import SpoolStatus


class ReadingsStore(Protocol):
    """Raw readings by belt and time.

    Idempotent on belt + `observed_at`: however often a reading is written, it is there once. Does not promise which
    of two different readings of the same belt and instant survives (it may be columns of both), nor that a write is
    visible to other processes.
    """

    def write(self, batch: ReadingBatch) -> int | None:
        """Make the batch durable: when this returns it survives kill -9.

        Returns how many readings were new, None from a store that cannot tell. RejectedError where the engine refuses
        what is in the batch; a part of it may be stored then.
        """
        ...

    def read(self, belt_id: str, start_at: int, end_at: int) -> ReadingBatch:
        """The belt's readings with `start_at` <= `observed_at` < `end_at` (ms), ascending; may be empty."""
        ...

    def minutes(self, belt_id: str, start_at: int, end_at: int) -> MinuteColumns:
        """The same readings by the minute; minutes count from the epoch."""
        ...

    def delete(self, belt_id: str, start_at: int, end_at: int) -> int:
        """Remove the belt's readings in [`start_at`, `end_at`) (ms) for good; returns how many there were.

        RefusedError from an engine that cannot delete.
        """
        ...


class ReadingsSpool(Protocol):
    """Readings that wait to be sent on, in order of arrival.

    Does not promise that a reading is sent once: after a crash what was sent last comes again.
    """

    def sending(self, limit: int) -> AbstractContextManager[ReadingBatch]:
        """The oldest waiting readings, `limit` at most; empty when none wait.

        They are done when the block ends without an error, else they stay the oldest. One block at a time.
        """
        ...

    def drop_before(self, received_before: int) -> int:
        """Give up the oldest readings while they came in before that (our clock, ms); returns how many."""
        ...

    def status(self) -> SpoolStatus: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantined:
    """A message that could not become readings, whole: `payload` as it came, and why."""

    entry_id: int = 0
    received_at: int
    topic: str
    payload: bytes
    reason: str
    detail: str


class Quarantine(Protocol):
    """Where undecodable messages are kept for a person to look at; of very many the newest."""

    def put(self, entries: Sequence[Quarantined]) -> None:
        """Durable when it returns; the oldest may go for them."""
        ...

    def entries(self, *, limit: int = 100) -> list[Quarantined]:
        """The newest first."""
        ...

    def counts(self) -> dict[str, int]:
        """How many there are by reason."""
        ...
