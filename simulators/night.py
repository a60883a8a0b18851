"""One resident's night, from local noon to local noon: when in bed and when not, to the millisecond.

Everybody is up at noon, so nights join without a seam. A night is a function of the centre's seed, the bed's number
and the date (and of the demo's opening, in that one night).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from domain.nights import night_of
from domain.residents import Side
from domain.units import HOUR_MS, MINUTE_MS, SECOND_MS
from simulators.center import SimulatedBed, SimulatedCenter
from simulators.gateways import gateway_failure
from simulators.localtime import Span, night_span, wall_clock
from simulators.outages import center_outage
from simulators.scenarios import (
    FALL_MIN,
    LONG_ABSENCE_MIN,
    OPENING_IN_BED_BEFORE_MS,
    QUICK_TRIP_S,
    WANDERING_EXITS,
    WANDERING_MIN,
    Opening,
    Scenario,
    drawn,
)
from simulators.sharing import somebody_in_bed, unwatched
from simulators.streams import Purpose, stream

DAY_MIN: Final = 24 * 60

BATHROOM_TRIPS: Final = 4
"""Most trips to the bathroom in one night."""
BATHROOM_MIN: Final = (2.0, 14.0)
"""Shortest and longest trip (min)."""
_BATHROOM_MEDIAN_MIN: Final = 5.5
_BATHROOM_SIGMA: Final = 0.42
_BEDTIME_SD_MIN: Final = 12.0
_BEDTIME_MOST_MIN: Final = 30.0
"""Bedtime and rising stay within this of the habit (min)."""
_NAP_START_MIN: Final = (12 * 60 + 20, 13 * 60 + 20)
_NAP_LENGTH_MIN: Final = (30.0, 90.0)
_SETTLE_MS: Final = 20 * MINUTE_MS
"""No trip so soon after going to bed or before rising."""
MIN_STAY_MS: Final = 10 * MINUTE_MS
"""Least time in bed between two exits: a return is clearly a return."""
_LEAST_GAP_MS: Final = 2 * MINUTE_MS
"""An opening leaves no shorter absence beside itself."""
_OPENING_REACH_MS: Final = 2 * HOUR_MS
"""An opening's stay in bed is joined to another that is no further away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """Out of bed from `began_at` until `until` (true ms); None when not back by the noon that ends the night."""

    began_at: int
    until: int | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NightPlan:
    """What really happens: `in_bed` (int64, n x 2) are ascending stretches [entry, exit) in true ms.

    Where two lie over one belt it is when at least one of them is in bed, and `own` when the resident is.
    """

    bed: SimulatedBed
    night: date
    start_at: int
    end_at: int
    in_bed: NDArray[np.int64]
    scenarios: frozenset[Scenario]
    own: NDArray[np.int64] | None = None

    def absences(self) -> list[Absence]:
        """Every exit from the bed with its return, ascending."""
        exits = self.in_bed[:, 1].tolist()
        returns = [*self.in_bed[1:, 0].tolist(), None][: len(exits)]
        return [Absence(began_at=exit_at, until=until) for exit_at, until in zip(exits, returns, strict=True)]


def plan_night(center: SimulatedCenter, bed: SimulatedBed, night: date) -> NightPlan:
    """The night of the resident of `bed` that begins on the evening of `night`."""
    plan = _planned(center, bed, night)
    beside = unwatched(center, bed)
    if beside is None:
        return plan
    both = somebody_in_bed(plan.in_bed, _planned(center, beside, night).in_bed)
    return replace(plan, in_bed=both, own=plan.in_bed)


def _planned(center: SimulatedCenter, bed: SimulatedBed, night: date) -> NightPlan:
    zone = center.zone
    start_at, end_at = night_span(night, zone)
    day = night.toordinal()
    scenarios = drawn(center.mix, stream(center.seed, Purpose.SCENARIOS, bed.index, day))
    rng = stream(center.seed, Purpose.PLAN, bed.index, day)
    who = bed.physiology
    bedtime_at = wall_clock(night, who.bedtime_min + _habit(rng), zone)
    rise_at = wall_clock(night, DAY_MIN + who.rise_min + _habit(rng), zone)
    nap_from = wall_clock(night, rng.uniform(*_NAP_START_MIN), zone)
    nap = (nap_from, nap_from + round(rng.uniform(*_NAP_LENGTH_MIN) * MINUTE_MS))
    stretches = [nap] if rng.random() < who.nap_share else []
    trouble = _troubles(stream(center.seed, Purpose.TROUBLE, bed.index, day), scenarios)
    stretches += _between_trips(rng, bedtime_at, rise_at, _trips(rng, who.trip_share, scenarios, trouble))
    failure = gateway_failure(center, night)
    if failure is not None and failure.hits(bed.index):
        scenarios |= {Scenario.GATEWAY_DOWN}
    if center_outage(center, night) is not None:
        scenarios |= {Scenario.CENTER_DOWN}
    scenarios |= _always(bed)
    opening = center.opening
    if opening is not None and opening.resident_id == bed.resident.resident_id and start_at <= opening.exit_at < end_at:
        stretches = _with_opening(stretches, opening, start_at)
        scenarios = (scenarios & {Scenario.GATEWAY_DOWN, Scenario.CENTER_DOWN}) | _always(bed) | {Scenario.OPENING}
    in_bed = np.array(stretches, np.int64).reshape(-1, 2)
    return NightPlan(bed=bed, night=night, start_at=start_at, end_at=end_at, in_bed=in_bed, scenarios=scenarios)


