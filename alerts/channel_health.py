"""Do messages get through? A centre is told when a service takes none of them.

Pure: `note` counts, `decide` compares the counts with the alarms that stand, so a restart neither doubles nor loses
one.
Fails toward telling a person: the alarm ends only when that service has taken a message again. Calls of alarms and
letters to families are looked at apart: a letter that goes says nothing of calls, and one that does not wakes nobody.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from domain.alarms import Alarm, AlarmInput, AlarmState, Category, Clear, Priority, Raise, Reason, Rule

FAILURES: Final = 3
"""Tries in a row that failed, over all people of a centre: one is a hitch, three are some ten seconds (own choice)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Concern:
    """What kind of message is looked at: its alarms by `code`, and how urgent they are.

    `ways`: how many ways of people must have failed, so that one mistyped address is no failing service.
    """

    code: str
    priority: Priority
    ways: int


CALLS: Final = Concern(code="channel-failing", priority=Priority.MEDIUM, ways=1)
LETTERS: Final = Concern(code="letters-failing", priority=Priority.LOW, ways=2)
"""Of low priority: it is seen on the board by day and calls nobody, neither now nor in the night to come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """How one service has done for one centre: failures since it last took something, the first of them (ms), and
    when it took something (ms) after this program's start. `ways` are those that failed since.
    """

    failures: int = 0
    ways: frozenset[str] = frozenset()
    failing_since: int | None = None
    worked_at: int | None = None


Health = Mapping[tuple[str, str], Service]
"""By centre and service."""


def note(
    health: Health, center_id: str, service: str, *, well: bool, now: int, way: str = ""
) -> dict[tuple[str, str], Service]:
    """`health` after one more try, of the way with that id, at `now` (ms)."""
    before = health.get((center_id, service), Service())
    if well:
        after = Service(worked_at=now)
    else:
        since = now if before.failing_since is None else before.failing_since
        failed = before.ways | {way}
        after = replace(before, failures=before.failures + 1, ways=failed, failing_since=since)
    return {**health, (center_id, service): after}


def decide(health: Health, standing: Iterable[Alarm], *, now: int, concern: Concern = CALLS) -> list[AlarmInput]:
    """What to raise and what to end; `standing` are the open alarms of the centres, of whatever rule."""
    rule = Rule.CHANNEL_FAILING
    mine = [alarm for alarm in standing if alarm.rule is rule and alarm.reason.code == concern.code]
    told = {(alarm.center_id, str(alarm.reason.facts.get("service"))) for alarm in mine}
    inputs: list[AlarmInput] = []
    for (center_id, service), state in health.items():
        failing = state.failures >= FAILURES and len(state.ways) >= concern.ways
        if failing and (center_id, service) not in told:
            alarm = _alarm(center_id, service, state, now, concern)
            inputs.append(Raise(alarm_id=alarm.alarm_id, at=now, alarm=alarm))
    for alarm in mine:
        state = health.get((alarm.center_id, str(alarm.reason.facts.get("service"))), Service())
        if state.worked_at is not None and state.failures == 0:
            inputs.append(Clear(alarm_id=alarm.alarm_id, at=now, cleared_at=state.worked_at))
    return inputs


def _alarm(center_id: str, service: str, state: Service, now: int, concern: Concern) -> Alarm:
    """Its beginning is part of the id: after it was closed by hand, a service that goes on failing is a new alarm."""
    began_at = now if state.failing_since is None else state.failing_since
    return Alarm(
        alarm_id=f"{center_id}.{Rule.CHANNEL_FAILING}.{concern.priority}.{service}.{now}",
        rule=Rule.CHANNEL_FAILING,
        category=Category.TECHNICAL,
        priority=concern.priority,
        center_id=center_id,
        resident_id="",
        bed_id="",
        belt_id="",
        state=AlarmState.ACTIVE,
        began_at=began_at,
        due_at=now,
        raised_at=now,
        reason=Reason(code=concern.code, facts={"service": service, "failures": state.failures}),
    )
