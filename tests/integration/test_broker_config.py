"""What `nightbelt broker-config` writes, at the real brokers: who may log in, publish and hear what."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.reasoncodes import ReasonCode
from structlog.testing import capture_logs

from domain.belts import BeltStatus
from domain.residents import Center
from ingest.decoder import Decoder
from ingest.profiles.loading import load_profiles
from ingest.source import READINGS_FILTER
from tests.integration.configured import Configured, bed_with, configured, enroll, kinds
from tests.integration.engines import until
from tests.integration.test_ingest_brokers import CLOCK, Ward, source_at, take, ward_at

ANSWER_S = 10.0
BELTS = ("b0", "b1", "b2")
DOTTED = "b.5"
GATEWAY = "gate"
NOT_HEARD_S = 1.0


@pytest.fixture
def data(tmp_path: Path) -> Path:
    data = tmp_path / "data"
    enroll(data, Center(center_id="c1", name="One"), [bed_with(belt, f"bed-{belt}") for belt in (*BELTS, DOTTED)])
    enroll(data, Center(center_id="c2", name="Two"), [bed_with("b6", "bed-b6"), bed_with(None, "bed-none")])
    return data


@pytest.fixture
def broker(kind: str, tmp_path: Path, data: Path) -> Iterator[Configured]:
    with configured(kind, tmp_path / "broker", data, None, GATEWAY) as broker:
        yield broker


class Device:
    """A client that logs in, and remembers what it was told."""

    def __init__(self, broker: Configured, login: str, password: str, client_id: str, will: str | None) -> None:
        self.answers: list[ReasonCode] = []
        self.heard: list[str] = []
        self.granted: list[ReasonCode] = []
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id, reconnect_on_failure=False)
        self._client.username_pw_set(login, password)
        if will is not None:
            self._client.will_set(will, b'{"online": false}', qos=1, retain=True)
        self._client.on_connect = lambda _c, _u, _f, reason, _p: self.answers.append(reason)
        self._client.on_message = lambda _c, _u, message: self.heard.append(message.topic)
        self._client.on_subscribe = lambda _c, _u, _m, reasons, _p: self.granted.extend(reasons)
        self._client.connect(broker.host, broker.port)
        self._client.loop_start()
        until(lambda: self.answers)

    @property
    def connected(self) -> bool:
        return self._client.is_connected()

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> mqtt.MQTTMessageInfo:
        sent = self._client.publish(topic, payload, qos=1, retain=retain)
        assert sent.rc == MQTTErrorCode.MQTT_ERR_SUCCESS
        return sent

    def read(self, belt_id: str, center_id: str = "c1") -> int:
        """Publish a reading of the belt; returns its instant."""
        at = CLOCK.now()
        self.publish(f"care/{center_id}/{belt_id}/readings", json.dumps({"ts": at}).encode())
        return at

    def subscribe(self, topic_filter: str) -> None:
        self._client.subscribe(topic_filter, 1)
        until(lambda: self.granted)

    def vanish(self) -> None:
        """Gone without a goodbye."""
        sock = self._client.socket()
        assert sock is not None
        self._client.loop_stop()
        sock.close()

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@contextmanager
def device(
    broker: Configured, login: str, *, password: str | None = None, client_id: str = "", will: str | None = None
) -> Iterator[Device]:
    logins = broker.logins
    known = {**logins.service, **logins.gateways, **logins.belts}
    device = Device(broker, login, password or known[login], client_id, will)
    try:
        yield device
    finally:
        device.close()


@contextmanager
def service_at(broker: Configured) -> Iterator[Ward]:
    with ward_at(broker, username="nightbelt", password=broker.logins.service["nightbelt"]) as ward:
        yield ward


def lets_in(broker: Configured, login: str, password: str) -> bool:
    with device(broker, login, password=password) as one:
        return not one.answers[0].is_failure


def told(ward: Ward) -> dict[str, BeltStatus]:
    return {status.belt_id: status for status in ward.statuses.all()}


@kinds
def test_a_belt_publishes_under_its_own_id_and_nowhere_else(broker: Configured, kind: str) -> None:
    with service_at(broker) as service:
        reading, status = json.dumps({"ts": CLOCK.now()}).encode(), b'{"online": false}'
        foreign = {"care/c1/b2/readings": reading, "care/c2/b1/readings": reading, "care/c1/b2/status": status}
        for topic, payload in {**foreign, "care/c1/b1/other": b"{}", "care/c1/alarms/x": b"{}"}.items():
            with device(broker, "b1") as foe:
                foe.publish(topic, payload, retain=True).wait_for_publish(ANSWER_S)  # it is answered, and goes nowhere
        with device(broker, "b1") as belt:
            at = belt.read("b1")
            until(lambda: service.stored() == [("b1", at)])
            belt.publish("care/c1/b1/status", b'{"online": true}', retain=True)
            until(lambda: "b1" in told(service))
        assert set(told(service)) == {"b1"}
        assert service.quarantine.counts() == {}
        assert service.stored() == [("b1", at)]


@kinds
def test_an_id_with_a_dot_is_one_id(broker: Configured, kind: str) -> None:
    with service_at(broker) as service, device(broker, DOTTED) as belt:
        belt.publish(f"care/c1/{DOTTED}/status", b'{"battery": 9}', retain=True)
        until(lambda: DOTTED in told(service))


@kinds
def test_a_last_will_is_for_the_own_id_only(broker: Configured, kind: str) -> None:
    with service_at(broker) as service:
        with (
            device(broker, "b2", will="care/c1/b1/status") as foe,
            device(broker, "b1", will="care/c1/b1/status") as one,
        ):
            one.publish("care/c1/b1/status", b'{"online": true}', retain=True)
            until(lambda: "b1" in told(service))
            foe.vanish()
            one.publish("care/c1/b1/status", b'{"battery": 50}', retain=True)
            until(lambda: told(service)["b1"].battery == 50)
            time.sleep(NOT_HEARD_S)  # a will that is refused leaves no trace to wait for
            assert told(service)["b1"].online is True
            one.vanish()
        until(lambda: told(service)["b1"].online is False)


@kinds
def test_a_belt_hears_of_no_other(broker: Configured, kind: str) -> None:
    with device(broker, "b1") as curious, service_at(broker) as service, device(broker, "b2") as belt:
        curious.subscribe("care/+/+/readings")
        curious.subscribe("#")
        curious.subscribe("care/c1/b2/status")
        at = belt.read("b2")
        belt.publish("care/c1/b2/status", b'{"online": true}', retain=True)
        until(lambda: service.stored() == [("b2", at)])
        until(lambda: told(service))
        time.sleep(NOT_HEARD_S)  # what is not delivered leaves no trace to wait for
        assert curious.heard == []


@kinds
@pytest.mark.parametrize(("login", "password"), [("b1", "wrong"), ("b1", "b2's"), ("b7", "any"), ("nightbelt", "no")])
def test_who_has_no_right_password_is_let_in_nowhere(broker: Configured, kind: str, login: str, password: str) -> None:
    given = broker.logins.belts["b2"] if password == "b2's" else password
    with device(broker, login, password=given) as stranger:
        assert [reason.is_failure for reason in stranger.answers] == [True]


@kinds
def test_a_gateway_speaks_for_every_belt_and_nothing_else(broker: Configured, kind: str) -> None:
    with service_at(broker) as service:
        with device(broker, GATEWAY) as gateway:
            stranger = json.dumps({"ts": CLOCK.now()}).encode()
            gateway.publish("care/c1/b3/readings", stranger).wait_for_publish(ANSWER_S)
        with device(broker, GATEWAY) as gateway:
            sent = sorted([("b1", gateway.read("b1")), ("b2", gateway.read("b2")), ("b6", gateway.read("b6", "c2"))])
            until(lambda: service.stored() == sent)


@kinds
def test_the_service_has_its_session_and_publishes_alarms(broker: Configured, kind: str) -> None:
    with service_at(broker), device(broker, "b1") as belt:
        pass
    with device(broker, "b1") as belt:
        belt.publish("care/c1/b1/readings", json.dumps({"ts": (at := CLOCK.now())}).encode()).wait_for_publish(ANSWER_S)
    with capture_logs() as logs, service_at(broker) as service:
        until(lambda: service.stored() == [("b1", at)])
        assert [entry["resumed"] for entry in logs if entry["event"] == "broker connected"] == [True]
        until(lambda: service.count("held_messages") == 0)
    with device(broker, "nightbelt", client_id="alarms") as service_too:
        sent = service_too.publish("care/c1/alarms/r1", b"{}")
        sent.wait_for_publish(ANSWER_S)
        assert sent.is_published()
        assert service_too.connected


@pytest.mark.engine("mosquitto")
@pytest.mark.parametrize("kind", ["mosquitto"])
def test_a_belt_cannot_take_the_sessions_of_others(broker: Configured, kind: str) -> None:
    with service_at(broker) as service, device(broker, "b1", client_id="nightbelt") as thief:
        at = thief.read("b1")
        until(lambda: service.stored() == [("b1", at)])
        assert service.source.connected
        assert service.count("sessions_lost_total") == 0


@kinds
def test_other_makers_belts_publish_under_their_own_ids(kind: str, tmp_path: Path, data: Path) -> None:
    profiles = ("r60abd1", "thingsboard", "wisleep")
    filters = (READINGS_FILTER, *Decoder(load_profiles(profiles)).topic_filters)
    with configured(kind, tmp_path / "broker", data, None, GATEWAY, profiles=profiles) as broker:
        login = {"username": "nightbelt", "password": broker.logins.service["nightbelt"]}
        with capture_logs() as logs, source_at(broker, topic_filters=filters, **login) as source:
            until(lambda: source.connected)
            assert [entry["event"] for entry in logs] == ["broker connected"], "every subscription was granted"
            topics = "/Radar60SP/{}/sys/property/post", "{}/v1/devices/me/telemetry"
            foreign = [topic.format("b2") for topic in topics]
            for topic in (*foreign, "v1/gateway/telemetry", "x/y/wisleep-eck/org/b1"):
                with device(broker, "b1") as foe:
                    foe.publish(topic, b"no").wait_for_publish(ANSWER_S)
            with device(broker, "b1") as belt:
                for topic in topics:
                    belt.publish(topic.format("b1"), b"{}").wait_for_publish(ANSWER_S)
            with device(broker, GATEWAY) as gateway:
                gateway.publish("v1/gateway/telemetry", b"{}").wait_for_publish(ANSWER_S)
                gateway.publish("/x/y/wisleep-eck/org/b2", b"{}").wait_for_publish(ANSWER_S)
            expected = [*(topic.format("b1") for topic in topics), "v1/gateway/telemetry", "/x/y/wisleep-eck/org/b2"]
            assert [delivery.topic for delivery in take(source, len(expected))] == expected


@kinds
def test_belts_that_come_and_go(broker: Configured, kind: str, data: Path) -> None:
    kept = broker.logins
    enroll(data, Center(center_id="c1", name="One"), [bed_with("b3", "bed-b0"), bed_with("b0", "bed-b1")])
    broker.write()
    assert broker.logins.belts.keys() == {"b0", "b2", "b3", DOTTED, "b6"}
    assert {belt: broker.logins.belts[belt] for belt in ("b0", "b2", DOTTED, "b6")}.items() <= kept.belts.items()
    assert (broker.logins.service, broker.logins.gateways) == (kept.service, kept.gateways)
    with service_at(broker) as service:
        broker.reload()
        until(lambda: lets_in(broker, "b3", broker.logins.belts["b3"]))
        assert not lets_in(broker, "b1", kept.belts["b1"])
        with device(broker, "b3") as newcomer:
            at = newcomer.read("b3")
            until(lambda: service.stored() == [("b3", at)])
