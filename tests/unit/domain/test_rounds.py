"""Rounds: what a tap does, when a round ends, and which planned ones were walked, also when the clocks change."""

from dataclasses import replace
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from domain.clock import instant, utc
from domain.errors import NotFoundError, RoundOverError
from domain.nights import noon_to_noon
from domain.rounds import (
    IDLE_MS,
    NEAR_MS,
    Round,
    Seen,
    Walked,
    finish,
    planned_at,
    planned_rounds,
    see,
    take_back,
    write_down,
)
from domain.units import HOUR_MS, MINUTE_MS

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
DAY = date(2026, 11, 22)
TIMES = (time(22), time(2), time(5))
T22 = instant(datetime(2026, 11, 22, 14, tzinfo=UTC))
T02, T05 = T22 + 4 * HOUR_MS, T22 + 7 * HOUR_MS
WALK = Round(round_id="w", center_id="c", person_id="wang", started_at=T02, expected=("r1", "r2"))


def look(n: int, at: int = T02) -> Seen:
    return Seen(resident_id=f"r{n}", bed_id=f"b{n}", at=at)


def test_a_second_tap_changes_nothing() -> None:
    once = see(WALK, [look(1)], T02)
    assert see(once, [look(1, T02 + 9)], T02 + 9) == once
    both = see(once, [look(1, T02 + 9), look(2, T02 + 9)], T02 + 9)
    assert both.seen == (look(1), look(2, T02 + 9))
    assert (once.missed, both.missed) == (("r2",), ())


def test_a_mistaken_tap_is_taken_back_and_the_bed_seen_anew() -> None:
    back = take_back(see(WALK, [look(1), look(2)], T02), ["r1"], T02 + 1)
    assert back.seen == (look(2),)
    assert take_back(back, ["r1"], T02 + 2) == back
    assert see(back, [look(1, T02 + 3)], T02 + 3).of("r1") == look(1, T02 + 3)


def test_a_note_is_about_somebody_who_was_seen() -> None:
    walked = write_down(see(WALK, [look(1)], T02), "r1", "wet", T02 + 1)
    assert walked.of("r1") == replace(look(1), note="wet")
    assert write_down(walked, "r1", "", T02 + 2).of("r1") == look(1)
    with pytest.raises(NotFoundError):
        write_down(walked, "r2", "wet", T02 + 1)


def test_it_ends_by_itself_when_nobody_was_seen_for_long() -> None:
    walked = see(WALK, [look(1, T02 + IDLE_MS - 1)], T02 + IDLE_MS - 1)
    over_at = T02 + 2 * IDLE_MS - 1
    assert (walked.lasts(over_at - 1), walked.lasts(over_at)) == (True, False)
    assert (WALK.lasts(T02 + IDLE_MS - 1), WALK.lasts(T02 + IDLE_MS)) == (True, False)
    assert walked.ended_at == T02 + IDLE_MS - 1
    with pytest.raises(RoundOverError):
        see(walked, [look(2)], over_at)
    with pytest.raises(RoundOverError):
        take_back(walked, ["r1"], over_at)
    with pytest.raises(RoundOverError):
        write_down(walked, "r1", "wet", over_at)
    assert finish(walked, over_at) == walked


def test_it_is_finished_once() -> None:
    over = finish(WALK, T02 + 5)
    assert (over.finished_at, over.ended_at, over.lasts(T02 + 5)) == (T02 + 5, T02 + 5, False)
    assert finish(over, T02 + 9) == over
    with pytest.raises(RoundOverError):
        see(over, [look(1)], T02 + 6)


def states(rounds: list[Round], now: int) -> list[Walked]:
    return [each.state for each in planned_rounds(TIMES, DAY, SHANGHAI, rounds, now)]


def test_what_became_of_the_planned_rounds() -> None:
    whole = replace(WALK, started_at=T22 - 10 * MINUTE_MS, seen=(look(1), look(2)), finished_at=T22)
    part = replace(WALK, started_at=T05 + 20 * MINUTE_MS, seen=(look(1, T05 + 20 * MINUTE_MS),))
    morning = T05 + 3 * HOUR_MS
    assert states([whole, part], morning) == [Walked.DONE, Walked.MISSING, Walked.PARTIAL]
    last = planned_rounds(TIMES, DAY, SHANGHAI, [whole, part], morning)[-1]
    assert (last.at, last.rounds, last.expected, last.missed) == (T05, (part,), 2, ("r2",))


def test_a_round_on_which_nobody_was_seen_is_none() -> None:
    assert states([replace(WALK, started_at=T02)], T05 + 3 * HOUR_MS)[1] is Walked.MISSING


def test_two_who_share_the_house_walk_one_planned_round() -> None:
    one = replace(WALK, seen=(look(1),), finished_at=T02 + 5)
    other = replace(WALK, round_id="v", person_id="li", started_at=T02 + 1, seen=(look(2),), finished_at=T02 + 5)
    assert states([one, other], T02 + 10)[1] is Walked.DONE


def test_until_its_time_is_over_it_is_awaited() -> None:
    assert states([], T02 + NEAR_MS - 1) == [Walked.MISSING, Walked.AWAITED, Walked.AWAITED]
    assert states([], T02 + NEAR_MS)[1] is Walked.MISSING
    begun = replace(WALK, started_at=T02 + NEAR_MS, seen=(look(1, T02 + NEAR_MS),))
    assert states([begun], T02 + NEAR_MS + IDLE_MS - 1)[1] is Walked.AWAITED
    assert states([begun], T02 + NEAR_MS + IDLE_MS)[1] is Walked.PARTIAL


def test_a_round_far_from_every_planned_time_is_an_extra_one() -> None:
    extra = replace(WALK, started_at=T02 - NEAR_MS - 1, seen=(look(1), look(2)))
    assert states([extra], T05 + 3 * HOUR_MS)[:2] == [Walked.MISSING, Walked.MISSING]


@pytest.mark.parametrize(
    ("day", "utc_hours"),
    [
        (date(2026, 10, 24), [20, 0, 4]),  # 02:00 twice that night: the first of them
        (date(2026, 3, 28), [21, 1, 3]),  # there is no 02:00: an hour later
        (date(2026, 11, 22), [21, 1, 4]),
    ],
)
def test_planned_times_are_local_also_when_the_clocks_change(day: date, utc_hours: list[int]) -> None:
    assert [utc(at).hour for at in planned_at(TIMES, day, BERLIN)] == utc_hours


def test_a_night_is_from_noon_to_noon() -> None:
    start_at, end_at = noon_to_noon(DAY, DAY, SHANGHAI)
    assert (start_at, end_at) == (T22 - 10 * HOUR_MS, T22 + 14 * HOUR_MS)
    assert planned_at((time(12), time(11, 59)), DAY, SHANGHAI) == [start_at, end_at - MINUTE_MS]
