"""Two people in one bed: each on a belt of their own, which feels the other too, or both over a single belt."""

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from domain.residents import Side
from simulators.center import BEDS_PER_ROOM, SimulatedBed, SimulatedCenter
from simulators.physiology import Body, Stage, drawn_physiology
from simulators.streams import Purpose, stream

FELT_SHARE: Final = (0.1, 0.28)
"""How much of a movement the belt on the other side shows: under a third, for mattresses are soft. Own choice; with it
no movement of the other is certain to pass the limits of `restless` and of a turn, and large ones may."""
_UNWATCHED: Final = 1_000_000
"""Added to a bed's number for the second person over its one belt, by which that one is drawn."""


def neighbour(center: SimulatedCenter, bed: SimulatedBed) -> SimulatedBed | None:
    """The other side of a double bed with two belts; None for all other beds."""
    index = bed.index ^ 1
    return None if bed.side is Side.WHOLE or index >= len(center.beds) else center.beds[index]


def felt_share(center: SimulatedCenter, bed: SimulatedBed) -> float:
    """How much of the neighbour's movement this bed's belt shows; the same both ways."""
    return float(stream(center.seed, Purpose.FELT, bed.index // BEDS_PER_ROOM).uniform(*FELT_SHARE))


def unwatched(center: SimulatedCenter, bed: SimulatedBed) -> SimulatedBed | None:
    """The second person over the one belt of `bed`, whom no alarm is about; None for all other beds."""
    if not bed.one_belt:
        return None
    index = _UNWATCHED + bed.index
    return replace(
        bed,
        index=index,
        resident=replace(bed.resident, resident_id=f"{bed.resident.resident_id}-beside"),
        physiology=drawn_physiology(stream(center.seed, Purpose.RESIDENT, index)),
        one_belt=False,
    )


def somebody_in_bed(one: NDArray[np.int64], other: NDArray[np.int64]) -> NDArray[np.int64]:
    """The stretches (n x 2, ms) in which at least one of two is in bed; both are ascending."""
    joined: list[list[int]] = []
    for entry_at, exit_at in sorted([*one.tolist(), *other.tolist()]):
        if joined and entry_at <= joined[-1][1]:
            joined[-1][1] = max(joined[-1][1], exit_at)
        else:
            joined.append([entry_at, exit_at])
    return np.array(joined, np.int64).reshape(-1, 2)


def over_one_belt(one: Body, other: Body) -> Body:
    """What their one belt feels: the rates of the first while that one is in bed, and whoever moves more."""
    inside = one.stage != Stage.OUT
    return Body(
        start_at=one.start_at,
        stage=np.where(inside, one.stage, other.stage),
        heart_rate=np.where(inside, one.heart_rate, other.heart_rate),
        breathing_rate=np.where(inside, one.breathing_rate, other.breathing_rate),
        movement=np.maximum(one.movement, other.movement),
        turn_overs=np.sort(np.concatenate([one.turn_overs, other.turn_overs])),
    )
