"""What a real belt loses: single values, values for a stretch, and for a moment the person in the bed.

Functions of the sample's number and instant, so any slice of a night can be made alone.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from domain.units import MINUTE_MS, SECOND_MS
from simulators.center import SimulatedBelt, SimulatedCenter
from simulators.night import NightPlan
from simulators.streams import Purpose, hashed, lane, salt

WEAK_SHARE: Final = np.float32(0.05)
"""Share of samples in bed with a signal too weak for rates; contact-free devices lose 6 to 27 % of heart rates in all
(Anesthesiology 132:424), movement and settling included."""
STRETCH_MS: Final = 20 * SECOND_MS
"""Half of what is lost is lost for at least this long: a movement, an arm on the belt."""
CHATTER_MS: Final = (1 * SECOND_MS, 3 * SECOND_MS)
CHATTER_FROM_EDGE_MS: Final = 2 * MINUTE_MS

Instants = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lossy:
    """The losses of one belt in one night."""

    belt: SimulatedBelt
    sample_salt: np.uint64
    stretch_salt: np.uint64
    chatter_salt: np.uint64

    def lost(self, at: Instants, numbers: Instants) -> tuple[Mask, Mask]:
        """Whose heart rate, and whose breathing rate, is missing; besides what is missing of a weak signal."""
        single, stretch = hashed(numbers, self.sample_salt), hashed(at // STRETCH_MS, self.stretch_salt)
        heart, breath = self.belt.heart_rate_loss, self.belt.breathing_rate_loss
        return (
            (lane(stretch, 0) < heart / 2) | (lane(single, 0) < _single(heart)),
            (lane(stretch, 1) < breath / 2) | (lane(single, 1) < _single(breath)),
        )

    def chatters(self, at: Instants) -> Mask:
        """In which samples the sensor takes the bed for empty."""
        chance = hashed(at // MINUTE_MS, self.chatter_salt)
        length = CHATTER_MS[0] + lane(chance, 1) * (CHATTER_MS[1] - CHATTER_MS[0])
        since_ms = at % MINUTE_MS - lane(chance, 2) * (MINUTE_MS - CHATTER_MS[1])
        chatters: Mask = (lane(chance, 0) < self.belt.chatter) & (since_ms >= 0) & (since_ms < length)
        return chatters


def lossy_belt(center: SimulatedCenter, plan: NightPlan) -> Lossy:
    """The losses of the belt under the bed of `plan` in its night."""
    index, day = plan.bed.index, plan.night.toordinal()
    return Lossy(
        belt=plan.bed.belt,
        sample_salt=salt(center.seed, Purpose.SAMPLE_LOSS, index, day),
        stretch_salt=salt(center.seed, Purpose.STRETCH_LOSS, index, day),
        chatter_salt=salt(center.seed, Purpose.CHATTER, index, day),
    )


def _single(share: float) -> float:
    """The share of samples to lose one by one, so that with stretches and weak signals `share` is lost in all."""
    kept = (1 - share) / ((1 - share / 2) * (1 - float(WEAK_SHARE)))
    return max(0.0, 1 - kept)
