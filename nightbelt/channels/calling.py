"""All that reaches people outside the pages, wired together: senders, couriers, news and the nurse-call topic."""

from collections.abc import Callable, Sequence

import structlog
from prometheus_client import CollectorRegistry

from api.charts.drawing import Draughtsman
from api.services import Services
from domain.clock import Clock
from domain.errors import UnavailableError
from domain.live import LiveEvent
from nightbelt.centers import Centers
from nightbelt.channels.courier import Courier
from nightbelt.channels.desks import AlarmDesk, Books, Desk
from nightbelt.channels.escalating import Escalating
from nightbelt.channels.letters import LetterDesk
from nightbelt.channels.metrics import DeliveryMetrics, Tally
from nightbelt.channels.mornings import Mornings
from nightbelt.channels.news import News
from nightbelt.channels.nurse_call import Broker, NurseCall
from nightbelt.channels.rounds import Rounds
from nightbelt.channels.ways import Ways
from nightbelt.settings import Settings

_log = structlog.get_logger(__name__)


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
