"""Episodes of a night: for a while the heart races, rates are lost, something shakes the empty bed.

Each is drawn by its own numbers, so that one does not change another; one that would touch an earlier one is left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from domain.units import MINUTE_MS
from simulators.center import SimulatedCenter
from simulators.fevers import fever_of
from simulators.localtime import Span
from simulators.night import NightPlan, plan_night
from simulators.physiology import CELL_MS, Body, Floats, body
from simulators.scenarios import EPISODES, Scenario
from simulators.sharing import felt_share, neighbour, over_one_belt, unwatched
from simulators.streams import Purpose, stream
from simulators.unusual import LENGTH_MIN, unusual_rate

MARGIN_MS: Final = 5 * MINUTE_MS
"""An episode keeps this far from getting in, from leaving and from other episodes."""
_URGENT_SHARE: Final = 0.5
_RATE_MIN: Final = (12.0, 40.0)
_LENGTH_MIN: Final = {
    Scenario.VITALS_LOST: (6.0, 40.0),
    Scenario.POOR_SIGNAL: (12.0, 60.0),
    Scenario.EMPTY_VIBRATION: (8.0, 60.0),
    Scenario.BREATHING_PAUSE: (0.25, 1.25),
    Scenario.TOSSING: (40.0, 80.0),
    Scenario.SITTING_UP: (0.2, 1.5),
    Scenario.UNUSUAL_HEART: LENGTH_MIN,
    Scenario.UNUSUAL_BREATHING: LENGTH_MIN,
}
"""Shortest and longest (min); the shortest are too short to be told."""
_LEVELS: Final = {
    Scenario.TACHYCARDIA: ((114.0, 125.0), (136.0, 155.0)),
    Scenario.BRADYCARDIA: ((37.0, 37.6), (28.0, 32.0)),
    Scenario.FAST_BREATHING: ((25.5, 28.5), (32.0, 38.0)),
    Scenario.SLOW_BREATHING: ((6.8, 7.3), (3.0, 5.0)),
    Scenario.BREATHING_PAUSE: ((2.0, 2.9), (2.0, 2.9)),
    Scenario.SITTING_UP: ((30.0, 45.0), (78.0, 95.0)),
}
"""Rates of a worrying and of an urgent episode (lowest, highest), per minute; movement of who moves in bed for a while,
and of who sits up."""
_HEART: Final = {Scenario.TACHYCARDIA, Scenario.BRADYCARDIA, Scenario.UNUSUAL_HEART}
_BREATH: Final = {Scenario.FAST_BREATHING, Scenario.SLOW_BREATHING, Scenario.UNUSUAL_BREATHING}
_TOSSING_SHARE: Final = 0.5
"""Share of cells with a movement while somebody tosses and turns."""
_TOSSING_MOVEMENT: Final = (45.0, 90.0)
_IMMOBILE_MOVEMENT: Final = np.float32(12)
"""Most movement of somebody who cannot turn over by themselves."""
_EDGE_CELLS: Final = 3
"""Getting in and out moves the bed whoever it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """One episode in [`from_at`, `to_at`) (true ms); `rate` is that of its heart or breathing (/min), or its
    movement; NaN elsewhere.
    """

    kind: Scenario
    from_at: int
    to_at: int
    rate: float = float("nan")


def plan_episodes(center: SimulatedCenter, plan: NightPlan) -> tuple[Episode, ...]:
    """The episodes of this night, in the order of their kinds."""
    rng = stream(center.seed, Purpose.EPISODES, plan.bed.index, plan.night.toordinal())
    planned: list[Episode] = []
    for kind in EPISODES:
        where, length, urgent, level = rng.random(4).tolist()
        if kind not in plan.scenarios:
            continue
        low, high = _LENGTH_MIN.get(kind, _RATE_MIN)
        spans = (
            _empty(plan) if kind is Scenario.EMPTY_VIBRATION else [(low, high) for low, high in plan.in_bed.tolist()]
        )
        span = _placed(plan, spans, round((low + length * (high - low)) * MINUTE_MS), where)
        if span is None or any(_touch(span, (other.from_at, other.to_at)) for other in planned):
            continue
        planned.append(Episode(kind=kind, from_at=span[0], to_at=span[1], rate=_rate(kind, urgent, level, plan)))
    return tuple(planned)


