"""The quality of alarms as JSON, over HTTP and on the command line alike. Shares are 0 to 1, lengths seconds."""

from datetime import date, time
from typing import Final

from alerts.quality import Figures, LoadFigures, Quality, RoundFigures, RuleFigures, ShiftFigures, Source
from alerts.quality_findings import Finding, FindingKind
from alerts.shares import Lengths, Rate, Share
from api.bodies import Body
from domain.alarms import Priority, Rule
from domain.units import SECOND_MS

DIGITS: Final = 4


class ShareBody(Body):
    """`count` of `of`; `low` and `high`: the interval of 95 % (Wilson). Null of nothing; `enough`: ten or more."""

    count: int
    of: int
    value: float | None
    low: float | None
    high: float | None
    enough: bool

    @classmethod
    def of_share(cls, share: Share) -> "ShareBody":
        low, high = share.interval or (None, None)
        return cls(
            count=share.count,
            of=share.of,
            value=_rounded(share.value),
            low=_rounded(low),
            high=_rounded(high),
            enough=share.enough,
        )


class BedNightRateBody(Body):
    count: int
    bed_nights: int
    value: float | None

    @classmethod
    def of_rate(cls, rate: Rate) -> "BedNightRateBody":
        return cls(count=rate.count, bed_nights=rate.bed_nights, value=_rounded(rate.value))


class LengthsBody(Body):
    count: int
    p50_s: float | None
    p90_s: float | None

    @classmethod
    def of_lengths(cls, lengths: Lengths) -> "LengthsBody":
        return cls(count=lengths.count, p50_s=_seconds(lengths.p50_ms), p90_s=_seconds(lengths.p90_ms))


class FiguresBody(Body):
    alarms: int
    false_alarms: int
    no_help_needed: int
    right: ShareBody
    helpful: ShareBody
    without_outcome: ShareBody
    unanswered: ShareBody
    late: ShareBody
    response: LengthsBody
    resolving: LengthsBody

    @classmethod
    def of(cls, figures: Figures) -> "FiguresBody":
        return cls(
            alarms=figures.told,
            false_alarms=figures.false,
            no_help_needed=figures.not_needed,
            right=ShareBody.of_share(figures.right),
            helpful=ShareBody.of_share(figures.helpful),
            without_outcome=ShareBody.of_share(figures.without_outcome),
            unanswered=ShareBody.of_share(figures.unanswered),
            late=ShareBody.of_share(figures.late),
            response=LengthsBody.of_lengths(figures.response),
            resolving=LengthsBody.of_lengths(figures.resolving),
        )


class SourceBody(Body):
    bed: str
    resident: str
    alarms: int


class RuleQualityBody(Body):
    rule: Rule
    figures: FiguresBody
    false_from: list[SourceBody]
    not_needed_from: list[SourceBody]

    @classmethod
    def of(cls, one: RuleFigures) -> "RuleQualityBody":
        return cls(
            rule=one.rule,
            figures=FiguresBody.of(one.figures),
            false_from=_sources(one.false_from),
            not_needed_from=_sources(one.not_needed_from),
        )


class QualityHourBody(Body):
    """One local hour, over all nights."""

    hour: int
    alarms: int
    in_vain: int
    late: int


class QualityNightBody(Body):
    night: date
    bed_nights: int
    alarms: int
    false_alarms: int
    no_help_needed: int


class ShiftQualityBody(Body):
    """Alarms raised while the shift ran, over all nights; without a `shift` those while none ran."""

    shift: str | None
    name: str | None
    start: time | None
    end: time | None
    figures: FiguresBody
    nuisance: BedNightRateBody

    @classmethod
    def of(cls, one: ShiftFigures) -> "ShiftQualityBody":
        return cls(
            shift=one.shift.shift_id if one.shift else None,
            name=one.shift.name if one.shift else None,
            start=one.shift.start if one.shift else None,
            end=one.shift.end if one.shift else None,
            figures=FiguresBody.of(one.figures),
            nuisance=BedNightRateBody.of_rate(one.nuisance),
        )


class RoundsQualityBody(Body):
    """Of the rounds that were planned: those on which everybody was seen, not everybody, nobody."""

    done: ShareBody
    partial: int
    missing: int

    @classmethod
    def of(cls, rounds: RoundFigures) -> "RoundsQualityBody":
        return cls(done=ShareBody.of_share(rounds.done), partial=rounds.partial, missing=rounds.missing)


class LoadBody(Body):
    """Alarms before which so many, or more, in vain had been raised in 120 min."""

    from_count: int
    alarms: int
    response: LengthsBody

    @classmethod
    def of(cls, one: LoadFigures) -> "LoadBody":
        return cls(from_count=one.from_count, alarms=one.told, response=LengthsBody.of_lengths(one.response))


class FindingBody(Body):
    kind: FindingKind
    rule: Rule | None
    share: ShareBody
    sources: list[SourceBody]

    @classmethod
    def of(cls, one: Finding) -> "FindingBody":
        share = ShareBody.of_share(one.share)
        return cls(kind=one.kind, rule=one.rule, share=share, sources=_sources(one.sources))


class QualityBody(Body):
    """The alarms of a centre in the nights `first` to `last`, both included. Rules with the poorest record first."""

    center: str
    first: date
    last: date
    bed_nights: int
    recorded: int
    alarms: BedNightRateBody
    nuisance: BedNightRateBody
    no_help_needed: BedNightRateBody
    all: FiguresBody
    rules: list[RuleQualityBody]
    priorities: dict[Priority, FiguresBody]
    hours: list[QualityHourBody]
    nights: list[QualityNightBody]
    load: list[LoadBody]
    shifts: list[ShiftQualityBody]
    rounds: RoundsQualityBody
    findings: list[FindingBody]

    @classmethod
    def of(cls, center_id: str, quality: Quality, found: list[Finding]) -> "QualityBody":
        return cls(
            center=center_id,
            first=quality.first,
            last=quality.last,
            bed_nights=quality.bed_nights,
            recorded=quality.recorded,
            alarms=BedNightRateBody.of_rate(quality.told),
            nuisance=BedNightRateBody.of_rate(quality.nuisance),
            no_help_needed=BedNightRateBody.of_rate(quality.not_needed),
            all=FiguresBody.of(quality.all),
            rules=[RuleQualityBody.of(one) for one in quality.by_rule],
            priorities={which: FiguresBody.of(one) for which, one in quality.by_priority.items()},
            hours=[
                QualityHourBody(hour=one.hour, alarms=one.told, in_vain=one.in_vain, late=one.late)
                for one in quality.by_hour
            ],
            nights=[
                QualityNightBody(
                    night=one.night,
                    bed_nights=one.bed_nights,
                    alarms=one.told,
                    false_alarms=one.false,
                    no_help_needed=one.not_needed,
                )
                for one in quality.by_night
            ],
            load=[LoadBody.of(one) for one in quality.by_load],
            shifts=[ShiftQualityBody.of(one) for one in quality.by_shift],
            rounds=RoundsQualityBody.of(quality.rounds),
            findings=[FindingBody.of(one) for one in found],
        )


def _sources(sources: tuple[Source, ...]) -> list[SourceBody]:
    return [SourceBody(bed=one.bed_id, resident=one.resident_id, alarms=one.count) for one in sources]


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, DIGITS)


def _seconds(length_ms: int | None) -> float | None:
    return None if length_ms is None else length_ms / SECOND_MS
