"""Any course of an alarm, its roster and the worker's looks: who is called, against a plain model of the table."""

from dataclasses import dataclass, field, replace

from hypothesis import given
from hypothesis import strategies as st

from alerts.escalation import Staff, called, plan, stretch_of
from domain.alarms import Alarm, AlarmEvent, AlarmState, EventKind
from domain.calls import Call, CallReason
from domain.escalation import HIGH
from domain.roster import OnDuty, Post
from domain.units import NEVER, SECOND_MS
from tests.unit.alerts.test_escalation import ALARM, EVERYBODY, RAISED

QUICK_S = tuple(300 + n * HIGH.repeat_s for n in range(1, HIGH.repeats + 1))
SLOW_S = tuple(QUICK_S[-1] + n * HIGH.again_after_s for n in range(1, 94))
STEPS_S = (*HIGH.posts_s, HIGH.everybody_after_s or 0, *QUICK_S, *SLOW_S)
"""When the table calls (s after calling began); the same in numbers as in `docs/guides/roster.md`."""
AGAIN_S = tuple(n * HIGH.again_after_s for n in range(1, HIGH.again_times + 1))
DUTIES = (
    OnDuty(posts={Post.A: ("anna",), Post.B: ("bo",), Post.LEAD: ("lin",)}),
    OnDuty(posts={Post.A: ("cai",)}),
    OnDuty(posts={Post.LEAD: ("mei",)}),
    OnDuty(posts={}),
)


@dataclass
class Course:
    """One alarm and what is stored of it. The model is `begun_s` and `done_s`: when the present stretch began (s),
    and up to when its steps have been called.
    """

    alarm: Alarm = ALARM
    now_s: int = 0
    duty: OnDuty = DUTIES[0]
    history: list[AlarmEvent] = field(default_factory=list)
    stored: list[Call] = field(default_factory=list)
    begun_s: int = 0
    done_s: int = -1

    def __post_init__(self) -> None:
        self.change(ALARM, EventKind.RAISED)

    @property
    def now(self) -> int:
        return RAISED + self.now_s * SECOND_MS

    def change(self, alarm: Alarm, kind: EventKind) -> None:
        self.alarm, self.begun_s, self.done_s = alarm, self.now_s, self.now_s - 1
        self.history.append(AlarmEvent(alarm=alarm, kind=kind, at=self.now))

    def pass_by(self, seconds: int) -> None:
        self.now_s += seconds

    def take(self) -> None:
        if self.alarm.state is AlarmState.ACTIVE:
            taken = replace(self.alarm, state=AlarmState.ACKNOWLEDGED, acknowledged_at=self.now, acknowledged_by="anna")
            self.pass_by(1)
            self.change(replace(taken, acknowledged_at=self.now), EventKind.ACKNOWLEDGED)

    def give_back(self) -> None:
        if self.alarm.state is AlarmState.ACKNOWLEDGED:
            self.pass_by(1)
            given = replace(self.alarm, state=AlarmState.ACTIVE, acknowledged_at=None, acknowledged_by=None)
            self.change(given, EventKind.GIVEN_BACK)

    def look(self) -> None:
        """A worker that remembers nothing: all that it knows is stored."""
        who = Staff(on_duty=lambda _at: self.duty, leads=("lin", "mei"), everybody=EVERYBODY)
        stretch = stretch_of(self.alarm, self.history, self.stored)
        found = plan(self.alarm, who, self.now, stretch)
        self.check(found.calls, found.next_at)
        if found.calls:
            assert called(stretch, found.calls) == stretch_of(self.alarm, self.history, [*self.stored, *found.calls])
            self.done_s = max(call.due_at - RAISED for call in found.calls) // SECOND_MS
        self.stored.extend(found.calls)

    def check(self, calls: tuple[Call, ...], next_at: int) -> None:
        taken = self.alarm.state is AlarmState.ACKNOWLEDGED
        times = [self.begun_s + after_s for after_s in (AGAIN_S if taken else STEPS_S)]
        due = [each for each in times if self.done_s < each <= self.now_s]
        later = [each for each in times if each > self.now_s]
        assert {(call.due_at - RAISED) // SECOND_MS for call in calls} <= set(due)
        assert len({call.person_id for call in calls}) == len(calls)
        assert {call.person_id for call in calls} <= set(EVERYBODY)
        assert {call.reason is CallReason.NOT_FINISHED for call in calls} <= {taken}
        assert calls or set(due) <= {self.begun_s + HIGH.posts_s[1]}, "only B's step may pass over"
        assert next_at == (RAISED + min(later) * SECOND_MS if later else NEVER)


OPERATIONS = st.one_of(
    st.tuples(st.just("pass_by"), st.sampled_from([1, 30, 59, 60, 120, 179, 300, 900, 4000, 40_000])),
    st.tuples(st.sampled_from(["take", "give_back"]), st.none()),
    st.tuples(st.just("duty"), st.sampled_from(DUTIES)),
)


@given(operations=st.lists(OPERATIONS, max_size=30), looks=st.booleans())
def test_calls_follow_the_table_whatever_happens(
    operations: list[tuple[str, int | OnDuty | None]], looks: bool
) -> None:
    course = Course()
    for name, value in operations:
        match name, value:
            case "pass_by", int(seconds):
                course.pass_by(seconds)
            case "duty", OnDuty():
                course.duty = value
            case "take", _:
                course.take()
            case _:
                course.give_back()
        if looks or name == "pass_by":
            course.look()
            course.look()
    keys = [call.key for call in course.stored]
    assert len(set(keys)) == len(keys)
    instants = [call.due_at for call in course.stored]
    assert instants == sorted(instants)
