"""A browser's side of web push: its keys, its subscription, and reading what was meant for it."""

import base64
import json
import secrets
from typing import Any

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from py_vapid import Vapid02

from tests.integration.receivers import Posted


class BrowserKeys:
    """One browser that subscribed at `endpoint`."""

    def __init__(self, endpoint: str) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._auth = secrets.token_bytes(16)
        point = self._key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        self.subscription = {"endpoint": endpoint, "keys": {"p256dh": encoded(point), "auth": encoded(self._auth)}}

    def read(self, posted: Posted) -> dict[str, Any]:
        """The message in the clear; an error when it was not meant for this browser."""
        assert posted.headers["content-encoding"] == "aes128gcm"
        clear = http_ece.decrypt(posted.body, private_key=self._key, auth_secret=self._auth, version="aes128gcm")
        message: dict[str, Any] = json.loads(clear)
        return message


def claims_of(posted: Posted, public_key: str) -> dict[str, Any]:
    """What the VAPID token says, when the key that the browser was given has signed it."""
    scheme, _, rest = posted.headers["authorization"].partition(" ")
    parts = dict(part.strip().split("=", 1) for part in rest.split(","))
    assert scheme == "vapid"
    assert parts["k"] == public_key
    signed, _, signature = parts["t"].rpartition(".")
    assert Vapid02.from_raw_public(public_key.encode()).verify_token(signed.encode(), signature)
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(signed.partition(".")[2] + "=="))
    return claims


def encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
