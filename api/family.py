"""A night for the family: six plain figures and three sentences.

Only what the night's report holds, and when staff saw to an absence or looked in on a
round; no names of staff, no notes and no other alarms.
"""

from dataclasses import dataclass
from typing import Final

from api.languages import Language
from api.report_words import MARKS, exit_length, figure_rows, from_to, minutes, score_words
from api.reports import ReportView
from api.rounds import looks_of
from api.services import Services
from api.usual import NIGHTLY, Usual, usual
from domain.alarms import LEAVE_BED_RULES, Alarm, Outcome
from domain.reports import NightReport
from domain.units import MINUTE_MS
from sleep.report import Mark

ROUNDED_MIN: Final = 15
"""Sleep is told to the quarter of an hour: finer would claim what no belt can tell."""
OVERSTATED_MIN: Final = 60
"""Sensors under the mattress over-state sleep by 48 to 100 min in studies of older people (domain notes 3.3)."""
MAKER_OVERSTATED_MIN: Final = 100
"""The most of these: what makers tell by themselves is no better than what was studied."""
FAMILY_MARKS: Final = frozenset({"clock-change", "moved-bed", "shared-bed"})
"""Of the marks of a report those that a family can make something of."""
SEEN: Final = frozenset({Outcome.HELPED, Outcome.NO_HELP_NEEDED})
"""Outcomes that say that somebody stood at the bed."""

