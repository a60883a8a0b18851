"""Enums and reasons in the reader's words. `N_` marks a text for the catalogue; it is translated when it is shown."""

from typing import Final

from alerts.quality import asks_for_outcome
from api.languages import N_, Language
from api.service_names import service_name
from api.vital_words import VITAL_RULES, vital_reason
from domain.alarms import LEAVE_BED_RULES, Alarm, AlarmState, EventKind, Outcome, Priority, Rule
from domain.audit import Change
from domain.calls import CallReason
from domain.consents import Consenter, Shape
from domain.deliveries import DeliveryState, Failure
from domain.pauses import PauseEnd, PauseReason
from domain.units import MINUTE_MS, SECOND_MS

RULES: Final = {
    Rule.LEAVE_BED_IMMEDIATE: N_("Left the bed"),
    Rule.LEAVE_BED_NOT_BACK: N_("Not back in bed"),
    **VITAL_RULES,
    Rule.READINGS_BEHIND: N_("Readings cannot be stored"),
    Rule.CHANNEL_FAILING: N_("Messages do not get through"),
}
PRIORITIES: Final = {
    Priority.HIGH: N_("High priority"),
    Priority.MEDIUM: N_("Medium priority"),
    Priority.LOW: N_("Low priority"),
}
STATES: Final = {
    AlarmState.ACTIVE: N_("Nobody has taken it yet"),
    AlarmState.ACKNOWLEDGED: N_("Somebody is going"),
    AlarmState.RESOLVED: N_("Over"),
}
OUTCOMES: Final = {
    Outcome.HELPED: N_("Helped"),
    Outcome.NO_HELP_NEEDED: N_("No help needed"),
    Outcome.FALSE_ALARM: N_("False alarm"),
    Outcome.ESCALATED: N_("Passed on"),
}
CENTER_STATES: Final = {**STATES, AlarmState.ACKNOWLEDGED: N_("Somebody is seeing to it")}
CENTER_OUTCOMES: Final = {
    **OUTCOMES,
    Outcome.HELPED: N_("Put right"),
    Outcome.NO_HELP_NEEDED: N_("Nothing to do"),
}
"""The same of an alarm that is about the whole centre and no person."""
EVENTS: Final = {
    EventKind.RAISED: N_("Alarm raised"),
    EventKind.RECORDED: N_("Recorded without calling anybody"),
    EventKind.ACKNOWLEDGED: N_("Taken"),
    EventKind.CLEARED: N_("Over by itself"),
    EventKind.RESOLVED: N_("Closed"),
    EventKind.OUTCOME: N_("Outcome given"),
    EventKind.SNOOZED: N_("Silenced for a while"),
    EventKind.SNOOZE_ENDED: N_("Sounds again: the silence is over"),
    EventKind.HELD: N_("Held back"),
    EventKind.RELEASED: N_("No longer held back"),
    EventKind.REPEATED: N_("Came back: counted as a repeat"),
    EventKind.ESCALATED: N_("Handed on to the lead"),
    EventKind.GIVEN_BACK: N_("Given back: nobody has it"),
}

