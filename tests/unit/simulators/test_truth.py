import json
from pathlib import Path

from domain.units import HOUR_MS, MINUTE_MS
from simulators.center import SimulatedCenter, simulated_center
from simulators.localtime import noon
from simulators.night import plan_night
from simulators.scenarios import Mix, Scenario
from simulators.truth import TruthFile, TruthLine, read_truth, truth_lines
from tests.unit.simulators.samples import NIGHT


def _lines(center: SimulatedCenter, seen_from_at: int | None = None) -> list[list[TruthLine]]:
    return [truth_lines(center, plan_night(center, bed, NIGHT), seen_from_at=seen_from_at) for bed in center.beds]


def test_the_file_gives_back_what_was_written(tmp_path: Path) -> None:
    lines = [line for bed in _lines(simulated_center(6, 2)) for line in bed]
    TruthFile(tmp_path / "truth.jsonl").append(lines)
    assert read_truth(tmp_path / "truth.jsonl") == json.loads(json.dumps(lines))


def test_a_second_start_writes_nothing_twice(tmp_path: Path) -> None:
    path = tmp_path / "truth.jsonl"
    lines = _lines(simulated_center(3, 2))
    TruthFile(path).append(lines[0])
    once = path.read_text()
    again = TruthFile(path)
    again.append(lines[0])
    assert path.read_text() == once
    again.append([*lines[0], *lines[1]])
    assert len(read_truth(path)) == len(lines[0]) + len(lines[1])


def test_half_a_line_is_healed(tmp_path: Path) -> None:
    path = tmp_path / "truth.jsonl"
    lines = _lines(simulated_center(1, 2))[0]
    TruthFile(path).append(lines)
    path.write_bytes(path.read_bytes()[:-20])
    assert read_truth(path) == json.loads(json.dumps(lines[:-1]))
    TruthFile(path).append(lines)
    assert read_truth(path) == json.loads(json.dumps(lines))


def test_the_night_line_says_what_happened() -> None:
    center = simulated_center(8, 2, mix=Mix.of(Scenario.OFFLINE_LOST, Scenario.GARBAGE, Scenario.CLOCK_OFF))
    for bed, lines in zip(center.beds, _lines(center), strict=True):
        night = lines[-1]
        assert night["kind"] == "night"
        assert night["clock_offset_ms"] == bed.belt.clock_offset_ms
        assert night["interval_ms"] == bed.belt.interval_ms
        assert {"garbage", "offline-lost"} <= set(night["scenarios"])
        assert [span["buffered"] for span in night["offline"]] == [False]
        assert [line["began_at"] for line in lines[:-1] if line["rule"] == "leave-bed-not-back"] == [
            exit_at for _, exit_at in night["in_bed"]
        ]


def test_what_nobody_could_see_is_not_in_the_truth() -> None:
    center = simulated_center(20, 2)
    start_at = noon(NIGHT, center.zone) + 11 * HOUR_MS
    opened = center.with_opening(start_at)
    lines = [line for bed in _lines(opened, seen_from_at=start_at) for line in bed if line["kind"] == "absence"]
    assert min(line["began_at"] for line in lines) >= start_at
    first = next(line for line in lines if line["resident"] == "r0001")
    assert first["began_at"] == start_at + 4 * MINUTE_MS
    assert first["until"] == start_at + 29 * MINUTE_MS
    assert first["due_at"] == start_at + 19 * MINUTE_MS
    assert first["owed"]


def test_an_exit_before_the_first_reading_is_not_demanded() -> None:
    center = simulated_center(1, 2)
    plan = plan_night(center, center.beds[0], NIGHT)
    last = plan.absences()[-2]
    line = next(
        line
        for line in truth_lines(center, plan, seen_from_at=last.began_at - 100)
        if line["kind"] == "absence" and line["began_at"] == last.began_at
    )
    assert not line["owed"]