TIMES_NAMED: Final = 3
"""So many times are read; more are a list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainFigure:
    """`icon` names a symbol of the page."""

    icon: str
    label: str
    figure: str
    remark: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyNight:
    """`remarks`: what makes figures look odd that are right."""

    figures: tuple[PlainFigure, ...]
    sentences: tuple[str, ...]
    remarks: tuple[str, ...] = ()


def family_night(services: Services, language: Language, view: ReportView) -> FamilyNight:
    """The night in words; without a report or without anybody in bed one sentence and no figures."""
    report = view.report
    if report is None:
        text = language.say("The belt reported nothing this night. Nothing can be said about it.")
        return FamilyNight(figures=(), sentences=(text,))
    if report.sleep_min is None:
        return FamilyNight(figures=(), sentences=(language.say("Nobody was in bed this night."),))
    sentences = (
        _slept(report, language, view),
        _got_up(services, report, language, view),
        _compared(report, view.earlier, language),
    )
    remarks = tuple(language.say(MARKS[mark]) for mark in report.marks if mark in FAMILY_MARKS)
    return FamilyNight(figures=_figures(report, language, view), sentences=sentences, remarks=remarks)


def _figures(report: NightReport, language: Language, view: ReportView) -> tuple[PlainFigure, ...]:
    rows = {label: (figure, remark) for label, figure, remark in figure_rows(report, language, view.ward.zone)}
    say = language.say

    def plain(icon: str, label: str, figure: str | None = None, remark: str | None = None) -> PlainFigure:
        told = rows.get(label, ("", ""))
        return PlainFigure(
            icon=icon,
            label=label,
            figure=told[0] if figure is None else figure,
            remark=told[1] if remark is None else remark,
        )

    slept = say("about %(length)s", length=_rounded(report.sleep_min or 0, language))
    return (
        plain("i-moon", say("Time asleep"), slept, ""),
        plain(
            "i-in",
            say("Time in bed"),
            minutes(report.time_in_bed_min, language),
            from_to(report, language, view.ward.zone),
        ),
        plain("i-out", say("Left the bed and came back")),
        plain("i-turn", say("Turned over")),
        plain("i-heart", say("Mean heart rate in bed"), remark=say("per minute")),
        plain("i-star", say("Score"), score_words(report, language), say("of 100")),
    )


def _slept(report: NightReport, language: Language, view: ReportView) -> str:
    length = _rounded(report.sleep_min or 0, language)
    by_maker = Mark.MAKER_STAGE in report.marks
    less = language.length((MAKER_OVERSTATED_MIN if by_maker else OVERSTATED_MIN) * MINUTE_MS)
    if report.asleep_at is None or report.awake_at is None:
        return language.say("Was in bed and hardly slept.")
    return language.say(
        "Slept about %(length)s between %(asleep)s and %(awake)s; it may be up to %(less)s less, "
        "because lying awake and still looks like sleep.",
        length=length,
        asleep=language.clock_time(report.asleep_at, view.ward.zone),
        awake=language.clock_time(report.awake_at, view.ward.zone),
        less=less,
    )


def _got_up(services: Services, report: NightReport, language: Language, view: ReportView) -> str:
    exits = report.exits
    if not exits.count:
        text = language.say("Did not get up during the night.")
    elif exits.count == 1:
        at = language.clock_time(exits.spans[0][0], view.ward.zone) if exits.spans else ""
        text = language.say(
            "Got up once, at %(at)s, for %(length)s.", at=at, length=exit_length(exits.total_min, language)
        )
    else:
        text = language.say(
            "Got up %(n)s times, for %(total)s in all, the longest for %(longest)s.",
            n=exits.count,
            total=exit_length(exits.total_min, language),
            longest=exit_length(exits.longest_min, language),
        )
    for seen in (seen_by_staff(services, language, view), looked_in(services, language, view)):
        text = language.say("%(text)s %(seen)s", text=text, seen=seen) if seen else text
    return text


def looked_in(services: Services, language: Language, view: ReportView) -> str:
    """When staff saw the resident on the rounds of the night; nothing of rounds on which they did not."""
    looks = looks_of(services, view.resident.resident_id, view.night.start_at, view.night.closes_at)
    times = list(dict.fromkeys(language.clock_time(seen.at, view.ward.zone) for seen, _ in looks))
    if not times:
        return ""
    if len(times) <= TIMES_NAMED:
        return language.say("Staff looked in at %(times)s.", times=language.listed(times))
    return language.say(
        "Staff looked in %(n)s times between %(first)s and %(last)s.", n=len(times), first=times[0], last=times[-1]
    )


def seen_by_staff(services: Services, language: Language, view: ReportView) -> str:
    """When staff saw to the absences of the night, as far as they said so."""
    alarms = services.book.alarms_of(view.resident.resident_id, view.night.noon_at, view.night.next_noon_at)
    mine = [alarm for alarm in alarms if alarm.rule in LEAVE_BED_RULES and alarm.outcome is not Outcome.FALSE_ALARM]
    told = [words for alarm in mine if (words := _seen(alarm, language, view)) is not None]
    return " ".join(dict.fromkeys(told))


def _seen(alarm: Alarm, language: Language, view: ReportView) -> str | None:
    zone = view.ward.zone
    if alarm.outcome in SEEN and alarm.resolved_by is not None and alarm.resolved_at is not None:
        return language.say("Seen by staff at %(at)s.", at=language.clock_time(alarm.resolved_at, zone))
    if alarm.acknowledged_at is not None:
        return language.say("Staff went to look at %(at)s.", at=language.clock_time(alarm.acknowledged_at, zone))
    return None


def _compared(report: NightReport, earlier: tuple[NightReport, ...], language: Language) -> str:
    if not report.valid:
        return language.say("The belt told only a part of this night, so it is not compared with others.")
    sleep = next(figure for figure in NIGHTLY if figure.key == "sleep")
    level = usual(sleep, earlier)
    if level is None or report.sleep_min is None:
        return language.say("There are not enough nights yet to say what is usual.")
    return _beside(report.sleep_min, level, language)


def _beside(slept_min: float, level: Usual, language: Language) -> str:
    often = _rounded(level.median, language)
    if level.holds(slept_min):
        return language.say("That is as usual: about %(often)s in the last weeks.", often=often)
    if slept_min < level.low:
        return language.say("That is less sleep than usual: about %(often)s in the last weeks.", often=often)
    return language.say("That is more sleep than usual: about %(often)s in the last weeks.", often=often)


def _rounded(length_min: float, language: Language) -> str:
    return minutes(round(length_min / ROUNDED_MIN) * ROUNDED_MIN, language)
