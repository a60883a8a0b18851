"""The night at a glance, against nights written by hand: one letter a reading, i in bed, o out, ? unknown."""

import numpy as np
import pytest

from domain.readings import Occupancy, ReadingBatch
from domain.units import HOUR_MS, MINUTE_MS, SECOND_MS
from sleep.glance import NightGlance, glance
from sleep.occupancy import CHATTER_MS, MAX_HOLD_MS

START = 1_795_000_000_000
MEANING = {"i": Occupancy.IN, "o": Occupancy.OUT, "?": Occupancy.UNKNOWN}


def night(letters: str, *, every_ms: int = MINUTE_MS, end_at: int | None = None, **floats: object) -> NightGlance:
    told = [(n, MEANING[letter]) for n, letter in enumerate(letters) if letter != " "]
    observed = [START + n * every_ms for n, _ in told]
    batch = ReadingBatch.build(
        belts=("b",),
        belt=[0] * len(told),
        observed_at=observed,
        received_at=observed,
        in_bed=[occupancy for _, occupancy in told],
        **floats,
    )
    return glance(batch, START, START + len(letters) * every_ms if end_at is None else end_at)


@pytest.mark.parametrize(
    ("letters", "in_bed", "out", "unknown"),
    [
        ("iiii", 4, 0, 0),
        ("iioo", 2, 2, 0),
        ("ii??", 2, 0, 2),
        ("i  i", 2, 0, 2),
        ("    ", 0, 0, 4),
        (" ii ", 2, 0, 2),
        ("o??i", 1, 1, 2),
    ],
)
def test_every_minute_is_in_bed_or_out_or_unknown(letters: str, in_bed: int, out: int, unknown: int) -> None:
    sums = night(letters)
    assert [sums.in_bed_ms, sums.out_ms, sums.unknown_ms] == [n * MINUTE_MS for n in (in_bed, out, unknown)]
    assert sums.coverage == pytest.approx((in_bed + out) / 4)


@pytest.mark.parametrize(
    ("letters", "exits", "rose"),
    [
        ("iiii", [], None),
        ("iooi", [(1, 3)], None),
        ("ioioi", [(1, 2), (3, 4)], None),
        ("ooii", [], None),
        ("iioo", [], 2),
        ("ioioo", [(1, 2)], 3),
        ("oooo", [], None),
        ("io?i", [(1, 3)], None),
        ("io  i", [(1, 4)], None),
        ("i??i", [], None),
        ("i  i", [], None),
        ("i ?oi", [(3, 4)], None),
        ("", [], None),
    ],
)
def test_an_exit_has_a_return_and_the_final_rise_is_none(
    letters: str, exits: list[tuple[int, int]], rose: int | None
) -> None:
    sums = night(letters)
    found = [((gone.left_at - START) // MINUTE_MS, (gone.back_at - START) // MINUTE_MS) for gone in sums.exits]
    assert found == exits
    assert sums.rose_at == (None if rose is None else START + rose * MINUTE_MS)


def test_sums_of_the_exits() -> None:
    sums = night("ioioooi")
    assert sums.exits_ms == 4 * MINUTE_MS
    assert sums.longest_exit_ms == 3 * MINUTE_MS


@pytest.mark.parametrize(
    ("letters", "exits"),
    [
        ("iiiiiioooiiiiii", 0),
        ("iiiiiiooooiiiiii", 0),
        ("iiiiiioooooiiiiii", 1),
        ("iiiiiioioioioooooooiiiiii", 1),
        ("iiiiiiooooooiiooooooiiiiii", 1),
    ],
)
def test_chatter_is_nobody_leaving_or_returning(letters: str, exits: int) -> None:
    assert CHATTER_MS == 5 * SECOND_MS
    assert len(night(letters, every_ms=SECOND_MS).exits) == exits


def test_a_reading_speaks_for_a_minute_at_most() -> None:
    sums = night("i", every_ms=HOUR_MS)
    assert sums.in_bed_ms == MAX_HOLD_MS
    assert sums.unknown_ms == HOUR_MS - MAX_HOLD_MS


def test_stretches_cover_the_night_without_gaps() -> None:
    sums = night("ii  oo?i")
    assert [part.occupancy for part in sums.stretches] == [
        Occupancy.IN,
        Occupancy.UNKNOWN,
        Occupancy.OUT,
        Occupancy.UNKNOWN,
        Occupancy.IN,
    ]
    assert sums.stretches[0].start_at == sums.start_at
    assert sums.stretches[-1].end_at == sums.end_at
    pairs = zip(sums.stretches, sums.stretches[1:], strict=False)
    assert all(before.end_at == after.start_at for before, after in pairs)


def test_missing_figures_are_missing() -> None:
    sums = night("iiii")
    assert sums.turn_overs is None
    assert sums.mean_heart_rate is None


def test_heart_rate_in_bed_only_and_turn_overs_of_all() -> None:
    sums = night("iioo", heart_rate=[60, 64, 90, np.nan], turn_overs=[1, np.nan, 0, 2])
    assert sums.mean_heart_rate == pytest.approx(62)
    assert sums.turn_overs == 3


def test_readings_outside_the_night_are_left_out() -> None:
    sums = night("iiiiii", end_at=START + 3 * MINUTE_MS)
    assert sums.in_bed_ms == 3 * MINUTE_MS
    assert sums.coverage == 1


def test_two_belts_one_after_the_other() -> None:
    at = [START + n * MINUTE_MS for n in range(4)]
    batch = ReadingBatch.build(
        belts=("new", "old"), belt=[1, 1, 0, 0], observed_at=at, received_at=at, in_bed=[1, 0, 1, 1]
    )
    sums = glance(batch, START, START + 4 * MINUTE_MS)
    assert len(sums.exits) == 1
    assert sums.in_bed_ms == 3 * MINUTE_MS


def test_an_empty_night() -> None:
    sums = glance(ReadingBatch.empty(), START, START + HOUR_MS)
    assert (sums.coverage, sums.exits, sums.rose_at) == (0, (), None)
    assert glance(ReadingBatch.empty(), START, START).coverage == 0
