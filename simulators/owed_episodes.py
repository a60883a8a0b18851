"""Which alarms about rates, signals and silences are owed, from what really happened in the body and to the belt.

The rules: a rate beyond its limit for the whole of its time, while somebody has been in bed for the settle time, owes
an alarm at its beginning + that time; so do lost rates, a poor signal, rates from an empty bed, and a belt that sends
nothing. What is near a border is neither owed nor false: a rate within the noise of a sample of its limit, a stretch
about as long as its time (a lossy belt sees its ends late), anything beside a silence of the belt, a warning beside its
urgent level. Stretches that certainly owe nothing have no verdict. Fails toward EITHER.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from domain.alarms import Rule
from domain.residents import WHOLE_DAY, VitalSettings
from domain.units import MINUTE_MS, SECOND_MS
from domain.vitals import RuleLimit
from simulators.episodes import Episode
from simulators.localtime import Span
from simulators.night import NightPlan
from simulators.owed import Owed, Sight
from simulators.physiology import CELL_MS, Body
from simulators.scenarios import Scenario

SLACK_MS: Final = 2 * MINUTE_MS
"""A lossy belt may need this long to show that something has lasted."""
EARLY_MS: Final = 90 * SECOND_MS
"""An alarm may come this much before it is owed: values may have been lost, or beyond the limit by noise, before."""
BRIDGE_MS: Final = 3 * MINUTE_MS
"""What is apart by less than this may be taken for one stretch."""
HEART_RATE_BLUR: Final = 2.0
"""Noise of a single sample and its rounding, bpm."""
BREATHING_RATE_BLUR: Final = 0.4


@dataclass(frozen=True, slots=True, kw_only=True)
class EpisodeVerdict:
    """Something happened from `began_at` to `until` (true ms) for which `rule` owes an alarm at `due_at`, or may."""

    rule: Rule
    began_at: int
    until: int
    due_at: int
    owed: Owed


def episode_verdicts(
    plan: NightPlan, body: Body, episodes: Sequence[Episode], sight: Sight, settings: VitalSettings
) -> list[EpisodeVerdict]:
    """All that may be told of one night besides leaving the bed; a verdict NO is left out."""
    found = [*_of_rates(plan, body, episodes, settings, sight), *_of_signals(plan, episodes, settings, sight)]
    bounded = [beside_silence(verdict, sight) for verdict in found]
    if settings.windows != WHOLE_DAY or Scenario.CLOCK_DRIFT in plan.scenarios:
        bounded = [either(verdict) for verdict in bounded]
    return [*bounded, *_of_silences(plan, settings, sight)]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TrueRate:
    """One rate of a night on the body's grid: `judged` where a belt can tell it, to within `blur`."""

    name: str
    values: NDArray[np.float32]
    blur: float
    judged: NDArray[np.bool_]
    start_at: int

    def spans(self, beyond: NDArray[np.bool_]) -> list[Span]:
        """When (true ms) it is judged and `beyond` holds."""
        return [
            (self.start_at + low * CELL_MS, self.start_at + high * CELL_MS) for low, high in _runs(self.judged & beyond)
        ]


def _of_rates(
    plan: NightPlan, body: Body, episodes: Sequence[Episode], settings: VitalSettings, sight: Sight
) -> Iterator[EpisodeVerdict]:
    judged = judged_cells(plan, body, episodes, settings.settle_s * SECOND_MS)
    for name, values, blur in (
        ("heart_rate", body.heart_rate, HEART_RATE_BLUR),
        ("breathing_rate", body.breathing_rate, BREATHING_RATE_BLUR),
    ):
        rate = TrueRate(name=name, values=values, blur=blur, judged=judged, start_at=body.start_at)
        for level in ("high", "low"):
            loud = list(_of_level(rate, f"very_{level}", settings, sight))
            yield from loud
            for found in _of_level(rate, level, settings, sight):
                yield either(found) if any(_meet(found, other) for other in loud) else found


def _of_level(rate: TrueRate, level: str, settings: VitalSettings, sight: Sight) -> Iterator[EpisodeVerdict]:
    """The stretches of a rate beyond the limit of one of its rules."""
    asked: RuleLimit = getattr(settings, f"{rate.name}_{level}")
    if not asked.on or asked.limit is None:
        return
    rule = Rule(f"{rate.name}-{level}".replace("_", "-"))
    beyond = asked.limit - rate.values if level.endswith("low") else rate.values - asked.limit
    sure = rate.spans(beyond > rate.blur)
    for span in bridged(rate.spans(beyond > -rate.blur)):
        inside = [one for one in sure if one[0] >= span[0] and one[1] <= span[1]]
        longest = max(inside, key=lambda one: one[1] - one[0], default=None)
        found = judged_span(rule, asked, span, longest, sight)
        if found is not None:
            yield found


