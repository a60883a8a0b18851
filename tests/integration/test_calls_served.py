"""Calls through the running service: queued in its records, sent to a real receiver, noted, and not sent again."""

import json
from pathlib import Path

import pytest
from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from alerts.lifecycle import step
from domain.alarms import Alarm, Raise
from domain.calls import Call, CallReason
from domain.contacts import ContactPoint, WayKind
from domain.deliveries import DeliveryState
from domain.people import Person, Role
from domain.ports import BedEntry
from domain.residents import Center, Resident
from tests.integration.engines import Broker, until
from tests.integration.receivers import mail_server, web_receiver
from tests.integration.served import Served, served
from tests.unit.api.world import build_world

pytestmark = pytest.mark.engine("mosquitto")
NURSE = Person(person_id="p-li", login="li", name="Li", role=Role.CAREGIVER, password_hash="", center_id="elm")


def furnish(service: Served, *addresses: str) -> Alarm:
    """One bed, one nurse with these ways, one alarm."""
    stores = service.stores
    bed = BedEntry(
        room_id="r", room="102", bed_id="b3", bed="A", resident=Resident(resident_id="r3", name="Chen Meilan")
    )
    stores.register.enroll(Center(center_id="elm", name="Elm"), [bed], 0)
    stores.people.save(NURSE)
    for rank, address in enumerate(addresses):
        stores.contacts.save(
            ContactPoint(
                contact_id=f"k{rank}",
                center_id="elm",
                person_id="p-li",
                rank=rank,
                kind=WayKind.APPRISE,
                address=address,
            )
        )
    alarm = build_world().build_alarm(3)
    stores.book.apply([Raise(alarm_id=alarm.alarm_id, at=alarm.raised_at, alarm=alarm)], step)
    return alarm


def call(alarm: Alarm, key: str) -> Call:
    return Call(key=key, alarm_id=alarm.alarm_id, person_id="p-li", level=0, reason=CallReason.ON_DUTY, due_at=1)


def test_a_call_goes_out_once_and_over_a_restart(tmp_path: Path, mosquitto_broker: Broker) -> None:
    with web_receiver() as receiver:
        with served(tmp_path / "data", mosquitto_broker) as service:
            alarm = furnish(service, f"json://127.0.0.1:{receiver.port}/")
            service.stores.outbox.queue([call(alarm, "one")])
            until(lambda: service.stores.outbox.of_alarm(alarm.alarm_id)[0].state is DeliveryState.SENT)
            receiver.answering.clear()
            service.stores.outbox.queue([call(alarm, "two")])
            until(lambda: len(receiver.posted) == 2)
            receiver.answering.set()
        with served(tmp_path / "data", mosquitto_broker) as service:
            service.stores.outbox.queue([call(alarm, key) for key in ("one", "two", "three")])
            until(lambda: len(receiver.posted) == 3)
            until(lambda: not service.stores.outbox.due(2**60))
    assert [posted.headers["idempotency-key"] for posted in receiver.posted] == ["one", "two", "three"]
    assert "room 102, bed A" in json.loads(receiver.posted[0].body)["title"]
    assert not any(b"Chen" in posted.body for posted in receiver.posted)


def test_the_broker_has_the_alarm_for_nurse_call(tmp_path: Path, mosquitto_broker: Broker) -> None:
    heard: dict[str, bytes] = {}
    client = mqtt.Client(CallbackAPIVersion.VERSION2, "nurse-call")
    client.on_message = lambda _c, _u, message: heard.update({message.topic: bytes(message.payload)})
    client.connect(mosquitto_broker.host, mosquitto_broker.port)
    client.subscribe("care/elm/alarms/+", 1)
    client.loop_start()
    try:
        with served(tmp_path / "data", mosquitto_broker, mqtt_alarms=True) as service:
            alarm = furnish(service)
            until(lambda: f"care/elm/alarms/{alarm.alarm_id}" in heard)
    finally:
        client.disconnect()
        client.loop_stop()
    assert json.loads(heard[f"care/elm/alarms/{alarm.alarm_id}"])["state"] == "active"


def test_a_dead_way_is_an_alarm_and_the_next_one_is_taken(
    tmp_path: Path, mosquitto_broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alerts.channels.RETRY_FIRST_MS", 100)
    with web_receiver() as dead, mail_server() as mailbox, served(tmp_path / "data", mosquitto_broker) as service:
        dead.status = 500
        mail = f"mailto://127.0.0.1:{mailbox.port}?from=nightbelt@example.org&to=li@example.org"
        alarm = furnish(service, f"json://127.0.0.1:{dead.port}/", mail)
        service.stores.outbox.queue([call(alarm, "one")])
        until(lambda: mailbox.mails, within_s=30)
        rules = [str(one.rule) for one in service.stores.book.open_alarms("elm")]
        assert sorted(rules) == ["channel-failing", str(alarm.rule)]
    assert len(dead.posted) == 3
    assert mailbox.mails[0]["Idempotency-Key"] == "one"
