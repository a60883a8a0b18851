"""Reports of nights: worked out from the readings of whoever lay there, or as they are stored."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from api.nights import Night, latest_night, night_named, visible_resident
from api.services import Services
from api.viewer import Viewer
from api.ward import Ward
from domain.errors import NotFoundError
from domain.people import Right
from domain.ports import ReadingsStore, Register
from domain.readings import ReadingBatch
from domain.reports import NightReport
from domain.residents import Resident, Side
from sleep.report import night_report

ALL_CENTERS: Final = "*"
EARLIER_NIGHTS: Final = 90
"""How many nights before the shown one are looked at: the longest trend."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """The hours [`start_at`, `end_at`) (ms) of the night that begins on `night`."""

    night: date
    start_at: int
    end_at: int
    zone: ZoneInfo


def resident_report(
    register: Register,
    readings: ReadingsStore,
    resident_id: str,
    hours: Hours,
    *,
    shared_bed: bool,
    use_maker_stages: bool = False,
) -> NightReport | None:
    """The resident's night from the readings as they are now; None when the belt told nothing."""
    spans = register.belt_spans(resident_id, hours.start_at, hours.end_at)
    batch = ReadingBatch.join(readings.read(span.belt_id, span.start_at, span.end_at) for span in spans)
    belts = tuple(dict.fromkeys(span.belt_id for span in spans))
    return report_of(
        batch,
        hours,
        resident_id=resident_id,
        belt_ids=belts,
        shared_bed=shared_bed,
        use_maker_stages=use_maker_stages,
    )


def report_of(
    batch: ReadingBatch,
    hours: Hours,
    *,
    resident_id: str,
    belt_ids: tuple[str, ...],
    shared_bed: bool = False,
    use_maker_stages: bool = False,
) -> NightReport | None:
    """The night of these readings; None when there are none."""
    if not len(batch):
        return None
    return night_report(
        batch,
        resident_id=resident_id,
        belt_ids=belt_ids,
        night=hours.night,
        start_at=hours.start_at,
        end_at=hours.end_at,
        zone=hours.zone,
        shared_bed=shared_bed,
        use_maker_stages=use_maker_stages,
    )


def by_maker(centers: Collection[str], center_id: str) -> bool:
    """Is asleep and awake taken from the belts' makers there? `centers` are ids, or `*` for all."""
    return center_id in centers or ALL_CENTERS in centers


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportView:
    """A resident's night for a reader. `report` is None when the belt told nothing; `earlier` are the stored reports
    of the 90 nights before, ascending, without epochs.
    """

    resident: Resident
    ward: Ward
    night: Night
    is_latest: bool
    report: NightReport | None
    earlier: tuple[NightReport, ...]

    @property
    def series(self) -> tuple[NightReport, ...]:
        """The earlier nights, and this one once it is over: half a night is not compared with whole ones."""
        return self.earlier if self.report is None or self.night.running else (*self.earlier, self.report)


def read_report(services: Services, viewer: Viewer, resident_id: str, day: date | None) -> ReportView:
    """The report of the resident's night of `day`; without it of the latest that is over.

    A night that runs, and one whose report is not stored yet, is worked out from the readings there are. NotFoundError
    for a night that is not there yet, for a family also for the one that runs.
    """
    resident, ward = visible_resident(services, viewer, resident_id)
    now = services.clock.now()
    latest = latest_night(ward.zone, now, whole=not viewer.may(Right.SEE_ANY_RESIDENT))
    night = night_named(day or latest_night(ward.zone, now, whole=True), ward.zone, now)
    if night.day > latest:
        raise NotFoundError("night", night.day.isoformat())
    return ReportView(
        resident=resident,
        ward=ward,
        night=night,
        is_latest=night.day == latest,
        report=report_now(services, ward, resident_id, night),
        earlier=earlier_reports(services, resident_id, night.day),
    )


def report_now(services: Services, ward: Ward, resident_id: str, night: Night) -> NightReport | None:
    """As stored when the night is over and its report is, else from the readings."""
    kept = None if night.running else services.reports.get(resident_id, night.day)
    if kept is not None:
        return kept.report
    place = ward.by_resident.get(resident_id)
    shared = place is not None and place.side is not Side.WHOLE
    hours = Hours(night=night.day, start_at=night.start_at, end_at=night.end_at, zone=ward.zone)
    if hours.end_at <= hours.start_at:
        return None
    return resident_report(
        services.register,
        services.readings,
        resident_id,
        hours,
        shared_bed=shared,
        use_maker_stages=by_maker(services.maker_centers, ward.center_id),
    )


def earlier_reports(services: Services, resident_id: str, day: date) -> tuple[NightReport, ...]:
    """The stored reports of the nights before `day`, ascending, without epochs."""
    try:
        first = day - timedelta(days=EARLIER_NIGHTS)
    except OverflowError:
        return ()
    kept = services.reports.between(resident_id, first, day - timedelta(days=1))
    return tuple(one.report for one in kept)
