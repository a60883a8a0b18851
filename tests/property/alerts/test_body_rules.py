"""Whatever the way readings of movement, turns and slow breath are cut and mixed, the alarms are the same.

Nights are an hour or so long, so the rules' times are short; occupancy chatters, values are missing.
"""

from dataclasses import replace
from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.conditions import Conditions
from alerts.runs import Kind, Transition
from domain import vitals
from domain.readings import Occupancy, ReadingBatch
from domain.residents import VitalSettings
from domain.vitals import RuleLimit
from tests.unit.alerts.bed import NIGHT
from tests.unit.alerts.vital_bed import vital_slot

BELTS = ("b1", "b2")
HOUR_S = 3600
SETTINGS = VitalSettings(
    settle_s=20,
    restless=RuleLimit(limit=20, clear_limit=15, after_s=600, clear_after_s=180),
    sitting_up=RuleLimit(limit=50, clear_limit=20, after_s=10, clear_after_s=30),
    breathing_pause=RuleLimit(limit=4, clear_limit=6, after_s=10, clear_after_s=20),
    no_turn_over=replace(vitals.NO_TURN_OVER, on=True, after_s=HOUR_S, clear_after_s=0),
)
Told = tuple[Kind, str, str, int, int]
NOTHING = float("nan")

occupancies = st.sampled_from([Occupancy.IN, Occupancy.IN, Occupancy.IN, Occupancy.OUT, Occupancy.UNKNOWN])
movements = st.sampled_from([2.0, 2.0, 17.0, 25.0, 80.0, NOTHING])
turns = st.sampled_from([0.0, 0.0, 1.0, NOTHING])
breaths = st.sampled_from([2.5, 5.0, 15.0, NOTHING])
spells = st.lists(
    st.tuples(occupancies, movements, turns, breaths, st.integers(1, 60), st.sampled_from([1, 4, 5, 7, 60])),
    min_size=1,
    max_size=16,
)
"""(occupancy, movement, turn-overs, breathing rate, readings, seconds between them), one after the other."""
Spells = list[tuple[Occupancy, float, float, float, int, int]]


def _readings(beds: list[Spells]) -> ReadingBatch:
    rows = []
    for number, plan in enumerate(beds):
        second = number
        for in_bed, movement, turned, breath, count, step in plan:
            for _ in range(count):
                rows.append((number, NIGHT + second * 1000, in_bed, movement, turned, breath))
                second += step
    belt, at, in_bed_column, movement_column, turn_overs, breathing_rate = zip(*rows, strict=True)
    return ReadingBatch.build(
        belts=BELTS,
        belt=belt,
        observed_at=at,
        received_at=at,
        in_bed=in_bed_column,
        heart_rate=60.0,
        movement=movement_column,
        turn_overs=turn_overs,
        breathing_rate=breathing_rate,
    )


def _engine() -> Conditions:
    return Conditions([vital_slot(SETTINGS, belt=belt) for belt in BELTS])


def _named(told: list[Transition]) -> list[Told]:
    return [(t.kind, t.belt_id, str(t.spec.rule), t.began_at, t.due_at) for t in told]


@settings(max_examples=60, deadline=None)
@given(plans=st.lists(spells, min_size=2, max_size=2), cuts=st.lists(st.integers(0, 9000), max_size=20))
def test_cuts_change_nothing(plans: list[Spells], cuts: list[int]) -> None:
    readings = _readings(plans)
    whole, pieces = _engine(), _engine()
    end = int(readings.observed_at.max())
    at_once = _named(whole.observe(readings, end))
    edges = [NIGHT, *(NIGHT + cut * 1000 for cut in sorted(cuts)), 2**62]
    at = readings.observed_at
    in_pieces = []
    for low, high in pairwise(edges):
        in_pieces += _named(pieces.observe(readings.select((at >= low) & (at < high)), end))
    assert sorted(in_pieces) == sorted(at_once)
    assert pieces.next_due_at() == whole.next_due_at()


@settings(max_examples=25, deadline=None)
@given(plans=st.lists(spells, min_size=2, max_size=2), seed=st.integers(0, 2**16))
def test_live_in_any_order_of_the_belts_and_with_repeats_the_same_is_due(plans: list[Spells], seed: int) -> None:
    readings = _readings(plans)
    rng = np.random.default_rng(seed)
    plain, mixed = _engine(), _engine()
    due: list[Told] = []
    for belt in range(len(BELTS)):
        for row in np.flatnonzero(readings.belt == belt):
            due += _named(plain.observe(readings.select(np.array([row])), int(readings.observed_at[row])))
    waiting = [np.flatnonzero(readings.belt == belt) for belt in range(len(BELTS))]
    due_mixed: list[Told] = []
    while any(len(rows) for rows in waiting):
        belt, many = int(rng.integers(len(BELTS))), int(rng.integers(1, 6))
        batch, waiting[belt] = readings.select(waiting[belt][:many]), waiting[belt][many:]
        now = int(batch.observed_at.max(initial=NIGHT))
        due_mixed += _named(mixed.observe(batch, now))
        assert mixed.observe(batch, now) == [], "the same messages once more"
    assert sorted(due_mixed) == sorted(due)
