"""Alarms on simulated nights against the truth: the engine in event time, without broker, stores or waiting.

The readings reach the engine in the order and with the delays in which they would have reached the broker; between
them its timers run out at their own instant. What is usual for a resident is learned from their nights so far.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from alerts.conditions import Conditions
from alerts.rulebook import PRIORITIES
from alerts.runs import Kind, Transition
from domain.alarms import Priority
from domain.belts import BeltStatus
from domain.units import NEVER, SECOND_MS
from nightbelt.evaluate_usual import SimulatedLearning
from simulators.arrivals import Arrivals, arrivals, belt_nights
from simulators.batteries import battery_statuses, plan_battery
from simulators.belt import BeltNight
from simulators.center import SimulatedCenter, simulated_center
from simulators.delivery import statuses
from simulators.scenarios import MEASURED_MIX, Mix
from simulators.score import Raised, Score, score
from simulators.shown import LOOK_MS, with_shown
from simulators.truth import TruthLine, truth_lines

FIRST_NIGHT: Final = date(2026, 1, 12)
SLICE_MS: Final = 5 * SECOND_MS
"""Longest stretch of arrivals handed in at once: shorter than any limit, so that no timer is looked at too late."""
LOOKED_MS: Final = 30 * SECOND_MS
"""For so long after the beginning and the deadline of what is found by looking there is a look each `LOOK_MS`, as there
always is in the service; looking so often all night takes three times as long."""


class Evaluation(Score):
    """`false_per_1000_bed_nights` counts alarms that nothing owed, by priority."""

    false_per_1000_bed_nights: dict[str, float]


def evaluate(
    beds: int, nights: int, seed: int, *, mix: Mix = MEASURED_MIX, progress: Callable[[], None] = lambda: None
) -> Evaluation:
    """Score the default rules on `nights` nights of `beds` beds; `progress` is called after each night."""
    center = simulated_center(beds, seed, mix=mix)
    learning = SimulatedLearning(center)
    engine = Conditions(learning.begin(FIRST_NIGHT))
    truth: list[TruthLine] = []
    raised: list[Raised] = []
    for n in range(nights):
        night = FIRST_NIGHT + timedelta(days=n)
        plans, due = belt_nights(center, night), list[Transition]()
        engine.take_changes()
        engine.configure(learning.begin(night))
        owed: list[TruthLine] = []
        for plan in plans:
            lines = truth_lines(center, plan.plan)
            owed += _shown(plan, [*lines, *learning.owed(plan, lines)])
        truth += owed
        looks = _looks(owed)
        said = sorted((each for plan in plans for each in _said(center, plan)), key=lambda status: status.at)
        for piece in arrivals(plans):
            learning.hear(piece)
            due += [told for told in _run(engine, piece, said, looks) if told.kind is Kind.DUE]
        learning.end(plans, due)
        raised += [_raised(told) for told in due]
        progress()
    scored = score(truth, raised, rules=PRIORITIES)
    return {**scored, "false_per_1000_bed_nights": _false(scored)}


def _false(scored: Score) -> dict[str, float]:
    counts = dict.fromkeys(Priority, 0)
    for rule, priority in PRIORITIES.items():
        counts[priority] += scored["rules"][rule]["false"]
    return {priority.value: round(1000 * count / scored["bed_nights"], 2) for priority, count in counts.items()}


def _shown(night: BeltNight, lines: Sequence[TruthLine]) -> list[TruthLine]:
    """The lines of one bed-night, and for what is owed when its belt could first show it."""
    return [with_shown(night, line) if line.get("owed") else line for line in lines]


def _looks(lines: Sequence[TruthLine]) -> NDArray[np.int64]:
    """When to look, ascending (true ms); the last is `NEVER`."""
    found = [line for line in lines if "look_ms" in line]
    after = np.array([line[instant] for line in found for instant in ("began_at", "due_at")], np.int64)
    return np.append(np.unique(after[:, None] + np.arange(0, LOOKED_MS, LOOK_MS)), NEVER)


def _said(center: SimulatedCenter, night: BeltNight) -> list[BeltStatus]:
    battery = plan_battery(center, night.plan, night.delivery)
    return [
        *statuses(night.bed.belt.belt_id, night.delivery),
        *battery_statuses(center, night.plan, battery),
    ]


def _run(
    engine: Conditions, piece: Arrivals, said: Sequence[BeltStatus], looks: NDArray[np.int64]
) -> Iterator[Transition]:
    """Hand a piece of arrivals in, slice by slice, with the timers that run out in between.

    `said` is what belts say of themselves in the whole night, ascending; so are `looks`.
    """
    at, row = piece.from_at, 0
    nth = bisect_left(said, at, key=lambda status: status.at)
    while at < piece.to_at:
        look_at = int(looks[np.searchsorted(looks, at, "right")])
        until = max(at + 1, min(at + SLICE_MS, piece.to_at, engine.next_due_at(), look_at))
        stop = row + int(np.searchsorted(piece.arrives_at[row:], until))
        if stop > row:
            yield from engine.observe(piece.batch(row, stop).distinct(), until)
        told = bisect_left(said, until, key=lambda status: status.at)
        yield from engine.tell(said[nth:told], until)
        nth = told
        while (due_at := engine.next_due_at()) <= until:
            yield from engine.tick(max(at, due_at))
        yield from engine.tick(until)
        at, row = until, stop


def _raised(told: Transition) -> Raised:
    return told.belt_id, str(told.spec.rule), told.began_at - told.offset_ms, told.at
