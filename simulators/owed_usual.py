"""Which alarms about what is unusual for a person are owed, from the body alone.

The true levels are those of the body's own minutes in bed, as far as nights have passed; a belt that loses values has
others, so what is near a limit, or in an hour that is just becoming known, is neither owed nor false. Before seven
nights nothing may be told. Fails toward EITHER.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from alerts.baselines import usual_levels
from domain.alarms import Rule
from domain.nights import NOON, hours_since_noon, local_instant, night_span
from domain.residents import VitalSettings
from domain.units import MINUTE_MS, SECOND_MS
from domain.usual import NIGHTS_KEPT, NIGHTS_NEEDED, SIDES, NightRates, Side, UsualLevels
from domain.vitals import RuleLimit
from simulators.belt import BeltNight
from simulators.center import SimulatedCenter
from simulators.episodes import Episode
from simulators.fevers import fever_of
from simulators.localtime import Span
from simulators.owed import Owed, Sight
from simulators.owed_episodes import (
    BREATHING_RATE_BLUR,
    BRIDGE_MS,
    EARLY_MS,
    HEART_RATE_BLUR,
    EpisodeVerdict,
    TrueRate,
    beside_silence,
    bridged,
    either,
    judged_cells,
    judged_span,
)
from simulators.physiology import CELL_MS, Body
from simulators.scenarios import Scenario

SPARE_NIGHTS: Final = 3
"""Of so many nights a belt may have told too little to train."""
_GREY: Final = {"heart_rate": 4.0, "breathing_rate": 1.2}
"""How far (per minute) a limit that was learned from a lossy belt may be off the true one."""
_BLUR: Final = {"heart_rate": HEART_RATE_BLUR, "breathing_rate": BREATHING_RATE_BLUR}
_CELLS: Final = MINUTE_MS // CELL_MS
_OF_RATES: Final = {
    Scenario.TACHYCARDIA,
    Scenario.BRADYCARDIA,
    Scenario.FAST_BREATHING,
    Scenario.SLOW_BREATHING,
    Scenario.BREATHING_PAUSE,
    Scenario.UNUSUAL_HEART,
    Scenario.UNUSUAL_BREATHING,
}

TruthLine = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrueLevels:
    """`likely`: as they are by now. `sure`: from the nights without episodes of the rates (alarms keep a night from
    training), less those to spare. Demanded only where these are known, and `steady`: no fever was among the nights.
    """

    likely: UsualLevels
    sure: UsualLevels
    steady: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _TrueNight:
    """`calm`: nothing happened to the rates."""

    rates: NightRates
    fever: bool
    calm: bool


class TrueUsual:
    """Over the residents of a centre; `learn` each night when it is over."""

    def __init__(self, center: SimulatedCenter) -> None:
        self._center = center
        self._nights: dict[int, list[_TrueNight]] = defaultdict(list)

    def learn(self, night: BeltNight) -> None:
        true = _TrueNight(
            rates=_true_rates(self._center, night),
            fever=fever_of(self._center, night.bed.index, night.plan.night) is not None,
            calm=all(episode.kind not in _OF_RATES for episode in night.episodes),
        )
        self._nights[night.bed.index].append(true)

    def levels(self, index: int) -> TrueLevels | None:
        """None while nothing may be told."""
        nights = self._nights[index][-NIGHTS_KEPT:]
        if len(nights) < NIGHTS_NEEDED:
            return None
        well = [night.rates for night in nights if not night.fever]
        calm = [night.rates for night in nights if night.calm and not night.fever]
        used = well if len(well) >= NIGHTS_NEEDED else [night.rates for night in nights]
        last = nights[-1].rates.night
        return TrueLevels(
            likely=usual_levels("", used, last_night=last, computed_at=0),
            sure=usual_levels("", calm[SPARE_NIGHTS:], last_night=last, computed_at=0),
            steady=len(well) == len(nights),
        )


def usual_lines(
    center: SimulatedCenter, night: BeltNight, levels: TrueLevels | None, lines: Sequence[TruthLine]
) -> list[TruthLine]:
    """What the rules about the unusual owe in a night; `lines` are the other truth of it, the `night` line last."""
    if levels is None or not center.mix.measured:
        return []
    sight = Sight(belt=night.bed.belt, delivery=night.delivery)
    found = []
    for verdict in _verdicts(night, levels, sight, night.bed.resident.vitals, center):
        louder = any(_is_louder(line, verdict) for line in lines)
        doubtful = louder or not levels.steady or Scenario.CLOCK_DRIFT in night.plan.scenarios
        found.append(beside_silence(either(verdict) if doubtful else verdict, sight))
    return [_line(lines[-1], verdict, sight) for verdict in found]


def _verdicts(
    night: BeltNight, levels: TrueLevels, sight: Sight, settings: VitalSettings, center: SimulatedCenter
) -> Iterator[EpisodeVerdict]:
    body = night.body
    at = body.start_at + CELL_MS * np.arange(len(body.stage), dtype=np.int64) + CELL_MS // 2
    hour = hours_since_noon(at, center.zone)
    judged = judged_cells(night.plan, body, night.episodes, settings.settle_s * SECOND_MS)
    for name, sides in SIDES.items():
        rate = TrueRate(name=name, values=getattr(body, name), blur=_BLUR[name], judged=judged, start_at=body.start_at)
        for side in sides:
            level = "unusual_high" if side.high else "unusual_low"
            asked: RuleLimit = getattr(settings, f"{name}_{level}")
            if asked.on:
                rule = Rule(f"{name}-{level}".replace("_", "-"))
                yield from _of_side(rule, asked, rate, _beyond(rate, side, levels, hour), sight)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Beyond:
    """By cell: is the rate certainly beyond the own limit, and may it be?"""

    surely: NDArray[np.bool_]
    maybe: NDArray[np.bool_]


def _beyond(rate: TrueRate, side: Side, levels: TrueLevels, hour: NDArray[np.int64]) -> _Beyond:
    limits = levels.likely.limits[side]
    innermost = np.nanmin(limits) if side.high else np.nanmax(limits)
    limit = np.where(np.isnan(limits), innermost, limits)[hour]
    known = np.isfinite(levels.sure.limits[side])[hour]
    beyond = rate.values - limit if side.high else limit - rate.values
    near = _GREY[rate.name] + rate.blur
    return _Beyond(surely=known & (beyond > near), maybe=beyond > -near)


def _of_side(rule: Rule, asked: RuleLimit, rate: TrueRate, beyond: _Beyond, sight: Sight) -> Iterator[EpisodeVerdict]:
    """One verdict for each stretch; a long one that comes and goes near the limit may be told again and again."""
    sure = rate.spans(beyond.surely)
    again_ms = (asked.after_s + asked.clear_after_s) * SECOND_MS
    for span in bridged(rate.spans(beyond.maybe)):
        inside = [one for one in sure if one[0] >= span[0] and one[1] <= span[1]]
        longest = max(inside, key=lambda one: one[1] - one[0], default=None)
        found = judged_span(rule, asked, span, longest, sight)
        if found is None:
            continue
        yield found
        for began_at in range(found.began_at + again_ms, span[1], again_ms):
            due_at = began_at + asked.after_s * SECOND_MS
            yield EpisodeVerdict(rule=rule, began_at=began_at, until=span[1], due_at=due_at, owed=Owed.EITHER)


def _is_louder(line: TruthLine, verdict: EpisodeVerdict) -> bool:
    """Is it about the same rate, and is there, or may there be, an alarm of it at the same time?"""
    if line["kind"] != "episode" or not (line["owed"] or line["either"]):
        return False
    same = line["rule"].split("-rate-")[0] == verdict.rule.split("-rate-")[0]
    return bool(
        same and line["began_at"] - BRIDGE_MS <= verdict.until and verdict.began_at - BRIDGE_MS <= line["until"]
    )


def _line(night: TruthLine, verdict: EpisodeVerdict, sight: Sight) -> TruthLine:
    return {
        "kind": "episode",
        **{name: night[name] for name in ("night", "belt", "bed", "resident", "interval_ms")},
        "rule": verdict.rule.value,
        "began_at": verdict.began_at,
        "until": verdict.until,
        "due_at": verdict.due_at,
        "owed": verdict.owed is Owed.YES,
        "either": verdict.owed is Owed.EITHER,
        "delayed": Scenario.OUT_OF_ORDER in night["scenarios"],
        "early_ms": EARLY_MS + sight.blur_ms,
    }


def _true_rates(center: SimulatedCenter, night: BeltNight) -> NightRates:
    """The minutes of the body in bed, those of episodes of its rates left out."""
    span = night_span(night.plan.night, center.zone)
    calm = judged_cells(night.plan, night.body, _other_episodes(night), settle_ms=0)
    for episode in night.episodes:
        if episode.kind in _OF_RATES:
            first, last = ((at - night.body.start_at) // CELL_MS for at in (episode.from_at, episode.to_at))
            calm[first:last] = False
    return NightRates(
        resident_id=night.bed.resident.resident_id,
        night=night.plan.night,
        noon_at=local_instant(night.plan.night, NOON, center.zone),
        start_at=span[0],
        heart_rate=_minutes(night.body, night.body.heart_rate, calm, span),
        breathing_rate=_minutes(night.body, night.body.breathing_rate, calm, span),
    )


def _other_episodes(night: BeltNight) -> list[Episode]:
    return [episode for episode in night.episodes if episode.kind not in _OF_RATES]


def _minutes(body: Body, rate: NDArray[np.float32], calm: NDArray[np.bool_], span: Span) -> NDArray[np.float32]:
    """Means by the minute in `span`, NaN unless all of the minute is calm."""
    first, last = ((at - body.start_at) // CELL_MS for at in span)
    values = np.where(calm, rate, np.float32(np.nan))[first:last]
    minutes: NDArray[np.float32] = values[: len(values) // _CELLS * _CELLS].reshape(-1, _CELLS).mean(axis=1)
    return minutes
