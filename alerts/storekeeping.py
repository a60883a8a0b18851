"""Are readings being stored where they belong? Raised for every centre long before one would be lost.

Two levels, each an alarm of its own: medium when readings have waited for long, high when a person has to act within
days or hours. Pure: `decide(keeping, status, ...) -> (keeping, alarm inputs)`; what could not be committed is decided
again from the same `keeping`.
Fails towards telling a person: a level ends only after it has been well for a while, and doubt keeps it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from alerts.standing import raised_anew
from domain.alarms import Alarm, AlarmInput, AlarmState, Category, Clear, Disarm, Priority, Raise, Reason, Rule
from domain.spool import SpoolStatus
from domain.units import DAY_MS, MINUTE_MS, SECOND_MS

BEHIND_AFTER_MS: Final = 10 * MINUTE_MS
"""Restarts and updates of a database are over by then, and a night report is not due yet (own choice)."""
UP_TO_DATE_MS: Final = 10 * SECOND_MS
"""Nothing has waited for longer: readings go through as they come."""
CLEAR_MS: Final = 2 * MINUTE_MS
"""How long all must have been well before an alarm ends, as with the beds' rules: a flapping store is not well."""
URGENT_SHARE: Final = 0.5
"""Half of the limit is used: with the default of 7 days a weekend is left to act."""
DISK_FLOOR_BYTES: Final = 2**30
"""1 GiB holds some 50 million waiting readings, over 10 hours of 1,000 belts at 1 Hz; records are on it as well."""
DISK_CLEAR_BYTES: Final = DISK_FLOOR_BYTES * 5 // 4
UNWRITABLE_AFTER_MS: Final = 1 * MINUTE_MS
"""Readings are not kept here for this long: nothing is lost yet, for the broker keeps what is not acked."""

BEHIND: Final = "readings-behind"
HALF_USED: Final = "spool-half-used"
DISK_LOW: Final = "disk-low"
UNWRITABLE: Final = "spool-unwritable"
"""Codes of the reasons."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """One level: `alarms` are those that stand, by centre; `well_since` is when it was first well again (ms)."""

    alarms: Mapping[str, str] = field(default_factory=dict)
    began_at: int | None = None
    well_since: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """What is remembered from one look to the next. `unwritable_since`: the spool has taken nothing since (ms)."""

    medium: Level = field(default_factory=Level)
    high: Level = field(default_factory=Level)
    unwritable_since: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Why a level is due: `began_at` is when it began to be so, `due_at` when that had lasted long enough."""

    reason: Reason
    began_at: int
    due_at: int


def restored(standing: Iterable[Alarm]) -> Keeping:
    """What to begin with when these alarms stand open; those of other rules are passed over."""
    found = [alarm for alarm in standing if alarm.rule is Rule.READINGS_BEHIND]
    return Keeping(medium=_level(found, Priority.MEDIUM), high=_level(found, Priority.HIGH))


def decide(
    keeping: Keeping, status: SpoolStatus, centers: Sequence[str], *, limit_ms: float, now: int
) -> tuple[Keeping, list[AlarmInput]]:
    """Look at the spool at `now` (our clock, ms); `limit_ms` is how long readings are kept in it at most."""
    since = None if status.writable else (keeping.unwritable_since or now)
    keeping = replace(keeping, unwritable_since=since)
    well = status.age_ms(now) <= UP_TO_DATE_MS
    medium, told = _advance(keeping.medium, Priority.MEDIUM, _behind(status, now), centers, now=now, well=well)
    urgent = _urgent(keeping, status, limit_ms, now)
    well = status.writable and (status.free_bytes is None or status.free_bytes >= DISK_CLEAR_BYTES)
    high, told_high = _advance(keeping.high, Priority.HIGH, urgent, centers, now=now, well=well)
    return replace(keeping, medium=medium, high=high), [*told, *told_high]


def come_again(keeping: Keeping, told: Iterable[Alarm], now: int) -> tuple[Keeping, list[AlarmInput]]:
    """Tell anew what a person closed and what goes on; `told` are the alarms of `keeping` as they stand in the book.

    While a level is well that waits for its end to be sure.
    """
    due = {
        alarm.alarm_id: raised_anew(alarm, now)
        for alarm in told
        if not alarm.is_open and alarm.rearm_at is not None and alarm.rearm_at <= now
    }
    medium, inputs = _come_again(keeping.medium, due, now)
    high, more = _come_again(keeping.high, due, now)
    return replace(keeping, medium=medium, high=high), [*inputs, *more]


