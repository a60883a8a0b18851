"""Whatever the way readings of rates are cut, mixed and repeated on their way, the alarms are the same.

A belt's own readings come in their order, or again: what comes older than the belt's newest reading is not judged, so
the lateness limit of these rules is none.
"""

from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.conditions import Conditions
from alerts.runs import Kind, Transition
from domain.readings import Occupancy, ReadingBatch
from domain.residents import VitalSettings
from domain.vitals import RuleLimit
from tests.unit.alerts.bed import NIGHT
from tests.unit.alerts.vital_bed import usual_levels, vital_slot

BELTS = ("b1", "b2")
SETTINGS = VitalSettings(
    settle_s=20,
    heart_rate_very_high=RuleLimit(limit=130, clear_limit=120, after_s=60, clear_after_s=30),
    heart_rate_high=RuleLimit(limit=110, clear_limit=100, after_s=90, clear_after_s=30),
    breathing_rate_low=RuleLimit(limit=8, clear_limit=10, after_s=60, clear_after_s=20),
    vitals_lost=RuleLimit(after_s=60, clear_after_s=20),
    signal_poor=RuleLimit(limit=30, clear_limit=40, after_s=60, clear_after_s=20),
    vitals_in_empty_bed=RuleLimit(after_s=60, clear_after_s=20),
    heart_rate_unusual_high=RuleLimit(after_s=90, clear_after_s=30),
    heart_rate_unusual_low=RuleLimit(after_s=90, clear_after_s=30),
    breathing_rate_unusual_low=RuleLimit(after_s=60, clear_after_s=20),
)
USUAL = usual_levels(heart=(55, 100), breath=(8, 20))
USUAL.limits[:2, 14] = 62, 118
USUAL.limits[:, 15] = np.nan
"""Another level from two o'clock on, at which the warning is moved; nothing is known from three on."""
Told = tuple[Kind, str, str, int, int]
NOTHING = float("nan")

occupancies = st.sampled_from([Occupancy.IN, Occupancy.IN, Occupancy.IN, Occupancy.OUT, Occupancy.UNKNOWN])
hearts = st.sampled_from([60.0, 95.0, 105.0, 115.0, 125.0, 140.0, NOTHING])
breaths = st.sampled_from([6.5, 9.0, 15.0, NOTHING])
qualities = st.sampled_from([10.0, 35.0, 80.0, NOTHING])
spells = st.lists(
    st.tuples(occupancies, hearts, breaths, qualities, st.integers(1, 40), st.integers(1, 20)), min_size=1, max_size=14
)
"""(occupancy, heart rate, breathing rate, signal quality, readings, seconds between them), one after the other."""
Spells = list[tuple[Occupancy, float, float, float, int, int]]


def _readings(beds: list[Spells]) -> ReadingBatch:
    rows = []
    for number, plan in enumerate(beds):
        second = number
        for in_bed, heart, breath, quality, count, step in plan:
            for _ in range(count):
                rows.append((number, NIGHT + second * 1000, in_bed, heart, breath, quality))
                second += step
    belt, at, in_bed_column, heart_rate, breathing_rate, signal_quality = zip(*rows, strict=True)
    return ReadingBatch.build(
        belts=BELTS,
        belt=belt,
        observed_at=at,
        received_at=at,
        in_bed=in_bed_column,
        heart_rate=heart_rate,
        breathing_rate=breathing_rate,
        signal_quality=signal_quality,
    )


def _engine() -> Conditions:
    return Conditions([vital_slot(SETTINGS, belt=belt, usual=USUAL) for belt in BELTS])


def _named(told: list[Transition]) -> list[Told]:
    return [(t.kind, t.belt_id, str(t.spec.rule), t.began_at, t.due_at) for t in told]


def _cut(batch: ReadingBatch, cuts: list[int]) -> list[ReadingBatch]:
    edges = [NIGHT, *(NIGHT + cut * 1000 for cut in sorted(cuts)), 2**62]
    at = batch.observed_at
    return [batch.select((at >= low) & (at < high)) for low, high in pairwise(edges)]


@settings(max_examples=100, deadline=None)
@given(plans=st.lists(spells, min_size=2, max_size=2), cuts=st.lists(st.integers(0, 6000), max_size=20))
def test_cuts_change_nothing(plans: list[Spells], cuts: list[int]) -> None:
    readings = _readings(plans)
    whole, pieces = _engine(), _engine()
    end = int(readings.observed_at.max())
    at_once = _named(whole.observe(readings, end))
    in_pieces = [told for piece in _cut(readings, cuts) for told in _named(pieces.observe(piece, end))]
    assert sorted(in_pieces) == sorted(at_once)


@settings(max_examples=40, deadline=None)
@given(plans=st.lists(spells, min_size=2, max_size=2), seed=st.integers(0, 2**16))
def test_live_one_by_one_in_any_order_of_the_belts_and_with_repeats_the_same_is_due(
    plans: list[Spells], seed: int
) -> None:
    """Live readings, so all is fresh (four of 20 s are a minute); the other belt's come up to half an hour earlier
    or later."""
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
        belt, many = int(rng.integers(len(BELTS))), int(rng.integers(1, 5))
        batch, waiting[belt] = readings.select(waiting[belt][:many]), waiting[belt][many:]
        now = int(batch.observed_at.max(initial=NIGHT))
        due_mixed += _named(mixed.observe(batch, now))
        assert mixed.observe(batch, now) == [], "the same messages once more"
    assert sorted(due_mixed) == sorted(due)
