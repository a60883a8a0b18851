"""From the readings of nights to what is usual, and from there to the watch."""

from collections.abc import Callable
from datetime import date, timedelta

import numpy as np
import pytest

from alerts.lifecycle import step
from alerts.watch import REFRESH_MS, Watch
from domain.alarms import Outcome, Resolve, Rule
from domain.live import AlarmsChanged
from domain.readings import Occupancy, ReadingBatch
from domain.residents import Center
from domain.units import DAY_MS, MINUTE_MS
from domain.usual import NIGHTS_NEEDED, UsualLevels
from nightbelt import night_reports
from nightbelt.late import NotingReadings
from nightbelt.learning import LOOK_BACK_NIGHTS, Learner
from nightbelt.night_reports import NightReporter
from tests.fakes.in_memory_alarm_book import InMemoryAlarmBook
from tests.fakes.in_memory_night_reports import InMemoryLateReadings, InMemoryNightReports
from tests.fakes.in_memory_readings import InMemoryReadings
from tests.fakes.in_memory_register import InMemoryRegister
from tests.fakes.in_memory_usual import InMemoryUsual
from tests.unit.api.world import FakeClock
from tests.unit.nightbelt.test_night_reports import LONG_AGO, NIGHT, at, bed

EVENING, BED, UP, HOURS = 18, 21, 6, 16
ONE_DAY = timedelta(days=1)
AT_ONE = 13
"""The hour since noon from one o'clock on."""


@pytest.fixture(autouse=True)
def _no_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(night_reports, "REST_S", 0)


class House:
    """One resident, whose nights are written minute by minute and reported on the morning after."""

    def __init__(self) -> None:
        self.clock = FakeClock(at(NIGHT, 10))
        self.register, self.readings = InMemoryRegister(), InMemoryReadings()
        self.reports, self.late = InMemoryNightReports(), InMemoryLateReadings()
        self.book, self.usual = InMemoryAlarmBook(), InMemoryUsual()
        self.center = Center(center_id="c", name="C")
        self.register.enroll(self.center, [bed(1)], LONG_AGO)
        self.start()

    def start(self, *, learning: bool = True) -> None:
        learner = Learner(
            register=self.register,
            readings=self.readings,
            reports=self.reports,
            alarms=self.book,
            usual=self.usual,
            clock=self.clock,
        )
        self.reporter = NightReporter(
            register=self.register,
            readings=self.readings,
            reports=self.reports,
            late=self.late,
            clock=self.clock,
            learner=learner if learning else None,
        )
        self.store = NotingReadings(self.readings, self.late, self.reporter.closed_at)

    def sleep(self, night: date, heart: float = 60, *, hours: int = HOURS, belt: str = "b1") -> None:
        """Nine hours in bed, every minute a reading from 18:00 on, for `hours`; then it is the morning after."""
        rng = np.random.default_rng(night.toordinal())
        count = hours * 60
        observed_at = at(night, EVENING) + MINUTE_MS * np.arange(count)
        in_bed = (observed_at >= at(night, BED)) & (observed_at < at(night + ONE_DAY, UP))
        batch = ReadingBatch.build(
            belts=(belt,),
            belt=np.zeros(count),
            observed_at=observed_at,
            received_at=observed_at,
            in_bed=in_bed,
            heart_rate=np.where(in_bed, heart + rng.normal(0, 2, count), np.nan),
            breathing_rate=np.where(in_bed, 15 + rng.normal(0, 1, count), np.nan),
            movement=0.0,
        )
        self.store.write(batch)
        self.clock.at = at(night + ONE_DAY, 10)
        self.reporter.look()

    def nights(self, count: int, heart: float = 60, *, since: int = 0) -> None:
        for n in range(since, since + count):
            self.sleep(NIGHT + timedelta(days=n), heart)

    def levels(self) -> UsualLevels:
        (levels,) = self.usual.levels()
        return levels

    def heart(self) -> tuple[float, float]:
        between = self.levels().between("heart_rate", AT_ONE)
        assert between is not None
        return between


def test_levels_warm_up_and_are_known_after_seven_valid_nights() -> None:
    house = House()
    house.nights(NIGHTS_NEEDED - 1)
    assert (house.levels().nights, house.levels().warming_up) == (NIGHTS_NEEDED - 1, True)
    house.nights(1, since=NIGHTS_NEEDED - 1)
    assert (house.levels().nights, house.levels().warming_up) == (NIGHTS_NEEDED, False)
    assert house.heart() == pytest.approx((48, 72), abs=0.5)
    assert house.levels().between("heart_rate", 2) is None, "nobody lies in bed in the afternoon"


def test_a_night_that_is_not_valid_does_not_train() -> None:
    house = House()
    house.nights(3)
    house.sleep(NIGHT + timedelta(days=3), 60, hours=6)
    kept = house.reports.get("r1", NIGHT + timedelta(days=3))
    assert kept is not None
    assert not kept.report.valid
    assert house.levels().nights == 3


def test_a_night_unlike_the_person_does_not_train_until_it_has_become_usual() -> None:
    house = House()
    house.nights(10)
    house.nights(13, 90, since=10)
    assert house.levels().nights == 10
    assert house.heart() == pytest.approx((48, 72), abs=0.5)
    house.nights(1, 90, since=23)
    assert house.levels().nights == 14
    assert house.heart() == pytest.approx((78, 102), abs=0.5)


