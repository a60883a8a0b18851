"""A belt's clock that runs away in the afternoon, stays off through the night, and is put right in the morning."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from domain.units import SECOND_MS
from simulators.center import SimulatedCenter
from simulators.localtime import wall_clock
from simulators.night import NightPlan
from simulators.scenarios import Scenario
from simulators.streams import Purpose, stream

_FROM_MIN: Final = 17 * 60
_UNTIL_MIN: Final = 17 * 60 + 20
"""It drifts from 17:00 to 17:20 local, when nobody is in bed."""
_RIGHT_AGAIN_MIN: Final = 32 * 60 + 30
"""It is put right at 08:30 of the next morning."""
_OFF_S: Final = (200.0, 240.0)
"""How far it is off in the end: less than the 5 min beyond which readings are refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """The clock goes off evenly over [`from_at`, `until`) (true ms), by `off_ms` in all, and is right at `right_at`."""

    from_at: int
    until: int
    right_at: int
    off_ms: int

    def clock_off_ms(self, at: NDArray[np.int64]) -> NDArray[np.int64]:
        """How far the clock is off (ms, ahead is positive) at these instants."""
        share = np.clip((at - self.from_at) / (self.until - self.from_at), 0.0, 1.0)
        return np.where(at < self.right_at, np.rint(share * self.off_ms), 0).astype(np.int64)

    def beyond_at(self, off_ms: int) -> int:
        """When it is off by that (true ms)."""
        return self.from_at + round((self.until - self.from_at) * off_ms / abs(self.off_ms))


def plan_drift(center: SimulatedCenter, plan: NightPlan) -> Drift | None:
    """The drift of this night's clock; a clock that is always wrong does not drift besides."""
    rng = stream(center.seed, Purpose.DRIFT, plan.bed.index, plan.night.toordinal())
    off_s, ahead = rng.uniform(*_OFF_S), rng.random() < 0.5
    if Scenario.CLOCK_DRIFT not in plan.scenarios or plan.bed.belt.clock_offset_ms:
        return None
    return Drift(
        from_at=wall_clock(plan.night, _FROM_MIN, center.zone),
        until=wall_clock(plan.night, _UNTIL_MIN, center.zone),
        right_at=wall_clock(plan.night, _RIGHT_AGAIN_MIN, center.zone),
        off_ms=round(off_s * SECOND_MS) * (1 if ahead else -1),
    )
