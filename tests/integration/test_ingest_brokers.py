"""The source and the pipeline at real brokers: Mosquitto in MQTT 5, nats-server in MQTT 3.1.1."""

import json
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from domain.clock import SystemClock
from domain.units import DAY_MS
from ingest.inbox import Delivery, Receipt
from ingest.pipeline import Pipeline
from ingest.source import MqttSource
from ingest.statuses import STATUS_FILTER
from tests.fakes.in_memory_belt_statuses import InMemoryBeltStatuses
from tests.integration.engines import Broker, engine_path, free_port, mosquitto, until
from tests.integration.test_broker_acks import V5, V311, Wire
from tests.unit.ingest.fakes import FakeWatch, SwitchedQuarantine, SwitchedReadings

SESSION = "ingest-test"
CLOCK = SystemClock()
BELTS = 7
PUBLISH_TIMEOUT_S = 20.0
VERSIONS = {"mosquitto_broker": MQTTProtocolVersion.MQTTv5, "nats_broker": MQTTProtocolVersion.MQTTv311}

both = pytest.mark.parametrize(
    "engine",
    [
        pytest.param("mosquitto_broker", marks=pytest.mark.engine("mosquitto")),
        pytest.param("nats_broker", marks=pytest.mark.engine("nats-server")),
    ],
)


class Ward:
    """A running pipeline over stores in memory."""

    def __init__(self, broker: Broker, **options: Any) -> None:
        wanted = {"host": broker.host, "port": broker.port, "state_filters": [STATUS_FILTER], **options}
        self.source = MqttSource(client_id=SESSION, clock=CLOCK, **wanted)
        self.store, self.quarantine, self.watch = SwitchedReadings(), SwitchedQuarantine(), FakeWatch()
        self.statuses = InMemoryBeltStatuses()
        self.registry = CollectorRegistry()
        self.pipeline = Pipeline(
            source=self.source,
            store=self.store,
            quarantine=self.quarantine,
            statuses=self.statuses,
            watch=self.watch,
            publish=lambda events: None,
            clock=CLOCK,
            registry=self.registry,
        )

    def stored(self) -> list[tuple[str, int]]:
        batches = [self.store.read(f"b{belt}", 0, 2**62) for belt in range(BELTS)]
        return sorted((f"b{belt}", int(at)) for belt, batch in enumerate(batches) for at in batch.observed_at)

    def count(self, name: str) -> float:
        return self.registry.get_sample_value(f"nightbelt_ingest_{name}") or 0.0


@contextmanager
def ward_at(broker: Broker, **options: Any) -> Iterator[Ward]:
    ward = Ward(broker, **options)
    ward.pipeline.start()
    try:
        until(lambda: ward.source.connected)
        yield ward
    finally:
        ward.pipeline.stop()


@contextmanager
def source_at(broker: Broker, **options: Any) -> Iterator[MqttSource]:
    source = MqttSource(**{"host": broker.host, "port": broker.port, "client_id": SESSION, "clock": CLOCK, **options})
    source.start()
    try:
        yield source
    finally:
        source.stop()


class Belts:
    """A publisher that comes back after a broken connection and repeats what was not confirmed."""

    def __init__(self, broker: Broker) -> None:
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, "belts", clean_session=False)
        self._client.reconnect_delay_set(1, 1)
        self._client.connect(broker.host, broker.port)
        self._client.loop_start()
        self._sent: list[mqtt.MQTTMessageInfo] = []
        self.expected: list[tuple[str, int]] = []
        self._first_at = CLOCK.now()

    def send(self, count: int) -> None:
        for _ in range(count):
            n = len(self.expected)
            belt, at = f"b{n % BELTS}", self._first_at + n
            self._sent.append(self._client.publish(f"care/c1/{belt}/readings", json.dumps({"ts": at}), qos=1))
            self.expected.append((belt, at))

    def confirmed(self) -> None:
        for sent in self._sent:
            sent.wait_for_publish(PUBLISH_TIMEOUT_S)
            assert sent.is_published()

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@contextmanager
def belts_at(broker: Broker) -> Iterator[Belts]:
    belts = Belts(broker)
    try:
        yield belts
    finally:
        belts.close()


def take(source: MqttSource, count: int) -> list[Delivery]:
    taken: list[Delivery] = []

    def enough() -> bool:
        taken.extend(source.take(count - len(taken), 0.05))
        return len(taken) >= count

    until(enough)
    return taken


def _receipts(deliveries: list[Delivery]) -> list[Receipt]:
    return [Receipt(delivery.epoch, delivery.mid) for delivery in deliveries]


@both
def test_every_reading_is_stored_once(engine: str, request: pytest.FixtureRequest) -> None:
    broker: Broker = request.getfixturevalue(engine)
    with ward_at(broker) as ward, belts_at(broker) as belts:
        assert ward.source.protocol == VERSIONS[engine]
        belts.send(3_000)
        belts.confirmed()
        until(lambda: len(ward.stored()) == 3_000)
        assert ward.stored() == sorted(belts.expected)
        until(lambda: ward.count("held_messages") == 0)
        assert ward.count("duplicates_total") == 0


@both
def test_what_came_while_the_service_was_away_is_taken_in(engine: str, request: pytest.FixtureRequest) -> None:
    broker: Broker = request.getfixturevalue(engine)
    with ward_at(broker), belts_at(broker) as belts:
        pass
    with belts_at(broker) as belts:
        belts.send(500)
        belts.confirmed()
        with ward_at(broker) as ward:
            until(lambda: len(ward.stored()) == 500)


