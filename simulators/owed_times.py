"""Which alarms about a time of day are owed: not in bed by then, still in bed after it.

The rules: who is out of bed (or in bed) at that local time and stays so for `after_s` owes an alarm at its end; who
gets out (or in) in the minute that begins then, `after_s` later. Comings and goings about as late as that, and beside a
silence of the belt, are EITHER; a bed that was empty throughout owes its alarm through silence as well.
"""

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from domain.alarms import Rule
from domain.residents import VitalSettings
from domain.units import MINUTE_MS, SECOND_MS
from domain.vitals import AtTime
from simulators.localtime import Span, night_span, wall_clock
from simulators.night import DAY_MIN, NightPlan
from simulators.owed import Owed, Sight
from simulators.owed_episodes import EpisodeVerdict, beside_silence


def time_verdicts(plan: NightPlan, zone: ZoneInfo, sight: Sight, settings: VitalSettings) -> Iterator[EpisodeVerdict]:
    """All that may be told of one night by these rules; a verdict NO is left out."""
    for rule, asked, spans in (
        (Rule.NOT_IN_BED, settings.not_in_bed, _out_of_bed(plan)),
        (Rule.STILL_IN_BED, settings.still_in_bed, [(low, high) for low, high in plan.in_bed.tolist()]),
    ):
        if asked.on:
            yield from _found(rule, asked, _asked_at(plan, asked, zone), spans, sight)


def _asked_at(plan: NightPlan, asked: AtTime, zone: ZoneInfo) -> int:
    """When the time comes in this night (true ms)."""
    minutes = asked.at.hour * 60 + asked.at.minute
    start_at, _ = night_span(plan.night, zone)
    evening = wall_clock(plan.night, minutes, zone)
    return evening if evening >= start_at else wall_clock(plan.night, DAY_MIN + minutes, zone)


def _out_of_bed(plan: NightPlan) -> list[Span]:
    edges = [plan.start_at, *plan.in_bed.ravel().tolist(), plan.end_at]
    return list(zip(edges[::2], edges[1::2], strict=True))


def _found(rule: Rule, asked: AtTime, at: int, spans: list[Span], sight: Sight) -> Iterator[EpisodeVerdict]:
    after_ms, blur_ms = asked.after_s * SECOND_MS, sight.blur_ms
    for low, high in spans:
        due_at = max(at, low) + after_ms
        seen_until = _seen_until(high, sight) if rule is Rule.NOT_IN_BED else high
        if low > at + MINUTE_MS + blur_ms or seen_until < due_at - blur_ms:
            continue
        sure = low <= at + MINUTE_MS - blur_ms and abs(low - at) > blur_ms and high > due_at + blur_ms
        verdict = EpisodeVerdict(
            rule=rule,
            began_at=max(at, low),
            until=seen_until,
            due_at=due_at,
            owed=Owed.YES if sure else Owed.EITHER,
        )
        throughout = rule is Rule.NOT_IN_BED and not any(
            span.from_at - blur_ms < low + MINUTE_MS and sight.known_again_at(span) > low
            for span in sight.delivery.offline
        )
        yield verdict if throughout and high > due_at + blur_ms else beside_silence(verdict, sight)


def _seen_until(return_at: int, sight: Sight) -> int:
    """When the return is known; a bed that was empty counts as such through silence."""
    hidden = (span for span in sight.delivery.offline if span.from_at - sight.blur_ms <= return_at)
    return max([return_at, *(again for span in hidden if (again := sight.known_again_at(span)) > return_at)])
