"""Which chart of a resident's nights is drawn for whom."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

from api.charts.compare import compare_chart
from api.charts.look import LOOKS, Look
from api.charts.night import ChartNight, night_chart, strip_chart
from api.charts.trends import trends_chart
from api.family import family_night
from api.languages import Language
from api.reports import ReportView, read_report
from api.rounds import looks_of
from api.services import Services
from api.usual import NIGHTLY
from api.viewer import Viewer
from api.words import RULES
from domain.errors import NotFoundError
from domain.people import Right
from domain.readings import MinuteColumns

STAFF_CHARTS: Final = frozenset({"night", "trends", "compare"})
FAMILY_CHARTS: Final = frozenset({"strip", "sleep", "card"})
"""What a family may see as well: no alarms, and no rates by the minute."""
FORMS: Final = {"json": "application/json", "svg": "image/svg+xml", "png": "image/png"}
TREND_NIGHTS: Final = (7, 30, 90)
WIDTH_PX: Final = 640
"""Of a panel in a picture; a page sets its own."""
NARROW: Final = frozenset({"strip", "sleep", "card"})
NARROW_PX: Final = 400
FAMILY_FIGURES: Final = tuple(figure for figure in NIGHTLY if figure.key in {"sleep", "exits"})

Spec = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartAsked:
    """A chart by its name; `other` is the night to compare with, `hover` whether values are asked of it."""

    name: str
    night: date | None
    other: date | None
    nights: int
    look: Look
    hover: bool


def look_named(name: str) -> Look:
    if name not in LOOKS:
        raise NotFoundError("look", name)
    return LOOKS[name]


def chart_spec(services: Services, viewer: Viewer, resident_id: str, asked: ChartAsked) -> Spec:
    """The specification. NotFoundError for a chart that is not there or not for this viewer, and without a report."""
    staff = viewer.may(Right.SEE_ANY_RESIDENT)
    if asked.name not in (STAFF_CHARTS | FAMILY_CHARTS if staff else FAMILY_CHARTS):
        raise NotFoundError("chart", asked.name)
    if asked.nights not in TREND_NIGHTS:
        raise NotFoundError("trend of nights", str(asked.nights))
    view = read_report(services, viewer, resident_id, asked.night)
    width = NARROW_PX if asked.name in NARROW else WIDTH_PX
    if asked.name in {"trends", "sleep"}:
        figures = NIGHTLY if asked.name == "trends" else FAMILY_FIGURES
        last, language = view.night.day, viewer.language
        return trends_chart(view.series, last, asked.nights, language, asked.look, width=width, figures=figures)
    if asked.name == "compare":
        return _compare(services, viewer, view, asked, width)
    night = chart_night(services, view)
    if asked.name == "night":
        alarms, seen = _alarms(services, viewer, view), _seen(services, view)
        told = replace(night, alarms=alarms, seen=seen)
        return night_chart(told, viewer.language, asked.look, width=width, hover=asked.hover)
    if asked.name == "card":
        return card_spec(services, viewer.language, view, night, asked.look, whose=view.resident.name)
    return strip_chart(night, viewer.language, asked.look, width=width, title=())


def card_spec(
    services: Services, language: Language, view: ReportView, night: ChartNight, look: Look, *, whose: str
) -> Spec:
    """The picture for a family: `whose` night ("" says nothing of that), three sentences, the course of the night."""
    told = family_night(services, language, view)
    day = language.say("Night of %(day)s", day=language.long_day(view.night.day))
    lines = (f"{whose} · {day}" if whose else day, *told.sentences)
    return strip_chart(night, language, look, width=NARROW_PX, title=lines)


def chart_night(services: Services, view: ReportView) -> ChartNight:
    """The night with its readings by the minute; NotFoundError when there is no report."""
    report = view.report
    if report is None:
        raise NotFoundError("report of night", view.night.day.isoformat())
    minutes = tuple(_minutes(services, view.resident.resident_id, report.start_at, report.end_at))
    return ChartNight(report=report, minutes=minutes, alarms=(), zone=view.ward.zone)


def _minutes(services: Services, resident_id: str, start_at: int, end_at: int) -> list[MinuteColumns]:
    spans = services.register.belt_spans(resident_id, start_at, end_at)
    return [services.readings.minutes(span.belt_id, span.start_at, span.end_at) for span in spans]


def _alarms(services: Services, viewer: Viewer, view: ReportView) -> tuple[tuple[int, str], ...]:
    alarms = services.book.alarms_of(view.resident.resident_id, view.night.start_at, view.night.end_at)
    return tuple((alarm.raised_at, viewer.language.say(RULES[alarm.rule])) for alarm in alarms)


def _seen(services: Services, view: ReportView) -> tuple[int, ...]:
    looks = looks_of(services, view.resident.resident_id, view.night.start_at, view.night.end_at)
    return tuple(seen.at for seen, _ in looks)


def _compare(services: Services, viewer: Viewer, view: ReportView, asked: ChartAsked, width: int) -> Spec:
    if asked.other is None or asked.other == view.night.day:
        raise NotFoundError("night to compare with", str(asked.other))
    other = read_report(services, viewer, view.resident.resident_id, asked.other)
    nights = [chart_night(services, view), chart_night(services, other)]
    return compare_chart(nights, viewer.language, asked.look, width=width)
