"""Which alarms about movement, turning, pauses and last wills are owed, by hand."""

from dataclasses import replace

import numpy as np
import pytest

from domain.alarms import Rule
from domain.residents import VitalSettings
from domain.units import HOUR_MS, MINUTE_MS, SECOND_MS
from domain.vitals import NO_TURN_OVER
from simulators.center import simulated_center
from simulators.delivery import LAST_WILL_MS, Delivery, OfflineSpan, statuses
from simulators.episodes import Episode
from simulators.night import NightPlan, plan_night
from simulators.owed import Owed, Sight
from simulators.owed_body import body_verdicts
from simulators.owed_episodes import EpisodeVerdict, episode_verdicts
from simulators.physiology import CELL_MS, Body
from simulators.scenarios import Scenario
from tests.unit.simulators.samples import HONEST_BELT, NIGHT

CENTER = simulated_center(1, 1)
PLAN = plan_night(CENTER, CENTER.beds[0], NIGHT)
START = PLAN.start_at
ENTRY, EXIT = START + 9 * HOUR_MS, START + 19 * HOUR_MS
FINE_BELT = replace(HONEST_BELT, interval_ms=5_000)
TURNED = VitalSettings(no_turn_over=replace(NO_TURN_OVER, on=True, after_s=4 * 3600))


def plan() -> NightPlan:
    return replace(PLAN, in_bed=np.array([[ENTRY, EXIT]]))


