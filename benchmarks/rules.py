"""Readings per second of all rules over 1,000 beds on one core, beside a plain Python version of three of them.

The readings are a simulated night of lossy belts (values missing, occupancy that chatters, episodes), each belt at its
own cadence, as they would lie in the store: in batches of `--batch` readings of all belts by time (20,000: a minute).
What is usual is known of every resident. The reference looks at one reading after the other and knows
`heart-rate-very-high`, `heart-rate-high` and `vitals-lost`; its transitions must be those of the engine. Times are of
one core, the best of `--rounds`; the state is what `tracemalloc` counts of an engine after the readings.

    python -m benchmarks.rules --beds 1000 --minutes 90
"""

import argparse
import gc
import json
import math
import time
import tracemalloc
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from typing import Final

import numpy as np

from alerts.baselines import BREATHING_RATE_REACH, HEART_RATE_REACH_BPM
from alerts.beds import CHATTER_MS
from alerts.conditions import Conditions
from alerts.rulebook import PRIORITIES, slot_of
from alerts.rules import END_CONFIRM_MS
from alerts.runs import Slot
from alerts.vital_rules import BEGIN_CONFIRM_MS, LOST_CONFIRM_MS, UNKNOWN_LIMIT_MS, WARNING_UNKNOWN_LIMIT_MS
from domain.alarms import Rule
from domain.readings import Occupancy, ReadingBatch
from domain.units import HOUR_MS, MINUTE_MS
from domain.usual import HOURS, NIGHTS_KEPT, UsualLevels
from simulators.arrivals import arrivals, belt_nights
from simulators.center import SimulatedBed, simulated_center
from simulators.scenarios import MEASURED_MIX, Mix, Scenario

NIGHT: Final = date(2026, 1, 12)
FROM_MS: Final = 13 * HOUR_MS
"""One in the morning: most are in bed."""
COMPARED: Final = (Rule.HEART_RATE_VERY_HIGH, Rule.HEART_RATE_HIGH, Rule.VITALS_LOST)
MIX: Final = Mix(
    shares={
        name: share
        for name, share in MEASURED_MIX.shares.items()
        if name not in {Scenario.OUT_OF_ORDER, Scenario.OFFLINE_BUFFERED, Scenario.DUPLICATES}
    },
    measured=True,
)
"""Clocks are right and messages come in order: the reference is about rules, not about clocks."""

Told = tuple[str, str, str, int, int]
"""Belt, rule, "due" or "cleared", when it began, in which reading it was told."""


@dataclass(frozen=True, kw_only=True)
class Result:
    """Rates in readings/s on one core; `transitions` is how many of the three rules there were."""

    beds: int
    readings: int
    batch: int
    rules: int
    engine: float
    engine_three_rules: float
    reference_three_rules: float
    ratio_three_rules: float
    transitions: int
    identical: bool
    state_bytes_per_bed: float


@dataclass(slots=True)
class PlainRun:
    """One rule over one bed, by hand."""

    limit: float
    clear_limit: float
    after_ms: int
    clear_after_ms: int
    confirm_ms: int
    unknown_ms: int
    since: int = -1
    shown: int = -1
    last: int = -1
    began: int = -1
    deadline: int = -1
    broken: int = -1
    raised: bool = False


@dataclass(slots=True)
class PlainBed:
    """What the reference remembers of one bed."""

    slot: Slot
    runs: dict[Rule, PlainRun]
    occupancy: int = Occupancy.UNKNOWN
    entered: int = -1
    left: int = -1
    before: int = -1
    rated: bool = False
    told: list[Told] = field(default_factory=list)


def plain_bed(slot: Slot) -> PlainBed:
    confirms = {Rule.VITALS_LOST: LOST_CONFIRM_MS}
    unknown = {Rule.HEART_RATE_HIGH: WARNING_UNKNOWN_LIMIT_MS}
    runs = {}
    for rule in COMPARED:
        limits = slot.limits[rule]
        runs[rule] = PlainRun(
            limit=limits.limit,
            clear_limit=limits.clear_limit,
            after_ms=limits.min_duration_ms,
            clear_after_ms=limits.clear_ms or 0,
            confirm_ms=confirms.get(rule, BEGIN_CONFIRM_MS),
            unknown_ms=unknown.get(rule, UNKNOWN_LIMIT_MS),
        )
    return PlainBed(slot=slot, runs=runs)


