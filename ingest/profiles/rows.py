"""Readings of many messages and profiles on their way to columns."""

from typing import Final, NamedTuple

import numpy as np

from domain.readings import FLOAT_COLUMNS, Occupancy, ReadingBatch, SleepStage

_LEVELS: Final = len(FLOAT_COLUMNS)


class Row(NamedTuple):
    """The values of one reading; None where it does not tell, NaN in `levels`."""

    in_bed: int | None
    stage: int | None
    levels: list[float]


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
        self._stage: list[int] = []
        self._levels: list[list[float]] = []
        self.repeats = 0

    def add(self, belt_id: str, at: int, received_at: int, row: Row, *, merge: bool) -> None:
        """The levels of `row` are the values of `FLOAT_COLUMNS` in order, NaN where there is none."""
        belt = self._belts.setdefault(belt_id, len(self._belts))
        place = self._where.setdefault((belt, at), len(self._belt))
        if place < len(self._belt):
            self.repeats += 1
            if merge:
                self._lay_over(place, row)
            return
        self._belt.append(belt)
        self._observed_at.append(at)
        self._received_at.append(received_at)
        self._in_bed.append(Occupancy.UNKNOWN.value if row.in_bed is None else row.in_bed)
        self._stage.append(SleepStage.UNKNOWN.value if row.stage is None else row.stage)
        self._levels.append(row.levels)

    def tell_stage(self, belt_id: str, at: int, stage: int) -> None:
        """The stage of a reading that is here already; of another instant it says nothing."""
        place = self._where.get((self._belts.get(belt_id, -1), at))
        if place is not None:
            self._stage[place] = stage

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
            sleep_stage=self._stage,
            **dict(zip(FLOAT_COLUMNS, columns, strict=True)),
        )

    def _lay_over(self, place: int, row: Row) -> None:
        if row.in_bed is not None:
            self._in_bed[place] = row.in_bed
        if row.stage is not None:
            self._stage[place] = row.stage
        self._levels[place] = [
            old if new != new else new  # noqa: PLR0124 - only NaN differs from itself
            for old, new in zip(self._levels[place], row.levels, strict=True)
        ]
