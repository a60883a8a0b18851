"""Rounds: walking one, and what was walked in a night. The pages and the JSON show the same.

A round is its walker's: nobody else adds to it. Every command may be sent twice. Fails towards saying so: what
was not stored is refused, and a round that is over takes nothing any more.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial

from api.alarms_shown import AlarmWords
from api.services import Services
from api.viewer import Viewer
from api.ward import Ward, bed_name, read_ward
from domain.errors import ForbiddenError, NotFoundError
from domain.nights import night_of, noon_to_noon
from domain.pauses import PauseReason
from domain.residents import Place
from domain.rounds import (
    PlannedRound,
    Round,
    Seen,
    finish,
    planned_rounds,
    see,
    take_back,
    write_down,
)
from domain.units import DAY_MS


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenView:
    """Somebody who was seen, with their name and where they lie now."""

    seen: Seen
    where: str
    resident: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundView:
    """A round for a reader; `missed` are beds. `by_itself`: its walker did not say that it was over."""

    walked: Round
    by: str
    lasts: bool
    seen: tuple[SeenView, ...]
    missed: tuple[str, ...]

    @property
    def by_itself(self) -> bool:
        return not self.lasts and self.walked.finished_at is None

    @property
    def notes(self) -> tuple[SeenView, ...]:
        return tuple(each for each in self.seen if each.seen.note)


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundsOfNight:
    """The rounds of one night, noon to noon: what became of the planned ones, and all that were walked."""

    ward: Ward
    day: date
    is_latest: bool
    planned: tuple[PlannedRound, ...]
    rounds: tuple[RoundView, ...]


def read_rounds(services: Services, viewer: Viewer, day: date | None) -> RoundsOfNight:
    """The rounds of the night of `day`; without it of the one that runs. NotFoundError for a later one."""
    return rounds_of(services, viewer, read_ward(services, viewer.center_id), day)


def rounds_of(services: Services, viewer: Viewer, ward: Ward, day: date | None) -> RoundsOfNight:
    """The same of a ward that was read before."""
    now = services.clock.now()
    latest = night_of(now, ward.zone)
    shown = day or latest
    if shown > latest:
        raise NotFoundError("night", shown.isoformat())
    try:
        start_at, end_at = noon_to_noon(shown, shown, ward.zone)
    except (OverflowError, ValueError):
        raise NotFoundError("night", shown.isoformat()) from None
    walked = services.rounds.between(ward.center_id, start_at, end_at)
    words = RoundWords(services, ward, viewer)
    return RoundsOfNight(
        ward=ward,
        day=shown,
        is_latest=shown == latest,
        planned=planned_rounds(ward.center.round_times, shown, ward.zone, walked, now),
        rounds=tuple(words.view(each) for each in walked if each.seen or each.lasts(now)),
    )


class RoundWords:
    """Puts rounds into a viewer's words; asks for each name once."""

    def __init__(self, services: Services, ward: Ward, viewer: Viewer) -> None:
        self._ward, self._now = ward, services.clock.now()
        self._names = AlarmWords(services, ward, viewer)

    def view(self, walked: Round) -> RoundView:
        return RoundView(
            walked=walked,
            by=self._names.person(walked.person_id) or "",
            lasts=walked.lasts(self._now),
            seen=tuple(self._seen(each) for each in walked.seen),
            missed=beds_of(self._ward, walked.missed),
        )

    def _seen(self, seen: Seen) -> SeenView:
        place = self._ward.by_resident.get(seen.resident_id)
        where = bed_name(place) if place else seen.bed_id
        return SeenView(seen=seen, where=where, resident=self._names.resident(seen.resident_id))


def beds_of(ward: Ward, residents: Iterable[str]) -> tuple[str, ...]:
    """The beds of those residents who are still in the ward, in its order."""
    wanted = frozenset(residents)
    return tuple(bed_name(place) for place in ward.places if place.resident and place.resident.resident_id in wanted)


