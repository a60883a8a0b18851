"""What programs send and get. Instants are milliseconds since 1970 (UTC), lengths of time are in their unit."""

import unicodedata
from datetime import date
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from api.alarms_shown import AlarmView
from api.nights import NightView
from api.ward import BedStatus, BedView
from domain.alarms import AlarmEvent, AlarmState, Category, EventKind, Outcome, Priority, Rule
from domain.calls import CallReason
from domain.deliveries import Delivery, DeliveryState, Failure
from domain.live import UnassignedBelt
from domain.pauses import PAUSE_MOST_MS, PAUSE_MS, PauseReason
from domain.readings import Occupancy
from domain.units import MINUTE_MS

CONTROL_CHARACTER: Final = "control_character"
_LAYOUT: Final = frozenset("\n\r\t")


def _text(value: str) -> str:
    """Text as people write it: a NUL, say, cannot be stored everywhere."""
    if any(unicodedata.category(letter) in {"Cc", "Cs"} for letter in value if letter not in _LAYOUT):
        raise PydanticCustomError(CONTROL_CHARACTER, "control characters are not text")
    return value


Note = Annotated[str, Field(max_length=500), AfterValidator(_text)]


SNOOZE_MOST_MIN: Final = 120
"""As the life cycle of an alarm has it."""
SnoozeMinutes = Annotated[int, Field(ge=1, le=SNOOZE_MOST_MIN)]
PauseMinutes = Annotated[int, Field(ge=1, le=PAUSE_MOST_MS // MINUTE_MS)]


class Body(BaseModel):
    model_config = ConfigDict(from_attributes=True, extra="forbid")


class SessionBody(Body):
    name: str
    role: str
    language: str
    expires_at: int


class BedBody(Body):
    key: str
    room: str
    bed: str
    side: str
    belt_id: str | None
    resident_id: str | None
    resident: str | None
    status: BedStatus
    since_at: int | None
    received_at: int | None
    heart_rate: float | None
    heart_rate_at: int | None
    breathing_rate: float | None
    breathing_rate_at: int | None
    battery: float | None
    charging: bool | None
    online: bool | None
    paused_until: int | None

    @classmethod
    def of(cls, view: BedView) -> "BedBody":
        return cls.model_validate(view)


class BedsBody(Body):
    now: int
    stale_after_ms: int
    beds: list[BedBody]


class UnassignedBeltBody(Body):
    """`room` and `bed` (without resident) are null for a belt under no bed. `observed_at` is the belt's clock."""

    belt_id: str
    room: str | None
    bed: str | None
    observed_at: int
    received_at: int
    in_bed: bool | None

    @classmethod
    def of(cls, belt: UnassignedBelt) -> "UnassignedBeltBody":
        return cls(
            belt_id=belt.belt_id,
            room=belt.place.room if belt.place else None,
            bed=belt.place.bed if belt.place else None,
            observed_at=belt.observed_at,
            received_at=belt.received_at,
            in_bed=None if belt.occupancy is Occupancy.UNKNOWN else belt.occupancy is Occupancy.IN,
        )


class UnassignedBeltsBody(Body):
    now: int
    belts: list[UnassignedBeltBody]


class AlarmBody(Body):
    alarm_id: str
    rule: Rule
    category: Category
    priority: Priority
    state: AlarmState
    resident_id: str
    resident: str
    room: str
    bed: str
    began_at: int
    raised_at: int
    why: str
    facts: dict[str, int | float | str]
    acknowledged_at: int | None
    acknowledged_by: str | None
    resolved_at: int | None
    outcome: Outcome | None
    note: str
    cleared_at: int | None
    latches: bool
    snoozed_until: int | None
    snoozed_by: str | None
    held_by: str | None
    escalated_at: int | None
    repeats: int

    @classmethod
    def of(cls, view: AlarmView) -> "AlarmBody":
        alarm = view.alarm
        return cls(
            alarm_id=alarm.alarm_id,
            rule=alarm.rule,
            category=alarm.category,
            priority=alarm.priority,
            state=alarm.state,
            resident_id=alarm.resident_id,
            resident=view.resident,
            room=view.room,
            bed=view.bed,
            began_at=alarm.began_at,
            raised_at=alarm.raised_at,
            why=view.why,
            facts=dict(alarm.reason.facts),
            acknowledged_at=alarm.acknowledged_at,
            acknowledged_by=view.taken_by,
            resolved_at=alarm.resolved_at,
            outcome=alarm.outcome,
            note=alarm.note,
            cleared_at=alarm.cleared_at,
            latches=alarm.latches,
            snoozed_until=alarm.snoozed_until,
            snoozed_by=view.snoozed_by,
            held_by=alarm.held_by,
            escalated_at=alarm.escalated_at,
            repeats=alarm.repeats,
        )


class AlarmsBody(Body):
    now: int
    last_event_id: int
    open: list[AlarmBody]
    without_outcome: list[AlarmBody]
    held_back: list[AlarmBody]


class AlarmEventBody(Body):
    event_id: int
    kind: EventKind
    at: int
    person: str | None
    note: str

    @classmethod
    def of(cls, event: AlarmEvent, person: str | None) -> "AlarmEventBody":
        return cls(event_id=event.event_id, kind=event.kind, at=event.at, person=person, note=event.note)


class CallBody(Body):
    """A person (null: a group of the centre) who was called, at which step, and what became of it."""

    person: str | None
    level: int
    reason: CallReason
    due_at: int
    state: DeliveryState
    failure: Failure | None

    @classmethod
    def of(cls, delivery: Delivery, person: str | None) -> "CallBody":
        call = delivery.call
        return cls(
            person=person,
            level=call.level,
            reason=call.reason,
            due_at=call.due_at,
            state=delivery.state,
            failure=delivery.failure,
        )


class AlarmHistoryBody(Body):
    alarm: AlarmBody
    history: list[AlarmEventBody]
    calls: list[CallBody]


class ResolveBody(Body):
    outcome: Outcome
    note: Note = ""


class ResolveForm(BaseModel):
    """The same from a page; `next` is where a browser without scripts goes on."""

    outcome: Outcome
    note: Note = ""
    next: str = "/"


class PushKeysBody(Body):
    p256dh: Annotated[str, Field(max_length=200)]
    auth: Annotated[str, Field(max_length=100)]


class SubscriptionBody(Body):
    """A browser's push subscription, with a name that a person knows the browser by."""

    endpoint: Annotated[str, Field(max_length=1_000)]
    keys: PushKeysBody
    label: Annotated[str, Field(max_length=40), AfterValidator(_text)] = ""


class SnoozeBody(Body):
    minutes: SnoozeMinutes


class SnoozeForm(BaseModel):
    minutes: SnoozeMinutes
    next: str = "/"


class EscalateBody(Body):
    note: Note = ""


class EscalateForm(BaseModel):
    note: Note = ""
    next: str = "/"


class PauseBody(Body):
    reason: PauseReason
    minutes: PauseMinutes = PAUSE_MS // MINUTE_MS


class PauseForm(BaseModel):
    reason: PauseReason
    minutes: PauseMinutes = PAUSE_MS // MINUTE_MS
    next: str = "/"


class PausedBody(Body):
    reason: PauseReason
    began_at: int
    ends_at: int


class ExitBody(Body):
    left_at: int
    back_at: int


class LookBody(Body):
    """Seen on a round: when, by whom, and what was found."""

    at: int
    by: str
    note: str


class NightBody(Body):
    """`alarms` and `looks` (on rounds) are null for who is not told of them.

    `coverage` is the share of the night (0-1) the belt reported.
    """

    resident_id: str
    date: date
    start_at: int
    end_at: int
    running: bool
    in_bed_ms: int
    out_ms: int
    unknown_ms: int
    coverage: float
    exits: list[ExitBody]
    exits_ms: int
    longest_exit_ms: int
    rose_at: int | None
    turn_overs: int | None
    mean_heart_rate: float | None
    alarms: list[AlarmBody] | None
    looks: list[LookBody] | None

    @classmethod
    def of(cls, view: NightView) -> "NightBody":
        night, sums = view.night, view.glance
        return cls(
            resident_id=view.resident.resident_id,
            date=night.day,
            start_at=night.start_at,
            end_at=night.end_at,
            running=night.running,
            in_bed_ms=sums.in_bed_ms,
            out_ms=sums.out_ms,
            unknown_ms=sums.unknown_ms,
            coverage=round(sums.coverage, 4),
            exits=[ExitBody.model_validate(gone) for gone in sums.exits],
            exits_ms=sums.exits_ms,
            longest_exit_ms=sums.longest_exit_ms,
            rose_at=sums.rose_at,
            turn_overs=sums.turn_overs,
            mean_heart_rate=None if sums.mean_heart_rate is None else round(sums.mean_heart_rate, 1),
            alarms=None if view.alarms is None else [AlarmBody.of(alarm) for alarm in view.alarms],
            looks=None if view.looks is None else [LookBody.model_validate(look) for look in view.looks],
        )


class TurnBody(Body):
    """A turn that the staff documented."""

    resident_id: str
    at: int
