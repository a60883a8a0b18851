"""What is in hand: passes that were taken in and cannot be acked yet, and how far each promise has come."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from itertools import islice

from domain.belts import BeltStatus
from domain.ports import Quarantined
from domain.readings import ReadingBatch
from ingest.inbox import Receipt


class Stage(IntEnum):
    """What must have happened before a message is acked. Each takes the passes in order of arrival.

    OBSERVED: handed to the watch. JUDGED: what the watch decided on it is committed.
    """

    QUARANTINED = 0
    STORED = 1
    OBSERVED = 2
    JUDGED = 3
    STATUSES = 4


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pass:
    """What one turn of the worker took in: readings, what belts said of themselves, refused messages; what to ack."""

    batch: ReadingBatch
    refused: Sequence[Quarantined]
    receipts: Sequence[Receipt]
    statuses: Sequence[BeltStatus] = ()


class Ledger:
    """Passes in order of arrival; one is released when all stages are past it. Pure bookkeeping, no locks."""

    def __init__(self) -> None:
        self._passes: deque[Pass] = deque()
        self._first = 0  # the number of the oldest pass in hand; numbers ascend without gaps
        self._past = dict.fromkeys(Stage, 0)  # the number up to which (exclusive) a stage is done
        self.messages = 0

    def add(self, work: Pass) -> None:
        self._passes.append(work)
        self.messages += len(work.receipts)

    def waiting(self, stage: Stage) -> list[Pass]:
        """The passes that `stage` has still to do, oldest first."""
        return list(islice(self._passes, self._past[stage] - self._first, None))

    def behind(self, stage: Stage) -> bool:
        """Has `stage` something to do?"""
        return self._past[stage] < self._end()

    def advance(self, stage: Stage, passes: int) -> None:
        """`stage` has done its oldest `passes` waiting ones."""
        self._past[stage] = min(self._past[stage] + passes, self._end())

    def catch_up(self, stage: Stage, ahead: Stage) -> None:
        """`stage` has done everything that `ahead` has."""
        self._past[stage] = max(self._past[stage], self._past[ahead])

    def release(self) -> list[Receipt]:
        """Forget the passes that all stages are past; returns what to ack, in order of arrival."""
        receipts: list[Receipt] = []
        until = min(self._past.values())
        while self._first < until:
            receipts.extend(self._passes.popleft().receipts)
            self._first += 1
        self.messages -= len(receipts)
        return receipts

    def _end(self) -> int:
        return self._first + len(self._passes)
