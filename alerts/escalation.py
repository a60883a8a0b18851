"""Who is to be called for an alarm, and when (pure): step by step along the posts until somebody takes it.

Derived anew from what is stored: the alarm and its history, the calls that went out, the roster. So nothing has to be
remembered over a restart. Steps that came due meanwhile are called at once, each person once, and those who are on duty
now hear of it: the shift of the time may have gone home.

Calling begins at step one with each stretch in which the alarm calls: when it is raised, when it is given back, when it
comes back, when a snooze ends. Whoever hands an alarm on calls the lead at once, and the steps go on from there. The
instant of the step is in the key, so a later stretch has calls of its own and a repeat of the work has none.

Fails towards calling: a post nobody has, or to whose people no way leads, passes its step on, a lead nobody is to all
leads, and those to everybody, and the call says so when nobody is on duty. Only what is stored of the alarm stops it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, takewhile
from typing import Final

from domain.alarms import Alarm, AlarmEvent, EventKind, Priority
from domain.calls import Call, CallReason
from domain.escalation import DEFAULTS, REPEATED_FOR_S, Steps
from domain.people import Person, Right, Role
from domain.roster import OnDuty, Post
from domain.units import LONG_AGO, NEVER, SECOND_MS

ORDER: Final = (Post.A, Post.B, Post.LEAD)
"""Who is called by which step."""
EVERYBODY: Final = len(ORDER)
"""The level after the posts: everybody of the centre."""
CALLED: Final = frozenset({Role.LEAD, Role.CAREGIVER})
"""Who is among "everybody": the whole list of those who care (design section 5)."""
STANDING: Final = EVERYBODY + 1
"""The level of an alarm that somebody has taken and that still stands."""
PUT_BACK_MS: Final = 10 * SECOND_MS
"""What lies further ahead than this was before our clock was put back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Staff:
    """Who can be called: `on_duty` at an instant (ms), `leads` of the centre, and `everybody` who cares for residents.

    `others` handle alarms too, but are called only for the post they have and for what they have taken. `steps` are the
    centre's own, where they are not the defaults. `unreachable` are those to whom no way leads.
    """

    on_duty: Callable[[int], OnDuty]
    leads: tuple[str, ...]
    everybody: tuple[str, ...]
    others: tuple[str, ...] = ()
    steps: Mapping[Priority, Steps] = field(default_factory=dict)
    unreachable: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """The time since which an alarm has called, or been taken, without a break.

    `begun_at` (ms); `called_until` is the instant (ms) of the last step called in it, LONG_AGO before the first.
    `handed_on`: it is the lead's.
    """

    begun_at: int
    called_until: int = LONG_AGO
    handed_on: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The calls that are owed now, and when (ms) the next may be; `domain.units.NEVER` when none is to come.

    `unheard`: a step is due and there is nobody at all whom it could call.
    """

    calls: tuple[Call, ...] = ()
    next_at: int = NEVER
    unheard: bool = False


@dataclass(frozen=True, slots=True)
class _Rung:
    """One step of one stretch; `due_at` in ms."""

    level: int
    due_at: int
    reason: CallReason


def staff_of(
    people: Iterable[Person],
    on_duty: Callable[[int], OnDuty],
    steps: Mapping[Priority, Steps] | None = None,
    *,
    reachable: Callable[[str], bool] = lambda _person_id: True,
) -> Staff:
    """The staff among `people` of a centre. A post of somebody who is gone, or may not handle alarms, is nobody's.

    Who looks after the programs need not care for residents, and is not woken with everybody; where nobody else is
    there, they are everybody. Where nobody of everybody is `reachable` the centre relies on its pages, and that says
    nothing.
    """
    carers = [person for person in people if person.may(Right.HANDLE_ALARMS)]
    able = frozenset(person.person_id for person in carers)
    unreachable = frozenset(person_id for person_id in able if not reachable(person_id))

    def able_on_duty(at: int) -> OnDuty:
        posts = on_duty(at).posts
        return OnDuty(posts={post: tuple(each for each in held if each in able) for post, held in posts.items()})

    caring = [person for person in carers if person.role in CALLED] or carers
    everybody = tuple(person.person_id for person in caring)
    return Staff(
        on_duty=able_on_duty,
        leads=tuple(person.person_id for person in carers if person.role is Role.LEAD),
        everybody=everybody,
        others=tuple(person.person_id for person in carers if person not in caring),
        steps=steps or {},
        unreachable=unreachable if not unreachable.issuperset(everybody) else frozenset(),
    )


def stretch_of(alarm: Alarm, history: Sequence[AlarmEvent], calls: Iterable[Call]) -> Stretch:
    """The stretch that `alarm` is in, by its events (oldest first) and all calls that ever went out for it.

    Without an event that fits it began when the alarm was raised.
    """
    lately = list(takewhile(lambda event: _stance(event.alarm) == _stance(alarm), reversed(history)))
    begun_at = lately[-1].at if lately else alarm.raised_at
    steps = (call.due_at for call in calls if call.person_id and call.reason is not CallReason.TAKEN)
    return Stretch(
        begun_at=begun_at,
        called_until=max((at for at in steps if at >= begun_at), default=LONG_AGO),
        handed_on=bool(lately) and lately[-1].kind is EventKind.ESCALATED,
    )


def begun_by(stretch: Stretch, now: int) -> Stretch:
    """`stretch` by `now` (ms), where our clock was put back: it begins anew if its steps would wait for the clock.

    Calls that went out later than now were of an earlier stretch; if not, their keys keep them from going out twice.
    """
    called_until = stretch.called_until if stretch.called_until <= now + PUT_BACK_MS else LONG_AGO
    if stretch.begun_at > now + PUT_BACK_MS:
        return replace(stretch, begun_at=now, called_until=LONG_AGO)
    return replace(stretch, called_until=called_until)


def called(stretch: Stretch, calls: Sequence[Call]) -> Stretch:
    """`stretch` after `calls` went out."""
    return replace(stretch, called_until=max(stretch.called_until, *(call.due_at for call in calls)))


def plan(alarm: Alarm, staff: Staff, now: int, stretch: Stretch) -> Plan:
    """Whom `alarm` calls at `now` (ms), each person once."""
    used = staff.steps.get(alarm.priority) or DEFAULTS.get(alarm.priority)
    if used is None or not (alarm.calls or alarm.left_standing):
        return Plan()
    due, next_at = list[_Rung](), NEVER
    for rung in _ladder(alarm, used, stretch):
        if rung.due_at > now:
            next_at = rung.due_at
            break
        if rung.due_at > stretch.called_until:
            due.append(rung)
    owed = {person_id: call for rung in due for person_id, call in _calls(alarm, rung, staff, now)}
    return Plan(
        calls=tuple(sorted(owed.values(), key=lambda call: (call.due_at, call.person_id))),
        next_at=next_at,
        unheard=bool(due) and not staff.everybody,
    )


def _stance(alarm: Alarm) -> tuple[bool, bool, int, int | None, int | None]:
    """What begins a new stretch by its change."""
    return alarm.calls, alarm.left_standing, alarm.raised_at, alarm.acknowledged_at, alarm.escalated_at


def _ladder(alarm: Alarm, steps: Steps, stretch: Stretch) -> Iterator[_Rung]:
    """Every step that the stretch may come to, in order of time."""
    begun_at, first = stretch.begun_at, 0
    if alarm.left_standing:
        for number in range(1, steps.again_times + 1):
            due_at = begun_at + number * steps.again_after_s * SECOND_MS
            yield _Rung(STANDING, due_at, CallReason.NOT_FINISHED)
        return
    if stretch.handed_on:
        first = ORDER.index(Post.LEAD)
        begun_at -= steps.posts_s[first] * SECOND_MS
    for level, after_s in enumerate(steps.posts_s[first:], first):
        yield _Rung(level, begun_at + after_s * SECOND_MS, CallReason.ESCALATED if level else CallReason.ON_DUTY)
    last_s = steps.posts_s[-1]
    if steps.everybody_after_s is not None:
        last_s = steps.everybody_after_s
        yield _Rung(EVERYBODY, begun_at + last_s * SECOND_MS, CallReason.UNANSWERED)
    quick_s = steps.repeats * steps.repeat_s
    quick = range(steps.repeat_s, quick_s + 1, steps.repeat_s)
    slow = range(quick_s + steps.again_after_s, REPEATED_FOR_S, steps.again_after_s)
    for after_s in chain(quick, slow):
        yield _Rung(EVERYBODY, begun_at + (last_s + after_s) * SECOND_MS, CallReason.REPEATED)


def _calls(alarm: Alarm, rung: _Rung, staff: Staff, now: int) -> Iterator[tuple[str, Call]]:
    people, reason = _people(alarm, rung, staff, staff.on_duty(now))
    for person_id in people:
        yield (
            person_id,
            Call(
                key=f"{alarm.alarm_id}/{rung.level}/{rung.due_at}/{person_id}",
                alarm_id=alarm.alarm_id,
                person_id=person_id,
                level=rung.level,
                reason=reason,
                due_at=rung.due_at,
            ),
        )


def _people(alarm: Alarm, rung: _Rung, staff: Staff, duty: OnDuty) -> tuple[Sequence[str], CallReason]:
    """Whom the step calls, and why them."""
    if rung.reason is CallReason.UNANSWERED:
        return _each((*staff.everybody, *duty.everybody)), rung.reason
    leads = _until_reached(staff, (duty.on(Post.LEAD), staff.leads, staff.everybody))
    if rung.level == STANDING:
        able = (*staff.everybody, *staff.others)
        taker = [person_id for person_id in able if person_id == alarm.acknowledged_by]
        return _each((*duty.everybody, *leads, *taker)), rung.reason
    if not duty.everybody:
        return leads, CallReason.NOBODY_ON_DUTY
    if rung.level == EVERYBODY:
        return _each((*duty.everybody, *leads)), rung.reason
    if ORDER[rung.level] is Post.LEAD:
        return leads, rung.reason
    posts = [duty.on(post) for post in ORDER[rung.level :]]
    return _until_reached(staff, (*posts, staff.leads, staff.everybody)) if any(posts) else (), rung.reason


def _until_reached(staff: Staff, groups: Iterable[Sequence[str]]) -> tuple[str, ...]:
    """The first of `groups` that has anybody, and those after it until there is somebody to whom a way leads."""
    called: list[str] = []
    for group in groups:
        called += group
        if not staff.unreachable.issuperset(group):
            break
    return _each(called)


def _each(people: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(people))
