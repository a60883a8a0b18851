"""What belts say of their batteries: well each noon, and in some nights low, or nearly so.

Drawn by their own numbers; a battery that would be told of beside a silence of its belt stays as it was.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from domain.belts import BeltStatus
from domain.units import MINUTE_MS
from simulators.center import SimulatedCenter
from simulators.delivery import Delivery
from simulators.localtime import wall_clock
from simulators.night import DAY_MIN, NightPlan
from simulators.scenarios import Scenario
from simulators.streams import Purpose, stream

_HOURS_MIN: Final = (18 * 60, DAY_MIN + 2 * 60)
"""When it falls: 18:00 to 02:00 local (min after midnight of the evening)."""
_WELL: Final = (40.0, 100.0)
_LOW: Final = (6.0, 18.0)
_NEARLY: Final = (20.5, 24.5)
"""Charge in percent, beside a limit of 20 and a clear limit of 25."""
_LOW_MIN: Final = (15.0, 480.0)
_MOMENT_MIN: Final = (1.0, 8.0)
_STEP_MS: Final = 30 * MINUTE_MS
"""A belt tells its charge this often while it falls."""
_APART_MS: Final = 10 * MINUTE_MS
"""How far it keeps from a silence of the belt."""


class Course(Enum):
    """What a battery does."""

    LOW = "low"
    LOW_FOR_A_MOMENT = "low-for-a-moment"
    NEARLY_LOW = "nearly-low"
    LOW_ON_THE_CHARGER = "low-on-the-charger"


_COURSES: Final = (*(Course.LOW,) * 3, Course.LOW_FOR_A_MOMENT, Course.NEARLY_LOW, Course.LOW_ON_THE_CHARGER)
"""Equally likely; half of them are near misses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Battery:
    """What is told of the battery in [`from_at`, `to_at`) (true ms); then it is charged. `charge` is in percent."""

    course: Course
    from_at: int
    to_at: int
    charge: float


def plan_battery(center: SimulatedCenter, plan: NightPlan, delivery: Delivery) -> Battery | None:
    """What happens to the battery of this night's belt; None when it goes on being well."""
    rng = stream(center.seed, Purpose.BATTERY, plan.bed.index, plan.night.toordinal())
    which, begins, length, level = rng.random(4).tolist()
    if Scenario.BATTERY_LOW not in plan.scenarios:
        return None
    course = _COURSES[int(which * len(_COURSES))]
    shortest, longest = _MOMENT_MIN if course is Course.LOW_FOR_A_MOMENT else _LOW_MIN
    low, high = _NEARLY if course is Course.NEARLY_LOW else _LOW
    from_at = wall_clock(plan.night, _HOURS_MIN[0] + begins * (_HOURS_MIN[1] - _HOURS_MIN[0]), center.zone)
    to_at = from_at + round((shortest + length * (longest - shortest)) * MINUTE_MS)
    if any(span.from_at - _APART_MS < to_at and from_at < span.to_at + _APART_MS for span in delivery.offline):
        return None
    return Battery(course=course, from_at=from_at, to_at=to_at, charge=low + level * (high - low))


def battery_statuses(center: SimulatedCenter, plan: NightPlan, battery: Battery | None) -> Sequence[BeltStatus]:
    """What the belt tells of its battery in one night, ascending."""
    rng = stream(center.seed, Purpose.CHARGE, plan.bed.index, plan.night.toordinal())
    belt_id, well = plan.bed.belt.belt_id, round(rng.uniform(*_WELL))
    told = [BeltStatus(belt_id=belt_id, at=plan.start_at, battery=well, charging=False)]
    if battery is None:
        return told
    charging = battery.course is Course.LOW_ON_THE_CHARGER
    for n, at in enumerate(range(battery.from_at, battery.to_at, _STEP_MS)):
        charge = battery.charge if battery.course is Course.NEARLY_LOW else max(1.0, battery.charge - n)
        told.append(BeltStatus(belt_id=belt_id, at=at, battery=round(charge, 1), charging=charging))
    return [*told, BeltStatus(belt_id=belt_id, at=battery.to_at, battery=well, charging=True)]