CALLS: Final = {
    CallReason.ON_DUTY: N_("on duty"),
    CallReason.REPEATED: N_("again, as nobody had taken it"),
    CallReason.ESCALATED: N_("as the next one, as nobody had taken it"),
    CallReason.UNANSWERED: N_("with everybody, as it was unanswered"),
    CallReason.NOBODY_ON_DUTY: N_("as nobody was on duty"),
    CallReason.TAKEN: N_("told that somebody goes"),
    CallReason.NOT_FINISHED: N_("as it still stood long after somebody took it"),
}
DELIVERIES: Final = {
    DeliveryState.QUEUED: N_("on its way"),
    DeliveryState.SENT: N_("delivered"),
    DeliveryState.FAILED: N_("not delivered"),
    DeliveryState.GIVEN_UP: N_("no longer needed"),
}
LETTERS: Final = {
    Failure.NO_CONSENT: N_("not sent, as it is not wanted"),
    Failure.AWAY: N_("not sent, as the person was away"),
}
"""What became of word of a night, where that is no fault."""
CONSENTERS: Final = {
    Consenter.RESIDENT: N_("The resident"),
    Consenter.GUARDIAN: N_("The guardian"),
}
SHAPES: Final = {
    Shape.CARD: N_("a message with the picture of the night"),
    Shape.LINK: N_("a message without figures, with a link"),
    Shape.NONE: N_("no message"),
}
PAUSE_REASONS: Final = {
    PauseReason.TOILET: N_("At the toilet, with somebody"),
    PauseReason.CARE: N_("Being cared for"),
    PauseReason.HOSPITAL: N_("In hospital"),
}
PAUSE_ENDS: Final = {
    PauseEnd.RETURNED: N_("Ended by the return to bed"),
    PauseEnd.TIME: N_("Ended by its time"),
    PauseEnd.PERSON: N_("Ended by %(name)s"),
    PauseEnd.REPLACED: N_("Changed by %(name)s"),
}
CHANGES: Final = {
    Change.LEAVE_BED_SETTINGS: N_("Leave-bed settings changed"),
    Change.VITAL_SETTINGS: N_("Settings of rates, movement and belt changed"),
    Change.PAUSE_BEGUN: N_("Pause for care begun"),
    Change.PAUSE_ENDED: N_("Pause for care ended"),
    Change.CONSENT_GIVEN: N_("Consent to messages recorded"),
    Change.CONSENT_WITHDRAWN: N_("Consent to messages withdrawn"),
    Change.MORNING_WISH: N_("Messages chosen by the family"),
    Change.ROSTER_ONCE: N_("Roster changed for one shift"),
    Change.ROSTER_WEEKLY: N_("Roster changed for each week"),
}
CHANGED_FIELDS: Final = {
    "immediate": N_("At once"),
    "immediate_after_s": N_("Out of bed for (seconds)"),
    "not_back": N_("Not back in time"),
    "away_limit_min": N_("Not back within (minutes)"),
    "windows": N_("Hours"),
    "reason": N_("Why"),
    "minutes": N_("Minutes"),
    "family": N_("Family member"),
    "covers": N_("What may be sent"),
    "consenter": N_("Who has consented"),
    "wish": N_("Wanted"),
}
PAUSE_CHOICES_MIN: Final = (15, 30, 60, 120, 240, 720)
"""The lengths of a pause that a page offers (min)."""
SNOOZE_CHOICES_MIN: Final = (5, 15, 30)
"""The same of a snooze."""

BOARD_WORDS: Final = (
    N_("In bed"),
    N_("Out of bed"),
    N_("Unknown"),
    N_("No signal"),
    N_("since %(time)s"),
    N_("never reported"),
    N_("%(n)s sec"),
    N_("%(n)s min"),
    N_("%(h)s hr %(m)s min"),
    N_("%(h)s hr"),
    N_("%(age)s ago"),
    N_("Sending …"),
    N_("Not sent: the link to the server is lost. Try again."),
    N_("Not sent: the server answered %(status)s. Try again."),
    N_("Link to the server lost since %(time)s. What is shown below is not live."),
    N_("Sound on"),
    N_("Sound off"),
    N_("Sound is off: alarms cannot be heard here."),
    N_("The browser has paused the sound: alarms cannot be heard here."),
    N_("This browser cannot make alarm sounds."),
    N_("You will be signed out at %(time)s, and this board goes dark."),
    N_("1 bed without signal: nothing can be raised for it."),
    N_("%(n)s beds without signal: nothing can be raised for them."),
    N_("Perhaps not sent; look at the card."),
    N_("Alarm: %(what)s"),
    N_("%(left)s left"),
)
"""The texts that the board's scripts use; sent along with the page."""


def board_words(language: Language) -> dict[str, str]:
    return {message: language.say(message) for message in BOARD_WORDS}


