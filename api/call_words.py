"""Calls in the words of who gets them: short, for a locked screen, without a name. `N_` marks a text to translate."""

from collections.abc import Iterable
from functools import reduce
from typing import Final
from zoneinfo import ZoneInfo

from alerts.channels import Told
from api.languages import N_, Language
from api.words import PRIORITIES, RULES, left_at, reason_in_words, since_words
from domain.calls import CallReason

CARER_WORDS: Final = {
    CallReason.ON_DUTY: N_("Please go, and say so in Nightbelt."),
    CallReason.REPEATED: N_("Nobody has taken it yet. Please go, and say so in Nightbelt."),
    CallReason.ESCALATED: N_("Nobody has taken it, so you are called as the next one. Please go."),
    CallReason.UNANSWERED: N_("It is still unanswered, so everybody on the list is called. Please go."),
    CallReason.NOBODY_ON_DUTY: N_("Nobody is on duty by the roster, so you are called. Please go."),
    CallReason.TAKEN: N_("Somebody is going. You need not."),
    CallReason.NOT_FINISHED: N_("Somebody took it a while ago, and it still stands. Please go and look."),
}
LEAD_WORDS: Final = {
    CallReason.ON_DUTY: N_("Please see to it that somebody goes."),
    CallReason.REPEATED: N_("Nobody has taken it yet. Please see to it that somebody goes."),
    CallReason.ESCALATED: N_("Those on duty have not taken it. Please see to it that somebody goes."),
    CallReason.UNANSWERED: N_("It is still unanswered; everybody on the list is called. Please see to it."),
    CallReason.NOBODY_ON_DUTY: N_("Nobody is on duty by the roster. Please see to it that somebody goes."),
    CallReason.TAKEN: N_("Somebody is going. You need not."),
    CallReason.NOT_FINISHED: N_("Somebody took it a while ago, and it still stands. Please see to it."),
}
"""By why they are called; a lead has people to send."""


def call_in_words(told: Told, language: Language) -> tuple[str, str]:
    """Title and text of the message."""
    return _title(told, language), joined(_sentences(told, language), language)


def trial_in_words(language: Language, *, family: bool = False) -> tuple[str, str]:
    """Title and text of a message that says that messages come through."""
    if family:
        text = language.say("Word of the night would reach you here. This is only a test.")
    else:
        text = language.say("Alarms would reach you here. There is none now.")
    return language.say("Nightbelt: a test"), text


def joined(sentences: Iterable[str], language: Language) -> str:
    """One text; Chinese has no space between sentences."""
    return reduce(lambda first, second: language.say("%(first)s %(second)s", first=first, second=second), sentences)


def _title(told: Told, language: Language) -> str:
    what = language.say(RULES[told.rule])
    if told.alarm.of_center:
        place = language.say("%(what)s: the whole centre", what=what)
    elif told.room:
        place = language.say("%(what)s: room %(room)s, bed %(bed)s", what=what, room=told.room, bed=told.bed)
    else:
        place = language.say("%(what)s: bed %(bed)s", what=what, bed=told.bed)
    return language.say("Taken – %(what)s", what=place) if told.reason is CallReason.TAKEN else place


def _sentences(told: Told, language: Language) -> list[str]:
    why = (LEAD_WORDS if told.to_lead else CARER_WORDS)[told.reason]
    if told.reason is CallReason.TAKEN:
        return [language.say(why)]
    at = language.clock_time(left_at(told.alarm), ZoneInfo(told.timezone))
    since = language.say(since_words(told.alarm), time=at)
    sentences = [
        language.say("%(since)s. %(priority)s.", since=since, priority=language.say(PRIORITIES[told.priority]))
    ]
    if told.with_values:
        sentences.append(reason_in_words(told.alarm, language))
    return [*sentences, language.say(why)]
