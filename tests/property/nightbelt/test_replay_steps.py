"""However few steps a replay takes, it says what the rules say when every reading is handed in by itself."""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.conditions import Conditions
from alerts.rulebook import slot_of
from alerts.runs import Kind
from domain.readings import ReadingBatch
from domain.residents import Center, LeaveBedSettings, NightWindow, Resident
from domain.units import NEVER
from nightbelt.replay import without_silence
from nightbelt.replay_settings import ReplaySettings
from tests.unit.nightbelt.recordings import T0, replay_file, write

BELTS = ("b1", "b2")
EARLY = NightWindow(start=NightWindow().start.replace(hour=20), end=NightWindow().start.replace(hour=21, minute=20))

steps = st.lists(
    st.tuples(
        st.sampled_from([100, 1_000, 4_000, 10_000, 61_000, 300_000, 1_000_000]), st.sampled_from([-1, 0, 0, 0, 1, 1])
    ),
    max_size=40,
)
asked = st.builds(
    LeaveBedSettings,
    immediate=st.booleans(),
    immediate_after_s=st.sampled_from([0, 1, 7, 10, 60]),
    not_back=st.booleans(),
    away_limit_min=st.sampled_from([1, 5, 15]),
    windows=st.sampled_from([(NightWindow(),), (EARLY,), (EARLY, NightWindow())]),
)

Raised = tuple[int, str, str, int]
"""When, and of which belt and rule, and when that began."""


def batch_of(recordings: list[list[tuple[int, int]]]) -> ReadingBatch:
    at = [T0 + np.cumsum([0, *(step for step, _ in steps)])[1:] for steps in recordings]
    return ReadingBatch.build(
        belts=BELTS,
        belt=np.repeat(np.arange(len(BELTS)), [len(steps) for steps in recordings]),
        observed_at=np.concatenate(at),
        received_at=0,
        in_bed=[in_bed for steps in recordings for _, in_bed in steps],
    )


def one_by_one(batch: ReadingBatch, residents: list[Resident]) -> list[Raised]:
    """The engine with each instant's readings alone, and every timer at its instant in between."""
    engine = Conditions(
        [slot_of(resident.resident_id, resident, Center(center_id="c", name="c")) for resident in residents]
    )
    told = []
    for at in np.unique(batch.observed_at).tolist():
        while (due_at := engine.next_due_at()) < at:
            told += engine.tick(due_at)
        now = batch.select(batch.observed_at == at)
        told += engine.observe(ReadingBatch.build(**{**now.columns(), "belts": BELTS, "received_at": at}), at)
    end_at = int(batch.observed_at.max()) if len(batch) else -NEVER
    while (due_at := engine.next_due_at()) <= end_at:
        told += engine.tick(due_at)
    return sorted((one.at, one.belt_id, str(one.spec.rule), one.began_at) for one in told if one.kind is Kind.DUE)


@settings(max_examples=40, deadline=None)
@given(recordings=st.tuples(steps, steps).map(list), own=st.tuples(asked, asked), chunk=st.sampled_from([3, 1_000]))
def test_large_steps_say_what_small_ones_say(
    recordings: list[list[tuple[int, int]]], own: tuple[LeaveBedSettings, LeaveBedSettings], chunk: int
) -> None:
    batch = batch_of(recordings)
    residents = [
        without_silence(Resident(resident_id=belt_id, name=belt_id, leave_bed=leave_bed))
        for belt_id, leave_bed in zip(BELTS, own, strict=True)
    ]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "ward.parquet"
        write(path, [batch])
        by_belt = dict(zip(BELTS, residents, strict=True))
        run = replay_file(path, ReplaySettings(by_belt=by_belt), chunk_rows=chunk)
    found = [(alarm.raised_at, alarm.belt_id, str(alarm.rule), alarm.began_at) for alarm in run.alarms]
    assert sorted(found) == one_by_one(batch, residents)
