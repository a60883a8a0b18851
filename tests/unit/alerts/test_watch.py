"""The watch with an in-memory register and book: what is committed, when, and what follows a failure."""

from typing import TypeVar

import numpy as np
import pytest

from alerts.lifecycle import REARM_MS, step
from alerts.watch import REFRESH_MS, Watch
from domain.alarms import AlarmState, Category, EventKind, Outcome, Priority, Resolve, Rule
from domain.errors import UnavailableError
from domain.live import AlarmsChanged, BedsChanged, LiveEvent
from domain.pauses import CarePause, PauseEnd, PauseReason
from domain.ports import BedEntry
from domain.readings import Occupancy
from domain.residents import Center, LeaveBedSettings, Place, Resident
from domain.units import NEVER
from tests.fakes.in_memory_alarm_book import InMemoryAlarmBook
from tests.fakes.in_memory_pauses import InMemoryCarePauses
from tests.fakes.in_memory_register import InMemoryRegister
from tests.unit.alerts.bed import IN, NIGHT, OUT, batch
from tests.unit.alerts.vital_bed import Stretch

LIMIT = 15 * 60
CENTER = Center(center_id="c1", name="C")
ALARM_ID = f"r1.leave-bed-not-back.{NIGHT + 5000}"


class BreakableBook(InMemoryAlarmBook):
    """Refuses to commit while `broken`."""

    broken = False

    def apply(self, *args: object, **kwargs: object) -> list:  # type: ignore[type-arg]
        if self.broken:
            raise UnavailableError("records", "disk full")
        return super().apply(*args, **kwargs)  # type: ignore[arg-type]


AnyRegister = TypeVar("AnyRegister", bound=InMemoryRegister)


def register(settings: LeaveBedSettings | None = None) -> InMemoryRegister:
    return filled(InMemoryRegister(), settings)


def filled(made: AnyRegister, settings: LeaveBedSettings | None = None) -> AnyRegister:
    entries = [
        BedEntry(
            room_id="101",
            room="101",
            bed_id="101-1",
            bed="1",
            belt_id="b1",
            resident=Resident(resident_id="r1", name="A", leave_bed=settings or LeaveBedSettings()),
        ),
        BedEntry(room_id="101", room="101", bed_id="101-2", bed="2", belt_id="b2"),
    ]
    made.enroll(CENTER, entries, NIGHT - 86_400_000)
    return made


def alarm_kinds(events: list[LiveEvent]) -> list[EventKind]:
    return [event.kind for group in events if isinstance(group, AlarmsChanged) for event in group.events]


class Paused:
    """A watch over resident r1 with pauses; `say` hands readings in as they come, `tick` runs its timers."""

    def __init__(self) -> None:
        self.book, self.pauses, self.residents = InMemoryAlarmBook(), InMemoryCarePauses(), register()
        self.restart(0)

    def restart(self, second: int) -> None:
        at = NIGHT + second * 1000
        self.watch = Watch(register=self.residents, book=self.book, pauses=self.pauses, now=at)

    def pause(self, second: int, minutes: int = 30) -> None:
        at = NIGHT + second * 1000
        self.pauses.begin(
            CarePause(
                pause_id=f"r1.{at}",
                center_id="c1",
                resident_id="r1",
                reason=PauseReason.TOILET,
                began_at=at,
                began_by="ann",
                ends_at=at + minutes * 60_000,
            )
        )
        self.watch.settings_changed()
        self.tick(second)

    def say(self, *readings: tuple[int, Occupancy]) -> None:
        for second, occupancy in readings:
            self.watch.observe(batch([(second, occupancy)]), NIGHT + second * 1000)
            self.watch.commit()

    def tick(self, second: float) -> list[EventKind]:
        return ticked(self.watch, NIGHT + round(second * 1000))

    def ends(self) -> list[tuple[PauseEnd | None, float]]:
        found = self.pauses.since(0)
        return [(one.ended_as, (one.ended_at - NIGHT) / 1000) for one in found if one.ended_at is not None]


def ticked(watch: Watch, now: int, heard_until: int | None = None) -> list[EventKind]:
    """What the worker does once a second."""
    watch.refresh(now)
    watch.tick(now, now if heard_until is None else heard_until)
    return alarm_kinds(watch.commit())


def away(watch: Watch) -> None:
    watch.observe(batch([(0, IN), (5, OUT), (10, OUT)], received=10), NIGHT + 10_000)
    watch.commit()


