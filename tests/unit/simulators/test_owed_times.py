"""Which alarms about a time of day are owed, by hand: the resident is in bed from 21:00 to 07:00."""

from dataclasses import replace
from datetime import time

import pytest

from domain.alarms import Rule
from domain.residents import VitalSettings
from domain.units import MINUTE_MS
from domain.vitals import NOT_IN_BED, STILL_IN_BED
from simulators.delivery import Delivery, OfflineSpan
from simulators.owed import Owed, Sight
from simulators.owed_times import time_verdicts
from tests.unit.simulators.samples import HONEST_BELT
from tests.unit.simulators.test_owed_body import CENTER, ENTRY, EXIT, plan

AFTER_MS = 15 * MINUTE_MS


def owed(rule: Rule, at: time, *silences: OfflineSpan) -> list[tuple[int, Owed]]:
    """(due at, from getting in or rising; owed)."""
    settings = VitalSettings(
        not_in_bed=replace(NOT_IN_BED, on=rule is Rule.NOT_IN_BED, at=at),
        still_in_bed=replace(STILL_IN_BED, on=rule is Rule.STILL_IN_BED, at=at),
    )
    sight = Sight(belt=HONEST_BELT, delivery=Delivery(offline=silences))
    found = list(time_verdicts(plan(), CENTER.zone, sight, settings))
    assert {one.rule for one in found} <= {rule}
    edge = ENTRY if rule is Rule.NOT_IN_BED else EXIT
    return [((one.due_at - edge) // MINUTE_MS, one.owed) for one in found]


@pytest.mark.parametrize(
    ("at", "verdicts"),
    [
        (time(20, 30), [(-15, Owed.YES)]),
        (time(20, 44), [(-1, Owed.YES)]),
        (time(20, 45), [(0, Owed.EITHER)]),
        (time(20, 46), []),
        (time(22), []),
        (time(7), [(10 * 60 + 15, Owed.EITHER)]),
        (time(8), [(11 * 60 + 15, Owed.YES)]),
    ],
)
def test_not_in_bed(at: time, verdicts: list[tuple[int, Owed]]) -> None:
    assert owed(Rule.NOT_IN_BED, at) == verdicts


@pytest.mark.parametrize(
    ("at", "verdicts"),
    [(time(6, 30), [(-15, Owed.YES)]), (time(6, 46), []), (time(6, 45), [(0, Owed.EITHER)]), (time(9, 30), [])],
)
def test_still_in_bed(at: time, verdicts: list[tuple[int, Owed]]) -> None:
    assert owed(Rule.STILL_IN_BED, at) == verdicts


def test_an_empty_bed_owes_it_through_silence() -> None:
    silent = OfflineSpan(from_at=ENTRY - 40 * MINUTE_MS, to_at=ENTRY - 10 * MINUTE_MS, buffered=False)
    assert owed(Rule.NOT_IN_BED, time(20, 30), silent) == [(-15, Owed.YES)]


def test_a_return_in_silence_may_be_told_of() -> None:
    silent = OfflineSpan(from_at=ENTRY - 5 * MINUTE_MS, to_at=ENTRY + 20 * MINUTE_MS, buffered=False)
    assert owed(Rule.NOT_IN_BED, time(20, 50), silent) == [(5, Owed.EITHER)]


def test_who_lies_there_in_silence_is_not_demanded() -> None:
    silent = OfflineSpan(from_at=EXIT - 30 * MINUTE_MS, to_at=EXIT - 10 * MINUTE_MS, buffered=False)
    assert owed(Rule.STILL_IN_BED, time(6, 30), silent) == [(-15, Owed.EITHER)]