def judged_span(rule: Rule, asked: RuleLimit, span: Span, sure: Span | None, sight: Sight) -> EpisodeVerdict | None:
    """What is owed for something that may have lasted for `span`, and certainly did for `sure`."""
    after_ms = asked.after_s * SECOND_MS
    if sure is not None and sure[1] - sure[0] >= after_ms + SLACK_MS + sight.blur_ms:
        blurred = sure[0] - span[0] > sight.belt.interval_ms + CELL_MS
        owed = Owed.EITHER if blurred else Owed.YES
        return EpisodeVerdict(rule=rule, began_at=sure[0], until=span[1], due_at=sure[0] + after_ms, owed=owed)
    if span[1] - span[0] >= after_ms - EARLY_MS - sight.blur_ms:
        return EpisodeVerdict(rule=rule, began_at=span[0], until=span[1], due_at=span[0] + after_ms, owed=Owed.EITHER)
    return None


def judged_cells(plan: NightPlan, body: Body, episodes: Sequence[Episode], settle_ms: int) -> NDArray[np.bool_]:
    """The cells of the body's grid that lie wholly in bed, after settling, and whose rates the belt can tell."""
    judged = np.zeros(len(body.stage), np.bool_)
    for entry_at, exit_at in plan.in_bed.tolist():
        judged[-(-(entry_at + settle_ms - body.start_at) // CELL_MS) : (exit_at - body.start_at) // CELL_MS] = True
    for episode in episodes:
        if episode.kind is Scenario.VITALS_LOST:
            judged[(episode.from_at - body.start_at) // CELL_MS : -(-(episode.to_at - body.start_at) // CELL_MS)] = (
                False
            )
    return judged


def _of_signals(
    plan: NightPlan, episodes: Sequence[Episode], settings: VitalSettings, sight: Sight
) -> Iterator[EpisodeVerdict]:
    """Lost rates, a poor signal, rates from an empty bed: as planned, and planned away from getting in and out."""
    rules = {
        Scenario.VITALS_LOST: (Rule.VITALS_LOST, Rule.VITALS_LOST_LONG),
        Scenario.POOR_SIGNAL: (Rule.SIGNAL_POOR,),
        Scenario.EMPTY_VIBRATION: (Rule.VITALS_IN_EMPTY_BED,),
    }
    for episode in episodes:
        for rule in rules.get(episode.kind, ()):
            asked: RuleLimit = getattr(settings, rule.replace("-", "_"))
            span = (episode.from_at, episode.to_at)
            verdict = judged_span(rule, asked, span, span, sight) if asked.on else None
            if verdict is not None:
                yield verdict


def _of_silences(plan: NightPlan, settings: VitalSettings, sight: Sight) -> Iterator[EpisodeVerdict]:
    if not settings.belt_silent.on:
        return
    for span in sight.delivery.offline:
        if span.shared or (span.told and settings.belt_offline.on):
            continue
        near = (span.from_at - sight.blur_ms - MINUTE_MS, span.from_at)
        inside = {bool(np.searchsorted(plan.in_bed.ravel(), at, side="right") % 2) for at in near}
        limits_ms = sorted(_silence_ms(settings, known_in_bed, sight) for known_in_bed in inside)
        length_ms, blur_ms = span.to_at - span.from_at, sight.blur_ms + MINUTE_MS
        if length_ms < limits_ms[0] - blur_ms:
            continue
        sure = length_ms > limits_ms[-1] + blur_ms and len(limits_ms) == 1
        yield EpisodeVerdict(
            rule=Rule.BELT_SILENT,
            began_at=span.from_at,
            until=span.to_at,
            due_at=span.from_at + limits_ms[0],
            owed=Owed.YES if sure else Owed.EITHER,
        )


def _silence_ms(settings: VitalSettings, known_in_bed: bool, sight: Sight) -> int:
    asked_s = settings.belt_silent.after_s if known_in_bed else settings.silent_empty_after_s
    return max(asked_s * SECOND_MS, 3 * sight.belt.interval_ms)


def beside_silence(verdict: EpisodeVerdict, sight: Sight) -> EpisodeVerdict:
    """The verdict as far as it can be told when the belt is silent at times."""
    reach_ms = BRIDGE_MS + sight.blur_ms
    for span in sight.delivery.offline:
        if (
            span.from_at - reach_ms < verdict.due_at + SLACK_MS
            and verdict.began_at < sight.known_again_at(span) + reach_ms
        ):
            return either(verdict)
    return verdict


def either(verdict: EpisodeVerdict) -> EpisodeVerdict:
    """The same, but nothing is demanded."""
    return EpisodeVerdict(
        rule=verdict.rule,
        began_at=verdict.began_at,
        until=verdict.until,
        due_at=verdict.due_at,
        owed=Owed.EITHER,
    )


def _meet(one: EpisodeVerdict, other: EpisodeVerdict) -> bool:
    return one.began_at - BRIDGE_MS <= other.until and other.began_at - BRIDGE_MS <= one.until


def _runs(mask: NDArray[np.bool_]) -> list[Span]:
    """[first, end) of each run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8)))
    return [(int(low), int(high)) for low, high in edges.reshape(-1, 2)]


def bridged(spans: Sequence[Span]) -> list[Span]:
    joined: list[Span] = []
    for low, high in spans:
        if joined and low - joined[-1][1] <= BRIDGE_MS:
            joined[-1] = (joined[-1][0], high)
        else:
            joined.append((low, high))
    return joined