def test_a_due_absence_is_committed_then_told() -> None:
    book = InMemoryAlarmBook()
    watch = Watch(register=register(), book=book, now=NIGHT)
    away(watch)
    assert watch.next_due_at() == NIGHT + (5 + LIMIT) * 1000
    assert ticked(watch, watch.next_due_at()) == [EventKind.RAISED]
    alarm = book.alarm(ALARM_ID)
    assert (alarm.state, alarm.rule, alarm.bed_id) == (AlarmState.ACTIVE, Rule.LEAVE_BED_NOT_BACK, "101-1")
    assert alarm.reason.facts == {"left_at": NIGHT + 5000, "limit_s": LIMIT, "silent": 1}
    assert book.open_alarms("c1") == [alarm]


def test_a_timer_waits_for_what_came_before_it_was_due_and_is_raised_when_it_is_told() -> None:
    book = InMemoryAlarmBook()
    watch = Watch(register=register(), book=book, now=NIGHT)
    away(watch)
    due_at = watch.next_due_at()
    assert ticked(watch, due_at + 20_000, heard_until=due_at - 1) == []
    assert ticked(watch, due_at + 21_000, heard_until=due_at) == [EventKind.RAISED]
    assert book.alarm(ALARM_ID).raised_at == due_at + 21_000
    assert book.alarm(ALARM_ID).due_at == due_at


def test_it_resolves_by_itself_after_the_return() -> None:
    book = InMemoryAlarmBook()
    watch = Watch(register=register(), book=book, now=NIGHT)
    away(watch)
    ticked(watch, watch.next_due_at())
    back = [(1000.0 + n, IN) for n in range(0, 130, 5)]
    watch.observe(batch(back, received=1125), NIGHT + 1_125_000)
    assert alarm_kinds(watch.commit()) == [EventKind.CLEARED]
    assert book.alarm(ALARM_ID).cleared_at == NIGHT + 1_000_000
    assert book.alarm(ALARM_ID).resolved_by is None


def test_what_could_not_be_committed_is_kept_and_told_later() -> None:
    book = BreakableBook()
    watch = Watch(register=register(), book=book, now=NIGHT)
    book.broken = True
    with pytest.raises(UnavailableError):
        away(watch)
    due_at = watch.next_due_at()
    with pytest.raises(UnavailableError):
        ticked(watch, due_at)
    assert book.open_alarms("c1") == []
    book.broken = False
    assert ticked(watch, due_at + 1000) == [EventKind.RAISED]
    assert ticked(watch, due_at + 2000) == []


def test_a_second_watch_on_the_same_book_goes_on() -> None:
    book, residents = InMemoryAlarmBook(), register()
    away(Watch(register=residents, book=book, now=NIGHT))
    again = Watch(register=residents, book=book, now=NIGHT + 720_000)
    assert ticked(again, NIGHT + 720_000) == []
    assert ticked(again, NIGHT + (5 + LIMIT) * 1000) == [EventKind.RAISED]
    third = Watch(register=residents, book=book, now=NIGHT + 2_000_000)
    assert ticked(third, NIGHT + 2_000_000) == []
    assert [bed.occupancy for bed in third.latest()] == [Occupancy.OUT, Occupancy.UNKNOWN]


def test_the_board_hears_of_enrolled_beds_only() -> None:
    watch = Watch(register=register(), book=InMemoryAlarmBook(), now=NIGHT)
    events = watch.observe(batch([(0, IN)]), NIGHT)
    assert [bed.belt_id for group in events if isinstance(group, BedsChanged) for bed in group.beds] == ["b1"]
    assert watch.observe(batch([(0, IN)], belt="stranger"), NIGHT) == []


def test_the_watch_knows_by_which_belts_nobody_is_watched() -> None:
    residents = register()
    watch = Watch(register=residents, book=InMemoryAlarmBook(), now=NIGHT)
    for belt_id in ("b1", "b2", "b3"):
        watch.unassigned.hear(batch([(0, IN)], belt=belt_id), {})
    assert [(belt.belt_id, belt.place is None) for belt in watch.unassigned.latest(NIGHT)] == [
        ("b2", False),
        ("b3", True),
    ]
    third = Resident(resident_id="r3", name="C")
    entry = BedEntry(room_id="101", room="101", bed_id="101-3", bed="3", belt_id="b3", resident=third)
    residents.enroll(CENTER, [entry], NIGHT)
    ticked(watch, NIGHT + REFRESH_MS)
    assert [belt.belt_id for belt in watch.unassigned.latest(NIGHT)] == ["b2"]


