"""Fevers: residents whose heart and breath go faster from night to night, and back to normal."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from simulators.center import SimulatedCenter
from simulators.streams import Purpose, stream

CYCLE_NIGHTS: Final = 28
"""A resident with fevers has one in this many nights."""
RISE_NIGHTS: Final = 5
PLATEAU_NIGHTS: Final = 2
FALL_NIGHTS: Final = 2
HEART_RATE_RISE: Final = (10.0, 16.0)
"""At the height of it, bpm: 1 to 2 degrees of fever at 8 to 10 bpm a degree."""
BREATHING_RATE_RISE: Final = (2.5, 4.5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fever:
    """One night of a fever, the `number`-th from 0: by how much the rates are raised (/min) all night."""

    number: int
    heart_rate: float
    breathing_rate: float


def fever_of(center: SimulatedCenter, index: int, night: date) -> Fever | None:
    """The fever of the resident in bed `index` in that night, if there is one."""
    rng = stream(center.seed, Purpose.FEVER, index)
    chance, offset = rng.random(), int(rng.integers(CYCLE_NIGHTS))
    heart, breath = rng.uniform(*HEART_RATE_RISE), rng.uniform(*BREATHING_RATE_RISE)
    number = (night.toordinal() - offset) % CYCLE_NIGHTS
    share = _share(number)
    if chance >= center.mix.fever_trend or share == 0:
        return None
    return Fever(number=number, heart_rate=float(heart * share), breathing_rate=float(breath * share))


def _share(number: int) -> float:
    """How much of the fever's height there is in its `number`-th night."""
    falling = number - RISE_NIGHTS - PLATEAU_NIGHTS + 1
    if falling <= 0:
        return min(1.0, (number + 1) / RISE_NIGHTS)
    return max(0.0, 1 - falling / (FALL_NIGHTS + 1))
