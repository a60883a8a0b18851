"""Simulated residents' levels: what is learned from their belts is what their bodies are like."""

from datetime import timedelta

import numpy as np
import pytest

from domain.usual import NIGHTS_NEEDED, Side, UsualLevels
from nightbelt.evaluate_usual import SimulatedLearning
from simulators.arrivals import arrivals, belt_nights
from simulators.center import simulated_center
from simulators.scenarios import Mix
from tests.unit.simulators.samples import NIGHT

CENTER = simulated_center(2, 5, mix=Mix(measured=True))
IN_THE_SMALL_HOURS = slice(12, 15)


@pytest.fixture(scope="module")
def by_night() -> list[list[UsualLevels | None]]:
    """The levels of both residents with which each night began."""
    learning, found = SimulatedLearning(CENTER), []
    for n in range(NIGHTS_NEEDED + 1):
        night = NIGHT + timedelta(days=n)
        found.append([slot.usual for slot in learning.begin(night)])
        nights = belt_nights(CENTER, night)
        for piece in arrivals(nights):
            learning.hear(piece)
        learning.end(nights, [])
    return found


def test_nothing_is_known_before_seven_nights(by_night: list[list[UsualLevels | None]]) -> None:
    assert by_night[0] == [None, None]
    assert all(levels is not None and levels.warming_up for levels in by_night[NIGHTS_NEEDED - 1])


def test_the_levels_lie_around_the_person_s_rates(by_night: list[list[UsualLevels | None]]) -> None:
    for bed, levels in zip(CENTER.beds, by_night[NIGHTS_NEEDED], strict=True):
        assert levels is not None
        assert levels.nights == NIGHTS_NEEDED
        low, high, slow, fast = (levels.limits[side, IN_THE_SMALL_HOURS] for side in Side)
        np.testing.assert_allclose((low + high) / 2, bed.physiology.heart_rate, atol=4)
        np.testing.assert_allclose((slow + fast) / 2, bed.physiology.breathing_rate, atol=1)
        assert np.all(high - low >= 2 * 12 - 0.2)
