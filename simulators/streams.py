"""Where chance comes from: every draw is a function of seed, purpose, bed and night, and of nothing else.

Two kinds. `stream` is a generator for the few draws that make a night. `hashed` is noise for dense columns: the
value belongs to the number of the sample, so any slice of a night can be made alone and is the same as in the whole.
"""

from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from domain.errors import ConfigurationError

# The mixing function of SplitMix64: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
_STEP: Final = np.uint64(0x9E3779B97F4A7C15)
_MIX_A: Final = np.uint64(0xBF58476D1CE4E5B9)
_MIX_B: Final = np.uint64(0x94D049BB133111EB)

LANE_BITS: Final = 16
"""Width of one of the four independent fractions in a hashed value (bit)."""
_LANE_SIZE: Final = np.float32(1 << LANE_BITS)


class Purpose(IntEnum):
    """What draws are for. The numbers are part of every night: never reuse or renumber one."""

    RESIDENT = 1
    SCENARIOS = 2
    PLAN = 3
    BODY = 4
    DELIVERY = 5
    SAMPLE_NOISE = 6
    MESSAGE_NOISE = 7
    EPISODES = 8
    LOSSES = 9
    SAMPLE_LOSS = 10
    STRETCH_LOSS = 11
    CHATTER = 12
    TOSSING = 13
    FEVER = 14
    CARE = 15
    TROUBLE = 20
    GATEWAY = 21
    DRIFT = 22
    STAGES = 40
    MAKER_STAGES = 41
    ASKED = 50
    BATTERY = 51
    CHARGE = 52
    OUTAGE = 53
    SHARING = 54
    ONE_BELT = 55
    FELT = 56


def _entropy(seed: int, purpose: Purpose, index: int, day: int) -> np.random.SeedSequence:
    if seed < 0:
        raise ConfigurationError(f"seed {seed}: must not be negative")
    return np.random.SeedSequence((seed, int(purpose), index, day))


def stream(seed: int, purpose: Purpose, index: int, day: int = 0) -> np.random.Generator:
    """A fresh generator for one bed (`index`) and night (`day`, proleptic ordinal; 0 for what is not of a night)."""
    return np.random.Generator(np.random.SFC64(_entropy(seed, purpose, index, day)))


def salt(seed: int, purpose: Purpose, index: int, day: int) -> np.uint64:
    """The number that sets the hashed noise of one bed and night apart from all others."""
    return np.uint64(_entropy(seed, purpose, index, day).generate_state(1, np.uint64)[0])


def hashed(numbers: NDArray[np.int64], salt_value: np.uint64) -> NDArray[np.uint64]:
    """64 well mixed bits for each number (same shape)."""
    bits = numbers.astype(np.uint64)
    bits *= _STEP
    bits += salt_value
    bits ^= bits >> np.uint64(30)
    bits *= _MIX_A
    bits ^= bits >> np.uint64(27)
    bits *= _MIX_B
    bits ^= bits >> np.uint64(31)
    return bits


def lane(bits: NDArray[np.uint64], number: int) -> NDArray[np.float32]:
    """Fraction `number` (0 to 3) of hashed bits, uniform in [0, 1)."""
    return bits.view(np.uint16)[number::4].astype(np.float32) / _LANE_SIZE
