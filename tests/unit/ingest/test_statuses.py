"""What a belt says of itself, from bytes to statuses."""

import pytest

from domain.belts import BeltStatus
from ingest.decoding import Decoded, decode
from tests.unit.ingest.fakes import NOW, delivery, reading, status


def told(body: bytes) -> BeltStatus:
    decoded = decode([status(body)])
    assert decoded.refused == []
    (found,) = decoded.statuses
    return found


def refused(*bodies: bytes) -> Decoded:
    decoded = decode([status(body) for body in bodies])
    assert len(decoded.batch) == 0
    return decoded


def test_everything_a_belt_may_tell() -> None:
    assert told(b'{"online": true, "battery": 87, "firmware": "1.4"}') == BeltStatus(
        belt_id="b1", at=NOW, online=True, battery=87.0, charging=False, firmware="1.4"
    )


@pytest.mark.parametrize("body", [b"{}", b'{"online": null, "rssi": -70, "battery": null}'])
def test_what_is_missing_is_not_told_and_other_fields_are_passed_over(body: bytes) -> None:
    assert told(body) == BeltStatus(belt_id="b1", at=NOW)


def test_255_is_a_belt_that_is_charged_with_an_unknown_charge() -> None:
    assert told(b'{"battery": 255}') == BeltStatus(belt_id="b1", at=NOW, charging=True)


@pytest.mark.parametrize(("battery", "percent"), [(b"0", 0.0), (b"100", 100.0), (b"12.5", 12.5)])
def test_the_ends_of_the_scale(battery: bytes, percent: float) -> None:
    assert told(b'{"battery": %b}' % battery).battery == percent


@pytest.mark.parametrize("battery", [b"-1", b"100.5", b"101", b"254", b"256"])
def test_a_charge_that_cannot_be_costs_the_charge_only(battery: bytes) -> None:
    decoded = refused(b'{"online": false, "battery": %b, "firmware": "2"}' % battery)
    assert decoded.statuses == [BeltStatus(belt_id="b1", at=NOW, online=False, firmware="2")]
    (entry,) = decoded.refused
    assert entry.reason == "battery-out-of-range"
    assert battery.decode() in entry.detail
    assert entry.topic == "care/c1/b1/status"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"offline", "not-json"),
        (b'{"online": true', "not-json"),
        (b"\xff", "not-utf-8"),
        (b'{"online": 1}', "wrong-type"),
        (b'{"battery": "87"}', "wrong-type"),
        (b'{"battery": true}', "wrong-type"),
        (b'{"firmware": 1.4}', "wrong-type"),
        (b'{"firmware": "%b"}' % (b"1" * 65), "wrong-type"),
        (b'[{"online": true}]', "wrong-type"),
        (b"true", "wrong-type"),
        (b'{"x":' + b"[" * 100_000, "not-json"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_reason(body: bytes, reason: str) -> None:
    decoded = refused(body, b'{"battery": 50}')
    assert [entry.reason for entry in decoded.refused] == [reason]
    assert decoded.refused[0].payload == body[: 64 * 1024]
    assert [status.battery for status in decoded.statuses] == [50.0]


@pytest.mark.parametrize(
    ("topic", "reason"),
    [
        ("care/c1/status", "bad-topic"),
        ("care/c1/b1/x/status", "bad-topic"),
        ("home/c1/b1/status", "bad-topic"),
        ("care/c 1/b1/status", "bad-topic"),
        ("care/c1/b 1/status", "bad-belt-id"),
    ],
)
def test_topics_of_another_form(topic: str, reason: str) -> None:
    decoded = decode([delivery(b'{"online": true}', topic=topic)])
    assert [entry.reason for entry in decoded.refused] == [reason]
    assert decoded.statuses == []


def test_a_status_that_was_taken_back_is_nothing() -> None:
    decoded = decode([status(b"")])
    assert (decoded.statuses, decoded.refused, len(decoded.batch)) == ([], [], 0)


def test_statuses_come_in_order_of_arrival_between_readings() -> None:
    decoded = decode([status(b'{"online": true}'), reading(), status(b'{"online": false}')])
    assert [status.online for status in decoded.statuses] == [True, False]
    assert len(decoded.batch) == 1


def test_one_that_upsets_the_decoder_leaves_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    poison = b'{"firmware": "poison"}'

    def fails(belt_id: str, payload: bytes, at: int) -> tuple[BeltStatus, list[object]]:
        if payload == poison:
            raise ZeroDivisionError
        return BeltStatus(belt_id=belt_id, at=at), []

    monkeypatch.setattr("ingest.decoding.status_of", fails)
    decoded = decode([status(b"1", belt="b1"), status(poison, belt="b2"), status(b"3", belt="b3")])
    assert [status.belt_id for status in decoded.statuses] == ["b1", "b3"]
    assert [entry.reason for entry in decoded.refused] == ["decoder-failed"]


def test_a_retained_status_is_told_and_retained_readings_are_passed_over() -> None:
    array = delivery(b'[{"ts": %d}, {"ts": %d}]' % (NOW, NOW - 1), belt="b2")
    decoded = decode([one._replace(retained=True) for one in (status(b'{"online": true}'), reading(), array)])
    assert [status.online for status in decoded.statuses] == [True]
    assert len(decoded.batch) == 0
    assert decoded.retained == 3
    assert decoded.refused == []