def body(*moves: tuple[int, float], turns: tuple[int, ...] = ()) -> Body:
    """Still but for movements (instant, amount) of a cell each."""
    cells = (PLAN.end_at - START) // CELL_MS
    movement = np.zeros(cells, np.float32)
    for at, amount in moves:
        movement[(at - START) // CELL_MS] = amount
    return Body(
        start_at=START,
        stage=np.zeros(cells, np.int8),
        heart_rate=np.full(cells, 60, np.float32),
        breathing_rate=np.full(cells, 15, np.float32),
        movement=movement,
        turn_overs=np.array(turns, np.int64),
    )


def owed(
    night: Body,
    *episodes: Episode,
    settings: VitalSettings | None = None,
    fine: bool = False,
    delivery: Delivery | None = None,
) -> list[tuple[Rule, int, Owed]]:
    """(rule, due at, owed)."""
    sight = Sight(belt=FINE_BELT if fine else HONEST_BELT, delivery=delivery or Delivery())
    found = body_verdicts(plan(), night, episodes, sight, settings or VitalSettings())
    return [(one.rule, one.due_at, one.owed) for one in found]


def tossing(from_at: int, minutes: int, amount: float = 80) -> list[tuple[int, float]]:
    return [(from_at + n * MINUTE_MS + 20 * SECOND_MS, amount) for n in range(minutes)]


class TestRestlessness:
    AT = START + 12 * HOUR_MS

    def test_the_minute_that_makes_most_of_half_an_hour_is_owed(self) -> None:
        assert owed(body(*tossing(self.AT, 40))) == [(Rule.RESTLESS, self.AT + 23 * MINUTE_MS, Owed.YES)]

    def test_it_began_with_the_first_movement_that_counts(self) -> None:
        """Not half an hour before it was due: there it might begin before another stretch that shares movements."""
        moves = [(self.AT, 80.0), *tossing(self.AT + 7 * MINUTE_MS, 23)]
        sight = Sight(belt=HONEST_BELT, delivery=Delivery())
        (found,) = body_verdicts(plan(), body(*moves), (), sight, VitalSettings())
        assert (found.began_at, found.due_at) == (self.AT, self.AT + 29 * MINUTE_MS)

    def test_fewer_minutes_are_nothing(self) -> None:
        assert owed(body(*tossing(self.AT, 23))) == []

    def test_movements_that_a_sample_may_miss_are_either(self) -> None:
        assert [verdict for *_, verdict in owed(body(*tossing(self.AT, 40, amount=25)))] == [Owed.EITHER]
        assert owed(body(*tossing(self.AT, 40, amount=12))) == []

    def test_after_a_still_half_hour_it_is_another(self) -> None:
        second_at = self.AT + 75 * MINUTE_MS
        found = owed(body(*tossing(self.AT, 40), *tossing(second_at, 40)))
        assert [(at, verdict) for _, at, verdict in found] == [
            (self.AT + 23 * MINUTE_MS, Owed.YES),
            (second_at + 23 * MINUTE_MS, Owed.YES),
        ]

    def test_shuffled_messages_leave_it_open(self) -> None:
        found = owed(body(*tossing(self.AT, 40)), delivery=Delivery(shuffled=True))
        assert [verdict for *_, verdict in found] == [Owed.EITHER]


class TestTurns:
    def test_from_getting_in_and_from_each_turn(self) -> None:
        turned_at = ENTRY + 5 * HOUR_MS
        found = owed(body(turns=(turned_at,)), settings=TURNED)
        assert found == [
            (Rule.NO_TURN_OVER, ENTRY + 4 * HOUR_MS, Owed.YES),
            (Rule.NO_TURN_OVER, turned_at + 4 * HOUR_MS, Owed.YES),
        ]

    def test_a_clear_movement_is_a_turn_and_one_that_may_be_clear_leaves_it_open(self) -> None:
        hours = [ENTRY + n * 3 * HOUR_MS for n in (1, 2, 3)]
        assert owed(body(*[(at, 60.0) for at in hours]), settings=TURNED) == []
        perhaps = owed(body((hours[0], 60.0), (hours[1], 30.0), (hours[2], 60.0)), settings=TURNED)
        still_from_at = hours[0] + CELL_MS
        assert perhaps == [(Rule.NO_TURN_OVER, still_from_at + 4 * HOUR_MS, Owed.EITHER)]

    def test_a_turn_during_a_silence_may_not_be_seen(self) -> None:
        turned_at = ENTRY + 3 * HOUR_MS
        silence = OfflineSpan(from_at=turned_at - MINUTE_MS, to_at=turned_at + MINUTE_MS, buffered=False)
        found = owed(body(turns=(turned_at,)), settings=TURNED, delivery=Delivery(offline=(silence,)))
        assert {verdict for *_, verdict in found} == {Owed.EITHER}

    def test_it_is_off_by_default(self) -> None:
        assert owed(body()) == []


class TestPauses:
    @pytest.mark.parametrize(
        ("length_s", "fine", "verdicts"),
        [(15, True, []), (20, True, [Owed.EITHER]), (30, True, [Owed.YES]), (60, False, [])],
    )
    def test_as_a_fine_belt_shows_them(self, length_s: int, fine: bool, verdicts: list[Owed]) -> None:
        at = START + 12 * HOUR_MS
        pause = Episode(kind=Scenario.BREATHING_PAUSE, from_at=at, to_at=at + length_s * SECOND_MS, rate=2.5)
        found = owed(body(), pause, fine=fine)
        assert [verdict for *_, verdict in found] == verdicts
        assert [due for _, due, _ in found] == [at + 20 * SECOND_MS] * len(verdicts)

    def test_slow_breathing_may_look_like_one(self) -> None:
        at = START + 12 * HOUR_MS
        slow = [Episode(kind=Scenario.SLOW_BREATHING, from_at=at, to_at=at + HOUR_MS, rate=rate) for rate in (3.5, 5.0)]
        assert [verdict for *_, verdict in owed(body(), *slow, fine=True)] == [Owed.EITHER]


class TestLastWills:
    SPAN = OfflineSpan(from_at=START + 12 * HOUR_MS, to_at=START + 13 * HOUR_MS, buffered=False, told=True)

    def test_the_belt_is_offline_and_not_silent(self) -> None:
        delivery = Delivery(offline=(self.SPAN,))
        assert owed(body(), delivery=delivery) == [(Rule.BELT_OFFLINE, self.SPAN.told_at + 180_000, Owed.YES)]
        sight = Sight(belt=HONEST_BELT, delivery=delivery)
        silent: list[EpisodeVerdict] = episode_verdicts(plan(), body(), (), sight, VitalSettings())
        assert silent == []

    def test_what_the_broker_tells(self) -> None:
        told = statuses("b0001", Delivery(offline=(self.SPAN, replace(self.SPAN, told=False))))
        assert [(status.at, status.online) for status in told] == [
            (self.SPAN.from_at + LAST_WILL_MS, False),
            (self.SPAN.to_at, True),
        ]
