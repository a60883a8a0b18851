"""Whatever the way readings are cut into batches, and wherever the service is killed, the alarms are the same."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.conditions import Conditions
from alerts.runs import Kind, Transition
from domain.readings import Occupancy, ReadingBatch
from domain.residents import LeaveBedSettings
from domain.watch import BedState, ConditionState
from tests.unit.alerts.bed import NIGHT, slot

SETTINGS = LeaveBedSettings(immediate=True, immediate_after_s=10, away_limit_min=1)
BELTS = ("b1", "b2")
Told = tuple[Kind, str, str, int]

spells = st.lists(
    st.tuples(st.sampled_from(list(Occupancy)), st.integers(1, 40), st.integers(1, 6)), min_size=1, max_size=12
)
"""(occupancy, readings, seconds between them), one after the other."""


def _readings(beds: list[list[tuple[Occupancy, int, int]]]) -> ReadingBatch:
    belt, at, in_bed = [], [], []
    for number, plan in enumerate(beds):
        second = number
        for state, count, step in [(Occupancy.IN, 1, 1), *plan]:
            for _ in range(count):
                belt.append(number)
                at.append(NIGHT + second * 1000)
                in_bed.append(state)
                second += step
    return ReadingBatch.build(belts=BELTS, belt=belt, observed_at=at, received_at=at, in_bed=in_bed)


def _engine() -> Conditions:
    return Conditions([slot(SETTINGS, belt=belt) for belt in BELTS])


def _named(told: list[Transition]) -> list[Told]:
    return [(t.kind, t.belt_id, str(t.spec.rule), t.began_at) for t in told]


def _cut(batch: ReadingBatch, cuts: list[int]) -> list[ReadingBatch]:
    """The readings as they come in, cut at those instants (s after NIGHT)."""
    edges = [NIGHT, *(NIGHT + cut * 1000 for cut in sorted(cuts)), 2**62]
    at = batch.observed_at
    return [batch.select((at >= low) & (at < high)) for low, high in pairwise(edges)]


class Memory:
    """What a killed service finds in its records."""

    def __init__(self) -> None:
        self._beds: dict[str, BedState] = {}
        self._runs: dict[tuple[str, str], ConditionState] = {}

    def store(self, engine: Conditions) -> None:
        beds, runs, ended = engine.take_changes()
        self._beds.update((bed.belt_id, bed) for bed in beds)
        self._runs.update(((run.belt_id, str(run.rule)), run) for run in runs)
        for key in ended:
            self._runs.pop(key, None)

    def engine(self) -> Conditions:
        engine = _engine()
        engine.restore(self._beds.values(), self._runs.values())
        return engine

    def content(self) -> tuple[object, object]:
        return self._beds, self._runs


@settings(max_examples=150, deadline=None)
@given(plans=st.lists(spells, min_size=2, max_size=2), cuts=st.lists(st.integers(0, 900), max_size=15))
def test_cuts_change_nothing(plans: list[list[tuple[Occupancy, int, int]]], cuts: list[int]) -> None:
    readings = _readings(plans)
    whole, pieces = _engine(), _engine()
    end = int(readings.observed_at.max())
    at_once = _named(whole.observe(readings, end))
    in_pieces = [told for piece in _cut(readings, cuts) for told in _named(pieces.observe(piece, end))]
    assert sorted(in_pieces) == sorted(at_once)
    assert pieces.next_due_at() == whole.next_due_at()


@settings(max_examples=150, deadline=None)
@given(
    plans=st.lists(spells, min_size=2, max_size=2),
    kills=st.lists(st.integers(0, 900), max_size=8),
    repeated=st.integers(0, 30),
)
def test_kills_neither_lose_nor_double_an_alarm(
    plans: list[list[tuple[Occupancy, int, int]]], kills: list[int], repeated: int
) -> None:
    readings = _readings(plans)
    steady, memory = _engine(), Memory()
    due, due_with_kills = [], []
    for piece in _cut(readings, kills):
        now = int(piece.observed_at.max()) if len(piece) else NIGHT
        due += [told for told in _named(steady.observe(piece, now)) if told[0] is Kind.DUE]
        again = memory.engine()
        start = int(piece.observed_at.min()) if len(piece) else now
        redelivered = readings.select(
            (readings.observed_at < start) & (readings.observed_at >= start - repeated * 1000)
        )
        told = [*again.observe(redelivered, now), *again.observe(piece, now)]
        due_with_kills += [name for name in _named(told) if name[0] is Kind.DUE]
        memory.store(again)
    assert sorted(due_with_kills) == sorted(due)
