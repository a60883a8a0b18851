"""The rules about rates, signals and belts in the reader's words. `N_` marks a text for the catalogue."""

from typing import Final

from api.languages import N_, Language
from domain.alarms import Alarm, Rule
from domain.units import MINUTE_MS, SECOND_MS

VITAL_RULES: Final = {
    Rule.HEART_RATE_VERY_HIGH: N_("Heart rate very high"),
    Rule.HEART_RATE_HIGH: N_("Heart rate high"),
    Rule.HEART_RATE_LOW: N_("Heart rate low"),
    Rule.HEART_RATE_VERY_LOW: N_("Heart rate very low"),
    Rule.BREATHING_RATE_VERY_HIGH: N_("Breathing very fast"),
    Rule.BREATHING_RATE_HIGH: N_("Breathing fast"),
    Rule.BREATHING_RATE_LOW: N_("Breathing slow"),
    Rule.BREATHING_RATE_VERY_LOW: N_("Breathing very slow"),
    Rule.VITALS_LOST: N_("No heart and breathing rate"),
    Rule.VITALS_LOST_LONG: N_("No heart and breathing rate for long"),
    Rule.BELT_SILENT: N_("Belt silent"),
    Rule.CENTER_SILENT: N_("All belts silent"),
    Rule.SIGNAL_POOR: N_("Poor signal"),
    Rule.VITALS_IN_EMPTY_BED: N_("Rates from an empty bed"),
    Rule.RESTLESS: N_("Restless"),
    Rule.SITTING_UP: N_("Perhaps getting up"),
    Rule.BREATHING_PAUSE: N_("Pause in breathing"),
    Rule.NO_TURN_OVER: N_("Has not been turned"),
    Rule.BELT_OFFLINE: N_("Belt offline"),
    Rule.BATTERY_LOW: N_("Battery low"),
    Rule.MANY_EXITS: N_("Up many times tonight"),
    Rule.CLOCK_WRONG: N_("Belt's clock wrong"),
    Rule.GROUP_SILENT: N_("Many belts silent"),
    Rule.NOT_IN_BED: N_("Not in bed"),
    Rule.STILL_IN_BED: N_("Still in bed"),
    Rule.HEART_RATE_UNUSUAL_HIGH: N_("Heart rate higher than usual"),
    Rule.HEART_RATE_UNUSUAL_LOW: N_("Heart rate lower than usual"),
    Rule.BREATHING_RATE_UNUSUAL_HIGH: N_("Breathing faster than usual"),
    Rule.BREATHING_RATE_UNUSUAL_LOW: N_("Breathing slower than usual"),
}

