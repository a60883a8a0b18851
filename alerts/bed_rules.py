"""The rules about a time of day: not in bed by then, still in bed after it.

Each is asked at one local time: who is out (or in) then, and stays so for `after_s`, is told of. So a trip to the
bathroom around that time is nothing, and who gets up later in the night is the leave-bed rules' matter. Unknown is
neither. Out goes on through unknown readings and silence, as an absence does: the last thing known is an empty bed,
also of a bed in which nobody was seen at all. Still in bed is told only in a reading that shows it.
"""

from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from alerts.rules import CLEAR_MS, END_CONFIRM_MS, Frame, Limits, Predicate, RuleSpec, Truth
from domain.alarms import Category, Priority, Rule
from domain.nights import Schedule
from domain.readings import Occupancy
from domain.residents import NightWindow, VitalSettings
from domain.units import DAY_MS, SECOND_MS
from domain.vitals import AtTime

_DAY_BEFORE_MS: Final = DAY_MS
"""Who has been out, or in, since before that time counts from it."""
_ON: Final = 0.0
"""The limit where the rule is on; it compares nothing."""

Floats = NDArray[np.float32]


def _is(occupancy: Occupancy) -> Predicate:
    """Is that the bed's occupancy, where the rule is on?"""

    shown = np.full(3, Truth.FALSE, np.int8)
    shown[Occupancy.UNKNOWN] = Truth.UNKNOWN
    off = shown.copy()
    shown[occupancy] = Truth.TRUE

    def predicate(frame: Frame, limit: Floats, _clear_limit: Floats) -> NDArray[np.int8]:
        return np.where(np.isnan(limit), off[frame.in_bed], shown[frame.in_bed])

    return predicate


def _any_asked(_frame: Frame, lowest: float, highest: float) -> bool:
    return lowest <= highest


def _spec(rule: Rule, occupancy: Occupancy, *, holds_while_unknown: bool) -> RuleSpec:
    return RuleSpec(
        rule=rule,
        category=Category.CARE,
        priority=Priority.MEDIUM,
        predicate=_is(occupancy),
        holds_while_unknown=holds_while_unknown,
        needs_change=False,
        end_confirm_ms=END_CONFIRM_MS,
        clear_ms=CLEAR_MS,
        carry_in_ms=_DAY_BEFORE_MS,
        screen=_any_asked,
    )


BED_RULES: Final = (
    _spec(Rule.NOT_IN_BED, Occupancy.OUT, holds_while_unknown=True),
    _spec(Rule.STILL_IN_BED, Occupancy.IN, holds_while_unknown=False),
)


@lru_cache(maxsize=1024)
def bed_limits(settings: VitalSettings, tz: ZoneInfo) -> dict[Rule, Limits]:
    """The rules that are on for a resident, with their numbers; shared by all who have the same: not to be changed."""
    asked = {Rule.NOT_IN_BED: settings.not_in_bed, Rule.STILL_IN_BED: settings.still_in_bed}
    return {rule: _limits(one, tz) for rule, one in asked.items() if one.on}


def _limits(asked: AtTime, tz: ZoneInfo) -> Limits:
    """The minute of that time is the window: what began before counts from it, what begins later does not."""
    minute_later = (datetime.combine(date.min, asked.at) + timedelta(minutes=1)).time()
    return Limits(
        min_duration_ms=asked.after_s * SECOND_MS,
        limit=_ON,
        clear_limit=_ON,
        schedule=Schedule((NightWindow(start=asked.at, end=minute_later),), tz),
    )
