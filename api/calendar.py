"""The last weeks of nights as a calendar: each night a link, its score in colour and in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from api.languages import Language
from api.report_words import minutes, score_words
from domain.reports import NightReport
from sleep.score import grade_of

WEEKS: Final = 6
HOUR_MIN: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarNight:
    """`kind` is the score's grade, "partial" for a night told in part, "none" without a report, "later" to come.

    `slept` is in hours: what is longer has no room on a phone.
    """

    day: date
    kind: str
    slept: str
    words: str


def calendar(
    reports: Sequence[NightReport], last: date, latest: date, language: Language
) -> tuple[tuple[CalendarNight, ...], ...]:
    """The six weeks, Monday first, that end with the week of `last`; nights after `latest` are still to come."""
    told = {report.night: report for report in reports}
    try:
        sunday = last + timedelta(days=6 - last.weekday())
        days = [sunday - timedelta(days=back) for back in reversed(range(7 * WEEKS))]
    except OverflowError:
        return ()
    nights = [_night(day, told.get(day), latest, language) for day in days]
    return tuple(tuple(nights[n : n + 7]) for n in range(0, len(nights), 7))


def _night(day: date, report: NightReport | None, latest: date, language: Language) -> CalendarNight:
    if day > latest:
        return CalendarNight(day=day, kind="later", slept="", words=language.day(day))
    if report is None:
        none = language.say("no report")
        words = f"{language.day(day)}: {none}"
        return CalendarNight(day=day, kind="none", slept="", words=words)
    told = minutes(report.sleep_min, language)
    slept = "–" if report.sleep_min is None else language.number(report.sleep_min / HOUR_MIN, 1)
    words = f"{language.day(day)}: {told}, {language.say('Score')} {score_words(report, language)}"
    kind = "partial" if report.score is None or not report.valid else str(grade_of(report.score))
    return CalendarNight(day=day, kind=kind, slept=slept, words=words)