def test_changed_settings_are_taken_at_once_when_told_and_soon_when_not() -> None:
    residents = register()
    watch = Watch(register=residents, book=InMemoryAlarmBook(), now=NIGHT)
    away(watch)
    residents.set_leave_bed("r1", LeaveBedSettings(away_limit_min=10))
    watch.settings_changed()
    ticked(watch, NIGHT + 11_000)
    assert watch.next_due_at() == NIGHT + 605_000
    residents.set_leave_bed("r1", LeaveBedSettings(away_limit_min=5))
    ticked(watch, NIGHT + 11_000 + REFRESH_MS)
    assert watch.next_due_at() == NIGHT + 305_000


def test_a_register_that_cannot_be_reached_loses_no_reading() -> None:
    class BreakableRegister(InMemoryRegister):
        broken = False

        def places(self, at: int) -> list[Place]:
            if self.broken:
                raise UnavailableError("records", "locked")
            return super().places(at)

    residents = filled(BreakableRegister())
    watch = Watch(register=residents, book=InMemoryAlarmBook(), now=NIGHT)
    residents.broken = True
    watch.settings_changed()
    with pytest.raises(UnavailableError):
        watch.refresh(NIGHT)
    away(watch)
    assert watch.next_due_at() == NIGHT + (5 + LIMIT) * 1000
    residents.broken = False
    residents.set_leave_bed("r1", LeaveBedSettings(away_limit_min=10))
    ticked(watch, NIGHT + 11_000)
    assert watch.next_due_at() == NIGHT + 605_000


def test_a_change_while_the_register_is_read_is_not_lost() -> None:
    class ChangedMeanwhile(InMemoryRegister):
        def places(self, at: int) -> list[Place]:
            found = super().places(at)
            if changes:
                super().set_leave_bed("r1", changes.pop())
                watch.settings_changed()
            return found

    changes: list[LeaveBedSettings] = []
    watch = Watch(register=filled(residents := ChangedMeanwhile()), book=InMemoryAlarmBook(), now=NIGHT)
    away(watch)
    changes.append(LeaveBedSettings(away_limit_min=5))
    residents.set_leave_bed("r1", LeaveBedSettings(away_limit_min=7))
    watch.settings_changed()
    ticked(watch, NIGHT + 11_000)
    ticked(watch, NIGHT + 12_000)
    assert watch.next_due_at() == NIGHT + 305_000


def test_the_register_of_the_start_counts_not_that_of_the_end() -> None:
    book, residents = InMemoryAlarmBook(), register()
    away(Watch(register=residents, book=book, now=NIGHT))
    other = Resident(resident_id="r2", name="B")
    moved_in = BedEntry(room_id="101", room="101", bed_id="101-1", bed="1", belt_id="b1", resident=other)
    residents.enroll(CENTER, [moved_in], NIGHT + 3_600_000)
    again = Watch(register=residents, book=book, now=NIGHT + 7_200_000)
    assert ticked(again, NIGHT + 7_200_000) == []
    assert again.next_due_at() == NEVER
    for settings, due_at in ((LeaveBedSettings(not_back=False), NEVER), (LeaveBedSettings(away_limit_min=5), 305_000)):
        book, residents = InMemoryAlarmBook(), register()
        away(Watch(register=residents, book=book, now=NIGHT))
        residents.set_leave_bed("r1", settings)
        again = Watch(register=residents, book=book, now=NIGHT + 60_000)
        assert again.next_due_at() == (due_at if due_at == NEVER else NIGHT + due_at)


def test_another_belt_on_the_bed_goes_on_with_the_absence() -> None:
    book, residents = InMemoryAlarmBook(), register()
    watch = Watch(register=residents, book=book, now=NIGHT)
    away(watch)
    resident = residents.resident("r1")
    swapped = BedEntry(room_id="101", room="101", bed_id="101-1", bed="1", belt_id="b9", resident=resident)
    residents.enroll(CENTER, [swapped], NIGHT + 60_000)
    watch.settings_changed()
    ticked(watch, NIGHT + 61_000)
    for second in range(70, 900, 10):
        watch.observe(batch([(second, OUT)], belt="b9"), NIGHT + second * 1000)
    assert ticked(watch, NIGHT + (5 + LIMIT) * 1000) == [EventKind.RAISED]


def test_a_vacant_bed_never_alarms() -> None:
    book = InMemoryAlarmBook()
    watch = Watch(register=register(), book=book, now=NIGHT)
    watch.observe(batch([(0, IN), (5, OUT), (10, OUT)], belt="b2"), NIGHT + 10_000)
    ticked(watch, NIGHT + 3_600_000)
    assert [alarm for alarm in book.open_alarms("c1") if alarm.belt_id == "b2"] == []


