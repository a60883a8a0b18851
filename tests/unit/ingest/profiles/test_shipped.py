"""The makers' own payloads, to the last value, and each maker's traps."""

from typing import Any

import pytest

from domain.belts import BeltStatus
from ingest.profiles.loading import NATIVE, available
from tests.unit.ingest.profiles.payloads import AT, DATA, SAMPLES, said, sample, sent, shipped

RADAR = "/Radar60SP/AA0000000001/sys/property/post"


def test_every_profile_and_every_file_is_here() -> None:
    assert {name for name, _, _ in SAMPLES} == {NATIVE, *available()}
    assert {file for _, _, file in SAMPLES} == {path.name for path in DATA.iterdir()}


@pytest.mark.parametrize(("profile", "topic", "file"), SAMPLES)
def test_nothing_of_a_makers_payload_is_refused(profile: str, topic: str, file: str) -> None:
    decoded = shipped(*available()).decode([sent(topic, DATA / file)])
    assert decoded.refused == []
    assert decoded.ignored == (file == "r60abd1-room.json")


@pytest.mark.parametrize(
    ("file", "readings"),
    [
        (
            "sleepace-cloud.json",
            [
                {"belt": "BM100001-left", "at": 0, "heart_rate": 62, "breathing_rate": 16}
                | {"turn_overs": 0, "signal_quality": 80, "in_bed": True, "stage": "light"}
            ],
        ),
        (
            "bm8701-2.json",
            [{"belt": "BM8701-0001-right", "at": 0, "heart_rate": 58, "breathing_rate": 15}
             | {"turn_overs": 1, "in_bed": True, "stage": "light"}],
        ),
        (
            "bm8701-2-second.json",
            [
                {"belt": "BM8701-0001-left", "at": 0, "heart_rate": 58, "breathing_rate": 15, "in_bed": True}
                | {"stage": "light"},
                {"belt": "BM8701-0001-left", "at": 30_000, "heart_rate": 57, "breathing_rate": 14, "in_bed": True}
                | {"stage": "light"},
                {"belt": "BM8701-0001-left", "at": 60_000},
            ],
        ),
        (
            "z400t.json",
            [
                {"belt": "Z400T-0001", "at": 0, "heart_rate": 61, "breathing_rate": 13, "turn_overs": 0}
                | {"in_bed": True},
                {"belt": "Z400T-0001", "at": 60_000, "heart_rate": 60, "breathing_rate": 13, "turn_overs": 1}
                | {"in_bed": True},
                {"belt": "Z400T-0001", "at": 120_000, "heart_rate": 64, "breathing_rate": 15, "turn_overs": 0}
                | {"movement": 40, "in_bed": True},
                {"belt": "Z400T-0001", "at": 180_000, "turn_overs": 0, "in_bed": False},
                {"belt": "Z400T-0001", "at": 240_000, "turn_overs": 0},
            ],
        ),
        ("wisleep.json", [{"belt": "201900001", "at": 0, "signal_quality": 99, "in_bed": True}]),
        ("r60abd1-heart.json", [{"belt": "AA0000000001", "at": 0, "heart_rate": 71}]),
        ("r60abd1-bed.json", [{"belt": "AA0000000001", "at": 0, "in_bed": True}]),
        ("r60abd1-room.json", []),
        (
            "c1001.json",
            [{"belt": "c1", "at": 0, "heart_rate": 59, "breathing_rate": 14, "movement": 12, "in_bed": True}
             | {"stage": "light"}],
        ),
        ("c1001-bed.txt", [{"belt": "sleepsensor", "at": 0, "in_bed": True}]),
        (
            "emfit-local.txt",
            [{"belt": "001234", "at": 0, "heart_rate": 58, "breathing_rate": 14, "movement": 12, "in_bed": True}],
        ),
        (
            "het.json",
            [{"belt": "h1", "at": 0, "heart_rate": 63, "breathing_rate": 15, "turn_overs": 1, "in_bed": True}],
        ),
        ("thingsboard-object.json", [{"belt": "Bed-101-1", "at": 0, "heart_rate": 62}]),
        ("thingsboard-timed.json", [{"belt": "Bed-101-1", "at": 0, "heart_rate": 62, "in_bed": True}]),
        (
            "thingsboard-gateway.json",
            [
                {"belt": "Bed-101-1", "at": 0, "heart_rate": 62, "in_bed": True},
                {"belt": "Bed-101-2", "at": 0, "heart_rate": 70, "in_bed": False},
                {"belt": "Bed-101-2", "at": 1_000, "heart_rate": 71, "in_bed": False},
            ],
        ),
    ],
)  # fmt: skip
def test_what_a_payload_becomes(file: str, readings: list[dict[str, Any]]) -> None:
    decoded = shipped(*available()).decode([sample(file)])
    assert said(decoded) == readings
    assert decoded.refused == []


