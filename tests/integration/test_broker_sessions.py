"""Sessions that a broker keeps or forgets, and what it retains: Mosquitto and nats-server, for real."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from structlog.testing import capture_logs

from domain.belts import BeltStatus
from tests.integration.engines import Broker, until
from tests.integration.test_ingest_brokers import CLOCK, Ward, both, ward_at

FORGOT = "broker forgot the session, messages since then may be lost"
ANSWER_S = 10.0


@contextmanager
def client_at(broker: Broker, client_id: str = "", will: tuple[str, bytes] | None = None) -> Iterator[mqtt.Client]:
    """A connected publisher; leaves without a goodbye when its socket is closed in between."""
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id)
    if will is not None:
        client.will_set(*will, qos=1, retain=True)
    client.connect(broker.host, broker.port)
    client.loop_start()
    try:
        until(client.is_connected)
        yield client
    finally:
        client.disconnect()
        client.loop_stop()


def publish(client: mqtt.Client, topic: str, payload: bytes, *, retain: bool = False) -> None:
    """Returns when the broker has it."""
    sent = client.publish(topic, payload, qos=1, retain=retain)
    sent.wait_for_publish(ANSWER_S)
    assert sent.is_published()


def told(ward: Ward) -> dict[str, BeltStatus]:
    return {status.belt_id: status for status in ward.statuses.all()}


@pytest.fixture
def broker(engine: str, request: pytest.FixtureRequest) -> Broker:
    found: Broker = request.getfixturevalue(engine)
    return found


@both
def test_a_status_kept_for_newcomers_is_told_at_the_start_and_changes_follow(broker: Broker, engine: str) -> None:
    with client_at(broker) as belts:
        publish(belts, "care/c1/b1/status", b'{"online": true, "battery": 15, "firmware": "1.4"}', retain=True)
        with ward_at(broker) as ward:
            until(lambda: told(ward))
            assert (told(ward)["b1"].online, told(ward)["b1"].battery) == (True, 15.0)
            publish(belts, "care/c1/b1/status", b'{"online": false}', retain=True)
            until(lambda: told(ward)["b1"].online is False)
            assert (told(ward)["b1"].battery, told(ward)["b1"].firmware) == (15.0, "1.4")
            publish(belts, "care/c1/b1/status", b"", retain=True)
            publish(belts, "care/c1/b1/status", b'{"battery": 14}')
            until(lambda: told(ward)["b1"].battery == 14.0)
            assert ward.quarantine.counts() == {}
            until(lambda: ward.count("held_messages") == 0)


@both
def test_a_last_will_says_that_a_belt_is_gone(broker: Broker, engine: str) -> None:
    with ward_at(broker) as ward:
        with client_at(broker, "b1", will=("care/c1/b1/status", b'{"online": false}')) as belt:
            publish(belt, "care/c1/b1/status", b'{"online": true}', retain=True)
            until(lambda: told(ward) and told(ward)["b1"].online)
            sock = belt.socket()
            assert sock is not None
            belt.loop_stop()
            sock.close()
        until(lambda: told(ward)["b1"].online is False)


@both
def test_retained_readings_are_taken_once_and_never_look_like_news(broker: Broker, engine: str) -> None:
    first_at = CLOCK.now()
    with client_at(broker) as belts:
        publish(belts, "care/c1/b1/readings", json.dumps({"ts": first_at}).encode(), retain=True)
        with ward_at(broker) as ward:
            until(lambda: ward.count("retained_readings_total") == 1)
            publish(belts, "care/c1/b1/readings", json.dumps({"ts": first_at + 1}).encode(), retain=True)
            until(lambda: ward.stored() == [("b1", first_at + 1)])
        for n in (2, 3):  # while the service is away: queued for its session, and the last of them retained
            publish(belts, "care/c1/b1/readings", json.dumps({"ts": first_at + n}).encode(), retain=True)
        with ward_at(broker) as again:
            until(lambda: again.count("retained_readings_total") == 1)
            until(lambda: again.stored() == [("b1", first_at + 2), ("b1", first_at + 3)])
            assert len(again.watch.observed) > 0
            assert sum(len(batch) for batch in again.watch.observed) == 2


@both
def test_a_broker_that_restarts_keeps_the_session_and_the_statuses(broker: Broker, engine: str) -> None:
    with client_at(broker) as belts:
        publish(belts, "care/c1/b1/status", b'{"online": true, "battery": 80}', retain=True)
    with capture_logs() as logs, ward_at(broker) as ward:
        until(lambda: told(ward))
        broker.stop()
        until(lambda: not ward.source.connected)
        broker.start()
        until(lambda: ward.source.connected)
        assert ward.count("sessions_lost_total") == 0
        assert FORGOT not in [entry["event"] for entry in logs]
        assert [entry["resumed"] for entry in logs if entry["event"] == "broker connected"] == [False, True]


@pytest.mark.engine("nats-server")
def test_a_subscription_that_is_refused_keeps_no_other_from_serving(nats_broker: Broker) -> None:
    """nats-server has all its unacked messages promised to the first one, and refuses the second."""
    with capture_logs() as logs, ward_at(nats_broker, topic_filters=("care/+/+/readings", "other/#")) as ward:
        refused = [entry for entry in logs if entry["event"] == "broker refused the subscription"]
        assert [(entry["log_level"], entry["filter"]) for entry in refused] == [("error", "other/#")]
        with client_at(nats_broker) as belts:
            at = CLOCK.now()
            publish(belts, "care/c1/b1/readings", json.dumps({"ts": at}).encode())
            until(lambda: ward.stored() == [("b1", at)])


@both
def test_a_session_that_the_broker_forgot_is_warned_of_and_counted(broker: Broker, engine: str, tmp_path: Path) -> None:
    with capture_logs() as logs, ward_at(broker) as ward:
        broker.stop()
        until(lambda: not ward.source.connected)
        _forget(tmp_path)
        broker.start()
        until(lambda: ward.source.connected)
        until(lambda: ward.count("sessions_lost_total") == 1)
        assert [entry["log_level"] for entry in logs if entry["event"] == FORGOT] == ["warning"]
        with client_at(broker) as belts:
            at = CLOCK.now()
            publish(belts, "care/c1/b1/readings", json.dumps({"ts": at}).encode())
            until(lambda: ward.stored() == [("b1", at)])


@both
def test_a_session_from_before_the_start_is_missed_when_it_is_gone(broker: Broker, engine: str, tmp_path: Path) -> None:
    with capture_logs() as logs:
        with ward_at(broker, expects_session=True) as ward:
            until(lambda: ward.count("sessions_lost_total") == 1)
        with ward_at(broker, expects_session=True) as ward:
            assert ward.source.sessions_lost == 0
        assert [entry["event"] for entry in logs].count(FORGOT) == 1


def _forget(folder: Path) -> None:
    """What a broker kept is gone, as on a new disk."""
    (folder / "mosquitto" / "mosquitto.db").unlink(missing_ok=True)
    shutil.rmtree(folder / "nats" / "jetstream", ignore_errors=True)
