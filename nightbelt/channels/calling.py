"""All that reaches people outside the pages, wired together: senders, couriers, news and the nurse-call topic."""

import threading
from collections.abc import Callable, Sequence
from typing import Final

import structlog
from prometheus_client import CollectorRegistry

from api.charts.drawing import Draughtsman
from api.services import Services
from domain.clock import Clock
from domain.contacts import ContactPoint, WayKind
from domain.deliveries import Failure
from domain.errors import UnavailableError
from domain.live import LiveEvent
from domain.people import Person
from nightbelt.centers import Centers
from nightbelt.channels.by_apprise import AppriseSender, checked_address
from nightbelt.channels.by_web_push import WebPushKey, WebPushSender, checked_subscription
from nightbelt.channels.courier import GIVEN_UP_AFTER_S, Courier
from nightbelt.channels.desks import AlarmDesk, Books, Desk
from nightbelt.channels.errands import Errands
from nightbelt.channels.escalating import Escalating
from nightbelt.channels.letters import LetterDesk
from nightbelt.channels.metrics import DeliveryMetrics, Tally
from nightbelt.channels.mornings import Mornings
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

    def checked(self, kind: WayKind, address: str, *, outsider: bool = False) -> str:
        """What a person gave for themselves, as it is stored; ConfigurationError when it is not taken."""
        if kind is WayKind.WEB_PUSH:
            return checked_subscription(address)
        return checked_address(address, own_choice=True, outsider=outsider)

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
    """The threads that call people and write to families; `start` them, `stop` them before the stores are closed.

    No call of an alarm ever waits for a letter, or for the drawing of its card.
    """

    def __init__(
        self,
        settings: Settings,
        books: Books,
        ways: Ways,
        services: Services,
        *,
        broker: Broker,
        publish: Callable[[Sequence[LiveEvent]], None],
        clock: Clock,
        registry: CollectorRegistry,
    ) -> None:
        metrics = DeliveryMetrics(registry)

        def courier(desk: Desk, tally: Tally) -> Courier:
            return Courier(
                desk=desk,
                outbox=books.outbox,
                contacts=books.contacts,
                alarms=books.alarms,
                senders=ways.senders,
                publish=publish,
                clock=clock,
                tally=tally,
            )

        calls = courier(AlarmDesk(books=books, writer=ways.writer, clock=clock), metrics.calls)
        desk = LetterDesk(services, books.contacts, ways.senders, ways.writer, Draughtsman())
        letters = courier(desk, metrics.letters)
        self._couriers = (calls, letters)
        news = News(book=books.alarms, outbox=books.outbox, contacts=books.contacts, clock=clock)
        centers = Centers(books.register, clock)
        escalating = Escalating(books=books, centers=centers.all, clock=clock)
        parts = {"escalation": escalating.turn, "calls": calls.turn, "news": news.turn}
        if settings.mqtt_alarms:
            parts["nurse-call"] = NurseCall(broker=broker, book=books.alarms, centers=centers.all).turn
        mornings = Mornings(services, books.contacts)
        self._rounds = (
            Rounds(parts),
            Rounds({"mornings": mornings.turn, "letters": letters.turn}, name="letters"),
        )

    def start(self) -> None:
        for rounds in self._rounds:
            rounds.start()

    def stop(self) -> None:
        """Returns when what was under way has ended and is noted."""
        for rounds in self._rounds:
            rounds.stop()
        for courier in self._couriers:
            try:
                courier.finish()
            except UnavailableError as error:
                _log.warning("messages were sent and not noted; they go out again", error=str(error))

    def health(self) -> dict[str, str]:
        return {part: state for rounds in self._rounds for part, state in rounds.health().items()}