def test_levels_belong_to_the_resident_and_not_to_the_belt() -> None:
    house = House()
    house.nights(4)
    house.register.enroll(house.center, [bed(1, belt_id="b7", bed_id="bed1")], house.clock.at)
    for n in range(4, 7):
        house.sleep(NIGHT + timedelta(days=n), belt="b7")
    assert (house.levels().nights, house.levels().warming_up) == (7, False)


def test_nights_reported_before_there_were_levels_are_learned_from() -> None:
    house = House()
    house.start(learning=False)
    house.nights(8)
    assert house.usual.levels() == []
    house.start()
    assert house.reporter.look() == 0, "no report is made anew"
    assert (house.levels().nights, house.levels().warming_up) == (8, False)


def test_readings_that_come_late_change_the_levels() -> None:
    house = House()
    house.nights(7)
    before = house.levels()
    late = NIGHT + timedelta(days=6)
    house.store.write(
        ReadingBatch.build(
            belts=("b1",),
            belt=np.zeros(120),
            observed_at=at(late + ONE_DAY, 7) + MINUTE_MS * np.arange(120),
            received_at=house.clock.at,
            in_bed=np.full(120, Occupancy.IN),
            heart_rate=60.0,
        )
    )
    house.clock.at += MINUTE_MS
    assert house.reporter.look() > 0
    assert house.levels().computed_at > before.computed_at
    assert len(house.usual.nights("r1", date.min)) == 7


def test_old_nights_are_forgotten() -> None:
    house = House()
    house.nights(1)
    house.nights(1, since=LOOK_BACK_NIGHTS)
    assert len(house.usual.nights("r1", date.min)) == 2
    house.nights(1, since=LOOK_BACK_NIGHTS + 1)
    assert house.levels().nights == 2
    assert len(house.usual.nights("r1", date.min)) == 2


class Live:
    """The watch over the same house, in the night after the nights that were learned from."""

    def __init__(self, house: House) -> None:
        self.house, self.from_at = house, house.clock.at + DAY_MS
        self.watch = Watch(register=house.register, book=house.book, usual=house.usual, now=self.from_at)

    def show(self, heart: float, minutes: int, since: int = 0) -> list[str]:
        """Readings of 10 s from minute `since` on; the rules of the alarms raised."""
        raised = []
        for n in range(minutes * 6):
            now = self.from_at + since * MINUTE_MS + n * 10_000
            one = ReadingBatch.build(
                belts=("b1",),
                belt=[0],
                observed_at=[now],
                received_at=now,
                in_bed=[Occupancy.IN],
                heart_rate=[heart],
                breathing_rate=[15.0],
            )
            self.watch.observe(one, now)
            for event in self.watch.commit():
                if isinstance(event, AlarmsChanged):
                    raised += [change.alarm.rule for change in event.events]
        return list(dict.fromkeys(raised))


def test_the_watch_tells_of_what_is_unusual_once_levels_are_known() -> None:
    house = House()
    house.nights(NIGHTS_NEEDED - 1)
    live = Live(house)
    live.from_at = at(NIGHT + timedelta(days=8), 1)
    live.watch = Watch(register=house.register, book=house.book, usual=house.usual, now=live.from_at)
    assert live.show(90, 30) == []
    house.nights(1, since=NIGHTS_NEEDED - 1)
    live.watch.refresh(live.from_at + 30 * MINUTE_MS + REFRESH_MS)
    assert live.show(90, 20, since=31) == [Rule.HEART_RATE_UNUSUAL_HIGH]
    (alarm,) = house.book.open_alarms("c")
    assert (alarm.reason.facts["usual_low"], alarm.reason.facts["usual_high"]) == pytest.approx((48, 72), abs=0.5)


@pytest.mark.parametrize(
    ("outcome", "nights"), [(Outcome.HELPED, NIGHTS_NEEDED), (Outcome.FALSE_ALARM, NIGHTS_NEEDED + 1)]
)
def test_a_night_with_an_alarm_of_the_body_trains_only_when_it_was_false(
    outcome: Outcome, nights: int, alarmed: Callable[[House, Outcome], None]
) -> None:
    house = House()
    house.nights(NIGHTS_NEEDED)
    alarmed(house, outcome)
    house.nights(1, since=NIGHTS_NEEDED)
    assert house.levels().nights == nights


@pytest.fixture
def alarmed() -> Callable[[House, Outcome], None]:
    """An alarm at one in the night after those that were learned from, and what was found."""

    def raise_one(house: House, outcome: Outcome) -> None:
        live = Live(house)
        live.from_at = at(NIGHT + timedelta(days=NIGHTS_NEEDED + 1), 1)
        live.watch = Watch(register=house.register, book=house.book, usual=house.usual, now=live.from_at)
        assert live.show(90, 20) == [Rule.HEART_RATE_UNUSUAL_HIGH]
        (alarm,) = house.book.open_alarms("c")
        told = Resolve(alarm_id=alarm.alarm_id, at=alarm.raised_at, person_id="ann", outcome=outcome)
        house.book.apply([told], step)

    return raise_one
