"""The beds of one centre as they stand, and what is shown of each.

Fails towards "no signal": a value is only called live when a reading was received lately.
"""

import hashlib
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from api.services import Services
from domain.belts import BeltStatus
from domain.live import BedNow
from domain.pauses import CarePause
from domain.readings import Occupancy
from domain.residents import Center, Place
from domain.units import SECOND_MS

STALE_MS: Final = 30 * SECOND_MS
"""A bed of which no reading was received for this long (service time) is "no signal" (own choice: three readings of
the common 10 s interval)."""
AGE_SHOWN_MS: Final = 10 * SECOND_MS
"""A rate older than this is shown with its age."""
RATE_KEPT_MS: Final = 60 * SECOND_MS
"""A rate older than this is not shown any more: it says nothing of the person now."""
LINK_SLACK_MS: Final = 1 * SECOND_MS
"""Real time between a reading's arrival and its being on a board; counts `clock_speed` times as long."""
LOW_BATTERY_PERCENT: Final = 20
"""Under this a belt's battery is shown, unless it is being charged (own choice: time to find a charger by day)."""
NO_ZONE: Final = "UTC"


class BedStatus(StrEnum):
    """What is said of a bed. UNWATCHED: it has a resident and no belt."""

    IN = "in"
    OUT = "out"
    UNKNOWN = "unknown"
    SILENT = "silent"
    VACANT = "vacant"
    UNWATCHED = "unwatched"


