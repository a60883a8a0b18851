"""Writing: a call or a letter becomes a message in its reader's words."""

from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import quote

from alerts.channels import Told, told_of
from api.call_words import call_in_words, trial_in_words
from api.languages import ENGLISH, Language, known_tag, read_languages
from api.morning_words import MorningTold, letter_in_words
from domain.alarms import Alarm
from domain.calls import Call
from domain.contacts import ContactPoint
from domain.people import Person, Right
from domain.residents import Place
from nightbelt.channels.sending import Message


class Writer:
    """Writes in every language of the pages. `public_url` is where people reach them, "" when nobody said."""

    def __init__(self, *, public_url: str, with_values: bool) -> None:
        self._public_url, self._with_values = public_url.rstrip("/"), with_values
        self._languages = read_languages()

    def call(
        self, call: Call, alarm: Alarm, places: Sequence[Place], person: Person | None, point: ContactPoint
    ) -> Message:
        told: Told = told_of(alarm, call, places, person=person, with_values=self._with_values)
        language = self.language(point, person)
        said = call_in_words(told, language)
        path = f"/alarms/{quote(alarm.alarm_id, safe='')}"
        return self._message(call.key, alarm.alarm_id, said, path, language)

    def letter(self, call: Call, told: MorningTold, language: Language, picture: bytes) -> Message:
        """Word of a night; `picture` is its card, or empty."""
        path = f"/residents/{quote(call.resident_id, safe='')}?night={told.night.isoformat()}"
        message = self._message(call.key, call.key, letter_in_words(told, language), path, language)
        return replace(message, picture=picture, urgent=False)

    def trial(self, point: ContactPoint, person: Person | None) -> Message:
        """A message that says that messages come through."""
        language = self.language(point, person)
        key = f"test/{point.contact_id}"
        family = person is not None and not person.may(Right.HANDLE_ALARMS)
        return self._message(key, key, trial_in_words(language, family=family), "/account", language)

    def language(self, point: ContactPoint, person: Person | None) -> Language:
        """The way's own, else the person's, else English."""
        tag = known_tag(point.language) or (known_tag(person.language) if person else None) or ENGLISH
        return self._languages[tag]

    def _message(self, key: str, topic: str, said: tuple[str, str], path: str, language: Language) -> Message:
        title, text = said
        link = f"{self._public_url}{path}" if self._public_url else ""
        return Message(key=key, topic=topic, title=title, text=text, path=path, link=link, language=language.tag)
