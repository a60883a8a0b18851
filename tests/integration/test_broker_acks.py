"""What brokers do with packet ids across connections: the experiment behind docs/decisions/0002.

Spoken on the wire, without a client library between the question and the answer.
"""

import contextlib
import socket
import struct
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from ingest.transport import parse_publish
from tests.integration.engines import Broker, mosquitto, nats

CONNECT, CONNACK, PUBLISH, PUBACK, SUBSCRIBE, SUBACK, PINGREQ, PINGRESP = 1, 2, 3, 4, 8, 9, 12, 13
V311, V5 = 4, 5
KEEPALIVE_S = 60
ANSWER_S = 5.0
SESSION_EXPIRY_S = 600
TOPIC = "care/c1/b1/readings"
FILTER = "care/+/+/readings"
QUICK_NATS = 'ack_wait: "1s"'  # how long nats-server waits for an ack before it delivers again; 30 s by itself
QUIET_S = 1.6  # longer than that


class Arrival(NamedTuple):
    payload: bytes
    mid: int
    dup: bool


class Wire:
    """One MQTT connection with a kept session, packet by packet."""

    def __init__(self, broker: Broker, version: int, client_id: str) -> None:
        self._version = version
        self._sock = socket.create_connection((broker.host, broker.port), timeout=ANSWER_S)
        properties = b"\x05\x11" + struct.pack("!I", SESSION_EXPIRY_S) if version == V5 else b""
        name = client_id.encode()
        body = b"\x00\x04MQTT" + struct.pack("!BBH", version, 0, KEEPALIVE_S) + properties
        self._send(CONNECT, 0, body + struct.pack("!H", len(name)) + name)
        kind, _, answer = self._packet()
        assert kind == CONNACK
        assert answer[1] == 0
        self._early: list[Arrival] = []
        self.resumed = bool(answer[0] & 1)

    def subscribe(self, topic_filter: str) -> None:
        properties = b"\x00" if self._version == V5 else b""
        name = topic_filter.encode()
        self._send(SUBSCRIBE, 2, b"\x00\x01" + properties + struct.pack("!H", len(name)) + name + b"\x01")
        self._until(SUBACK)

    def publish(self, mid: int, payload: bytes) -> None:
        """At QoS 1, and wait for the broker's ack."""
        properties = b"\x00" if self._version == V5 else b""
        name = TOPIC.encode()
        head = struct.pack("!H", len(name)) + name + struct.pack("!H", mid) + properties
        self._send(PUBLISH, 2, head + payload)
        self._until(PUBACK)

    def ack(self, mid: int) -> None:
        """Returns when the broker has taken it in: it answers packets in order."""
        self._send(PUBACK, 0, struct.pack("!H", mid))
        self._send(PINGREQ, 0, b"")
        self._until(PINGRESP)

    def arrivals(self, count: int, within_s: float = ANSWER_S) -> list[Arrival]:
        """The next `count` messages, or what came within the time."""
        found, self._early = self._early, []
        deadline = time.monotonic() + within_s
        with contextlib.suppress(TimeoutError):
            while len(found) < count and (left_s := deadline - time.monotonic()) > 0:
                self._sock.settimeout(left_s)
                kind, flags, body = self._packet()
                if kind == PUBLISH:
                    found.append(self._arrival(flags, body))
        self._sock.settimeout(ANSWER_S)
        return found

    def drop(self) -> None:
        """Gone without a goodbye; again does nothing."""
        if self._sock.fileno() < 0:
            return
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._sock.close()

    def _until(self, wanted: int) -> None:
        while True:
            kind, flags, body = self._packet()
            if kind == wanted:
                return
            if kind == PUBLISH:
                self._early.append(self._arrival(flags, body))

    def _arrival(self, flags: int, body: bytes) -> Arrival:
        _, payload, mid = parse_publish(body, acked=True, properties=self._version == V5)
        return Arrival(payload, mid, bool(flags & 8))

    def _send(self, kind: int, flags: int, body: bytes) -> None:
        assert len(body) < 128
        self._sock.sendall(bytes([kind << 4 | flags, len(body)]) + body)

    def _packet(self) -> tuple[int, int, bytes]:
        first, length = self._exactly(2)
        assert length < 128
        return first >> 4, first & 15, self._exactly(length)

    def _exactly(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            more = self._sock.recv(count - len(data))
            if not more:
                raise ConnectionError("closed by the broker")
            data += more
        return data


Wires = Callable[[Broker, int], Wire]


@pytest.fixture
def wires() -> Iterator[Wires]:
    with contextlib.ExitStack() as opened:

        def connect(broker: Broker, version: int) -> Wire:
            wire = Wire(broker, version, "acks-subscriber")
            opened.callback(wire.drop)
            wire.subscribe(FILTER)
            return wire

        yield connect


def _publish(broker: Broker, version: int, payloads: list[bytes]) -> None:
    wire = Wire(broker, version, "acks-publisher")
    for mid, payload in enumerate(payloads, 1):
        wire.publish(mid, payload)
    wire.drop()


def _by_id(arrivals: list[Arrival]) -> dict[int, bytes]:
    return {arrival.mid: arrival.payload for arrival in arrivals}


def _after_restart(wires: Wires, broker: Broker, version: int) -> tuple[dict[int, bytes], dict[int, bytes], Wire]:
    """Four messages, the first acked, the connection dropped, the broker restarted, one more message.

    Returns which message had which packet id before and after, and the new connection.
    """
    subscriber = wires(broker, version)
    _publish(broker, version, [b"A", b"B", b"C", b"D"])
    before = subscriber.arrivals(4)
    subscriber.ack(before[0].mid)
    subscriber.drop()
    broker.stop()
    broker.start()
    subscriber = wires(broker, version)
    _publish(broker, version, [b"E"])
    return _by_id(before), _by_id(subscriber.arrivals(4)), subscriber


@pytest.mark.engine("mosquitto")
@pytest.mark.parametrize("version", [V311, V5])
def test_mosquitto_keeps_packet_ids_over_a_drop_and_a_restart(wires: Wires, tmp_path: Path, version: int) -> None:
    with mosquitto(tmp_path) as broker:
        before, after, subscriber = _after_restart(wires, broker, version)
        assert before == {1: b"A", 2: b"B", 3: b"C", 4: b"D"}
        assert after == {2: b"B", 3: b"C", 4: b"D", 5: b"E"}
        subscriber.ack(2)
        subscriber.drop()
        assert _by_id(wires(broker, version).arrivals(4, QUIET_S)) == {3: b"C", 4: b"D", 5: b"E"}


@pytest.mark.engine("nats-server")
def test_nats_gives_packet_ids_anew_after_a_restart_so_an_old_ack_loses_a_message(wires: Wires, tmp_path: Path) -> None:
    with nats(tmp_path, mqtt=QUICK_NATS) as broker:
        before, after, subscriber = _after_restart(wires, broker, V311)
        assert sorted(after.values()) == [b"B", b"C", b"D", b"E"]
        taken_over = [mid for mid in after if mid in before and before[mid] != after[mid]]
        assert taken_over, f"ids kept: {before} {after}"
        mid = taken_over[0]
        subscriber.ack(mid)  # meant for before[mid]
        subscriber.drop()
        again = _by_id(wires(broker, V311).arrivals(8, 2 * QUIET_S))
        assert after[mid] not in again.values(), "the broker takes the old ack for the new message"
        assert len(set(again.values())) == 3


@pytest.mark.engine("nats-server")
def test_nats_delivers_again_on_the_same_connection_under_the_same_id(wires: Wires, tmp_path: Path) -> None:
    with nats(tmp_path, mqtt=QUICK_NATS) as broker:
        subscriber = wires(broker, V311)
        _publish(broker, V311, [b"A"])
        first, second = subscriber.arrivals(2)
        assert (first.payload, first.dup, second.payload, second.dup) == (b"A", False, b"A", True)
        assert first.mid == second.mid
        subscriber.ack(first.mid)
        assert subscriber.arrivals(1, QUIET_S) == []