_STATUS_OF: Final = {
    Occupancy.IN: BedStatus.IN,
    Occupancy.OUT: BedStatus.OUT,
    Occupancy.UNKNOWN: BedStatus.UNKNOWN,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class BedView:
    """One bed for a reader. Instants are our clock's; a rate is None when missing or too old to show.

    `battery` (percent), `charging` and `online` are the last that was heard of the belt, however long ago.
    """

    key: str
    room: str
    bed: str
    side: str
    belt_id: str | None
    resident_id: str | None
    resident: str | None
    status: BedStatus
    since_at: int | None = None
    received_at: int | None = None
    heart_rate: float | None = None
    heart_rate_at: int | None = None
    breathing_rate: float | None = None
    breathing_rate_at: int | None = None
    battery: float | None = None
    charging: bool | None = None
    online: bool | None = None
    paused_until: int | None = None

    @property
    def low_battery(self) -> float | None:
        """The battery's charge (percent) when somebody ought to charge it."""
        low = self.battery is not None and self.battery < LOW_BATTERY_PERCENT and not self.charging
        return self.battery if low else None

    @property
    def offline(self) -> bool:
        """Did the belt, or its last will, say that it is off? Readings that arrive know better."""
        return self.online is False


@dataclass(frozen=True, slots=True, kw_only=True)
class Ward:
    """The places of one centre at one instant."""

    center_id: str
    name: str
    zone: ZoneInfo
    places: tuple[Place, ...]
    by_belt: Mapping[str, Place]
    by_resident: Mapping[str, Place]
    statuses: Mapping[str, BeltStatus]
    pauses: Mapping[str, CarePause]
    center: Center

    @property
    def layout(self) -> str:
        """Changes when beds, belts or residents do, or what is shown of a belt itself."""
        said = repr([_shown(place, _without_readings(self, place)) for place in self.places])
        return hashlib.sha256(said.encode()).hexdigest()[:16]


def bed_name(place: Place) -> str:
    return f"{place.room}-{place.bed}"


def read_ward(services: Services, center_id: str) -> Ward:
    """The centre as it stands now."""
    now = services.clock.now()
    places = tuple(p for p in services.register.places(now) if p.center.center_id == center_id)
    center = places[0].center if places else Center(center_id=center_id, name=center_id, timezone=NO_ZONE)
    return Ward(
        center_id=center_id,
        name=center.name,
        zone=ZoneInfo(center.timezone),
        places=places,
        by_belt={p.belt_id: p for p in places if p.belt_id},
        by_resident={p.resident.resident_id: p for p in places if p.resident},
        statuses={status.belt_id: status for status in services.statuses.all()},
        pauses={pause.resident_id: pause for pause in services.pauses.since(now) if pause.stands(now)},
        center=center,
    )


def stale_after_ms(services: Services) -> int:
    """From which age (ms) on a bed's last reading is no signal."""
    return STALE_MS + fast_slack_ms(services)


def age_shown_ms(services: Services) -> int:
    """From which age (ms) on a rate is shown with it."""
    return AGE_SHOWN_MS + fast_slack_ms(services)


def fast_slack_ms(services: Services) -> int:
    """What passes on a fast clock (ms) while a reading is on its way to the board."""
    return round((services.clock_speed - 1) * LINK_SLACK_MS)


def bed_views(ward: Ward, latest: Iterable[BedNow], now: int, stale_ms: int) -> list[BedView]:
    """Every bed of the ward at `now`."""
    known = {bed.belt_id: bed for bed in latest}
    return [_bed_view(ward, place, known.get(place.belt_id or ""), now, stale_ms) for place in ward.places]


def live_values(bed: BedNow) -> dict[str, object]:
    """A bed's latest for the board's scripts, which tell by themselves when it has become old."""
    return {
        "belt": bed.belt_id,
        "status": _STATUS_OF[bed.occupancy],
        "since_at": _ours(bed, bed.since_at),
        "received_at": bed.received_at,
        "heart_rate": _number(bed.heart_rate),
        "heart_rate_at": _ours(bed, bed.heart_rate_at),
        "breathing_rate": _number(bed.breathing_rate),
        "breathing_rate_at": _ours(bed, bed.breathing_rate_at),
    }


def _bed_view(ward: Ward, place: Place, bed: BedNow | None, now: int, stale_ms: int) -> BedView:
    view = _without_readings(ward, place)
    if bed is None or view.status is not BedStatus.SILENT:
        return view
    fresh = bed.received_at is not None and now - bed.received_at <= stale_ms
    return _with_readings(view, bed, now, fresh)


def _shown(place: Place, view: BedView) -> tuple[object, ...]:
    """What is drawn of a bed apart from its readings."""
    belt = (place.belt_id, view.low_battery, view.offline)
    return view.key, place.room, place.bed, place.resident, belt, view.paused_until


def _without_readings(ward: Ward, place: Place) -> BedView:
    told = ward.statuses.get(place.belt_id or "")
    pause = ward.pauses.get(place.resident.resident_id) if place.resident else None
    return BedView(
        key=_key(place),
        room=place.room,
        bed=place.bed,
        side=place.side,
        belt_id=place.belt_id,
        resident_id=place.resident.resident_id if place.resident else None,
        resident=place.resident.name if place.resident else None,
        status=_status_without_readings(place),
        battery=told.battery if told else None,
        charging=told.charging if told else None,
        online=told.online if told else None,
        paused_until=pause.until if pause else None,
    )


def _with_readings(view: BedView, bed: BedNow, now: int, fresh: bool) -> BedView:
    heart_at, breathing_at = _ours(bed, bed.heart_rate_at), _ours(bed, bed.breathing_rate_at)
    return replace(
        view,
        status=_STATUS_OF[bed.occupancy] if fresh else BedStatus.SILENT,
        since_at=_ours(bed, bed.since_at) if fresh else bed.received_at,
        received_at=bed.received_at,
        heart_rate=_kept(bed.heart_rate, heart_at, now) if fresh else None,
        heart_rate_at=heart_at,
        breathing_rate=_kept(bed.breathing_rate, breathing_at, now) if fresh else None,
        breathing_rate_at=breathing_at,
    )


def _status_without_readings(place: Place) -> BedStatus:
    if place.resident is None:
        return BedStatus.VACANT
    return BedStatus.SILENT if place.belt_id else BedStatus.UNWATCHED


def _key(place: Place) -> str:
    return f"{place.bed_id}.{place.side}"


def _ours(bed: BedNow, at: int | None) -> int | None:
    return None if at is None else at - bed.clock_offset_ms


def _number(value: float | None) -> float | None:
    return None if value is None or math.isnan(value) else round(float(value), 1)


def _kept(value: float | None, at: int | None, now: int) -> float | None:
    return _number(value) if at is not None and now - at <= RATE_KEPT_MS else None
