"""Alarms on the broker that `broker-config` set up: heard by a nurse-call system, on the session of the readings."""

import json
from pathlib import Path

import pytest

from alerts.lifecycle import step
from domain.alarms import Acknowledge
from domain.residents import Center
from nightbelt.channels.nurse_call import NurseCall
from tests.integration.configured import Configured, bed_with, configured, enroll, kinds
from tests.integration.engines import until
from tests.integration.test_broker_config import ANSWER_S, Device, device, service_at
from tests.unit.api.world import build_world

LISTENER = "calls"


class Heard(Device):
    """A nurse-call system: the last payload of each topic."""

    def __init__(self, broker: Configured, *, client_id: str) -> None:
        self.now: dict[str, bytes] = {}
        super().__init__(broker, LISTENER, broker.logins.listeners[LISTENER], client_id, None)
        self._client.on_message = lambda _c, _u, message: self.now.update({message.topic: bytes(message.payload)})
        self.subscribe("care/elm/alarms/+")

    def state(self, alarm_id: str) -> str | None:
        payload = self.now.get(f"care/elm/alarms/{alarm_id}")
        return json.loads(payload)["state"] if payload else None


@kinds
def test_alarms_are_heard_by_the_listener_and_by_nobody_else(kind: str, tmp_path: Path) -> None:
    data = tmp_path / "data"
    enroll(data, Center(center_id="elm", name="Elm"), [bed_with("b1", "bed-1")])
    world = build_world()
    broker = Configured(kind, tmp_path / "broker", data, None)
    broker.listeners = [LISTENER]
    broker.write()
    broker.start()
    try:
        with service_at(broker) as service:
            call = NurseCall(broker=service.source, book=world.book, centers=lambda: ["elm"])
            first, second = world.raise_alarm(3).alarm, world.raise_alarm(4).alarm
            call.turn()
            early = Heard(broker, client_id="early")
            until(lambda: (early.state(first.alarm_id), early.state(second.alarm_id)) == ("active", "active"))
            world.book.apply([Acknowledge(alarm_id=second.alarm_id, at=world.clock.at, person_id="p-li")], step)
            world.clear(first.alarm_id)
            call.turn()
            until(lambda: early.now.get(f"care/elm/alarms/{first.alarm_id}") == b"")
            until(lambda: early.state(second.alarm_id) == "acknowledged")
            early.close()
            with device(broker, "b1") as belt:
                belt.subscribe("care/elm/alarms/+")
                at = belt.read("b1", "elm")
                until(lambda: ("b1", at) in service.stored())
                assert belt.heard == []
            late = Heard(broker, client_id="late")
            until(lambda: late.state(second.alarm_id) == "acknowledged")
            assert list(late.now) == [f"care/elm/alarms/{second.alarm_id}"]
            late.publish(f"care/elm/alarms/{second.alarm_id}", b"", retain=True).wait_for_publish(ANSWER_S)
            late.close()
            again = Heard(broker, client_id="again")
            until(lambda: again.state(second.alarm_id) == "acknowledged")
            again.close()
            assert service.count("sessions_lost_total") == 0
    finally:
        broker.stop()


@pytest.mark.engine("mosquitto")
def test_a_login_that_may_not_publish_is_told_of(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = tmp_path / "data"
    enroll(data, Center(center_id="c1", name="One"), [bed_with("b1", "bed-1")])
    with configured("mosquitto", tmp_path / "broker", data) as broker, service_at(broker) as service:
        assert service.source.publish("care/elsewhere/alarms/a", b"{}", retain=True)
        until(lambda: "broker refused a publication" in capsys.readouterr().out)
        with device(broker, "b1") as belt:
            at = belt.read("b1", "c1")
            until(lambda: ("b1", at) in service.stored())
