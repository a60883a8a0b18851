"""The contract of `domain.ports.BeltStatuses`."""

from dataclasses import replace

import pytest

from domain.belts import BeltStatus
from domain.ports import BeltStatuses

AT = 1_795_350_000_000
WHOLE = BeltStatus(belt_id="b1", at=AT, online=True, battery=87.0, charging=False, firmware="1.4")


def test_a_status_is_kept_whole(statuses: BeltStatuses) -> None:
    statuses.put([WHOLE])
    assert statuses.all() == [WHOLE]


def test_nothing_was_told(statuses: BeltStatuses) -> None:
    statuses.put([])
    assert statuses.all() == []


def test_what_a_status_does_not_tell_stays(statuses: BeltStatuses) -> None:
    statuses.put([WHOLE])
    statuses.put([BeltStatus(belt_id="b1", at=AT + 1, online=False)])
    assert statuses.all() == [replace(WHOLE, at=AT + 1, online=False)]


def test_false_and_zero_are_told(statuses: BeltStatuses) -> None:
    statuses.put([WHOLE])
    statuses.put([BeltStatus(belt_id="b1", at=AT + 1, battery=0.0, charging=True, firmware="")])
    assert statuses.all() == [replace(WHOLE, at=AT + 1, battery=0.0, charging=True, firmware="")]


@pytest.mark.parametrize("together", [False, True])
def test_an_older_one_changes_nothing(statuses: BeltStatuses, together: bool) -> None:
    older = BeltStatus(belt_id="b1", at=AT - 1, battery=3.0, firmware="1.5")
    for run in [[WHOLE, older]] if together else [[WHOLE], [older]]:
        statuses.put(run)
    assert statuses.all() == [WHOLE]


@pytest.mark.parametrize("together", [False, True])
def test_of_the_same_instant_the_later_in_order_goes_over(statuses: BeltStatuses, together: bool) -> None:
    later = BeltStatus(belt_id="b1", at=AT, battery=86.0)
    for run in [[WHOLE, later]] if together else [[WHOLE], [later]]:
        statuses.put(run)
    assert statuses.all() == [replace(WHOLE, battery=86.0)]


def test_putting_twice_changes_nothing(statuses: BeltStatuses) -> None:
    run = [WHOLE, BeltStatus(belt_id="b1", at=AT + 1, online=False), replace(WHOLE, belt_id="b2")]
    statuses.put(run)
    once = statuses.all()
    statuses.put(run)
    assert statuses.all() == once


def test_every_belt_is_there_by_its_id(statuses: BeltStatuses) -> None:
    belts = [f"b{n:04}" for n in range(1_200)]
    statuses.put([BeltStatus(belt_id=belt_id, at=AT, battery=50.0) for belt_id in reversed(belts)])
    statuses.put([BeltStatus(belt_id=belt_id, at=AT + 1, online=True) for belt_id in belts])
    found = statuses.all()
    assert [status.belt_id for status in found] == belts
    assert {(status.battery, status.online) for status in found} == {(50.0, True)}


def test_a_firmware_that_no_database_takes_does_not_stop_the_status(statuses: BeltStatuses) -> None:
    statuses.put([replace(WHOLE, firmware="1\0.4")])
    (found,) = statuses.all()
    assert found.battery == 87.0
