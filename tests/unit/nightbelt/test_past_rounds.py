"""The rounds of a demo's past: near their times, most of them whole, the same however often they are made."""

from datetime import date, timedelta

from domain.rounds import Round, Walked, planned_rounds
from domain.units import DAY_MS
from nightbelt.past_rounds import ROUND_TIMES, past_rounds, walk_past
from simulators.center import simulated_center
from tests.fakes.in_memory_rounds import InMemoryRounds

CENTER = simulated_center(20, seed=3)
EVENING = 1_795_356_000_000
"""22:00 on 22 November 2026 in Shanghai."""


def test_most_planned_rounds_are_done_and_some_are_not() -> None:
    states = []
    for n in range(100):
        night = date(2026, 11, 21) - timedelta(days=n)
        told = planned_rounds(ROUND_TIMES, night, CENTER.zone, list(past_rounds(CENTER, night)), EVENING)
        states += [each.state for each in told]
    assert len(states) == 300
    assert set(states) == {Walked.DONE, Walked.PARTIAL, Walked.MISSING}
    assert states.count(Walked.DONE) > 230


def test_they_are_stored_once_and_none_is_of_this_night() -> None:
    rounds = InMemoryRounds()

    def stored() -> list[Round]:
        return rounds.between("c01", EVENING - 9 * DAY_MS, EVENING + DAY_MS)

    walk_past(rounds, CENTER, EVENING, nights=7)
    once = stored()
    walk_past(rounds, CENTER, EVENING, nights=7)
    assert stored() == once
    assert 15 < len(once) <= 21
    assert all(not each.lasts(EVENING) and each.seen for each in once)
    assert max(each.ended_at for each in once) < EVENING
