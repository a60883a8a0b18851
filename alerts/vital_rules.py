"""The rules about heart and breathing rates, their absence, and the signal they come from.

Rates are judged only while somebody is known to be in bed and has settled; all else is unknown and says nothing.

How lossy readings are met: a run begins once the condition has held for `BEGIN_CONFIRM_MS` without one contrary
reading, goes on through missing values for `UNKNOWN_LIMIT_MS` at most (warnings longer), and is ended by a contrary
value that lasts `END_CONFIRM_MS`. So one false reading neither begins nor ends anything, and an alarm of `after_s` has
been seen to hold at least that often. It is told in a reading that shows it: a belt that cannot say calls nobody, but
for the rules that are about just that.
"""

import math
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from alerts.body_rules import BODY_RULES
from alerts.rules import END_CONFIRM_MS, Frame, Limits, Predicate, RuleSpec, Screen, Truth
from domain import vitals
from domain.alarms import Category, Priority, Rule
from domain.nights import Schedule
from domain.readings import Occupancy
from domain.residents import VitalSettings
from domain.units import DAY_MS, SECOND_MS
from domain.usual import SIDES, Side
from domain.vitals import RuleLimit

BEGIN_CONFIRM_MS: Final = 15 * SECOND_MS
"""Belts that count beats double do so for single readings; two that agree 10 s apart, or 15 of 1 s, are no accident."""
LOST_CONFIRM_MS: Final = 30 * SECOND_MS
"""Rates are lost for seconds many times a night, mostly while the sleeper moves; that is no beginning of anything."""
UNKNOWN_LIMIT_MS: Final = 90 * SECOND_MS
"""More than a belt's slowest interval (60 s), less than the shortest default duration (120 s)."""
WARNING_UNKNOWN_LIMIT_MS: Final = 150 * SECOND_MS
"""Half of a warning's default duration: of breathing rates a third is missing, some for minutes on end."""
EMPTY_CONFIRM_MS: Final = 60 * SECOND_MS
"""An empty bed without rates for this long is quiet again; vibration gives rates now and then."""
_DAY_BEFORE_MS: Final = DAY_MS
"""A rate that was beyond its limit before the hours in which it counts, counts from their beginning."""

Floats = NDArray[np.float32]
Truths = NDArray[np.int8]

_UNKNOWN, _FALSE, _TRUE = (np.int8(truth) for truth in Truth)
_OUT: Final = np.int8(Occupancy.OUT)


def _rated(name: str, beyond: Callable[[Floats, Floats], NDArray[np.bool_]]) -> Predicate:
    """Is the rate `beyond` its limit? `beyond(limit, rate)` with the clear limit tells that it is back."""

    def predicate(frame: Frame, limit: Floats, clear_limit: Floats) -> Truths:
        rate: Floats = getattr(frame, name)
        return np.where(beyond(rate, limit), _TRUE, np.where(beyond(clear_limit, rate), _FALSE, _UNKNOWN))

    return predicate


def _any_above(name: str) -> Screen:
    return lambda frame, lowest, _highest: bool((getattr(frame, name) > lowest).any())


def _any_below(name: str) -> Screen:
    return lambda frame, _lowest, highest: bool((getattr(frame, name) < highest).any())


def _lost(frame: Frame, limit: Floats, _clear_limit: Floats) -> Truths:
    """Somebody is in bed, and there is neither a heart nor a breathing rate, of a belt that has given one before."""
    lost = np.where(frame.unrated & ~np.isnan(limit), _TRUE, _FALSE)
    return np.where(frame.settled & frame.rated, lost, np.where(frame.in_bed == _OUT, _FALSE, _UNKNOWN))


def _in_empty_bed(frame: Frame, limit: Floats, _clear_limit: Floats) -> Truths:
    """Nobody is in bed, and there is a heart or breathing rate."""
    rated = ~frame.unrated & (frame.in_bed == _OUT) & ~np.isnan(limit)
    return np.where(frame.in_bed < 0, _UNKNOWN, np.where(rated, _TRUE, _FALSE))


