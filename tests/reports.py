"""Hand-made reports of nights for tests."""

from datetime import date
from typing import Any

from domain.reports import Depth, Epochs, ExitFigures, NightReport, RateFigures, ScorePart, SleepState
from domain.units import HOUR_MS, MINUTE_MS

NIGHT = date(2026, 11, 21)
START_AT = 1_795_255_200_000
"""18:00 on 21 November 2026 in Shanghai."""
IN_BED_AT = START_AT + 3 * HOUR_MS
EPOCH_S = 60


def night_epochs() -> Epochs:
    """Out until 21:00, in bed until 06:00 with 20 min of falling asleep, an exit at 02:00, then out."""
    out, awake, asleep = SleepState.OUT, SleepState.AWAKE, SleepState.ASLEEP
    states = [out] * 180 + [awake] * 20 + [asleep] * 280 + [out] * 10 + [awake] * 15 + [asleep] * 215
    states += [SleepState.UNKNOWN] * 10 + [out] * 230
    depth = [
        (Depth.DEEP if n % 90 < 20 else Depth.LIGHT) if state == asleep else None for n, state in enumerate(states)
    ]
    return Epochs(start_at=START_AT, length_s=EPOCH_S, states=tuple(states), depth=tuple(depth))


def night_report(**changed: Any) -> NightReport:
    """A plain night of resident r1: 495 minutes asleep, one exit of ten minutes."""
    left_at = IN_BED_AT + 300 * MINUTE_MS
    told: dict[str, Any] = {
        "resident_id": "r1",
        "belt_ids": ("belt1",),
        "night": NIGHT,
        "start_at": START_AT,
        "end_at": START_AT + 16 * HOUR_MS,
        "time_in_bed_min": 530.0,
        "sleep_min": 495.0,
        "sleep_onset_latency_min": 20.0,
        "waso_min": 15.0,
        "final_wake_min": 0.0,
        "sleep_efficiency": 0.934,
        "awakenings": 1,
        "exits": ExitFigures(count=1, total_min=10.0, longest_min=10.0, spans=((left_at, left_at + 10 * MINUTE_MS),)),
        "turn_overs": 12,
        "heart_rate": RateFigures(mean=61.0, min=52.0, max=88.0),
        "breathing_rate": RateFigures(mean=14.5, min=11.0, max=21.0),
        "resting_heart_rate": 54.0,
        "restlessness": 0.08,
        "in_bed_at": IN_BED_AT,
        "asleep_at": IN_BED_AT + 20 * MINUTE_MS,
        "awake_at": IN_BED_AT + 540 * MINUTE_MS,
        "rose_at": IN_BED_AT + 550 * MINUTE_MS,
        "coverage": 0.99,
        "valid": True,
        "score": 84.0,
        "score_parts": (ScorePart(name="sleep", points=28.0, of=30.0), ScorePart(name="exits", points=8.0, of=10.0)),
        "method": "hand-made-1",
        "marks": ("occupancy-assumed",),
        "epochs": night_epochs(),
    }
    return NightReport(**told | changed)
