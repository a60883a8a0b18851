"""What a message is, and what a sender does with it."""

from dataclasses import dataclass, field
from typing import Protocol

from domain.contacts import ContactPoint
from domain.deliveries import Failure


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message in its reader's words. `key` is the idempotency key; messages of one `topic` replace each other on a
    phone; `path` is the page it leads to, `link` its whole address ("" when nobody said where the pages are).
    `picture` is a PNG to go along, or empty. One that is not `urgent` may wait until the phone is looked at.
    """

    key: str
    topic: str
    title: str
    text: str
    path: str
    link: str
    language: str
    picture: bytes = field(default=b"", repr=False)
    urgent: bool = True


class Sender(Protocol):
    """Sends by one kind of way. Blocks, for a limited time; called from several threads; must not raise."""

    def carries_pictures(self, point: ContactPoint) -> bool:
        """Can a picture go along by that way? What is sent with one by another goes without it."""
        ...

    def send(self, point: ContactPoint, message: Message) -> Failure | None:
        """None when the service took the message. Does not promise that somebody read it."""
        ...
