"""An alarm book in memory, for tests."""

import threading
from collections.abc import Sequence
from dataclasses import replace

from domain.alarms import Alarm, AlarmEvent, AlarmInput, AlarmState, Notice, StepFunction
from domain.errors import NotFoundError
from domain.watch import BedState, ConditionState


class InMemoryAlarmBook:
    """`domain.ports.AlarmBook` in dictionaries; `notices` is the outbox by key."""

    def __init__(self) -> None:
        self.notices: dict[str, Notice] = {}
        self._alarms: dict[str, Alarm] = {}
        self._events: list[AlarmEvent] = []
        self._beds: dict[str, BedState] = {}
        self._conditions: dict[tuple[str, str], ConditionState] = {}
        self._lock = threading.RLock()

    def apply(
        self,
        inputs: Sequence[AlarmInput],
        step: StepFunction,
        *,
        beds: Sequence[BedState] = (),
        conditions: Sequence[ConditionState] = (),
        ended: Sequence[tuple[str, str]] = (),
    ) -> list[AlarmEvent]:
        with self._lock:
            alarms: dict[str, Alarm] = {}
            events: list[AlarmEvent] = []
            notices: list[Notice] = []
            for given in inputs:
                result = step(alarms.get(given.alarm_id, self._alarms.get(given.alarm_id)), given)
                if result.alarm is not None:
                    alarms[given.alarm_id] = result.alarm
                events.extend(result.events)
                notices.extend(result.notices)
            first = self.last_event_id() + 1
            numbered = [replace(event, event_id=first + i) for i, event in enumerate(events)]
            self._alarms.update(alarms)
            self._events.extend(numbered)
            for notice in notices:
                self.notices.setdefault(notice.key, notice)
            self._keep_states(beds, conditions, ended)
            return numbered

    def _keep_states(
        self, beds: Sequence[BedState], conditions: Sequence[ConditionState], ended: Sequence[tuple[str, str]]
    ) -> None:
        for belt_id, rule in ended:
            self._conditions.pop((belt_id, str(rule)), None)
        self._beds.update({bed.belt_id: bed for bed in beds})
        self._conditions.update({(running.belt_id, str(running.rule)): running for running in conditions})

    def states(self) -> tuple[list[BedState], list[ConditionState]]:
        with self._lock:
            return (
                [self._beds[key] for key in sorted(self._beds)],
                [self._conditions[key] for key in sorted(self._conditions)],
            )

    def alarm(self, alarm_id: str) -> Alarm:
        with self._lock:
            if alarm_id not in self._alarms:
                raise NotFoundError("alarm", alarm_id)
            return self._alarms[alarm_id]

    def open_alarms(self, center_id: str) -> list[Alarm]:
        with self._lock:
            found = [
                alarm
                for alarm in self._alarms.values()
                if alarm.center_id == center_id and alarm.state is not AlarmState.RESOLVED
            ]
        return sorted(found, key=_age)

    def in_hand(self, since_at: int) -> list[Alarm]:
        with self._lock:
            found = [alarm for alarm in self._alarms.values() if _is_in_hand(alarm, since_at)]
        return sorted(found, key=_age)

    def history(self, alarm_id: str) -> list[AlarmEvent]:
        with self._lock:
            return [event for event in self._events if event.alarm.alarm_id == alarm_id]

    def events_after(self, event_id: int, *, limit: int = 500) -> list[AlarmEvent]:
        with self._lock:
            later = [event for event in self._events if event.event_id > event_id][:limit]
            return [replace(event, alarm=self._alarms[event.alarm.alarm_id]) for event in later]

    def last_event_id(self) -> int:
        with self._lock:
            return self._events[-1].event_id if self._events else 0

    def alarms_of(self, resident_id: str, start_at: int, end_at: int) -> list[Alarm]:
        with self._lock:
            found = [
                alarm
                for alarm in self._alarms.values()
                if alarm.resident_id == resident_id and start_at <= alarm.began_at < end_at
            ]
        return sorted(found, key=_age)

    def alarms_between(self, center_id: str, start_at: int, end_at: int) -> list[Alarm]:
        with self._lock:
            found = [
                alarm
                for alarm in self._alarms.values()
                if alarm.center_id == center_id and start_at <= alarm.began_at < end_at
            ]
        return sorted(found, key=_age)


def _age(alarm: Alarm) -> tuple[int, str]:
    return alarm.began_at, alarm.alarm_id


def _is_in_hand(alarm: Alarm, since_at: int) -> bool:
    lately = alarm.resolved_at is not None and alarm.resolved_at >= since_at
    return alarm.is_open or lately or alarm.rearm_at is not None
