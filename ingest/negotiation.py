"""How to come back to a broker: which MQTT version to speak and how long to wait before the next try."""

import random

from paho.mqtt.enums import MQTTProtocolVersion

FIRST_DELAY_S = 0.5
DELAY_CAP_S = 15.0
DELAY_FACTOR = 2.0
JITTER_FLOOR = 0.5  # a wait is this share of the delay at least, so that many clients do not come back at once


class ProtocolChoice:
    """MQTT 5 where the broker takes it, else 3.1.1. What was taken once stays, until the broker says it speaks no such.

    Before anything was taken, a connection that is closed without an answer makes the next try use the other version.
    """

    def __init__(self) -> None:
        self.version = MQTTProtocolVersion.MQTTv5
        self._settled = False

    def accepted(self) -> None:
        self._settled = True

    def refused_version(self) -> None:
        """The broker said that it does not speak this version."""
        self._settled = False
        self._switch()

    def closed_unanswered(self) -> None:
        """The connection ended before the broker had answered the connect."""
        if not self._settled:
            self._switch()

    def _switch(self) -> None:
        v5, v311 = MQTTProtocolVersion.MQTTv5, MQTTProtocolVersion.MQTTv311
        self.version = v311 if self.version == v5 else v5


class Backoff:
    """Growing waits (s of real time) with jitter and a cap."""

    def __init__(self, *, first_s: float = FIRST_DELAY_S, cap_s: float = DELAY_CAP_S) -> None:
        self._first_s = first_s
        self._cap_s = cap_s
        self._delay_s = first_s

    def next_s(self) -> float:
        delay_s = self._delay_s
        self._delay_s = min(delay_s * DELAY_FACTOR, self._cap_s)
        return delay_s * random.uniform(JITTER_FLOOR, 1.0)  # noqa: S311 - jitter is no secret

    def reset(self) -> None:
        self._delay_s = self._first_s
