"""The contract of `domain.ports.AlarmBook`, with the real life cycle as its step."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from alerts.lifecycle import step
from domain.alarms import (
    Acknowledge,
    Alarm,
    AlarmEvent,
    AlarmInput,
    AlarmState,
    Category,
    Clear,
    EventKind,
    Outcome,
    Priority,
    Raise,
    Reason,
    Record,
    Resolve,
    Rule,
    Step,
)
from domain.errors import IllegalStepError, NotFoundError
from domain.ports import AlarmBook
from domain.readings import Occupancy
from domain.units import MINUTE_MS, NEVER
from domain.watch import BedState, ConditionState
from storage.records import Records
from storage.tables import outbox
from tests.fakes.in_memory_alarm_book import InMemoryAlarmBook

T0 = 1_795_350_000_000


def alarm_of(resident_id: str = "r1", began_at: int = T0, **changes: Any) -> Alarm:
    rule = Rule.LEAVE_BED_NOT_BACK
    alarm = Alarm(
        alarm_id=f"{resident_id}.{rule}.{began_at}",
        rule=rule,
        category=Category.CARE,
        priority=Priority.HIGH,
        center_id="c1",
        resident_id=resident_id,
        bed_id="101-1",
        belt_id="belt-1",
        state=AlarmState.ACTIVE,
        began_at=began_at,
        due_at=began_at + 15 * MINUTE_MS,
        raised_at=began_at + 15 * MINUTE_MS + 400,
        reason=Reason(code="not-back", facts={"away_min": 15, "share": 0.5, "window": "21:00-06:00"}),
    )
    return replace(alarm, **changes)


def raised(alarm: Alarm) -> Raise:
    return Raise(alarm_id=alarm.alarm_id, at=alarm.raised_at, alarm=alarm)


def acknowledged(alarm: Alarm, person_id: str = "p1", at: int = T0 + 20 * MINUTE_MS) -> Acknowledge:
    return Acknowledge(alarm_id=alarm.alarm_id, at=at, person_id=person_id)


def resolved(alarm: Alarm, outcome: Outcome = Outcome.HELPED, note: str = "") -> Resolve:
    return Resolve(alarm_id=alarm.alarm_id, at=T0 + 30 * MINUTE_MS, person_id="p1", outcome=outcome, note=note)


def bed_state(belt_id: str = "belt-1", **changes: Any) -> BedState:
    state = BedState(belt_id=belt_id, occupancy=Occupancy.IN, since_at=T0, observed_at=T0 + 5, received_at=T0 + 9)
    return replace(state, **changes)


def running(belt_id: str = "belt-1", rule: Rule = Rule.LEAVE_BED_NOT_BACK, **changes: Any) -> ConditionState:
    state = ConditionState(belt_id=belt_id, rule=rule, subject="r1", began_at=T0, deadline_at=T0 + 15 * MINUTE_MS)
    return replace(state, **changes)


@pytest.fixture
def notices(book: AlarmBook, records: Records | None) -> Callable[[], list[tuple[str, str, EventKind, int]]]:
    """Reads the outbox: key, alarm, kind, when it is due."""

    def read() -> list[tuple[str, str, EventKind, int]]:
        if isinstance(book, InMemoryAlarmBook):
            return [(one.key, one.alarm_id, one.kind, one.due_at) for one in book.notices.values()]
        assert records is not None
        with records.read() as connection:
            return [tuple(row) for row in connection.execute(outbox.select().order_by(outbox.c.due_at))]

    return read


Notices = Callable[[], list[tuple[str, str, EventKind, int]]]


def test_in_hand_is_what_something_may_yet_happen_to(book: AlarmBook) -> None:
    opened, old, fresh, waiting = (alarm_of(f"r{n}") for n in range(4))
    book.apply([raised(alarm) for alarm in (opened, old, fresh, waiting)], step)
    hour = 60 * MINUTE_MS
    book.apply(
        [
            Clear(alarm_id=old.alarm_id, at=T0 + hour, cleared_at=T0 + hour),
            Clear(alarm_id=fresh.alarm_id, at=T0 + 3 * hour, cleared_at=T0 + 3 * hour),
            resolved(waiting),
        ],
        step,
    )
    assert [alarm.resident_id for alarm in book.in_hand(T0 + 2 * hour)] == ["r0", "r2", "r3"]
    assert [alarm.resident_id for alarm in book.in_hand(T0)] == ["r0", "r1", "r2", "r3"]


class TestApply:
    def test_a_raise_is_stored_with_its_event_and_notice(self, book: AlarmBook, notices: Notices) -> None:
        alarm = alarm_of()
        events = book.apply([raised(alarm)], step)
        assert [(event.kind, event.at, event.alarm) for event in events] == [(EventKind.RAISED, alarm.raised_at, alarm)]
        assert events[0].event_id == book.last_event_id() > 0
        assert book.alarm(alarm.alarm_id) == alarm
        assert book.history(alarm.alarm_id) == events
        assert notices() == [(f"{alarm.alarm_id}/raised", alarm.alarm_id, EventKind.RAISED, alarm.raised_at)]

    def test_a_raise_that_is_repeated_changes_nothing(self, book: AlarmBook, notices: Notices) -> None:
        alarm = alarm_of()
        first = book.apply([raised(alarm), raised(alarm)], step)
        assert len(first) == 1
        assert book.apply([raised(replace(alarm, priority=Priority.LOW))], step) == []
        assert book.alarm(alarm.alarm_id) == alarm
        assert book.history(alarm.alarm_id) == first
        assert len(notices()) == 1

    def test_a_whole_life_in_one_apply(self, book: AlarmBook) -> None:
        alarm = alarm_of()
        events = book.apply([raised(alarm), acknowledged(alarm), resolved(alarm, note="fell, bruised")], step)
        assert [event.kind for event in events] == [EventKind.RAISED, EventKind.ACKNOWLEDGED, EventKind.RESOLVED]
        assert [event.alarm.state for event in events] == ["active", "acknowledged", "resolved"]
        now = book.alarm(alarm.alarm_id)
        assert (now.acknowledged_by, now.resolved_by, now.outcome) == ("p1", "p1", Outcome.HELPED)
        assert now.note == "fell, bruised"
        assert book.history(alarm.alarm_id) == events

    def test_an_acknowledge_that_is_repeated_is_one_event(self, book: AlarmBook) -> None:
        alarm = alarm_of()
        book.apply([raised(alarm)], step)
        assert len(book.apply([acknowledged(alarm, "p1")], step)) == 1
        assert book.apply([acknowledged(alarm, "p2")], step) == []
        assert book.alarm(alarm.alarm_id).acknowledged_by == "p1"

    def test_a_change_without_an_event_is_stored(self, book: AlarmBook) -> None:
        alarm = alarm_of()
        book.apply([raised(alarm), resolved(alarm)], step)
        assert book.apply([Clear(alarm_id=alarm.alarm_id, at=NEVER, cleared_at=T0 + 7)], step) == []
        assert book.alarm(alarm.alarm_id).cleared_at == T0 + 7

    def test_a_record_is_kept_and_calls_nobody(self, book: AlarmBook, notices: Notices) -> None:
        alarm = alarm_of()
        book.apply([Record(alarm_id=alarm.alarm_id, at=T0 + NEVER // 2, alarm=alarm)], step)
        assert book.alarm(alarm.alarm_id).state is AlarmState.RESOLVED
        assert notices() == []

    def test_the_end_of_what_never_began_is_nothing(self, book: AlarmBook) -> None:
        assert book.apply([Clear(alarm_id="r1.x.1", at=T0, cleared_at=T0)], step) == []
        with pytest.raises(NotFoundError):
            book.alarm("r1.x.1")

    def test_many_alarms_at_once_keep_the_order_of_the_inputs(self, book: AlarmBook) -> None:
        alarms = [alarm_of(f"r{i}") for i in range(80)]
        events = book.apply([raised(alarm) for alarm in alarms], step)
        assert [event.alarm for event in events] == alarms
        ids = [event.event_id for event in events]
        assert ids == sorted(set(ids))

    def test_facts_that_json_cannot_hold_do_not_stop_an_alarm(self, book: AlarmBook) -> None:
        facts = {"rate": float("nan"), "limit": float("inf"), "away_min": 15}
        alarm = alarm_of(reason=Reason(code="not-back", facts=facts))
        book.apply([raised(alarm)], step)
        assert book.alarm(alarm.alarm_id).reason.facts["away_min"] == 15
        assert len(book.history(alarm.alarm_id)) == 1

    def test_words_in_any_script_are_kept(self, book: AlarmBook) -> None:
        alarm = alarm_of()
        note = "扶起来了 \U0001f6cf 'quoted' \"twice\"; DROP TABLE alarms;--"
        book.apply([raised(alarm), resolved(alarm, note=note)], step)
        assert book.alarm(alarm.alarm_id).note == note


class TestAtomicity:
    def state_of(self, book: AlarmBook, notices: Notices) -> list[Any]:
        return [book.events_after(0), book.open_alarms("c1"), book.states(), sorted(notices())]

    def bad_runs(self) -> list[tuple[Sequence[AlarmInput], type[Exception]]]:
        old, new = alarm_of("r1"), alarm_of("r2")
        return [
            ([raised(new), acknowledged(old)], IllegalStepError),
            ([raised(new), resolved(old, Outcome.FALSE_ALARM), acknowledged(new)], IllegalStepError),
            ([raised(new), acknowledged(alarm_of("r3"))], NotFoundError),
        ]

    @pytest.mark.parametrize("which", range(3))
    def test_an_illegal_step_leaves_all_as_it_was(self, book: AlarmBook, notices: Notices, which: int) -> None:
        old = alarm_of("r1")
        book.apply([raised(old), resolved(old)], step, beds=[bed_state()], conditions=[running()])
        before = self.state_of(book, notices)
        inputs, error = self.bad_runs()[which]
        with pytest.raises(error):
            book.apply(
                inputs,
                step,
                beds=[bed_state(occupancy=Occupancy.OUT), bed_state("belt-2")],
                conditions=[running("belt-2")],
                ended=[("belt-1", Rule.LEAVE_BED_NOT_BACK)],
            )
        assert self.state_of(book, notices) == before

    def test_a_step_that_fails_leaves_all_as_it_was(self, book: AlarmBook, notices: Notices) -> None:
        before = self.state_of(book, notices)

        def failing(alarm: Alarm | None, given: AlarmInput) -> Step:
            if given.alarm_id.startswith("r2"):
                raise ZeroDivisionError
            return step(alarm, given)

        with pytest.raises(ZeroDivisionError):
            book.apply([raised(alarm_of("r1")), raised(alarm_of("r2"))], failing)
        assert self.state_of(book, notices) == before

    def test_two_who_acknowledge_at_once_are_one_event(self, book: AlarmBook) -> None:
        alarms = [alarm_of(f"r{i}") for i in range(10)]
        book.apply([raised(alarm) for alarm in alarms], step)
        told: list[AlarmEvent] = []
        start = threading.Barrier(2)

        def work(person_id: str) -> None:
            for alarm in alarms:
                start.wait()
                told.extend(book.apply([acknowledged(alarm, person_id)], step))

        threads = [threading.Thread(target=work, args=(name,)) for name in ("p1", "p2")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(event.alarm.alarm_id for event in told) == [alarm.alarm_id for alarm in alarms]
        for event in told:
            assert book.alarm(event.alarm.alarm_id).acknowledged_by == event.person_id

    def test_two_who_raise_the_same_at_once_are_one_event(self, book: AlarmBook) -> None:
        told: list[AlarmEvent] = []
        start = threading.Barrier(2)

        def work() -> None:
            for i in range(10):
                start.wait()
                told.extend(book.apply([raised(alarm_of(f"r{i}"))], step))

        threads = [threading.Thread(target=work) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(told) == 10


class TestStates:
    def test_states_come_back_as_they_were(self, book: AlarmBook) -> None:
        beds = [
            bed_state("belt-1", occupancy=Occupancy.UNKNOWN, clock_offset_ms=-70_000),
            bed_state("belt-2", occupancy=Occupancy.OUT, interval_ms=1_000),
        ]
        conditions = [
            running(
                "belt-1",
                Rule.LEAVE_BED_IMMEDIATE,
                deadline_at=NEVER,
                broken_at=T0 + 3,
                over=True,
                raised=True,
                passed=True,
                alarm_began_at=T0 - 5,
            ),
            running("belt-1", Rule.LEAVE_BED_NOT_BACK),
        ]
        assert book.states() == ([], [])
        assert book.apply([], step, beds=beds, conditions=conditions) == []
        assert book.states() == (beds, conditions)

    def test_states_come_in_the_order_of_the_ids_code_point_by_code_point(self, book: AlarmBook) -> None:
        ids = ["B1", "_a", "a-1", "a1", "b0"]
        beds, conditions = [bed_state(name) for name in ids], [running(name) for name in ids]
        book.apply([], step, beds=beds[::-1], conditions=conditions[::-1])
        assert book.states() == (beds, conditions)

    def test_the_newer_state_replaces_the_older(self, book: AlarmBook) -> None:
        book.apply([], step, beds=[bed_state()], conditions=[running(broken_at=T0 + 2)])
        later = bed_state(occupancy=Occupancy.OUT)
        book.apply([], step, beds=[bed_state(since_at=0), later], conditions=[running(alarm_began_at=T0 - 5)])
        assert book.states() == ([later], [running(alarm_began_at=T0 - 5)])

    def test_ended_conditions_are_removed(self, book: AlarmBook) -> None:
        both = [running(rule=Rule.LEAVE_BED_IMMEDIATE), running(rule=Rule.LEAVE_BED_NOT_BACK)]
        book.apply([], step, conditions=[*both, running("belt-2")])
        book.apply([], step, ended=[("belt-1", "leave-bed-immediate"), ("belt-9", Rule.LEAVE_BED_IMMEDIATE)])
        assert book.states() == ([], [both[1], running("belt-2")])

    def test_a_condition_that_ended_and_began_again_is_running(self, book: AlarmBook) -> None:
        book.apply([], step, conditions=[running()])
        again = running(began_at=T0 + 9)
        book.apply([], step, conditions=[again], ended=[("belt-1", Rule.LEAVE_BED_NOT_BACK)])
        assert book.states() == ([], [again])


class TestQueries:
    def test_open_alarms_are_those_of_the_center_that_are_not_resolved_oldest_first(self, book: AlarmBook) -> None:
        young, old = alarm_of("r1", T0 + 5), alarm_of("r2", T0)
        over, elsewhere = alarm_of("r3", T0), alarm_of("r4", T0, center_id="c2")
        book.apply([raised(one) for one in (young, old, over, elsewhere)], step)
        book.apply([resolved(over), acknowledged(young)], step)
        assert [alarm.resident_id for alarm in book.open_alarms("c1")] == ["r2", "r1"]
        assert book.open_alarms("c9") == []

    def test_alarms_between_are_those_of_the_center_that_began_in_the_span_open_or_not(self, book: AlarmBook) -> None:
        first, last = alarm_of("r2", T0), alarm_of("r1", T0 + 9)
        whole = alarm_of("", T0 + 5, rule=Rule.CENTER_SILENT)
        before, after = alarm_of("r1", T0 - 1), alarm_of("r1", T0 + 10)
        elsewhere = alarm_of("r4", T0 + 5, center_id="c2")
        book.apply([raised(one) for one in (last, whole, first, before, after, elsewhere)], step)
        book.apply([resolved(last)], step)
        found = book.alarms_between("c1", T0, T0 + 10)
        assert [(alarm.resident_id, alarm.state) for alarm in found] == [
            ("r2", AlarmState.ACTIVE),
            ("", AlarmState.ACTIVE),
            ("r1", AlarmState.RESOLVED),
        ]
        assert found[0] == first
        assert book.alarms_between("c9", T0, T0 + 10) == []

    def test_events_after_are_ascending_with_the_alarm_as_it_stands(self, book: AlarmBook) -> None:
        one, two = alarm_of("r1"), alarm_of("r2")
        book.apply([raised(one)], step)
        book.apply([raised(two)], step)
        book.apply([acknowledged(one), resolved(one, note="fine")], step)
        events = book.events_after(0)
        assert [(event.kind, event.alarm.resident_id) for event in events] == [
            (EventKind.RAISED, "r1"),
            (EventKind.RAISED, "r2"),
            (EventKind.ACKNOWLEDGED, "r1"),
            (EventKind.RESOLVED, "r1"),
        ]
        assert {event.alarm.state for event in events if event.alarm.resident_id == "r1"} == {AlarmState.RESOLVED}
        assert [(event.person_id, event.note) for event in events[-2:]] == [("p1", ""), ("p1", "fine")]
        ids = [event.event_id for event in events]
        assert ids == sorted(set(ids))
        assert book.last_event_id() == ids[-1]
        assert book.events_after(ids[1]) == events[2:]
        assert book.events_after(ids[0], limit=2) == events[1:3]
        assert book.events_after(ids[-1]) == []

    def test_alarms_that_began_together_come_in_the_order_of_their_ids(self, book: AlarmBook) -> None:
        ids = ["B1", "_a", "a-1", "a1", "b0"]
        book.apply([raised(alarm_of(name)) for name in ids[::-1]], step)
        assert [alarm.resident_id for alarm in book.open_alarms("c1")] == ids

    def test_history_has_the_alarm_as_it_stood_after_each_event(self, book: AlarmBook) -> None:
        alarm = alarm_of()
        book.apply([raised(alarm), raised(alarm_of("r2"))], step)
        book.apply([acknowledged(alarm)], step)
        assert [event.alarm.state for event in book.history(alarm.alarm_id)] == ["active", "acknowledged"]
        assert book.history(alarm.alarm_id)[0].alarm == alarm

    def test_an_empty_book(self, book: AlarmBook) -> None:
        assert book.last_event_id() == 0
        assert book.events_after(0) == []
        assert book.history("r1.x.1") == []
        with pytest.raises(NotFoundError):
            book.alarm("r1.x.1")

    def test_an_id_that_no_database_takes_is_nobodys(self, book: AlarmBook) -> None:
        assert book.history("r\0") == []
        assert book.alarms_of("r\0", 0, NEVER) == book.open_alarms("c\0") == []
        with pytest.raises(NotFoundError):
            book.alarm("r\0")
        with pytest.raises(NotFoundError):
            book.apply([acknowledged(alarm_of("r\0"))], step)

    def test_alarms_of_a_resident_began_inside_oldest_first(self, book: AlarmBook) -> None:
        for began_at in (T0 + 9, T0 + 1, T0, T0 + 10):
            book.apply([raised(alarm_of("r1", began_at))], step)
        book.apply([raised(alarm_of("r2", T0 + 5))], step)
        assert [alarm.began_at for alarm in book.alarms_of("r1", T0, T0 + 10)] == [T0, T0 + 1, T0 + 9]
        assert book.alarms_of("r9", 0, NEVER) == []
