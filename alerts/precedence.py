"""Which alarm speaks for which: one cause is told once.

A *louder* alarm takes over a quieter one of the same cause: it is told or not, taken or not, as the louder one is. A
*deeper* one says that what others tell cannot be believed or is its own doing: those are not told while it stands. What
somebody leaving the bed tells is never held back.

Fails towards telling a person: what has been told about a person stays told when a deeper alarm comes after it, and a
deeper alarm that is snoozed holds nothing back.
"""

from collections.abc import Mapping
from typing import Final

from domain.alarms import LEAVE_BED_RULES, Alarm, Category, Rule

LOUDER: Final[Mapping[Rule, Rule]] = {
    Rule.HEART_RATE_HIGH: Rule.HEART_RATE_VERY_HIGH,
    Rule.HEART_RATE_LOW: Rule.HEART_RATE_VERY_LOW,
    Rule.BREATHING_RATE_HIGH: Rule.BREATHING_RATE_VERY_HIGH,
    Rule.BREATHING_RATE_LOW: Rule.BREATHING_RATE_VERY_LOW,
    Rule.VITALS_LOST: Rule.VITALS_LOST_LONG,
    Rule.HEART_RATE_UNUSUAL_HIGH: Rule.HEART_RATE_HIGH,
    Rule.HEART_RATE_UNUSUAL_LOW: Rule.HEART_RATE_LOW,
    Rule.BREATHING_RATE_UNUSUAL_HIGH: Rule.BREATHING_RATE_HIGH,
    Rule.BREATHING_RATE_UNUSUAL_LOW: Rule.BREATHING_RATE_LOW,
}
"""By the quieter rule: the next louder one of the same cause; that, and what is louder still, takes it over."""

_FROM_THE_BELT: Final = frozenset(
    {
        *LOUDER,
        *LOUDER.values(),
        Rule.BREATHING_PAUSE,
        Rule.RESTLESS,
        Rule.SITTING_UP,
        Rule.SIGNAL_POOR,
        Rule.VITALS_IN_EMPTY_BED,
    },
)
"""All but who is due to be turned: that clock runs on through silence, for it is the staff who turn them."""
DEEPER: Final[Mapping[Rule, frozenset[Rule]]] = {
    Rule.BELT_SILENT: _FROM_THE_BELT,
    Rule.BELT_OFFLINE: _FROM_THE_BELT,
    Rule.CENTER_SILENT: frozenset({Rule.BELT_SILENT, Rule.BELT_OFFLINE}),
}
"""By the deeper rule: those it holds back, of the same belt and resident, or of all belts of its centre."""


def louder_than(rule: Rule) -> tuple[Rule, ...]:
    """The rules of the same cause that take it over, the next louder one first."""
    found: list[Rule] = []
    while (louder := LOUDER.get(found[-1] if found else rule)) is not None:
        found.append(louder)
    return tuple(found)


def takes_over(louder: Alarm, quieter: Alarm) -> bool:
    """Is it the same cause, told more urgently?"""
    return louder.rule in louder_than(quieter.rule) and louder.resident_id == quieter.resident_id


def holds_back(holder: Alarm, alarm: Alarm, *, told: bool) -> bool:
    """Does `holder`, as it stands, speak for `alarm`? `told`: somebody has been called for that one already."""
    if not holder.is_open or holder.cleared_at is not None or alarm.rule in LEAVE_BED_RULES:
        return False
    if takes_over(holder, alarm):
        return True
    if holder.snoozed_until is not None or alarm.rule not in DEEPER.get(holder.rule, ()):
        return False
    if told and alarm.category is not Category.TECHNICAL:
        return False
    if holder.of_center:
        return holder.center_id == alarm.center_id
    return (holder.belt_id, holder.resident_id) == (alarm.belt_id, alarm.resident_id)
