"""Messages by apprise: WeCom, DingTalk, Feishu, Bark, ServerChan, e-mail, webhooks, and what else it speaks.

Its own log lines are switched off, for they may hold parts of addresses.
"""

import logging
from typing import Any, Final
from urllib.parse import parse_qs

import structlog
from apprise import Apprise, NotifyFormat

from domain.contacts import ContactPoint
from domain.deliveries import Failure
from domain.errors import ConfigurationError
from nightbelt.channels.sending import Message

CONNECT_TIMEOUT_S: Final = 4.0
READ_TIMEOUT_S: Final = 8.0
"""Own choices: services answer within a second, and the next way waits meanwhile."""
KEY_HEADER: Final = "Idempotency-Key"
WEBHOOKS: Final = frozenset({"json", "jsons", "form", "forms", "xml", "xmls"})
"""Addresses that lead to any program; they get the key as a header."""
THIS_MACHINE: Final = frozenset({"syslog", "dbus", "kde", "glib", "gnome", "macosx", "windows"})
"""Services that put something on this machine and reach nobody."""
OWN_CHOICE: Final = frozenset(
    {"wecombot", "dingtalk", "feishu", "lark", "bark", "barks", "schan", "pushplus", "wxpusher", "mailto", "mailtos"}
    | {"ntfy", "ntfys", "tgram", "pover", "msteams", "slack", "line"}
)
"""What a person may add on the account page. Any other address, such as a webhook inside the house's network, is the
administrator's to give, by command: this machine would send to it."""

_log = structlog.get_logger(__name__)


def checked_address(address: str, *, own_choice: bool = False) -> str:
    """The address as it is stored; ConfigurationError, without the address, when nothing can be sent to it."""
    address = address.strip()
    scheme = address.partition("://")[0].lower()
    if scheme in THIS_MACHINE or (own_choice and scheme not in OWN_CHOICE):
        raise ConfigurationError(f"contact: addresses of the kind {scheme[:20]!r} are not taken")
    if own_choice and any(name.lower().startswith("pgp") for name in parse_qs(address.partition("?")[2])):
        raise ConfigurationError(
            "contact: keys for mails are files of this machine, which only the administrator names"
        )
    if _service(address) is None:
        raise ConfigurationError("contact: not an address that apprise understands (https://appriseit.com/services/)")
    return address


class AppriseSender:
    """`sending.Sender` for Apprise URLs. Apprise says only whether a message was taken, so that is all that is told."""

    def __init__(self) -> None:
        logging.getLogger("apprise").disabled = True

    def send(self, point: ContactPoint, message: Message) -> Failure | None:
        service = _service(point.address)
        if service is None:
            return Failure.BAD_ADDRESS
        if point.service in WEBHOOKS or point.service.startswith("mailto"):
            service.headers[KEY_HEADER] = message.key
        text = f"{message.text}\n{message.link}".strip()
        try:
            taken = service.notify(title=message.title, body=text, body_format=NotifyFormat.TEXT)
        except Exception as error:  # noqa: BLE001 - a plugin's fault is a failure of this way; its words may hold secrets
            _log.error("sending failed by a fault", contact_id=point.contact_id, error=type(error).__name__)
            return Failure.FAULT
        return None if taken else Failure.NOT_TAKEN


def _service(address: str) -> Any:
    """The plugin for the address, with our time limits over the address's own; None when there is none."""
    try:
        service: Any = Apprise.instantiate(address, suppress_exceptions=True)
    except Exception:  # noqa: BLE001 - whatever a plugin thinks of the address
        return None
    if service is None or not getattr(service, "targets", True):
        return None
    service.socket_connect_timeout = min(service.socket_connect_timeout, CONNECT_TIMEOUT_S)
    service.socket_read_timeout = min(service.socket_read_timeout, READ_TIMEOUT_S)
    return service
