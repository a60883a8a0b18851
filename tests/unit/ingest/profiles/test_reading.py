"""What a profile can say, one thing at a time."""

from pathlib import Path

import pytest

from domain.readings import Occupancy
from ingest.decoder import Decoder
from ingest.inbox import Delivery
from ingest.profiles.loading import read_profile
from tests.unit.ingest.profiles.payloads import AT, DATA, TIMED, Told, own, said, sent, shipped


@pytest.mark.parametrize(
    ("source", "raw", "becomes"),
    [
        ('path = "v"', 62, 62),
        ('path = "v"', "62.5", 62.5),
        ('path = "v"', " 6e1 ", 60),
        ('path = "v", as = "hex"', "3C", 60),
        ('path = "v", as = "hex"', "0x3c", 60),
        ('path = "v", as = "hex"', 60, 60),
        ('path = "v", as = "hex"', "FF", None),
        ('path = "v", as = "ratio"', "64/100", 64),
        ('path = "v", as = "ratio"', "16 / 20", 80),
        ('path = "v", scale = 0.1', 620, 62),
        ('path = "v", map = { slow = 50, "*" = 70 }', "slow", 50),
        ('path = "v", map = { slow = 50, "*" = 70 }', "SLOW ", 50),
        ('path = "v", map = { slow = 50, "*" = 70 }', 3, 70),
        ('path = "v", invalid = [127]', 127, None),
        ('path = "v", invalid = ["--"]', "--", None),
        ('path = "v", range = [40, 120], clip = true', 130, 120),
        ('path = "v", range = [40, 120], clip = true', 3, 40),
        ('path = "v"', None, None),
    ],
)
def test_numbers(tmp_path: Path, source: str, raw: object, becomes: float | None) -> None:
    told = Told(own(tmp_path, f"[fields]\nheart_rate = {{ {source} }}"))
    assert told(v=raw).get("heart_rate") == becomes
    assert told.reasons == []


@pytest.mark.parametrize(
    ("source", "raw", "reason"),
    [
        ("", 300, "heart_rate-out-of-range"),
        ("", 0.5, "heart_rate-out-of-range"),
        (", range = [40, 120]", 121, "heart_rate-out-of-range"),
        (", invalid = []", 0, "heart_rate-out-of-range"),
        ("", "sixty", "wrong-type"),
        ("", "1_000", "wrong-type"),
        ("", "nan", "wrong-type"),
        ("", "1e999", "wrong-type"),
        ("", "٦٢", "wrong-type"),
        ("", True, "wrong-type"),
        ("", [62], "wrong-type"),
        ("", 10**25, "heart_rate-out-of-range"),
        (', as = "hex"', "xyz", "wrong-type"),
        (', as = "ratio"', "1/0", "wrong-type"),
        (', as = "ratio"', 64, "wrong-type"),
        (", map = { 1 = 60 }", 2, "unknown-value"),
    ],
)
def test_numbers_that_cannot_be_taken_cost_themselves_only(
    tmp_path: Path, source: str, raw: object, reason: str
) -> None:
    text = f'[fields]\nheart_rate = {{ path = "v"{source} }}\nin_bed = {{ path = "bed" }}'
    told = Told(own(tmp_path, text))
    assert told(v=raw, bed=False) == {"in_bed": False}
    assert told.reasons == [reason]


def test_the_first_source_that_gives_a_value(tmp_path: Path) -> None:
    told = Told(own(tmp_path, '[fields]\nheart_rate = [{ path = "a" }, { path = "b" }]'))
    assert told(a=60, b=70) == {"heart_rate": 60}
    assert told(a=255, b=70) == {"heart_rate": 70}
    assert told(b=70) == {"heart_rate": 70}
    assert told(a="x", b=70) == {"heart_rate": 70}
    assert told.reasons == ["wrong-type"]
    assert told(a=255, b=0) == {}


def test_conditions(tmp_path: Path) -> None:
    text = '[fields]\nheart_rate = { path = "v", when = { path = "s", is = [4, "ok"] } }\n'
    text += 'breathing_rate = { path = "w", when = { path = "s", is_not = [1] } }'
    told = Told(own(tmp_path, text))
    assert told(v=60, w=12, s=4) == {"heart_rate": 60, "breathing_rate": 12}
    assert told(v=60, w=12, s="OK") == {"heart_rate": 60, "breathing_rate": 12}
    assert told(v=60, w=12, s=1) == {}
    assert told(v=60, w=12) == {"breathing_rate": 12}


