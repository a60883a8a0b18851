"""Alarms: rules, states, the things that can happen to an alarm, and its history."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final


class Rule(StrEnum):
    """Why an alarm can be raised. The value is stable: it is stored, exported and shown in the API."""

    LEAVE_BED_IMMEDIATE = "leave-bed-immediate"
    LEAVE_BED_NOT_BACK = "leave-bed-not-back"
    HEART_RATE_VERY_HIGH = "heart-rate-very-high"
    HEART_RATE_HIGH = "heart-rate-high"
    HEART_RATE_LOW = "heart-rate-low"
    HEART_RATE_VERY_LOW = "heart-rate-very-low"
    BREATHING_RATE_VERY_HIGH = "breathing-rate-very-high"
    BREATHING_RATE_HIGH = "breathing-rate-high"
    BREATHING_RATE_LOW = "breathing-rate-low"
    BREATHING_RATE_VERY_LOW = "breathing-rate-very-low"
    VITALS_LOST = "vitals-lost"
    VITALS_LOST_LONG = "vitals-lost-long"
    BELT_SILENT = "belt-silent"
    CENTER_SILENT = "center-silent"
    SIGNAL_POOR = "signal-poor"
    VITALS_IN_EMPTY_BED = "vitals-in-empty-bed"
    READINGS_BEHIND = "readings-behind"
    CHANNEL_FAILING = "channel-failing"
    RESTLESS = "restless"
    SITTING_UP = "sitting-up"
    BREATHING_PAUSE = "breathing-pause"
    NO_TURN_OVER = "no-turn-over"
    BELT_OFFLINE = "belt-offline"
    BATTERY_LOW = "battery-low"
    MANY_EXITS = "many-exits"
    CLOCK_WRONG = "clock-wrong"
    GROUP_SILENT = "group-silent"
    NOT_IN_BED = "not-in-bed"
    STILL_IN_BED = "still-in-bed"
    HEART_RATE_UNUSUAL_HIGH = "heart-rate-unusual-high"
    HEART_RATE_UNUSUAL_LOW = "heart-rate-unusual-low"
    BREATHING_RATE_UNUSUAL_HIGH = "breathing-rate-unusual-high"
    BREATHING_RATE_UNUSUAL_LOW = "breathing-rate-unusual-low"


LEAVE_BED_RULES: Final = (Rule.LEAVE_BED_IMMEDIATE, Rule.LEAVE_BED_NOT_BACK)


class Category(StrEnum):
    PHYSIOLOGICAL = "physiological"
    CARE = "care"
    TECHNICAL = "technical"


class Priority(StrEnum):
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class AlarmState(StrEnum):
    ACTIVE = "active"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


class Outcome(StrEnum):
    """What the person who went found."""

    HELPED = "helped"
    NO_HELP_NEEDED = "no-help-needed"
    FALSE_ALARM = "false-alarm"
    ESCALATED = "escalated"


class EventKind(StrEnum):
    """What happened to an alarm. RECORDED: it was over before it could be raised, so nobody was called.

    HELD: another alarm (or a pause for care) speaks for it, so it is silent; RELEASED: it speaks for itself again.
    REPEATED: what it was about came back shortly after it had ended by itself. ESCALATED: handed on to the lead.
    GIVEN_BACK: who had taken it does not go.
    """

    RAISED = "raised"
    RECORDED = "recorded"
    ACKNOWLEDGED = "acknowledged"
    CLEARED = "cleared"
    RESOLVED = "resolved"
    OUTCOME = "outcome"
    SNOOZED = "snoozed"
    SNOOZE_ENDED = "snooze-ended"
    HELD = "held"
    RELEASED = "released"
    REPEATED = "repeated"
    ESCALATED = "escalated"
    GIVEN_BACK = "given-back"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why, as a code and the numbers for it; the pages put it into words in the reader's language."""

    code: str
    facts: Mapping[str, int | float | str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """One alarm. `alarm_id` is made of resident, rule and `began_at`: a repeat of the same work finds the same alarm.

    An alarm of a whole centre, about its technical side, has the centre and the priority in its id instead, and "" for
    resident, bed and belt.
    Every instant is on our clock (the belt's, put right by its offset); `began_at` is when the condition began to hold,
    `due_at` when that had lasted long enough, `raised_at` when it was told. `resolved_by` is None for an alarm
    that resolved by itself.

    `latches`: the end of the condition alone does not end it. `snoozed_until`: silent until then. `held_by`: the id of
    the alarm or the pause that speaks for it. `rearm_at`: closed while its condition held; it comes again then, if that
    still holds. `run_id`: the id under which its condition runs, where that is not its own (a repeat, a re-armed one).
    `repeats`: how often it came back. `version`: how many events it has had, so that the older of two is known.
    """

    alarm_id: str
    rule: Rule
    category: Category
    priority: Priority
    center_id: str
    resident_id: str
    bed_id: str
    belt_id: str
    state: AlarmState
    began_at: int
    due_at: int
    raised_at: int
    reason: Reason
    acknowledged_at: int | None = None
    acknowledged_by: str | None = None
    cleared_at: int | None = None
    resolved_at: int | None = None
    resolved_by: str | None = None
    outcome: Outcome | None = None
    note: str = ""
    latches: bool = False
    snoozed_until: int | None = None
    snoozed_by: str | None = None
    held_by: str | None = None
    escalated_at: int | None = None
    escalated_by: str | None = None
    rearm_at: int | None = None
    run_id: str | None = None
    repeats: int = 0
    version: int = 0

    @property
    def of_center(self) -> bool:
        """Is it about the whole centre and no resident?"""
        return self.resident_id == ""

    @property
    def is_open(self) -> bool:
        return self.state is not AlarmState.RESOLVED

    @property
    def calls(self) -> bool:
        """Is somebody wanted for it now: nobody has taken it, it is not snoozed, and no other speaks for it?"""
        return self.state is AlarmState.ACTIVE and self.snoozed_until is None and self.held_by is None

    @property
    def left_standing(self) -> bool:
        """Has somebody taken it, does it still hold, and does no other speak for it?"""
        return self.state is AlarmState.ACKNOWLEDGED and self.cleared_at is None and self.held_by is None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmEvent:
    """One line of an alarm's history. `event_id` ascends over all alarms; 0 before it is stored.

    `person_id` is None for what the system did by itself. `alarm` is the alarm as it stood after the event.
    """

    event_id: int = 0
    alarm: Alarm
    kind: EventKind
    at: int
    person_id: str | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Raise:
    """The condition is due: call somebody."""

    alarm_id: str
    at: int
    alarm: Alarm


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """The condition was due and is over, and was seen too late to call anybody: keep it, quietly."""

    alarm_id: str
    at: int
    alarm: Alarm


@dataclass(frozen=True, slots=True, kw_only=True)
class Clear:
    """The condition ended at `cleared_at` (event time) and has stayed ended."""

    alarm_id: str
    at: int
    cleared_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledge:
    """`person_id` takes the alarm."""

    alarm_id: str
    at: int
    person_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolve:
    """`person_id` closes the alarm, or adds the outcome to one that resolved by itself."""

    alarm_id: str
    at: int
    person_id: str
    outcome: Outcome
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snooze:
    """`person_id` wants the alarm to be silent until `until` (ms)."""

    alarm_id: str
    at: int
    person_id: str
    until: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalate:
    """`person_id` hands the alarm on to the lead; whoever had taken it has it no more."""

    alarm_id: str
    at: int
    person_id: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveBack:
    """`person_id`, who had taken the alarm, does not go: nobody has it, as if it had not been taken."""

    alarm_id: str
    at: int
    person_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wake:
    """The alarm's snooze has run out."""

    alarm_id: str
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """`by` (an alarm or a pause) speaks for the alarm."""

    alarm_id: str
    at: int
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """What held the alarm back is over, and it still holds."""

    alarm_id: str
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Follow:
    """The alarm that speaks for this one, of the same cause, has been answered as `louder` says: so has this one."""

    alarm_id: str
    at: int
    louder: Alarm


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeat:
    """What the alarm was about is due again, as `alarm` says; shown as the same alarm."""

    alarm_id: str
    at: int
    alarm: Alarm


@dataclass(frozen=True, slots=True, kw_only=True)
class Disarm:
    """The alarm's re-arm deadline is spent: it has been raised anew, or there is nothing left to raise."""

    alarm_id: str
    at: int


AlarmInput = (
    Raise
    | Record
    | Clear
    | Acknowledge
    | Resolve
    | Snooze
    | Escalate
    | GiveBack
    | Wake
    | Hold
    | Release
    | Follow
    | Repeat
    | Disarm
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A message owed to people because of an alarm; goes to the outbox in the same transaction.

    `key` makes sending idempotent: the same notice is queued once however often the work is repeated.
    """

    key: str
    alarm_id: str
    kind: EventKind
    due_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """The result of one step of the life cycle: the alarm afterwards, what to write down, whom to tell.

    `alarm` is None when there is nothing to keep (an end without a beginning). No events means nothing changed.
    """

    alarm: Alarm | None
    events: Sequence[AlarmEvent] = ()
    notices: Sequence[Notice] = ()


StepFunction = Callable[[Alarm | None, AlarmInput], Step]
"""Pure: (alarm as stored or None, what happened) -> Step. IllegalStepError when the state does not allow it."""