_HEART_OVER: Final = N_("Heart rate over %(limit)s per minute for longer than %(length)s; last %(value)s.")
_HEART_UNDER: Final = N_("Heart rate under %(limit)s per minute for longer than %(length)s; last %(value)s.")
_BREATH_OVER: Final = N_("More than %(limit)s breaths per minute for longer than %(length)s; last %(value)s.")
_BREATH_UNDER: Final = N_("Fewer than %(limit)s breaths per minute for longer than %(length)s; last %(value)s.")
_LOST: Final = N_("In bed, and for longer than %(length)s the belt has found neither heart nor breathing rate.")
_HEART_UNUSUAL: Final = N_(
    "Heart rate %(value)s per minute, usually %(low)s to %(high)s at this hour, for longer than %(length)s."
)
_BREATH_UNUSUAL: Final = N_(
    "%(value)s breaths per minute, usually %(low)s to %(high)s at this hour, for longer than %(length)s."
)
_WHY: Final = {
    Rule.HEART_RATE_VERY_HIGH: _HEART_OVER,
    Rule.HEART_RATE_HIGH: _HEART_OVER,
    Rule.HEART_RATE_LOW: _HEART_UNDER,
    Rule.HEART_RATE_VERY_LOW: _HEART_UNDER,
    Rule.BREATHING_RATE_VERY_HIGH: _BREATH_OVER,
    Rule.BREATHING_RATE_HIGH: _BREATH_OVER,
    Rule.BREATHING_RATE_LOW: _BREATH_UNDER,
    Rule.BREATHING_RATE_VERY_LOW: _BREATH_UNDER,
    Rule.VITALS_LOST: _LOST,
    Rule.VITALS_LOST_LONG: _LOST,
    Rule.BELT_SILENT: N_("The belt has sent nothing for longer than %(length)s: nothing can be raised for this bed."),
    Rule.CENTER_SILENT: N_(
        "No belt of the centre has sent anything for longer than %(length)s: nothing can be raised for anybody. Look "
        "at the network, the gateway and the broker, and go round meanwhile."
    ),
    Rule.SIGNAL_POOR: N_("The belt's signal has been poor for longer than %(length)s. Look how the belt lies."),
    Rule.VITALS_IN_EMPTY_BED: N_(
        "For longer than %(length)s the belt shows rates although nobody is in bed. Something shakes the bed, or the "
        "belt does not feel who lies there."
    ),
    Rule.RESTLESS: N_("Has moved strongly in %(value)s minutes of the last %(length)s."),
    Rule.SITTING_UP: N_("Has moved strongly for longer than %(length)s after lying still: may be sitting up to leave."),
    Rule.BREATHING_PAUSE: N_(
        "Fewer than %(limit)s breaths per minute for longer than %(length)s; last %(value)s. Breathing may have paused."
    ),
    Rule.NO_TURN_OVER: N_("In bed for longer than %(length)s without turning over."),
    Rule.BELT_OFFLINE: N_("The belt has been offline for longer than %(length)s: nothing can be raised for this bed."),
    Rule.BATTERY_LOW: N_("The belt's battery is under %(limit)s %%; last %(value)s %%. Charge or change it."),
    Rule.MANY_EXITS: N_("Has left the bed %(value)s times tonight, more than %(limit)s, and is back."),
    Rule.CLOCK_WRONG: N_(
        "The belt's clock has been more than %(limit)s s wrong for longer than %(length)s; last by %(value)s s. Times "
        "are put right; beyond 5 min ahead its readings are refused. Set its clock."
    ),
    Rule.GROUP_SILENT: N_(
        "%(value)s of %(limit)s belts have sent nothing for longer than %(length)s: nothing can be raised for their "
        "beds. Look at their gateway, and go round meanwhile."
    ),
    Rule.NOT_IN_BED: N_("Out of bed at the time set for being in bed, and for %(length)s more."),
    Rule.STILL_IN_BED: N_("In bed at the time set for being up, and for %(length)s more."),
    Rule.HEART_RATE_UNUSUAL_HIGH: _HEART_UNUSUAL,
    Rule.HEART_RATE_UNUSUAL_LOW: _HEART_UNUSUAL,
    Rule.BREATHING_RATE_UNUSUAL_HIGH: _BREATH_UNUSUAL,
    Rule.BREATHING_RATE_UNUSUAL_LOW: _BREATH_UNUSUAL,
}
_USUALLY: Final = N_("Usually %(low)s to %(high)s at this hour.")
_NEVER: Final = N_("The belt has never sent anything: nothing can be raised for this bed.")
_RECORDED: Final = N_("It was over before anybody could be called.")


def vital_reason(alarm: Alarm, language: Language) -> str | None:
    """Why an alarm of these rules is there, with its numbers; None for other alarms and for facts that are missing."""
    facts = alarm.reason.facts
    limit_s, message = facts.get("limit_s"), _WHY.get(alarm.rule)
    if message is None or alarm.reason.code != alarm.rule or not isinstance(limit_s, int | float):
        return None
    if facts.get("never"):
        return language.say(_NEVER)
    if "%(value)s" in message and not {"limit", "value"} <= facts.keys():
        return None
    compared = {"%(low)s": "usual_low", "%(high)s": "usual_high"}
    if any(place in message and fact not in facts for place, fact in compared.items()):
        return None
    numbers = {name: _number(facts.get(name), language) for name in ("limit", "value")}
    usual = {"low": _whole(facts.get("usual_low"), language), "high": _whole(facts.get("usual_high"), language)}
    told = [language.say(message, length=_length(limit_s, language), **numbers, **usual)]
    if "%(low)s" not in message and usual["low"]:
        told.append(language.say(_USUALLY, **usual))
    if facts.get("recorded"):
        told.append(language.say(_RECORDED))
    return " ".join(told)


def _length(length_s: float, language: Language) -> str:
    if length_s * SECOND_MS < MINUTE_MS:
        return language.say("%(n)s sec", n=language.number(length_s))
    return language.length(length_s * SECOND_MS)


def _whole(value: float | str | None, language: Language) -> str:
    return language.number(value) if isinstance(value, int | float) else ""


def _number(value: float | str | None, language: Language) -> str:
    if not isinstance(value, int | float):
        return ""
    return language.number(value, digits=0 if float(value).is_integer() else 1)