def test_a_racing_heart_is_committed_with_its_numbers_and_clears() -> None:
    book = InMemoryAlarmBook()
    watch = Watch(register=register(), book=book, now=NIGHT)
    for stretch in (Stretch(0, 600), Stretch(600, 730, heart=141)):
        readings = stretch.batch()
        for row in range(len(readings)):
            watch.observe(readings.select(np.array([row])), int(readings.observed_at[row]))
    assert alarm_kinds(watch.commit()) == [EventKind.RAISED]
    alarm = book.alarm(f"r1.heart-rate-very-high.{NIGHT + 600_000}")
    assert (alarm.category, alarm.priority) == (Category.PHYSIOLOGICAL, Priority.HIGH)
    assert (alarm.reason.code, alarm.due_at) == ("heart-rate-very-high", NIGHT + 720_000)
    assert alarm.reason.facts == {"limit_s": 120, "limit": 130.0, "value": 141.0}
    watch.observe(Stretch(730, 900).batch(), NIGHT + 900_000)
    assert alarm_kinds(watch.commit()) == [EventKind.CLEARED]
    latched = book.alarm(alarm.alarm_id)
    assert (latched.cleared_at, latched.state) == (NIGHT + 730_000, AlarmState.ACTIVE)


def test_a_belt_that_never_reported_is_told_for_who_lies_there() -> None:
    book = InMemoryAlarmBook()
    watch = Watch(register=register(), book=book, now=NIGHT)
    assert [ticked(watch, NIGHT + second * 1000) for second in (0, 299)] == [[], []]
    assert ticked(watch, NIGHT + 300_000) == [EventKind.RAISED]
    (alarm,) = book.open_alarms("c1")
    assert (alarm.rule, alarm.belt_id, alarm.reason.facts) == (Rule.BELT_SILENT, "b1", {"limit_s": 300, "never": 1})
    again = Watch(register=register(), book=book, now=NIGHT + 400_000)
    assert ticked(again, NIGHT + 800_000) == []


def test_a_silent_center_is_an_alarm_of_no_resident_that_clears() -> None:
    residents, book = InMemoryRegister(), InMemoryAlarmBook()
    belts = [f"b{n}" for n in range(1, 6)]
    entries = [
        BedEntry(
            room_id="101",
            room="101",
            bed_id=belt,
            bed=belt,
            belt_id=belt,
            resident=Resident(resident_id=f"r-{belt}", name="A"),
        )
        for belt in belts
    ]
    residents.enroll(CENTER, entries, NIGHT - 86_400_000)
    watch = Watch(register=residents, book=book, now=NIGHT)
    for second in (0, 10):
        for belt in belts:
            watch.observe(batch([(second, OUT)], belt=belt), NIGHT + second * 1000)
    assert ticked(watch, NIGHT + 189_000) == []
    assert ticked(watch, NIGHT + 190_000) == [EventKind.RAISED]
    (alarm,) = book.open_alarms("c1")
    assert (alarm.alarm_id, alarm.of_center, alarm.priority) == (
        f"c1.center-silent.{NIGHT + 10_000}",
        True,
        Priority.HIGH,
    )
    for second in range(300, 370, 10):
        watch.observe(batch([(second, OUT)]), NIGHT + second * 1000)
    assert alarm_kinds(watch.commit()) == [EventKind.CLEARED]


def test_an_absence_in_a_pause_counts_from_its_end_by_time_whatever_is_restarted() -> None:
    bed = Paused()
    bed.say((0, IN))
    bed.pause(10)
    bed.say((15, OUT), (20, OUT))
    bed.restart(1000)
    assert bed.tick(10 + 30 * 60 - 1) == []
    assert bed.ends() == []
    assert bed.tick(10 + 30 * 60) == []
    assert bed.ends() == [(PauseEnd.TIME, 10 + 30 * 60)]
    bed.restart(2000)
    assert bed.tick(10 + 30 * 60 + LIMIT - 1) == []
    bed.say((2705, OUT))
    assert bed.tick(10 + 30 * 60 + LIMIT) == [EventKind.RAISED]
    (alarm,) = bed.book.open_alarms("c1")
    assert alarm.reason.facts["left_at"] == NIGHT + 15_000


def test_a_return_ends_a_pause_and_the_next_leaving_counts_at_once() -> None:
    bed = Paused()
    bed.say((0, IN))
    bed.pause(10)
    bed.say((15, OUT), (20, OUT), (25, OUT), (60, IN), (63, IN))
    bed.tick(63)
    assert bed.ends() == []
    bed.say((66, IN))
    bed.tick(66)
    assert bed.ends() == [(PauseEnd.RETURNED, 60)]
    bed.say((70, OUT), (75, OUT))
    assert bed.tick(70 + LIMIT - 1) == []
    assert bed.tick(70 + LIMIT) == [EventKind.RAISED]