def _any_in_empty_bed(frame: Frame, lowest: float, _highest: float) -> bool:
    return lowest < np.inf and bool((frame.in_bed[~frame.unrated] == _OUT).any())


def _poor_signal(frame: Frame, limit: Floats, clear_limit: Floats) -> Truths:
    quality = frame.signal_quality
    good = np.where((quality > clear_limit) | (frame.in_bed == _OUT), _FALSE, _UNKNOWN)
    return np.where(quality < limit, _TRUE, good)


def _spec(
    rule: Rule,
    predicate: Predicate,
    priority: Priority,
    *,
    category: Category = Category.PHYSIOLOGICAL,
    begin_confirm_ms: int = BEGIN_CONFIRM_MS,
    end_confirm_ms: int = END_CONFIRM_MS,
    unknown_limit_ms: int = UNKNOWN_LIMIT_MS,
    behind: Rule | None = None,
    screen: Screen | None = None,
    latches: bool = False,
    own: Side | None = None,
    moved_by: Side | None = None,
) -> RuleSpec:
    return RuleSpec(
        rule=rule,
        category=category,
        priority=priority,
        predicate=predicate,
        holds_while_unknown=False,
        needs_change=False,
        begin_confirm_ms=begin_confirm_ms,
        unknown_limit_ms=unknown_limit_ms,
        end_confirm_ms=end_confirm_ms,
        clear_ms=0,
        stays_until_clear=True,
        carry_in_ms=_DAY_BEFORE_MS,
        behind=behind,
        screen=screen,
        latches=latches,
        own=own,
        moved_by=moved_by,
    )


def _levels(name: str) -> tuple[RuleSpec, ...]:
    above, below = _rated(name, np.greater), _rated(name, np.less)
    urgent = partial(_spec, priority=Priority.HIGH, latches=True)
    warning = partial(_spec, priority=Priority.MEDIUM, unknown_limit_ms=WARNING_UNKNOWN_LIMIT_MS)
    very_high, high, low, very_low = (_rule(name, level) for level in ("very_high", "high", "low", "very_low"))
    under, over = SIDES[name]
    return (
        urgent(very_high, above, screen=_any_above(name)),
        warning(high, above, screen=_any_above(name), behind=very_high, moved_by=over),
        warning(low, below, screen=_any_below(name), behind=very_low, moved_by=under),
        urgent(very_low, below, screen=_any_below(name)),
    )


def _unusual(name: str) -> tuple[RuleSpec, ...]:
    """Beyond the person's own; predicates of their own, so that their screens are."""
    hint = partial(_spec, priority=Priority.LOW, unknown_limit_ms=WARNING_UNKNOWN_LIMIT_MS)
    above, below = _rated(name, np.greater), _rated(name, np.less)
    high, low = _rule(name, "unusual_high"), _rule(name, "unusual_low")
    under, over = SIDES[name]
    return (
        hint(high, above, screen=_any_above(name), behind=_rule(name, "high"), own=over),
        hint(low, below, screen=_any_below(name), behind=_rule(name, "low"), own=under),
    )


def _rule(name: str, level: str) -> Rule:
    return Rule[f"{name}_{level}".upper()]


VITAL_RULES: Final = (
    *_levels("heart_rate"),
    *_levels("breathing_rate"),
    _spec(Rule.VITALS_LOST, _lost, Priority.MEDIUM, begin_confirm_ms=LOST_CONFIRM_MS),
    _spec(Rule.VITALS_LOST_LONG, _lost, Priority.HIGH, begin_confirm_ms=LOST_CONFIRM_MS),
    _spec(
        Rule.SIGNAL_POOR,
        _poor_signal,
        Priority.LOW,
        category=Category.TECHNICAL,
        begin_confirm_ms=LOST_CONFIRM_MS,
        screen=_any_below("signal_quality"),
    ),
    _spec(
        Rule.VITALS_IN_EMPTY_BED,
        _in_empty_bed,
        Priority.LOW,
        category=Category.TECHNICAL,
        begin_confirm_ms=0,
        end_confirm_ms=EMPTY_CONFIRM_MS,
        screen=_any_in_empty_bed,
    ),
    *_unusual("heart_rate"),
    *_unusual("breathing_rate"),
)