def night_body(center: SimulatedCenter, plan: NightPlan, episodes: Sequence[Episode]) -> Body:
    """The body over the belt in this night, with the episodes and with what is felt of a neighbour."""
    own = _with_episodes(center, plan, episodes)
    beside = neighbour(center, plan.bed)
    if beside is None:
        return own
    other = plan_night(center, beside, plan.night)
    felt = (
        np.float32(felt_share(center, plan.bed)) * _with_episodes(center, other, plan_episodes(center, other)).movement
    )
    return replace(own, movement=np.maximum(own.movement, felt))


def _calm(center: SimulatedCenter, plan: NightPlan) -> Body:
    """The same without episodes, of all who lie over the belt."""
    alone = body(
        stream(center.seed, Purpose.BODY, plan.bed.index, plan.night.toordinal()),
        plan.bed.physiology,
        start_at=plan.start_at,
        end_at=plan.end_at,
        in_bed=plan.in_bed if plan.own is None else plan.own,
        restless=Scenario.RESTLESS in plan.scenarios,
    )
    beside = unwatched(center, plan.bed)
    return alone if beside is None else over_one_belt(alone, _calm(center, plan_night(center, beside, plan.night)))


def _with_episodes(center: SimulatedCenter, plan: NightPlan, episodes: Sequence[Episode]) -> Body:
    calm = _calm(center, plan)
    fever = fever_of(center, plan.bed.index, plan.night)
    heart_rate = calm.heart_rate + np.float32(fever.heart_rate if fever else 0)
    breathing_rate = calm.breathing_rate + np.float32(fever.breathing_rate if fever else 0)
    movement, turn_overs = calm.movement, calm.turn_overs
    if Scenario.IMMOBILE in plan.scenarios:
        movement, turn_overs = _immobile(plan, movement), turn_overs[:0]
    for episode in episodes:
        first, last = ((at - plan.start_at) // CELL_MS for at in (episode.from_at, episode.to_at))
        if episode.kind in _HEART:
            heart_rate[first:last] = episode.rate
        elif episode.kind in _BREATH:
            breathing_rate[first:last] = episode.rate
        elif episode.kind is Scenario.SITTING_UP:
            movement[first:last] = episode.rate
        elif episode.kind is Scenario.TOSSING:
            rng = stream(center.seed, Purpose.TOSSING, plan.bed.index, plan.night.toordinal())
            moves, tossed = rng.random(last - first) < _TOSSING_SHARE, rng.uniform(*_TOSSING_MOVEMENT, last - first)
            movement[first:last] = np.where(moves, tossed, movement[first:last])
    return replace(calm, heart_rate=heart_rate, breathing_rate=breathing_rate, movement=movement, turn_overs=turn_overs)


def _immobile(plan: NightPlan, movement: Floats) -> Floats:
    """The same night without a clear movement but for getting in and out."""
    edges = (plan.in_bed.ravel() - plan.start_at) // CELL_MS
    near = np.abs(np.arange(len(movement))[:, None] - edges[None, :]).min(axis=1, initial=len(movement))
    return np.where(near > _EDGE_CELLS, np.minimum(movement, _IMMOBILE_MOVEMENT), movement)


def _rate(kind: Scenario, urgent: float, level: float, plan: NightPlan) -> float:
    if kind in {Scenario.UNUSUAL_HEART, Scenario.UNUSUAL_BREATHING}:
        return unusual_rate(kind, plan.bed.physiology, urgent, level)
    if kind not in _LEVELS:
        return float("nan")
    low, high = _LEVELS[kind][urgent < _URGENT_SHARE]
    return low + level * (high - low)


def _empty(plan: NightPlan) -> list[Span]:
    """When nobody is in bed."""
    edges = [plan.start_at, *plan.in_bed.ravel().tolist(), plan.end_at]
    return list(zip(edges[::2], edges[1::2], strict=True))


def _placed(plan: NightPlan, spans: Sequence[Span], length_ms: int, where: float) -> Span | None:
    """A stretch of this length in the longest of `spans`, on the body's grid; None when there is no room."""
    start_at, end_at = max(spans, key=lambda span: span[1] - span[0], default=(0, 0))
    room = end_at - start_at - 2 * MARGIN_MS - length_ms
    if room < 0:
        return None
    cell = (start_at + MARGIN_MS + round(where * room) - plan.start_at) // CELL_MS
    from_at = plan.start_at + cell * CELL_MS
    return from_at, from_at + length_ms // CELL_MS * CELL_MS


def _touch(one: Span, other: Span) -> bool:
    return one[0] - MARGIN_MS <= other[1] and other[0] - MARGIN_MS <= one[1]
