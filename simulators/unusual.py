"""Episodes of a rate that is far from the person's own and within the limits that hold for everybody."""

from typing import Final

from simulators.physiology import Physiology
from simulators.scenarios import Scenario

LENGTH_MIN: Final = (20.0, 50.0)
_LOW_SHARE: Final = 0.5
_HEART_HIGHER: Final = (24.0, 34.0)
_HEART_LOWER: Final = (18.0, 24.0)
_BREATH_HIGHER: Final = (6.5, 8.0)
_BREATH_LOWER: Final = (6.0, 7.0)
"""How far from the rate of light sleep (lowest, highest), per minute."""
_HEART_WITHIN: Final = (43.0, 106.0)
_BREATH_WITHIN: Final = (8.8, 23.2)
"""Clear of the warnings at 40 and 110 beats, 8 and 24 breaths."""


def unusual_rate(kind: Scenario, who: Physiology, which: float, level: float) -> float:
    """The rate of an episode (/min); `which` and `level` are drawn from 0 to 1."""
    heart = kind is Scenario.UNUSUAL_HEART
    usual, within = (who.heart_rate, _HEART_WITHIN) if heart else (who.breathing_rate, _BREATH_WITHIN)
    lower = _HEART_LOWER if heart else _BREATH_LOWER
    higher = _HEART_HIGHER if heart else _BREATH_HIGHER
    low, high = lower if which < _LOW_SHARE else higher
    moved = low + level * (high - low)
    rate = usual - moved if which < _LOW_SHARE else usual + moved
    return min(max(rate, within[0]), within[1])
