"""Readings: what a belt says of one instant, as columns.

Missing is missing: NaN in the float columns, `Occupancy.UNKNOWN` in `in_bed`, `SleepStage.UNKNOWN` in `sleep_stage`;
never 0 and never "fine".
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray


class Occupancy(IntEnum):
    """Is somebody in the bed? UNKNOWN is a value of its own, never a kind of OUT."""

    UNKNOWN = -1
    OUT = 0
    IN = 1


class SleepStage(IntEnum):
    """What the belt's maker takes the sleeper for. The maker's estimate, shown beside ours and never mixed with it.

    The stages that makers send (domain notes 4): some know no REM, some a "middle" sleep, which is LIGHT here. That
    nobody is in bed is `Occupancy`.
    """

    UNKNOWN = -1
    AWAKE = 0
    LIGHT = 1
    DEEP = 2
    REM = 3

    @property
    def word(self) -> str:
        """As it is written in payloads, files and reports."""
        return self.name.lower()


STAGE_OF: Final = {stage.word: stage for stage in SleepStage}
"""The stages by their words."""

FLOAT_COLUMNS: Final = ("heart_rate", "breathing_rate", "movement", "turn_overs", "signal_quality")
"""The float32 columns of a batch, NaN where the belt gave no value."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ReadingBatch:
    """Readings of one or more belts as columns of equal length n, sorted by belt and then by `observed_at`.

    `belts` holds the distinct belt ids, `belt` (int32, n) indexes them. `observed_at` and `received_at` are
    int64 ms. `in_bed` is int8 with the values of `Occupancy`, `sleep_stage` int8 with those of `SleepStage`. The other
    columns are float32, see `domain.units`.
    """

    belts: tuple[str, ...]
    belt: NDArray[np.int32]
    observed_at: NDArray[np.int64]
    received_at: NDArray[np.int64]
    heart_rate: NDArray[np.float32]
    breathing_rate: NDArray[np.float32]
    movement: NDArray[np.float32]
    turn_overs: NDArray[np.float32]
    signal_quality: NDArray[np.float32]
    in_bed: NDArray[np.int8]
    sleep_stage: NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.observed_at)

    @classmethod
    def build(
        cls,
        *,
        belts: Sequence[str],
        belt: Any,
        observed_at: Any,
        received_at: Any,
        in_bed: Any = None,
        sleep_stage: Any = None,
        **floats: Any,
    ) -> "ReadingBatch":
        """A sorted batch from column-likes in any order; columns left out are all missing.

        `received_at` may be one instant for all. ValueError when lengths differ or a column name is unknown.
        """
        at = np.asarray(observed_at, dtype=np.int64)
        n = len(at)
        unknown = set(floats) - set(FLOAT_COLUMNS)
        if unknown:
            raise ValueError(f"no such column: {', '.join(sorted(unknown))}")
        columns: dict[str, NDArray[Any]] = {
            "belt": np.asarray(belt, dtype=np.int32),
            "observed_at": at,
            "received_at": _full(n, received_at, np.int64),
            "in_bed": _full(n, Occupancy.UNKNOWN if in_bed is None else in_bed, np.int8),
            "sleep_stage": _full(n, SleepStage.UNKNOWN if sleep_stage is None else sleep_stage, np.int8),
        }
        for name in FLOAT_COLUMNS:
            columns[name] = _full(n, floats.get(name, np.nan), np.float32)
        wrong = [name for name, column in columns.items() if column.shape != (n,)]
        if wrong:
            raise ValueError(f"columns of another length than observed_at ({n}): {', '.join(wrong)}")
        order = np.lexsort((columns["observed_at"], columns["belt"]))
        return cls(belts=tuple(belts), **{name: column[order] for name, column in columns.items()})

    @classmethod
    def empty(cls) -> "ReadingBatch":
        return cls.build(belts=(), belt=[], observed_at=[], received_at=[])

    @classmethod
    def join(cls, batches: Iterable["ReadingBatch"]) -> "ReadingBatch":
        """One sorted batch of all readings; of readings equal in belt and time all are kept (see `distinct`)."""
        parts = [batch for batch in batches if len(batch)]
        if not parts:
            return cls.empty()
        if len(parts) == 1:
            return parts[0]
        index: dict[str, int] = {}
        for part in parts:
            for belt_id in part.belts:
                index.setdefault(belt_id, len(index))
        belt = np.concatenate([_mapped(part, index)[part.belt] for part in parts])
        columns = {name: np.concatenate([getattr(part, name) for part in parts]) for name in _PLAIN_COLUMNS}
        return cls.build(belts=tuple(index), belt=belt, **columns)

    def columns(self) -> Mapping[str, NDArray[Any]]:
        """The columns by name, `belt` as the int32 index."""
        return {"belt": self.belt, **{name: getattr(self, name) for name in _PLAIN_COLUMNS}}

    def select(self, mask: NDArray[Any]) -> "ReadingBatch":
        """The readings where `mask` (bool, n, or ascending positions) says so; order and `belts` stay."""
        return ReadingBatch(belts=self.belts, **{name: column[mask] for name, column in self.columns().items()})

    def distinct(self) -> "ReadingBatch":
        """Without the second and later readings of the same belt and instant."""
        if len(self) < 2:
            return self
        repeat = (self.belt[1:] == self.belt[:-1]) & (self.observed_at[1:] == self.observed_at[:-1])
        return self.select(np.concatenate([[True], ~repeat])) if repeat.any() else self


_PLAIN_COLUMNS: Final = ("observed_at", "received_at", "in_bed", "sleep_stage", *FLOAT_COLUMNS)


def _mapped(part: ReadingBatch, index: Mapping[str, int]) -> NDArray[np.int32]:
    return np.array([index[belt_id] for belt_id in part.belts], dtype=np.int32)


def _full(n: int, value: Any, dtype: type[np.generic]) -> NDArray[Any]:
    return np.full(n, value, dtype) if np.ndim(value) == 0 else np.asarray(value, dtype)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MinuteColumns:
    """One belt's readings by the minute, columns of equal length, ascending, minutes without readings left out.

    `minute_at` (int64 ms) is the minute's start. `readings` counts the minute's readings, `known_in_bed` those
    with a known occupancy, `in_bed` those in bed (int64). `heart_rate`, `breathing_rate`, `movement` are means over
    the readings that had a value, NaN where none had; `heart_rate_min`/`_max` likewise; `turn_overs` is a sum.
    """

    minute_at: NDArray[np.int64]
    readings: NDArray[np.int64]
    known_in_bed: NDArray[np.int64]
    in_bed: NDArray[np.int64]
    heart_rate: NDArray[np.float64]
    heart_rate_min: NDArray[np.float64]
    heart_rate_max: NDArray[np.float64]
    breathing_rate: NDArray[np.float64]
    movement: NDArray[np.float64]
    turn_overs: NDArray[np.float64]
