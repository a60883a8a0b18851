"""Native payloads to columns: what is kept, what goes missing, what goes to quarantine and under which code."""

import json
import math

import pytest

from domain.ports import Quarantined
from domain.readings import Occupancy, SleepStage
from domain.units import DAY_MS, MINUTE_MS
from ingest import decoding
from ingest.decoding import PAYLOAD_LIMIT_BYTES, PROBLEMS_SHOWN, Decoded, decode
from tests.unit.ingest.fakes import NOW, delivery


def _decode(*bodies: object) -> Decoded:
    return decode([delivery(b if isinstance(b, bytes) else json.dumps(b).encode()) for b in bodies])


def _refused(body: object) -> Quarantined:
    """The one quarantine entry of a message of which nothing was stored."""
    decoded = _decode(body)
    assert len(decoded.batch) == 0
    assert len(decoded.refused) == 1
    return decoded.refused[0]


def test_all_fields() -> None:
    body = {"ts": NOW, "heart_rate": 62, "breathing_rate": 14.5, "movement": 3, "in_bed": True}
    decoded = _decode(body | {"turn_overs": 1, "signal_quality": 90, "sleep_stage": "rem"})
    batch = decoded.batch
    assert not decoded.refused
    assert batch.belts == ("b1",)
    assert batch.observed_at.tolist() == batch.received_at.tolist() == [NOW]
    assert batch.heart_rate.tolist() == [62]
    assert batch.breathing_rate.tolist() == [14.5]
    assert batch.movement.tolist() == [3]
    assert batch.turn_overs.tolist() == [1]
    assert batch.signal_quality.tolist() == [90]
    assert batch.in_bed.tolist() == [Occupancy.IN]
    assert batch.sleep_stage.tolist() == [SleepStage.REM]


@pytest.mark.parametrize(
    ("word", "stage"),
    [
        ("awake", SleepStage.AWAKE),
        ("light", SleepStage.LIGHT),
        ("deep", SleepStage.DEEP),
        ("rem", SleepStage.REM),
        ("unknown", SleepStage.UNKNOWN),
        (None, SleepStage.UNKNOWN),
    ],
)
def test_the_stages_of_the_maker(word: str | None, stage: SleepStage) -> None:
    decoded = _decode({"ts": NOW, "sleep_stage": word}, {"ts": NOW + 1})
    assert not decoded.refused
    assert decoded.batch.sleep_stage.tolist() == [stage, SleepStage.UNKNOWN]


@pytest.mark.parametrize("wrong", ["asleep", "Light", "", 2, 1.5, True, ["light"], {"stage": "light"}, "x" * 1000])
def test_a_stage_that_is_none_costs_the_stage_and_not_the_occupancy(wrong: object) -> None:
    decoded = _decode({"ts": NOW, "in_bed": False, "heart_rate": 61, "sleep_stage": wrong})
    assert decoded.batch.in_bed.tolist() == [Occupancy.OUT]
    assert decoded.batch.heart_rate.tolist() == [61]
    assert decoded.batch.sleep_stage.tolist() == [SleepStage.UNKNOWN]
    (entry,) = decoded.refused
    assert entry.reason == "unknown-sleep_stage"
    assert entry.detail.startswith(f"sleep_stage {repr(wrong)[:20]}")
    assert entry.detail.endswith(f"is none of unknown, awake, light, deep, rem (ts {NOW})")
    assert len(entry.detail) < 200


@pytest.mark.parametrize("body", [{"ts": NOW}, {"ts": NOW, "heart_rate": None, "in_bed": None, "later_field": [1]}])
def test_missing_is_missing(body: object) -> None:
    decoded = _decode(body)
    assert not decoded.refused
    assert all(math.isnan(decoded.batch.columns()[name][0]) for name in decoding.LIMITS)
    assert decoded.batch.in_bed.tolist() == [Occupancy.UNKNOWN]
    assert decoded.batch.sleep_stage.tolist() == [SleepStage.UNKNOWN]


def test_nobody_in_bed_is_not_unknown() -> None:
    assert _decode({"ts": NOW, "in_bed": False}).batch.in_bed.tolist() == [Occupancy.OUT]


