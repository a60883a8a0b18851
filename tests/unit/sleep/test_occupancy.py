"""Which stay in bed is the night, and what is chatter."""

import numpy as np
import pytest

from domain.readings import Occupancy
from domain.units import MINUTE_MS, SECOND_MS
from sleep.occupancy import LONE_CHATTER_MS, NAP_GAP_MS, BedTime, Stretch, bed_time, steady_runs
from tests.unit.sleep.nights import START


def runs(*minutes: int, begins: Occupancy = Occupancy.IN) -> tuple[Stretch, ...]:
    """Stretches in bed and out of bed by turns, of so many minutes."""
    found, at, occupancy = [], START, begins
    for length in minutes:
        found.append(Stretch(start_at=at, end_at=at + length * MINUTE_MS, occupancy=occupancy))
        at, occupancy = found[-1].end_at, Occupancy(1 - occupancy)
    return tuple(found)


def minutes_of(bed: BedTime) -> tuple[int, int]:
    return (bed.in_bed_at - START) // MINUTE_MS, (bed.ended_at - START) // MINUTE_MS


@pytest.mark.parametrize(
    ("lengths", "stay", "exits", "naps"),
    [
        ((400,), (0, 400), 0, 0),
        ((200, 10, 200, 60), (0, 410), 1, 0),
        ((30, 60, 300), (0, 390), 1, 0),  # an hour up after half an hour in bed is a long exit
        ((30, 61, 300), (91, 391), 0, 1),  # longer than that, and than the stay: a nap before
        ((90, 80, 300), (0, 470), 1, 0),  # in bed for longer than up: one night
        ((300, 120, 20, 60), (0, 300), 0, 1),  # back for a doze in the morning
        ((300, 120, 130, 60), (0, 550), 1, 0),  # long wandering at night
        ((25, 5, 30, 62, 300), (122, 422), 0, 2),
        ((25, 5, 40, 62, 300), (0, 432), 2, 0),
    ],
)
def test_the_night_its_exits_and_naps(lengths: tuple[int, ...], stay: tuple[int, int], exits: int, naps: int) -> None:
    assert NAP_GAP_MS == 60 * MINUTE_MS
    bed = bed_time(runs(*lengths))
    assert bed is not None
    assert minutes_of(bed) == stay
    assert (len(bed.exits), len(bed.naps)) == (exits, naps)


def test_rising_is_leaving_without_a_return() -> None:
    stays, left = bed_time(runs(400)), bed_time(runs(400, 30))
    assert stays is not None
    assert stays.rose_at is None
    assert left is not None
    assert left.rose_at == left.ended_at == START + 400 * MINUTE_MS


@pytest.mark.parametrize("nobody", [(), runs(400, begins=Occupancy.OUT)])
def test_nobody_in_bed(nobody: tuple[Stretch, ...]) -> None:
    assert bed_time(nobody) is None


@pytest.mark.parametrize(("every_s", "readings", "exits"), [(10, 1, 0), (10, 2, 1), (20, 1, 1), (60, 1, 1), (4, 1, 0)])
def test_one_reading_alone_is_no_exit_unless_it_stands_for_long(every_s: int, readings: int, exits: int) -> None:
    assert LONE_CHATTER_MS == 20 * SECOND_MS
    in_bed = np.array([1] * 40 + [0] * readings + [1] * 40, np.int8)
    at = START + every_s * SECOND_MS * np.arange(len(in_bed), dtype=np.int64)
    bed = bed_time(steady_runs(at, in_bed, int(at[-1]) + SECOND_MS))
    assert bed is not None
    assert len(bed.exits) == exits
