"""What stands on a resident's page besides the night at a glance."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, Final

from alerts.drift import NightFigure, insights
from api.calendar import calendar
from api.charts.drawing import SCRIPT_NAME
from api.charts.night import said, stretches
from api.languages import Language
from api.nights import latest_night
from api.report_charts import TREND_NIGHTS
from api.report_words import Row, figure_rows, insight_words, mark_words, moved_words, part_word, score_words
from api.reports import ReportView, read_report
from api.services import Services
from api.usual import NIGHTLY, usual
from api.viewer import Viewer
from domain.errors import NotFoundError
from domain.insights import Figure, Insight
from domain.reports import NightReport
from sleep.comparison import moved_by

FIGURES: Final[Mapping[Figure, Callable[[NightReport], float | None]]] = {
    Figure.SLEEP_TIME: lambda report: report.sleep_min,
    Figure.EXITS: lambda report: report.exits.count,
    Figure.RESTING_HEART_RATE: lambda report: report.resting_heart_rate,
    Figure.BREATHING_RATE: lambda report: report.breathing_rate.mean,
    Figure.RESTLESSNESS: lambda report: report.restlessness,
}


def report_values(
    services: Services, viewer: Viewer, view: ReportView, *, nights: int, other: date | None
) -> dict[str, Any]:
    """For the templates of a resident's night."""
    language, zone, running = viewer.language, view.ward.zone, view.night.running
    report = replace(view.report, score=None, score_parts=()) if view.report and running else view.report
    latest = latest_night(zone, services.clock.now(), whole=True)
    return {
        "vega": SCRIPT_NAME,
        "report": report,
        "rows": figure_rows(report, language, zone) if report else [],
        "stretches": [said(part, language, zone) for part in stretches(report)] if report else [],
        "report_marks": mark_words(report, language) if report else [],
        "score": score_words(report, language) if report else "–",
        "score_parts": [(part_word(part.name, language), part) for part in report.score_parts] if report else [],
        "moved": [moved_words(part, language) for part in moved_by(report, view.earlier)]
        if report and not running
        else [],
        "insights": [insight_words(one, language) for one in night_insights(view)],
        "weeks": calendar((*view.series, *_later(services, view)), view.night.day, latest, language),
        "trend_nights": nights if nights in TREND_NIGHTS else TREND_NIGHTS[1],
        "trend_choices": TREND_NIGHTS,
        "usual_rows": usual_rows(view, language),
        "compared": compared_rows(services, viewer, view, other),
        "other": other,
    }


def _later(services: Services, view: ReportView) -> list[NightReport]:
    """The stored reports of the rest of the night's week."""
    day = view.night.day
    kept = services.reports.between(view.resident.resident_id, day + timedelta(days=1), day + timedelta(days=6))
    return [one.report for one in kept]


def night_insights(view: ReportView) -> list[Insight]:
    """What was different about the night; nothing of one that runs or is not valid."""
    report = view.report
    if report is None or not report.valid or view.night.running:
        return []
    valid = [night for night in view.series if night.valid]
    told: list[Insight] = []
    for figure, of in FIGURES.items():
        series = [NightFigure(night=night.night, value=value) for night in valid if (value := of(night)) is not None]
        if series and series[-1].night == report.night:
            told += insights(figure, series)
    return told


def usual_rows(view: ReportView, language: Language) -> list[Row]:
    """The trends as a table: each figure in this night, and its usual range."""
    rows = []
    for figure in NIGHTLY:
        value = figure.of(view.report) if view.report else None
        level = usual(figure, view.earlier)
        shown = "–" if value is None else figure.in_words(value, language)
        range_words = language.say("not enough nights yet")
        if level is not None:
            low, high = (figure.in_words(end, language) for end in (level.low, level.high))
            range_words = language.say("%(low)s to %(high)s", low=low, high=high)
        rows.append((language.say(figure.title), shown, range_words))
    return rows


def compared_rows(
    services: Services, viewer: Viewer, view: ReportView, other: date | None
) -> list[tuple[str, str, str]] | None:
    """Both nights' figures side by side; None without a second night that has a report."""
    if other is None or other == view.night.day or view.report is None:
        return None
    try:
        report = read_report(services, viewer, view.resident.resident_id, other).report
    except NotFoundError:
        return None
    if report is None:
        return None
    return _beside(view.report, report, viewer.language, view)


def _beside(
    report: NightReport, other: NightReport, language: Language, view: ReportView
) -> list[tuple[str, str, str]]:
    here: Sequence[Row] = figure_rows(report, language, view.ward.zone)
    there: Sequence[Row] = figure_rows(other, language, view.ward.zone)
    return [(label, mine, others) for (label, mine, _), (_, others, _) in zip(here, there, strict=True)]