def plain_reading(bed: PlainBed, at: int, in_bed: int, heart: float, breath: float) -> None:
    """One reading through the three rules."""
    if in_bed != bed.occupancy:
        bed.occupancy = in_bed
        if in_bed == Occupancy.OUT and bed.left < 0:
            bed.left = at
        elif in_bed == Occupancy.IN:
            if bed.entered < 0 or (bed.left >= 0 and bed.before - bed.left >= CHATTER_MS):
                bed.entered = at
            bed.left = -1
    bed.before = at
    settled = in_bed == Occupancy.IN and at - bed.entered >= bed.slot.settle_ms
    bed.rated = bed.rated or not (math.isnan(heart) and math.isnan(breath))
    for rule, run in bed.runs.items():
        lost = rule is Rule.VITALS_LOST
        truth = _lost(settled and bed.rated, in_bed, heart, breath) if lost else _above(settled, heart, run)
        if truth is not None:
            _plain_step(bed, rule, run, at, truth)


def _above(settled: bool, heart: float, run: PlainRun) -> bool | None:
    if not settled or math.isnan(heart) or run.clear_limit <= heart <= run.limit:
        return None
    return heart > run.limit


def _lost(settled: bool, in_bed: int, heart: float, breath: float) -> bool | None:
    if in_bed == Occupancy.OUT:
        return False
    return math.isnan(heart) and math.isnan(breath) if settled else None


def _plain_step(bed: PlainBed, rule: Rule, run: PlainRun, at: int, truth: bool) -> None:
    if truth:
        lapsed = run.shown >= 0 and at - run.shown > run.unknown_ms
        if run.since < 0 or lapsed:
            run.since = at
        if lapsed and run.began >= 0 and not run.raised:
            run.began = run.broken = -1
        run.shown = at
        if run.began < 0 and at - run.since >= run.confirm_ms:
            run.began, run.deadline = run.since, run.since + run.after_ms
        run.broken = -1
        if run.began >= 0 and not run.raised and at >= run.deadline and not _postponed(bed, rule, run, at):
            run.raised = True
            bed.told.append((bed.slot.belt_id, rule, "due", run.began, at))
        return
    run.since = -1
    if run.began < 0:
        return
    if run.broken < 0:
        run.broken = at
    if not run.raised and at - run.broken >= END_CONFIRM_MS:
        run.began = run.broken = -1
    elif run.raised and at - run.broken >= max(END_CONFIRM_MS, run.clear_after_ms):
        bed.told.append((bed.slot.belt_id, rule, "cleared", run.began, at))
        run.began, run.broken, run.raised = -1, -1, False


def _postponed(bed: PlainBed, rule: Rule, run: PlainRun, at: int) -> bool:
    louder = bed.runs[Rule.HEART_RATE_VERY_HIGH]
    if rule is not Rule.HEART_RATE_HIGH or not louder.raised:
        return False
    run.deadline = at + max(louder.clear_after_ms, MINUTE_MS)
    return True


def usual_of(bed: SimulatedBed) -> UsualLevels:
    """Every resident's levels are known at every hour."""
    rates = np.array([bed.physiology.heart_rate] * 2 + [bed.physiology.breathing_rate] * 2)
    reach = np.array([-HEART_RATE_REACH_BPM, HEART_RATE_REACH_BPM, -BREATHING_RATE_REACH, BREATHING_RATE_REACH])
    return UsualLevels(
        resident_id=bed.resident.resident_id,
        nights=NIGHTS_KEPT,
        last_night=NIGHT - timedelta(days=1),
        limits=np.repeat((rates + reach).astype(np.float32)[:, None], HOURS, axis=1),
        computed_at=0,
    )


