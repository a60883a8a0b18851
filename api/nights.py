"""A resident's night: which hours it is, what it held, and who may see it. The page and the JSON show the same."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from api.alarms_shown import AlarmView, AlarmWords
from api.rounds import looks_of
from api.services import Services
from api.viewer import Viewer
from api.ward import Ward, read_ward
from domain.errors import NotFoundError
from domain.nights import night_of, night_span, noon_to_noon
from domain.people import Right
from domain.readings import ReadingBatch
from domain.residents import Resident
from sleep.glance import NightGlance, glance
from sleep.occupancy import Stretch

"""What begins from noon to noon belongs to the night in between."""
LINE_LENGTH: Final = 960
MARKS: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """One night's hours (ms): the window, cut at the present, and the noons around it."""

    day: date
    start_at: int
    end_at: int
    closes_at: int
    noon_at: int
    next_noon_at: int
    running: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LookView:
    """When the resident was seen on a round (ms), by whom, and what was found."""

    at: int
    by: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NightView:
    """A resident's night for a reader; `is_latest` when they may see no later one.

    `alarms` and `looks` are None for who is not told of them.
    """

    resident: Resident
    ward: Ward
    night: Night
    is_latest: bool
    glance: NightGlance
    alarms: list[AlarmView] | None
    looks: list[LookView] | None


def night_named(day: date, zone: ZoneInfo, now: int) -> Night:
    """The night that starts on `day`. NotFoundError when it had not begun at `now` (ms), or was before 1970."""
    try:
        start_at, closes_at = night_span(day, zone)
        noon_at, next_noon_at = noon_to_noon(day, day, zone)
    except (OverflowError, ValueError):
        raise NotFoundError("night", day.isoformat()) from None
    if not 0 <= start_at <= now:
        raise NotFoundError("night", day.isoformat())
    return Night(
        day=day,
        start_at=start_at,
        end_at=min(closes_at, now),
        closes_at=closes_at,
        noon_at=noon_at,
        next_noon_at=next_noon_at,
        running=now < closes_at,
    )


def latest_night(zone: ZoneInfo, now: int, *, whole: bool) -> date:
    """The date of the latest night that has begun; with `whole`, of the latest that is over."""
    night = night_of(now, zone)
    start_at, closes_at = night_span(night, zone)
    awaited_at = closes_at if whole else start_at
    return night if awaited_at <= now else night - timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A stretch of the night as a bar on a line from 0 to `LINE_LENGTH`."""

    x: float
    width: float
    kind: str
    stretch: Stretch


def bars(night: Night, sums: NightGlance) -> list[Bar]:
    """The night as bars; what is still to come stays free."""
    scale = LINE_LENGTH / (night.closes_at - night.start_at)
    return [
        Bar(
            x=round((part.start_at - night.start_at) * scale, 2),
            width=round((part.end_at - part.start_at) * scale, 2),
            kind=part.occupancy.name.lower(),
            stretch=part,
        )
        for part in sums.stretches
    ]


def marks(night: Night) -> list[int]:
    """Instants (ms) at even distances from the beginning of the night to its end."""
    length_ms = night.closes_at - night.start_at
    return [night.start_at + length_ms * n // (MARKS - 1) for n in range(MARKS)]


def visible_resident(services: Services, viewer: Viewer, resident_id: str) -> tuple[Resident, Ward]:
    """The resident, if the viewer may know of them: staff of the centre where they lie, and their family.

    NotFoundError otherwise, the same as for somebody who does not exist.
    """
    if not viewer.person.may_see(resident_id):
        raise NotFoundError("resident", resident_id)
    ward = read_ward(services, viewer.center_id)
    if viewer.may(Right.SEE_ANY_RESIDENT) and resident_id not in ward.by_resident:
        raise NotFoundError("resident", resident_id)
    return services.register.resident(resident_id), ward


def read_night(services: Services, viewer: Viewer, resident_id: str, day: date | None) -> NightView:
    """The resident's night of `day`; without it staff get the latest, a family the latest that is over.

    NotFoundError for a night that is not there yet, for a family also for the one that runs.
    """
    resident, ward = visible_resident(services, viewer, resident_id)
    staff = viewer.may(Right.SEE_ANY_RESIDENT)
    words = AlarmWords(services, ward, viewer)
    now = services.clock.now()
    latest = latest_night(ward.zone, now, whole=not staff)
    night = night_named(day or latest, ward.zone, now)
    if night.day > latest:
        raise NotFoundError("night", night.day.isoformat())
    return NightView(
        resident=resident,
        ward=ward,
        night=night,
        is_latest=night.day == latest,
        glance=glance(_readings(services, resident_id, night), night.start_at, night.end_at),
        alarms=_alarms(services, words, resident_id, night) if staff else None,
        looks=_looks(services, words, resident_id, night) if staff else None,
    )


def _readings(services: Services, resident_id: str, night: Night) -> ReadingBatch:
    spans = services.register.belt_spans(resident_id, night.start_at, night.end_at)
    return ReadingBatch.join(services.readings.read(span.belt_id, span.start_at, span.end_at) for span in spans)


def _alarms(services: Services, words: AlarmWords, resident_id: str, night: Night) -> list[AlarmView]:
    return [words.view(alarm) for alarm in services.book.alarms_of(resident_id, night.noon_at, night.next_noon_at)]


def _looks(services: Services, words: AlarmWords, resident_id: str, night: Night) -> list[LookView]:
    found = looks_of(services, resident_id, night.noon_at, night.next_noon_at)
    return [LookView(at=seen.at, by=words.person(person_id) or "", note=seen.note) for seen, person_id in found]
