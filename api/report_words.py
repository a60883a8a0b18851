"""A night's report in the reader's words: figures, what a reader must know, what was different.

Sleep is told by movement and heart rate, which takes lying awake and still for sleep now and then: the words say so.
"""

from typing import Final
from zoneinfo import ZoneInfo

from api.languages import N_, Language
from domain.insights import Figure, Insight, InsightKind, Sureness
from domain.reports import MakerStage, NightReport, SleepState
from domain.units import MINUTE_MS
from sleep.comparison import Moved
from sleep.score import Grade, grade_of

STATES: Final = {
    SleepState.ASLEEP: N_("Asleep"),
    SleepState.AWAKE: N_("Awake in bed"),
    SleepState.OUT: N_("Out of bed"),
    SleepState.UNKNOWN: N_("Unknown"),
}
MARKS: Final = {
    "low-coverage": N_("The belt told too little of this night to compare it with others."),
    "moved-bed": N_("The resident moved to another bed in this night."),
    "shared-bed": N_("Two people share this bed: what the other did may have been felt as well."),
    "clock-change": N_("The clocks were changed in this night."),
    "occupancy-assumed": N_(
        "The belt did not tell who was in bed; that somebody was is taken from heart rate and movement."
    ),
    "nobody-in-bed": N_("Nobody was in bed this night."),
    "events-from-heart": N_("Breathing events are guessed from the heart rate, as the belt gives no breathing signal."),
    "maker-stage": N_("Sleep and waking are as the belt's maker tells them."),
}
MAKER_STAGES: Final = {
    MakerStage.AWAKE: N_("awake"),
    MakerStage.LIGHT: N_("light sleep"),
    MakerStage.DEEP: N_("deep sleep"),
    MakerStage.REM: N_("REM sleep"),
}
SCORE_PARTS: Final = {
    "sleep_min": N_("Time asleep"),
    "sleep_efficiency": N_("Asleep while in bed"),
    "sleep_onset_latency_min": N_("Until asleep"),
    "waso_min": N_("Awake at night"),
    "awakenings": N_("Waking up"),
    "exits": N_("Times out of bed"),
}
GRADES: Final = {
    Grade.EXCELLENT: N_("very good"),
    Grade.GOOD: N_("good"),
    Grade.FAIR: N_("fair"),
    Grade.POOR: N_("poor"),
}
FIGURES: Final = {
    Figure.SLEEP_TIME: N_("Time asleep"),
    Figure.EXITS: N_("Times out of bed"),
    Figure.RESTING_HEART_RATE: N_("Resting heart rate"),
    Figure.BREATHING_RATE: N_("Breathing rate"),
    Figure.RESTLESSNESS: N_("Restlessness"),
}
SURENESS: Final = {
    Sureness.POSSIBLE: N_("this may be chance"),
    Sureness.LIKELY: N_("this is likely no chance"),
    Sureness.CLEAR: N_("this is clear"),
}
Row = tuple[str, str, str]
"""Label, figure, remark."""


def figure_rows(report: NightReport, language: Language, zone: ZoneInfo) -> list[Row]:
    """Every figure of the report for people who know what they mean."""
    say = language.say
    return [
        (say("Bedtime to rising"), minutes(report.time_in_bed_min, language), from_to(report, language, zone)),
        (say("Time asleep"), minutes(report.sleep_min, language), say("an estimate; lying awake and still may count")),
        (say("Until asleep"), minutes(report.sleep_onset_latency_min, language), _at(report.asleep_at, language, zone)),
        (say("Awake at night"), minutes(report.waso_min, language), _awakenings(report, language)),
        (say("Asleep while in bed"), _share(report.sleep_efficiency, language), ""),
        (say("Left the bed and came back"), _times(report.exits.count, language), exits_remark(report, language)),
        (say("Turned over"), _times(report.turn_overs, language), ""),
        (say("Mean heart rate in bed"), _rate(report.heart_rate.mean, language), _range(report.heart_rate, language)),
        (say("Resting heart rate"), _rate(report.resting_heart_rate, language), ""),
        (say("Breathing rate"), _rate(report.breathing_rate.mean, language), _range(report.breathing_rate, language)),
        (say("Restlessness"), _share(report.restlessness, language), say("of the time in bed")),
        (say("Breathing events"), _per_hour(report.respiratory_events_per_hour, language), say("an hour")),
        (say("Reported by the belt"), _share(report.coverage, language), say("of the night")),
        (say("Score"), score_words(report, language), ""),
        *_maker_rows(report, language),
    ]