def recorded(beds: int, minutes: int) -> tuple[list[Slot], ReadingBatch]:
    """The beds' slots and their readings of `minutes` of the night, by arrival."""
    center = simulated_center(beds, 11, mix=MIX)
    slots = [slot_of(bed.belt.belt_id, bed.resident, center.center, usual=usual_of(bed)) for bed in center.beds]
    nights = belt_nights(center, NIGHT)
    start_at = nights[0].plan.start_at + FROM_MS
    end_at = start_at + minutes * MINUTE_MS
    parts = []
    for piece in arrivals(nights, from_at=start_at, chunk_ms=HOUR_MS):
        rows = int(np.searchsorted(piece.arrives_at, end_at))
        parts.append(piece.batch(0, rows))
        if piece.to_at >= end_at:
            break
    return slots, ReadingBatch.join(parts).distinct()


def in_batches(readings: ReadingBatch, size: int) -> Iterator[ReadingBatch]:
    """Pieces of about `size` readings by time; each is sorted by belt as the pipeline hands them in."""
    order = np.argsort(readings.received_at, kind="stable")
    for low in range(0, len(order), size):
        yield readings.select(np.sort(order[low : low + size]))


def run_engine(slots: list[Slot], batches: list[ReadingBatch]) -> tuple[float, list[Told], Conditions]:
    """Seconds of processor time, what was told of the compared rules, and the engine afterwards."""
    engine = Conditions(slots)
    nows = [int(batch.received_at.max()) for batch in batches]
    told = []
    began = time.process_time()
    for batch, now in zip(batches, nows, strict=True):
        told += engine.observe(batch, now)
    took = time.process_time() - began
    compared = [(t.belt_id, str(t.spec.rule), str(t.kind), t.began_at, t.at) for t in told if t.spec.rule in COMPARED]
    return took, sorted(compared), engine


def run_reference(slots: list[Slot], batches: list[ReadingBatch]) -> tuple[float, list[Told]]:
    """The same by the plain version."""
    beds = {slot.belt_id: plain_bed(slot) for slot in slots}
    rows = [
        (
            [beds[batch.belts[n]] for n in batch.belt.tolist()],
            batch.observed_at.tolist(),
            batch.in_bed.tolist(),
            batch.heart_rate.tolist(),
            batch.breathing_rate.tolist(),
        )
        for batch in batches
    ]
    began = time.process_time()
    for columns in rows:
        for bed, at, in_bed, heart, breath in zip(*columns, strict=True):
            plain_reading(bed, at, in_bed, heart, breath)
    took = time.process_time() - began
    return took, sorted(told for bed in beds.values() for told in bed.told)


def state_bytes(slots: list[Slot], batches: list[ReadingBatch]) -> float:
    """Bytes a bed that an engine holds after the readings."""
    gc.collect()
    tracemalloc.start()
    _, _, engine = run_engine(slots, batches)
    engine.take_changes()
    gc.collect()
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return held / len(slots)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--beds", type=int, default=1000)
    parser.add_argument("--minutes", type=int, default=90)
    parser.add_argument("--batch", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    slots, readings = recorded(options.beds, options.minutes)
    batches = list(in_batches(readings, options.batch))
    three = [_only_three(slot) for slot in slots]
    rounds = [(run_engine(slots, batches)[0], run_engine(three, batches)) for _ in range(options.rounds)]
    reference_s, reference = run_reference(three, batches)
    engine_s, three_s = min(whole for whole, _ in rounds), min(part[0] for _, part in rounds)
    told = rounds[0][1][1]
    result = Result(
        beds=options.beds,
        readings=len(readings),
        batch=options.batch,
        rules=len(PRIORITIES),
        engine=round(len(readings) / engine_s),
        engine_three_rules=round(len(readings) / three_s),
        reference_three_rules=round(len(readings) / reference_s),
        ratio_three_rules=round(reference_s / three_s, 2),
        transitions=len(told),
        identical=[row[:4] for row in told] == [row[:4] for row in reference],
        state_bytes_per_bed=round(state_bytes(slots, batches)),
    )
    print(json.dumps(asdict(result)))


def _only_three(slot: Slot) -> Slot:
    limits = {rule: slot.limits[rule] for rule in COMPARED}
    return Slot(belt_id=slot.belt_id, subject=slot.subject, limits=limits, settle_ms=slot.settle_ms)


if __name__ == "__main__":
    main()
