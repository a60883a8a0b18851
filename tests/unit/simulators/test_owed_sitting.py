"""Which alarms about sitting up are owed, by hand."""

from dataclasses import replace

import pytest

from domain.alarms import Rule
from domain.residents import VitalSettings
from domain.units import HOUR_MS, MINUTE_MS, SECOND_MS
from domain.vitals import SITTING_UP
from simulators.delivery import Delivery, OfflineSpan
from simulators.owed import Owed, Sight
from simulators.owed_sitting import sitting_verdicts
from tests.unit.simulators.samples import HONEST_BELT
from tests.unit.simulators.test_owed_body import ENTRY, EXIT, body, plan

ASKED = VitalSettings(sitting_up=replace(SITTING_UP, on=True))
AT = ENTRY + 2 * HOUR_MS


def moved(from_at: int, seconds: int, amount: float = 85) -> list[tuple[int, float]]:
    return [(from_at + n * SECOND_MS, amount) for n in range(0, seconds, 10)]


def owed(
    *moves: tuple[int, float], settings: VitalSettings = ASKED, delivery: Delivery | None = None
) -> list[tuple[int, Owed]]:
    sight = Sight(belt=HONEST_BELT, delivery=delivery or Delivery())
    found = sitting_verdicts(plan(), body(*moves), sight, settings)
    assert {one.rule for one in found} <= {Rule.SITTING_UP}
    return [(one.due_at - AT, one.owed) for one in found]


def test_who_moves_for_long_enough_to_be_seen_so_owes_it_after_its_time() -> None:
    assert owed(*moved(AT, 50)) == [(10_000, Owed.YES)]
    assert owed(*moved(AT, 50), settings=VitalSettings()) == []


@pytest.mark.parametrize(
    "moves",
    [moved(AT, 10), moved(AT, 60, 35), moved(ENTRY + 10_000, 60), [*moved(AT, 10), *moved(AT + MINUTE_MS, 10)]],
    ids=["turning over", "gently", "getting in", "turning twice"],
)
def test_near_misses_owe_nothing(moves: list[tuple[int, float]]) -> None:
    assert owed(*moves) == []


@pytest.mark.parametrize(
    "moves",
    [moved(AT, 20), moved(AT, 60, 55), [*moved(AT, 10), *moved(AT + 20_000, 10)], [*moved(AT - 150_000, 20, 45)]],
    ids=["two readings", "some samples are over", "one still reading between", "perhaps over"],
)
def test_what_a_belt_may_or_may_not_show_so_is_either(moves: list[tuple[int, float]]) -> None:
    assert [verdict for _, verdict in owed(*moves)] == [Owed.EITHER]


def test_while_the_alarm_before_may_stand_nothing_is_demanded() -> None:
    soon, later = AT + 4 * MINUTE_MS, AT + 8 * MINUTE_MS
    assert [verdict for _, verdict in owed(*moved(AT, 50), *moved(soon, 50))] == [Owed.YES, Owed.EITHER]
    assert [verdict for _, verdict in owed(*moved(AT, 50), *moved(later, 50))] == [Owed.YES, Owed.YES]


def test_only_what_comes_before_the_exit_counts() -> None:
    assert owed(*moved(EXIT - 50_000, 60)) == [(EXIT - AT - 40_000, Owed.YES)]
    assert [verdict for _, verdict in owed(*moved(EXIT - 20_000, 30))] == [Owed.EITHER]


def test_silent_and_shuffled_belts_owe_nothing_for_certain() -> None:
    silent = Delivery(offline=(OfflineSpan(from_at=AT - MINUTE_MS, to_at=AT + MINUTE_MS, buffered=True),))
    for delivery in (silent, Delivery(shuffled=True)):
        assert [verdict for _, verdict in owed(*moved(AT, 50), delivery=delivery)] == [Owed.EITHER]
