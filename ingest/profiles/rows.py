"""Readings of many messages and profiles on their way to columns."""

from typing import Final

import numpy as np

from domain.readings import FLOAT_COLUMNS, Occupancy, ReadingBatch

_LEVELS: Final = len(FLOAT_COLUMNS)


class Rows:
    """Readings, none twice by belt and instant.

    Of two for the same belt and instant the first stays, as in the store; where messages are merged the later one,
    which knows more, goes over it value by value.
    """

    def __init__(self) -> None:
        self._belts: dict[str, int] = {}
        self._where: dict[tuple[int, int], int] = {}
        self._belt: list[int] = []
        self._observed_at: list[int] = []
        self._received_at: list[int] = []
        self._in_bed: list[int] = []
        self._levels: list[list[float]] = []
        self.repeats = 0

    def add(
        self, belt_id: str, at: int, received_at: int, in_bed: int | None, levels: list[float], *, merge: bool
    ) -> None:
        """`levels` are the values of `FLOAT_COLUMNS` in order, NaN where there is none."""
        belt = self._belts.setdefault(belt_id, len(self._belts))
        place = self._where.setdefault((belt, at), len(self._belt))
        if place < len(self._belt):
            self.repeats += 1
            if merge:
                self._lay_over(place, in_bed, levels)
            return
        self._belt.append(belt)
        self._observed_at.append(at)
        self._received_at.append(received_at)
        self._in_bed.append(Occupancy.UNKNOWN.value if in_bed is None else in_bed)
        self._levels.append(levels)

    def batch(self) -> ReadingBatch:
        if not self._belt:
            return ReadingBatch.empty()
        columns = np.array(self._levels, np.float64).reshape(-1, _LEVELS).T.astype(np.float32)
        return ReadingBatch.build(
            belts=tuple(self._belts),
            belt=self._belt,
            observed_at=self._observed_at,
            received_at=self._received_at,
            in_bed=self._in_bed,
            **dict(zip(FLOAT_COLUMNS, columns, strict=True)),
        )

    def _lay_over(self, place: int, in_bed: int | None, levels: list[float]) -> None:
        if in_bed is not None:
            self._in_bed[place] = in_bed
        self._levels[place] = [
            old if new != new else new  # noqa: PLR0124 - only NaN differs from itself
            for old, new in zip(self._levels[place], levels, strict=True)
        ]
