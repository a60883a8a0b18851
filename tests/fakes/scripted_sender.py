"""A sender that does as it is told, and threads that are none, for tests."""

from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from typing import Any

from domain.contacts import ContactPoint
from domain.deliveries import Failure
from nightbelt.channels.sending import Message


@dataclass
class ScriptedSender:
    """Answers by the way's id, else that it was taken; remembers what it was given and what it took."""

    answers: dict[str, Failure | None] = field(default_factory=dict)
    sent: list[tuple[str, Message]] = field(default_factory=list)
    taken: list[tuple[str, Message]] = field(default_factory=list)
    pictures: bool = False
    before: Callable[[ContactPoint], None] = lambda _point: None

    def carries_pictures(self, _point: ContactPoint) -> bool:
        return self.pictures

    def send(self, point: ContactPoint, message: Message) -> Failure | None:
        self.before(point)
        self.sent.append((point.contact_id, message))
        failure = self.answers.get(point.contact_id)
        if failure is None:
            self.taken.append((point.contact_id, message))
        return failure

    @property
    def ways(self) -> list[str]:
        return [way for way, _ in self.sent]


class InlinePool(Executor):
    """Runs everything at once; `holding` keeps what is submitted unfinished, as a service that hangs does."""

    def __init__(self) -> None:
        self.holding: set[str] = set()
        self.held: list[Future[Any]] = []

    def submit(self, call: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        if isinstance(args[0], ContactPoint) and args[0].service in self.holding:
            self.held.append(future)
        else:
            future.set_result(call(*args, **kwargs))
        return future
