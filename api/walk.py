"""A round while it is walked: the rooms with a place to tap, and what was found."""

from dataclasses import dataclass
from itertools import groupby

from api.rounds import beds_of, own_round, to_see
from api.services import Services
from api.viewer import Viewer
from api.ward import Ward
from domain.people import Right
from domain.residents import Place
from domain.rounds import Round, Seen


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A resident on a bed, and how they were seen on this round; None: not yet."""

    resident_id: str
    name: str
    bed: str
    side: str
    seen: Seen | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    room_id: str
    name: str
    spots: tuple[Spot, ...]

    @property
    def waiting(self) -> tuple[Spot, ...]:
        return tuple(spot for spot in self.spots if spot.seen is None)

    @property
    def seen(self) -> tuple[Spot, ...]:
        return tuple(spot for spot in self.spots if spot.seen is not None)

    @property
    def seen_at(self) -> int | None:
        """When somebody in it was seen last (ms)."""
        return max((spot.seen.at for spot in self.spots if spot.seen), default=None)

    @property
    def notes(self) -> int:
        return sum(bool(spot.seen and spot.seen.note) for spot in self.spots)


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """The viewer's round. `missed`: the beds of those who were to be seen and are not yet."""

    walked: Round
    lasts: bool
    rooms: tuple[Room, ...]
    missed: tuple[str, ...]

    @property
    def expected(self) -> int:
        return len(self.walked.expected)

    @property
    def seen(self) -> int:
        return self.expected - len(self.walked.missed)


def walk_now(services: Services, viewer: Viewer, ward: Ward) -> Walk | None:
    """The round that the viewer is on; None without one and for who walks none."""
    walked = own_round(services, viewer) if viewer.may(Right.HANDLE_ALARMS) else None
    return walk_of(services, ward, walked) if walked else None


def walk_of(services: Services, ward: Ward, walked: Round) -> Walk:
    """`walked` with the rooms of the ward: whom it has to see, and whom it saw all the same."""
    seen = {each.resident_id for each in walked.seen}
    wanted = {(place.bed_id, place.side) for place in to_see(ward)}
    places = [p for p in ward.places if p.resident and ((p.bed_id, p.side) in wanted or p.resident.resident_id in seen)]
    rooms = [
        Room(room_id=room_id, name=name, spots=tuple(_spot(place, walked) for place in there))
        for (room_id, name), there in groupby(places, key=lambda place: (place.room_id, place.room))
    ]
    return Walk(
        walked=walked,
        lasts=walked.lasts(services.clock.now()),
        rooms=tuple(rooms),
        missed=beds_of(ward, walked.missed),
    )


def _spot(place: Place, walked: Round) -> Spot:
    who = place.resident
    resident_id, name = (who.resident_id, who.name) if who else ("", "")
    return Spot(resident_id=resident_id, name=name, bed=place.bed, side=place.side, seen=walked.of(resident_id))
