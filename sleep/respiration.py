"""Respiratory events per hour of sleep: from the breathing rate where it is fine enough, else from the heart (pure).

A screening figure and no apnoea-hypopnoea index: there is neither flow nor oxygen. Fails towards "not measured": values
further apart than `FINE_MS`, or fewer than `LEAST_KNOWN` of them, carry no events.

From breathing: the rate is at most half of what is usual in the two minutes around for 10 s (the length that makes an
apnoea) to two minutes. From the heart: after each pause of breathing the heart speeds up, so it goes up and down once
in 20 to 120 s; counted where at least four such cycles follow one another (cyclic variation of heart rate,
Guilleminault 1984, Hayano 2011), each of at least `LEAST_SWING` bpm.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median_filter  # type: ignore[import-untyped]  # scipy ships no types
from scipy.signal import butter, find_peaks, sosfiltfilt  # type: ignore[import-untyped]  # scipy ships no types

from domain.units import HOUR_MS, SECOND_MS
from sleep.epochs import EpochColumns, Floats, Mask
from sleep.occupancy import Instants

FINE_MS: Final = 5 * SECOND_MS
LEAST_KNOWN: Final = 0.5
"""Share of the sleep that must have values."""
LEAST_SLEEP_MS: Final = HOUR_MS
"""Below this much sleep there is no figure per hour of it."""

EVENT_MS: Final = (10 * SECOND_MS, 120 * SECOND_MS)
USUAL_MS: Final = 120 * SECOND_MS
REDUCED: Final = 0.5

GRID_MS: Final = 2 * SECOND_MS
CYCLE_MS: Final = (20 * SECOND_MS, 120 * SECOND_MS)
PASS_BAND_S: Final = (150.0, 15.0)
"""Periods (s) kept: cycles, without the slow drift of the night and without breathing."""
LEAST_SWING: Final = 5.0
"""bpm. The one constant that recordings chose (18 nights with scored events, docs/sleep.md), rounded."""
LEAST_CYCLES: Final = 4


class Source(StrEnum):
    """What events were told from."""

    BREATHING = "breathing"
    HEART = "heart"


@dataclass(frozen=True, slots=True, kw_only=True)
class Events:
    """Per hour of sleep, and told from what."""

    per_hour: float
    source: Source


def respiratory_events(
    at: Instants,
    breathing_rate: NDArray[np.float32],
    heart_rate: NDArray[np.float32],
    columns: EpochColumns,
    asleep: Mask,
) -> Events | None:
    """Events in the epochs `asleep`, from readings in bed at `at` (ms, ascending); None when neither is fine enough."""
    sleep_ms = int(np.count_nonzero(asleep)) * columns.length_ms
    if sleep_ms < LEAST_SLEEP_MS:
        return None
    for source, values, find in (
        (Source.BREATHING, breathing_rate, reduced_breathing),
        (Source.HEART, heart_rate, heart_cycles),
    ):
        known = np.flatnonzero(~np.isnan(values))
        if _fine(at[known], columns, asleep):
            found = find(at[known], values[known].astype(np.float64))
            hours = sleep_ms / HOUR_MS
            return Events(per_hour=int(np.count_nonzero(asleep[_epoch(found, columns)])) / hours, source=source)
    return None


def reduced_breathing(at: Instants, rate: Floats) -> Instants:
    """When breathing was reduced (ms, the beginning of each time); `at` ascending, no missing values in `rate`."""
    width = max(3, round(USUAL_MS / max(float(np.median(np.diff(at))), 1.0)))
    low = rate <= REDUCED * median_filter(rate, width, mode="nearest")
    padded = np.concatenate([[False], low, [False]])
    borders = np.flatnonzero(padded[1:] != padded[:-1])
    starts, ends = at[borders[::2]], at[np.minimum(borders[1::2], len(at) - 1)]
    events: Instants = starts[(ends - starts >= EVENT_MS[0]) & (ends - starts <= EVENT_MS[1])]
    return events


def heart_cycles(at: Instants, rate: Floats) -> Instants:
    """The peaks (ms) of the heart rate that follow one another as after pauses of breathing."""
    grid = np.arange(at[0], at[-1] + 1, GRID_MS)
    band = [1 / seconds for seconds in PASS_BAND_S]
    sections = butter(2, band, "bandpass", fs=SECOND_MS / GRID_MS, output="sos")
    swing = sosfiltfilt(sections, np.interp(grid, at, rate))
    peaks, _ = find_peaks(swing, prominence=LEAST_SWING, distance=CYCLE_MS[0] // GRID_MS)
    return _in_series(grid[peaks])


def _in_series(peaks: Instants) -> Instants:
    """Those of the `peaks` (ms) that stand in a row of at least `LEAST_CYCLES`."""
    if not len(peaks):
        return peaks
    row = np.cumsum(np.append(0, np.diff(peaks) > CYCLE_MS[1]))
    found: Instants = peaks[np.bincount(row)[row] >= LEAST_CYCLES]
    return found


def _fine(at: Instants, columns: EpochColumns, asleep: Mask) -> bool:
    """Are values near enough to each other, in enough of the sleep?"""
    if len(at) < 2 or float(np.median(np.diff(at))) > FINE_MS:
        return False
    with_values = np.zeros(len(columns), bool)
    with_values[_epoch(at, columns)] = True
    return bool(with_values[asleep].mean() >= LEAST_KNOWN)


def _epoch(at: Instants, columns: EpochColumns) -> NDArray[np.int64]:
    return (at - columns.start_at) // columns.length_ms
