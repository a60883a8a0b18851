"""Readings by the minute, from columns in memory."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from domain.readings import MinuteColumns, Occupancy, ReadingBatch
from domain.units import MINUTE_MS


def minutes_of(batch: ReadingBatch) -> MinuteColumns:
    """The minutes of one belt's readings, which are ascending and each there once."""
    minute_at, start = np.unique(batch.observed_at // MINUTE_MS * MINUTE_MS, return_index=True)
    heart_rate, heart_rates = _sums(batch.heart_rate, start)
    breathing_rate, breathing_rates = _sums(batch.breathing_rate, start)
    movement, movements = _sums(batch.movement, start)
    turn_overs, counts = _sums(batch.turn_overs, start)
    return MinuteColumns(
        minute_at=minute_at,
        readings=np.diff(start, append=len(batch)).astype(np.int64),
        known_in_bed=_count(batch.in_bed != Occupancy.UNKNOWN, start),
        in_bed=_count(batch.in_bed == Occupancy.IN, start),
        heart_rate=_known(heart_rate / np.maximum(heart_rates, 1), heart_rates),
        heart_rate_min=_extreme(np.fmin, batch.heart_rate, start),
        heart_rate_max=_extreme(np.fmax, batch.heart_rate, start),
        breathing_rate=_known(breathing_rate / np.maximum(breathing_rates, 1), breathing_rates),
        movement=_known(movement / np.maximum(movements, 1), movements),
        turn_overs=_known(turn_overs, counts),
    )


def join_minutes(parts: list[MinuteColumns]) -> MinuteColumns:
    """All minutes of `parts`, none of which is in two of them, ascending."""
    order = np.argsort(np.concatenate([part.minute_at for part in parts]), kind="stable")
    names = MinuteColumns.__dataclass_fields__
    return MinuteColumns(**{name: np.concatenate([getattr(part, name) for part in parts])[order] for name in names})


def select_minutes(minutes: MinuteColumns, mask: NDArray[np.bool_]) -> MinuteColumns:
    """The minutes where `mask` says so."""
    return MinuteColumns(**{name: getattr(minutes, name)[mask] for name in MinuteColumns.__dataclass_fields__})


def _sums(column: NDArray[np.float32], start: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """By minute: the sum of the values that are there, and how many are."""
    there = ~np.isnan(column)
    values = np.where(there, column, 0).astype(np.float64)
    return (np.add.reduceat(values, start) if len(start) else values), _count(there, start)


def _count(mask: NDArray[np.bool_], start: NDArray[Any]) -> NDArray[np.int64]:
    return np.add.reduceat(mask.astype(np.int64), start) if len(start) else np.empty(0, np.int64)


def _extreme(function: np.ufunc, column: NDArray[np.float32], start: NDArray[Any]) -> NDArray[np.float64]:
    """NaN is passed over, and is the answer where there is nothing else."""
    values = column.astype(np.float64)
    found: NDArray[np.float64] = function.reduceat(values, start) if len(start) else values
    return found


def _known(values: NDArray[np.float64], counts: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.where(counts > 0, values, np.nan)
