"""What the watch over the beds must remember across a restart."""

from dataclasses import dataclass

from domain.alarms import Rule
from domain.readings import Occupancy


@dataclass(frozen=True, slots=True, kw_only=True)
class BedState:
    """Is somebody in the bed of this belt, and since when? Stored at each change.

    `since_at` and `observed_at` are the belt's clock; `clock_offset_ms` is how far it stood ahead of ours. `entered_at`
    is when somebody got in, chatter of the sensor left out, `left_at` when the bed was first seen empty after that,
    `rated_at` when the belt first gave a heart or breathing rate (belt's clock, None when not known or not so).
    """

    belt_id: str
    occupancy: Occupancy
    since_at: int
    observed_at: int
    received_at: int
    clock_offset_ms: int = 0
    interval_ms: int = 10_000
    entered_at: int | None = None
    left_at: int | None = None
    rated_at: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionState:
    """A running condition of one belt's bed: a timer as a stored deadline, on the belt's clock.

    `subject` is the resident it happens to. `deadline_at` is `domain.units.NEVER` while the condition cannot become due
    (it began outside the windows, or the rule is off). `broken_at` is when the predicate turned false after it had
    begun, None while it holds; `over` once it has been false for long enough. `raised`: this run was told; `passed`:
    it had been due in a backlog. `alarm_began_at` is the instant in the id of the alarm that stands open for this belt
    and rule, None when there is none; an older run's when the person came back and left again meanwhile. `times` is
    what a rule counts, None where it counts nothing.
    """

    belt_id: str
    rule: Rule
    subject: str | None
    began_at: int
    deadline_at: int
    broken_at: int | None = None
    over: bool = False
    raised: bool = False
    passed: bool = False
    alarm_began_at: int | None = None
    times: int | None = None
