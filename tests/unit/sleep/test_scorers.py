"""Published scorers against their printed constants, by what a single count does to the epochs around it."""

import numpy as np
import pytest

from domain.units import MINUTE_MS
from sleep.scorers import (
    COLE_KRIPKE,
    COUNTS_CAP,
    OAKLEY_KERNELS,
    SCRIPPS_FACTOR,
    SCRIPPS_KERNEL,
    Scorer,
    cole_kripke,
    counts_of,
    oakley,
    sadeh,
    scored,
    scripps,
    webster,
    weighted,
)

N = 31
HERE = 15


def impulse(size: float = 1.0) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    counts = np.zeros(N)
    counts[HERE] = size
    return counts


@pytest.mark.parametrize(
    ("variant", "factor", "weights"),
    [
        ("mean", 0.001, [106, 54, 58, 76, 230, 74, 67]),
        ("10s-overlapping", 0.00001, [50, 30, 300, 400, 1400, 500, 350]),
        ("10s", 0.00001, [550, 378, 413, 699, 1736, 287, 309]),
        ("30s", 0.0001, [50, 30, 14, 28, 121, 8, 50]),
    ],
)
def test_a_count_is_felt_by_cole_kripke_where_the_paper_says(variant: str, factor: float, weights: list[int]) -> None:
    """The first weight is that of the minute four before the scored one: a count is felt by it four minutes later."""
    assert COLE_KRIPKE[variant] == (factor, tuple(weights))
    felt = weighted(impulse(), (4, COLE_KRIPKE[variant][1]))
    assert felt[HERE - 2 : HERE + 5].tolist() == weights[::-1]
    assert np.count_nonzero(felt) == 7


@pytest.mark.parametrize(("activity", "awake"), [(4.34, False), (4.35, True)])
def test_cole_kripke_calls_one_and_more_awake(activity: float, awake: bool) -> None:
    """Alone, 1 / (0.001 * 230) = 4.348 in the minute itself."""
    assert cole_kripke(impulse(activity), "mean")[HERE] == awake


def test_a_count_is_felt_by_scripps_ten_minutes_later_and_two_before() -> None:
    felt = weighted(impulse(), SCRIPPS_KERNEL)
    assert felt[HERE + 10] == 0.0064
    assert felt[HERE - 2] == 0.0100
    assert felt[HERE] == 0.0300
    assert felt[HERE + 1] == 0.0664
    assert felt[HERE - 3] == felt[HERE + 11] == 0
    assert SCRIPPS_FACTOR == 0.204


def test_scripps_looks_for_one() -> None:
    limit = 1 / (0.204 * 0.0664)
    assert not scripps(impulse(limit * 0.999)).any()
    assert np.flatnonzero(scripps(impulse(limit * 1.001))).tolist() == [HERE + 1]


@pytest.mark.parametrize(
    ("length_s", "own", "near", "far", "reach"),
    [(15, 4, 1 / 5, 1 / 25, 8), (30, 2, 1 / 5, 1 / 25, 4), (60, 1, 1 / 5, 1 / 25, 2)],
)
def test_a_count_is_felt_by_oakley_on_both_sides(
    length_s: int, own: float, near: float, far: float, reach: int
) -> None:
    felt = weighted(impulse(), OAKLEY_KERNELS[length_s])
    assert felt[HERE] == own
    assert felt[HERE - 1] == felt[HERE + 1] == near
    assert felt[HERE - reach] == felt[HERE + reach] == far
    assert felt[HERE - reach - 1] == felt[HERE + reach + 1] == 0


def test_oakley_wants_more_than_its_limit() -> None:
    assert not oakley(impulse(20), 30).any()
    assert np.flatnonzero(oakley(impulse(21), 30)).tolist() == [HERE]
    assert np.flatnonzero(oakley(impulse(11), 30, limit=20)).tolist() == [HERE]


def test_sadeh_of_stillness_is_sleep() -> None:
    assert not sadeh(np.zeros(N)).any()


def test_sadeh_by_hand() -> None:
    """All minutes at 60: 7.601 - 0.065*60 - 1.08*11 - 0 - 0.703*ln(61) < 0; a single minute of 100 is sleep."""
    assert sadeh(np.full(N, 60.0))[HERE]
    index = 7.601 - 0.065 * 100 / 11 - 0.056 * np.std([0, 0, 0, 0, 0, 100], ddof=1) - 0.703 * np.log(101)
    assert index > 0
    assert not sadeh(impulse(100.0)).any()
    capped = 7.601 - 0.065 * 300 / 11 - 0.056 * np.std([0, 0, 0, 0, 0, 300], ddof=1) - 0.703 * np.log(301)
    assert capped < 0
    assert np.array_equal(sadeh(impulse(300.0)), sadeh(impulse(5_000.0)))
    assert sadeh(impulse(300.0))[HERE]


@pytest.mark.parametrize(
    ("night", "rescored"),
    [
        ("3w 9s", "3w 9s"),
        ("4w 9s", "5w 8s"),
        ("10w 9s", "13w 6s"),
        ("15w 9s", "19w 5s"),
        ("15w 6s 15w 9s", "40w 5s"),
        ("15w 11s 15w 9s", "19w 7s 19w 5s"),
        ("20w 14s 20w 9s", "58w 5s"),
        ("14w 6s 3w 9s", "17w 3s 3w 9s"),
    ],
)
def test_webster(night: str, rescored: str) -> None:
    assert letters(webster(minutes(night), MINUTE_MS)) == letters(minutes(rescored))


def test_webster_in_half_minutes() -> None:
    found = webster(np.repeat(minutes("4w 9s"), 2), MINUTE_MS // 2)
    assert letters(found) == letters(np.repeat(minutes("5w 8s"), 2))


@pytest.mark.parametrize("scorer", list(Scorer))
@pytest.mark.parametrize("length_ms", [30_000, 60_000])
def test_every_scorer_tells_a_lively_hour_from_still_ones(scorer: Scorer, length_ms: int) -> None:
    per_hour = 60 * MINUTE_MS // length_ms
    counts = np.concatenate([np.zeros(per_hour), np.full(per_hour, 250.0), np.zeros(per_hour + 1)])
    awake = scored(scorer, counts, length_ms)
    assert len(awake) == len(counts)
    assert awake[per_hour : 2 * per_hour].all()
    assert not awake[: per_hour - 6 * MINUTE_MS // length_ms].any()
    assert not awake[2 * per_hour + 16 * MINUTE_MS // length_ms :].any()


def test_counts_are_above_stillness_and_of_the_devices_scale() -> None:
    movement = np.array([1.0] * 98 + [11.0, 51.0])
    everything = np.ones(100, bool)
    assert counts_of(movement, everything, 2.0)[-2:].tolist() == [20.0, 100.0]
    assert counts_of(movement, everything, 2.0)[:98].max() == 0
    large = float(np.percentile(np.maximum(movement - 1, 0), 98))
    assert counts_of(movement, everything, None)[-1] == pytest.approx(50 * COUNTS_CAP / large)


def minutes(text: str) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    return np.array([word[-1] == "w" for word in text.split() for _ in range(int(word[:-1]))])


def letters(awake: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> str:
    return "".join("w" if one else "s" for one in awake)
