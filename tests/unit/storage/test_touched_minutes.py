"""Which minutes were touched: noted, taken when over, bounded."""

from hypothesis import given
from hypothesis import strategies as st

from domain.readings import ReadingBatch
from domain.units import DAY_MS, HOUR_MS, MINUTE_MS
from storage.touched_minutes import TouchedHour, TouchedMinutes

H0 = 1_795_350_000_000 // HOUR_MS * HOUR_MS
BELTS = ("b0", "b1", "b2")


def noted(touched: TouchedMinutes, *readings: tuple[int, int]) -> None:
    """Readings as (belt number, instant)."""
    belts, instants = zip(*readings, strict=True)
    touched.note(ReadingBatch.build(belts=BELTS, belt=belts, observed_at=instants, received_at=H0))


def taken(touched: TouchedMinutes, before: int, max_hours: int = 1_000) -> list[tuple[str, int]]:
    """Belts and minutes."""
    hours = touched.take(before, max_hours)
    return [(belt_id, at) for hour in hours for belt_id in sorted(hour.masks) for at in hour.minutes(belt_id)]


def test_nothing_is_touched_by_nothing() -> None:
    touched = TouchedMinutes()
    touched.note(ReadingBatch.empty())
    assert (len(touched), touched.take(H0, 9), touched.take_doubtful(DAY_MS)) == (0, [], None)


def test_minutes_are_taken_once_and_only_when_they_are_over() -> None:
    touched = TouchedMinutes()
    noted(touched, (0, H0), (0, H0 + 59_999), (0, H0 + MINUTE_MS), (1, H0))
    assert taken(touched, H0 + MINUTE_MS - 1) == []
    assert taken(touched, H0 + MINUTE_MS) == [("b0", H0), ("b1", H0)]
    assert taken(touched, H0 + MINUTE_MS) == []
    assert taken(touched, H0 + 2 * MINUTE_MS) == [("b0", H0 + MINUTE_MS)]
    assert len(touched) == 0


def test_the_earliest_hours_come_first() -> None:
    touched = TouchedMinutes()
    noted(touched, (0, H0 + HOUR_MS), (0, H0), (2, H0 - DAY_MS))
    assert taken(touched, H0 + DAY_MS, max_hours=2) == [("b2", H0 - DAY_MS), ("b0", H0)]
    assert taken(touched, H0 + DAY_MS, max_hours=2) == [("b0", H0 + HOUR_MS)]


def test_what_was_taken_can_be_given_back() -> None:
    touched = TouchedMinutes()
    noted(touched, (0, H0), (0, H0 + HOUR_MS - 1))
    hours = touched.take(H0 + DAY_MS, 9)
    touched.mark(hours)
    assert touched.take(H0 + DAY_MS, 9) == hours


def test_of_too_many_the_earliest_become_doubtful() -> None:
    touched = TouchedMinutes(max_belt_hours=2)
    noted(touched, (0, H0 + 2 * HOUR_MS), (1, H0 + 2 * HOUR_MS), (0, H0))
    assert (len(touched), touched.take_doubtful(DAY_MS)) == (2, (H0, H0 + HOUR_MS))
    noted(touched, (0, H0 - DAY_MS), (0, H0 + HOUR_MS))
    assert len(touched) <= 2
    assert touched.take_doubtful(9 * DAY_MS) == (H0 - DAY_MS, H0 + 2 * HOUR_MS)


def test_doubtful_time_is_taken_piece_by_piece() -> None:
    touched = TouchedMinutes()
    touched.doubt(H0, H0 + 3 * HOUR_MS)
    touched.doubt(H0 - HOUR_MS, H0)
    pieces = [touched.take_doubtful(2 * HOUR_MS) for _ in range(3)]
    assert pieces == [(H0 - HOUR_MS, H0 + HOUR_MS), (H0 + HOUR_MS, H0 + 3 * HOUR_MS), None]


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(-200, 200)), min_size=1, max_size=60), st.integers(-210, 210))
def test_what_is_noted_is_taken_once(readings: list[tuple[int, int]], cut: int) -> None:
    touched = TouchedMinutes()
    noted(touched, *((belt, H0 + minute * MINUTE_MS + 7) for belt, minute in readings))
    wanted = {(f"b{belt}", H0 + minute * MINUTE_MS) for belt, minute in readings}
    first = taken(touched, H0 + cut * MINUTE_MS)
    assert set(first) == {(belt, at) for belt, at in wanted if at + MINUTE_MS <= H0 + cut * MINUTE_MS}
    second = taken(touched, H0 + DAY_MS)
    assert sorted(first + second) == sorted(wanted)
    assert len(touched) == 0


def test_minutes_of_a_mask() -> None:
    hour = TouchedHour(hour_at=H0, masks={"b0": 0b101 | 1 << 59})
    assert hour.minutes("b0") == [H0, H0 + 2 * MINUTE_MS, H0 + 59 * MINUTE_MS]
