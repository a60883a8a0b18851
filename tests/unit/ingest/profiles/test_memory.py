"""What belts said before: for values that are not repeated, counters, settling; and what comes again or late."""

from pathlib import Path

import pytest

from domain.units import DAY_MS, HOUR_MS, MINUTE_MS
from ingest.profiles import memory
from tests.unit.ingest.profiles.payloads import AT, TIMED, Told, own, said, sent


def test_as_before(tmp_path: Path) -> None:
    text = 'max_age_s = 10\n[fields]\nheart_rate = { path = "v", keep = [254] }\n'
    told = Told(
        own(tmp_path, f'{text}in_bed = {{ path = "bed", map = {{ 0 = "out", 1 = "in" }}, keep = [9], max_age_s = 60 }}')
    )
    assert told(0, v=254, bed=9) == {}
    assert told(1_000, v=60, bed=1) == {"heart_rate": 60, "in_bed": True}
    assert told(2_000, v=254, bed=9) == {"heart_rate": 60, "in_bed": True}
    assert told(11_001, v=254, bed=9) == {"in_bed": True}
    assert told(61_002, v=254, bed=9) == {}
    assert told.reasons == []


def test_what_a_late_message_says_is_not_what_was_before(tmp_path: Path) -> None:
    text = f'merge = true\n{TIMED}[fields]\nheart_rate = {{ path = "v" }}\nin_bed = {{ path = "bed" }}'
    told = Told(own(tmp_path, text))
    assert told(10_000, bed=True) == {"in_bed": True}
    assert told(5_000, bed=False) == {"in_bed": False}
    assert told(12_000, v=60) == {"heart_rate": 60, "in_bed": True}
    assert told(7_000, v=61) == {"heart_rate": 61}


def test_merged_messages_of_one_time_are_one_reading(tmp_path: Path) -> None:
    text = f'merge = true\n{TIMED}[fields]\nheart_rate = {{ path = "v" }}\nin_bed = {{ path = "bed" }}\n'
    decoder = own(tmp_path, f'{text}turn_overs = {{ path = "o" }}')
    bodies = [{"t": AT, "o": 1}, {"t": AT, "v": 60}, {"t": AT, "bed": False}]
    decoded = decoder.decode([sent("own/b", body) for body in bodies])
    assert said(decoded) == [{"belt": "b", "at": 0, "heart_rate": 60, "in_bed": False, "turn_overs": 1}]
    assert decoded.repeats == 2


def _counter(tmp_path: Path, how: str, zone: str = "UTC") -> Told:
    text = f'{TIMED}zone = "{zone}"\n[fields]\nturn_overs = {{ path = "n", {how} }}'
    return Told(own(tmp_path, text))


def test_counts_since_the_last_message(tmp_path: Path) -> None:
    told = _counter(tmp_path, 'count = "interval"')
    assert [told(n, n=n)["turn_overs"] for n in (0, 3, 2)] == [0, 3, 2]


def test_events(tmp_path: Path) -> None:
    told = _counter(tmp_path, 'count = "event"')
    assert [told(n, n=value)["turn_overs"] for n, value in enumerate((0, 1, 7, 1))] == [0, 1, 1, 1]


@pytest.mark.parametrize(
    ("how", "counts", "more"),
    [
        ('reset = "wrap"', [254, 255, 0, 2, 2], [None, 1, 1, 2, 0]),
        ('reset = "wrap"', [200, 10, 138], [None, 66, None]),
        ('reset = "wrap", highest = 9', [8, 1, 9], [None, 3, None]),
        ('reset = "none"', [5, 9, 2, 3, 3], [None, 4, None, 1, 0]),
        ("highest = 255", [253, 255, 255, 1], [None, None, None, None]),
        ("", [5, 5_000, 5_001], [None, None, 1]),
    ],
)
def test_counts_so_far(tmp_path: Path, how: str, counts: list[int], more: list[int | None]) -> None:
    told = _counter(tmp_path, f'count = "cumulative"{"," if how else ""} {how}')
    assert [told(n, n=count).get("turn_overs") for n, count in enumerate(counts)] == more
    assert told.reasons == []


def test_a_count_beyond_its_end_is_refused(tmp_path: Path) -> None:
    told = _counter(tmp_path, 'count = "cumulative", reset = "wrap"')
    told(n=256)
    assert told.reasons == ["turn_overs-out-of-range"]


