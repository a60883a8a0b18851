"""Messages by web push: encrypted for the browser (RFC 8291), signed with our VAPID key (RFC 8292)."""

import base64
import hashlib
import json
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
import requests
import structlog
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from py_vapid import Vapid02, VapidException
from pywebpush import WebPushException, webpush

from domain.contacts import ContactPoint
from domain.deliveries import Failure
from domain.errors import ConfigurationError
from nightbelt.channels.sending import Message
from nightbelt.secret_files import write_file

KEY_FILE: Final = "web_push_key.pem"
TIMEOUT_S: Final = (4.0, 8.0)
"""Connecting, and waiting for an answer (own choices, as for apprise)."""
KEPT_S: Final = 15 * 60
"""How long the push service keeps a message for a phone that is off; what is older is no alarm any more."""
KEPT_UNHURRIED_S: Final = 8 * 60 * 60
"""The same of a letter: it can be read in the evening as well."""
TOPIC_CHARACTERS: Final = 32  # RFC 8030, section 5.4: the most there may be
GONE_STATUSES: Final = frozenset({404, 410})
"""The subscription is over (RFC 8030, section 7.3)."""

_log = structlog.get_logger(__name__)


class WebPushKey:
    """Our VAPID key, made once and kept in `directory`, for its owner's eyes."""

    def __init__(self, directory: Path) -> None:
        """ConfigurationError when the file can be neither read nor made, or holds no key."""
        path = directory / KEY_FILE
        try:
            directory.mkdir(parents=True, exist_ok=True)
            if not path.exists():
                made = Vapid02()
                made.generate_keys()
                write_file(path, made.private_pem().decode())
            self.vapid = Vapid02.from_pem(path.read_bytes())
        except (OSError, ValueError) as error:
            raise ConfigurationError(f"web push key {path} cannot be read or made") from error

    @property
    def public(self) -> str:
        """As browsers want it: the uncompressed point in base64url without padding."""
        point = self.vapid.public_key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return base64.urlsafe_b64encode(point).rstrip(b"=").decode()


class WebPushSender:
    """`sending.Sender` for push subscriptions. `contact` is whom push services may turn to (mailto: or https:)."""

    def __init__(self, key: WebPushKey, contact: str) -> None:
        """ConfigurationError when nothing can be signed with that contact."""
        try:
            key.vapid.sign({"sub": contact, "aud": "https://push.example"})
        except VapidException as error:
            raise ConfigurationError(f"web_push_contact {contact!r}: mailto:... or https://... is needed") from error
        self._key, self._contact = key, contact

    def carries_pictures(self, point: ContactPoint) -> bool:
        """No way does: a payload has room for 4 KB (RFC 8030, section 7.2)."""
        return False

    def send(self, point: ContactPoint, message: Message) -> Failure | None:
        with requests.Session() as session:
            session.max_redirects = 0  # a subscription names its service; it must not lead elsewhere
            try:
                subscription = msgspec.json.decode(point.address, type=_Subscription)
                webpush(
                    msgspec.to_builtins(subscription),
                    _payload(message),
                    vapid_private_key=self._key.vapid,
                    vapid_claims={"sub": self._contact},
                    timeout=TIMEOUT_S,
                    ttl=KEPT_S if message.urgent else KEPT_UNHURRIED_S,
                    headers={"Urgency": "high" if message.urgent else "normal", "Topic": topic_of(message)},
                    requests_session=session,
                )
            except WebPushException as error:
                return _refusal(error.response)
            except requests.Timeout:
                return Failure.TIMEOUT
            except requests.RequestException:
                return Failure.NOT_TAKEN
            except (ValueError, VapidException):
                return Failure.BAD_ADDRESS
            except Exception as error:  # noqa: BLE001 - a library's fault is a failure of this way; its words may hold secrets
                _log.error("sending failed by a fault", contact_id=point.contact_id, error=type(error).__name__)
                return Failure.FAULT
        return None


def topic_of(message: Message) -> str:
    """What the push service has not delivered yet of the same topic is replaced: a phone shows an alarm once."""
    digest = hashlib.sha256(message.topic.encode()).digest()
    return base64.urlsafe_b64encode(digest).decode()[:TOPIC_CHARACTERS]


class _Keys(msgspec.Struct):
    p256dh: str
    auth: str


class _Subscription(msgspec.Struct):
    endpoint: str
    keys: _Keys


def checked_subscription(text: str) -> str:
    """A browser's subscription as it is stored, without what nobody needs; ConfigurationError when it is none.

    The service must be a host with a name, by HTTPS: this machine sends to whatever stands there.
    """
    try:
        given = msgspec.json.decode(text, type=_Subscription)
        parts = urlsplit(given.endpoint)
        named = any(letter.isalpha() for letter in (parts.hostname or "").rpartition(".")[2])
    except (msgspec.DecodeError, ValueError) as error:
        raise ConfigurationError("web push: not a subscription of a browser") from error
    if parts.scheme != "https" or not named or "." not in (parts.hostname or ""):
        raise ConfigurationError("web push: the push service must be reached by HTTPS and a name")
    return msgspec.json.encode(given).decode()


def _payload(message: Message) -> str:
    said: dict[str, Any] = {
        "title": message.title,
        "body": message.text,
        "tag": message.topic,
        "key": message.key,
        "path": message.path,
        "lang": message.language,
        "urgent": message.urgent,
    }
    return json.dumps(said, ensure_ascii=False)


def _refusal(response: Any) -> Failure:
    """Without a response the message could not even be encrypted for this subscription."""
    if response is None:
        return Failure.BAD_ADDRESS
    return Failure.GONE if response.status_code in GONE_STATUSES else Failure.NOT_TAKEN