def test_care_in_bed_and_chatter_do_not_end_a_pause() -> None:
    bed = Paused()
    bed.say((0, IN))
    bed.pause(10)
    bed.say((15, IN), (20, OUT), (21, IN), (40, IN))
    bed.tick(40)
    assert bed.ends() == []


def test_an_absence_from_before_a_pause_is_put_off_too_and_ended_pauses_change_nothing() -> None:
    bed = Paused()
    away(bed.watch)
    bed.pause(60, minutes=10)
    assert bed.tick(5 + LIMIT) == []
    assert bed.tick(660 + LIMIT) == [EventKind.RAISED]
    other = Paused()
    other.pause(0, minutes=5)
    other.tick(300)
    other.say((400, IN), (405, OUT), (410, OUT))
    assert other.tick(405 + LIMIT) == [EventKind.RAISED]


def test_in_a_pause_a_silent_belt_is_told() -> None:
    bed = Paused()
    bed.say((0, IN))
    bed.pause(10)
    assert bed.tick(300) == [EventKind.RAISED]


def test_what_a_person_closed_comes_again_while_it_holds() -> None:
    book, residents = InMemoryAlarmBook(), register()
    watch = Watch(register=residents, book=book, now=NIGHT)
    away(watch)
    due_at = NIGHT + (5 + LIMIT) * 1000
    ticked(watch, due_at)
    close = Resolve(alarm_id=ALARM_ID, at=due_at + 1000, person_id="ann", outcome=Outcome.HELPED)
    book.apply([close], step)
    again_at = due_at + 1000 + REARM_MS[Category.CARE]
    again = Watch(register=residents, book=book, now=again_at)
    assert ticked(again, again_at + 5000, heard_until=again_at - 1) == []
    assert ticked(again, again_at + 6000) == [EventKind.RAISED]
    (alarm,) = book.open_alarms("c1")
    assert alarm.alarm_id == f"r1.leave-bed-not-back.{again_at}"
    seconds = (again_at - NIGHT) // 1000
    again.observe(batch([(seconds + n, IN) for n in range(10, 150, 5)], received=seconds + 150), again_at + 150_000)
    assert alarm_kinds(again.commit()) == [EventKind.CLEARED]


def test_what_a_person_closed_after_the_return_does_not() -> None:
    book = InMemoryAlarmBook()
    watch = Watch(register=register(), book=book, now=NIGHT)
    away(watch)
    due_at = NIGHT + (5 + LIMIT) * 1000
    ticked(watch, due_at)
    book.apply([Resolve(alarm_id=ALARM_ID, at=due_at + 1000, person_id="ann", outcome=Outcome.HELPED)], step)
    watch.observe(batch([(1000, IN), (1006, IN), (1200, IN), (1500, IN)]), NIGHT + 1_500_000)
    assert ticked(watch, due_at + 1000 + REARM_MS[Category.CARE]) == []


def test_a_limit_runs_out_in_time_over_a_silent_belt_though_our_clock_was_put_back() -> None:
    watch = Watch(register=register(), book=InMemoryAlarmBook(), now=NIGHT)
    for second, occupancy in ((0, IN), (5, OUT), (10, OUT)):
        watch.observe(batch([(second, occupancy)]), NIGHT + second * 1000)
    back = 2 * 3600
    told = [
        (second, kind)
        for second in range(10, 1000)
        for kind in ticked(watch, NIGHT + (second - (back if second >= 100 else 0)) * 1000)
    ]
    ((second, kind),) = told
    assert kind is EventKind.RAISED
    assert 0 <= second - (5 + LIMIT) <= 1


@pytest.mark.parametrize("ended", [False, True])
def test_a_pause_from_before_our_clock_was_put_back_holds_nothing_up_for_hours(ended: bool) -> None:
    night = Paused()
    night.say((0, IN), (5, IN))
    night.pause(10)
    if ended:
        night.pauses.end(f"r1.{NIGHT + 10_000}", NIGHT + 15_000, PauseEnd.PERSON, "ann")
    back = -2 * 3600
    for second, occupancy in ((20, IN), (25, OUT), (30, OUT)):
        at = NIGHT + (back + second) * 1000
        night.watch.observe(batch([(second, occupancy)], received=back + second), at)
        night.watch.commit()
        night.tick(back + second)
    assert night.tick(back + 25 + LIMIT - 1) == []
    assert night.tick(back + 25 + LIMIT) == [EventKind.RAISED]
    assert night.ends() == [(PauseEnd.PERSON, 15) if ended else (PauseEnd.TIME, back + 20)]