def test_counts_that_begin_anew_at_midnight(tmp_path: Path) -> None:
    """AT is 08:00 in Shanghai; its midnight is 16 hours on. The belt's may be some minutes from ours."""
    told = _counter(tmp_path, 'count = "cumulative", reset = "midnight"', "Asia/Shanghai")
    midnight = 16 * HOUR_MS
    steps = [(0, 3), (HOUR_MS, 5), (midnight - MINUTE_MS, 9), (midnight + MINUTE_MS, 9), (midnight + 2 * MINUTE_MS, 1)]
    steps += [(midnight + HOUR_MS, 4), (midnight + 2 * HOUR_MS, 0), (midnight + 3 * HOUR_MS, 2)]
    assert [told(at, n=count).get("turn_overs") for at, count in steps] == [None, 2, 4, 0, 1, 3, None, 2]


def test_a_cumulative_count_that_comes_again_or_late_counts_nothing(tmp_path: Path) -> None:
    told = _counter(tmp_path, 'count = "cumulative", reset = "wrap"')
    sequence = [(0, 10), (1_000, 12), (0, 10), (1_000, 12), (2_000, 13)]
    assert [told(at, n=count).get("turn_overs") for at, count in sequence] == [None, 2, None, None, 1]


@pytest.mark.parametrize(("back_ms", "at"), [(0, 1), (1_000, 1), (5 * MINUTE_MS, -5 * MINUTE_MS), (DAY_MS, -DAY_MS)])
def test_stamps_go_on_unless_our_clock_was_put_back_far(tmp_path: Path, back_ms: int, at: int) -> None:
    decoder = own(tmp_path, '[fields]\nheart_rate = { path = "v" }')
    decoder.decode([sent("own/b", {"v": 60})])
    assert said(decoder.decode([sent("own/b", {"v": 60}, AT - back_ms)]))[0]["at"] == at


def test_getting_in_is_seen_through_what_is_not_known(tmp_path: Path) -> None:
    text = f'settle_s = 10\n{TIMED}[fields]\nheart_rate = {{ path = "v" }}\n'
    told = Told(own(tmp_path, f'{text}in_bed = {{ path = "bed", map = {{ 0 = "out", 1 = "in", 2 = "unknown" }} }}'))
    beds = [(0, 1), (10, 1), (11, 2), (12, 1), (13, 0), (14, 1), (23, 1), (24, 1)]
    rates = [told(second * 1000, v=60, bed=bed).get("heart_rate") for second, bed in beds]
    assert rates == [None, 60, 60, 60, 60, None, None, 60]


def test_memory_is_bounded_and_forgets_who_was_silent_longest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "BELTS_REMEMBERED_MAX", 3)
    belts = memory.Belts()
    for name in "abcad":
        belts.of(name).heard_at = 1
    assert len(belts) == 3
    assert belts.of("a").heard_at == 1
    assert belts.of("b").heard_at < 0


@pytest.mark.parametrize("arrival_back_ms", [0, 8 * HOUR_MS])
def test_a_clock_that_was_put_back_is_believed_within_a_minute(tmp_path: Path, arrival_back_ms: int) -> None:
    """The belt's, or ours with those of all belts that tell no time."""
    text = f'merge = true\nmax_age_s = 30\nsettle_s = 10\n{TIMED}[fields]\nheart_rate = {{ path = "v" }}\n'
    decoder = own(tmp_path, f'{text}in_bed = {{ path = "bed" }}')

    def told(second: int, back_ms: int, **values: object) -> dict[str, object]:
        at, arrival = AT + 1_000 * second - back_ms, AT + 1_000 * second - (arrival_back_ms if back_ms else 0)
        return said(decoder.decode([sent("own/b", {"t": at, **values}, arrival)]))[0]

    told(0, 0, bed=True)
    assert told(20, 0, v=60)["in_bed"] is True
    for second in range(40, 110, 2):
        told(second, 8 * HOUR_MS, bed=True)
        reading = told(second + 1, 8 * HOUR_MS, v=60)
    assert (reading["in_bed"], reading["heart_rate"]) == (True, 60)


def test_a_backlog_beside_what_speaks_of_now_makes_nothing_forgotten(tmp_path: Path) -> None:
    text = f'merge = true\nmax_age_s = 200\n{TIMED}[fields]\nheart_rate = {{ path = "v" }}\n'
    decoder = own(tmp_path, f'{text}in_bed = {{ path = "bed" }}')

    def told(at_s: int, arrival_s: int, **values: object) -> dict[str, object]:
        body = {"t": AT + 1_000 * at_s, **values}
        return said(decoder.decode([sent("own/b", body, AT + 1_000 * arrival_s)]))[0]

    told(0, 0, bed=True)
    for second in range(1, 120):
        told(second - 3600, second, v=70)
        assert told(second, second, v=60)["in_bed"] is True
