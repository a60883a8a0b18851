"""How far what is usual scatters: median and median absolute deviation, which single odd values do not move (pure)."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

NORMAL_Z: Final = 0.6745
"""The upper quartile of the standard normal: makes a MAD comparable with a standard deviation."""
UNUSUAL_Z: Final = 3.5
"""Beyond this modified z, `NORMAL_Z` times the distance from the median in MADs, a value is unusual (Iglewicz & Hoaglin
1993)."""


def median_and_mad(values: NDArray[np.float64], floor: float) -> tuple[float, float]:
    """Of at least one value without NaN; the MAD (median absolute deviation) is at least `floor`."""
    median = float(np.median(values))
    return median, max(float(np.median(np.abs(values - median))), floor)
