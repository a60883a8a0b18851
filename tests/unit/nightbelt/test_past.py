"""The weeks before a demo: told once, whole, and with alarms that have been answered."""

from datetime import timedelta

import numpy as np

from alerts.lifecycle import step
from domain.alarms import AlarmState, EventKind, Outcome
from domain.nights import night_of
from domain.readings import Occupancy
from domain.units import DAY_MS, HOUR_MS
from nightbelt.past import INTERVAL_MS, fill_past, past_alarms
from simulators.center import SimulatedCenter, simulated_center
from simulators.night import plan_night
from tests.fakes.in_memory_alarm_book import InMemoryAlarmBook
from tests.fakes.in_memory_readings import InMemoryReadings

EVENING = 1_795_096_800_000  # 22:00 in Shanghai
NIGHTS = 3


def filled(center: SimulatedCenter, times: int = 1) -> tuple[InMemoryReadings, InMemoryAlarmBook, list[int]]:
    readings, book, heard = InMemoryReadings(), InMemoryAlarmBook(), list[int]()
    for _ in range(times):
        fill_past(
            center,
            EVENING,
            readings=readings,
            book=book,
            nights=NIGHTS,
            progress=lambda done, _nights: heard.append(done),
        )
    return readings, book, heard


def test_each_night_is_there_and_nothing_is_after_the_beginning() -> None:
    center = simulated_center(2, 1)
    readings, _, heard = filled(center)
    assert heard == [0, 1, 2]
    for bed in center.beds:
        whole = readings.read(bed.belt.belt_id, 0, 2 * EVENING)
        assert int(whole.received_at.max()) < EVENING
        for back in range(1, NIGHTS + 1):
            at = EVENING - back * DAY_MS
            night = readings.read(bed.belt.belt_id, at, at + 8 * HOUR_MS)
            assert np.count_nonzero(night.in_bed == Occupancy.IN) > 100


def test_the_beds_stand_as_the_belts_said_last() -> None:
    center = simulated_center(4, 1)
    readings, book, _ = filled(center)
    beds = {bed.belt_id: bed for bed in book.states()[0]}
    assert set(beds) == {bed.belt.belt_id for bed in center.beds}
    for belt_id, bed in beds.items():
        last = readings.read(belt_id, EVENING - 4 * HOUR_MS, EVENING)
        assert bed.observed_at == int(last.observed_at.max())
        assert bed.received_at <= EVENING


def test_older_nights_are_thin_and_the_last_one_is_not() -> None:
    center = simulated_center(2, 1)
    bed = min(center.beds, key=lambda each: each.belt.interval_ms)
    readings, _, _ = filled(center)
    old, last = (readings.read(bed.belt.belt_id, at, at + HOUR_MS) for at in (EVENING - 2 * DAY_MS, EVENING - DAY_MS))
    assert abs(len(old) - HOUR_MS // INTERVAL_MS) <= 1
    assert len(last) > HOUR_MS // bed.belt.interval_ms * 0.9


def test_filled_twice_it_is_there_once() -> None:
    center = simulated_center(2, 1)
    once, book, _ = filled(center)
    twice, again, _ = filled(center, times=2)
    for bed in center.beds:
        assert len(once.read(bed.belt.belt_id, 0, EVENING)) == len(twice.read(bed.belt.belt_id, 0, EVENING))
    assert book.last_event_id() == again.last_event_id()


def test_every_past_alarm_was_owed_and_is_over() -> None:
    center = simulated_center(24, 1)
    book = InMemoryAlarmBook()
    last = night_of(EVENING, center.zone)
    for back in range(NIGHTS, 0, -1):
        book.apply(past_alarms(center, last - timedelta(days=back)), step)
    alarms = [alarm for bed in center.beds for alarm in book.alarms_of(bed.resident.resident_id, 0, EVENING)]
    assert len(alarms) >= 10
    assert all(alarm.state is AlarmState.RESOLVED for alarm in alarms)
    assert {alarm.outcome for alarm in alarms} >= {Outcome.HELPED, Outcome.NO_HELP_NEEDED}
    for alarm in alarms:
        kinds = [event.kind for event in book.history(alarm.alarm_id)]
        assert kinds[0] is EventKind.RAISED
        assert alarm.acknowledged_at is None or alarm.raised_at < alarm.acknowledged_at
    for bed in center.beds:
        exits = {
            absence.began_at
            for back in (1, 2, 3)
            for absence in plan_night(center, bed, last - timedelta(days=back)).absences()
        }
        assert {alarm.began_at for alarm in alarms if alarm.bed_id == bed.bed_id} <= exits
