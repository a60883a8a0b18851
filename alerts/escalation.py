"""Who is to be called for an alarm, and when (pure): step by step along the posts until somebody takes it.

Derived anew from the alarm as it is stored, the roster and `now`; the keys make a repeat harmless. So nothing has to be
remembered over a restart: steps that came due meanwhile are called at once, and of the repeats only the last.

Whoever hands an alarm on calls the lead at once, and the steps go on from there. Fails towards calling: with nobody on
duty the leads are called, without leads everybody, and the call says so. An alarm calls nobody once it is taken or
over, while it is snoozed, and while another alarm speaks for it; nothing else stops it.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from domain.alarms import Alarm, AlarmState, Priority
from domain.calls import Call, CallReason
from domain.errors import ConfigurationError
from domain.roster import OnDuty, Post
from domain.units import NEVER, SECOND_MS

ORDER: Final = (Post.A, Post.B, Post.LEAD)
"""Who is called by which step."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """When each post is called after the alarm was raised (s), when everybody is, and how often it is repeated.

    `everybody_after_s` None: never. `again_after_s`: how long after somebody took it the alarm may stand before all on
    duty are called again; whoever tapped by mistake, or was held up, must not be the end of it.
    """

    posts_s: tuple[int, int, int]
    everybody_after_s: int | None
    repeat_s: int
    repeats: int
    again_after_s: int

    def __post_init__(self) -> None:
        if not 0 <= self.posts_s[0] <= self.posts_s[1] <= self.posts_s[2] <= 3600:
            raise ConfigurationError(f"escalation steps {self.posts_s}: ascending, 0 to 3600 s")
        if not 30 <= self.repeat_s <= 3600:
            raise ConfigurationError(f"escalation repeat_s {self.repeat_s}: 30 to 3600 s")


HIGH: Final = Steps(posts_s=(0, 60, 180), everybody_after_s=300, repeat_s=120, repeats=15, again_after_s=900)
"""A reply is owed within five minutes (design section 5); then everybody hears of it, for half an hour."""
MEDIUM: Final = Steps(posts_s=(0, 180, 600), everybody_after_s=None, repeat_s=300, repeats=6, again_after_s=1800)
"""What can wait a few minutes wakes nobody who is off duty (own choice)."""
DEFAULTS: Final = {Priority.HIGH: HIGH, Priority.MEDIUM: MEDIUM}
"""Low priority calls nobody: it is seen on the board."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Staff:
    """Who can be called: `on_duty` at an instant (ms), `leads` of the centre, and `everybody` who handles alarms."""

    on_duty: Callable[[int], OnDuty]
    leads: tuple[str, ...]
    everybody: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The calls that are owed so far, and when (ms) the next may be; `domain.units.NEVER` when none is to come."""

    calls: tuple[Call, ...]
    next_at: int


@dataclass(frozen=True, slots=True)
class _Rung:
    """One step of one alarm: whom it calls is asked of the roster when it is due."""

    level: int
    number: int
    due_at: int
    reason: CallReason


def plan(alarm: Alarm, staff: Staff, now: int, steps: Steps | None = None) -> Plan:
    """The calls of `alarm` that are due at `now` (ms). `steps` are those of its priority when left out.

    A snoozed alarm calls nobody, nor one that another speaks for; what came due meanwhile is owed afterwards.
    """
    used = steps or DEFAULTS.get(alarm.priority)
    if used is None or not alarm.is_open or alarm.held_by is not None or alarm.snoozed_until is not None:
        return Plan(calls=(), next_at=NEVER)
    rungs = list(_ladder(alarm, used))
    due = [rung for rung in rungs if rung.due_at <= now]
    repeats = [rung for rung in due if rung.number > 0]
    owed = [rung for rung in due if rung.number == 0] + repeats[-1:]
    calls = [call for rung in owed for call in _calls(alarm, rung, staff)]
    return Plan(calls=tuple(calls), next_at=min((r.due_at for r in rungs if r.due_at > now), default=NEVER))


def _ladder(alarm: Alarm, steps: Steps) -> Iterator[_Rung]:
    """Every step the alarm may come to, by level; repeats are those of the last level with their number."""
    if alarm.state is AlarmState.ACKNOWLEDGED:
        if alarm.acknowledged_at is not None and alarm.cleared_at is None:
            due_at = alarm.acknowledged_at + steps.again_after_s * SECOND_MS
            yield _Rung(len(ORDER) + 1, 0, due_at, CallReason.NOT_FINISHED)
        return
    begun_at, passed_s = alarm.raised_at, 0
    if alarm.escalated_at is not None:
        begun_at, passed_s = alarm.escalated_at, steps.posts_s[-1]
    for level, after_s in enumerate(steps.posts_s):
        if after_s >= passed_s:
            reason = CallReason.ESCALATED if level else CallReason.ON_DUTY
            yield _Rung(level, 0, begun_at + (after_s - passed_s) * SECOND_MS, reason)
    last_s, last = steps.posts_s[-1], len(ORDER) - 1
    if steps.everybody_after_s is not None:
        last_s, last = steps.everybody_after_s, len(ORDER)
        yield _Rung(last, 0, begun_at + (last_s - passed_s) * SECOND_MS, CallReason.UNANSWERED)
    for number in range(1, steps.repeats + 1):
        due_at = begun_at + (last_s - passed_s + number * steps.repeat_s) * SECOND_MS
        yield _Rung(last, number, due_at, CallReason.REPEATED)


def _calls(alarm: Alarm, rung: _Rung, staff: Staff) -> Iterator[Call]:
    people, reason = _called(rung, staff)
    begun_at = alarm.escalated_at or alarm.raised_at  # an alarm that comes again calls again
    for person_id in people:
        yield Call(
            key=f"{alarm.alarm_id}/{begun_at}/{rung.level}/{rung.number}/{person_id}",
            alarm_id=alarm.alarm_id,
            person_id=person_id,
            level=rung.level,
            reason=reason,
            due_at=rung.due_at,
        )


def _called(rung: _Rung, staff: Staff) -> tuple[Sequence[str], CallReason]:
    """Whom the step calls. Of posts that nobody has the first passes on to the others on duty; with nobody on duty it
    is the leads, and where there are none, everybody.
    """
    duty = staff.on_duty(rung.due_at)
    if rung.level == len(ORDER) and not rung.number:
        return staff.everybody, rung.reason
    if not duty.everybody:
        return staff.leads or staff.everybody, CallReason.NOBODY_ON_DUTY
    if rung.number or rung.level > len(ORDER):
        return duty.everybody, rung.reason
    post = duty.on(ORDER[rung.level])
    return (duty.everybody if not post and rung.level == 0 else post), rung.reason