@pytest.mark.parametrize("none", [0, 255, 0.0])
@pytest.mark.parametrize("name", ["heart_rate", "breathing_rate"])
def test_no_value_marks_are_missing_and_no_error(name: str, none: float) -> None:
    decoded = _decode({"ts": NOW, name: none})
    assert not decoded.refused
    assert math.isnan(decoded.batch.columns()[name][0])


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("heart_rate", 20, 250),
        ("breathing_rate", 2, 60),
        ("movement", 0, 100),
        ("turn_overs", 0, 1_000),
        ("signal_quality", 0, 100),
    ],
)
def test_limits_are_inclusive_and_past_them_only_the_value_is_lost(name: str, low: float, high: float) -> None:
    assert _decode({"ts": NOW, name: low}).batch.columns()[name].tolist() == [low]
    assert _decode({"ts": NOW, name: high}).batch.columns()[name].tolist() == [high]
    for wrong in (low - 0.5, high + 0.5, 1e300):
        decoded = _decode({"ts": NOW, name: wrong, "in_bed": False})
        assert math.isnan(decoded.batch.columns()[name][0])
        assert decoded.batch.in_bed.tolist() == [Occupancy.OUT]
        entry = decoded.refused[0]
        assert entry.reason == f"{name}-out-of-range"
        assert name in entry.detail
        assert repr(float(wrong)) in entry.detail


def test_several_wrong_values_are_one_entry_with_all_of_them_named() -> None:
    decoded = _decode({"ts": NOW, "heart_rate": 300, "movement": 101})
    assert len(decoded.refused) == 1
    assert "heart_rate 300.0" in decoded.refused[0].detail
    assert "movement 101.0" in decoded.refused[0].detail


