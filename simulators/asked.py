"""What is asked for some residents beyond the defaults: to be turned, told of when they sit up, or of a time of day."""

from dataclasses import replace
from datetime import time
from typing import Final

import numpy as np

from domain.residents import VitalSettings
from domain.vitals import NO_TURN_OVER, NOT_IN_BED, SITTING_UP, STILL_IN_BED, AtTime
from simulators.physiology import Physiology
from simulators.streams import Purpose, stream

_TURNED_SHARE: Final = 0.2
"""Share of residents who are to be turned within `_TURN_HOURS`."""
_TURN_HOURS: Final = (2, 4, 6)
_SITTING_SHARE: Final = 0.25
_BY_BEDTIME_SHARE: Final = 0.15
_BY_RISING_SHARE: Final = 0.15
_BESIDE_HABIT_MIN: Final = (-25.0, 15.0)
"""How long after the usual time of going to bed, or rising, one is told of (min): most days it owes nothing."""
_TIMES_MIN: Final = 5
"""Times of day are asked in steps of 5 min."""


def asked_of(seed: int, index: int, who: Physiology) -> VitalSettings:
    """The settings of the resident in bed `index`."""
    turned = stream(seed, Purpose.CARE, index)
    risk, hours = turned.random(), _TURN_HOURS[int(turned.integers(len(_TURN_HOURS)))]
    settings = VitalSettings()
    if risk < _TURNED_SHARE:
        settings = replace(settings, no_turn_over=replace(NO_TURN_OVER, on=True, after_s=hours * 3600))
    rng = stream(seed, Purpose.ASKED, index)
    sitting, by_bedtime, by_rising = rng.random(3).tolist()
    after_bedtime, after_rising = rng.uniform(*_BESIDE_HABIT_MIN, 2).tolist()
    return replace(
        settings,
        sitting_up=replace(SITTING_UP, on=sitting < _SITTING_SHARE),
        not_in_bed=_at(NOT_IN_BED, who.bedtime_min + after_bedtime, on=by_bedtime < _BY_BEDTIME_SHARE),
        still_in_bed=_at(STILL_IN_BED, who.rise_min + after_rising, on=by_rising < _BY_RISING_SHARE),
    )


def _at(plain: AtTime, minutes: float, *, on: bool) -> AtTime:
    """Asked at that time of day (min after midnight), or as it is by default."""
    hour, minute = divmod(int(np.rint(minutes / _TIMES_MIN)) * _TIMES_MIN, 60)
    return replace(plain, on=True, at=time(hour, minute)) if on else plain
