"""Truth and readings belong together: a plain detector that sees only arrivals finds exactly what is owed."""

from collections.abc import Iterator
from datetime import timedelta

import numpy as np
import pytest

from domain.readings import Occupancy
from domain.units import MINUTE_MS
from simulators.arrivals import Arrivals
from simulators.center import SimulatedBed, SimulatedCenter, simulated_center
from simulators.localtime import Span, window_spans
from simulators.night import plan_night
from simulators.owed import limits_ms
from simulators.scenarios import DEFAULT_MIX, PLAIN_NIGHTS, Mix, Scenario
from simulators.score import Raised, score
from simulators.truth import TruthLine, truth_lines
from tests.unit.simulators.samples import AUTUMN, BERLIN, NIGHT, SPRING, whole_night

HOUR_BEFORE_MS = 60 * MINUTE_MS
PATIENCE_MS = 60_000
"""Without a message for this long the belt is taken to be silent."""


def _due(began_at: int, limit_ms: int, windows: list[Span]) -> int | None:
    for low, high in windows:
        if low <= began_at < high:
            return began_at + limit_ms
        if low - HOUR_BEFORE_MS <= began_at < low:
            return low + limit_ms
    return None


def _alarms(bed: SimulatedBed, piece: Arrivals, windows: list[Span]) -> Iterator[Raised]:
    """Alarms of one belt. The newest reading counts; deadlines pass by the time of readings, and in silence by ours."""
    rows = np.flatnonzero(piece.belt == bed.index)
    observed_at = piece.observed_at[rows] - bed.belt.clock_offset_ms
    newest, heard_at, inside, began_at, deadlines = 0, 0, False, 0, dict[str, int]()
    for at, arrives_at, in_bed in zip(
        observed_at.tolist(), piece.arrives_at[rows].tolist(), piece.in_bed[rows].tolist(), strict=True
    ):
        for rule, due_at in list(deadlines.items()):
            silent_at = max(due_at, heard_at + PATIENCE_MS)
            if due_at <= at or silent_at < arrives_at:
                yield bed.belt.belt_id, rule, began_at + bed.belt.clock_offset_ms, min(silent_at, arrives_at)
                del deadlines[rule]
        heard_at = arrives_at
        if at <= newest:
            continue
        newest = at
        if in_bed == Occupancy.IN:
            inside, deadlines = True, {}
        elif inside:
            inside, began_at = False, at
            wanted = {rule: _due(at, limit, windows) for rule, limit in limits_ms(bed.resident.leave_bed).items()}
            deadlines = {rule.value: due_at for rule, due_at in wanted.items() if due_at is not None}


def _found(center: SimulatedCenter, nights: int) -> tuple[list[TruthLine], list[Raised]]:
    first = NIGHT
    if center.center.timezone == BERLIN:
        first = AUTUMN if center.seed % 2 else SPRING
    lines: list[TruthLine] = []
    raised: list[Raised] = []
    for night in (first + timedelta(days=day) for day in range(nights)):
        piece = whole_night(center, night)
        for bed in center.beds:
            windows = window_spans(bed.resident.leave_bed.windows, night, center.zone)
            lines += truth_lines(center, plan_night(center, bed, night))
            raised += _alarms(bed, piece, windows)
    return lines, raised


ROUGH = Mix(
    shares={
        Scenario.LONG_ABSENCE: 0.7,
        Scenario.QUICK_TRIP: 0.5,
        Scenario.OFFLINE_LOST: 0.5,
        Scenario.OFFLINE_BUFFERED: 0.5,
        Scenario.DUPLICATES: 0.3,
        Scenario.OUT_OF_ORDER: 0.3,
    },
    clock_off=0.5,
)


@pytest.mark.parametrize(
    ("mix", "seed", "timezone"),
    [
        (PLAIN_NIGHTS, 1, "Asia/Shanghai"),
        (DEFAULT_MIX, 2, "Asia/Shanghai"),
        (ROUGH, 3, "Asia/Shanghai"),
        (ROUGH, 4, BERLIN),
        (ROUGH, 5, BERLIN),
    ],
)
def test_a_plain_detector_misses_nothing_and_cries_for_nothing(mix: Mix, seed: int, timezone: str) -> None:
    lines, raised = _found(simulated_center(40, seed, timezone=timezone, mix=mix), 2)
    found = score(lines, raised)
    assert found["bed_nights"] == 80
    for rule in found["rules"].values():
        assert rule["owed"] > 5
        assert rule["missed"] == 0
        assert rule["false"] == 0
        assert rule["delay_s"]["max"] is not None
        assert rule["delay_s"]["max"] < 120
