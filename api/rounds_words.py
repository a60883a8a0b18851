"""What became of the planned rounds of a night, in the reader's words."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from api.languages import Language
from domain.rounds import PlannedRound, Walked


def planned_words(planned: Sequence[PlannedRound], language: Language, zone: ZoneInfo) -> list[str]:
    """How many were walked, then what is missing, what was walked in part, and what is to come; nothing of no plan."""
    if not planned:
        return []
    done = sum(each.state is Walked.DONE for each in planned)
    told = [language.say("%(n)s of %(all)s planned rounds done.", n=done, all=len(planned))]
    if missing := _times(planned, Walked.MISSING, language, zone):
        told.append(language.say("Missing: %(times)s.", times=missing))
    told += [_in_part(each, language, zone) for each in planned if each.state is Walked.PARTIAL]
    if awaited := _times(planned, Walked.AWAITED, language, zone):
        told.append(language.say("To come: %(times)s.", times=awaited))
    return told


def _in_part(one: PlannedRound, language: Language, zone: ZoneInfo) -> str:
    return language.say(
        "In part: %(time)s, %(n)s of %(all)s seen.",
        time=language.clock_time(one.at, zone),
        n=one.expected - len(one.missed),
        all=one.expected,
    )


def _times(planned: Sequence[PlannedRound], state: Walked, language: Language, zone: ZoneInfo) -> str:
    return language.listed([language.clock_time(each.at, zone) for each in planned if each.state is state])
