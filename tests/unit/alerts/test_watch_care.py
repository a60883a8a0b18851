"""The watch hears of documented turns and of what belts say of themselves."""

from dataclasses import replace

from alerts.watch import REFRESH_MS, Watch
from domain.alarms import Alarm, EventKind, Rule
from domain.belts import BeltStatus
from domain.care import CareKind, CareRecord
from domain.ports import BedEntry
from domain.residents import Resident, VitalSettings
from domain.vitals import NO_TURN_OVER
from tests.fakes.in_memory_alarm_book import InMemoryAlarmBook
from tests.fakes.in_memory_belt_statuses import InMemoryBeltStatuses
from tests.fakes.in_memory_care import InMemoryCare
from tests.fakes.in_memory_register import InMemoryRegister
from tests.unit.alerts.bed import IN, NIGHT
from tests.unit.alerts.test_watch import CENTER, ticked
from tests.unit.alerts.vital_bed import NO_LEAVE_BED, Stretch

HOUR = 3600
AT_RISK = VitalSettings(no_turn_over=replace(NO_TURN_OVER, on=True, after_s=2 * HOUR))
OFFLINE = BeltStatus(belt_id="b1", at=NIGHT - 7_200_000, online=False)


class Night:
    """One resident at risk; seconds are after NIGHT."""

    def __init__(self) -> None:
        self.book, self.care, self.statuses = InMemoryAlarmBook(), InMemoryCare(), InMemoryBeltStatuses()
        self.register = InMemoryRegister()
        resident = Resident(resident_id="r1", name="A", leave_bed=NO_LEAVE_BED, vitals=AT_RISK)
        bed = BedEntry(room_id="101", room="101", bed_id="101-1", bed="1", belt_id="b1", resident=resident)
        self.register.enroll(CENTER, [bed], NIGHT - 86_400_000)
        self.start(0)

    def start(self, second: int) -> None:
        self.watch = Watch(
            register=self.register,
            book=self.book,
            now=NIGHT + second * 1000,
            statuses=self.statuses,
            care=self.care,
        )

    def lie_still(self, start: int, end: int) -> None:
        stretch = Stretch(start, end, in_bed=IN, movement=2, turns=0, step=10)
        self.watch.observe(stretch.batch(), NIGHT + end * 1000)
        self.watch.commit()

    def tick(self, second: int) -> list[EventKind]:
        return ticked(self.watch, NIGHT + second * 1000)

    def turn(self, second: int) -> CareRecord:
        done = CareRecord(resident_id="r1", kind=CareKind.TURN, at=NIGHT + second * 1000, person_id="p1")
        self.care.record(done)
        return done

    def open(self) -> list[Alarm]:
        return self.book.open_alarms("c1")


def test_a_turn_counts_before_the_next_reading_is_judged() -> None:
    night = Night()
    night.lie_still(0, 7190)
    night.watch.cared(night.turn(7195))
    night.lie_still(7190, 7300)
    assert night.tick(7300) == []
    assert night.watch.next_due_at() == NIGHT + (7195 + 2 * HOUR) * 1000


def test_a_turn_closes_the_alarm() -> None:
    night = Night()
    night.lie_still(0, 7210)
    assert [alarm.rule for alarm in night.open()] == [Rule.NO_TURN_OVER]
    night.watch.cared(night.turn(7220))
    assert night.tick(7221) == [EventKind.CLEARED]


