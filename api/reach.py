"""What the account page needs of the sending of messages."""

import secrets
from dataclasses import dataclass
from typing import Protocol

from domain.contacts import ContactPoint, WayKind
from domain.deliveries import Failure
from domain.people import Person
from domain.ports import ContactBook


class Ways(Protocol):
    """The ways that messages can go."""

    @property
    def web_push_key(self) -> str:
        """Our public key as browsers want it; "" when web push is off."""
        ...

    def checked(self, kind: WayKind, address: str, *, outsider: bool = False) -> str:
        """What a person gave for themselves, as it is stored; ConfigurationError when it is not taken.

        An `outsider` is nobody of the staff: what they give must not lead into the house's own network.
        """
        ...

    def send_trial(self, point: ContactPoint, person: Person | None) -> Failure | None:
        """Send a test message now; None when the service took it. Blocks for some seconds at most."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How people are reached outside the pages."""

    contacts: ContactBook
    ways: Ways


def new_contact_id() -> str:
    """An id that tells nothing; 64 random bits."""
    return secrets.token_hex(8)
