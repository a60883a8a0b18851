"""Who is on duty, across midnight, clock changes and swaps."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from domain.clock import instant
from domain.errors import ConfigurationError
from domain.roster import WEEK, Duty, Post, Roster, Shift, Swap
from domain.units import HOUR_MS

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
NIGHT = Shift(shift_id="night", name="Night", start=time(22), end=time(6, 30))
DAY = Shift(shift_id="day", name="Day", start=time(6, 30), end=time(22))
PLAN = Roster(
    center_id="c1",
    shifts=(DAY, NIGHT),
    duties=tuple(
        Duty(shift_id=shift, weekday=day, post=post, person_id=f"{shift}-{post}-{day}")
        for shift in ("day", "night")
        for day in WEEK
        for post in Post
    ),
)
MONDAY = date(2026, 11, 23)


def at(hour: int, minute: int = 0, day: date = MONDAY, tz: ZoneInfo = SHANGHAI) -> int:
    return instant(datetime.combine(day, time(hour, minute), tzinfo=tz))


@pytest.mark.parametrize(
    ("hour", "minute", "expected"),
    [
        (22, 0, "night-a-0"),
        (23, 59, "night-a-0"),
        (0, 0, "night-a-6"),
        (6, 29, "night-a-6"),
        (6, 30, "day-a-0"),
        (21, 59, "day-a-0"),
    ],
)
def test_a_shift_has_the_name_of_the_day_it_begins(hour: int, minute: int, expected: str) -> None:
    assert PLAN.on_duty(at(hour, minute), SHANGHAI).on(Post.A) == (expected,)


def test_a_swap_is_for_that_one_shift() -> None:
    swap = Swap(shift_id="night", day=MONDAY, post=Post.B, person_id="stand-in")
    roster = Roster(center_id="c1", shifts=PLAN.shifts, duties=PLAN.duties, swaps=(swap,))
    tuesday_early = at(3, day=date(2026, 11, 24))
    assert roster.on_duty(at(23), SHANGHAI).on(Post.B) == ("stand-in",)
    assert roster.on_duty(tuesday_early, SHANGHAI).on(Post.B) == ("stand-in",)
    assert roster.on_duty(at(23, day=date(2026, 11, 24)), SHANGHAI).on(Post.B) == ("night-b-1",)
    assert roster.on_duty(at(23), SHANGHAI).on(Post.A) == ("night-a-0",)


def test_an_emptied_post_is_nobodys() -> None:
    swap = Swap(shift_id="night", day=MONDAY, post=Post.A, person_id="")
    roster = Roster(center_id="c1", shifts=PLAN.shifts, duties=PLAN.duties, swaps=(swap,))
    duty = roster.on_duty(at(23), SHANGHAI)
    assert duty.on(Post.A) == ()
    assert duty.everybody == ("night-b-0", "night-lead-0")


@pytest.mark.parametrize(
    ("day", "length_h"), [(date(2026, 10, 24), 9.5), (date(2026, 3, 28), 7.5), (date(2026, 11, 23), 8.5)]
)
def test_a_night_shift_keeps_its_hours_when_the_clocks_change(day: date, length_h: float) -> None:
    start_at, end_at = NIGHT.span(day, BERLIN)
    assert (end_at - start_at) / HOUR_MS == length_h
    assert PLAN.on_duty(end_at - 1, BERLIN).on(Post.A) == (f"night-a-{day.weekday()}",)
    assert PLAN.on_duty(end_at, BERLIN).on(Post.A) == (f"day-a-{(day.weekday() + 1) % 7}",)


def test_shifts_that_overlap_share_a_post() -> None:
    early = Shift(shift_id="early", name="Early", start=time(6), end=time(14))
    duties = (*PLAN.duties, Duty(shift_id="early", weekday=0, post=Post.A, person_id="early-a"))
    roster = Roster(center_id="c1", shifts=(*PLAN.shifts, early), duties=duties)
    assert set(roster.on_duty(at(6, 15), SHANGHAI).on(Post.A)) == {"night-a-6", "early-a"}


def test_without_a_plan_nobody_is_on_duty() -> None:
    assert Roster(center_id="c1").on_duty(at(23), SHANGHAI).everybody == ()


def test_local_times_carry_no_zone() -> None:
    with pytest.raises(ConfigurationError, match="night"):
        Shift(shift_id="night", name="", start=time(22, tzinfo=UTC), end=time(6))
