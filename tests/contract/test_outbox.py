"""What every outbox does."""

from dataclasses import replace
from datetime import date

from domain.calls import Call, CallReason
from domain.deliveries import Delivery, DeliveryState, Failure
from domain.ports import Outbox

CALL = Call(key="a1.0.p1", alarm_id="a1", person_id="p1", level=0, reason=CallReason.ON_DUTY, due_at=1_000)
LATER = replace(CALL, key="a1.1.p2", person_id="p2", level=1, reason=CallReason.ESCALATED, due_at=61_000)

LETTER = Call(
    key="night/p3/r1/2026-11-22",
    alarm_id="",
    person_id="p3",
    level=0,
    reason=CallReason.MORNING,
    due_at=500,
    resident_id="r1",
    night=date(2026, 11, 22),
)


def test_a_call_is_due_from_its_instant_on(outbox: Outbox) -> None:
    outbox.queue([LATER, CALL])
    assert outbox.due(999) == []
    assert outbox.due(1_000) == [Delivery(call=CALL, next_at=1_000)]
    assert [delivery.call for delivery in outbox.due(61_000)] == [CALL, LATER]
    assert [delivery.call for delivery in outbox.due(61_000, limit=1)] == [CALL]


def test_a_key_is_queued_once(outbox: Outbox) -> None:
    outbox.queue([CALL, replace(CALL, level=7)])
    outbox.queue([replace(CALL, due_at=5)])
    assert outbox.of_alarm("a1") == [Delivery(call=CALL, next_at=1_000)]


def test_a_call_that_went_is_not_queued_anew(outbox: Outbox) -> None:
    outbox.queue([CALL])
    sent = replace(outbox.due(1_000)[0], state=DeliveryState.SENT, contact_id="k1", attempts=1)
    outbox.put([sent])
    outbox.put([sent])
    outbox.queue([CALL])
    assert outbox.due(10**12) == []
    assert outbox.of_alarm("a1") == [sent]


def test_a_try_in_vain_comes_again_at_its_instant(outbox: Outbox) -> None:
    outbox.queue([CALL, LATER])
    tried = replace(outbox.due(1_000)[0], contact_id="k1", attempts=2, next_at=90_000, failure=Failure.TIMEOUT)
    outbox.put([tried])
    assert [delivery.call for delivery in outbox.due(61_000)] == [LATER]
    assert outbox.due(90_000)[1] == tried


def test_a_clock_that_was_put_back_delays_no_call(outbox: Outbox) -> None:
    hour_ms = 3_600_000
    outbox.queue([replace(CALL, due_at=2 * hour_ms)])
    assert [delivery.call.key for delivery in outbox.due(hour_ms)] == [CALL.key]


def test_failed_and_given_up_are_over(outbox: Outbox) -> None:
    outbox.queue([CALL, LATER])
    first, second = outbox.due(61_000)
    over = [
        replace(first, state=DeliveryState.FAILED, failure=Failure.NO_CONTACT),
        replace(second, state=DeliveryState.GIVEN_UP, failure=Failure.OVER),
    ]
    outbox.put(over)
    assert outbox.due(10**12) == []
    assert outbox.of_alarm("a1") == over


def test_alarms_are_told_apart(outbox: Outbox) -> None:
    other = replace(CALL, key="a2.0.p1", alarm_id="a2")
    outbox.queue([CALL, other])
    assert [delivery.call for delivery in outbox.of_alarm("a2")] == [other]
    assert outbox.of_alarm("a3") == []


def test_what_was_never_queued_is_not_kept(outbox: Outbox) -> None:
    outbox.queue([])
    outbox.put([])
    outbox.put([Delivery(call=CALL, next_at=0)])
    assert outbox.due(10**12) == []


def test_letters_are_taken_out_by_themselves(outbox: Outbox) -> None:
    outbox.queue([LETTER, CALL, LETTER])
    assert outbox.due(2_000) == [Delivery(call=CALL, next_at=1_000)]
    assert outbox.due(2_000, letters=True) == [Delivery(call=LETTER, next_at=500)]
    assert outbox.due(499, letters=True) == []
    assert outbox.of_alarm("a1") == [Delivery(call=CALL, next_at=1_000)]


def test_letters_are_found_by_their_night(outbox: Outbox) -> None:
    sister = replace(LETTER, key="night/p2/r1/2026-11-22", person_id="p2")
    others = [replace(LETTER, key="x", resident_id="r2"), replace(LETTER, key="y", night=date(2026, 11, 21))]
    outbox.queue([LETTER, sister, *others])
    sent = replace(outbox.letters_of("r1", date(2026, 11, 22))[1], state=DeliveryState.SENT)
    outbox.put([sent])
    assert outbox.letters_of("r1", date(2026, 11, 22)) == [Delivery(call=sister, next_at=500), sent]
    assert outbox.letters_of("r1", date(2026, 11, 20)) == []
