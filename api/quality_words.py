"""The quality of alarms in the reader's words: shares, rates, lengths, and what to look at."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from alerts.quality import REPLY_OWED_MS, Source
from alerts.quality_findings import Finding, FindingKind
from alerts.shares import ENOUGH, Lengths, Rate, Share
from api.languages import N_, Language
from api.ward import bed_name
from api.words import RULES
from domain.alarms import LEAVE_BED_RULES, Rule
from domain.residents import Place
from domain.roster import Shift
from domain.units import MINUTE_MS, SECOND_MS

NOTHING: Final = "–"
SECONDS_SHOWN_MIN: Final = 10
"""From so many minutes on nobody asks for the seconds."""
NOT_ENOUGH: Final = N_("not enough outcomes yet")
FINDINGS: Final = {
    FindingKind.OUTCOMES_MISSING: N_("%(n)s of %(all)s alarms that are over have no outcome (%(share)s)."),
    FindingKind.LATE: N_("%(n)s of %(all)s alarms were neither taken nor over within %(length)s (%(share)s)."),
    FindingKind.FALSE_ALARMS: N_("%(rule)s: %(n)s of %(all)s were false alarms (%(share)s)."),
    FindingKind.NO_HELP_NEEDED: N_("%(rule)s: in %(n)s of %(all)s nobody needed help (%(share)s)."),
}
ADVICE: Final = {
    FindingKind.OUTCOMES_MISSING: N_(
        "The other figures may be off by as much. Say what was found, on the board or on the alarm's page."
    ),
    FindingKind.LATE: N_("Look below in which hours, and who is on duty then."),
    FindingKind.FALSE_ALARMS: N_("Look how the belts lie and how good their signal is; then at the limit."),
    FindingKind.NO_HELP_NEEDED: N_("Consider a longer limit, or another one, for these residents."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceWords:
    """A bed where alarms came from; `path` is None when its resident is no longer there."""

    bed: str
    path: str | None
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingWords:
    """One thing to look at: what it is, what to do, and the beds with most of it."""

    finding: Finding
    what: str
    advice: str
    sources: tuple[SourceWords, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Beds:
    """The names of beds, and who is where now."""

    names: Mapping[str, str]
    residents: frozenset[str]

    @classmethod
    def of(cls, places: Iterable[Place]) -> "Beds":
        found = tuple(places)
        return cls(
            names={place.bed_id: bed_name(place) for place in found},
            residents=frozenset(place.resident.resident_id for place in found if place.resident),
        )

    def words(self, source: Source, rule: Rule | None) -> SourceWords:
        """The way there leads to the form that holds the rule's settings."""
        here, form = source.resident_id in self.residents, "settings" if rule in LEAVE_BED_RULES else "vitals"
        path = f"/residents/{quote(source.resident_id, safe='')}#{form}" if here else None
        return SourceWords(bed=self.names.get(source.bed_id, source.bed_id), path=path, count=source.count)


def finding_words(finding: Finding, beds: Beds, language: Language) -> FindingWords:
    what = language.say(
        FINDINGS[finding.kind],
        rule=language.say(RULES[finding.rule]) if finding.rule else "",
        n=language.number(finding.share.count),
        all=language.number(finding.share.of),
        share=language.percent(finding.share.value or 0.0),
        length=language.length(REPLY_OWED_MS),
    )
    return FindingWords(
        finding=finding,
        what=what,
        advice=language.say(ADVICE[finding.kind]),
        sources=tuple(beds.words(source, finding.rule) for source in finding.sources),
    )


def share_words(share: Share, language: Language, *, of_outcomes: bool = True) -> tuple[str, str]:
    """The share, and what it is made of; a percentage only where there is enough to speak of one."""
    if not share.of:
        return NOTHING, ""
    made_of = language.say("%(n)s of %(all)s", n=language.number(share.count), all=language.number(share.of))
    if not share.enough or share.value is None or share.interval is None:
        return made_of, language.say(NOT_ENOUGH) if of_outcomes else ""
    low, high = (language.percent(edge) for edge in share.interval)
    return language.percent(share.value), language.say(
        "%(what)s; %(low)s to %(high)s", what=made_of, low=low, high=high
    )


def rate_words(rate: Rate, language: Language) -> tuple[str, str]:
    """The rate in a bed-night, and what it is made of."""
    made_of = language.say(
        "%(n)s in %(nights)s bed-nights", n=language.number(rate.count), nights=language.number(rate.bed_nights)
    )
    return (NOTHING if rate.value is None else language.number(rate.value, 2)), made_of


def lengths_words(lengths: Lengths, language: Language) -> tuple[str, str]:
    """Half were at most so long, and nine of ten; of a few, the longest."""
    if lengths.p50_ms is None or lengths.p90_ms is None:
        return NOTHING, ""
    n, most = language.number(lengths.count), length_words(lengths.p90_ms, language)
    if lengths.count < ENOUGH:
        return length_words(lengths.p50_ms, language), language.say("longest %(length)s; of %(n)s", length=most, n=n)
    return length_words(lengths.p50_ms, language), language.say("9 of 10 within %(length)s; of %(n)s", length=most, n=n)


def shift_words(shift: Shift | None, language: Language) -> str:
    """The shift by name and hours."""
    if shift is None:
        return language.say("Outside of all shifts")
    return f"{shift.name} {shift.start:%H:%M}–{shift.end:%H:%M}"


def length_words(length_ms: int, language: Language) -> str:
    """To the second where seconds matter."""
    minutes, rest_ms = divmod(length_ms, MINUTE_MS)
    if not 0 < minutes < SECONDS_SHOWN_MIN or rest_ms < SECOND_MS:
        return language.length(length_ms)
    return f"{language.length(minutes * MINUTE_MS)} {language.length(rest_ms)}"