@both
def test_a_restart_of_the_broker_loses_and_doubles_nothing(engine: str, request: pytest.FixtureRequest) -> None:
    broker: Broker = request.getfixturevalue(engine)
    with ward_at(broker) as ward, belts_at(broker) as belts:
        belts.send(500)
        until(lambda: len(ward.stored()) > 0)
        broker.stop()
        belts.send(500)
        broker.start()
        belts.send(500)
        belts.confirmed()
        until(lambda: len(ward.stored()) == 1_500)
        assert ward.stored() == sorted(belts.expected)
        assert ward.count("readings_stored_total") == 1_500


@both
def test_unacked_messages_come_again_after_a_drop_and_old_acks_are_forgotten(
    engine: str, request: pytest.FixtureRequest
) -> None:
    broker: Broker = request.getfixturevalue(engine)
    version = V5 if engine == "mosquitto_broker" else V311
    with source_at(broker) as source, belts_at(broker) as belts:
        until(lambda: source.connected)
        belts.send(5)
        first = take(source, 5)
        Wire(broker, version, SESSION).drop()  # throws the source's connection out
        until(lambda: not source.connected)
        until(lambda: source.connected)
        source.ack(_receipts(first))
        again = take(source, 5)
        assert sorted(d.payload for d in again) == sorted(d.payload for d in first)
        assert {d.epoch for d in again}.isdisjoint({d.epoch for d in first})
        source.ack(_receipts(again))
        belts.send(1)
        assert take(source, 1)[0].payload not in [d.payload for d in first]
        assert source.take(1, 1.5) == []


@pytest.mark.engine("nats-server")
def test_a_second_delivery_on_the_same_connection_is_not_taken_twice(nats_broker: Broker) -> None:
    with source_at(nats_broker) as source, belts_at(nats_broker) as belts:
        until(lambda: source.connected)
        belts.send(3)
        taken = take(source, 3)
        assert source.take(1, 2.5) == []
        source.ack(_receipts(taken))


@pytest.mark.engine("mosquitto")
def test_a_full_inbox_stops_the_reading_and_drops_nothing(mosquitto_broker: Broker) -> None:
    with source_at(mosquitto_broker, capacity=100) as source, belts_at(mosquitto_broker) as belts:
        until(lambda: source.connected)
        belts.send(20_000)
        belts.confirmed()
        until(lambda: source.depth >= 100)
        assert source.depth < 10_000
        taken = take(source, 20_000)
        assert len({d.payload for d in taken}) == 20_000


@pytest.mark.engine("mosquitto")
def test_the_store_coming_back_releases_what_was_held(mosquitto_broker: Broker) -> None:
    with ward_at(mosquitto_broker) as ward, belts_at(mosquitto_broker) as belts:
        ward.store.switch.down()
        belts.send(200)
        belts.confirmed()
        until(lambda: sum(len(batch) for batch in ward.watch.observed) == 200)
        assert ward.count("held_messages") == 200
        ward.store.switch.up()
        until(lambda: len(ward.stored()) == 200)
        until(lambda: ward.count("held_messages") == 0)


@pytest.mark.engine("mosquitto")
def test_readings_too_old_are_quarantined(mosquitto_broker: Broker) -> None:
    with ward_at(mosquitto_broker) as ward, belts_at(mosquitto_broker) as belts:
        belts._first_at -= 8 * DAY_MS
        belts.send(1)
        until(lambda: ward.quarantine.counts() == {"time-too-old": 1})


@pytest.mark.engine("mosquitto")
def test_refused_credentials_are_logged_once(tmp_path: Path) -> None:
    with (
        mosquitto(tmp_path, extra="allow_anonymous false") as broker,
        capture_logs() as logs,
        source_at(broker, username="nobody", password="wrong") as source,
    ):
        until(lambda: logs)
        assert source.take(1, 2.0) == []
        assert not source.connected
        assert [entry["event"] for entry in logs] == ["broker refused the connection"]
        assert source.protocol == MQTTProtocolVersion.MQTTv5


def test_a_broker_that_is_not_there_is_logged_once_and_found_later(tmp_path: Path) -> None:
    nowhere = Broker([], free_port(), tmp_path / "log")
    with capture_logs() as logs, source_at(nowhere) as source:
        until(lambda: logs)
        assert source.take(1, 2.0) == []
        assert [entry["event"] for entry in logs] == ["broker unreachable"]


@pytest.mark.engine("mosquitto")
def test_over_tls(tmp_path: Path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    request = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    names = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run([engine_path("openssl"), *request, *names], check=True, capture_output=True)
    tls_port = free_port()
    extra = f"listener {tls_port} 127.0.0.1\ncertfile {certificate}\nkeyfile {key}"
    context = ssl.create_default_context(cafile=str(certificate))
    with mosquitto(tmp_path, extra=extra) as broker, source_at(broker, port=tls_port, tls=context) as source:
        until(lambda: source.connected)
        with belts_at(broker) as belts:
            belts.send(5_000)
            belts.confirmed()
            taken = take(source, 5_000)
            assert len({d.payload for d in taken}) == 5_000
            source.ack(_receipts(taken))
