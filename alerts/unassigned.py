"""Belts that send readings and by which nobody is watched: under no bed, or under a bed without resident.

Kept in memory for people to see; no alarm comes of it. Fails toward showing: a belt stays listed for `HEARD_MS` after
its latest reading, and one whose centre cannot be told is of every centre. Of more than `KEPT_MOST` those heard last
stay.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Final

import numpy as np

from domain.live import UnassignedBelt
from domain.readings import Occupancy, ReadingBatch
from domain.residents import Place
from domain.units import MINUTE_MS

HEARD_MS: Final = 15 * MINUTE_MS
"""A belt of which nothing came for this long (our clock) is not listed any more (own choice: slow belts report each few
minutes)."""
KEPT_MOST: Final = 1_000
"""A device that makes up belt ids must not fill the memory."""


class UnassignedBelts:
    """`know` and `hear` are for the worker's thread, `latest` is for any."""

    def __init__(self) -> None:
        self._watched: frozenset[str] = frozenset()
        self._vacant: dict[str, Place] = {}
        self._centers: frozenset[str] = frozenset()
        self._heard: dict[str, UnassignedBelt] = {}  # heard last is last; exchanged as a whole, for others look at it

    def know(self, places: Sequence[Place]) -> None:
        """Every bed of every centre, as it stands now."""
        mounted = {place.belt_id: place for place in places if place.belt_id is not None}
        self._watched = frozenset(belt_id for belt_id, place in mounted.items() if place.resident is not None)
        self._vacant = {belt_id: place for belt_id, place in mounted.items() if place.resident is None}
        self._centers = frozenset(place.center.center_id for place in places)

    def hear(self, batch: ReadingBatch, centers: Mapping[str, str]) -> None:
        """Take note of readings that arrived; `centers` has the centre that a belt's topic names, where one does.

        Costs a look at each belt, not at each reading.
        """
        if self._watched.issuperset(batch.belts):
            return
        nth = np.array([n for n, belt_id in enumerate(batch.belts) if belt_id not in self._watched], np.int32)
        newest = np.searchsorted(batch.belt, nth, side="right") - 1
        told = newest >= 0
        told[told] = batch.belt[newest[told]] == nth[told]  # a belt may be named of which no reading was left
        heard = [_heard(batch, row, centers) for row in newest[told].tolist()]
        self._keep({belt.belt_id: belt for belt in heard})

    def latest(self, now: int) -> Sequence[UnassignedBelt]:
        """The belts that were heard lately and are under no resident at `now` (our clock, ms)."""
        lately = [belt for belt in self._heard.values() if now - belt.received_at <= HEARD_MS]
        return tuple(self._placed(belt) for belt in lately if belt.belt_id not in self._watched)

    def _keep(self, heard: dict[str, UnassignedBelt]) -> None:
        kept = {belt_id: belt for belt_id, belt in self._heard.items() if belt_id not in heard} | heard
        self._heard = dict(islice(kept.items(), max(0, len(kept) - KEPT_MOST), None))

    def _placed(self, belt: UnassignedBelt) -> UnassignedBelt:
        place = self._vacant.get(belt.belt_id)
        if place is not None:
            return replace(belt, center_id=place.center.center_id, place=place)
        return belt if belt.center_id in self._centers else replace(belt, center_id=None)


def _heard(batch: ReadingBatch, row: int, centers: Mapping[str, str]) -> UnassignedBelt:
    belt_id = batch.belts[batch.belt[row]]
    return UnassignedBelt(
        belt_id=belt_id,
        center_id=centers.get(belt_id),
        observed_at=int(batch.observed_at[row]),
        received_at=int(batch.received_at[row]),
        occupancy=Occupancy(int(batch.in_bed[row])),
    )
