"""Which way a call takes, when it is tried again, and who is owed what word."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.channels import (
    NEWS_MS,
    RETRY_CAP_MS,
    TRIES,
    TRIES_OF_LAST,
    after,
    called_in_vain,
    center_call,
    obstacle,
    stopped,
    taken_calls,
    told_of,
    wait_ms,
    way_of,
)
from domain.alarms import Alarm, AlarmEvent, AlarmState, EventKind
from domain.calls import Call, CallReason
from domain.contacts import ContactPoint, WayKind
from domain.deliveries import Delivery, DeliveryState, Failure, queued
from domain.people import Person, Role
from tests.unit.api.world import NIGHT, build_world

NURSE = Person(person_id="p1", login="li", name="Li", role=Role.CAREGIVER, password_hash="", center_id="elm")
CALL = Call(key="k", alarm_id="a", person_id="p1", level=0, reason=CallReason.ON_DUTY, due_at=NIGHT)
MAIL = ContactPoint(contact_id="m", center_id="elm", person_id="p1", rank=1, kind=WayKind.APPRISE, address="mailto://x")
PUSH = replace(MAIL, contact_id="w", rank=2, kind=WayKind.WEB_PUSH, address="{}")
BARK = replace(MAIL, contact_id="b", rank=3, address="bark://x")
WAYS = [MAIL, PUSH, BARK]
WORLD = build_world()


def an_alarm(**changed: object) -> Alarm:
    return replace(WORLD.build_alarm(3), **changed)  # type: ignore[arg-type]


def run(failures: dict[str, Failure | None], ways: list[ContactPoint]) -> tuple[Delivery, list[tuple[str, int]]]:
    """Try until it is over; every way answers the same each time. Returns the end and each try with its instant."""
    delivery, tries = queued(CALL), []
    while delivery.state is DeliveryState.QUEUED:
        way = way_of(delivery, ways)
        assert way is not None
        now = delivery.next_at
        tries.append((way.contact_id, now - NIGHT))
        delivery = after(delivery, way, ways, failures[way.contact_id], now=now, jitter=1)
    return delivery, tries


def test_a_call_that_is_taken_is_tried_once() -> None:
    delivery, tries = run({"m": None}, WAYS)
    assert tries == [("m", 0)]
    assert (delivery.state, delivery.contact_id, delivery.attempts) == (DeliveryState.SENT, "m", 1)


def test_a_failing_way_is_left_for_the_next_within_seconds() -> None:
    delivery, tries = run({"m": Failure.NOT_TAKEN, "w": None}, WAYS)
    assert tries == [("m", 0), ("m", 2_000), ("m", 6_000), ("w", 6_000)]
    assert (delivery.state, delivery.contact_id, delivery.failure) == (DeliveryState.SENT, "w", None)


@pytest.mark.parametrize("failure", [Failure.GONE, Failure.BAD_ADDRESS])
def test_what_no_try_mends_is_tried_once(failure: Failure) -> None:
    assert run({"m": failure, "w": None}, WAYS)[1] == [("m", 0), ("w", 0)]


def test_the_last_way_is_tried_for_minutes_and_then_it_has_failed() -> None:
    delivery, tries = run(dict.fromkeys("mwb", Failure.TIMEOUT), WAYS)
    assert [way for way, _ in tries] == ["m"] * TRIES + ["w"] * TRIES + ["b"] * TRIES_OF_LAST
    assert 120_000 <= tries[-1][1] <= 180_000
    assert (delivery.state, delivery.failure) == (DeliveryState.FAILED, Failure.TIMEOUT)


def test_a_way_that_was_removed_makes_room_for_the_first() -> None:
    begun = replace(queued(CALL), contact_id="gone", attempts=2)
    assert way_of(begun, WAYS) == MAIL
    tried = after(begun, MAIL, WAYS, Failure.NOT_TAKEN, now=NIGHT, jitter=0)
    assert (tried.contact_id, tried.attempts) == ("m", 1)
    assert way_of(begun, []) is None


@given(attempts=st.integers(1, 40), jitter=st.floats(0, 1))
def test_waits_grow_to_their_cap_and_are_never_under_half(attempts: int, jitter: float) -> None:
    assert wait_ms(attempts, 0) <= wait_ms(attempts, jitter) <= wait_ms(attempts, 1) <= RETRY_CAP_MS
    assert wait_ms(attempts, 0) * 2 == wait_ms(attempts, 1)
    assert all(wait_ms(n, 1) <= wait_ms(m, 1) for n, m in pairwise(range(1, attempts + 1)))


@pytest.mark.parametrize("state", [AlarmState.ACKNOWLEDGED, AlarmState.RESOLVED])
def test_nobody_is_called_for_what_needs_nobody_any_more(state: AlarmState) -> None:
    alarm = an_alarm(state=state)
    assert obstacle(CALL, alarm, NURSE) is Failure.OVER
    assert obstacle(replace(CALL, person_id=""), alarm, None) is Failure.OVER
    assert obstacle(replace(CALL, reason=CallReason.TAKEN), alarm, NURSE) is None
    assert stopped(queued(CALL), Failure.OVER).state is DeliveryState.GIVEN_UP


def test_what_was_left_standing_is_asked_for_as_long_as_it_is() -> None:
    call = replace(CALL, reason=CallReason.NOT_FINISHED)
    taken = replace(an_alarm(), state=AlarmState.ACKNOWLEDGED, acknowledged_at=NIGHT, acknowledged_by="p2")
    assert obstacle(call, taken, NURSE) is None
    assert not called_in_vain(replace(queued(call), state=DeliveryState.SENT), taken)
    for later in (an_alarm(), replace(taken, cleared_at=NIGHT), replace(taken, state=AlarmState.RESOLVED)):
        assert obstacle(call, later, NURSE) is Failure.OVER


@pytest.mark.parametrize(
    "person", [None, replace(NURSE, center_id="oak"), replace(NURSE, role=Role.FAMILY, relatives=frozenset({"r3"}))]
)
def test_who_may_not_know_is_not_told(person: Person | None) -> None:
    assert obstacle(CALL, an_alarm(), person) is Failure.NOT_ALLOWED
    assert stopped(queued(CALL), Failure.NOT_ALLOWED).state is DeliveryState.FAILED


def test_a_message_has_room_and_bed() -> None:
    places = WORLD.register.places(NIGHT)
    told = told_of(an_alarm(), CALL, places, person=NURSE, with_values=True)
    assert (told.room, told.bed, told.timezone) == ("102", "A", "Asia/Shanghai")
    assert (told.with_values, told.to_lead) == (True, False)
    assert told_of(an_alarm(), CALL, places, person=replace(NURSE, role=Role.ADMIN), with_values=False).to_lead


def test_a_group_hears_no_values() -> None:
    assert not told_of(an_alarm(), CALL, [], person=None, with_values=True).with_values


def test_who_moved_out_is_told_of_by_the_bed() -> None:
    told = told_of(an_alarm(resident_id="nobody"), CALL, WORLD.register.places(NIGHT), person=NURSE, with_values=False)
    assert (told.room, told.bed) == ("", "b3")


def event(kind: EventKind, alarm: Alarm, person_id: str | None = None) -> AlarmEvent:
    return AlarmEvent(alarm=alarm, kind=kind, at=NIGHT, person_id=person_id)


def test_a_new_alarm_is_told_to_the_group_once() -> None:
    call = center_call(event(EventKind.RAISED, an_alarm()), [], NIGHT)
    assert call is not None
    assert (call.person_id, call.alarm_id) == ("", an_alarm().alarm_id)
    assert center_call(event(EventKind.RAISED, an_alarm()), [], NIGHT + 1_000) == replace(call, due_at=NIGHT + 1_000)
    for state in (DeliveryState.QUEUED, DeliveryState.SENT):
        known = [replace(queued(call), state=state)]
        assert center_call(event(EventKind.SNOOZE_ENDED, an_alarm(version=2)), known, NIGHT) is None


@pytest.mark.parametrize("kind", [EventKind.RELEASED, EventKind.REPEATED, EventKind.SNOOZE_ENDED, EventKind.GIVEN_BACK])
def test_what_was_silent_at_first_is_told_to_the_group_when_it_calls(kind: EventKind) -> None:
    assert center_call(event(EventKind.HELD, an_alarm(held_by="other")), [], NIGHT) is None
    assert center_call(event(EventKind.RAISED, an_alarm(snoozed_until=NIGHT + 1)), [], NIGHT) is None
    first = center_call(event(EventKind.RAISED, an_alarm()), [], NIGHT)
    assert first
    known = [replace(queued(first), state=DeliveryState.GIVEN_UP), queued(CALL)]
    told = center_call(event(kind, an_alarm(version=1)), known, NIGHT)
    assert told
    assert (told.person_id, told.key != first.key) == ("", True)


def test_old_news_and_what_is_over_are_not_told() -> None:
    raised = event(EventKind.RAISED, an_alarm())
    assert center_call(raised, [], NIGHT + NEWS_MS + 1) is None
    assert center_call(event(EventKind.RAISED, an_alarm(state=AlarmState.RESOLVED)), [], NIGHT) is None
    assert center_call(event(EventKind.RECORDED, an_alarm(state=AlarmState.RESOLVED)), [], NIGHT) is None
    sent = replace(queued(CALL), state=DeliveryState.SENT)
    assert taken_calls(event(EventKind.ACKNOWLEDGED, an_alarm(), "p9"), [sent], NIGHT + NEWS_MS + 1) == []


def test_who_was_called_hears_that_somebody_goes() -> None:
    sent = [
        replace(queued(replace(CALL, key=who, person_id=who, reason=reason)), state=state)
        for who, state, reason in (
            ("p1", DeliveryState.SENT, CallReason.ON_DUTY),
            ("p2", DeliveryState.SENT, CallReason.ESCALATED),
            ("p3", DeliveryState.QUEUED, CallReason.ESCALATED),
            ("p4", DeliveryState.FAILED, CallReason.ESCALATED),
            ("p5", DeliveryState.SENT, CallReason.TAKEN),
        )
    ]
    calls = taken_calls(event(EventKind.ACKNOWLEDGED, an_alarm(), "p1"), sent, NIGHT)
    assert [(call.person_id, call.reason) for call in calls] == [("p2", CallReason.TAKEN)]
    assert taken_calls(event(EventKind.RESOLVED, an_alarm(), "p1"), sent, NIGHT) == []


def test_a_call_that_crossed_the_taking_is_followed_too() -> None:
    taken = an_alarm(state=AlarmState.ACKNOWLEDGED, acknowledged_by="p9")
    sent = replace(queued(CALL), state=DeliveryState.SENT)
    assert called_in_vain(sent, taken)
    assert not called_in_vain(sent, an_alarm())
    assert not called_in_vain(sent, replace(taken, acknowledged_by="p1"))
    assert not called_in_vain(replace(sent, state=DeliveryState.FAILED), taken)
