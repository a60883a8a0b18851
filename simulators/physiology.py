"""The body of one resident through one night: sleep stages, heart, breathing, movement, turning over.

Figures are plausible for people over 65, not clinical data. Kept on a grid of cells of 10 s, so they do not depend
on the belt; the belt adds the noise of single samples.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter  # type: ignore[import-untyped]  # scipy ships no types

from domain.units import HOUR_MS, MINUTE_MS, SECOND_MS

CELL_MS: Final = 10 * SECOND_MS
"""Length of a cell of the body's grid."""
_CELLS_PER_MIN: Final = MINUTE_MS // CELL_MS

Floats = NDArray[np.float32]
Instants = NDArray[np.int64]


class Stage(IntEnum):
    OUT = 0
    AWAKE = 1
    LIGHT = 2
    DEEP = 3
    REM = 4


# By stage, in the order of `Stage`.
_HEART_RATE_SHIFT: Final = np.array([8.0, 6.0, 0.5, -2.5, 2.5], np.float32)
_BREATHING_RATE_SHIFT: Final = np.array([1.5, 1.2, 0.0, -0.4, 0.6], np.float32)
_BREATHING_RATE_SD: Final = np.array([1.0, 1.0, 0.6, 0.3, 1.3], np.float32)
_MOVING_SHARE: Final = np.array([0.0, 0.22, 0.025, 0.005, 0.02], np.float32)
"""Share of cells with a movement."""
_MOVEMENT_SCALE: Final = np.array([0.0, 16.0, 9.0, 6.0, 9.0], np.float32)
_TURNS_PER_H: Final = np.array([0.0, 6.0, 2.0, 0.5, 1.5], np.float32)

_HEART_RATE_SD: Final = 2.0
_NOISE_MEMORY_MS: Final = 60 * SECOND_MS
"""Time constant of the correlated noise of heart and breathing rate."""
_STAGE_MEMORY_MS: Final = 45 * SECOND_MS
"""Time constant with which the rates follow a change of stage."""
_NIGHT_DIP: Final = 2.0
"""Depth of the slow dip of the heart rate over the night (bpm)."""
_RESTLESS_FACTOR: Final = 3.5
"""A restless night has this many times the movements and turn-overs."""
_RESTLESS_HEART_RATE: Final = 3.0
_LEAST_MOVEMENT: Final = 4.0
_TURN_MOVEMENT: Final = (40.0, 80.0)
_EDGE_MOVEMENT: Final = (55.0, 95.0)
"""Movement while sitting up to leave and while lying down."""
_EDGE_CELLS: Final = 2
_ONE_SLEEP_GAP_MS: Final = 2 * HOUR_MS
"""Stretches in bed with less than this between them belong to one sleep."""

