"""Reports are made when the night is over, once, for missed nights too, and anew when readings came late."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from domain.clock import instant
from domain.ports import BedEntry
from domain.readings import Occupancy, ReadingBatch, SleepStage
from domain.residents import Center, Resident, Side
from domain.units import DAY_MS, HOUR_MS, MINUTE_MS
from nightbelt import night_reports
from nightbelt.late import NotingReadings, late_days
from nightbelt.night_reports import CATCH_UP_NIGHTS, NightReporter
from sleep.report import METHOD
from tests.fakes.in_memory_night_reports import InMemoryLateReadings, InMemoryNightReports
from tests.fakes.in_memory_readings import InMemoryReadings
from tests.fakes.in_memory_register import InMemoryRegister
from tests.unit.api.world import FakeClock

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
NIGHT = date(2026, 11, 21)
LONG_AGO = instant(datetime(2026, 1, 1, tzinfo=SHANGHAI))


@pytest.fixture(autouse=True)
def _no_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(night_reports, "REST_S", 0)


def at(day: date, hour: int, minute: int = 0, zone: ZoneInfo = SHANGHAI) -> int:
    return instant(datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone))


def bed(n: int, *, belt_id: str | None = None, side: Side = Side.WHOLE, bed_id: str | None = None) -> BedEntry:
    resident = Resident(resident_id=f"r{n}", name=f"R{n}")
    belt = belt_id or f"b{n}"
    return BedEntry(
        room_id="1", room="1", bed_id=bed_id or f"bed{n}", bed="1", side=side, belt_id=belt, resident=resident
    )


class House:
    """A centre with beds, and the reporter over it."""

    def __init__(self, *beds: BedEntry, zone: str = "Asia/Shanghai") -> None:
        self.clock = FakeClock(at(NIGHT + timedelta(days=1), 10))
        self.register, self.readings = InMemoryRegister(), InMemoryReadings()
        self.reports, self.late = InMemoryNightReports(), InMemoryLateReadings()
        self.center = Center(center_id="c", name="C", timezone=zone)
        self.register.enroll(self.center, beds or [bed(1)], LONG_AGO)
        self.reporter = self.new()
        self.store = NotingReadings(self.readings, self.late, self.reporter.closed_at)

    def new(self, version: int = 1, maker_centers: tuple[str, ...] = ()) -> NightReporter:
        return NightReporter(
            register=self.register,
            readings=self.readings,
            reports=self.reports,
            late=self.late,
            clock=self.clock,
            version=version,
            maker_centers=maker_centers,
        )

    def write(self, belt_id: str, start_at: int, minutes: int, occupancy: Occupancy = Occupancy.IN) -> None:
        observed = start_at + MINUTE_MS * np.arange(minutes)
        batch = ReadingBatch.build(
            belts=(belt_id,),
            belt=np.zeros(minutes),
            observed_at=observed,
            received_at=self.clock.at,
            in_bed=np.full(minutes, occupancy),
            heart_rate=60.0,
            sleep_stage=SleepStage.LIGHT,
        )
        self.store.write(batch)

    def nights(self, resident_id: str = "r1") -> list[date]:
        return [kept.report.night for kept in self.reports.between(resident_id, date.min, date.max)]


def test_a_report_is_made_when_the_night_is_over() -> None:
    house = House()
    house.write("b1", at(NIGHT, 21), 540)
    house.clock.at -= 1
    assert house.reporter.look() == 0
    house.clock.at += 1
    assert house.reporter.look() == 1
    kept = house.reports.get("r1", NIGHT)
    assert kept is not None
    assert kept.report.time_in_bed_min == pytest.approx(540, abs=1)
    assert (kept.computed_at, kept.report.belt_ids) == (house.clock.at, ("b1",))
    assert house.reporter.look() == 0


@pytest.mark.parametrize(("centers", "method"), [((), METHOD), (("d",), METHOD), (("c",), "maker-stage")])
def test_the_makers_word_is_taken_in_the_centres_that_want_it(centers: tuple[str, ...], method: str) -> None:
    house = House()
    house.write("b1", at(NIGHT, 21), 540)
    assert house.new(maker_centers=centers).look() == 1
    kept = house.reports.get("r1", NIGHT)
    assert kept is not None
    assert kept.report.maker_stages is not None
    assert kept.report.method.partition("/")[0] == method


def test_nights_that_were_missed_are_made_up_for_within_bounds() -> None:
    house = House()
    back = [0, 2, CATCH_UP_NIGHTS - 1, CATCH_UP_NIGHTS]
    for nights in back:
        house.write("b1", at(NIGHT - timedelta(days=nights), 22), 60)
    assert house.reporter.look() == 3
    assert house.nights() == [NIGHT - timedelta(days=nights) for nights in reversed(back[:3])]
    assert house.new().look() == 0


def test_readings_that_come_late_make_it_anew() -> None:
    house = House()
    house.write("b1", at(NIGHT, 21), 60)
    house.reporter.look()
    house.clock.at += HOUR_MS
    house.write("b1", at(NIGHT, 22), 60)
    assert len(house.late.waiting()) == 1
    assert house.reporter.look() == 1
    kept = house.reports.get("r1", NIGHT)
    assert kept is not None
    assert kept.report.time_in_bed_min == pytest.approx(120, abs=1)
    assert house.late.waiting() == []


def test_late_readings_of_a_night_long_ago_make_its_report() -> None:
    house = House()
    house.reporter.look()
    old = NIGHT - timedelta(days=CATCH_UP_NIGHTS + 10)
    house.write("b1", at(old, 23, 30), 120)
    assert house.reporter.look() == 1
    assert house.nights() == [old]


def test_a_new_program_sees_what_was_noted_before_the_old_one_ended() -> None:
    house = House()
    house.write("b1", at(NIGHT, 21), 60)
    house.reporter.look()
    house.write("b1", at(NIGHT, 22), 60)
    assert house.new().look() == 1


def test_readings_of_the_night_that_runs_are_not_late() -> None:
    house = House()
    house.reporter.look()
    house.clock.at = at(NIGHT + timedelta(days=1), 23)
    house.write("b1", at(NIGHT + timedelta(days=1), 22), 60)
    assert house.late.waiting() == []


def test_a_newer_version_makes_the_last_nights_anew_and_an_older_one_none() -> None:
    house = House()
    house.write("b1", at(NIGHT, 21), 60)
    house.reporter.look()
    assert house.new(version=2).look() == 1
    assert house.new(version=1).look() == 0
    kept = house.reports.get("r1", NIGHT)
    assert kept is not None
    assert kept.version == 2


def test_a_resident_who_moves_at_night_keeps_one_report_of_both_belts() -> None:
    house = House(bed(1), bed(2))
    moved_at = at(NIGHT + timedelta(days=1), 2)
    house.register.enroll(
        house.center, [bed(1, belt_id="b2", bed_id="bed2"), bed(2, belt_id="b1", bed_id="bed1")], moved_at
    )
    house.write("b1", at(NIGHT, 22), 240)
    house.write("b2", moved_at, 240)
    house.reporter.look()
    kept = house.reports.get("r1", NIGHT)
    assert kept is not None
    assert kept.report.belt_ids == ("b1", "b2")
    assert "moved-bed" in kept.report.marks
    assert kept.report.time_in_bed_min == pytest.approx(480, abs=1)


def test_two_in_one_bed_have_a_report_each() -> None:
    house = House(bed(1, side=Side.LEFT, bed_id="wide"), bed(2, side=Side.RIGHT, bed_id="wide"))
    house.write("b1", at(NIGHT, 21), 60)
    house.write("b2", at(NIGHT, 21), 120)
    assert house.reporter.look() == 2
    for resident_id, minutes in (("r1", 60), ("r2", 120)):
        kept = house.reports.get(resident_id, NIGHT)
        assert kept is not None
        assert kept.report.time_in_bed_min == pytest.approx(minutes, abs=1)
        assert "shared-bed" in kept.report.marks


@pytest.mark.parametrize(("night", "hours"), [(date(2026, 10, 24), 17), (date(2026, 3, 28), 15)])
def test_a_night_in_which_the_clocks_change(night: date, hours: int) -> None:
    house = House(zone="Europe/Berlin")
    house.clock.at = at(night + timedelta(days=1), 10, zone=BERLIN)
    house.write("b1", at(night, 22, zone=BERLIN), 60)
    assert house.reporter.look() == 1
    kept = house.reports.get("r1", night)
    assert kept is not None
    assert kept.report.end_at - kept.report.start_at == hours * HOUR_MS
    assert "clock-change" in kept.report.marks


def test_late_days_are_utc_days_of_their_belts() -> None:
    observed = [0, DAY_MS - 1, DAY_MS, 3 * DAY_MS]
    batch = ReadingBatch.build(belts=("b1", "b2"), belt=[0, 0, 1, 1], observed_at=observed, received_at=0)
    assert late_days(batch, 2 * DAY_MS) == {("b1", 0), ("b2", 1)}


def test_it_runs_on_a_thread_of_its_own_and_stops() -> None:
    house = House()
    house.write("b1", at(NIGHT, 21), 60)
    house.reporter.start()
    assert house.reporter.closed_at() == house.clock.at
    house.reporter.stop()
