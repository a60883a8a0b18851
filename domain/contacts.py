"""Contact points: the ways in which a person, or a whole centre, can be reached outside the pages."""

import hashlib
from dataclasses import dataclass, field
from enum import StrEnum


class WayKind(StrEnum):
    """What carries a message. The value is stored."""

    APPRISE = "apprise"
    WEB_PUSH = "web-push"


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactPoint:
    """One way to reach `person_id`, or everybody of the centre together where that is "" (a group's robot).

    `address` is a secret: an Apprise URL, or a browser's push subscription as JSON. It goes to the sending service and
    nowhere else: logs, metrics, pages and answers have `contact_id`, `service` and `masked`. Ways are tried by
    ascending `rank`. `language` is that of the messages; "" for the person's own.
    """

    contact_id: str
    center_id: str
    person_id: str = ""
    rank: int = 0
    kind: WayKind
    address: str = field(repr=False)
    label: str = ""
    language: str = ""

    @property
    def service(self) -> str:
        """Who carries it, by a name that tells nothing of a person: the URL's scheme, or "web-push"."""
        return str(self.kind) if self.kind is WayKind.WEB_PUSH else self.address.partition("://")[0].lower()

    @property
    def masked(self) -> str:
        """The address as it may be shown: two can be told apart, and neither can be read."""
        mark = hashlib.sha256(self.address.encode("utf-8", "replace")).hexdigest()[:4]
        return f"{self.service}://…{mark}"
