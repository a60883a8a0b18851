"""Asleep or awake: what plain cases are called, and that doubt alone is moved by what is usual."""

import numpy as np
import pytest

from sleep.epochs import EpochColumns, Floats, Mask
from sleep.occupancy import BedTime
from sleep.waking import USUAL_WAKING, waking
from tests.unit.sleep.nights import EPOCH_MS

N = 960


def found(*, movement: Floats | None = None, heart_rate: Floats | None = None) -> Mask:
    nothing = np.full(N, np.nan)
    columns = EpochColumns(
        start_at=0,
        length_ms=EPOCH_MS,
        in_ms=np.full(N, float(EPOCH_MS)),
        out_ms=np.zeros(N),
        heart_rate=nothing if heart_rate is None else heart_rate,
        breathing_rate=nothing,
        movement=nothing if movement is None else movement,
        movement_peak=nothing,
    )
    bed = BedTime(in_bed_at=0, ended_at=N * EPOCH_MS, rose_at=None, exits=(), naps=(), runs=())
    return waking(columns, bed).awake


def sleeping_heart() -> Floats:
    rng = np.random.default_rng(2)
    return 60 + 1.5 * np.sin(np.arange(N) / 40) + rng.normal(0, 0.7, N)


def twitches() -> Floats:
    movement = np.zeros(N)
    movement[17::37] = 20
    return movement


def test_an_even_night_is_slept_through_but_for_lying_down() -> None:
    """Nothing is in doubt, so nobody is called awake to make up the usual share."""
    awake = found(movement=twitches(), heart_rate=sleeping_heart())
    assert awake.mean() < USUAL_WAKING / 4
    assert not awake[60:].any()


def test_lively_hours_are_waking_however_many_there_are() -> None:
    """Half the night: far more than is usual over 65."""
    rng = np.random.default_rng(4)
    movement, heart = twitches(), sleeping_heart()
    movement[480:] = np.where(rng.random(480) < 0.7, rng.exponential(40, 480), 0)
    heart[480:] += 9
    awake = found(movement=movement, heart_rate=heart)
    assert awake[490:].mean() > 0.8
    assert awake[60:470].mean() < 0.02


def test_quiet_waking_is_told_by_the_heart() -> None:
    """What belts are known to call sleep: an hour and a half with a movement every third epoch, but a faster heart."""
    movement, heart = twitches(), sleeping_heart()
    movement[500:680:3] = 12
    heart[500:680] += 8
    awake = found(movement=movement, heart_rate=heart)
    assert awake[510:670].mean() > 0.7
    assert awake[700:].mean() < 0.1
    assert found(movement=movement)[510:670].mean() < 0.5


def test_the_heart_alone_will_do() -> None:
    heart = sleeping_heart()
    heart[:60] += 8
    heart[600:660] += 8
    awake = found(heart_rate=heart)
    assert awake[:55].all()
    assert awake[605:655].mean() > 0.9
    assert awake.mean() < 0.25


def test_a_night_begins_and_ends_with_lasting_sleep() -> None:
    """Three still minutes within lively ones before the first sleep are no sleep onset."""
    rng = np.random.default_rng(5)
    movement = twitches()
    lively = np.r_[0:40, 46:80, 900:950]
    movement[lively] = rng.exponential(60, len(lively)) + 20
    awake = found(movement=movement, heart_rate=sleeping_heart())
    assert awake[:80].all()
    assert awake[900:950].all()


@pytest.mark.parametrize("factor", [0.001, 1, 1000])
def test_the_unit_of_movement_does_not_matter(factor: float) -> None:
    rng = np.random.default_rng(6)
    movement = twitches()
    movement[300:400] = rng.exponential(40, 100)
    assert np.array_equal(found(movement=movement), found(movement=movement * factor))


def test_without_anything_to_tell_by_nobody_is_called_awake() -> None:
    assert not found().any()
