"""Connections of simulated belts to a broker: one each as far as they go, shared beyond that."""

import socket
import ssl
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any, Final

from paho.mqtt.client import Client, ConnectFlags
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from domain.errors import UnavailableError
from simulators.encoder import status_payload, status_topic

_QOS: Final = 1
_KEEPALIVE_S: Final = 60
_CONNECT_TIMEOUT_S: Final = 1.0
"""Short, because a stop waits for it."""
_ANSWER_S: Final = 5.0
_RECONNECT_S: Final = (1, 15)
"""First and longest wait between attempts."""
_IN_FLIGHT: Final = 100
"""Messages of one connection between publish and acknowledgement."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Broker:
    """Where the belts connect to, and as whom.

    `logins` are passwords by belt id, for a broker that knows each belt; without them all use `username`. `tls` is a
    ready context.
    """

    host: str = "127.0.0.1"
    port: int = 1883
    username: str | None = None
    password: str | None = None
    tls: ssl.SSLContext | None = None
    logins: Mapping[str, str] | None = None


class ConnectionPool:
    """At most `max_connections` connections; belt number i is on connection i modulo their number, always.

    Belts with logins of their own have a connection each, however many they are; what shares one login is one gateway
    with one connection, for a broker may know a session by its login.

    A belt with a connection of its own leaves a last will; belts that share one, as behind a gateway, have none.
    """

    def __init__(self, broker: Broker, center_id: str, belts: Sequence[str], max_connections: int) -> None:
        size = _connections(broker, len(belts), max_connections)
        self._connections = [_Connection(broker, center_id, belts[place::size]) for place in range(size)]

    def open(self) -> None:
        """Start connecting; returns at once. What is published before a connection stands is sent when it does."""
        for connection in self._connections:
            connection.open()

    def publish(self, belt: int, topic: str, payload: bytes) -> None:
        """Send `payload` at QoS 1 over the connection of belt number `belt`."""
        self._connections[belt % len(self._connections)].publish(topic, payload)

    def unacked(self) -> int:
        """How many messages the broker has not acknowledged yet."""
        return sum(connection.unacked() for connection in self._connections)

    def close(self, patience_s: float) -> None:
        """Say that the belts are off, wait up to `patience_s` for the last acknowledgements, and disconnect."""
        for connection in self._connections:
            connection.say_offline()
        waiting = threading.Event()
        rounds = 10
        for _ in range(rounds):
            if not self.unacked():
                break
            waiting.wait(patience_s / rounds)
        for connection in self._connections:
            connection.disconnect()
        for connection in self._connections:
            connection.join()


def check_login(broker: Broker, center_id: str, belt_id: str) -> None:
    """Connect once as the belt would. UnavailableError says why that cannot be."""
    client, answers = _client(broker, center_id, belt_id), SimpleQueue[ReasonCode]()
    client.on_connect = lambda _client, _userdata, _flags, reason, _properties: answers.put(reason)
    name = f"broker {broker.host}:{broker.port}"
    try:
        _greet(broker)
        client.connect(broker.host, broker.port)
        client.loop_start()
        reason = answers.get(timeout=_ANSWER_S)
    except Empty as error:
        raise UnavailableError(name, "no answer") from error
    except OSError as error:
        raise UnavailableError(name, getattr(error, "verify_message", None) or error.strerror or str(error)) from error
    finally:
        client.disconnect()
        client.loop_stop()
    if reason.is_failure:
        raise UnavailableError(name, f"refused: {reason}")


def _greet(broker: Broker) -> None:
    """OSError when nobody listens there, or no TLS comes about."""
    with socket.create_connection((broker.host, broker.port), timeout=_ANSWER_S) as plain:
        if broker.tls is not None:
            broker.tls.wrap_socket(plain, server_hostname=broker.host).close()


def _client(broker: Broker, center_id: str, belt_id: str) -> Client:
    client_id = f"belt-{center_id}-{belt_id}".replace(".", "_")  # nats-server takes no dot in it
    client = Client(CallbackAPIVersion.VERSION2, client_id=client_id)
    client.connect_timeout = _CONNECT_TIMEOUT_S
    if broker.logins is not None:
        client.username_pw_set(belt_id, broker.logins[belt_id])
    elif broker.username is not None:
        client.username_pw_set(broker.username, broker.password)
    if broker.tls is not None:
        client.tls_set_context(broker.tls)
    return client


def _connections(broker: Broker, belts: int, most: int) -> int:
    if broker.logins is not None:
        return belts
    return 1 if broker.username is not None else max(1, min(most, belts))


class _Connection:
    """One paho client with its network thread. Each counter is written by one thread only."""

    def __init__(self, broker: Broker, center_id: str, belts: Sequence[str]) -> None:
        self._broker = broker
        self._status_topics = [status_topic(center_id, belt_id) for belt_id in belts]
        self._sent = 0
        self._statuses_sent = 0
        self._acked = 0
        client = _client(broker, center_id, belts[0])
        client.reconnect_delay_set(*_RECONNECT_S)
        client.max_inflight_messages_set(_IN_FLIGHT)
        if len(belts) == 1:
            client.will_set(self._status_topics[0], status_payload(online=False), qos=_QOS, retain=True)
        client.on_connect = self._on_connect
        client.on_publish = self._on_publish
        self._client = client

    def open(self) -> None:
        self._client.connect_async(self._broker.host, self._broker.port, keepalive=_KEEPALIVE_S)
        self._client.loop_start()

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        info = self._client.publish(topic, payload, qos=_QOS, retain=retain)
        if info.rc not in {MQTTErrorCode.MQTT_ERR_SUCCESS, MQTTErrorCode.MQTT_ERR_NO_CONN}:
            raise UnavailableError("broker", f"message not taken: {info.rc}")
        self._sent += 1

    def unacked(self) -> int:
        return self._sent + self._statuses_sent - self._acked

    def say_offline(self) -> None:
        if self._client.is_connected():
            for topic in self._status_topics:
                self.publish(topic, status_payload(online=False), retain=True)

    def disconnect(self) -> None:
        self._client.disconnect()

    def join(self) -> None:
        self._client.loop_stop()

    def _on_connect(
        self,
        client: Client,
        _userdata: Any,
        _flags: ConnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        """Tell that the belts are there, after each connect: a broken connection has published the will."""
        if reason.is_failure:
            return
        for topic in self._status_topics:
            client.publish(topic, status_payload(online=True), qos=_QOS, retain=True)
            self._statuses_sent += 1

    def _on_publish(
        self, _client: Client, _userdata: Any, _mid: int, _reason: ReasonCode, _properties: Properties
    ) -> None:
        self._acked += 1
