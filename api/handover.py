"""The hand-over sheet of a night: who was up how often, the alarms and how they ended, who was unlike themselves, the
rounds, and belts that need care. The page and the JSON show the same.

For a night that runs it is worked out from the readings up to now, which takes a moment per bed; for one that is over
it comes from the stored reports. Fails towards saying so: a bed without a report is named, not left out.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np

from alerts.quality import wants_outcome, was_told
from api.alarms_shown import AlarmView, AlarmWords
from api.languages import Language
from api.nights import Night, latest_night, night_named
from api.reports import earlier_reports, report_now
from api.rounds import RoundsOfNight, rounds_of
from api.services import Services
from api.usual import NIGHTLY, usual
from api.viewer import Viewer
from api.ward import LOW_BATTERY_PERCENT, Ward, read_ward
from api.words import RULES
from domain.alarms import Category, Rule
from domain.errors import NotFoundError
from domain.reports import NightReport
from domain.residents import Place, Resident

LOW_COVERAGE: Final = 0.7
"""Under this share of the night a belt told too little for a valid night."""
MANY_EXITS: Final = 4
"""From so many exits on a resident stands out on the sheet: twice what is still good sleep over 65 (NSF 2017)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverRow:
    """One resident's night. `report` is None when the belt told nothing; `unusual` is in the reader's words."""

    place: Place
    resident_id: str
    name: str
    report: NightReport | None
    alarms: int
    unusual: tuple[str, ...]

    @property
    def stands_out(self) -> bool:
        many = self.report is not None and self.report.exits.count >= MANY_EXITS
        return bool(self.unusual) or many or self.report is None


@dataclass(frozen=True, slots=True, kw_only=True)
class BeltCare:
    """A belt that somebody has to look after, and why, in the reader's words."""

    place: Place
    belt_id: str
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """How the night's calls were answered; lengths in ms, None without any. `called` leaves out what called
    nobody (`alerts.quality.was_told`) and what is technical.
    """

    called: int
    answered: int
    open: int
    without_outcome: int
    median_ms: float | None
    longest_ms: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """The sheet of one night of one centre."""

    ward: Ward
    night: Night
    is_latest: bool
    rows: tuple[HandoverRow, ...]
    alarms: tuple[AlarmView, ...]
    answers: Answers
    belts: tuple[BeltCare, ...]
    rounds: RoundsOfNight


def read_handover(services: Services, viewer: Viewer, day: date | None) -> Handover:
    """The sheet of the night of `day`; without it of the latest that has begun. NotFoundError for a later one."""
    ward = read_ward(services, viewer.center_id)
    now = services.clock.now()
    latest = latest_night(ward.zone, now, whole=False)
    night = night_named(day or latest, ward.zone, now)
    if night.day > latest:
        raise NotFoundError("night", night.day.isoformat())
    words = AlarmWords(services, ward, viewer)
    alarms = [view for place in ward.places for view in _alarms_of(services, words, place, night)]
    sheet = _Sheet(services=services, ward=ward, language=viewer.language, night=night, alarms=alarms)
    rows = [sheet.row(place, place.resident) for place in ward.places if place.resident]
    return Handover(
        ward=ward,
        night=night,
        is_latest=night.day == latest,
        rows=tuple(rows),
        alarms=tuple(sorted(alarms, key=lambda view: view.alarm.raised_at)),
        answers=answers(alarms),
        belts=tuple(sheet.belts(rows)),
        rounds=rounds_of(services, viewer, ward, night.day),
    )


def answers(alarms: Sequence[AlarmView]) -> Answers:
    """Of the calls among `alarms`: how many, how many were taken, how soon."""
    called = [view.alarm for view in alarms if _was_call(view)]
    waits = [alarm.acknowledged_at - alarm.raised_at for alarm in called if alarm.acknowledged_at is not None]
    return Answers(
        called=len(called),
        answered=len(waits),
        open=sum(alarm.resolved_at is None for alarm in called),
        without_outcome=sum(map(wants_outcome, called)),
        median_ms=float(np.median(waits)) if waits else None,
        longest_ms=float(max(waits)) if waits else None,
    )


def _was_call(view: AlarmView) -> bool:
    return view.alarm.category is not Category.TECHNICAL and was_told(view.alarm)


def _alarms_of(services: Services, words: AlarmWords, place: Place, night: Night) -> list[AlarmView]:
    if place.resident is None:
        return []
    found = services.book.alarms_of(place.resident.resident_id, night.start_at, night.closes_at)
    return [words.view(alarm) for alarm in found]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sheet:
    services: Services
    ward: Ward
    language: Language
    night: Night
    alarms: Sequence[AlarmView]

    def row(self, place: Place, resident: Resident) -> HandoverRow:
        report = report_now(self.services, self.ward, resident.resident_id, self.night)
        earlier = () if self.night.running else earlier_reports(self.services, resident.resident_id, self.night.day)
        called = [view for view in self.alarms if view.alarm.resident_id == resident.resident_id and _was_call(view)]
        return HandoverRow(
            place=place,
            resident_id=resident.resident_id,
            name=resident.name,
            report=report,
            alarms=len(called),
            unusual=tuple(unusual_words(report, earlier, self.language)),
        )

    def belts(self, rows: Sequence[HandoverRow]) -> Iterator[BeltCare]:
        """Belts that an alarm of the night is about, that are off or low, that told little; beds without one."""
        for row in rows:
            if why := tuple(self._why_care(row)):
                yield BeltCare(place=row.place, belt_id=row.place.belt_id or "", why=why)

    def _why_care(self, row: HandoverRow) -> Iterator[str]:
        say, belt_id = self.language.say, row.place.belt_id
        if belt_id is None:
            yield say("No belt under this bed: nobody is told of anything here.")
            return
        alarms = [view for view in self.alarms if view.alarm.belt_id == belt_id and _is_about_belt(view)]
        standing = {view.alarm.rule: view.why for view in alarms if view.alarm.is_open}
        yield from standing.values()
        for rule, times in Counter(view.alarm.rule for view in alarms if view.alarm.rule not in standing).items():
            yield self.language.say_count(
                "%(what)s, %(num)d time this night.",
                "%(what)s, %(num)d times this night.",
                times,
                what=say(RULES[rule]),
            )
        status = self.ward.statuses.get(belt_id)
        if status is not None and status.online is False and Rule.BELT_OFFLINE not in standing:
            yield say("The belt says it is off.")
        charge = status.battery if status is not None and not status.charging else None
        if charge is not None and charge < LOW_BATTERY_PERCENT and Rule.BATTERY_LOW not in standing:
            yield say("Battery at %(charge)s %%.", charge=self.language.number(charge))
        if row.report is None:
            yield say("The belt told nothing this night.")
        elif row.report.coverage < LOW_COVERAGE:
            yield say("The belt told only %(share)s of the night.", share=self.language.percent(row.report.coverage))


def _is_about_belt(view: AlarmView) -> bool:
    return view.alarm.category is Category.TECHNICAL and was_told(view.alarm)


def unusual_words(report: NightReport | None, earlier: Sequence[NightReport], language: Language) -> list[str]:
    """Which figures of the night lie outside the own usual range; nothing of a night that is not valid."""
    told = []
    for figure in NIGHTLY if report is not None and report.valid else ():
        value, own = figure.of(report) if report else None, usual(figure, earlier)
        if value is None or own is None or own.holds(value):
            continue
        told.append(
            language.say(
                "%(figure)s: %(value)s, usually %(usual)s",
                figure=language.say(figure.title),
                value=figure.in_words(value, language),
                usual=figure.in_words(own.median, language),
            )
        )
    return told
