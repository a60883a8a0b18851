"""What reaches the broker, in the order it reaches it: the one stream that evaluations read and the publisher sends."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from domain.readings import FLOAT_COLUMNS, ReadingBatch
from domain.units import HOUR_MS
from simulators.belt import BeltNight, BeltReadings, Floats, Instants, belt_night, belt_readings
from simulators.center import SimulatedCenter
from simulators.delivery import MAX_LATE_MS, GarbageMessage

CHUNK_MS: Final = 4 * HOUR_MS
"""Stretch of arrivals made at once; memory grows with it, speed little."""

_COLUMNS: Final = ("observed_at", "arrives_at", "in_bed", "sleep_stage", *FLOAT_COLUMNS)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Arrivals:
    """Readings that reach the broker in [`from_at`, `to_at`) (true ms), ascending by `arrives_at`, as columns.

    `belt` (int32) indexes `belts`. `observed_at` is the belt's clock, `arrives_at` true time (int64 ms). Readings of
    one belt with the same `arrives_at` stand together and are one message. `garbage` is what came besides:
    (belt index, message), ascending.
    """

    from_at: int
    to_at: int
    belts: tuple[str, ...]
    belt: NDArray[np.int32]
    observed_at: Instants
    arrives_at: Instants
    in_bed: NDArray[np.int8]
    heart_rate: Floats
    breathing_rate: Floats
    movement: Floats
    turn_overs: Floats
    signal_quality: Floats
    sleep_stage: NDArray[np.int8]
    garbage: tuple[tuple[int, GarbageMessage], ...] = ()

    def __len__(self) -> int:
        return len(self.arrives_at)

    def batch(self, start: int, stop: int) -> ReadingBatch:
        """Rows `start` to `stop` as a batch of readings received as they arrived; copies are kept."""
        rows = slice(start, stop)
        return ReadingBatch.build(
            belts=self.belts,
            belt=self.belt[rows],
            observed_at=self.observed_at[rows],
            received_at=self.arrives_at[rows],
            in_bed=self.in_bed[rows],
            sleep_stage=self.sleep_stage[rows],
            **{name: getattr(self, name)[rows] for name in FLOAT_COLUMNS},
        )


def belt_nights(center: SimulatedCenter, night: date) -> list[BeltNight]:
    """The night of every belt of the centre."""
    return [belt_night(center, bed, night) for bed in center.beds]


def arrivals(
    nights: Sequence[BeltNight], *, from_at: int | None = None, chunk_ms: int = CHUNK_MS
) -> Iterator[Arrivals]:
    """One night of all belts (see `belt_nights`) in pieces of `chunk_ms` (ms), from `from_at` (true ms) or the start.

    The pieces joined are the same for every `chunk_ms`; a later `from_at` leaves out what arrives before it.
    """
    start_at, end_at = nights[0].plan.start_at, nights[0].plan.end_at
    begin = max(start_at, start_at if from_at is None else from_at)
    sampled_to = max(start_at, begin - MAX_LATE_MS)
    belts = tuple(night.bed.belt.belt_id for night in nights)
    pending: list[dict[str, NDArray[Any]]] = []
    for at in range(begin, end_at, chunk_ms):
        to_at = min(at + chunk_ms, end_at)
        made = _made(nights, sampled_to, to_at)
        sampled_to = to_at
        rows = _in_order([*pending, made])
        low, high = np.searchsorted(rows["arrives_at"], [at, to_at])
        pending = [{name: column[high:] for name, column in rows.items()}]
        piece = {name: column[low:high] for name, column in rows.items()}
        yield Arrivals(from_at=at, to_at=to_at, belts=belts, garbage=_garbage(nights, at, to_at), **piece)


def _made(nights: Sequence[BeltNight], from_at: int, to_at: int) -> dict[str, NDArray[Any]]:
    parts: list[BeltReadings] = [belt_readings(night, from_at, to_at) for night in nights]
    index = np.arange(len(parts), dtype=np.int32)
    columns = {name: np.concatenate([getattr(part, name) for part in parts]) for name in _COLUMNS}
    return {"belt": np.repeat(index, [len(part) for part in parts]), **columns}


def _in_order(parts: Sequence[dict[str, NDArray[Any]]]) -> dict[str, NDArray[Any]]:
    """The rows by arrival; of the same ms, by belt and then by sample."""
    joined = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    order = np.lexsort((joined["observed_at"], joined["belt"], joined["arrives_at"]))
    return {name: column[order] for name, column in joined.items()}


def _garbage(nights: Sequence[BeltNight], from_at: int, to_at: int) -> tuple[tuple[int, GarbageMessage], ...]:
    found = [
        (index, message)
        for index, night in enumerate(nights)
        for message in night.delivery.garbage
        if from_at <= message.arrives_at < to_at
    ]
    return tuple(sorted(found, key=lambda item: (item[1].arrives_at, item[0])))
