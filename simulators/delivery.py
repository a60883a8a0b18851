"""What becomes of a belt's messages in one night: silence, copies, disorder, garbage between them."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from domain.belts import BeltStatus
from domain.units import MINUTE_MS, SECOND_MS
from simulators.center import SimulatedBelt, SimulatedCenter
from simulators.garbage import GarbageKind
from simulators.gateways import gateway_failure
from simulators.localtime import Span, wall_clock
from simulators.night import DAY_MIN, NightPlan
from simulators.outages import center_outage
from simulators.scenarios import GARBAGE_MESSAGES, OFFLINE_MIN, SHUFFLE_MAX_MS, Scenario
from simulators.streams import Purpose, stream

LATENCY_MS: Final = (20, 250)
"""Fastest and slowest way of a message to the broker; the slowest is below the fastest cadence, so order holds."""
LAST_WILL_MS: Final = 45 * SECOND_MS
"""One and a half times a keep-alive of 30 s: when a broker gives a client up (MQTT 3.1.1, 3.1.2.10)."""
BURST_SPACING_MS: Final = 1
"""Between the messages that a belt kept while it was offline."""
MAX_LATE_MS: Final = int(OFFLINE_MIN[1] * MINUTE_MS) + 2 * MINUTE_MS
"""No reading arrives later than this after it was sampled."""

_OFFLINE_HOURS_MIN: Final = (20 * 60 + 30, DAY_MIN + 4 * 60 + 30)
"""When a silence may begin: 20:30 to 04:30 local (min after midnight of the evening)."""
_OFFLINE_WHILE_OUT_SHARE: Final = 0.4
"""Share of silences that begin while the resident is out of bed: the hard case."""
_OFFLINE_AFTER_EXIT_MS: Final = 8 * MINUTE_MS


@dataclass(frozen=True, slots=True, kw_only=True)
class OfflineSpan:
    """The belt sends nothing in [`from_at`, `to_at`) (true ms); `buffered` means it sends it all afterwards.

    `told`: the broker publishes its last will, and the belt says so when it is back.
    `shared`: nor do the others behind its gateway, or in its centre.
    """

    from_at: int
    to_at: int
    buffered: bool
    told: bool = False
    shared: bool = False

    @property
    def told_at(self) -> int:
        """When the broker has noticed."""
        return self.from_at + LAST_WILL_MS


@dataclass(frozen=True, slots=True, kw_only=True)
class GarbageMessage:
    """A payload of `kind` that reaches the broker at `arrives_at` (true ms) on the belt's topic."""

    arrives_at: int
    kind: GarbageKind
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """The ways of one belt's messages in one night."""

    offline: tuple[OfflineSpan, ...] = ()
    garbage: tuple[GarbageMessage, ...] = ()
    duplicates: bool = False
    shuffled: bool = False

    def delay_ms(self, belt: SimulatedBelt) -> int:
        """The longest time from a sample to the broker (ms), silences not counted."""
        return (belt.batch - 1) * belt.interval_ms + LATENCY_MS[1] + (SHUFFLE_MAX_MS if self.shuffled else 0)


def plan_delivery(center: SimulatedCenter, plan: NightPlan) -> Delivery:
    """How the readings of this night travel."""
    rng = stream(center.seed, Purpose.DELIVERY, plan.bed.index, plan.night.toordinal())
    lost = _silence(rng, center, plan)
    buffered = _silence(rng, center, plan)
    spans, told = _with_others(center, plan), Scenario.LAST_WILL in plan.scenarios
    for scenario, (from_at, to_at), kept in (
        (Scenario.OFFLINE_LOST, lost, False),
        (Scenario.OFFLINE_BUFFERED, buffered, True),
    ):
        if scenario in plan.scenarios and not any(_touch((s.from_at, s.to_at), (from_at, to_at)) for s in spans):
            spans.append(OfflineSpan(from_at=from_at, to_at=to_at, buffered=kept, told=told))
    return Delivery(
        offline=tuple(sorted(spans, key=lambda span: span.from_at)),
        garbage=_garbage(rng, plan) if Scenario.GARBAGE in plan.scenarios else (),
        duplicates=Scenario.DUPLICATES in plan.scenarios,
        shuffled=Scenario.OUT_OF_ORDER in plan.scenarios,
    )


def statuses(belt_id: str, delivery: Delivery) -> list[BeltStatus]:
    """What the broker tells of the belt in one night, ascending: its last wills, and that it is back."""
    told = [span for span in delivery.offline if span.told]
    ends = [(span.told_at, False) for span in told] + [(max(span.to_at, span.told_at), True) for span in told]
    return [BeltStatus(belt_id=belt_id, at=at, online=online) for at, online in sorted(ends)]


def _with_others(center: SimulatedCenter, plan: NightPlan) -> list[OfflineSpan]:
    failure, outage = gateway_failure(center, plan.night), center_outage(center, plan.night)
    spans = [(failure.from_at, failure.to_at)] if failure is not None and failure.hits(plan.bed.index) else []
    spans += [] if outage is None else [(outage.from_at, outage.to_at)]
    return [OfflineSpan(from_at=low, to_at=high, buffered=False, shared=True) for low, high in spans]


def _silence(rng: np.random.Generator, center: SimulatedCenter, plan: NightPlan) -> Span:
    from_at = wall_clock(plan.night, rng.uniform(*_OFFLINE_HOURS_MIN), center.zone)
    length_ms = round(rng.uniform(*OFFLINE_MIN) * MINUTE_MS)
    while_out, which, after_ms = rng.random(), rng.random(), rng.uniform(0, _OFFLINE_AFTER_EXIT_MS)
    exits = plan.in_bed[:-1, 1]
    exits = exits[exits >= wall_clock(plan.night, _OFFLINE_HOURS_MIN[0], center.zone)]
    if len(exits) and while_out < _OFFLINE_WHILE_OUT_SHARE:
        from_at = int(exits[int(which * len(exits))]) + round(after_ms)
    return from_at, from_at + length_ms


def _touch(one: Span, other: Span) -> bool:
    """Do the spans meet or nearly so? A belt with two troubles at once is one trouble."""
    return one[0] - MINUTE_MS <= other[1] and other[0] - MINUTE_MS <= one[1]


def _garbage(rng: np.random.Generator, plan: NightPlan) -> tuple[GarbageMessage, ...]:
    count = int(rng.integers(GARBAGE_MESSAGES[0], GARBAGE_MESSAGES[1] + 1))
    instants = np.sort(rng.integers(plan.start_at, plan.end_at - SECOND_MS, count)).tolist()
    kinds = list(GarbageKind)
    picks = rng.integers(len(kinds), size=count).tolist()
    return tuple(
        GarbageMessage(arrives_at=at, kind=kinds[pick], number=number)
        for number, (at, pick) in enumerate(zip(instants, picks, strict=True))
    )
