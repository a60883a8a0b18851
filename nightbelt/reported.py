"""The night of one resident or one belt, found straight in the stores.

A belt that is enrolled nowhere has recordings, not nights: their hours are the recording's own within the night, which
may be any from noon to noon.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from api.reports import Hours, by_maker, report_of
from domain.errors import ConfigurationError, NotFoundError
from domain.nights import NOON, local_instant, night_of, night_span, noon_to_noon, zone
from domain.ports import ReadingsStore, Register
from domain.readings import MinuteColumns, ReadingBatch
from domain.reports import NightReport
from domain.residents import BeltSpan, Place, Side
from domain.units import DAY_MS, HOUR_MS, MINUTE_MS, NEVER

DEFAULT_ZONE: Final = "Asia/Shanghai"
"""Of a belt that is enrolled nowhere, unless another is given."""
NIGHT_MS: Final = 16 * HOUR_MS
"""A belt that reported for longer than a night's hours from noon to noon reported all day."""
HOLD_MS: Final = MINUTE_MS
"""A recording's last reading speaks for no longer than this, as every reading."""
LOOK_DAYS: Final = 64
"""How many days are looked through at once for readings; by the minute, so that it needs little memory."""
NIGHTS_NAMED: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Whose:
    """Whose night: a resident's, or a belt's with `resident_id` "". `place` is None where nothing is enrolled."""

    resident_id: str
    belt_id: str
    place: Place | None
    zone: ZoneInfo

    @property
    def name(self) -> str:
        return f"resident {self.resident_id}" if self.resident_id else f"belt {self.belt_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """A report, and its readings by the minute."""

    whose: Whose
    hours: Hours
    report: NightReport
    minutes: tuple[MinuteColumns, ...]


def whose_night(
    register: Register | None, night: date, *, resident_id: str | None, belt_id: str | None, timezone: str | None
) -> Whose:
    """NotFoundError for a resident who is not known; a belt may be enrolled nowhere (`register` None: nothing is)."""
    if resident_id is not None:
        if register is None:
            raise NotFoundError("resident", resident_id)
        register.resident(resident_id)
    place = _place(register, night, resident_id, belt_id) if register else None
    name = timezone or (place.center.timezone if place else DEFAULT_ZONE)
    return Whose(resident_id=resident_id or "", belt_id=belt_id or "", place=place, zone=zone(name))


def reported(
    register: Register | None,
    readings: ReadingsStore,
    whose: Whose,
    night: date,
    *,
    span: tuple[int | None, int | None] = (None, None),
    now: int,
    maker_centers: tuple[str, ...] = (),
) -> Reported:
    """The report of the night, from its readings as they are now.

    `span` gives other hours (ms), either end of them; in `maker_centers` (ids, `*` for all) the makers' stages are
    taken. NotFoundError, with the nights that have some, without readings.
    """
    around = _noon_to_noon(night, whose.zone)
    asked = (around[0] if span[0] is None else span[0], around[1] if span[1] is None else span[1])
    if asked[0] >= asked[1]:
        raise ConfigurationError("--from must be before --to")
    spans = _spans(register, whose, asked)
    batch = ReadingBatch.join(readings.read(part.belt_id, part.start_at, part.end_at) for part in spans)
    if not len(batch):
        raise NoReadingsError(register, readings, whose, night, now)
    start_at, end_at = asked if span != (None, None) else _hours_of(batch, whose, night)
    hours = Hours(night=night, start_at=start_at, end_at=end_at, zone=whose.zone)
    belts = tuple(dict.fromkeys(part.belt_id for part in spans if part.start_at < end_at and part.end_at > start_at))
    shared = whose.place is not None and whose.place.side is not Side.WHOLE
    report = report_of(
        batch,
        hours,
        resident_id=whose.resident_id,
        belt_ids=belts,
        shared_bed=shared,
        use_maker_stages=by_maker(maker_centers, whose.place.center.center_id if whose.place else ""),
    )
    if report is None:  # not reached: there are readings
        raise NoReadingsError(register, readings, whose, night, now)
    return Reported(whose=whose, hours=hours, report=report, minutes=_minutes(readings, spans, hours))


class NoReadingsError(NotFoundError):
    """Nothing was reported in that night; says which nights have readings."""

    def __init__(self, register: Register | None, readings: ReadingsStore, whose: Whose, night: date, now: int) -> None:
        super().__init__("readings", whose.name)
        nights = sorted(_nights_with_readings(register, readings, whose, now))
        nearest = sorted(sorted(nights, key=lambda other: abs(other - night))[:NIGHTS_NAMED])
        named = ", ".join(other.isoformat() for other in nearest)
        if nights:
            more = f" (and {len(nights) - len(nearest)} more)" if len(nights) > len(nearest) else ""
            said = f"{whose.name} has no readings in the night of {night}; nights with readings: {named}{more}"
        elif whose.place is None and not whose.resident_id:
            said = f"{whose.name} is not known: it is enrolled nowhere and has no readings"
        else:
            said = f"{whose.name} has no readings"
        self.args = (said,)


def _place(register: Register, night: date, resident_id: str | None, belt_id: str | None) -> Place | None:
    """Where they were in that night, else where they are now; a zone is wanted before the night's hours are known."""
    noon_utc = local_instant(night, NOON, ZoneInfo("UTC"))
    for at in (noon_utc + DAY_MS // 2, noon_utc + DAY_MS, noon_utc, NEVER):
        for place in register.places(at):
            found = place.resident.resident_id if place.resident else None
            if (resident_id is not None and found == resident_id) or (belt_id is not None and place.belt_id == belt_id):
                return place
    return None


def _noon_to_noon(night: date, tz: ZoneInfo) -> tuple[int, int]:
    try:
        return noon_to_noon(night, night, tz)
    except (OverflowError, ValueError):
        raise ConfigurationError(f"--night {night}: there is no such night") from None


def _spans(register: Register | None, whose: Whose, asked: tuple[int, int]) -> list[BeltSpan]:
    if whose.resident_id and register:
        return register.belt_spans(whose.resident_id, *asked)
    return [BeltSpan(belt_id=whose.belt_id, start_at=asked[0], end_at=asked[1])]


def _minutes(readings: ReadingsStore, spans: list[BeltSpan], hours: Hours) -> tuple[MinuteColumns, ...]:
    cut = [(part.belt_id, max(part.start_at, hours.start_at), min(part.end_at, hours.end_at)) for part in spans]
    return tuple(readings.minutes(belt_id, start_at, end_at) for belt_id, start_at, end_at in cut if start_at < end_at)


def _hours_of(batch: ReadingBatch, whose: Whose, night: date) -> tuple[int, int]:
    """The usual hours of the night, unless the readings lie elsewhere; of a recording its own."""
    at: NDArray[np.int64] = np.sort(batch.observed_at)
    usual, around = night_span(night, whose.zone), _noon_to_noon(night, whose.zone)
    inside = (at >= usual[0]) & (at < usual[1])
    if whose.place is not None:
        return usual if inside.any() else around
    first, last = int(at[0]), int(at[-1])
    all_day = last - first > NIGHT_MS
    start_at, end_at = usual if inside.all() or (all_day and inside.any()) else around
    step = int(np.median(np.diff(at))) if len(at) > 1 else HOLD_MS
    return max(start_at, first), min(end_at, last + max(1, min(step, HOLD_MS)))


def _nights_with_readings(register: Register | None, readings: ReadingsStore, whose: Whose, now: int) -> Iterator[date]:
    found: set[date] = set()
    for part in _spans(register, whose, (0, now + DAY_MS)):
        at = part.start_at
        while at < part.end_at:
            until = min((at // DAY_MS + LOOK_DAYS) * DAY_MS, part.end_at)
            minutes = readings.minutes(part.belt_id, at, until).minute_at
            found |= {night_of(int(hour) * HOUR_MS, whose.zone) for hour in np.unique(minutes // HOUR_MS)}
            at = until
    yield from found
