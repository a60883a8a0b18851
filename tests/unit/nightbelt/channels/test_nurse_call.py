"""What nurse-call systems are told, and when all of it is told again."""

import json
from dataclasses import dataclass, field

import pytest

from alerts.lifecycle import step
from domain.alarms import Acknowledge, Alarm, GiveBack, Hold, Release, Snooze, Wake
from domain.units import MINUTE_MS
from nightbelt.channels.nurse_call import LOOKED_BACK, NurseCall
from nightbelt.channels.rounds import Rounds
from tests.unit.api.world import NAMES, World, build_world


@dataclass
class FakeBroker:
    """Keeps what is retained."""

    connected: bool = True
    connections: int = 1
    retained: dict[str, bytes] = field(default_factory=dict)
    count: int = 0

    def publish(self, topic: str, payload: bytes, *, retain: bool) -> bool:
        assert retain
        self.count += 1
        self.retained[topic] = payload
        if not payload:
            del self.retained[topic]
        return True


@pytest.fixture
def world() -> World:
    return build_world()


def call_over(world: World, broker: FakeBroker) -> NurseCall:
    return NurseCall(broker=broker, book=world.book, centers=lambda: ["elm", "oak"])


def state(broker: FakeBroker, alarm: Alarm) -> object:
    payload = broker.retained.get(f"care/{alarm.center_id}/alarms/{alarm.alarm_id}")
    return None if payload is None else json.loads(payload)["state"]


def test_an_alarm_is_told_as_it_goes_on_and_cleared_in_the_end(world: World) -> None:
    broker = FakeBroker()
    call, alarm = call_over(world, broker), world.raise_alarm(3).alarm
    call.turn()
    assert state(broker, alarm) == "active"
    world.book.apply([Acknowledge(alarm_id=alarm.alarm_id, at=world.clock.at, person_id="p-li")], step)
    call.turn()
    assert state(broker, alarm) == "acknowledged"
    world.clear(alarm.alarm_id)
    call.turn()
    assert broker.retained == {}
    told = broker.count
    call.turn()
    assert broker.count == told


def test_it_tells_ids_and_no_names(world: World) -> None:
    broker = FakeBroker()
    alarm = world.raise_alarm(3).alarm
    call_over(world, broker).turn()
    ((topic, payload),) = broker.retained.items()
    assert topic == f"care/elm/alarms/{alarm.alarm_id}"
    said = json.loads(payload)
    assert (said["resident_id"], said["bed_id"], said["rule"]) == ("r3", "b3", "leave-bed-not-back")
    assert not any(name in payload.decode() for name in NAMES)
    assert "p-" not in payload.decode()


def test_after_a_connect_all_is_told_anew(world: World) -> None:
    broker = FakeBroker()
    call, first, second = call_over(world, broker), world.raise_alarm(3).alarm, world.raise_alarm(4).alarm
    call.turn()
    broker.connected = False
    world.clear(first.alarm_id)
    call.turn()
    assert state(broker, first) == "active"
    broker.connected, broker.connections = True, 2
    broker.retained.pop(f"care/elm/alarms/{second.alarm_id}")
    call.turn()
    assert (state(broker, first), state(broker, second)) == (None, "active")


def test_what_ended_is_cleared_however_much_happened_while_the_broker_was_away(world: World) -> None:
    broker = FakeBroker()
    call, first = call_over(world, broker), world.raise_alarm(3).alarm
    call.turn()
    broker.connected = False
    world.clear(first.alarm_id)
    busy = world.raise_alarm(4).alarm
    for n in range(LOOKED_BACK):
        act = Acknowledge if n % 2 == 0 else GiveBack
        world.book.apply([act(alarm_id=busy.alarm_id, at=world.clock.at, person_id="p-li")], step)
    broker.connected, broker.connections = True, 2
    call.turn()
    assert state(broker, first) is None


def test_what_is_snoozed_or_held_back_calls_nobody(world: World) -> None:
    broker = FakeBroker()
    call, alarm, at = call_over(world, broker), world.raise_alarm(3).alarm, world.clock.at
    for given, told in (
        (Snooze(alarm_id=alarm.alarm_id, at=at, person_id="p-li", until=at + MINUTE_MS), "silent"),
        (Wake(alarm_id=alarm.alarm_id, at=at + MINUTE_MS), "active"),
        (Hold(alarm_id=alarm.alarm_id, at=at + MINUTE_MS, by="another"), "silent"),
        (Release(alarm_id=alarm.alarm_id, at=at + MINUTE_MS), "active"),
    ):
        world.book.apply([given], step)
        call.turn()
        assert state(broker, alarm) == told


def test_a_part_that_fails_keeps_no_other_from_its_turn() -> None:
    turns: list[str] = []

    def fail() -> None:
        turns.append("bad")
        raise RuntimeError("no")

    rounds = Rounds({"bad": fail, "good": lambda: turns.append("good")})
    rounds.once()
    rounds.once()
    assert turns == ["bad", "good"] * 2
    assert rounds.health() == {"bad": "failing, tried again", "good": "ok"}
