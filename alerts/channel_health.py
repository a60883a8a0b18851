"""Do messages get through? A centre is told when a service takes none of them.

Pure: `note` counts, `decide` compares the counts with the alarms that stand, so a restart neither doubles nor loses
one.
Fails toward telling a person: the alarm ends only when that service has taken a message again.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from domain.alarms import Alarm, AlarmInput, AlarmState, Category, Clear, Priority, Raise, Reason, Rule

FAILURES: Final = 3
"""Tries in a row that failed, over all people of a centre: one is a hitch, three are some ten seconds (own choice)."""
CODE: Final = "channel-failing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """How one service has done for one centre: failures since it last took something, the first of them (ms), and
    when it took something (ms) after this program's start.
    """

    failures: int = 0
    failing_since: int | None = None
    worked_at: int | None = None


Health = Mapping[tuple[str, str], Service]
"""By centre and service."""


def note(health: Health, center_id: str, service: str, *, well: bool, now: int) -> dict[tuple[str, str], Service]:
    """`health` after one more try at `now` (ms)."""
    before = health.get((center_id, service), Service())
    if well:
        after = Service(worked_at=now)
    else:
        since = now if before.failing_since is None else before.failing_since
        after = replace(before, failures=before.failures + 1, failing_since=since)
    return {**health, (center_id, service): after}


def decide(health: Health, standing: Iterable[Alarm], *, now: int) -> list[AlarmInput]:
    """What to raise and what to end; `standing` are the open alarms of the centres, of whatever rule."""
    mine = [alarm for alarm in standing if alarm.rule is Rule.CHANNEL_FAILING]
    told = {(alarm.center_id, str(alarm.reason.facts.get("service"))) for alarm in mine}
    inputs: list[AlarmInput] = []
    for (center_id, service), state in health.items():
        if state.failures >= FAILURES and (center_id, service) not in told:
            alarm = _alarm(center_id, service, state, now)
            inputs.append(Raise(alarm_id=alarm.alarm_id, at=now, alarm=alarm))
    for alarm in mine:
        state = health.get((alarm.center_id, str(alarm.reason.facts.get("service"))), Service())
        if state.worked_at is not None and state.failures == 0:
            inputs.append(Clear(alarm_id=alarm.alarm_id, at=now, cleared_at=state.worked_at))
    return inputs


def _alarm(center_id: str, service: str, state: Service, now: int) -> Alarm:
    """Its beginning is part of the id: after it was closed by hand, a service that goes on failing is a new alarm."""
    began_at = now if state.failing_since is None else state.failing_since
    return Alarm(
        alarm_id=f"{center_id}.{Rule.CHANNEL_FAILING}.{Priority.MEDIUM}.{service}.{now}",
        rule=Rule.CHANNEL_FAILING,
        category=Category.TECHNICAL,
        priority=Priority.MEDIUM,
        center_id=center_id,
        resident_id="",
        bed_id="",
        belt_id="",
        state=AlarmState.ACTIVE,
        began_at=began_at,
        due_at=now,
        raised_at=now,
        reason=Reason(code=CODE, facts={"service": service, "failures": state.failures}),
    )
