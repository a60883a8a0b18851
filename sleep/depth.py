"""How deep a sleeping epoch seemed, from the heart rate alone: an estimate, never a measurement (pure).

In deep sleep the heart is slow and steady, in dreaming sleep (REM) it is faster and wanders while the body lies still
(Somers 1993). Stages told without an electroencephalogram agree with it by a kappa of 0.4 to 0.7
(docs/sleep.md): what is given here is for a line in a chart, and no figure of the report is made of it. Fails towards
saying nothing: without enough heart rate, or before an hour of sleep, it is empty.
"""

from typing import Final

import numpy as np

from domain.reports import Depth, SleepState
from domain.units import MINUTE_MS
from sleep.epochs import EpochColumns, Floats, filled
from sleep.evidence import HEART_GAP_MIN, smoothed

WINDOW_MIN: Final = 5.5
LEAST_KNOWN: Final = 0.6
"""Share of sleeping epochs that must have a heart rate."""
LEAST_SLEEP_MIN: Final = 60
DEEP_BELOW: Final = -0.6
REM_ABOVE: Final = 0.6
"""In robust standard deviations of rate and unrest over the night's sleep, added: about the outer quarters."""
_MAD_TO_SD: Final = 1.4826
_LEAST_SD: Final = 0.5


def depth_of(columns: EpochColumns, states: tuple[SleepState, ...]) -> tuple[Depth | None, ...]:
    """An estimate for each epoch asleep, None for the others; empty when the heart rate does not carry one."""
    asleep = np.array([state is SleepState.ASLEEP for state in states], bool)
    width = round(WINDOW_MIN * MINUTE_MS / columns.length_ms)
    rate = filled(columns.heart_rate, round(HEART_GAP_MIN * MINUTE_MS / columns.length_ms))
    known = asleep & ~np.isnan(rate)
    enough = np.count_nonzero(asleep) * columns.length_ms >= LEAST_SLEEP_MIN * MINUTE_MS
    if not enough or np.count_nonzero(known) < LEAST_KNOWN * np.count_nonzero(asleep):
        return ()
    inside = np.where(known, rate, np.nan)
    level = smoothed(inside, width)
    unrest = np.sqrt(np.maximum(smoothed(inside * inside, width) - level**2, 0))
    score = (_standard(level, known) + _standard(unrest, known)) / 2
    return tuple(
        (Depth.DEEP if value < DEEP_BELOW else Depth.REM_LIKE if value > REM_ABOVE else Depth.LIGHT) if told else None
        for value, told in zip(score.tolist(), known.tolist(), strict=True)
    )


def _standard(values: Floats, known: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Floats:
    middle = float(np.median(values[known]))
    spread = _MAD_TO_SD * float(np.median(np.abs(values[known] - middle)))
    return (values - middle) / max(spread, _LEAST_SD)
