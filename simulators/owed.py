"""Which leave-bed alarms are owed, decided from what really happened and from nothing that a detector computes.

The rule: an exit inside a night window owes an alarm at exit + limit if the absence lasts longer. An exit up to 60 min
before a window owes it at the window's start + limit if the absence lasts longer. What a belt cannot see to within its
cadence is neither owed nor false: EITHER. Fails toward EITHER, never toward demanding what cannot be known.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from domain.alarms import Rule
from domain.residents import LeaveBedSettings
from domain.units import MINUTE_MS, SECOND_MS
from simulators.center import SimulatedBelt
from simulators.delivery import BURST_SPACING_MS, LATENCY_MS, Delivery, OfflineSpan
from simulators.localtime import Span
from simulators.night import Absence

CARRY_IN_MS: Final = 60 * MINUTE_MS
"""An absence that began up to this long before a window is carried into it."""


class Owed(Enum):
    """Must there be an alarm? EITHER: one is tolerated and not demanded."""

    YES = "yes"
    NO = "no"
    EITHER = "either"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """`due_at` (true ms) is when the alarm is owed; where none is, exit + limit."""

    due_at: int
    owed: Owed


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What can be seen of a bed from afar in one night: the belt's cadence, its delays and its silences."""

    belt: SimulatedBelt
    delivery: Delivery

    @property
    def blur_ms(self) -> int:
        """Longest time from an event in the bed to the arrival of the first reading that shows it (ms)."""
        return self.belt.interval_ms + self.delivery.delay_ms(self.belt)

    def shown_at(self, at: int) -> int:
        """When the first reading sampled at or after `at` (true ms) is sent."""
        number = -((self.belt.phase_ms - at) // self.belt.interval_ms)
        last_in_message = number // self.belt.batch * self.belt.batch + self.belt.batch - 1
        return last_in_message * self.belt.interval_ms + self.belt.phase_ms

    def known_again_at(self, span: OfflineSpan) -> int:
        """When, at the latest, the belt has shown the present state of the bed after the silence."""
        kept_ms = (span.to_at - span.from_at) // self.belt.interval_ms * BURST_SPACING_MS + LATENCY_MS[0]
        return span.to_at + self.blur_ms + (kept_ms if span.buffered else 0)


def limits_ms(settings: LeaveBedSettings) -> dict[Rule, int]:
    """The resident's rules and how long an absence each allows (ms)."""
    limits = {}
    if settings.immediate:
        limits[Rule.LEAVE_BED_IMMEDIATE] = settings.immediate_after_s * SECOND_MS
    if settings.not_back:
        limits[Rule.LEAVE_BED_NOT_BACK] = settings.away_limit_min * MINUTE_MS
    return limits


def verdict(absence: Absence, limit_ms: int, windows: Sequence[Span], sight: Sight) -> Verdict:
    """Is an alarm owed for `absence`? `windows` are the night windows around it, ascending and apart."""
    exit_at, blur_ms = absence.began_at, sight.blur_ms
    due_at = _due_at(exit_at, exit_at, limit_ms, windows)
    near = [_due_at(exit_at + shift, exit_at, limit_ms, windows) for shift in (-blur_ms, 0, blur_ms)]
    outcomes = {_lasts(absence, due, blur_ms) for due in near}
    owed = outcomes.pop() if len(outcomes) == 1 else Owed.EITHER
    if len(set(near)) > 1 and owed is Owed.YES:
        owed = Owed.EITHER
    shown = due_at if due_at is not None else exit_at + limit_ms
    for span in sight.delivery.offline:
        owed = _through_silence(absence, limit_ms, shown, owed=owed, span=span, sight=sight)
    return Verdict(due_at=shown, owed=owed)


def _due_at(seen_at: int, exit_at: int, limit_ms: int, windows: Sequence[Span]) -> int | None:
    """When an absence is due that began at `exit_at` and is taken to have begun at `seen_at` (ms)."""
    for start_at, end_at in windows:
        if start_at <= seen_at < end_at:
            return exit_at + limit_ms
        if 0 < start_at - seen_at <= CARRY_IN_MS:
            return start_at + limit_ms
    return None


def _lasts(absence: Absence, due_at: int | None, blur_ms: int) -> Owed:
    if due_at is None:
        return Owed.NO
    if absence.until is None or absence.until > due_at + blur_ms:
        return Owed.YES
    return Owed.NO if absence.until < due_at - blur_ms else Owed.EITHER


def _through_silence(
    absence: Absence, limit_ms: int, due_at: int, *, owed: Owed, span: OfflineSpan, sight: Sight
) -> Owed:
    """`owed` as far as it can be told when the belt is silent during `span`."""
    exit_sent_at, known_at = sight.shown_at(absence.began_at), sight.known_again_at(span)
    exit_silent = span.from_at <= exit_sent_at < span.to_at
    in_time = span.buffered and due_at > known_at
    if exit_silent or (not span.buffered and span.to_at <= exit_sent_at <= known_at):
        over = absence.until is not None and absence.until < span.from_at + limit_ms - sight.blur_ms
        return owed if in_time or over else Owed.EITHER
    if absence.until is None or owed is not Owed.NO:
        return owed
    return_silent = span.from_at <= sight.shown_at(absence.until) < span.to_at
    return Owed.EITHER if return_silent and due_at <= known_at else owed
