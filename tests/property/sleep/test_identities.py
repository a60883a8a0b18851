"""Whatever a night was like, its parts add up to the time in bed; the unit of movement does not matter."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.readings import Occupancy, ReadingBatch
from domain.reports import NightReport, SleepState
from domain.units import SECOND_MS
from tests.unit.sleep.nights import NIGHT, START, report_of

spells = st.lists(
    st.tuples(
        st.sampled_from([Occupancy.IN, Occupancy.IN, Occupancy.OUT, Occupancy.UNKNOWN, None]),
        st.integers(1, 900),
        st.booleans(),
    ),
    min_size=1,
    max_size=14,
)
"""(occupancy, or None for silence; seconds; restless), one after the other."""
cadences = st.sampled_from([0.5, 1.0, 3.0, 10.0, 30.0, 60.0])


def batch_of(plan: list[tuple[Occupancy | None, int, bool]], every_s: float, seed: int) -> tuple[ReadingBatch, int]:
    rng = np.random.default_rng(seed)
    at, in_bed, heart, movement = [], [], [], []
    begin = 0.0
    for occupancy, seconds, restless in plan:
        instants = np.arange(np.ceil(begin / every_s), np.ceil((begin + seconds) / every_s)) * every_s
        begin += seconds
        if occupancy is None:
            continue
        at += (START + instants * SECOND_MS).astype(np.int64).tolist()
        in_bed += [occupancy] * len(instants)
        known = rng.random(len(instants)) > 0.2
        heart += np.where(known, rng.normal(70 if restless else 60, 2, len(instants)), np.nan).tolist()
        movement += (
            rng.exponential(20, len(instants)) * (rng.random(len(instants)) < (0.6 if restless else 0.05))
        ).tolist()
    batch = ReadingBatch.build(
        belts=("b1",),
        belt=[0] * len(at),
        observed_at=at,
        received_at=at,
        in_bed=in_bed,
        heart_rate=heart,
        movement=movement,
        turn_overs=np.zeros(len(at)),
    )
    return batch, START + max(1, round(begin)) * SECOND_MS


def parts_min(report: NightReport) -> float:
    parts = (report.sleep_onset_latency_min, report.sleep_min, report.waso_min, report.final_wake_min)
    return sum(part or 0.0 for part in parts)


@settings(deadline=None)
@given(spells, cadences, st.integers(0, 99))
def test_the_parts_add_up_to_the_time_in_bed(
    plan: list[tuple[Occupancy | None, int, bool]], every_s: float, seed: int
) -> None:
    batch, end_at = batch_of(plan, every_s, seed)
    report = report_of(batch, end_at=end_at)
    whole = parts_min(report) + report.exits.total_min + report.untold_min
    assert whole == pytest.approx(report.time_in_bed_min, abs=1e-9)


@settings(deadline=None)
@given(spells, cadences, st.integers(0, 99))
def test_figures_are_within_their_bounds(
    plan: list[tuple[Occupancy | None, int, bool]], every_s: float, seed: int
) -> None:
    batch, end_at = batch_of(plan, every_s, seed)
    report = report_of(batch, end_at=end_at)
    states = report.epochs.states
    assert len(states) == -(-(end_at - START) // (report.epochs.length_s * SECOND_MS))
    assert 0 <= report.coverage <= 1
    assert report.exits.longest_min <= report.exits.total_min + 1e-9
    assert report.exits.count == len(report.exits.spans)
    asleep_min = states.count(SleepState.ASLEEP) * report.epochs.length_s / 60
    assert (report.sleep_min or 0) + (report.nap_min or 0) == pytest.approx(asleep_min, abs=report.epochs.length_s / 60)
    assert report.sleep_efficiency is None or 0 <= report.sleep_efficiency <= 1
    assert not report.epochs.depth or len(report.epochs.depth) == len(states)
    assert report.score is None or (report.valid and 0 <= report.score <= 100)


@settings(deadline=None)
@given(spells, st.sampled_from([0.01, 0.1, 7.0]), st.integers(0, 99))
def test_the_unit_of_movement_does_not_matter(
    plan: list[tuple[Occupancy | None, int, bool]], factor: float, seed: int
) -> None:
    batch, end_at = batch_of(plan, 10.0, seed)
    columns = {name: getattr(batch, name) for name in ("in_bed", "heart_rate", "turn_overs")}
    scaled = ReadingBatch.build(
        belts=batch.belts,
        belt=batch.belt,
        observed_at=batch.observed_at,
        received_at=batch.received_at,
        movement=batch.movement.astype(np.float64) * factor,
        **columns,
    )
    plain, other = (report_of(one, end_at=end_at) for one in (batch, scaled))
    assert plain.night == NIGHT
    assert other.sleep_min == pytest.approx(plain.sleep_min, abs=1.0)
