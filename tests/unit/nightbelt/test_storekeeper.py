"""The storekeeper commits before it publishes, and a book or a register that is away costs it nothing but time."""

from collections.abc import Sequence

import pytest

from alerts.lifecycle import REARM_MS, step
from alerts.storekeeping import BEHIND_AFTER_MS, CLEAR_MS
from alerts.watch import Watch
from domain.alarms import AlarmState, Category, Outcome, Resolve
from domain.errors import UnavailableError
from domain.live import AlarmsChanged, LiveEvent
from domain.units import DAY_MS
from nightbelt.storekeeper import Storekeeper
from tests.fakes.in_memory_alarm_book import InMemoryAlarmBook
from tests.fakes.in_memory_register import InMemoryRegister
from tests.fakes.in_memory_spool import InMemorySpool
from tests.unit.ingest.fakes import NOW, FakeClock
from tests.unit.ingest.test_forwarding import readings


class House:
    """One ward whose readings have waited for too long."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.spool = InMemorySpool()
        self.spool.append(readings(5))
        self.book = InMemoryAlarmBook()
        self.published: list[LiveEvent] = []
        self.away = False
        self.clock.at += BEHIND_AFTER_MS + 1
        self.keeper = self.new()

    def new(self) -> Storekeeper:
        return Storekeeper(
            spool=self.spool,
            book=self.book,
            centers=self.centers,
            publish=self.published.extend,
            limit_ms=7 * DAY_MS,
            clock=self.clock,
        )

    def centers(self) -> Sequence[str]:
        if self.away:
            raise UnavailableError("records", "gone")
        return ("c1",)


def test_an_alarm_is_committed_and_then_published_once() -> None:
    house = House()
    house.keeper.look()
    house.keeper.look()
    (alarm,) = house.book.open_alarms("c1")
    assert alarm.alarm_id == f"c1.readings-behind.medium.{NOW}"
    (told,) = house.published
    assert isinstance(told, AlarmsChanged)
    assert [(event.alarm.alarm_id, event.event_id) for event in told.events] == [(alarm.alarm_id, 1)]


def test_a_new_storekeeper_takes_over_where_the_old_one_was() -> None:
    house = House()
    house.keeper.look()
    again = house.new()
    again.look()
    assert len(house.published) == 1
    with house.spool.sending(100):
        pass
    again.look()
    house.clock.at += CLEAR_MS
    again.look()
    assert house.book.open_alarms("c1") == []
    assert house.book.history(f"c1.readings-behind.medium.{NOW}")[-1].alarm.state is AlarmState.RESOLVED


def test_a_register_that_is_away_at_the_start_delays_and_loses_nothing() -> None:
    house = House()
    house.away = True
    with pytest.raises(UnavailableError):
        house.keeper.look()
    house.away = False
    house.keeper.look()
    assert len(house.book.open_alarms("c1")) == 1


def test_a_book_that_takes_nothing_gets_the_same_alarm_later(monkeypatch: pytest.MonkeyPatch) -> None:
    house = House()

    def gone(*_given: object, **_more: object) -> None:
        raise UnavailableError("records", "gone")

    with monkeypatch.context() as broken:
        broken.setattr(house.book, "apply", gone)
        with pytest.raises(UnavailableError):
            house.keeper.look()
    assert house.published == []
    house.clock.at += 60_000
    house.keeper.look()
    assert [alarm.alarm_id for alarm in house.book.open_alarms("c1")] == [f"c1.readings-behind.medium.{NOW}"]
    assert len(house.published) == 1


@pytest.mark.parametrize("restarted", [False, True])
def test_what_a_person_closed_comes_again_an_hour_later_while_it_goes_on(restarted: bool) -> None:
    house = House()
    house.keeper.look()
    (alarm,) = house.book.open_alarms("c1")
    closed_at = house.clock.at
    closed = Resolve(alarm_id=alarm.alarm_id, at=closed_at, person_id="ann", outcome=Outcome.NO_HELP_NEEDED)
    house.book.apply([closed], step)
    if restarted:
        house.keeper = house.new()
    house.clock.at = closed_at + REARM_MS[Category.TECHNICAL] - 1
    house.keeper.look()
    assert house.book.open_alarms("c1") == []
    house.clock.at += 1
    watch = Watch(register=InMemoryRegister(), book=house.book, now=house.clock.at)
    watch.tick(house.clock.at, house.clock.at)
    watch.commit()
    house.keeper.look()
    house.keeper.look()
    (again,) = house.book.open_alarms("c1")
    assert (again.alarm_id != alarm.alarm_id, again.reason.facts["again"]) == (True, 1)
    with house.spool.sending(100):
        pass
    house.keeper.look()
    house.clock.at += CLEAR_MS
    house.keeper.look()
    assert house.book.open_alarms("c1") == []
