"""What the watch over the beds must remember across a restart."""

from dataclasses import dataclass

from domain.alarms import Rule
from domain.readings import Occupancy


@dataclass(frozen=True, slots=True, kw_only=True)
class BedState:
    """Is somebody in the bed of this belt, and since when? Stored at each change.

    `since_at` and `observed_at` are the belt's clock; `clock_offset_ms` is how far it stood ahead of ours.
    """

    belt_id: str
    occupancy: Occupancy
    since_at: int
    observed_at: int
    received_at: int
    clock_offset_ms: int = 0
    interval_ms: int = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionState:
    """A running condition of one belt's bed: a timer as a stored deadline in event time.

    `deadline_at` is `domain.units.NEVER` while the condition cannot become due (it began outside the windows);
    `broken_at` is when the predicate first turned false after it had begun, None while it holds. `alarm_began_at`
    is the `began_at` of the alarm that stands open for this belt and rule, None when there is none: equal to
    `began_at` once this run was raised, older when the person came back, left again, and the first alarm still stands.
    """

    belt_id: str
    rule: Rule
    began_at: int
    deadline_at: int
    broken_at: int | None
    alarm_began_at: int | None
