"""Readings that overtake each other within the lateness limit: the alarms are those of the readings in their order.

Silences are not among them: those are counted from arrivals.
"""

import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.conditions import Conditions
from alerts.disorder import LATENESS_LIMIT_MS
from alerts.rulebook import slot_of
from alerts.runs import Kind, Slot, Transition
from domain.readings import Occupancy, ReadingBatch
from domain.residents import Center, LeaveBedSettings, Resident, VitalSettings
from domain.vitals import RuleLimit
from tests.unit.alerts.bed import NIGHT
from tests.unit.alerts.vital_bed import usual_levels

LIMIT_S = LATENESS_LIMIT_MS // 1000
BELTS = ("b1", "b2")
RESIDENT = Resident(
    resident_id="r1",
    name="A",
    leave_bed=LeaveBedSettings(immediate=True, immediate_after_s=10, away_limit_min=1),
    vitals=VitalSettings(
        settle_s=10,
        heart_rate_very_high=RuleLimit(limit=130, clear_limit=120, after_s=60, clear_after_s=30),
        belt_silent=RuleLimit(on=False),
        vitals_lost=RuleLimit(after_s=60, clear_after_s=20),
        heart_rate_unusual_high=RuleLimit(after_s=60, clear_after_s=20),
    ),
)
Told = tuple[str, str, int]

occupancies = st.sampled_from([Occupancy.IN, Occupancy.IN, Occupancy.OUT, Occupancy.UNKNOWN])
hearts = st.sampled_from([60.0, 73.0, 90.0, 140.0, float("nan")])
spells = st.lists(st.tuples(occupancies, hearts, st.integers(1, 25), st.integers(1, 10)), min_size=1, max_size=8)
"""(occupancy, heart rate, readings, seconds between them), one after the other."""
Spells = list[tuple[Occupancy, float, int, int]]
PRIMER_S = (0, 5, 40, 10, 45)
"""Readings (s) before all others, in the order of their arrival; that of 10 comes as late as the limit allows."""


def _slots() -> list[Slot]:
    center = Center(center_id="c1", name="C")
    return [slot_of(belt, RESIDENT, center, usual=usual_levels()) for belt in BELTS]


def _readings(beds: list[Spells], delays: np.random.Generator | None) -> ReadingBatch:
    """The plans' readings with their arrival: at once, or up to the limit later. Some are never late."""
    belt, at, in_bed, heart = [], [], [], []
    for number, plan in enumerate(beds):
        second = 50
        for state, rate, count, step in [(Occupancy.IN, 60.0, 1, 1), *plan]:
            for _ in range(count):
                belt.append(number)
                at.append(NIGHT + second * 1000)
                in_bed.append(state)
                heart.append(rate)
                second += step
    late = np.zeros(len(at), np.int64)
    if delays is not None:
        late = delays.integers(0, LATENESS_LIMIT_MS, len(at)) * (delays.random(len(at)) < 0.8)
    return ReadingBatch.build(
        belts=BELTS, belt=belt, observed_at=at, received_at=np.array(at) + late, in_bed=in_bed, heart_rate=heart
    )


def _primed(*, disordered: bool) -> Conditions:
    """An engine that knows its belts as they are."""
    engine = Conditions(_slots())
    seconds = PRIMER_S if disordered else sorted(PRIMER_S)
    for second in seconds:
        comes = 10 + LIMIT_S if disordered and second == 10 else second
        for belt in BELTS:
            one = ReadingBatch.build(
                belts=(belt,),
                belt=[0],
                observed_at=[NIGHT + second * 1000],
                received_at=NIGHT + comes * 1000,
                in_bed=[Occupancy.IN],
            )
            assert engine.observe(one, NIGHT + comes * 1000) == []
    return engine


def _live(engine: Conditions, readings: ReadingBatch, every_s: list[int]) -> list[Told]:
    """Readings handed in as they come, in pieces of `every_s`; timers run out at their own instant, after what has come
    by then: who is back in the very millisecond of the limit is back.
    """
    order = np.argsort(readings.received_at, kind="stable")
    comes_at, row = readings.received_at[order], 0
    at, end, told = NIGHT + 50_000, int(comes_at[-1]) + 5 * 60_000, list[Transition]()
    for piece_s in itertools.cycle(every_s):
        until = max(at + 1, min(at + piece_s * 1000, engine.next_due_at()))
        stop = int(np.searchsorted(comes_at, until, side="right"))
        if stop > row:
            told += engine.observe(readings.select(np.sort(order[row:stop])), until)
        told += engine.tick(until)
        at, row = until, stop
        if at >= end:
            break
    return sorted((one.belt_id, str(one.spec.rule), one.began_at) for one in told if one.kind is Kind.DUE)


@settings(max_examples=40, deadline=None)
@given(
    plans=st.lists(spells, min_size=2, max_size=2),
    seed=st.integers(0, 2**16),
    every_s=st.lists(st.integers(1, 5), min_size=1, max_size=4),
)
def test_overtaking_and_cuts_change_no_alarm(plans: list[Spells], seed: int, every_s: list[int]) -> None:
    plain = _live(_primed(disordered=False), _readings(plans, None), [1])
    late = _live(_primed(disordered=True), _readings(plans, np.random.default_rng(seed)), every_s)
    assert late == plain
