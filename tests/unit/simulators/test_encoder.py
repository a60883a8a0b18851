import json

import pytest

from domain.residents import checked_id
from simulators.encoder import reading_object, readings_payload, readings_topic, status_payload, status_topic
from simulators.garbage import GarbageKind, garbage_payload

AT = 1_795_350_000_123

NUMBERS = ("heart_rate", "breathing_rate", "movement", "turn_overs", "signal_quality")


def test_a_reading_is_the_object_of_the_contract() -> None:
    reading = reading_object(
        observed_at=AT,
        in_bed=True,
        heart_rate=62.0,
        breathing_rate=14.5,
        movement=3.0,
        turn_overs=0.0,
        signal_quality=90.0,
    )
    assert readings_payload([reading]) == (
        b'{"ts":1795350000123,"heart_rate":62,"breathing_rate":14.5,"movement":3,"in_bed":true,'
        b'"turn_overs":0,"signal_quality":90}'
    )


def test_missing_values_are_left_out() -> None:
    reading = reading_object(observed_at=AT, in_bed=False, heart_rate=float("nan"), breathing_rate=None, movement=0.0)
    assert reading == {"ts": AT, "in_bed": False, "movement": 0}


def test_several_readings_are_an_array() -> None:
    readings = [reading_object(observed_at=AT + step, in_bed=True) for step in range(3)]
    assert json.loads(readings_payload(readings)) == readings


def test_topics_and_status() -> None:
    assert readings_topic("c01", "b0001") == "care/c01/b0001/readings"
    assert status_topic("c01", "b0001") == "care/c01/b0001/status"
    assert json.loads(status_payload(online=True, battery=87)) == {"online": True, "battery": 87, "firmware": "1.4"}
    checked_id("belt", "b0001")


def _is_reading(value: object) -> bool:
    """The contract, strictly: an object with a present `ts` in ms and values of the right types."""
    if not isinstance(value, dict) or type(value.get("ts")) is not int:
        return False
    if abs(value["ts"] - AT) > 86_400_000 or not isinstance(value.get("in_bed"), bool):
        return False
    return all(isinstance(value.get(name, 0), int | float) for name in NUMBERS)


@pytest.mark.parametrize("kind", GarbageKind)
@pytest.mark.parametrize("number", [0, 7, 39, 59])
def test_garbage_is_no_reading(kind: GarbageKind, number: int) -> None:
    try:
        value = json.loads(garbage_payload(kind, AT, number).decode())
    except ValueError:
        return
    assert not _is_reading(value)
    assert not (isinstance(value, list) and any(_is_reading(item) for item in value))


def test_garbage_differs_in_the_way_it_is_wrong() -> None:
    def loads(kind: GarbageKind) -> object:
        return json.loads(garbage_payload(kind, AT, 1))

    for kind in (GarbageKind.NOT_JSON, GarbageKind.EMPTY, GarbageKind.TRUNCATED):
        with pytest.raises(json.JSONDecodeError):
            loads(kind)
    with pytest.raises(UnicodeDecodeError):
        garbage_payload(GarbageKind.INVALID_UTF8, AT, 1).decode()
    assert len(garbage_payload(GarbageKind.HUGE_ARRAY, AT, 1)) > 30_000
    assert isinstance(loads(GarbageKind.BARE_VALUE), int)
