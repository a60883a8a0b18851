"""Calls on their way to people: which way is tried next and when, who is owed what word, and what it may hold.

Pure: sending is `nightbelt`'s, putting into words `api.call_words`. Fails toward telling a person: what did not get on
is tried again, then by the person's next way, and a call is given up only when the alarm needs nobody any more.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from domain.alarms import Alarm, AlarmEvent, EventKind, Priority, Rule
from domain.calls import Call, CallReason
from domain.contacts import ContactPoint
from domain.deliveries import PERMANENT, UNWANTED, Delivery, DeliveryState, Failure
from domain.people import Person, Right, Role
from domain.residents import Place
from domain.units import MINUTE_MS, SECOND_MS

RETRY_FIRST_MS: Final = 2 * SECOND_MS
"""Wait before the second try; doubled for each further one. Most hitches of a network are over by then."""
RETRY_CAP_MS: Final = 30 * SECOND_MS
JITTER_FLOOR: Final = 0.5
"""A wait is this share of its length at least, so that many calls do not come back at once."""
TRIES: Final = 3
"""Tries of one way before the next is taken: within some 10 s, for somebody may lie on the floor (own choice)."""
TRIES_OF_LAST: Final = 8
"""Tries of the last way: some two minutes, in which a line comes back; then the roster has long called others."""
NEWS_MS: Final = 10 * MINUTE_MS
"""How late after a restart a group, or who was called, is still told of what happened meanwhile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a message says; "" where there is no room and bed. `with_values`: the reason's numbers may be told.

    Never the resident's name: it stays in the pages, behind a login.
    """

    rule: Rule
    priority: Priority
    reason: CallReason
    room: str
    bed: str
    timezone: str
    alarm: Alarm
    with_values: bool
    to_lead: bool


def told_of(alarm: Alarm, call: Call, places: Sequence[Place], *, person: Person | None, with_values: bool) -> Told:
    """What `person` (None: a group of the centre) is told; a group never hears values, whoever may be in it.

    `places` are the beds as they stand; a resident who is on none any more is told of by the alarm's bed.
    """
    mine = [place for place in places if place.center.center_id == alarm.center_id]
    where = _place_of(alarm, mine)
    return Told(
        rule=alarm.rule,
        priority=alarm.priority,
        reason=call.reason,
        room=where.room if where else "",
        bed=where.bed if where else alarm.bed_id,
        timezone=mine[0].center.timezone if mine else "UTC",
        alarm=alarm,
        with_values=with_values and person is not None,
        to_lead=person is not None and person.role is not Role.CAREGIVER,
    )


def _place_of(alarm: Alarm, places: Iterable[Place]) -> Place | None:
    if alarm.of_center:
        return None
    own = (place for place in places if place.resident and place.resident.resident_id == alarm.resident_id)
    return next(own, None)


def obstacle(call: Call, alarm: Alarm, person: Person | None) -> Failure | None:
    """Why the call must not be sent, looked at right before it would be; None when nothing is in the way.

    OVER: somebody goes, it is over or snoozed, or another alarm speaks for it. NOT_ALLOWED: no such person, of another
    centre, or one who handles no alarms.
    """
    if call.person_id and (
        person is None or person.center_id != alarm.center_id or not person.may(Right.HANDLE_ALARMS)
    ):
        return Failure.NOT_ALLOWED
    wanted = {CallReason.TAKEN: True, CallReason.NOT_FINISHED: alarm.left_standing}.get(call.reason, alarm.calls)
    return None if wanted else Failure.OVER


def stopped(delivery: Delivery, why: Failure) -> Delivery:
    """It is not to be sent, or cannot be."""
    state = DeliveryState.GIVEN_UP if why in UNWANTED else DeliveryState.FAILED
    return replace(delivery, state=state, failure=why)


def way_of(delivery: Delivery, ways: Sequence[ContactPoint]) -> ContactPoint | None:
    """The way to try now: the one it is at, the first where that was removed; None when there is none."""
    return next((way for way in ways if way.contact_id == delivery.contact_id), ways[0] if ways else None)


def after(
    delivery: Delivery,
    way: ContactPoint,
    ways: Sequence[ContactPoint],
    failure: Failure | None,
    *,
    now: int,
    jitter: float,
) -> Delivery:
    """The delivery after a try of `way` ended at `now` (ms); `failure` None: a service took it.

    `jitter` is between 0 and 1. A way that failed `TRIES` times, or for good, is left for the next one at once.
    """
    same = delivery.contact_id == way.contact_id
    tried = replace(delivery, contact_id=way.contact_id, attempts=(delivery.attempts if same else 0) + 1)
    if failure is None:
        return replace(tried, state=DeliveryState.SENT, next_at=now, failure=None)
    following = _following(way, ways)
    last = TRIES if following is not None else TRIES_OF_LAST
    if failure not in PERMANENT and tried.attempts < last:
        return replace(tried, next_at=now + wait_ms(tried.attempts, jitter), failure=failure)
    if following is None:
        return replace(tried, state=DeliveryState.FAILED, failure=failure)
    return replace(tried, contact_id=following.contact_id, attempts=0, next_at=now, failure=failure)


def wait_ms(attempts: int, jitter: float) -> int:
    """How long to wait after so many tries in vain."""
    whole = min(RETRY_FIRST_MS << (attempts - 1), RETRY_CAP_MS)
    return round(whole * (JITTER_FLOOR + (1 - JITTER_FLOOR) * jitter))


def _following(way: ContactPoint, ways: Sequence[ContactPoint]) -> ContactPoint | None:
    later = [one for one in ways if (one.rank, one.contact_id) > (way.rank, way.contact_id)]
    return later[0] if later else None


def center_call(event: AlarmEvent, known: Iterable[Delivery], now: int) -> Call | None:
    """The call to the centre's own ways (a group's robot) that an alarm owes, once; None when it owes none.

    Alarms that are silent or over meanwhile, and news from before a long outage, call nobody in a group. What was
    silent before the group was told owes it when it calls (again); `known` are the alarm's deliveries so far.
    """
    alarm = event.alarm
    if not alarm.calls or now - event.at > NEWS_MS or any(_tells_group(one) for one in known):
        return None
    call = _call(alarm.alarm_id, "", CallReason.ON_DUTY, now)
    return replace(call, key=f"{call.key}{alarm.version}")


def _tells_group(one: Delivery) -> bool:
    told = one.state in {DeliveryState.QUEUED, DeliveryState.SENT}
    return told and not one.call.person_id and one.call.reason is not CallReason.TAKEN


def taken_calls(event: AlarmEvent, sent: Iterable[Delivery], now: int) -> list[Call]:
    """Word that somebody goes, to each who was called and is not the one; once each."""
    if event.kind is not EventKind.ACKNOWLEDGED or now - event.at > NEWS_MS:
        return []
    called = {
        one.call.person_id
        for one in sent
        if one.state is DeliveryState.SENT and one.call.reason is not CallReason.TAKEN
    }
    return [taken_call(event.alarm, who, now) for who in sorted(called - {event.person_id})]


def called_in_vain(delivery: Delivery, alarm: Alarm) -> bool:
    """Was the call sent while somebody else was taking the alarm? Who got it is owed word of that as well."""
    if delivery.state is not DeliveryState.SENT or delivery.call.reason in {CallReason.TAKEN, CallReason.NOT_FINISHED}:
        return False
    return alarm.acknowledged_by not in {None, delivery.call.person_id}


def taken_call(alarm: Alarm, person_id: str, now: int) -> Call:
    """Word to `person_id` that somebody goes; the same key however often it is made."""
    return _call(alarm.alarm_id, person_id, CallReason.TAKEN, now)


def _call(alarm_id: str, person_id: str, reason: CallReason, now: int) -> Call:
    kind = "taken" if reason is CallReason.TAKEN else "center"
    key = f"{alarm_id}/{kind}/{person_id}"
    return Call(key=key, alarm_id=alarm_id, person_id=person_id, level=0, reason=reason, due_at=now)