def looks_of(services: Services, resident_id: str, start_at: int, end_at: int) -> list[tuple[Seen, str]]:
    """When the resident was seen on rounds in [`start_at`, `end_at`) (ms), and the ids of who walked; in order."""
    walked = services.rounds.of_resident(resident_id, start_at, end_at)
    looks = [(seen, each.person_id) for each in walked for seen in each.seen]
    return sorted(looks, key=lambda look: look[0].at)


def own_round(services: Services, viewer: Viewer) -> Round | None:
    """The viewer's round that lasts."""
    now = services.clock.now()
    lately = services.rounds.between(viewer.center_id, now - DAY_MS, now + 1)
    mine = (each for each in lately if each.person_id == viewer.person.person_id)
    return next((each for each in mine if each.lasts(now)), None)


def to_see(ward: Ward) -> list[Place]:
    """Whom a round has to see: every resident but those who are in hospital."""
    return [place for place in ward.places if place.resident and not _away(ward, place.resident.resident_id)]


def begin_round(services: Services, viewer: Viewer) -> Round:
    """The viewer begins to walk; the round that they are on goes on."""
    now, person_id = services.clock.now(), viewer.person.person_id
    ward = read_ward(services, viewer.center_id)
    begun = Round(
        round_id=f"{person_id}.{now}",
        center_id=viewer.center_id,
        person_id=person_id,
        started_at=now,
        expected=tuple(place.resident.resident_id for place in to_see(ward) if place.resident),
    )
    return services.rounds.begin(begun)


def see_on_round(services: Services, viewer: Viewer, round_id: str, *, room: str | None, resident: str | None) -> Round:
    """The viewer saw who lies in the room, or that resident, just now.

    NotFoundError for what is not there, RoundOverError when the round is over.
    """
    _own(services, viewer, round_id)
    now = services.clock.now()
    places = _asked(read_ward(services, viewer.center_id), room, resident)
    seen = [
        Seen(resident_id=place.resident.resident_id, bed_id=place.bed_id, at=now) for place in places if place.resident
    ]
    return services.rounds.change(round_id, partial(see, seen=seen, now=now))


def note_on_round(services: Services, viewer: Viewer, round_id: str, resident_id: str, note: str) -> Round:
    """What the viewer found at the bed of somebody they saw; "" takes the note away."""
    _own(services, viewer, round_id)
    now = services.clock.now()
    return services.rounds.change(round_id, partial(write_down, resident_id=resident_id, note=note.strip(), now=now))


def take_back_on_round(services: Services, viewer: Viewer, round_id: str, resident_id: str) -> Round:
    """The viewer did not see the resident after all."""
    _own(services, viewer, round_id)
    now = services.clock.now()
    return services.rounds.change(round_id, partial(take_back, resident_ids=[resident_id], now=now))


def finish_round(services: Services, viewer: Viewer, round_id: str) -> Round:
    """The viewer has walked it; nothing happens when it was over."""
    _own(services, viewer, round_id)
    return services.rounds.change(round_id, partial(finish, now=services.clock.now()))


def _own(services: Services, viewer: Viewer, round_id: str) -> None:
    """NotFoundError for a round of another centre, ForbiddenError for one of another walker."""
    walked = services.rounds.round(round_id)
    if walked.center_id != viewer.center_id:
        raise NotFoundError("round", round_id)
    if walked.person_id != viewer.person.person_id:
        raise ForbiddenError("the round is another's")


def _asked(ward: Ward, room: str | None, resident: str | None) -> Sequence[Place]:
    if resident is not None:
        places = [place for place in ward.places if place.resident and place.resident.resident_id == resident]
    else:
        places = [place for place in to_see(ward) if place.room_id == room]
    if not places:
        raise NotFoundError("bed to be seen", resident or room or "")
    return places


def _away(ward: Ward, resident_id: str) -> bool:
    pause = ward.pauses.get(resident_id)
    return pause is not None and pause.reason is PauseReason.HOSPITAL
