"""What we publish ourselves, on the connection that readings come by: a login at the broker is one session."""

from collections import deque
from typing import Any, Final

import structlog
from paho.mqtt import client as mqtt
from paho.mqtt.reasoncodes import ReasonCode

QOS: Final = 1

_log = structlog.get_logger(__name__)


class Outgoing:
    """Publications that wait for the network thread. `put` from any thread; all else is the network thread's."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[str, bytes, bool]] = deque()
        self._refused = False

    def put(self, topic: str, payload: bytes, *, retain: bool) -> None:
        self._waiting.append((topic, payload, retain))

    def send(self, client: mqtt.Client) -> None:
        while self._waiting:
            topic, payload, retain = self._waiting.popleft()
            client.publish(topic, payload, QOS, retain)

    def clear(self) -> None:
        """The connection is over."""
        self._waiting.clear()
        self._refused = False

    def answered(self, _client: Any, _userdata: Any, _mid: int, reason: ReasonCode, _properties: Any) -> None:
        """Say once a connection that the login may not publish; MQTT 3.1.1 has no answer for it."""
        if reason.is_failure and not self._refused:
            self._refused = True
            _log.error("broker refused a publication", reason=str(reason))