@pytest.mark.parametrize(
    ("at", "reason"),
    [
        (NOW + 5 * MINUTE_MS + 1, "time-in-future"),
        (NOW - 7 * DAY_MS - 1, "time-too-old"),
        (NOW // 1000, "time-too-old"),
        (0, "time-too-old"),
        (-1, "time-too-old"),
        (2**62, "time-in-future"),
    ],
)
def test_times_that_cannot_be_true(at: int, reason: str) -> None:
    entry = _refused({"ts": at, "in_bed": True})
    assert entry.reason == reason
    assert str(at) in entry.detail


@pytest.mark.parametrize("at", [NOW + 5 * MINUTE_MS, NOW - 7 * DAY_MS])
def test_times_at_the_limit_are_taken(at: int) -> None:
    assert _decode({"ts": at}).batch.observed_at.tolist() == [at]


def test_a_time_that_cannot_be_true_counts_before_a_value() -> None:
    assert _refused({"ts": 5, "heart_rate": 999}).reason == "time-too-old"


@pytest.mark.parametrize(
    ("body", "reason", "named"),
    [
        (b"", "not-json", "truncated"),
        (b"nonsense", "not-json", ""),
        (b'{"ts": 1795350000000', "not-json", "truncated"),
        (b'{"ts": 1795350000000} x', "not-json", "byte"),
        (b'{"ts": NaN}', "not-json", "byte"),
        (b'{"ts": 1795350000000, "heart_rate": Infinity}', "not-json", "byte"),
        (b"[" * 50_000, "not-json", "deep"),
        (b'{"a":' * 50_000, "not-json", "deep"),
        (b'{"ts": 1795350000000, "note": "\xff"}', "not-utf-8", "byte"),
        (b"{}", "missing-ts", "ts"),
        (b'{"heart_rate": 60}', "missing-ts", "ts"),
        (b"null", "wrong-type", "null"),
        (b'"text"', "wrong-type", "str"),
        (b"1795350000000", "wrong-type", "int"),
        (b'{"ts": "1795350000000"}', "wrong-type", "$.ts"),
        (b'{"ts": 1795350000000.5}', "wrong-type", "$.ts"),
        (b'{"ts": true}', "wrong-type", "$.ts"),
        (b'{"ts": null}', "wrong-type", "$.ts"),
        (b'{"ts": 99999999999999999999}', "wrong-type", "$.ts"),
        (b'{"ts": 1795350000000, "heart_rate": "60"}', "wrong-type", "$.heart_rate"),
        (b'{"ts": 1795350000000, "heart_rate": 1e999}', "wrong-type", "$.heart_rate"),
        (b'{"ts": 1795350000000, "in_bed": 1}', "wrong-type", "$.in_bed"),
        (b'{"ts": 1795350000000, "movement": [3]}', "wrong-type", "$.movement"),
    ],
)
def test_undecodable_is_kept_whole_with_a_code_and_a_place(body: bytes, reason: str, named: str) -> None:
    entry = _refused(body)
    assert entry.reason == reason
    assert named in entry.detail
    assert entry.payload == body[:PAYLOAD_LIMIT_BYTES]
    assert entry.received_at == NOW


@pytest.mark.parametrize(
    ("topic", "reason"),
    [
        ("", "bad-topic"),
        ("care/c1/readings", "bad-topic"),
        ("care/c1/b1/state", "bad-topic"),
        ("care/c1/b1/readings/more", "bad-topic"),
        ("care//b1/readings", "bad-topic"),
        ("care/c1//readings", "bad-belt-id"),
        ("care/c1/b 1/readings", "bad-belt-id"),
        ("care/c1/.b1/readings", "bad-belt-id"),
        (f"care/c1/{'b' * 65}/readings", "bad-belt-id"),
    ],
)
def test_topics(topic: str, reason: str) -> None:
    decoded = decode([delivery(b'{"ts": %d}' % NOW, topic=topic)])
    assert len(decoded.batch) == 0
    assert [(entry.reason, entry.topic) for entry in decoded.refused] == [(reason, topic)]


def test_an_array_is_many_readings() -> None:
    batch = _decode([{"ts": NOW + 1}, {"ts": NOW}]).batch
    assert batch.observed_at.tolist() == [NOW, NOW + 1]


def test_an_empty_array_is_nothing() -> None:
    decoded = _decode([])
    assert len(decoded.batch) == 0
    assert not decoded.refused


def test_good_elements_of_an_array_are_kept_and_the_bad_ones_named() -> None:
    decoded = _decode([{"ts": NOW}, {"ts": "x"}, 3, {"ts": NOW + 1}, {"ts": 1}])
    assert decoded.batch.observed_at.tolist() == [NOW, NOW + 1]
    (entry,) = decoded.refused
    assert entry.reason == "wrong-type"
    assert "element 1" in entry.detail
    assert "element 2" in entry.detail
    assert "ts 1 " in entry.detail


def test_many_problems_are_counted_not_listed() -> None:
    (entry,) = _decode([{"ts": 1}] * 50).refused
    assert entry.detail.count(";") == PROBLEMS_SHOWN
    assert entry.detail.endswith("and 45 more")


def test_a_large_refused_payload_is_cut_and_says_so() -> None:
    body = b"x" * (PAYLOAD_LIMIT_BYTES + 1)
    entry = _refused(body)
    assert len(entry.payload) == PAYLOAD_LIMIT_BYTES
    assert "cut from 65537 to 65536 bytes" in entry.detail


def test_garbage_costs_only_itself() -> None:
    good = [delivery(b'{"ts": %d}' % (NOW + n), belt=f"b{n % 3}") for n in range(30)]
    mixed = [message for pair in zip(good, [delivery(b"{")] * 30, strict=True) for message in pair]
    decoded = decode(mixed)
    assert len(decoded.batch) == 30
    assert len(decoded.refused) == 30
    assert set(decoded.batch.belts) == {"b0", "b1", "b2"}


def test_repeats_are_left_out_and_counted() -> None:
    decoded = _decode({"ts": NOW, "movement": 1}, {"ts": NOW, "movement": 1}, {"ts": NOW + 1})
    assert len(decoded.batch) == 2
    assert decoded.repeats == 1


def test_an_error_nobody_thought_of_costs_one_message(monkeypatch: pytest.MonkeyPatch) -> None:
    real = decoding._decode_any

    def broken(payload: bytes) -> object:
        if b"boom" in payload:
            raise ZeroDivisionError("boom")
        return real(payload)

    monkeypatch.setattr(decoding, "_decode_any", broken)
    decoded = _decode({"ts": NOW}, {"ts": NOW + 1, "x": "boom"}, {"ts": NOW + 2})
    assert decoded.batch.observed_at.tolist() == [NOW, NOW + 2]
    assert [entry.reason for entry in decoded.refused] == ["decoder-failed"]
    assert decoded.centers == {"b1": "c1"}


def test_a_belts_centre_is_that_of_its_topic() -> None:
    body = b'{"ts": %d}' % NOW
    messages = [delivery(body, belt="b2"), delivery(body, belt="b1"), delivery(body, topic="care/elm/b3/readings")]
    decoded = decode(messages)
    assert decoded.centers == {"b2": "c1", "b1": "c1", "b3": "elm"}
    assert decoded.batch.belts == ("b2", "b1", "b3")
