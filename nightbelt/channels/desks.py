"""Desks: what the courier is told of the messages it takes out. Each kind of message has its own."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import structlog

from alerts.channel_health import CALLS, Concern
from alerts.channels import called_in_vain, obstacle, taken_call
from domain.alarms import Alarm
from domain.clock import Clock
from domain.contacts import ContactPoint
from domain.deliveries import Delivery, Failure
from domain.errors import NotFoundError
from domain.ports import AlarmBook, ContactBook, Outbox, People, Register, Rosters
from domain.residents import Place
from nightbelt.channels.sending import Message
from nightbelt.channels.writing import Writer

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """A message that nothing stands in the way of: whose ways it may go, in order, and how it is written for one."""

    center_id: str
    ways: Sequence[ContactPoint]
    write: Callable[[ContactPoint], Message]


class Desk(Protocol):
    """One kind of message. Called from the courier's thread; UnavailableError ends its round."""

    concern: Concern

    def due(self, limit: int) -> list[Delivery]:
        """What is to be taken out now, the longest due first."""
        ...

    def parcel(self, delivery: Delivery) -> Parcel | Failure:
        """One of those that `due` gave last; Failure when it must not be sent."""
        ...

    def sent(self, delivery: Delivery) -> None:
        """A service took it; again when that could not be noted."""
        ...

    def lost(self, delivery: Delivery) -> None:
        """It reached nobody."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """What the callers look things up in."""

    outbox: Outbox
    contacts: ContactBook
    alarms: AlarmBook
    people: People
    register: Register
    rosters: Rosters


class AlarmDesk:
    """Calls to people, and to a centre's group, about alarms."""

    concern = CALLS

    def __init__(self, *, books: Books, writer: Writer, clock: Clock) -> None:
        self._books, self._writer, self._clock = books, writer, clock
        self._places: Sequence[Place] = ()

    def due(self, limit: int) -> list[Delivery]:
        now = self._clock.now()
        found = self._books.outbox.due(now, limit=limit)
        self._places = self._books.register.places(now) if found else []
        return found

    def parcel(self, delivery: Delivery) -> Parcel | Failure:
        books, call, places = self._books, delivery.call, self._places
        alarm = _alarm(books.alarms, call.alarm_id)
        if alarm is None:
            return Failure.NO_ALARM
        person = books.people.by_id(call.person_id) if call.person_id else None
        why = obstacle(call, alarm, person)
        if why is not None:
            return why
        ways = books.contacts.of_person(call.person_id) if person else books.contacts.of_center(alarm.center_id)

        def write(way: ContactPoint) -> Message:
            return self._writer.call(call, alarm, places, person, way)

        return Parcel(center_id=alarm.center_id, ways=ways, write=write)

    def sent(self, delivery: Delivery) -> None:
        """Who was called while somebody else was taking the alarm is told of that."""
        call = delivery.call
        alarm = _alarm(self._books.alarms, call.alarm_id)
        if alarm is not None and called_in_vain(delivery, alarm):
            self._books.outbox.queue([taken_call(alarm, call.person_id, self._clock.now())])

    def lost(self, delivery: Delivery) -> None:
        call = delivery.call
        _log.error("a call reached nobody", key=call.key, person_id=call.person_id, failure=delivery.failure)


def _alarm(book: AlarmBook, alarm_id: str) -> Alarm | None:
    try:
        return book.alarm(alarm_id)
    except NotFoundError:
        return None