CENTER_REASONS: Final = {
    "readings-behind": N_(
        "The database takes no readings. They are kept here and none is lost; alarms go on. Nights may not be shown "
        "until it works again. Please tell whoever looks after it."
    ),
    "spool-half-used": N_(
        "The database has taken no readings for days. Half of the time for which they can be kept here is over: after "
        "%(days)s days the oldest are lost. Alarms go on. Somebody has to look after it now."
    ),
    "disk-low": N_(
        "The disk of the Nightbelt server is almost full: %(free)s GB are left. When it is full no readings can be "
        "kept. Somebody has to make room now."
    ),
    "spool-unwritable": N_(
        "Readings cannot be kept on the Nightbelt server. Alarms go on, but after a restart some might be late. "
        "Somebody has to look after it now."
    ),
    "letters-failing": N_(
        "Word of the night to families by %(service)s does not get through. Calls of alarms are not meant. Nobody has "
        "to be woken for it."
    ),
    "channel-failing": N_(
        "Messages by %(service)s are not taken. Who has another way to be reached is called by that; others are not. "
        "Keep this board open, and have somebody look after it."
    ),
}
"""By the codes of `alerts.storekeeping` and `alerts.channel_health`."""


def state_word(alarm: Alarm) -> str:
    if alarm.is_open and alarm.held_by is not None:
        return N_("Held back")
    if alarm.snoozed_until is not None:
        return N_("Silent for a while")
    return (CENTER_STATES if alarm.of_center else STATES)[alarm.state]


def ending_word(alarm: Alarm) -> str:
    """How it ended, or how it stands."""
    if alarm.outcome is not None:
        return outcome_words(alarm)[alarm.outcome]
    if alarm.is_open:
        return state_word(alarm)
    return N_("No outcome given") if asks_for_outcome(alarm) else N_("Over by itself")


def outcome_words(alarm: Alarm) -> dict[Outcome, str]:
    """What can be said of how such an alarm ended."""
    return CENTER_OUTCOMES if alarm.of_center else OUTCOMES


def reason_in_words(alarm: Alarm, language: Language) -> str:
    """Why the alarm is there, with its numbers."""
    why = _reason(alarm, language)
    times = alarm.reason.facts.get("again")
    if not isinstance(times, int):
        return why
    again = language.say("It was closed and goes on: raised again (%(n)s).", n=language.number(times))
    return f"{again} {why}"


def _reason(alarm: Alarm, language: Language) -> str:
    if (vital := vital_reason(alarm, language)) is not None:
        return vital
    if alarm.of_center:
        return _center_reason(alarm, language)
    limit = _limit(alarm, language)
    silence = language.say("The belt has sent nothing since then.")
    if alarm.reason.code == "left-bed-recorded":
        text = language.say("Was out of bed, and back before anybody could be called.")
    elif limit is None or alarm.reason.code != "left-bed":
        text = alarm.reason.code
    elif alarm.reason.facts.get("limit_s") == 0:
        text = language.say("Has just left the bed.")
    elif alarm.rule is Rule.LEAVE_BED_IMMEDIATE:
        text = language.say("Out of bed for longer than %(limit)s.", limit=limit)
    else:
        text = language.say("Has not come back within %(limit)s.", limit=limit)
    if alarm.reason.facts.get("silent"):
        return f"{text} {silence}"
    return text


def since_words(alarm: Alarm) -> str:
    """What happened at the alarm's first instant, as a text for the catalogue."""
    return N_("Left the bed at %(time)s") if alarm.rule in LEAVE_BED_RULES else N_("Since %(time)s")


def left_at(alarm: Alarm) -> int:
    """When the bed was left (ms): as the reason says, else when the condition began."""
    stated = alarm.reason.facts.get("left_at", alarm.reason.facts.get("since_at"))
    return int(stated) if isinstance(stated, int | float) else alarm.began_at


def _center_reason(alarm: Alarm, language: Language) -> str:
    facts = alarm.reason.facts
    days, free_gb = float(facts.get("limit_days", 0)), float(facts.get("free_bytes", 0)) / 1e9
    text = CENTER_REASONS.get(alarm.reason.code)
    if text is None:
        return alarm.reason.code
    service = service_name(str(facts.get("service", "")), language)
    return language.say(text, days=language.number(days), free=language.number(free_gb, 1), service=service)


def _limit(alarm: Alarm, language: Language) -> str | None:
    limit_s = alarm.reason.facts.get("limit_s")
    if not isinstance(limit_s, int | float):
        return None
    length_ms = limit_s * SECOND_MS
    whole_minutes = length_ms >= MINUTE_MS and length_ms % MINUTE_MS == 0
    return language.length(length_ms) if whole_minutes else language.say("%(n)s sec", n=language.number(limit_s))
