"""A service that takes no messages is told of once, until it takes one."""

from alerts.channel_health import CALLS, FAILURES, LETTERS, Health, decide, note
from alerts.lifecycle import step
from domain.alarms import AlarmEvent, AlarmState, EventKind, Outcome, Priority, Resolve, Rule
from tests.fakes.in_memory_alarm_book import InMemoryAlarmBook

T0 = 1_795_350_000_000


class House:
    """Tries, looked at after each."""

    def __init__(self) -> None:
        self.book = InMemoryAlarmBook()
        self.health: Health = {}

    def tried(self, at_s: int, *, well: bool, service: str = "mailto", center: str = "c1") -> list[AlarmEvent]:
        now = T0 + at_s * 1000
        self.health = note(self.health, center, service, well=well, now=now)
        standing = [alarm for center_id in ("c1", "c2") for alarm in self.book.open_alarms(center_id)]
        return self.book.apply(decide(self.health, standing, now=now), step)

    def fail(self, *at_s: int, **where: str) -> list[AlarmEvent]:
        return [event for at in at_s for event in self.tried(at, well=False, **where)]


def test_a_service_that_fails_in_a_row_is_told_of_once() -> None:
    house = House()
    assert house.fail(0, 2) == []
    (event,) = house.fail(6)
    alarm = event.alarm
    assert (alarm.rule, alarm.state, alarm.of_center) == (Rule.CHANNEL_FAILING, AlarmState.ACTIVE, True)
    assert (alarm.began_at, alarm.due_at) == (T0, T0 + 6_000)
    assert dict(alarm.reason.facts) == {"service": "mailto", "failures": FAILURES}
    assert house.fail(10, 11, 12, 13) == []


def test_a_hitch_between_messages_that_go_is_nothing() -> None:
    house = House()
    for at in range(0, 60, 3):
        assert house.fail(at, at + 1) == []
        assert house.tried(at + 2, well=True) == []


def test_it_ends_when_the_service_takes_a_message() -> None:
    house = House()
    house.fail(0, 2, 6)
    (event,) = house.tried(90, well=True)
    assert (event.kind, event.alarm.cleared_at) == (EventKind.CLEARED, T0 + 90_000)
    assert house.book.open_alarms("c1") == []


def test_services_and_centres_are_told_apart() -> None:
    house = House()
    house.fail(0, 1, 2)
    house.fail(3, 4, 5, service="wecombot")
    house.fail(6, 7, 8, center="c2")
    assert house.tried(9, well=True, service="bark") == []
    house.tried(10, well=True)
    assert [str(a.reason.facts["service"]) for a in house.book.open_alarms("c1")] == ["wecombot"]
    assert len(house.book.open_alarms("c2")) == 1


def test_after_a_restart_it_stands_and_still_ends() -> None:
    house = House()
    house.fail(0, 1, 2)
    house.health = {}
    assert house.fail(30, 31, 32) == []
    assert [event.kind for event in house.tried(40, well=True)] == [EventKind.CLEARED]


def test_one_that_was_closed_by_hand_is_raised_anew_when_it_goes_on() -> None:
    house = House()
    (event,) = house.fail(0, 1, 2)
    closed = Resolve(alarm_id=event.alarm.alarm_id, at=T0 + 3_000, person_id="p1", outcome=Outcome.HELPED)
    house.book.apply([closed], step)
    (again,) = house.fail(60)
    assert again.kind is EventKind.RAISED
    assert again.alarm.alarm_id != event.alarm.alarm_id


def test_letters_that_fail_are_told_of_apart_and_without_calling_anybody() -> None:
    book = InMemoryAlarmBook()
    health: Health = {}
    calls = note({}, "c1", "mailto", well=True, now=T0)
    events: list[AlarmEvent] = []
    for n, way in enumerate(("k1", "k1", "k1", "k2")):
        assert events == []
        health = note(health, "c1", "mailto", well=False, now=T0 + n, way=way)
        events = book.apply(decide(health, book.open_alarms("c1"), now=T0 + n, concern=LETTERS), step)
    (event,) = events
    assert (event.alarm.priority, event.alarm.reason.code) == (Priority.LOW, "letters-failing")
    assert decide(calls, book.open_alarms("c1"), now=T0 + 9, concern=CALLS) == []
    health = note(health, "c1", "mailto", well=True, now=T0 + 9, way="k1")
    (cleared,) = book.apply(decide(health, book.open_alarms("c1"), now=T0 + 9, concern=LETTERS), step)
    assert cleared.kind is EventKind.CLEARED
