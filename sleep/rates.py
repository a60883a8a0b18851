"""Heart rate, breathing rate, turn-overs and restlessness of a night in bed (pure).

Fails towards "not measured": None when the belt gave no value.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from domain.reports import RateFigures
from domain.units import MINUTE_MS
from sleep.epochs import EpochColumns, Floats, Mask
from sleep.occupancy import MAX_HOLD_MS, BedTime, Instants

RESTING_MIN: Final = 30
"""The resting heart rate is the lowest mean over this long (min)."""
MOBILE: Final = 5.0
"""An epoch is restless when movement goes this much above the night's own floor, of 100: breathing alone shows less."""
FLOOR_PERCENTILE: Final = 20


def rate_figures(at: Instants, values: NDArray[np.float32]) -> RateFigures:
    """Mean over the readings; minimum and maximum over the medians of minutes, so that one false beat is neither.

    `at` (ms, ascending) and `values` are of readings in bed, NaN where missing.
    """
    known = np.flatnonzero(~np.isnan(values))
    if not len(known):
        return RateFigures()
    found = values[known].astype(np.float64)
    medians = _minute_medians(at[known] // MINUTE_MS, found)
    return RateFigures(mean=float(found.mean()), min=float(medians.min()), max=float(medians.max()))


def resting_heart_rate(columns: EpochColumns, main: Mask) -> float | None:
    """The lowest mean heart rate over `RESTING_MIN` of the night in bed, at least half of it with values (bpm)."""
    width = RESTING_MIN * MINUTE_MS // columns.length_ms
    rate = columns.heart_rate
    known = main & ~np.isnan(rate)
    if len(rate) < width or not known.any():
        return None
    count = _running(known.astype(np.float64), width)
    total = _running(np.where(known, rate, 0.0), width)
    enough = count * 2 >= width
    return float((total[enough] / count[enough]).min()) if enough.any() else None


def restlessness(columns: EpochColumns, main: Mask) -> float | None:
    """The share (0-1) of the night's epochs in bed with a clear movement (`MOBILE`), None without movement values.

    "Toss and turn" was the best single contact-free marker of a changed state of health (Schütz 2021); our own limit.
    """
    known = main & ~np.isnan(columns.movement)
    if not known.any():
        return None
    floor = float(np.percentile(columns.movement[known], FLOOR_PERCENTILE))
    return float(np.mean(columns.movement_peak[known] >= floor + MOBILE))


def turn_overs(at: Instants, counts: NDArray[np.float32], bed: BedTime) -> int | None:
    """Turn-overs of the night's stay: readings up to a minute after rising still count what went before them."""
    inside = counts[(at >= bed.in_bed_at) & (at <= bed.ended_at + MAX_HOLD_MS)]
    known = inside[~np.isnan(inside)]
    return round(float(known.sum(dtype=np.float64))) if len(known) else None


def _minute_medians(minute: NDArray[np.int64], values: Floats) -> Floats:
    order = np.lexsort((values, minute))
    minute, values = minute[order], values[order]
    first = np.flatnonzero(np.append(True, minute[1:] != minute[:-1]))
    count = np.diff(np.append(first, len(values)))
    medians: Floats = (values[first + (count - 1) // 2] + values[first + count // 2]) / 2
    return medians


def _running(values: Floats, width: int) -> Floats:
    """Sums over `width` values in a row."""
    total = np.concatenate([[0.0], np.cumsum(values)])
    sums: Floats = total[width:] - total[:-width]
    return sums
