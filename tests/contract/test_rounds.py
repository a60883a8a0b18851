"""The contract of `domain.ports.Rounds`."""

import threading
from dataclasses import replace

import pytest

from domain.errors import NotFoundError, RoundOverError
from domain.ports import Rounds
from domain.rounds import IDLE_MS, Round, Seen, finish, see, take_back, write_down
from domain.units import MINUTE_MS

T0 = 1_795_350_000_000
WALK = Round(round_id=f"wang.{T0}", center_id="c1", person_id="wang", started_at=T0, expected=("r1", "r2"))
BOBS = replace(WALK, round_id="bob.1", person_id="bob", started_at=T0 + 1)


def look(n: int, at: int) -> Seen:
    return Seen(resident_id=f"r{n}", bed_id=f"b{n}", at=at)


def seen(rounds: Rounds, walked: Round, n: int, at: int) -> Round:
    return rounds.change(walked.round_id, lambda known: see(known, [look(n, at)], at))


def test_what_was_begun_is_kept(rounds: Rounds) -> None:
    assert rounds.between("c1", T0, T0 + 1) == []
    assert rounds.begin(BOBS) == BOBS
    assert rounds.begin(WALK) == WALK
    assert rounds.round(WALK.round_id) == WALK
    assert rounds.between("c1", T0, T0 + 2) == [WALK, BOBS]
    assert rounds.between("c1", T0 + 1, T0 + 2) == [BOBS]
    assert rounds.between("c2", T0, T0 + 2) == []
    with pytest.raises(NotFoundError):
        rounds.round("unknown")


def test_a_person_has_one_round_at_a_time(rounds: Rounds) -> None:
    rounds.begin(WALK)
    walked = seen(rounds, WALK, 1, T0 + 50 * MINUTE_MS)
    again = replace(WALK, round_id="wang.2", started_at=T0 + 50 * MINUTE_MS + IDLE_MS - 1)
    assert rounds.begin(again) == walked
    later = replace(again, started_at=again.started_at + 1)
    assert rounds.begin(later) == later
    assert rounds.between("c1", T0, later.started_at + 1) == [walked, later]


def test_after_the_end_another_may_be_begun(rounds: Rounds) -> None:
    rounds.begin(WALK)
    over = rounds.change(WALK.round_id, lambda known: finish(known, T0 + 5))
    assert over.finished_at == T0 + 5
    assert rounds.round(WALK.round_id) == over
    another = replace(WALK, round_id="wang.2", started_at=T0 + 6)
    assert rounds.begin(another) == another


def test_looks_and_notes_are_kept_and_taken_back(rounds: Rounds) -> None:
    rounds.begin(WALK)
    rounds.begin(BOBS)
    seen(rounds, WALK, 1, T0 + 5)
    seen(rounds, BOBS, 1, T0 + 6)
    walked = seen(rounds, WALK, 2, T0 + 3)
    assert [each.resident_id for each in walked.seen] == ["r2", "r1"]
    rounds.change(WALK.round_id, lambda known: write_down(known, "r1", "Bett 湿\0", T0 + 9))
    note = rounds.round(WALK.round_id).seen[1].note
    assert note.startswith("Bett 湿")
    after = rounds.change(WALK.round_id, lambda known: take_back(known, ["r2"], T0 + 10))
    assert [each.resident_id for each in after.seen] == ["r1"]
    assert [each.resident_id for each in rounds.round(WALK.round_id).seen] == ["r1"]
    assert [each.at for each in rounds.round(BOBS.round_id).seen] == [T0 + 6]


def test_what_is_refused_changes_nothing(rounds: Rounds) -> None:
    rounds.begin(WALK)
    walked = seen(rounds, WALK, 1, T0 + 5)
    with pytest.raises(RoundOverError):
        seen(rounds, WALK, 2, T0 + 5 + IDLE_MS)
    with pytest.raises(NotFoundError):
        seen(rounds, replace(WALK, round_id="unknown"), 2, T0 + 6)
    assert rounds.round(WALK.round_id) == walked


def test_when_a_resident_was_seen_and_by_whom(rounds: Rounds) -> None:
    rounds.begin(WALK)
    rounds.begin(BOBS)
    seen(rounds, WALK, 1, T0 + 5)
    seen(rounds, WALK, 2, T0 + 6)
    seen(rounds, BOBS, 1, T0 + 9)
    found = rounds.of_resident("r1", T0 + 5, T0 + 10)
    assert [(each.person_id, each.seen) for each in found] == [
        ("wang", (look(1, T0 + 5),)),
        ("bob", (look(1, T0 + 9),)),
    ]
    assert [each.person_id for each in rounds.of_resident("r1", T0 + 6, T0 + 10)] == ["bob"]
    assert rounds.of_resident("r1", T0, T0 + 5) == []


def test_taps_and_beginnings_at_once_lose_nothing(rounds: Rounds) -> None:
    begun: list[Round] = []

    def walk(n: int) -> None:
        walked = rounds.begin(replace(WALK, round_id=f"wang.{n}", started_at=T0 + n))
        begun.append(walked)
        seen(rounds, walked, n, T0 + 10 + n)

    threads = [threading.Thread(target=walk, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (walked,) = rounds.between("c1", T0, T0 + 10)
    assert {each.round_id for each in begun} == {walked.round_id}
    assert [each.resident_id for each in walked.seen] == ["r0", "r1", "r2", "r3"]
