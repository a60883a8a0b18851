"""The sending of messages as the account page sees it, for tests."""

from dataclasses import dataclass, field

from domain.contacts import ContactPoint, WayKind
from domain.deliveries import Failure
from domain.errors import ConfigurationError
from domain.people import Person


@dataclass
class FakeWays:
    """Takes every address with a scheme; remembers whom tests went to."""

    web_push_key: str = ""
    failure: Failure | None = None
    tried: list[ContactPoint] = field(default_factory=list)
    outsiders: list[bool] = field(default_factory=list)

    def checked(self, kind: WayKind, address: str, *, outsider: bool = False) -> str:
        self.outsiders.append(outsider)
        if kind is WayKind.APPRISE and "://" not in address:
            raise ConfigurationError("contact: not an address")
        return address.strip()

    def send_trial(self, point: ContactPoint, _person: Person | None) -> Failure | None:
        self.tried.append(point)
        return self.failure
