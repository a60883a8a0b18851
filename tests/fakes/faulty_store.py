"""A readings store elsewhere with everything that can be wrong with one, for tests."""

from collections.abc import Callable

import numpy as np

from domain.errors import RejectedError, UnavailableError
from domain.readings import ReadingBatch
from tests.fakes.in_memory_readings import InMemoryReadings


class FaultyStore(InMemoryReadings):
    """Away while `away`; refuses batches with a reading of a belt in `refused`, or everything; `slow_by` takes time."""

    def __init__(self) -> None:
        super().__init__()
        self.away = False
        self.refuses_everything = False
        self.refused: set[tuple[str, int]] = set()
        self.slow_by: Callable[[], None] = lambda: None
        self.writes: list[int] = []

    def write(self, batch: ReadingBatch) -> int:
        self.writes.append(len(batch))
        self.slow_by()
        if self.away:
            raise UnavailableError("store", "gone")
        keys = zip((batch.belts[n] for n in batch.belt), np.asarray(batch.observed_at).tolist(), strict=True)
        if self.refuses_everything or any(key in self.refused for key in keys):
            raise RejectedError("store", "field type conflict")
        return super().write(batch)
