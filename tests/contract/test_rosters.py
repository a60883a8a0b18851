"""What every store of rosters does."""

from dataclasses import replace
from datetime import date, time

import pytest

from domain.errors import ConfigurationError
from domain.ports import Rosters
from domain.roster import Duty, Post, Roster, Shift, Swap

NIGHT = Shift(shift_id="night", name="夜班", start=time(22), end=time(6, 30))
DAY = Shift(shift_id="day", name="Day", start=time(6, 30), end=time(22))
MONDAY_A = Duty(shift_id="night", weekday=0, post=Post.A, person_id="p1")
SWAP = Swap(shift_id="night", day=date(2026, 11, 23), post=Post.A, person_id="p2")


def test_a_centre_without_a_plan_has_an_empty_one(rosters: Rosters) -> None:
    assert rosters.roster("c1") == Roster(center_id="c1")


def test_the_last_plan_stands_and_swaps_stay(rosters: Rosters) -> None:
    rosters.plan("c1", [NIGHT, DAY], [MONDAY_A, replace(MONDAY_A, weekday=1)])
    rosters.swap("c1", SWAP)
    rosters.plan("c1", [NIGHT], [MONDAY_A])
    assert rosters.roster("c1") == Roster(center_id="c1", shifts=(NIGHT,), duties=(MONDAY_A,), swaps=(SWAP,))
    assert rosters.roster("c2") == Roster(center_id="c2")


def test_a_later_swap_replaces_the_earlier(rosters: Rosters) -> None:
    rosters.swap("c1", SWAP)
    rosters.swap("c1", replace(SWAP, person_id=""))
    rosters.swap("c1", replace(SWAP, post=Post.B))
    assert rosters.roster("c1").swaps == (replace(SWAP, person_id=""), replace(SWAP, post=Post.B))


def test_a_duty_of_no_shift_is_refused_and_changes_nothing(rosters: Rosters) -> None:
    rosters.plan("c1", [NIGHT], [MONDAY_A])
    with pytest.raises(ConfigurationError, match="evening"):
        rosters.plan("c1", [NIGHT], [replace(MONDAY_A, shift_id="evening")])
    assert rosters.roster("c1").duties == (MONDAY_A,)
