"""The desk of letters to families: looked at right before each is sent, and written for the way it goes.

Fails toward silence: a letter that anything stands in the way of is given up, and none is called for by night.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import structlog

from alerts.channel_health import LETTERS
from alerts.morning import Found, found_of, letter_obstacle, morning_after
from api.charts.drawing import Draughtsman
from api.languages import Language
from api.morning import letter_card, read_morning
from api.morning_words import MorningTold
from api.reports import ReportView
from api.services import Services
from domain.calls import Call
from domain.consents import Shape
from domain.contacts import ContactPoint, WayKind
from domain.deliveries import Delivery, Failure
from domain.errors import UnavailableError
from domain.people import Person
from domain.ports import ContactBook
from nightbelt.channels.desks import Parcel
from nightbelt.channels.sending import Message, Sender
from nightbelt.channels.writing import Writer

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Letter:
    """What is written for each way anew. `shape` is what may be sent at most."""

    call: Call
    told: MorningTold
    view: ReportView
    shape: Shape
    person: Person


class LetterDesk:
    """`desks.Desk` of word of nights. What is looked up is as it stands now, not as it was queued."""

    concern = LETTERS

    def __init__(
        self,
        services: Services,
        contacts: ContactBook,
        senders: Mapping[WayKind, Sender],
        writer: Writer,
        draughtsman: Draughtsman,
    ) -> None:
        self._services, self._contacts, self._senders = services, contacts, senders
        self._writer, self._draughtsman = writer, draughtsman

    def due(self, limit: int) -> list[Delivery]:
        return self._services.outbox.due(self._services.clock.now(), limit=limit, letters=True)

    def parcel(self, delivery: Delivery) -> Parcel | Failure:
        call, services = delivery.call, self._services
        person = services.people.by_id(call.person_id)
        mine = services.consents.find(person_id=call.person_id)
        consent = next((one for one in mine if one.resident_id == call.resident_id), None)
        if person is None or consent is None or call.night is None:
            return Failure.NO_CONSENT
        view = read_morning(services, person.center_id, call.resident_id, call.night)
        place = view.ward.by_resident.get(call.resident_id)
        if place is None:
            return Failure.AWAY
        why = letter_obstacle(
            call,
            person=person,
            consent=consent,
            morning=morning_after(place.center, view.ward.zone, call.night),
            pauses=services.pauses.since(view.night.start_at),
            found=found_of(view.report),
            now=services.clock.now(),
        )
        if why is not None:
            return why
        several = sum(one.shape is not Shape.NONE for one in mine) > 1
        room, bed = (place.room, place.bed) if several else ("", "")
        told = MorningTold(night=call.night, found=found_of(view.report), room=room, bed=bed)
        letter = _Letter(call=call, told=told, view=view, shape=consent.shape, person=person)
        ways = self._contacts.of_person(person.person_id)
        return Parcel(center_id=person.center_id, ways=ways, write=lambda way: self._written(letter, way))

    def sent(self, _delivery: Delivery) -> None:
        """Nobody else is owed word of it."""

    def lost(self, delivery: Delivery) -> None:
        _log.warning("a letter reached nobody", key=delivery.call.key, failure=delivery.failure)

    def _written(self, letter: _Letter, way: ContactPoint) -> Message:
        """A card goes only with a whole night, and by a way that carries pictures."""
        language = self._writer.language(way, letter.person)
        wanted = letter.told.found is Found.WHOLE and letter.shape is Shape.CARD
        carried = wanted and self._senders[way.kind].carries_pictures(way)
        picture = self._card(letter.view, language) if carried else b""
        return self._writer.letter(letter.call, replace(letter.told, with_card=bool(picture)), language, picture)

    def _card(self, view: ReportView, language: Language) -> bytes:
        """Empty when nothing can be drawn just now: the letter goes with its link alone."""
        spec = letter_card(self._services, view, language)
        try:
            return self._draughtsman.picture(spec, "png")
        except UnavailableError as error:
            _log.warning("a card could not be drawn", resident_id=view.resident.resident_id, error=str(error))
            return b""
