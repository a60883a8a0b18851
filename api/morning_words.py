"""Letters to families in their words: three plain sentences, no name and no figure. `N_` marks a text to translate.

A service that others run carries them, so the text tells only that there is a report, and where.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

from alerts.morning import Found
from api.call_words import joined
from api.languages import N_, Language

SENTENCES: Final = {
    Found.WHOLE: N_("The report of the night of %(day)s is ready."),
    Found.PART: N_("The belt told only a part of the night of %(day)s; what there is can be read in Nightbelt."),
    Found.NOTHING: N_("There is no report of the night of %(day)s, because the belt told nothing."),
}
"""By what there is; of an empty bed nobody is told by a machine."""
WITH_CARD: Final = N_("The picture shows how it went.")
WITHOUT_CARD: Final = N_("You can read it in Nightbelt.")
ASK: Final = N_("How the night was, the centre can tell you.")
STOP: Final = N_("You can stop these messages in your account.")


@dataclass(frozen=True, slots=True, kw_only=True)
class MorningTold:
    """What a letter says. `room` and `bed` tell several relatives apart, "" where there is one; never a name."""

    night: date
    found: Found
    with_card: bool = False
    room: str = ""
    bed: str = ""


def letter_in_words(told: MorningTold, language: Language) -> tuple[str, str]:
    """Title and text of the message."""
    sentences = [language.say(SENTENCES[told.found], day=language.day(told.night)), *_more(told, language)]
    return _title(told, language), joined(sentences, language)


def _title(told: MorningTold, language: Language) -> str:
    if told.room:
        return language.say("Last night: room %(room)s, bed %(bed)s", room=told.room, bed=told.bed)
    return language.say("Last night")


def _more(told: MorningTold, language: Language) -> list[str]:
    second = {
        Found.WHOLE: WITH_CARD if told.with_card else WITHOUT_CARD,
        Found.NOTHING: ASK,
    }.get(told.found)
    return [language.say(text) for text in (second, STOP) if text is not None]