def test_one_that_another_process_documented_is_found_by_the_next_look() -> None:
    night = Night()
    night.lie_still(0, 600)
    night.turn(580)
    night.tick(600 + REFRESH_MS // 1000)
    assert night.watch.next_due_at() == NIGHT + (580 + 2 * HOUR) * 1000


def test_one_that_was_documented_while_the_watch_was_away_counts_at_the_start() -> None:
    night = Night()
    night.lie_still(0, 600)
    night.turn(700)
    night.start(800)
    night.lie_still(800, 900)
    assert night.watch.next_due_at() == NIGHT + (700 + 2 * HOUR) * 1000


def test_a_belt_that_says_that_it_is_offline_is_told() -> None:
    night = Night()
    night.lie_still(0, 20)
    night.watch.tell([replace(OFFLINE, at=NIGHT + 30_000)], NIGHT + 30_000)
    assert night.tick(209) == []
    assert night.tick(210) == [EventKind.RAISED]
    (alarm,) = night.open()
    assert (alarm.rule, alarm.alarm_id) == (Rule.BELT_OFFLINE, f"r1.belt-offline.{NIGHT + 30_000}")
    night.start(300)
    assert night.tick(301) == []
    night.watch.tell([BeltStatus(belt_id="b1", at=NIGHT + 400_000, online=True)], NIGHT + 400_000)
    assert night.tick(400) == [EventKind.CLEARED]


def test_what_a_belt_said_before_the_start_counts_from_the_start() -> None:
    night = Night()
    night.statuses.put([OFFLINE])
    night.start(0)
    assert night.tick(179) == []
    assert night.tick(180) == [EventKind.RAISED]


def test_a_belt_that_came_back_while_the_watch_was_away_is_found_so() -> None:
    night = Night()
    night.lie_still(0, 20)
    night.watch.tell([replace(OFFLINE, at=NIGHT + 30_000)], NIGHT + 30_000)
    night.tick(210)
    night.statuses.put([BeltStatus(belt_id="b1", at=NIGHT + 300_000, online=True)])
    night.start(400)
    assert night.tick(400) == [EventKind.CLEARED]


def test_an_alarm_is_told_once_though_the_error_of_the_belts_clock_is_known_better_by_and_by() -> None:
    night = Night()
    night.lie_still(0, 600)
    night.turn(580)
    night.tick(600 + REFRESH_MS // 1000)
    due_s = 580 + 2 * HOUR
    night.lie_still(640, due_s + 10)
    assert [alarm.rule for alarm in night.open()] == [Rule.NO_TURN_OVER]
    sooner = Stretch(due_s + 20, due_s + 30, in_bed=IN, movement=2, turns=0, step=10).batch()
    night.watch.observe(replace(sooner, received_at=sooner.received_at - 40), NIGHT + (due_s + 20) * 1000)
    night.watch.commit()
    assert night.tick(due_s + 20 + REFRESH_MS // 1000) == []


def test_who_is_due_to_be_turned_is_told_of_though_the_belt_is_silent() -> None:
    night = Night()
    night.lie_still(0, 600)
    assert night.tick(900) == [EventKind.RAISED]
    assert night.tick(2 * HOUR - 1) == []
    assert night.tick(2 * HOUR) == [EventKind.RAISED]
    assert [alarm.rule for alarm in night.open() if alarm.calls] == [Rule.NO_TURN_OVER, Rule.BELT_SILENT]


def test_an_offline_that_readings_have_ended_is_not_told_again_when_the_register_changes() -> None:
    night = Night()
    night.lie_still(0, 20)
    said = replace(OFFLINE, at=NIGHT + 30_000)
    night.statuses.put([said])
    night.watch.tell([said], NIGHT + 30_000)
    night.lie_still(40, 110)
    night.tick(110)
    night.register.set_vitals("r1", replace(AT_RISK, settle_s=60))
    night.watch.settings_changed()
    assert night.tick(111) == []
    assert night.tick(111 + 180) == []


def test_a_turn_from_before_our_clock_was_put_back_puts_no_reminder_off() -> None:
    night, back = Night(), -4 * HOUR
    night.lie_still(0, 600)
    night.watch.cared(night.turn(580))
    night.lie_still(600, 700)
    night.tick(700)
    stretch = Stretch(700, 701, in_bed=IN, movement=2, turns=0).batch()
    night.watch.observe(replace(stretch, received_at=stretch.received_at + back * 1000), NIGHT + (back + 700) * 1000)
    night.watch.settings_changed()
    night.tick(back + 700)
    assert night.watch.next_due_at() <= NIGHT + (back + 580 + 2 * HOUR) * 1000
    night.watch.cared(night.turn(back + 695))
    night.tick(back + 720)
    assert night.watch.next_due_at() == NIGHT + (back + 695 + 2 * HOUR) * 1000


def test_a_last_will_is_told_in_time_after_a_start_with_our_clock_put_back() -> None:
    night = Night()
    night.lie_still(0, 20)
    night.watch.tell([replace(OFFLINE, at=NIGHT + 30_000)], NIGHT + 30_000)
    assert night.tick(40) == []
    night.start(-HOUR)
    assert night.tick(-HOUR + 179) == []
    assert night.tick(-HOUR + 180) == [EventKind.RAISED]
