"""The watch over belts that fall silent together: what becomes of an alarm of a group that a person closes."""

import pytest

from alerts.lifecycle import REARM_MS, step
from alerts.watch import Watch
from domain.alarms import Category, EventKind, Outcome, Resolve, Rule
from domain.ports import BedEntry
from domain.residents import Resident
from tests.fakes.in_memory_alarm_book import InMemoryAlarmBook
from tests.fakes.in_memory_register import InMemoryRegister
from tests.unit.alerts.bed import IN, NIGHT, batch
from tests.unit.alerts.test_watch import CENTER, alarm_kinds, ticked

BELTS = [f"b{n}" for n in range(1, 9)]
STAY = BELTS[4:]
"""The others are behind the gateway that stops."""
END_S = 400


@pytest.fixture
def residents() -> InMemoryRegister:
    made = InMemoryRegister()
    entries = [
        BedEntry(
            room_id="101",
            room="101",
            bed_id=belt,
            bed=belt,
            belt_id=belt,
            resident=Resident(resident_id=f"r-{belt}", name="A"),
        )
        for belt in BELTS
    ]
    made.enroll(CENTER, entries, NIGHT - 86_400_000)
    return made


def say(watch: Watch, belts: list[str], start_s: int, end_s: int) -> list[EventKind]:
    told = []
    for second in range(start_s, end_s, 10):
        for belt in belts:
            watch.observe(batch([(second, IN)], belt=belt), NIGHT + second * 1000)
        told += alarm_kinds(watch.commit()) + ticked(watch, NIGHT + second * 1000)
    return told


@pytest.mark.parametrize("restarted", [False, True])
def test_a_group_that_a_person_closed_comes_again_while_it_is_silent(
    residents: InMemoryRegister, restarted: bool
) -> None:
    book = InMemoryAlarmBook()
    watch = Watch(register=residents, book=book, now=NIGHT)
    say(watch, BELTS, 0, 20)
    say(watch, STAY, 20, END_S)
    (alarm,) = book.open_alarms("c1")
    assert alarm.rule is Rule.GROUP_SILENT
    closed_at = NIGHT + END_S * 1000
    book.apply([Resolve(alarm_id=alarm.alarm_id, at=closed_at, person_id="ann", outcome=Outcome.HELPED)], step)
    if restarted:
        watch = Watch(register=residents, book=book, now=closed_at)
    again_s = END_S + REARM_MS[Category.TECHNICAL] // 1000
    assert say(watch, STAY, END_S, again_s) == []
    assert say(watch, STAY, again_s, again_s + 20) == [EventKind.RAISED]
    assert say(watch, BELTS, again_s + 20, again_s + 120) == [EventKind.CLEARED]
