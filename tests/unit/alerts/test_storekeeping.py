"""The alarm about readings that wait: raised long before anything is lost, ended when all is well, once each."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.lifecycle import step
from alerts.storekeeping import (
    BEHIND_AFTER_MS,
    CLEAR_MS,
    DISK_CLEAR_BYTES,
    DISK_FLOOR_BYTES,
    UNWRITABLE_AFTER_MS,
    Keeping,
    decide,
    restored,
)
from domain.alarms import AlarmEvent, AlarmState, Category, EventKind, Priority, Rule
from domain.spool import SpoolStatus
from domain.units import DAY_MS, MINUTE_MS, SECOND_MS
from tests.fakes.in_memory_alarm_book import InMemoryAlarmBook

T0 = 1_795_350_000_000
LIMIT_MS = 7 * DAY_MS
ROOM = 100 * 2**30
EMPTY = SpoolStatus(readings=0, oldest_at=None, size_bytes=0, free_bytes=ROOM)
WAITING = replace(EMPTY, readings=100, oldest_at=T0)


class House:
    """One spool looked at again and again, its alarms in a book."""

    def __init__(self, centers: Sequence[str] = ("c1",)) -> None:
        self.centers = centers
        self.book = InMemoryAlarmBook()
        self.keeping = Keeping()

    def look(self, status: SpoolStatus, now: int) -> list[AlarmEvent]:
        self.keeping, inputs = decide(self.keeping, status, self.centers, limit_ms=LIMIT_MS, now=now)
        return self.book.apply(inputs, step)

    def restart(self) -> None:
        self.keeping = restored(alarm for center in self.centers for alarm in self.book.open_alarms(center))

    def open(self, center: str = "c1") -> list[tuple[str, Priority]]:
        return [(alarm.reason.code, alarm.priority) for alarm in self.book.open_alarms(center)]


def test_readings_that_have_waited_for_long_are_told_of_once() -> None:
    house = House()
    assert house.look(WAITING, T0 + BEHIND_AFTER_MS) == []
    (event,) = house.look(WAITING, T0 + BEHIND_AFTER_MS + 1)
    alarm = event.alarm
    assert (event.kind, alarm.rule, alarm.category) == (EventKind.RAISED, Rule.READINGS_BEHIND, Category.TECHNICAL)
    assert (alarm.priority, alarm.reason.code, alarm.began_at) == (Priority.MEDIUM, "readings-behind", T0)
    assert (alarm.center_id, alarm.resident_id, alarm.bed_id, alarm.belt_id) == ("c1", "", "", "")
    assert alarm.of_center
    assert alarm.alarm_id == f"c1.readings-behind.medium.{T0}"
    assert house.look(replace(WAITING, readings=9_000), T0 + 2 * BEHIND_AFTER_MS) == []


def test_it_ends_when_readings_have_gone_through_for_two_minutes() -> None:
    house = House()
    now = T0 + BEHIND_AFTER_MS + 1
    house.look(WAITING, now)
    assert house.look(replace(WAITING, oldest_at=now - 60 * SECOND_MS), now) == []
    assert house.look(EMPTY, now) == []
    assert house.look(replace(WAITING, oldest_at=now + CLEAR_MS - 2_000), now + CLEAR_MS - 1) == []
    (event,) = house.look(EMPTY, now + CLEAR_MS)
    assert (event.kind, event.alarm.cleared_at, event.alarm.state) == (EventKind.CLEARED, now, AlarmState.RESOLVED)
    assert house.keeping == Keeping()


def test_a_store_that_comes_and_goes_keeps_its_alarm() -> None:
    house = House()
    now = T0 + BEHIND_AFTER_MS + 1
    house.look(WAITING, now)
    house.look(EMPTY, now + MINUTE_MS)
    assert house.look(replace(WAITING, oldest_at=now), now + 2 * MINUTE_MS) == []
    house.look(EMPTY, now + 3 * MINUTE_MS)
    assert house.look(EMPTY, now + 4 * MINUTE_MS) == []
    assert len(house.look(EMPTY, now + 5 * MINUTE_MS)) == 1


def test_the_next_time_is_an_alarm_of_its_own() -> None:
    house = House()
    now = T0 + BEHIND_AFTER_MS + 1
    house.look(WAITING, now)
    house.look(EMPTY, now)
    house.look(EMPTY, now + CLEAR_MS)
    later = now + DAY_MS
    (event,) = house.look(replace(WAITING, oldest_at=later), later + BEHIND_AFTER_MS + 1)
    assert event.alarm.alarm_id == f"c1.readings-behind.medium.{later}"


def test_every_centre_is_told_a_new_one_too() -> None:
    house = House(("c1", "c2"))
    now = T0 + BEHIND_AFTER_MS + 1
    assert len(house.look(WAITING, now)) == 2
    house.centers = ("c1", "c2", "c3")
    (event,) = house.look(WAITING, now + SECOND_MS)
    assert (event.alarm.center_id, event.alarm.began_at) == ("c3", T0)
    house.look(EMPTY, now + SECOND_MS)
    assert len(house.look(EMPTY, now + SECOND_MS + CLEAR_MS)) == 3


def test_half_of_the_limit_is_urgent() -> None:
    house = House()
    house.look(WAITING, T0 + LIMIT_MS // 2)
    assert house.open() == [("readings-behind", Priority.MEDIUM)]
    house.look(WAITING, T0 + LIMIT_MS // 2 + 1)
    assert house.open() == [("readings-behind", Priority.MEDIUM), ("spool-half-used", Priority.HIGH)]
    now = T0 + LIMIT_MS // 2 + HOUR
    house.look(EMPTY, now)
    house.look(EMPTY, now + CLEAR_MS)
    assert house.open() == []


HOUR = 60 * MINUTE_MS


def test_little_room_on_the_disk_is_urgent_whatever_waits() -> None:
    house = House()
    house.look(replace(EMPTY, free_bytes=DISK_FLOOR_BYTES), T0)
    assert house.open() == []
    house.look(replace(EMPTY, free_bytes=DISK_FLOOR_BYTES - 1), T0)
    assert house.open() == [("disk-low", Priority.HIGH)]
    for minute in range(10):
        house.look(replace(EMPTY, free_bytes=DISK_CLEAR_BYTES - 1), T0 + minute * MINUTE_MS)
    assert house.open() == [("disk-low", Priority.HIGH)]
    house.look(EMPTY, T0 + HOUR)
    house.look(EMPTY, T0 + HOUR + CLEAR_MS)
    assert house.open() == []


def test_a_disk_that_cannot_be_measured_is_no_trouble() -> None:
    house = House()
    house.look(replace(EMPTY, free_bytes=None), T0)
    assert house.open() == []


def test_a_spool_that_takes_nothing_is_urgent_after_a_minute() -> None:
    house = House()
    stuck = replace(EMPTY, writable=False)
    house.look(stuck, T0)
    house.look(stuck, T0 + UNWRITABLE_AFTER_MS - 1)
    assert house.open() == []
    (event,) = house.look(stuck, T0 + UNWRITABLE_AFTER_MS)
    assert (event.alarm.reason.code, event.alarm.began_at, event.alarm.priority) == (
        "spool-unwritable",
        T0,
        Priority.HIGH,
    )
    house.look(EMPTY, T0 + HOUR)
    house.look(stuck, T0 + HOUR + MINUTE_MS)
    assert house.look(EMPTY, T0 + HOUR + CLEAR_MS) == []
    assert len(house.look(EMPTY, T0 + HOUR + 2 * CLEAR_MS)) == 1


def test_a_spool_that_failed_once_is_no_alarm() -> None:
    house = House()
    stuck = replace(EMPTY, writable=False)
    house.look(stuck, T0)
    house.look(EMPTY, T0 + 30 * SECOND_MS)
    house.look(stuck, T0 + UNWRITABLE_AFTER_MS)
    assert house.open() == []


@pytest.mark.parametrize("look_first", [False, True])
def test_a_restart_neither_doubles_nor_forgets_an_alarm(look_first: bool) -> None:
    house = House(("c1", "c2"))
    now = T0 + LIMIT_MS // 2 + 1
    house.look(WAITING, now)
    before = house.book.open_alarms("c1")
    house.restart()
    if look_first:
        assert house.look(WAITING, now + SECOND_MS) == []
        assert house.book.open_alarms("c1") == before
    house.look(EMPTY, now + MINUTE_MS)
    events = house.look(EMPTY, now + MINUTE_MS + CLEAR_MS)
    assert {event.kind for event in events} == {EventKind.CLEARED}
    assert len(events) == 4
    assert house.open() == house.open("c2") == []


def test_what_was_decided_and_not_committed_is_decided_again_as_the_same_alarm() -> None:
    now = T0 + BEHIND_AFTER_MS + 1
    (_, lost), (_, again) = (
        decide(Keeping(), WAITING, ["c1"], limit_ms=LIMIT_MS, now=at) for at in (now, now + MINUTE_MS)
    )
    assert (
        [given.alarm_id for given in lost] == [given.alarm_id for given in again] == [f"c1.readings-behind.medium.{T0}"]
    )


@given(
    looks=st.lists(
        st.tuples(st.integers(0, 20 * MINUTE_MS), st.booleans(), st.booleans(), st.booleans(), st.booleans()),
        max_size=40,
    )
)
def test_any_story_leaves_at_most_one_alarm_of_each_level_and_none_when_all_is_well(
    looks: list[tuple[int, bool, bool, bool, bool]],
) -> None:
    house = House()
    now, oldest_at = T0, None
    for passed, waits, writable, roomy, restarts in looks:
        now += passed
        oldest_at = (oldest_at or now) if waits else None
        free = ROOM if roomy else DISK_FLOOR_BYTES // 2
        house.look(replace(EMPTY, oldest_at=oldest_at, free_bytes=free, writable=writable), now)
        if restarts:
            house.restart()
        levels = [priority for _, priority in house.open()]
        assert len(levels) == len(set(levels))
        if oldest_at is not None and now - oldest_at > BEHIND_AFTER_MS:
            assert Priority.MEDIUM in levels
        if not roomy:
            assert Priority.HIGH in levels
    house.look(EMPTY, now)
    house.look(EMPTY, now + CLEAR_MS)
    assert house.open() == []
