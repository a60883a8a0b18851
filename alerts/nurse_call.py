"""The state of an alarm for nurse-call systems and home automation, as MQTT knows it. Ids only: no name, no value.

Retained, so that who connects later sees what stands; cleared by an empty payload when the alarm is over. Pure.
"""

from dataclasses import dataclass
from typing import Final

from domain.alarms import Alarm, AlarmState

OVER: Final = b""
"""An empty retained payload makes a broker forget the topic (MQTT 3.1.1, section 3.3.1.3)."""

SILENT: Final = "silent"
"""Nobody has taken it and nobody is wanted: it is snoozed, or another alarm or a pause speaks for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmNow:
    """What is told of an alarm. Instants are ms since 1970 (UTC); "" where it is about the whole centre.

    `state` is the alarm's, or SILENT.
    """

    alarm_id: str
    center_id: str
    rule: str
    category: str
    priority: str
    state: str
    resident_id: str
    bed_id: str
    belt_id: str
    began_at: int
    raised_at: int
    acknowledged_at: int | None


def topic_of(alarm: Alarm) -> str:
    return f"care/{alarm.center_id}/alarms/{alarm.alarm_id}"


def now_of(alarm: Alarm) -> AlarmNow | None:
    """None when the alarm is over: nobody is to be called any more."""
    if alarm.state is AlarmState.RESOLVED:
        return None
    return AlarmNow(
        alarm_id=alarm.alarm_id,
        center_id=alarm.center_id,
        rule=alarm.rule,
        category=alarm.category,
        priority=alarm.priority,
        state=SILENT if alarm.state is AlarmState.ACTIVE and not alarm.calls else alarm.state,
        resident_id=alarm.resident_id,
        bed_id=alarm.bed_id,
        belt_id=alarm.belt_id,
        began_at=alarm.began_at,
        raised_at=alarm.raised_at,
        acknowledged_at=alarm.acknowledged_at,
    )