def _maker_rows(report: NightReport, language: Language) -> list[Row]:
    """What the belt's maker tells of the night, where it told enough."""
    told, say = report.maker_stages, language.say
    if told is None:
        return []
    shares = ((MakerStage.LIGHT, told.light), (MakerStage.DEEP, told.deep), (MakerStage.REM, told.rem))
    figure = " · ".join(
        f"{say(MAKER_STAGES[stage])} {language.percent(share)}"
        for stage, share in (*shares, (MakerStage.AWAKE, told.awake))
    )
    words = say(
        "This is the estimate of the belt's maker, given for %(share)s of the time in bed.",
        share=language.percent(told.share),
    )
    if told.agreement is not None:
        words += " " + say(
            "It agrees with ours on asleep or awake in %(share)s.", share=language.percent(told.agreement)
        )
    return [(say("By the belt's maker"), figure, words)]


def minutes(length_min: float | None, language: Language) -> str:
    return "–" if length_min is None else language.length(round(length_min) * MINUTE_MS)


def exit_length(length_min: float, language: Language) -> str:
    """Of an absence, as the night at a glance tells it: in seconds under a minute, else in whole minutes."""
    return language.length(round(length_min * MINUTE_MS))


def from_to(report: NightReport, language: Language, zone: ZoneInfo) -> str:
    """When they went to bed, and when they rose."""
    rose = _at(report.rose_at, language, zone)
    return f"{_at(report.in_bed_at, language, zone)}–{rose}" if report.in_bed_at is not None else ""


def exits_remark(report: NightReport, language: Language) -> str:
    if not report.exits.count:
        return ""
    return language.say(
        "%(total)s in all, longest %(longest)s",
        total=exit_length(report.exits.total_min, language),
        longest=exit_length(report.exits.longest_min, language),
    )


def score_words(report: NightReport, language: Language) -> str:
    """The score and its grade; a dash when the night is not valid."""
    if report.score is None:
        return "–"
    return f"{language.number(report.score)} – {language.say(GRADES[grade_of(report.score)])}"


def part_word(name: str, language: Language) -> str:
    return language.say(SCORE_PARTS[name]) if name in SCORE_PARTS else name


def moved_words(part: Moved, language: Language) -> str:
    """What moved the score, and by how much."""
    name = part_word(part.name, language)
    points = language.number(abs(part.points))
    if part.points > 0:
        return language.say("%(name)s: %(points)s points more than usual", name=name, points=points)
    return language.say("%(name)s: %(points)s points fewer than usual", name=name, points=points)


def mark_words(report: NightReport, language: Language) -> list[str]:
    """What a reader must know of the report."""
    return [language.say(MARKS[mark]) if mark in MARKS else mark for mark in report.marks]


def insight_words(insight: Insight, language: Language) -> str:
    """What was different, since when, and how sure."""
    say = language.say
    figure = language.say(FIGURES[insight.figure])
    value, usual = (figure_words(insight.figure, number, language) for number in (insight.value, insight.usual))
    sure = say(SURENESS[insight.sureness])
    if insight.kind is InsightKind.ODD_NIGHT and insight.higher:
        text = say("%(figure)s: %(value)s, more than usual (%(usual)s)", figure=figure, value=value, usual=usual)
    elif insight.kind is InsightKind.ODD_NIGHT:
        text = say("%(figure)s: %(value)s, less than usual (%(usual)s)", figure=figure, value=value, usual=usual)
    elif insight.higher:
        text = say(
            "%(figure)s: higher since %(day)s, now about %(value)s, before about %(usual)s",
            figure=figure,
            day=language.day(insight.since),
            value=value,
            usual=usual,
        )
    else:
        text = say(
            "%(figure)s: lower since %(day)s, now about %(value)s, before about %(usual)s",
            figure=figure,
            day=language.day(insight.since),
            value=value,
            usual=usual,
        )
    return say("%(text)s; %(sure)s, by %(nights)s nights.", text=text, sure=sure, nights=insight.nights)


def figure_words(figure: Figure, value: float, language: Language) -> str:
    """A nightly figure with its unit."""
    if figure is Figure.SLEEP_TIME:
        return minutes(value, language)
    if figure is Figure.RESTLESSNESS:
        return language.percent(value)
    return language.number(value, 0 if figure is Figure.EXITS and value == round(value) else 1)


def _at(at: int | None, language: Language, zone: ZoneInfo) -> str:
    return "" if at is None else language.clock_time(at, zone)


def _awakenings(report: NightReport, language: Language) -> str:
    if report.awakenings is None:
        return ""
    return language.say_count("awake once", "awake %(n)s times", report.awakenings)


def _times(count: int | None, language: Language) -> str:
    return "–" if count is None else language.say_count("%(num)d time", "%(num)d times", count)


def _share(share: float | None, language: Language) -> str:
    return "–" if share is None else language.percent(share)


def _rate(rate: float | None, language: Language) -> str:
    return "–" if rate is None else language.number(rate)


def _per_hour(events: float | None, language: Language) -> str:
    return language.say("not measured") if events is None else language.number(events, 1)


def _range(figures: object, language: Language) -> str:
    low, high = getattr(figures, "min", None), getattr(figures, "max", None)
    if low is None or high is None:
        return language.say("per minute")
    return language.say("%(low)s to %(high)s per minute", low=language.number(low), high=language.number(high))
