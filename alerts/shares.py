"""Shares and lengths as they are told of: never without what they are made of, never of nothing."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

ENOUGH: Final = 10
"""Of fewer cases no percentage is shown: half of ten is anything from 24 to 76 % (own choice)."""
Z_95: Final = 1.959964
"""Standard normal quantile of a two-sided interval of 95 %."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """`count` of `of`."""

    count: int
    of: int

    @property
    def value(self) -> float | None:
        """0 to 1; None of nothing."""
        return self.count / self.of if self.of else None

    @property
    def enough(self) -> bool:
        """Are there cases enough to speak of a percentage?"""
        return self.of >= ENOUGH

    @property
    def interval(self) -> tuple[float, float] | None:
        """Where the true share lies, 19 times of 20 (Wilson 1927); None of nothing. Holds for few cases too."""
        if not self.of:
            return None
        share, n = self.count / self.of, self.of
        middle = share + Z_95**2 / (2 * n)
        half = Z_95 * math.sqrt(share * (1 - share) / n + Z_95**2 / (4 * n * n))
        scale = 1 + Z_95**2 / n
        return max(0.0, (middle - half) / scale), min(1.0, (middle + half) / scale)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """`count` in `bed_nights`."""

    count: int
    bed_nights: int

    @property
    def value(self) -> float | None:
        """How many in one bed-night; None of nothing."""
        return self.count / self.bed_nights if self.bed_nights else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lengths:
    """`count` lengths of time: half of them are at most `p50_ms`, nine of ten at most `p90_ms`; None of nothing.

    Both are lengths that were seen (nearest rank), not values in between.
    """

    count: int
    p50_ms: int | None
    p90_ms: int | None

    @classmethod
    def of(cls, lengths_ms: Sequence[int]) -> "Lengths":
        if not lengths_ms:
            return cls(count=0, p50_ms=None, p90_ms=None)
        half, most = np.percentile(lengths_ms, (50, 90), method="inverted_cdf")
        return cls(count=len(lengths_ms), p50_ms=int(half), p90_ms=int(most))