_ON: Final = 0.0
"""The limit of a rule that compares nothing, where it is on."""
_IN_WINDOWS: Final = (*(spec.rule for spec in (*VITAL_RULES, *BODY_RULES)), Rule.RESTLESS)
_ALWAYS: Final = (Rule.BELT_OFFLINE, Rule.BATTERY_LOW)
"""As the belt's silence: what is wrong with a belt is so at all hours."""


@lru_cache(maxsize=1024)
def vital_limits(settings: VitalSettings, tz: ZoneInfo) -> dict[Rule, Limits]:
    """The rules that are on for a resident, with their numbers; shared by all who have the same, so not to be changed.

    Without windows only those about the belt are on. Its silence is not among them: see `alerts.silence`. The limits of
    the rules about what is unusual are added to the person's own.
    """
    schedule = Schedule(settings.windows, tz)
    limits = {}
    for rule in (*(_IN_WINDOWS if settings.windows else ()), *_ALWAYS):
        asked = getattr(settings, rule.replace("-", "_"))
        if asked.on:
            limit, clear_limit = _compared(rule, asked)
            limits[rule] = Limits(
                min_duration_ms=asked.after_s * SECOND_MS,
                limit=limit,
                clear_limit=clear_limit,
                clear_ms=asked.clear_after_s * SECOND_MS,
                schedule=schedule,
                latches=asked.latches,
                furthest=_furthest(rule, settings),
            )
    return limits


def _compared(rule: Rule, asked: RuleLimit) -> tuple[float, float]:
    back = _BACK.get(rule)
    if back is not None:
        return 0.0, back
    if asked.limit is None or asked.clear_limit is None:
        return _ON, _ON
    return asked.limit, asked.clear_limit


_BACK: Final = {
    Rule.HEART_RATE_UNUSUAL_HIGH: -vitals.HEART_RATE_BACK,
    Rule.HEART_RATE_UNUSUAL_LOW: vitals.HEART_RATE_BACK,
    Rule.BREATHING_RATE_UNUSUAL_HIGH: -vitals.BREATHING_RATE_BACK,
    Rule.BREATHING_RATE_UNUSUAL_LOW: vitals.BREATHING_RATE_BACK,
}
"""From the person's own limit to where the rate is back."""
_APART: Final = {
    Rule.HEART_RATE_HIGH: -vitals.HEART_RATE_APART,
    Rule.HEART_RATE_LOW: vitals.HEART_RATE_APART,
    Rule.BREATHING_RATE_HIGH: -vitals.BREATHING_RATE_APART,
    Rule.BREATHING_RATE_LOW: vitals.BREATHING_RATE_APART,
}
"""From the urgent limit to the furthest to which the warning is moved."""


def _furthest(rule: Rule, settings: VitalSettings) -> float:
    """How far the person's own level may move the limit; NaN where it may not, or the limit is somebody's choice."""
    apart = _APART.get(rule)
    if apart is None:
        return math.nan
    name = rule.replace("-", "_")
    asked: RuleLimit = getattr(settings, name)
    urgent: RuleLimit = getattr(settings, name.replace("rate_", "rate_very_"))
    follows = asked.limit == getattr(_DEFAULTS, name).limit if asked.follows_usual is None else asked.follows_usual
    return math.nan if not follows or urgent.limit is None else urgent.limit + apart


_DEFAULTS: Final = VitalSettings()
