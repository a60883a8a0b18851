"""Everything that reaches people outside the pages, wired together: senders, courier, news and the nurse-call topic."""

import threading
from collections.abc import Callable, Sequence
from typing import Final

import structlog
from prometheus_client import CollectorRegistry

from domain.clock import Clock
from domain.contacts import ContactPoint, WayKind
from domain.deliveries import Failure
from domain.errors import UnavailableError
from domain.live import LiveEvent
from domain.people import Person
from nightbelt.centers import Centers
from nightbelt.channels.by_apprise import AppriseSender, checked_address
from nightbelt.channels.by_web_push import WebPushKey, WebPushSender, checked_subscription
from nightbelt.channels.courier import GIVEN_UP_AFTER_S, Books, Courier
from nightbelt.channels.errands import Errands
from nightbelt.channels.escalating import Escalating
from nightbelt.channels.news import News
from nightbelt.channels.nurse_call import Broker, NurseCall
from nightbelt.channels.rounds import Rounds
from nightbelt.channels.sending import Sender
from nightbelt.channels.writing import Writer
from nightbelt.settings import Settings

TRIALS: Final = 12
"""Test messages that are under way at once, those included that never come back."""

_log = structlog.get_logger(__name__)


class Ways:
    """The ways there are, by the settings; `api.reach.Ways` for the pages."""

    def __init__(self, settings: Settings) -> None:
        self.writer = Writer(public_url=settings.public_url, with_values=settings.messages_with_values)
        self.senders: dict[WayKind, Sender] = {WayKind.APPRISE: AppriseSender()}
        self._trials = threading.BoundedSemaphore(TRIALS)
        self.web_push_key = ""
        if settings.web_push_contact:
            key = WebPushKey(settings.data_dir)
            self.web_push_key = key.public
            self.senders[WayKind.WEB_PUSH] = WebPushSender(key, settings.web_push_contact)

    def checked(self, kind: WayKind, address: str) -> str:
        """What a person gave for themselves, as it is stored; ConfigurationError when it is not taken."""
        if kind is WayKind.WEB_PUSH:
            return checked_subscription(address)
        return checked_address(address, own_choice=True)

    def send_trial(self, point: ContactPoint, person: Person | None) -> Failure | None:
        """Send a message that says that messages come through; blocks for `GIVEN_UP_AFTER_S` at most."""
        sender = self.senders.get(point.kind)
        if sender is None:
            return Failure.NO_CONTACT
        message = self.writer.trial(point, person)
        if not self._trials.acquire(blocking=False):
            return Failure.TIMEOUT
        sending = Errands().submit(sender.send, point, message)
        sending.add_done_callback(lambda _sent: self._trials.release())
        try:
            failure: Failure | None = sending.result(GIVEN_UP_AFTER_S)
        except TimeoutError:
            return Failure.TIMEOUT
        return failure


class Calling:
    """The thread that calls people; `start` it, `stop` it before the stores are closed."""

    def __init__(
        self,
        settings: Settings,
        books: Books,
        ways: Ways,
        *,
        broker: Broker,
        publish: Callable[[Sequence[LiveEvent]], None],
        clock: Clock,
        registry: CollectorRegistry,
    ) -> None:
        self._courier = Courier(
            books=books, senders=ways.senders, writer=ways.writer, publish=publish, clock=clock, registry=registry
        )
        news = News(book=books.alarms, outbox=books.outbox, contacts=books.contacts, clock=clock)
        centers = Centers(books.register, clock)
        escalating = Escalating(books=books, centers=centers.all, clock=clock)
        parts = {"escalation": escalating.turn, "calls": self._courier.turn, "news": news.turn}
        if settings.mqtt_alarms:
            parts["nurse-call"] = NurseCall(broker=broker, book=books.alarms, centers=centers.all).turn
        self._rounds = Rounds(parts)

    def start(self) -> None:
        self._rounds.start()

    def stop(self) -> None:
        """Returns when what was under way has ended and is noted."""
        self._rounds.stop()
        try:
            self._courier.finish()
        except UnavailableError as error:
            _log.warning("calls were sent and not noted; they go out again", error=str(error))

    def health(self) -> dict[str, str]:
        return self._rounds.health()