@pytest.mark.parametrize(
    ("time", "raw", "at"),
    [
        ('unit = "s"', AT // 1000 + 5, 5_000),
        ('unit = "s"', AT / 1000 + 0.25, 250),
        ('unit = "s"', str(AT // 1000), 0),
        ('unit = "ms"', AT + 7, 7),
        ('unit = "iso"', "2025-01-01T00:00:01Z", 1_000),
        ('unit = "iso"', "2025-01-01T08:00:01+08:00", 1_000),
        ('unit = "iso"\nzone = "Asia/Shanghai"', "2025-01-01 08:00:01", 1_000),
        ('unit = "s"\nmissing = "arrival"', None, 100_000),
        ('unit = "s"\nmax_skew_s = 60\nbeyond = "arrival"', 1, 100_000),
        ('unit = "s"\nmax_skew_s = 60\nbeyond = "arrival"', AT // 1000 + 50, 50_000),
    ],
)
def test_times(tmp_path: Path, time: str, raw: object, at: int) -> None:
    decoder = own(tmp_path, f'[time]\npath = "t"\n{time}\n[fields]\nheart_rate = {{ path = "v" }}')
    decoded = decoder.decode([sent("own/b", {"t": raw, "v": 60}, AT + 100_000)])
    assert decoded.refused == []
    assert (decoded.batch.observed_at - AT).tolist() == [at]
    assert (decoded.batch.received_at - AT).tolist() == [100_000]


@pytest.mark.parametrize(
    ("time", "raw", "reason"),
    [
        ('unit = "s"', None, "missing-ts"),
        ('unit = "s"', "now", "bad-ts"),
        ('unit = "s"', True, "bad-ts"),
        ('unit = "ms"', AT // 1000, "time-too-old"),
        ('unit = "s"', AT, "time-in-future"),
        ('unit = "s"', 1e299, "time-in-future"),
        ('unit = "s"', -1e299, "time-too-old"),
        ('unit = "iso"', "0001-01-01T00:00:00+14:00", "time-too-old"),
        ('unit = "iso"', 5, "bad-ts"),
        ('unit = "s"\nmax_skew_s = 60', AT // 1000 - 61, "time-too-old"),
        ('unit = "s"\nmax_skew_s = 60', AT // 1000 + 61, "time-in-future"),
    ],
)
def test_times_that_cannot_be_true(tmp_path: Path, time: str, raw: object, reason: str) -> None:
    decoder = own(tmp_path, f'[time]\npath = "t"\n{time}\n[fields]\nheart_rate = {{ path = "v" }}')
    decoded = decoder.decode([sent("own/b", {"t": raw, "v": 60})])
    assert (len(decoded.batch), [entry.reason for entry in decoded.refused]) == (0, [reason])


@pytest.mark.parametrize(
    ("belt", "given", "belt_id"),
    [
        ('path = "id"', "x", "x"),
        ('path = "id"', 17, "17"),
        ('path = "id"\nprefix = "sa-"', "x", "sa-x"),
        ('path = "id"\nreplace = { " " = "-", ":" = "" }', "a b:c", "a-bc"),
        ('path = "id"', ..., "b"),
        ('path = "$.about.id"', ..., "b"),
    ],
)
def test_belts(tmp_path: Path, belt: str, given: object, belt_id: str) -> None:
    decoder = own(tmp_path, f'[belt]\n{belt}\n[fields]\nheart_rate = {{ path = "v" }}')
    body = {"v": 60} if given is ... else {"v": 60, "id": given}
    assert said(decoder.decode([sent("own/b", body)]))[0]["belt"] == belt_id


@pytest.mark.parametrize(
    ("topic", "given", "reason"),
    [
        ("own/b", "a/b", "bad-belt-id"),
        ("own/b", "", "bad-belt-id"),
        ("own/b", "x" * 65, "bad-belt-id"),
        ("own/b", 1.5, "bad-belt-id"),
        ("own/b", None, "bad-belt-id"),
        ("own/", ..., "bad-belt-id"),
        ("nobody", ..., "missing-belt"),
    ],
)
def test_belts_that_are_none(tmp_path: Path, topic: str, given: object, reason: str) -> None:
    text = '[fields]\nheart_rate = { path = "v" }\n[belt]\npath = "id"\n[[topics]]\nfilter = "nobody"'
    body = {"v": 60} if given is ... else {"v": 60, "id": given}
    decoded = own(tmp_path, text).decode([sent(topic, body)])
    assert (len(decoded.batch), [entry.reason for entry in decoded.refused]) == (0, [reason])


def _of_topic(tmp_path: Path, topic: str, fields: str = 'heart_rate = { path = "hr" }') -> Decoder:
    path = tmp_path / "own.toml"
    path.write_text(f'description = "x"\n[[topics]]\n{topic}\n[fields]\n{fields}\n')
    return Decoder([read_profile(path)])


def test_csv(tmp_path: Path) -> None:
    topic = (
        'filter = "c/{belt}"\npayload = "csv"\nseparator = ";"\ncolumns = ["t", "hr"]\n[time]\npath = "t"\nunit = "ms"'
    )
    decoder = _of_topic(tmp_path, topic)
    body = f'{AT};60\r\n{AT + 1000};"61"\n\n{AT + 2000};62;9\n'.encode()
    decoded = decoder.decode([sent("c/b", body)])
    assert [(reading["at"], reading["heart_rate"]) for reading in said(decoded)] == [(0, 60), (1_000, 61)]
    assert [(entry.reason, entry.detail[:7]) for entry in decoded.refused] == [("wrong-type", "line 3:")]


def test_lines(tmp_path: Path) -> None:
    decoder = _of_topic(tmp_path, 'filter = "c/{belt}"\npayload = "lines"\nseparator = ":"')
    assert said(decoder.decode([sent("c/b", b"about this\nhr : 60<BR/>x:1")]))[0]["heart_rate"] == 60
    assert decoder.decode([sent("c/b", b"hello")]).refused[0].reason == "no-known-field"
    assert decoder.decode([sent("c/b", b"hr:\xff")]).refused[0].reason == "not-utf-8"


def test_a_bare_value_named_by_its_topic(tmp_path: Path) -> None:
    decoder = _of_topic(tmp_path, 'filter = "{belt}/sensor/{field}/state"\npayload = "value"')
    assert said(decoder.decode([sent("esp-1/sensor/hr/state", b" 60\n")])) == [
        {"belt": "esp-1", "at": 0, "heart_rate": 60}
    ]
    assert decoder.decode([sent("esp-1/sensor/other/state", b"60")]).refused[0].reason == "no-known-field"


@pytest.mark.parametrize(
    ("records", "body", "rates"),
    [
        ("$", {"hr": 60}, [60]),
        ("$[*]", {"hr": 60}, [60]),
        ("a.b[*]", {"a": {"b": [{"hr": 60}, {"hr": 61}]}}, [60, 61]),
        ("a[1]", {"a": [{"hr": 60}, {"hr": 61}]}, [61]),
    ],
)
def test_records(tmp_path: Path, records: str, body: object, rates: list[float]) -> None:
    decoder = _of_topic(tmp_path, f'filter = "c/{{belt}}"\nrecords = "{records}"')
    assert [reading["heart_rate"] for reading in said(decoder.decode([sent("c/b", body)]))] == rates


def test_records_that_are_arrays(tmp_path: Path) -> None:
    decoder = _of_topic(tmp_path, 'filter = "c/{belt}"\nrecords = "points[*]"', 'heart_rate = { path = "[1]" }')
    assert said(decoder.decode([sent("c/b", {"points": [[0, 60], [4]]})]))[0]["heart_rate"] == 60


@pytest.mark.parametrize(
    ("body", "reason", "words"),
    [
        (b"{", "not-json", ""),
        (b"[" * 100_000, "not-json", "nested too deeply"),
        (b'{"a": "\xff"}', "not-utf-8", "byte 7"),
        (b"{}", "no-records", "there is no $.a"),
        (b'{"a": 5}', "wrong-type", "$.a: 5 is no record"),
        (b'{"a": [{"hr": 60}, 5]}', "wrong-type", "$.a[1]: 5 is no record"),
        (b'{"a": [{"rh": 60}]}', "no-known-field", "$.a[0]"),
        (b'{"a": [{"hr": "x"}]}', "wrong-type", "$.a[0]: heart_rate (hr): 'x' is no number"),
    ],
)
def test_what_is_refused_is_kept_with_its_place(tmp_path: Path, body: bytes, reason: str, words: str) -> None:
    decoder = _of_topic(tmp_path, 'filter = "c/{belt}"\nrecords = "a[*]"')
    decoded = decoder.decode([sent("c/b", body)])
    assert [(entry.reason, entry.payload) for entry in decoded.refused] == [(reason, body[:65_536])]
    assert words in decoded.refused[0].detail


def test_names_that_are_not_used(tmp_path: Path) -> None:
    decoder = own(tmp_path, 'unused = ["rssi"]\n[fields]\nheart_rate = { path = "v" }')
    assert decoder.decode([sent("own/b", {"rssi": 3})]).ignored == 1
    assert decoder.decode([sent("own/b", {"rssi": 3, "new": 1})]).refused[0].reason == "no-known-field"
    assert decoder.decode([sent("own/b", {})]).refused[0].reason == "no-known-field"


def test_a_belt_with_a_wrong_clock_still_tells_its_charge(tmp_path: Path) -> None:
    decoder = own(tmp_path, f'{TIMED}[fields]\nheart_rate = {{ path = "v" }}\n[status]\nbattery = {{ path = "p" }}')
    decoded = decoder.decode([sent("own/b", {"t": 5, "v": 60, "p": 80})])
    assert [entry.reason for entry in decoded.refused] == ["time-too-old"]
    assert [status.battery for status in decoded.statuses] == [80]


def test_native_and_foreign_messages_together(tmp_path: Path) -> None:
    decoder = own(tmp_path, '[fields]\nheart_rate = { path = "v" }')
    native = Delivery("care/c1/b/readings", b'{"ts": %d, "in_bed": true}' % (AT + 1), AT + 1, 1, 2)
    messages = [sent("own/a", {"v": 60}), native, sent("own/a", b"{", AT + 1), native._replace(payload=b"["), native]
    messages += [native._replace(payload=b"[]"), sent("stray", {"v": 1}, AT + 2)]
    decoded = decoder.decode(messages)
    assert [reading["belt"] for reading in said(decoded)] == ["b", "a"]
    assert decoded.batch.in_bed.tolist() == [Occupancy.IN, Occupancy.UNKNOWN]
    assert sorted(entry.reason for entry in decoded.refused) == ["bad-topic", "not-json", "not-json"]
    assert (decoded.ignored, decoded.repeats) == (1, 1)


def test_a_fault_of_ours_costs_one_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    decoder = own(tmp_path, '[fields]\nheart_rate = { path = "v" }')
    found = decoder._route("own/a")
    assert found is not None
    monkeypatch.setattr(found[0], "_kind", lambda scope: 1 / scope.record["v"])
    decoded = decoder.decode([sent("own/a", {"v": 0}), sent("own/b", {"v": 60})])
    assert [(entry.reason, entry.topic) for entry in decoded.refused] == [("decoder-failed", "own/a")]
    assert [reading["belt"] for reading in said(decoded)] == ["b"]


def test_readings_that_a_broker_kept_are_no_news_and_leave_no_memory() -> None:
    decoder, topic = shipped("r60abd1"), "/Radar60SP/b1/sys/property/post"
    kept = sent(topic, {"params": {"getIntoBed": "1", "online": "1"}})._replace(retained=True)
    decoded = decoder.decode([kept])
    assert (len(decoded.batch), decoded.retained, decoded.ignored, decoded.refused) == (0, 1, 0, [])
    assert [status.online for status in decoded.statuses] == [True]
    (live,) = decoder.decode([sent(topic, {"params": {"heartRateValue": "71"}})]).batch.in_bed
    assert live == Occupancy.UNKNOWN


def test_a_kept_reading_alone_is_ignored() -> None:
    kept = sent("x/y/wisleep-eck/org/b1", DATA / "wisleep.json")._replace(retained=True)
    decoded = shipped("wisleep").decode([kept])
    assert (len(decoded.batch), decoded.retained, decoded.ignored) == (0, 1, 1)
