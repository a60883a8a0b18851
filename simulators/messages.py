"""Arrivals as MQTT messages: readings encoded as their belt sends them, garbage in between."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from domain.readings import FLOAT_COLUMNS, Occupancy, SleepStage
from simulators.arrivals import Arrivals
from simulators.encoder import Json, reading_object, readings_payload
from simulators.garbage import garbage_payload

_WORDS: Final = {stage.value: stage.word for stage in SleepStage if stage is not SleepStage.UNKNOWN}


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One payload for the readings topic of belt number `belt`; `readings` is how many it holds, 0 for garbage."""

    arrives_at: int
    belt: int
    payload: bytes
    readings: int


def messages(piece: Arrivals) -> Iterator[Message]:
    """The messages of `piece` in the order of their arrival, garbage among them."""
    garbage = [
        Message(
            arrives_at=item.arrives_at,
            belt=belt,
            payload=garbage_payload(item.kind, item.arrives_at, item.number),
            readings=0,
        )
        for belt, item in piece.garbage
    ]
    sent = 0
    for message in _reading_messages(piece):
        while sent < len(garbage) and garbage[sent].arrives_at <= message.arrives_at:
            yield garbage[sent]
            sent += 1
        yield message
    yield from garbage[sent:]


def _reading_messages(piece: Arrivals) -> Iterator[Message]:
    objects = _objects(piece)
    changes = (np.diff(piece.belt) != 0) | (np.diff(piece.arrives_at) != 0)
    first = 0
    for last in [*(np.flatnonzero(changes) + 1).tolist(), len(piece)]:
        if last > first:
            yield Message(
                arrives_at=int(piece.arrives_at[first]),
                belt=int(piece.belt[first]),
                payload=readings_payload(objects[first:last]),
                readings=last - first,
            )
        first = last


def _objects(piece: Arrivals) -> list[Json]:
    """Each reading as the JSON object that the belt sends."""
    columns = [getattr(piece, name).tolist() for name in FLOAT_COLUMNS]
    in_bed = (piece.in_bed == Occupancy.IN).tolist()
    stages = [_WORDS.get(stage) for stage in piece.sleep_stage.tolist()]
    return [
        reading_object(
            observed_at=at, in_bed=inside, sleep_stage=stage, **dict(zip(FLOAT_COLUMNS, values, strict=True))
        )
        for at, inside, stage, *values in zip(piece.observed_at.tolist(), in_bed, stages, *columns, strict=True)
    ]
