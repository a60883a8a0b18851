"""Readings that lie bed by bed: where each bed's begin, which of its bed each is, and a few of each bed at a time."""

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from domain.readings import ReadingBatch

AHEAD: Final = 1000
"""Readings of a bed that are passed over at once; else every event in a long backlog costs a look at all the rest."""


def starts(slot: NDArray[np.intp]) -> NDArray[np.intp]:
    """Where each bed's readings begin; `slot` is ascending and not empty."""
    return np.concatenate(([0], np.flatnonzero(slot[1:] != slot[:-1]) + 1))


def pieces(batch: ReadingBatch, slot: NDArray[np.intp]) -> Iterator[tuple[ReadingBatch, NDArray[np.intp]]]:
    """The readings and their slots, by at most `AHEAD` of each bed."""
    if len(slot) <= AHEAD:
        yield batch, slot
        return
    piece = positions(slot) // AHEAD
    for one in range(int(piece.max()) + 1):
        ahead = piece == one
        yield (batch, slot) if ahead.all() else (batch.select(ahead), slot[ahead])


def positions(slot: NDArray[np.intp]) -> NDArray[np.intp]:
    """Which reading of its bed each is, counted from 0; `slot` is ascending and not empty."""
    first = starts(slot)
    return np.arange(len(slot)) - first.repeat(np.append(first[1:], len(slot)) - first)
