"""Figures of readings by the minute, out of InfluxDB: worked out there from the raw readings, or kept from earlier.

A belt that changed its centre has series under both. A reading that was written once under each is one reading, so
a minute with readings in two series is worked out here.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from domain.readings import FLOAT_COLUMNS, MinuteColumns, Occupancy, ReadingBatch, SleepStage
from domain.units import HOUR_MS, MINUTE_MS
from storage.influx_lines import MINUTES, READINGS
from storage.influx_server import InfluxServer, Series, named, quoted, span_ns
from storage.minutes import minutes_of

Figures = dict[str, NDArray[Any]]
"""Columns of equal length n, ascending: `minute_at`, the INTEGERS (int64) and the FLOATS (float64, NaN: none)."""

_ASKED: Final = {
    "readings": "count(received_at)",
    "known_in_bed": "count(in_bed)",
    "in_bed": "sum(in_bed)",
    "heart_rate_count": "count(heart_rate)",
    "breathing_rate_count": "count(breathing_rate)",
    "heart_rate": "mean(heart_rate)",
    "heart_rate_min": "min(heart_rate)",
    "heart_rate_max": "max(heart_rate)",
    "heart_rate_sum": "sum(heart_rate)",
    "breathing_rate": "mean(breathing_rate)",
    "breathing_rate_sum": "sum(breathing_rate)",
    "movement": "mean(movement)",
    "turn_overs": "sum(turn_overs)",
}
INTEGERS: Final = ("readings", "known_in_bed", "in_bed", "heart_rate_count", "breathing_rate_count")
FLOATS: Final = tuple(name for name in _ASKED if name not in INTEGERS)

_FROM_RAW: Final = ", ".join(f"{function} AS {named(name)}" for name, function in _ASKED.items())
_FROM_KEPT: Final = ", ".join(named(name) for name in _ASKED)
_READ: Final = ", ".join(("received_at", "in_bed", "sleep_stage", *FLOAT_COLUMNS))


class InfluxFigures:
    """Reads raw readings from `bucket` and kept minutes from `minutes_bucket`. Raises UnavailableError."""

    def __init__(self, server: InfluxServer, *, bucket: str, minutes_bucket: str) -> None:
        self._server = server
        self._bucket = bucket
        self._minutes_bucket = minutes_bucket

    def readings(self, belt_id: str, start_at: int, end_at: int) -> ReadingBatch:
        """The belt's raw readings in [`start_at`, `end_at`) (ms), ascending, each once."""
        condition = f"belt = {quoted(belt_id)} AND {span_ns(start_at, end_at)}"
        found = self._server.select(self._bucket, _READ, READINGS, condition)
        return ReadingBatch.join(_batch(belt_id, one) for one in found).distinct()

    def raw(self, belt_ids: Sequence[str] | None, start_at: int, end_at: int) -> dict[str, Figures]:
        """The figures of the raw readings by belt; of all belts when `belt_ids` is None."""
        condition = span_ns(start_at, end_at)
        if belt_ids is not None:
            condition = f"({' OR '.join(f'belt = {quoted(belt_id)}' for belt_id in belt_ids)}) AND {condition}"
        found = self._server.select(
            self._bucket, _FROM_RAW, READINGS, condition, "GROUP BY time(1m), belt, center fill(none)"
        )
        by_belt: dict[str, list[Figures]] = {}
        for one in found:
            by_belt.setdefault(one.tags["belt"], []).append(_figures(one))
        return {
            belt_id: parts[0] if len(parts) == 1 else self._once_each(belt_id, parts, start_at, end_at)
            for belt_id, parts in by_belt.items()
        }

    def joined(self, belt_id: str, start_at: int, end_at: int) -> MinuteColumns:
        """The belt's minutes: from the raw readings, from the kept minutes where these know of more readings.

        Only minutes that lie in [`start_at`, `end_at`) whole are taken from the kept ones: nobody can cut them.
        """
        raw = self.raw([belt_id], start_at, end_at).get(belt_id, _nothing())
        first, end = -(-start_at // MINUTE_MS) * MINUTE_MS, end_at // MINUTE_MS * MINUTE_MS
        condition = f"belt = {quoted(belt_id)} AND {span_ns(first, end)}"
        kept = self._server.select(self._minutes_bucket, _FROM_KEPT, MINUTES, condition, "GROUP BY center")
        best = _fullest([raw, *(_figures(one) for one in kept)])
        return MinuteColumns(**{name: best[name] for name in MinuteColumns.__dataclass_fields__})

    def _once_each(self, belt_id: str, parts: Sequence[Figures], start_at: int, end_at: int) -> Figures:
        minute_at, series = np.unique(np.concatenate([part["minute_at"] for part in parts]), return_counts=True)
        shared = minute_at[series > 1]
        again: list[Figures] = []
        for hour_at in np.unique(shared // HOUR_MS * HOUR_MS).tolist():
            batch = self.readings(belt_id, max(hour_at, start_at), min(hour_at + HOUR_MS, end_at))
            minute = batch.observed_at // MINUTE_MS * MINUTE_MS
            there = np.intersect1d(shared, minute).tolist()
            again += [_of_one_minute(batch.select(minute == at)) for at in there]
        return _fullest([*again, *(_taken(part, ~np.isin(part["minute_at"], shared)) for part in parts)])


def _batch(belt_id: str, found: Series) -> ReadingBatch:
    columns = found.columns
    if None in columns["received_at"]:  # not written by us
        ours = [at is not None for at in columns["received_at"]]
        columns = {
            name: tuple(v for v, keep in zip(column, ours, strict=True) if keep) for name, column in columns.items()
        }
    in_bed, stage = (np.array(columns[name], np.float64) for name in ("in_bed", "sleep_stage"))
    return ReadingBatch.build(
        belts=(belt_id,),
        belt=np.zeros(len(in_bed), np.int32),
        observed_at=columns["time"],
        received_at=columns["received_at"],
        in_bed=np.where(np.isnan(in_bed), Occupancy.UNKNOWN, in_bed),
        sleep_stage=np.where(np.isnan(stage), SleepStage.UNKNOWN, stage),
        **{name: np.array(columns[name], np.float64) for name in FLOAT_COLUMNS},
    )


def _figures(found: Series) -> Figures:
    """InfluxDB averages the decimals that were written; the least and the most are the float32 they stand for."""
    columns: Mapping[str, Sequence[Any]] = found.columns
    figures: Figures = {"minute_at": np.array(columns["time"], np.int64)}
    figures |= {name: np.nan_to_num(np.array(columns[name], np.float64)).astype(np.int64) for name in INTEGERS}
    figures |= {name: np.array(columns[name], np.float64) for name in FLOATS}
    for name in ("heart_rate_min", "heart_rate_max"):
        figures[name] = figures[name].astype(np.float32).astype(np.float64)
    return _taken(figures, figures["readings"] > 0)


def _nothing() -> Figures:
    integers: Figures = {name: np.empty(0, np.int64) for name in ("minute_at", *INTEGERS)}
    return integers | {name: np.empty(0, np.float64) for name in FLOATS}


def _taken(figures: Figures, mask: NDArray[Any]) -> Figures:
    return {name: column[mask] for name, column in figures.items()}


def _fullest(parts: Sequence[Figures]) -> Figures:
    """Of the same minute the figures of the most readings; the earlier part where they have as many."""
    whole = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    order = np.lexsort((-whole["readings"], whole["minute_at"]))  # stable, so the earlier part comes first
    minute_at = whole["minute_at"][order]
    return _taken(whole, order[np.concatenate([[True], minute_at[1:] != minute_at[:-1]])] if len(order) else order)


def _of_one_minute(batch: ReadingBatch) -> Figures:
    """The figures of readings that all lie in one minute."""
    if not len(batch):
        return _nothing()
    minute = minutes_of(batch)
    figures: Figures = {name: getattr(minute, name) for name in MinuteColumns.__dataclass_fields__}
    for name in ("heart_rate", "breathing_rate"):
        values = getattr(batch, name).astype(np.float64)
        known = values[~np.isnan(values)]
        figures[f"{name}_count"] = np.array([len(known)], np.int64)
        figures[f"{name}_sum"] = np.array([known.sum() if len(known) else np.nan])
    return figures
