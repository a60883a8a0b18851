"""The languages of the pages: catalogues of words, dates and lengths of time as a reader expects them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from importlib.resources import files
from io import BytesIO
from typing import Final
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_skeleton
from babel.messages.pofile import read_po
from babel.numbers import format_decimal, format_percent
from babel.units import format_unit

from domain.clock import utc
from domain.units import DAY_MS, MINUTE_MS, SECOND_MS

ENGLISH: Final = "en"
LANGUAGES: Final = {"en": "English", "zh-CN": "中文"}
"""Every language by its tag, with its name in itself."""
_CATALOGUES: Final = {"zh-CN": "zh_CN.po"}


def N_(message: str) -> str:  # noqa: N802  the name gettext tools look for
    """Marks a text for the catalogue; it is translated when it is shown."""
    return message


@dataclass(frozen=True)
class Language:
    """One language: `tag` as in HTML, `locale` as Babel names it, `words` from the English text to its own."""

    tag: str
    locale: str
    words: Mapping[str, str]

    def say(self, message: str, /, **values: object) -> str:
        """`message` in this language with its %(name)s filled in."""
        text = self.words.get(message, message)
        return text % values if values else text

    def say_count(self, one: str, many: str, n: int, /, **values: object) -> str:
        """`one` or `many`, as this language counts; `n` is filled in."""
        text = self.words.get(one) or (one if n == 1 else many)
        return text % {"n": n, "num": n, **values}

    def listed(self, words: Iterable[str]) -> str:
        return self.say(", ").join(words)

    def clock_time(self, at: int, zone: ZoneInfo) -> str:
        """Hours and minutes of the instant `at` in the centre's zone."""
        return format_skeleton("Hm", utc(at).astimezone(zone), tzinfo=zone, locale=self.locale)

    def since(self, at: int, now: int, zone: ZoneInfo) -> str:
        """Hours and minutes of the instant `at`; with its day when that was a day ago or more."""
        day = f"{self.short_day(utc(at).astimezone(zone).date())} " if now - at >= DAY_MS else ""
        return f"{day}{self.clock_time(at, zone)}"

    def moment(self, at: int, zone: ZoneInfo) -> str:
        """Day, hours, minutes and seconds of the instant `at` in the centre's zone."""
        local = utc(at).astimezone(zone)
        return f"{self.day(local.date())} {self._to_the_second(local)}"

    def day(self, day: date) -> str:
        return format_skeleton("MMMEd", day, locale=self.locale)

    def weekday(self, day: date) -> str:
        return format_skeleton("E", day, locale=self.locale)

    def short_day(self, day: date) -> str:
        return format_skeleton("MMMd", day, locale=self.locale)

    def long_day(self, day: date) -> str:
        return format_date(day, format="full", locale=self.locale)

    def length(self, length_ms: float) -> str:
        """A length of time in its two largest units."""
        unit = partial(format_unit, length="short", locale=self.locale)
        if length_ms < MINUTE_MS:
            return unit(int(length_ms // SECOND_MS), "duration-second")
        hours, minutes = divmod(int(length_ms // MINUTE_MS), 60)
        if hours == 0:
            return unit(minutes, "duration-minute")
        if minutes == 0:
            return unit(hours, "duration-hour")
        parts = {"first": unit(hours, "duration-hour"), "second": unit(minutes, "duration-minute")}
        return self.say("%(first)s %(second)s", **parts)

    def number(self, value: float, digits: int = 0) -> str:
        pattern = "#,##0." + "0" * digits if digits else "#,##0"
        return format_decimal(value, format=pattern, locale=self.locale)

    def percent(self, share: float) -> str:
        """Rounded down: 99.7 % of a night is not the whole night."""
        return format_percent(int(share * 100) / 100, locale=self.locale)

    def _to_the_second(self, local: datetime) -> str:
        return format_skeleton("Hms", local, tzinfo=local.tzinfo, locale=self.locale)


def read_languages() -> dict[str, Language]:
    """Every language by its tag; catalogues are read from their .po files."""
    return {tag: Language(tag, tag.replace("-", "_"), read_catalogue(tag)) for tag in LANGUAGES}


def read_catalogue(tag: str) -> dict[str, str]:
    """English text -> text of the language; plural messages under their singular. Empty for English."""
    if tag not in _CATALOGUES:
        return {}
    raw = files("api").joinpath("locales", _CATALOGUES[tag]).read_bytes()
    words: dict[str, str] = {}
    for message in read_po(BytesIO(raw), locale=tag.replace("-", "_")):
        single = message.id[0] if isinstance(message.id, (list, tuple)) else message.id
        text = message.string[0] if isinstance(message.string, (list, tuple)) else message.string
        if single and text and not message.fuzzy:
            words[single] = text
    return words


def known_tag(wanted: str | None) -> str | None:
    """The tag of a language that is spoken here and means `wanted` ("zh", "zh-cn", "zh_CN" are one); None if none."""
    if not wanted:
        return None
    plain = wanted.strip().replace("_", "-").lower()
    for tag in LANGUAGES:
        if plain == tag.lower() or plain.split("-")[0] == tag.split("-", maxsplit=1)[0]:
            return tag
    return None


def accepted_tag(header: str) -> str | None:
    """The first language of an Accept-Language header that is spoken here."""
    tags = (known_tag(part.split(";")[0]) for part in header.split(","))
    return next((tag for tag in tags if tag is not None), None)
