"""Pauses for care as people see them and begin them. Whoever may handle alarms may say that they are not wanted."""

from dataclasses import dataclass
from typing import Final

from api.changes import note_pause
from api.languages import Language
from api.nights import visible_resident
from api.services import Services
from api.viewer import Viewer
from api.ward import Ward
from api.words import PAUSE_ENDS, PAUSE_REASONS
from domain.audit import Change
from domain.live import WardChanged
from domain.pauses import CarePause, PauseEnd, PauseReason
from domain.units import MINUTE_MS

SAME_END_MS: Final = 1 * MINUTE_MS
"""Two pauses for the same reason that end within this are one, sent twice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseView:
    """One pause for a reader; `by` began it."""

    pause: CarePause
    reason: str
    by: str
    ended: str


def pause_view(services: Services, pause: CarePause, language: Language) -> PauseView:
    """The pause in words, with names."""
    ended = PAUSE_ENDS[pause.ended_as] if pause.ended_as else ""
    return PauseView(
        pause=pause,
        reason=language.say(PAUSE_REASONS[pause.reason]),
        by=_name(services, pause.began_by),
        ended=language.say(ended, name=_name(services, pause.ended_by)) if ended else "",
    )


def pauses_of(services: Services, viewer: Viewer, resident_id: str, since_at: int) -> list[PauseView]:
    """The resident's pauses that lasted beyond `since_at` (ms), the newest first."""
    mine = [pause for pause in services.pauses.since(since_at) if pause.resident_id == resident_id]
    return [pause_view(services, pause, viewer.language) for pause in reversed(mine)]


def pause_now(services: Services, viewer: Viewer, ward: Ward, resident_id: str) -> PauseView | None:
    """The resident's pause that stands."""
    pause = ward.pauses.get(resident_id)
    return None if pause is None else pause_view(services, pause, viewer.language)


def begin_pause(services: Services, viewer: Viewer, resident_id: str, reason: PauseReason, minutes: int) -> CarePause:
    """The resident's alarms are not wanted for so long. One that lasts is changed by it; the same again is nothing.

    NotFoundError for a resident that the viewer may not know of.
    """
    visible_resident(services, viewer, resident_id)
    now, person_id = services.clock.now(), viewer.person.person_id
    ends_at = now + minutes * MINUTE_MS
    standing = _standing(services, resident_id, now)
    for pause in standing:
        if pause.reason is reason and abs(pause.ends_at - ends_at) < SAME_END_MS:
            return pause
    begun = CarePause(
        pause_id=f"{resident_id}.{now}.{person_id}",
        center_id=viewer.center_id,
        resident_id=resident_id,
        reason=reason,
        began_at=now,
        began_by=person_id,
        ends_at=ends_at,
    )
    services.pauses.begin(begun)
    for pause in standing:
        services.pauses.end(pause.pause_id, now, PauseEnd.REPLACED, person_id)
    note_pause(services, viewer, Change.PAUSE_BEGUN, begun)
    _tell(services, viewer)
    return begun


def end_pause(services: Services, viewer: Viewer, resident_id: str) -> None:
    """The resident's alarms are wanted again; nothing happens when they are."""
    visible_resident(services, viewer, resident_id)
    now = services.clock.now()
    standing = _standing(services, resident_id, now)
    for pause in standing:
        services.pauses.end(pause.pause_id, now, PauseEnd.PERSON, viewer.person.person_id)
        note_pause(services, viewer, Change.PAUSE_ENDED, pause)
    if standing:
        _tell(services, viewer)


def _standing(services: Services, resident_id: str, now: int) -> list[CarePause]:
    pauses = services.pauses.since(now)
    return [pause for pause in pauses if pause.resident_id == resident_id and pause.stands(now)]


def _tell(services: Services, viewer: Viewer) -> None:
    services.on_register_changed()
    services.hub.publish([WardChanged(center_ids=frozenset({viewer.center_id}))])


def _name(services: Services, person_id: str | None) -> str:
    person = services.people.by_id(person_id) if person_id else None
    return person.name if person else person_id or ""