def test_an_array_whose_second_element_tells_no_time() -> None:
    """It is stamped at its arrival, which is the first one's time; merged, they are one reading."""
    decoded = shipped("thingsboard").decode([sample("thingsboard-array.json", AT + 500)])
    assert said(decoded) == [
        {"belt": "Bed-101-1", "at": 0, "heart_rate": 62, "in_bed": True},
        {"belt": "Bed-101-1", "at": 500, "heart_rate": 63, "in_bed": True},
    ]


@pytest.mark.parametrize(
    ("file", "status"),
    [
        ("sleepace-cloud.json", {"belt_id": "BM100001-left", "online": True}),
        ("emfit-local.txt", {"belt_id": "001234", "firmware": "120.2.2.1"}),
        ("het.json", {"belt_id": "h1", "charging": True}),
    ],
)
def test_what_belts_say_of_themselves(file: str, status: dict[str, Any]) -> None:
    assert shipped(*available()).decode([sample(file)]).statuses[0] == BeltStatus(at=AT, **status)


def test_a_status_without_a_side_is_both_sides() -> None:
    decoded = shipped("sleepace-cloud").decode([sample("sleepace-cloud.json")])
    assert [status.belt_id for status in decoded.statuses] == ["BM100001-left", "BM100001-right"]


def test_battery_255_is_charging_and_no_charge() -> None:
    decoded = shipped("het").decode(
        [sent("het/h1/data", {"power": power}, AT + n) for n, power in enumerate((80, 255))]
    )
    assert [(s.battery, s.charging) for s in decoded.statuses] == [(80, False), (None, True)]
    assert len(decoded.batch) == 0


def test_an_availability_topic_is_the_belts_last_will() -> None:
    decoder = shipped("emfit-local")
    decoded = decoder.decode([sent("emfit/001234/availability", b"offline")])
    assert decoded.statuses == [BeltStatus(belt_id="001234", at=AT, online=False)]
    assert decoder.decode([sent("emfit/001234/availability", b"perhaps")]).refused[0].reason == "unknown-value"