def resident_nights(center: SimulatedCenter, bed: SimulatedBed, from_at: int, to_at: int) -> Iterator[NightPlan]:
    """The nights that touch [`from_at`, `to_at`) (ms), in order and without gaps."""
    for night in nights_between(center, from_at, to_at):
        yield plan_night(center, bed, night)


def nights_between(center: SimulatedCenter, from_at: int, to_at: int) -> list[date]:
    """The dates of the nights that touch [`from_at`, `to_at`) (ms)."""
    first, last = night_of(from_at, center.zone), night_of(to_at - 1, center.zone)
    return [first + timedelta(days=shift) for shift in range((last - first).days + 1)]


def _always(bed: SimulatedBed) -> frozenset[Scenario]:
    """What is so in each night of this bed."""
    found = {
        Scenario.CLOCK_OFF: bool(bed.belt.clock_offset_ms),
        Scenario.TWO_IN_BED: bed.side is not Side.WHOLE,
        Scenario.ONE_BELT_FOR_TWO: bed.one_belt,
    }
    return frozenset(scenario for scenario, holds in found.items() if holds)


def _habit(rng: np.random.Generator) -> float:
    return float(np.clip(rng.normal(0.0, _BEDTIME_SD_MIN), -_BEDTIME_MOST_MIN, _BEDTIME_MOST_MIN))


def _troubles(rng: np.random.Generator, scenarios: frozenset[Scenario]) -> list[int]:
    """Lengths (ms) of the absences of who wanders, or else of who falls; by chance of their own."""
    fall_ms = round(rng.uniform(*FALL_MIN) * MINUTE_MS)
    if Scenario.WANDERING in scenarios:
        return [round(minutes * MINUTE_MS) for minutes in rng.uniform(*WANDERING_MIN, WANDERING_EXITS).tolist()]
    return [fall_ms] if Scenario.FALL in scenarios else []


def _trips(
    rng: np.random.Generator, share: float, scenarios: frozenset[Scenario], trouble: Sequence[int] = ()
) -> list[int]:
    """Lengths (ms) of the absences between bedtime and rising, in the order they come.

    `trouble` is among them; who wanders goes on no trips to the bathroom besides.
    """
    bathroom = np.clip(rng.lognormal(np.log(_BATHROOM_MEDIAN_MIN), _BATHROOM_SIGMA, BATHROOM_TRIPS), *BATHROOM_MIN)
    count = int(rng.binomial(BATHROOM_TRIPS, share))
    long_ms = round(rng.uniform(*LONG_ABSENCE_MIN) * MINUTE_MS)
    quick_ms = round(rng.uniform(*QUICK_TRIP_S) * SECOND_MS)
    lengths = [round(minutes * MINUTE_MS) for minutes in bathroom[:count].tolist()]
    lengths = [*trouble, *([] if Scenario.WANDERING in scenarios else lengths)]
    lengths += [long_ms] if Scenario.LONG_ABSENCE in scenarios else []
    lengths += [quick_ms] if Scenario.QUICK_TRIP in scenarios else []
    return [lengths[place] for place in rng.permutation(len(lengths))]


def _between_trips(rng: np.random.Generator, bedtime_at: int, rise_at: int, trips: list[int]) -> list[Span]:
    """The stretches in bed: exits spread evenly by chance, with at least `MIN_STAY_MS` in bed between them."""
    room = rise_at - bedtime_at - 2 * _SETTLE_MS - sum(trips) - MIN_STAY_MS * len(trips)
    stretches, entry_at, used = [], bedtime_at, bedtime_at + _SETTLE_MS
    for free, away in zip(np.sort(rng.uniform(0, room, len(trips))).tolist(), trips, strict=True):
        exit_at = used + round(free)
        stretches.append((entry_at, exit_at))
        entry_at = exit_at + away
        used += away + MIN_STAY_MS
    return [*stretches, (entry_at, rise_at)]


def _with_opening(stretches: list[Span], opening: Opening, start_at: int) -> list[Span]:
    """`stretches` with the opening's exit and return, in bed for a while before and after."""
    before_at = max(start_at, opening.start_at - OPENING_IN_BED_BEFORE_MS)
    after_at = opening.end_at
    for entry_at, exit_at in stretches:
        if entry_at < before_at <= exit_at + _LEAST_GAP_MS:
            before_at = entry_at
        if entry_at < after_at + _OPENING_REACH_MS and exit_at > after_at:
            after_at = exit_at
            break
    return [
        *[span for span in stretches if span[1] + _LEAST_GAP_MS < before_at],
        (before_at, opening.exit_at),
        (opening.return_at, after_at),
        *[span for span in stretches if span[0] > after_at],
    ]