def _come_again(level: Level, due: Mapping[str, Alarm], now: int) -> tuple[Level, list[AlarmInput]]:
    alarms, inputs = dict(level.alarms), list[AlarmInput]()
    for center_id, alarm_id in level.alarms.items():
        again = due.get(alarm_id) if level.well_since is None else None
        if again is not None:
            alarms[center_id] = again.alarm_id
            inputs += [Disarm(alarm_id=alarm_id, at=now), Raise(alarm_id=again.alarm_id, at=now, alarm=again)]
    return replace(level, alarms=alarms), inputs


def _behind(status: SpoolStatus, now: int) -> Trouble | None:
    if status.oldest_at is None or status.age_ms(now) <= BEHIND_AFTER_MS:
        return None
    reason = Reason(code=BEHIND, facts={"readings": status.readings})
    return Trouble(reason=reason, began_at=status.oldest_at, due_at=status.oldest_at + BEHIND_AFTER_MS)


def _urgent(keeping: Keeping, status: SpoolStatus, limit_ms: float, now: int) -> Trouble | None:
    since, free, half_ms = keeping.unwritable_since, status.free_bytes, round(limit_ms * URGENT_SHARE)
    if since is not None and now - since >= UNWRITABLE_AFTER_MS:
        return Trouble(reason=Reason(code=UNWRITABLE), began_at=since, due_at=since + UNWRITABLE_AFTER_MS)
    if free is not None and free < DISK_FLOOR_BYTES:
        return Trouble(reason=Reason(code=DISK_LOW, facts={"free_bytes": free}), began_at=now, due_at=now)
    if status.oldest_at is not None and status.age_ms(now) > half_ms:
        at = status.oldest_at + half_ms
        reason = Reason(code=HALF_USED, facts={"readings": status.readings, "limit_days": limit_ms / DAY_MS})
        return Trouble(reason=reason, began_at=at, due_at=at)
    return None


def _advance(
    level: Level, priority: Priority, trouble: Trouble | None, centers: Sequence[str], *, now: int, well: bool
) -> tuple[Level, list[AlarmInput]]:
    """Raise what no centre was told of, or end what has been well for long enough."""
    if trouble is not None:
        return _raise(level, priority, trouble, centers, now)
    if not level.alarms or not well:
        return replace(level, well_since=None), []
    since = level.well_since if level.well_since is not None else now
    if now - since < CLEAR_MS:
        return replace(level, well_since=since), []
    return Level(), [Clear(alarm_id=alarm_id, at=now, cleared_at=since) for alarm_id in level.alarms.values()]


def _raise(
    level: Level, priority: Priority, trouble: Trouble, centers: Sequence[str], now: int
) -> tuple[Level, list[AlarmInput]]:
    began_at = level.began_at if level.began_at is not None else trouble.began_at
    new = [
        _alarm(center_id, priority, trouble, began_at, now) for center_id in centers if center_id not in level.alarms
    ]
    alarms = {**level.alarms, **{alarm.center_id: alarm.alarm_id for alarm in new}}
    inputs: list[AlarmInput] = [Raise(alarm_id=alarm.alarm_id, at=now, alarm=alarm) for alarm in new]
    return Level(alarms=alarms, began_at=began_at), inputs


def _alarm(center_id: str, priority: Priority, trouble: Trouble, began_at: int, now: int) -> Alarm:
    return Alarm(
        alarm_id=f"{center_id}.{Rule.READINGS_BEHIND}.{priority}.{began_at}",
        rule=Rule.READINGS_BEHIND,
        category=Category.TECHNICAL,
        priority=priority,
        center_id=center_id,
        resident_id="",
        bed_id="",
        belt_id="",
        state=AlarmState.ACTIVE,
        began_at=began_at,
        due_at=trouble.due_at,
        raised_at=now,
        reason=trouble.reason,
    )


def _level(standing: Sequence[Alarm], priority: Priority) -> Level:
    mine = [alarm for alarm in standing if alarm.priority is priority]
    return Level(
        alarms={alarm.center_id: alarm.alarm_id for alarm in mine},
        began_at=min((alarm.began_at for alarm in mine), default=None),
    )