@pytest.mark.parametrize(
    ("topic", "body", "in_bed"),
    [
        ("sleepace/cloud", {"dataKey": "realtime", "data": {"bedStatus": 0}}, True),
        ("sleepace/cloud", {"dataKey": "realtime", "data": {"bedStatus": 1}}, False),
        ("sleepace/cloud", {"dataKey": "realtime", "data": {"bedStatus": 0, "initStatus": 1}}, None),
        ("sleepace/bm8701-2/g", {"status": 0x00}, False),
        ("sleepace/bm8701-2/g", {"status": 0x01}, True),
        ("sleepace/bm8701-2/g", {"status": 0x11}, True),
        ("sleepace/bm8701-2/g", {"status": 0x22}, True),
        ("sleepace/bm8701-2/g", {"status": 0x31}, True),
        ("sleepace/bm8701-2/g", {"status": "0xff"}, None),
        ("sleepace/bm8701-2/g", {"outOfBed": 1}, False),
        ("sleepace/bm8701-2/g", {"outOfBed": 0xFF}, None),
        ("sleepace/z400t/g", {"status": 5}, False),
        ("sleepace/z400t/g", {"status": 3}, True),
        ("sleepace/z400t/g", {"status": 1}, None),
        ("sleepace/z400t/g", {"status": -1}, None),
    ],
)
def test_polarity(topic: str, body: dict[str, Any], in_bed: bool | None) -> None:
    """0 is in bed at one maker and out at another; who moves is in bed; initialising is not known."""
    data = {"leftRight": 0, **body.get("data", {})}
    record = {"deviceId": "x", "num": 0, "timestamp": AT // 1000, **body, "data": data}
    decoded = shipped(*available()).decode([sent(topic, record)])
    assert [reading.get("in_bed") for reading in said(decoded)] == [in_bed]
    assert decoded.refused == []


@pytest.mark.parametrize("none", [0, 255, -1, "0", "255", "-1", None])
def test_no_rate(none: object) -> None:
    decoded = shipped("het").decode([sent("het/h1/data", {"heartBeat": none, "breathe": none, "isBed": 1})])
    assert said(decoded) == [{"belt": "h1", "at": 0, "in_bed": True}]
    assert decoded.refused == []


def test_the_room_is_not_the_bed() -> None:
    decoder = shipped("r60abd1")
    decoder.decode([sent(RADAR, {"params": {"getIntoBed": "1"}})])
    for value in ("0", "1"):
        decoded = decoder.decode([sent(RADAR, {"params": {"someoneExists": value}})])
        assert (len(decoded.batch), decoded.ignored, decoded.refused) == (0, 1, [])
    assert said(decoder.decode([sent(RADAR, {"params": {"heartRateValue": "70"}}, AT + 5)]))[0]["in_bed"] is True


def test_a_radars_messages_are_merged_until_they_are_too_old() -> None:
    decoder = shipped("r60abd1")
    told = [({"getIntoBed": "1"}, 0), ({"heartRateValue": "71"}, 400), ({"breathValue": "15"}, 900)]
    decoded = decoder.decode([sent(RADAR, {"params": params}, AT + at) for params, at in told])
    assert said(decoded)[-1] == {
        "belt": "AA0000000001", "at": 900, "heart_rate": 71, "breathing_rate": 15, "in_bed": True
    }  # fmt: skip
    later = said(decoder.decode([sent(RADAR, {"params": {"movementSigns": "3"}}, AT + 60_600)]))[0]
    assert later == {"belt": "AA0000000001", "at": 60_600, "breathing_rate": 15, "movement": 3, "in_bed": True}
    much_later = said(decoder.decode([sent(RADAR, {"params": {"movementSigns": "4"}}, AT + 600_001)]))[0]
    assert much_later == {"belt": "AA0000000001", "at": 600_001, "movement": 4}


def test_no_value_ends_what_was_known() -> None:
    decoder = shipped("r60abd1")
    decoder.decode([sent(RADAR, {"params": {"heartRateValue": "71"}})])
    decoder.decode([sent(RADAR, {"params": {"heartRateValue": "0"}}, AT + 1)])
    assert said(decoder.decode([sent(RADAR, {"params": {"getIntoBed": "1"}}, AT + 2)])) == [
        {"belt": "AA0000000001", "at": 2, "in_bed": True}
    ]


def test_messages_of_one_instant_lose_nothing() -> None:
    """A read of the socket stamps all its messages alike; the exit must not fall to the heart rate before it."""
    decoder = shipped("r60abd1")
    bodies = [{"getIntoBed": "1"}, {"heartRateValue": "71"}, {"getIntoBed": "0"}]
    decoded = decoder.decode([sent(RADAR, {"params": params}) for params in bodies])
    assert [(r["at"], r["in_bed"]) for r in said(decoded)] == [(0, True), (1, True), (2, False)]
    again = decoder.decode([sent(RADAR, {"params": {"getIntoBed": "1"}})])
    assert said(again)[0]["at"] == 3


def test_rates_wait_until_the_sensor_has_settled() -> None:
    decoder = shipped("wisleep")
    topic = "a/b/wisleep-eck/org/1"

    def at(second: int, status: int) -> dict[str, Any]:
        body = {"records": [{"status": status, "bpm": 80, "rpm": 14, "sn": "1"}]}
        return said(decoder.decode([sent(topic, body, AT + second * 1000)]))[0]

    assert "heart_rate" not in at(0, 4)
    assert "breathing_rate" not in at(119, 4)
    assert at(120, 4)["heart_rate"] == 80
    assert "heart_rate" not in at(121, 2)  # not valid, and not known: which is not out of bed
    assert "in_bed" not in at(121, 2)
    assert at(122, 4)["heart_rate"] == 80


def test_a_counter_of_one_byte_goes_round() -> None:
    decoder = shipped("c1001")

    def more(n: int, count: int) -> float | None:
        body = {"statistics": {"turnOverCount": count}}
        return said(decoder.decode([sent("c1001/c1/state", body, AT + n)]))[0].get("turn_overs")

    counts = [250, 252, 255, 1, 1, 120, 3]
    assert [more(n, count) for n, count in enumerate(counts)] == [None, 2, 3, 2, 0, 119, None]


def test_a_message_that_comes_again_counts_nothing_twice() -> None:
    decoder = shipped("bm8701-2")
    record = {"deviceId": "x", "num": 0, "timestamp": AT // 1000, "status": 0x23}
    first = decoder.decode([sent("sleepace/bm8701-2/g", record)] * 2)
    assert (len(first.batch), first.repeats) == (1, 1)
    again = decoder.decode([sent("sleepace/bm8701-2/g", record, AT + 5_000)])
    assert said(again) == said(first)  # the same belt and instant: stored once


def test_a_reading_without_its_side_is_nobodys() -> None:
    body = {"deviceId": "x", "dataKey": "realtime", "timestamp": AT // 1000, "data": {"bedStatus": 1}}
    decoded = shipped("sleepace-cloud").decode([sent("sleepace/cloud", body)])
    assert (len(decoded.batch), [entry.reason for entry in decoded.refused]) == (0, ["missing-side"])
    body["data"] = {"bedStatus": 1, "leftRight": 7}
    assert shipped("sleepace-cloud").decode([sent("sleepace/cloud", body)]).refused[0].reason == "unknown-side"


@pytest.mark.parametrize(("key", "ignored"), [("alarmNotify", 1), ("analysis", 1), ("tomorrow", 0)])
def test_kinds(key: str, ignored: int) -> None:
    body = [{"deviceId": "x", "dataKey": key, "timestamp": AT // 1000, "data": {"leftRight": 0}}]
    decoded = shipped("sleepace-cloud").decode([sent("sleepace/cloud", body)])
    assert decoded.ignored == ignored
    assert [entry.reason for entry in decoded.refused] == ([] if ignored else ["unknown-kind"])


def cloud(kind: str, at: int = 0, **data: int) -> dict[str, Any]:
    return {"deviceId": "x", "dataKey": kind, "timestamp": (AT + at) // 1000, "data": {"leftRight": 0, **data}}


def test_a_stage_told_apart_goes_with_the_readings_that_follow() -> None:
    decoder = shipped("sleepace-cloud")
    alone = decoder.decode([sent("sleepace/cloud", cloud("sleepStage", sleepStage=2))])
    assert (len(alone.batch), alone.ignored, alone.refused) == (0, 0, [])
    later = [cloud("realtime", at, heart=62, bedStatus=0) for at in (0, 599_000, 601_000)]
    readings = said(decoder.decode([sent("sleepace/cloud", later, AT + 601_000)]))
    assert [reading.get("stage") for reading in readings] == ["deep", "deep", None]


def test_a_stage_told_after_the_reading_of_that_instant_is_its_own() -> None:
    both = [cloud("realtime", heart=62, bedStatus=0), cloud("sleepStage", sleepStage=3)]
    assert [reading["stage"] for reading in said(shipped("sleepace-cloud").decode([sent("sleepace/cloud", both)]))] == [
        "rem"
    ]


def test_whoever_gets_up_takes_no_stage_back_to_bed() -> None:
    decoder = shipped("sleepace-cloud")
    decoder.decode([sent("sleepace/cloud", cloud("sleepStage", sleepStage=1))])
    walk = [cloud("realtime", at, heart=62, bedStatus=out) for at, out in ((1_000, 0), (2_000, 1), (3_000, 0))]
    readings = said(decoder.decode([sent("sleepace/cloud", walk, AT + 3_000)]))
    assert [(reading["in_bed"], reading.get("stage")) for reading in readings] == [
        (True, "light"),
        (False, None),
        (True, None),
    ]


def test_a_late_reading_of_an_empty_bed_ends_no_later_stage() -> None:
    decoder = shipped("sleepace-cloud")
    decoder.decode([sent("sleepace/cloud", cloud("sleepStage", 5_000, sleepStage=1), AT + 5_000)])
    late = [cloud("realtime", at, heart=62, bedStatus=out) for at, out in ((2_000, 1), (6_000, 0))]
    readings = said(decoder.decode([sent("sleepace/cloud", late, AT + 6_000)]))
    assert [reading.get("stage") for reading in readings] == [None, "light"]


def test_a_stage_that_the_map_does_not_name_costs_the_stage() -> None:
    decoded = shipped("sleepace-cloud").decode(
        [sent("sleepace/cloud", [cloud("realtime", heart=62, bedStatus=0), cloud("sleepStage", sleepStage=9)])]
    )
    assert said(decoded) == [{"belt": "x-left", "at": 0, "heart_rate": 62, "in_bed": True}]
    assert [entry.reason for entry in decoded.refused] == ["unknown-value"]
    assert "stage (sleepStage): 9 is not in the value map" in decoded.refused[0].detail


def test_a_retained_stage_is_of_nobody_knows_when() -> None:
    decoder = shipped("sleepace-cloud")
    decoder.decode([sent("sleepace/cloud", cloud("sleepStage", sleepStage=1))._replace(retained=True)])
    readings = said(decoder.decode([sent("sleepace/cloud", cloud("realtime", heart=62, bedStatus=0))]))
    assert [reading.get("stage") for reading in readings] == [None]


def test_a_radars_stage_is_a_property_like_the_others() -> None:
    decoder = shipped("r60abd1")
    properties = ({"getIntoBed": "1"}, {"sleepStatus": "0"}, {"heartRateValue": "60"}, {"sleepStatus": "3"})
    readings = [
        said(decoder.decode([sent(RADAR, {"params": params}, AT + 1_000 * n)])) for n, params in enumerate(properties)
    ]
    assert [reading.get("stage") for part in readings for reading in part] == [None, "deep"]


def test_a_stage_without_a_side_is_nobodys() -> None:
    body = {"deviceId": "x", "dataKey": "sleepStage", "timestamp": AT // 1000}
    decoded = shipped("sleepace-cloud").decode([sent("sleepace/cloud", body | {"data": {"sleepStage": 1}})])
    assert (len(decoded.batch), decoded.ignored, decoded.refused) == (0, 1, [])
