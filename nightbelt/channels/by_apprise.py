"""Messages by apprise: WeCom, DingTalk, Feishu, Bark, ServerChan, e-mail, webhooks, and what else it speaks.

Its own log lines are switched off, for they may hold parts of addresses.
"""

import logging
from typing import Any, Final
from urllib.parse import parse_qs

import structlog
from apprise import Apprise, AppriseAttachment, NotifyFormat
from apprise.attachment.memory import AttachMemory
from apprise.plugins import N_MGR

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

PICTURE_NAME: Final = "night.png"

_log = structlog.get_logger(__name__)


OWN_HOST: Final = frozenset({"bark", "barks", "mailto", "mailtos", "ntfy", "ntfys"})
"""Those of them whose address names the server that this machine would speak to."""


def checked_address(address: str, *, own_choice: bool = False, outsider: bool = False) -> str:
    """The address as it is stored; ConfigurationError, without the address, when nothing can be sent to it.

    That of an `outsider`, who is nobody of the staff, must lead to a server with a public name.
    """
    address = address.strip()
    scheme = address.partition("://")[0].lower()
    if scheme in THIS_MACHINE or (own_choice and scheme not in OWN_CHOICE):
        raise ConfigurationError(f"contact: addresses of the kind {scheme[:20]!r} are not taken")
    if own_choice and any(name.lower().startswith("pgp") for name in parse_qs(address.partition("?")[2])):
        raise ConfigurationError(
            "contact: keys for mails are files of this machine, which only the administrator names"
        )
    service = _service(address)
    if service is None:
        raise ConfigurationError("contact: not an address that apprise understands (https://appriseit.com/services/)")
    if outsider and scheme in OWN_HOST and not _has_public_name(service):
        raise ConfigurationError("contact: its server must have a name such as mail.example.org")
    return address


def _has_public_name(service: Any) -> bool:
    """No address in numbers and no name of this house's network; "" is the service's own server."""
    host = str(getattr(service, "smtp_host", None) or service.host or "")
    return not host or ("." in host and any(letter.isalpha() for letter in host.rpartition(".")[2]))


class AppriseSender:
    """`sending.Sender` for Apprise URLs. Apprise says only whether a message was taken, so that is all that is told."""

    def __init__(self) -> None:
        logging.getLogger("apprise").disabled = True
        N_MGR.load_modules()  # type: ignore[no-untyped-call]  # its services; else the first alarm waits for them

    def carries_pictures(self, point: ContactPoint) -> bool:
        return _takes_pictures(_service(point.address))

    def send(self, point: ContactPoint, message: Message) -> Failure | None:
        service = _service(point.address)
        if service is None:
            return Failure.BAD_ADDRESS
        if point.service in WEBHOOKS or point.service.startswith("mailto"):
            service.headers[KEY_HEADER] = message.key
        text = f"{message.text}\n{message.link}".strip()
        try:
            picture = _attached(message.picture) if _takes_pictures(service) else None
            taken = service.notify(title=message.title, body=text, body_format=NotifyFormat.TEXT, attach=picture)
        except Exception as error:  # noqa: BLE001 - a plugin's fault is a failure of this way; its words may hold secrets
            _log.error("sending failed by a fault", contact_id=point.contact_id, error=type(error).__name__)
            return Failure.FAULT
        return None if taken else Failure.NOT_TAKEN


def _takes_pictures(service: Any) -> bool:
    return bool(getattr(service, "attachment_support", False))


def _attached(picture: bytes) -> AppriseAttachment | None:
    """The picture as apprise wants it, from memory; None when there is none."""
    if not picture:
        return None
    kept: Any = AttachMemory(content=picture, name=PICTURE_NAME, mimetype="image/png")  # type: ignore[no-untyped-call]
    return AppriseAttachment(kept)


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
