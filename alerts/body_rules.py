"""The rules about breath that stops, sitting up, and lying in one position for too long.

A pause in breathing is told by a rate near nothing, and only by belts that report often enough to show it; a rate that
is missing is no pause (belts lose a third of them, for half a minute on end), and `vitals-lost` is there for both rates
missing. A turn is a turn-over that the belt counts, a clear movement, or time out of bed.

Fails towards quiet for sitting up and for pauses, which belts see badly; towards telling for turns: silence of the belt
and unknown occupancy do not stop the clock.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from alerts.rules import END_CONFIRM_MS, Frame, RuleSpec, Truth
from domain.alarms import Category, Priority, Rule
from domain.readings import Occupancy
from domain.units import DAY_MS, MINUTE_MS, SECOND_MS

FINE_CADENCE_MS: Final = 5_500
"""5 s and the jitter of a belt's timer: who reports more slowly cannot show 20 s without breath."""
PAUSE_CONFIRM_MS: Final = 4 * SECOND_MS
"""Two readings of the slowest belt that is fine enough agree."""
PAUSE_UNSEEN_MS: Final = 2 * FINE_CADENCE_MS
"""One reading of that belt may be missing."""
SITTING_UNSEEN_MS: Final = 30 * SECOND_MS
"""A burst that is not shown again within three readings of a common belt is over (own choice)."""
STILL_CONFIRM_MS: Final = MINUTE_MS
"""Turns come in bursts of movements; only what lasts longer is worth keeping. It counts from the last movement; where a
service was down within that minute, from its return (own choice)."""

Floats = NDArray[np.float32]
Truths = NDArray[np.int8]

_UNKNOWN, _FALSE, _TRUE = (np.int8(truth) for truth in Truth)
_IN, _OUT = np.int8(Occupancy.IN), np.int8(Occupancy.OUT)


def _paused(frame: Frame, limit: Floats, clear_limit: Floats) -> Truths:
    rate = frame.breathing_rate
    paused = (rate < limit) & (frame.gap_ms <= FINE_CADENCE_MS)
    return np.where(paused, _TRUE, np.where(rate > clear_limit, _FALSE, _UNKNOWN))


def _pause_possible(frame: Frame, _lowest: float, highest: float) -> bool:
    return highest > 0 and bool((frame.breathing_rate < highest).any())


def _sitting_up(frame: Frame, limit: Floats, clear_limit: Floats) -> Truths:
    """A burst of movement of somebody who has settled; turning to the edge and up looks so."""
    still = (frame.movement <= clear_limit) & frame.settled
    burst = (frame.movement > limit) & frame.settled
    return np.where(burst, _TRUE, np.where(still | (frame.in_bed == _OUT), _FALSE, _UNKNOWN))


def _sitting_possible(frame: Frame, lowest: float, _highest: float) -> bool:
    return lowest < np.inf and bool((frame.movement > lowest).any())


def _not_turned(frame: Frame, limit: Floats, _clear_limit: Floats) -> Truths:
    """In bed, in a reading that would show a turn and shows none. A belt that can show none is never asked."""
    tells = (frame.in_bed == _IN) & ~(np.isnan(frame.movement) & np.isnan(frame.turn_overs))
    turned = (frame.movement > limit) & (frame.in_bed == _IN) | (frame.turn_overs > 0) | frame.gone
    return np.where(turned, _FALSE, np.where(tells & ~np.isnan(limit), _TRUE, _UNKNOWN))


def _anybody_is_turned(_frame: Frame, lowest: float, _highest: float) -> bool:
    return lowest < np.inf


BODY_RULES: Final = (
    RuleSpec(
        rule=Rule.BREATHING_PAUSE,
        category=Category.PHYSIOLOGICAL,
        priority=Priority.MEDIUM,
        predicate=_paused,
        holds_while_unknown=False,
        needs_change=False,
        begin_confirm_ms=PAUSE_CONFIRM_MS,
        unknown_limit_ms=PAUSE_UNSEEN_MS,
        end_confirm_ms=0,
        clear_ms=0,
        stays_until_clear=True,
        carry_in_ms=DAY_MS,
        behind=Rule.BREATHING_RATE_VERY_LOW,
        screen=_pause_possible,
    ),
    RuleSpec(
        rule=Rule.SITTING_UP,
        category=Category.CARE,
        priority=Priority.LOW,
        predicate=_sitting_up,
        holds_while_unknown=False,
        needs_change=False,
        unknown_limit_ms=SITTING_UNSEEN_MS,
        end_confirm_ms=END_CONFIRM_MS,
        clear_ms=0,
        stays_until_clear=True,
        screen=_sitting_possible,
    ),
    RuleSpec(
        rule=Rule.NO_TURN_OVER,
        category=Category.CARE,
        priority=Priority.MEDIUM,
        predicate=_not_turned,
        holds_while_unknown=True,
        needs_change=False,
        begin_confirm_ms=STILL_CONFIRM_MS,
        end_confirm_ms=0,
        clear_ms=0,
        carry_in_ms=DAY_MS,
        screen=_anybody_is_turned,
    ),
)
