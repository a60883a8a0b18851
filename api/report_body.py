"""A night's report as JSON, on the command line and over HTTP alike.

Lengths are minutes, rates bpm and breaths/min, shares 0 to 1, instants ISO 8601 with the centre's offset. Null means
not measured.
"""

from datetime import date
from typing import Final
from zoneinfo import ZoneInfo

from api.bodies import Body
from domain.clock import utc
from domain.reports import Depth, MakerStage, MakerStages, NightReport, RateFigures, SleepState

DIGITS: Final = 4
"""Behind the point, of every figure: finer than any belt measures."""


class SpanBody(Body):
    left: str
    back: str


class ExitsBody(Body):
    count: int
    total_min: float
    longest_min: float
    spans: list[SpanBody]


class RateBody(Body):
    mean: float | None
    min: float | None
    max: float | None


class ScorePartBody(Body):
    name: str
    points: float
    of: float


class EpochsBody(Body):
    """`depth` is an estimate, `maker` that of the belt's maker; null where there is none."""

    start: str
    length_s: int
    states: list[SleepState]
    depth: list[Depth | None] | None
    maker: list[MakerStage | None] | None


class MakerStagesBody(Body):
    """As the belt's maker tells the night: an estimate of theirs."""

    share: float
    sleep_min: float
    awake: float
    light: float
    deep: float
    rem: float
    agreement: float | None


class ReportBody(Body):
    resident_id: str | None
    belts: list[str]
    night: date
    start: str
    end: str
    time_in_bed_min: float
    sleep_min: float | None
    sleep_onset_latency_min: float | None
    waso_min: float | None
    final_wake_min: float | None
    untold_min: float
    sleep_efficiency: float | None
    awakenings: int | None
    exits: ExitsBody
    turn_overs: int | None
    heart_rate: RateBody
    breathing_rate: RateBody
    resting_heart_rate: float | None
    restlessness: float | None
    respiratory_events_per_hour: float | None
    in_bed: str | None
    asleep: str | None
    awake: str | None
    rose: str | None
    nap_min: float | None
    coverage: float
    valid: bool
    score: float | None
    score_parts: list[ScorePartBody]
    method: str
    marks: list[str]
    maker_stages: MakerStagesBody | None
    epochs: EpochsBody

    @classmethod
    def of(cls, report: NightReport, zone: ZoneInfo) -> "ReportBody":
        def at(instant: int | None) -> str | None:
            return None if instant is None else iso(instant, zone)

        return cls(
            resident_id=report.resident_id or None,
            belts=list(report.belt_ids),
            night=report.night,
            start=iso(report.start_at, zone),
            end=iso(report.end_at, zone),
            time_in_bed_min=round(report.time_in_bed_min, DIGITS),
            sleep_min=_plain(report.sleep_min),
            sleep_onset_latency_min=_plain(report.sleep_onset_latency_min),
            waso_min=_plain(report.waso_min),
            final_wake_min=_plain(report.final_wake_min),
            untold_min=round(report.untold_min, DIGITS),
            sleep_efficiency=_plain(report.sleep_efficiency),
            awakenings=report.awakenings,
            exits=_exits(report, zone),
            turn_overs=report.turn_overs,
            heart_rate=_rate(report.heart_rate),
            breathing_rate=_rate(report.breathing_rate),
            resting_heart_rate=_plain(report.resting_heart_rate),
            restlessness=_plain(report.restlessness),
            respiratory_events_per_hour=_plain(report.respiratory_events_per_hour),
            in_bed=at(report.in_bed_at),
            asleep=at(report.asleep_at),
            awake=at(report.awake_at),
            rose=at(report.rose_at),
            nap_min=_plain(report.nap_min),
            coverage=round(report.coverage, DIGITS),
            valid=report.valid,
            score=_plain(report.score),
            score_parts=[
                ScorePartBody(name=p.name, points=round(p.points, DIGITS), of=p.of) for p in report.score_parts
            ],
            method=report.method,
            marks=list(report.marks),
            maker_stages=_maker_stages(report.maker_stages),
            epochs=_epochs(report, zone),
        )


def iso(at: int, zone: ZoneInfo) -> str:
    """ISO 8601 with the zone's offset; ms only where there are any."""
    local = utc(at).astimezone(zone)
    return local.isoformat(timespec="milliseconds" if at % 1000 else "seconds")


def _exits(report: NightReport, zone: ZoneInfo) -> ExitsBody:
    exits = report.exits
    return ExitsBody(
        count=exits.count,
        total_min=round(exits.total_min, DIGITS),
        longest_min=round(exits.longest_min, DIGITS),
        spans=[SpanBody(left=iso(left_at, zone), back=iso(back_at, zone)) for left_at, back_at in exits.spans],
    )


def _epochs(report: NightReport, zone: ZoneInfo) -> EpochsBody:
    epochs = report.epochs
    return EpochsBody(
        start=iso(epochs.start_at, zone),
        length_s=epochs.length_s,
        states=list(epochs.states),
        depth=list(epochs.depth) or None,
        maker=list(epochs.maker) or None,
    )


def _maker_stages(told: MakerStages | None) -> MakerStagesBody | None:
    if told is None:
        return None
    return MakerStagesBody(
        share=round(told.share, DIGITS),
        sleep_min=round(told.sleep_min, DIGITS),
        awake=round(told.awake, DIGITS),
        light=round(told.light, DIGITS),
        deep=round(told.deep, DIGITS),
        rem=round(told.rem, DIGITS),
        agreement=_plain(told.agreement),
    )


def _rate(figures: RateFigures) -> RateBody:
    return RateBody(mean=_plain(figures.mean), min=_plain(figures.min), max=_plain(figures.max))


def _plain(value: float | None) -> float | None:
    return None if value is None else round(float(value), DIGITS)
