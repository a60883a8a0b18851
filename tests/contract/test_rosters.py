"""What every store of rosters does."""

import threading
from dataclasses import replace
from datetime import date, time

import pytest

from domain.alarms import Priority
from domain.errors import ConfigurationError, NotFoundError
from domain.escalation import HIGH, MEDIUM
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


def test_the_steps_of_a_centre_are_kept_beside_the_plan(rosters: Rosters) -> None:
    quick = replace(HIGH, posts_s=(0, 30, 60), everybody_after_s=None)
    rosters.escalate("c1", {Priority.HIGH: quick, Priority.MEDIUM: MEDIUM})
    rosters.escalate("c2", {Priority.HIGH: HIGH})
    rosters.plan("c1", [NIGHT], [MONDAY_A])
    assert rosters.roster("c1").steps == {Priority.HIGH: quick, Priority.MEDIUM: MEDIUM}
    rosters.escalate("c1", {})
    assert rosters.roster("c1") == Roster(center_id="c1", shifts=(NIGHT,), duties=(MONDAY_A,))
    assert rosters.roster("c2").steps == {Priority.HIGH: HIGH}


def test_each_week_changes_one_post_of_one_weekday(rosters: Rosters) -> None:
    tuesday = replace(MONDAY_A, weekday=1)
    rosters.plan("c1", [NIGHT, DAY], [MONDAY_A, tuesday])
    rosters.plan("c2", [NIGHT], [MONDAY_A])
    rosters.each_week("c1", SWAP)
    rosters.each_week("c1", replace(SWAP, post=Post.B, person_id="p3"))
    changed = (replace(MONDAY_A, person_id="p2"), replace(MONDAY_A, post=Post.B, person_id="p3"), tuesday)
    assert rosters.roster("c1") == Roster(center_id="c1", shifts=(DAY, NIGHT), duties=changed)
    rosters.each_week("c1", replace(SWAP, person_id=""))
    assert rosters.roster("c1").duties == changed[1:]
    assert rosters.roster("c2").duties == (MONDAY_A,)


def test_each_week_goes_over_the_swap_of_that_day_and_no_other(rosters: Rosters) -> None:
    others = (replace(SWAP, day=date(2026, 11, 24)), replace(SWAP, post=Post.B))
    rosters.plan("c1", [NIGHT], [MONDAY_A])
    for swap in (SWAP, *others):
        rosters.swap("c1", swap)
    rosters.each_week("c1", replace(SWAP, person_id="p9"))
    assert set(rosters.roster("c1").swaps) == set(others)
    assert rosters.roster("c1").holder(NIGHT, SWAP.day, Post.A) == "p9"


def test_each_week_of_no_shift_is_refused_and_changes_nothing(rosters: Rosters) -> None:
    rosters.plan("c1", [NIGHT], [MONDAY_A])
    with pytest.raises(NotFoundError):
        rosters.each_week("c1", replace(SWAP, shift_id="evening"))
    assert rosters.roster("c1") == Roster(center_id="c1", shifts=(NIGHT,), duties=(MONDAY_A,))


def test_two_leads_at_once_both_have_their_change(rosters: Rosters) -> None:
    rosters.plan("c1", [NIGHT], [])
    changes = [replace(SWAP, post=post, day=date(2026, 11, 23 + n)) for n in range(3) for post in Post]
    threads = [threading.Thread(target=rosters.each_week, args=("c1", change)) for change in changes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(rosters.roster("c1").duties) == len(changes)