_SLEEP_LATENCY_MEDIAN_MIN: Final = 18.0
_SLEEP_LATENCY_SIGMA: Final = 0.45
_CYCLE_WAKE_MEAN_MIN: Final = 8.0
_CYCLE_WAKE_MAX_MIN: Final = 30.0
_AWAKE_BEFORE_EXIT_MIN: Final = (1.0, 4.0)
_AWAKE_AFTER_ENTRY_MIN: Final = (3.0, 10.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Physiology:
    """What is constant in a resident. Rates are those of light sleep; `bedtime_min`, `rise_min` are local minutes
    after midnight (of the evening, of the morning); `trip_share` is the chance of each of four possible trips."""

    heart_rate: float
    breathing_rate: float
    bedtime_min: float
    rise_min: float
    trip_share: float
    nap_share: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Body:
    """One night on the grid: cell i covers [start_at + i cells, + 1 cell). `turn_overs` are exact instants (ms)."""

    start_at: int
    stage: NDArray[np.int8]
    heart_rate: Floats
    breathing_rate: Floats
    movement: Floats
    turn_overs: Instants


def drawn_physiology(rng: np.random.Generator) -> Physiology:
    """A resident. Bedtimes 20:00 to 21:45, rising 05:00 to 07:00, resting rates within what is common over 65."""
    return Physiology(
        heart_rate=float(np.clip(rng.normal(63.0, 6.0), 50.0, 78.0)),
        breathing_rate=float(np.clip(rng.normal(15.5, 1.4), 12.5, 19.0)),
        bedtime_min=float(rng.uniform(20 * 60, 21 * 60 + 45)),
        rise_min=float(rng.uniform(5 * 60, 7 * 60)),
        trip_share=float(rng.uniform(0.15, 0.6)),
        nap_share=float(rng.uniform(0.2, 0.9)),
    )


def body(
    rng: np.random.Generator, who: Physiology, *, start_at: int, end_at: int, in_bed: Instants, restless: bool
) -> Body:
    """The body over [`start_at`, `end_at`) (ms). `in_bed` (n, 2) are ascending stretches [entry, exit) (ms)."""
    cells = -(-(end_at - start_at) // CELL_MS)
    stage = _stages(rng, start_at, cells, in_bed)
    factor = _RESTLESS_FACTOR if restless else 1.0
    turns = _turn_overs(rng, stage, start_at, factor)
    return Body(
        start_at=start_at,
        stage=stage,
        heart_rate=_heart_rate(rng, who, stage, _RESTLESS_HEART_RATE if restless else 0.0),
        breathing_rate=_breathing_rate(rng, who, stage),
        movement=_movement(rng, stage, factor, (turns - start_at) // CELL_MS, (in_bed - start_at) // CELL_MS),
        turn_overs=turns,
    )


def _stages(rng: np.random.Generator, start_at: int, cells: int, in_bed: Instants) -> NDArray[np.int8]:
    stage = np.full(cells, Stage.OUT, np.int8)
    for entry_at, exit_at in _sleeps(in_bed):
        first, last = (entry_at - start_at) // CELL_MS, min(cells, -(-(exit_at - start_at) // CELL_MS))
        stage[first:last] = _sleep(rng, last - first)
    for entry_at, exit_at in in_bed.tolist():
        first, last = (entry_at - start_at) // CELL_MS, min(cells, -(-(exit_at - start_at) // CELL_MS))
        settled = min(last, first + _cells(rng.uniform(*_AWAKE_AFTER_ENTRY_MIN)))
        stirring = max(first, last - _cells(rng.uniform(*_AWAKE_BEFORE_EXIT_MIN)))
        stage[first:settled] = Stage.AWAKE
        stage[stirring:last] = Stage.AWAKE
    middles = start_at + CELL_MS // 2 + np.arange(cells, dtype=np.int64) * CELL_MS
    stage[np.searchsorted(in_bed.ravel(), middles, side="right") % 2 == 0] = Stage.OUT
    return stage


def _sleeps(in_bed: Instants) -> list[tuple[int, int]]:
    sleeps: list[tuple[int, int]] = []
    for entry_at, exit_at in in_bed.tolist():
        if sleeps and entry_at - sleeps[-1][1] < _ONE_SLEEP_GAP_MS:
            sleeps[-1] = (sleeps[-1][0], exit_at)
        else:
            sleeps.append((entry_at, exit_at))
    return sleeps


def _sleep(rng: np.random.Generator, cells: int) -> NDArray[np.int8]:
    """Falling asleep, then cycles of about 90 min until `cells` are filled."""
    latency = rng.lognormal(np.log(_SLEEP_LATENCY_MEDIAN_MIN), _SLEEP_LATENCY_SIGMA)
    parts: list[tuple[Stage, int]] = [(Stage.AWAKE, _cells(latency))]
    filled, cycle = parts[0][1], 0
    while filled < cells:
        for stage, minutes in _cycle(rng, cycle):
            parts.append((stage, _cells(minutes)))
            filled += parts[-1][1]
        cycle += 1
    stages = np.array([stage for stage, _ in parts], np.int8)
    return np.repeat(stages, [length for _, length in parts])[:cells]


def _cycle(rng: np.random.Generator, number: int) -> list[tuple[Stage, float]]:
    """Stages and lengths (min) of cycle `number`: deep sleep early, REM late, a short awakening between cycles."""
    light_a, deep, light_b, rem = rng.normal(
        (20.0, 21.0 - 5.0 * number, 26.0, 9.0 + 3.0 * number), (4.0, 4.0, 5.0, 3.0)
    )
    wake = min(rng.exponential(_CYCLE_WAKE_MEAN_MIN), _CYCLE_WAKE_MAX_MIN)
    return [
        (Stage.LIGHT, max(light_a, 8.0)),
        (Stage.DEEP, max(deep, 0.0)),
        (Stage.LIGHT, max(light_b, 10.0)),
        (Stage.REM, min(max(rem, 3.0), 30.0)),
        (Stage.AWAKE, wake),
    ]


def _cells(minutes: float) -> int:
    return round(minutes * _CELLS_PER_MIN)


def _heart_rate(rng: np.random.Generator, who: Physiology, stage: NDArray[np.int8], extra: float) -> Floats:
    cells = len(stage)
    phase = np.linspace(0.0, 2 * np.pi, cells, dtype=np.float32)
    level = _HEART_RATE_SHIFT[stage] + np.float32(who.heart_rate + extra)
    level -= np.float32(_NIGHT_DIP) * np.sin(phase / 2) ** 2
    return _followed(level) + np.float32(_HEART_RATE_SD) * _correlated(rng, cells)


def _breathing_rate(rng: np.random.Generator, who: Physiology, stage: NDArray[np.int8]) -> Floats:
    level = _BREATHING_RATE_SHIFT[stage] + np.float32(who.breathing_rate)
    return _followed(level) + _BREATHING_RATE_SD[stage] * _correlated(rng, len(stage))


def _correlated(rng: np.random.Generator, cells: int) -> Floats:
    """Noise of variance 1 that forgets with `_NOISE_MEMORY_MS`."""
    keep = np.float32(np.exp(-CELL_MS / _NOISE_MEMORY_MS))
    white = rng.standard_normal(cells, np.float32)
    return _filtered(np.sqrt(1 - keep * keep), keep, white, white[0])


def _followed(level: Floats) -> Floats:
    """`level` as a body follows it: each step decays with `_STAGE_MEMORY_MS`."""
    keep = np.float32(np.exp(-CELL_MS / _STAGE_MEMORY_MS))
    return _filtered(1 - keep, keep, level, keep * level[0])


def _filtered(gain: np.float32, keep: np.float32, values: Floats, state: np.float32) -> Floats:
    taps = np.array([1, -keep], np.float32)
    out, _ = lfilter(np.array([gain], np.float32), taps, values, zi=np.array([state], np.float32))
    return np.asarray(out, np.float32)


def _turn_overs(rng: np.random.Generator, stage: NDArray[np.int8], start_at: int, factor: float) -> Instants:
    chance = _TURNS_PER_H[stage] * np.float32(factor * CELL_MS / HOUR_MS)
    cells = np.flatnonzero(rng.random(len(stage), np.float32) < chance)
    return np.asarray(start_at + cells * CELL_MS + rng.integers(0, CELL_MS, len(cells)), np.int64)


def _movement(
    rng: np.random.Generator, stage: NDArray[np.int8], factor: float, turn_cells: Instants, edge_cells: Instants
) -> Floats:
    cells = len(stage)
    moving = rng.random(cells, np.float32) < _MOVING_SHARE[stage] * np.float32(factor)
    amount = np.float32(_LEAST_MOVEMENT) + rng.standard_exponential(cells, np.float32) * _MOVEMENT_SCALE[stage]
    movement = np.where(moving, amount, np.float32(0))
    movement[turn_cells] = rng.uniform(*_TURN_MOVEMENT, len(turn_cells))
    for entry, leaving in edge_cells.tolist():
        movement[entry : entry + _EDGE_CELLS] = rng.uniform(*_EDGE_MOVEMENT)
        movement[max(0, leaving - _EDGE_CELLS + 1) : leaving + 1] = rng.uniform(*_EDGE_MOVEMENT)
    movement[stage == Stage.OUT] = 0
    return np.minimum(movement, np.float32(100)).astype(np.float32)
