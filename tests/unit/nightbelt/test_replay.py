"""Replays of recordings: which alarms, when, and what the end of a file means."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from domain.alarms import AlarmState, Rule
from domain.nights import zone
from domain.readings import ReadingBatch
from domain.residents import LeaveBedSettings, NightWindow, Resident
from domain.units import NEVER
from nightbelt.replay import Replayed
from nightbelt.replay_settings import ReplaySettings
from simulators.arrivals import arrivals, belt_nights
from simulators.center import simulated_center
from simulators.scenarios import DEFAULT_MIX
from simulators.score import score
from simulators.truth import truth_lines
from tests.unit.nightbelt.recordings import MINUTE, T0, replay_file, replayed, stretch, write

LIMIT_S = 15 * 60
ALL_DAY = (NightWindow(start=NightWindow().start.replace(hour=0), end=NightWindow().start.replace(hour=0)),)


def asked(leave_bed: LeaveBedSettings, timezone: str = "Asia/Shanghai") -> ReplaySettings:
    return ReplaySettings(timezone=timezone, for_all=Resident(resident_id="", name="", leave_bed=leave_bed))


def told(run: Replayed) -> list[tuple[Rule, int, int, int | None]]:
    """Rule, and seconds after `T0`: began, raised, cleared."""
    return [
        (
            alarm.rule,
            (alarm.began_at - T0) // 1_000,
            (alarm.raised_at - T0) // 1_000,
            None if alarm.cleared_at is None else (alarm.cleared_at - T0) // 1_000,
        )
        for alarm in run.alarms
    ]


NOT_BACK = Rule.LEAVE_BED_NOT_BACK


@pytest.mark.parametrize("every_s", [0.1, 0.5, 1, 7, 10, 30, 60])
def test_an_absence_over_the_limit_at_every_cadence(tmp_path: Path, every_s: float) -> None:
    left_s, back_s = 840, 840 + 1260  # whole numbers of every cadence
    rows = [*stretch(0, left_s, "in", every_s), *stretch(left_s, back_s, "out", every_s)]
    run = replayed(tmp_path, [*rows, *stretch(back_s, back_s + 420, "in", every_s)])
    assert told(run) == [(NOT_BACK, left_s, left_s + LIMIT_S, back_s)]
    assert run.alarms[0].state is AlarmState.RESOLVED
    assert run.next_due_at == NEVER


@pytest.mark.parametrize("every_s", [0.1, 1, 10, 60])
def test_an_absence_just_within_the_limit_is_no_alarm(tmp_path: Path, every_s: float) -> None:
    rows = [*stretch(0, 600, "in", every_s), *stretch(600, 600 + LIMIT_S, "out", every_s)]
    assert told(replayed(tmp_path, [*rows, *stretch(600 + LIMIT_S, 2_000, "in", every_s)])) == []


def test_a_file_of_changes_alone(tmp_path: Path) -> None:
    rows = [(0, "in"), (600, "out"), (1_800, "in"), (1_920, "in"), (4_000, "out"), (4_060, "in"), (9_000, "in")]
    run = replayed(tmp_path, rows)
    assert told(run) == [(NOT_BACK, 600, 600 + LIMIT_S + 60, 1_800)], "a single reading waits for one more interval"
    assert run.alarms[0].reason.facts["silent"] == 1


def test_gaps_and_unknown_occupancy_end_no_absence(tmp_path: Path) -> None:
    rows = [*stretch(0, 300, "in"), *stretch(300, 360, "out"), *stretch(700, 1_500, "")]
    assert told(replayed(tmp_path, rows)) == [(NOT_BACK, 300, 300 + LIMIT_S, None)]


def test_unknown_occupancy_alone_is_nothing(tmp_path: Path) -> None:
    assert told(replayed(tmp_path, stretch(0, 4_000, ""))) == []
    assert told(replayed(tmp_path, stretch(0, 4_000, "out"))) == [], "nobody was seen to leave"


def test_rows_in_any_order_and_twice_are_the_same_recording(tmp_path: Path) -> None:
    rows = [*stretch(0, 600, "in"), *stretch(600, 2_000, "out"), *stretch(2_000, 2_400, "in")]
    assert told(replayed(tmp_path, [*rows[::-1], *rows[::3]])) == told(replayed(tmp_path, rows)) != []


def test_an_absence_that_the_file_does_not_see_through_is_no_alarm(tmp_path: Path) -> None:
    rows = [*stretch(0, 600, "in"), *stretch(600, 600 + LIMIT_S, "out")]
    run = replayed(tmp_path, rows)
    assert told(run) == []
    assert (run.ended_at, run.next_due_at) == (T0 + (600 + LIMIT_S - 10) * 1_000, T0 + (600 + LIMIT_S) * 1_000)
    assert told(replayed(tmp_path, [*rows, (600 + LIMIT_S, "out")])) == [(NOT_BACK, 600, 600 + LIMIT_S, None)]


def test_until_lets_limits_run_out_and_leaves_later_readings_out(tmp_path: Path) -> None:
    rows = [*stretch(0, 600, "in"), *stretch(600, 700, "out")]
    due_at = T0 + (600 + LIMIT_S) * 1_000
    assert told(replayed(tmp_path, rows, until=due_at - 1)) == []
    assert told(replayed(tmp_path, rows, until=due_at)) == [(NOT_BACK, 600, 600 + LIMIT_S, None)]
    longer = [*rows, *stretch(700, 3_000, "out"), *stretch(3_000, 4_000, "in")]
    assert told(replayed(tmp_path, longer, until=due_at)) == [(NOT_BACK, 600, 600 + LIMIT_S, None)]
    assert told(replayed(tmp_path, longer, until=T0 - 1)) == []


def test_the_windows_are_local_hours(tmp_path: Path) -> None:
    rows = [*stretch(0, 600, "in"), *stretch(600, 2_400, "out")]
    assert told(replayed(tmp_path, rows, asked(LeaveBedSettings(), "Europe/London"))) == [], "13:10 there"
    assert told(replayed(tmp_path, rows, asked(LeaveBedSettings(windows=ALL_DAY), "Europe/London"))) != []
    assert told(replayed(tmp_path, rows, asked(LeaveBedSettings(windows=())))) == []


def test_both_rules_with_limits_of_their_own(tmp_path: Path) -> None:
    settings = asked(LeaveBedSettings(immediate=True, immediate_after_s=20, away_limit_min=1))
    rows = [*stretch(0, 600, "in", 1), *stretch(600, 630, "out", 1), *stretch(630, 700, "in", 1)]
    run = replayed(tmp_path, [*rows, *stretch(700, 790, "out", 1)], settings)
    assert told(run) == [
        (Rule.LEAVE_BED_IMMEDIATE, 600, 620, 700),
        (Rule.LEAVE_BED_IMMEDIATE, 700, 720, None),
        (NOT_BACK, 700, 760, None),
    ], "who leaves again within two minutes owes a new alarm, which ends the one before"


def test_at_once_means_the_reading_itself(tmp_path: Path) -> None:
    settings = asked(LeaveBedSettings(immediate=True, immediate_after_s=0, not_back=False))
    rows = [*stretch(0, 600, "in", 1), *stretch(600, 603, "out", 1), *stretch(603, 800, "in", 1)]
    assert told(replayed(tmp_path, rows, settings)) == [(Rule.LEAVE_BED_IMMEDIATE, 600, 600, 603)]


def test_a_recording_that_counts_from_zero(tmp_path: Path) -> None:
    path = tmp_path / "night.csv"
    rows = [*stretch(0, 60, "in", 0.5), *stretch(60, 1_200, "out", 0.5)]
    path.write_text("observed_at,in_bed\n" + "".join(f"{at},{in_bed}\n" for at, in_bed in rows))
    (alarm,) = replay_file(path, asked(LeaveBedSettings(windows=ALL_DAY))).alarms
    assert (alarm.began_at, alarm.raised_at) == (60_000, 60_000 + 15 * MINUTE)


def test_an_empty_file_has_no_alarms(tmp_path: Path) -> None:
    run = replayed(tmp_path, [])
    assert (run.alarms, run.ended_at, run.next_due_at) == ([], None, NEVER)


def test_each_belt_is_a_bed_with_settings_of_its_own(tmp_path: Path) -> None:
    lines = ["observed_at,belt,in_bed"]
    for at in range(0, 2_000, 10):
        lines += [f"{T0 // 1_000 + at},b{n},{'in' if at < 300 else 'out'}" for n in (2, 1)]
    path = tmp_path / "ward.csv"
    path.write_text("\n".join(lines))
    own = Resident(resident_id="", name="", leave_bed=LeaveBedSettings(away_limit_min=5))
    run = replay_file(path, replace(ReplaySettings(), by_belt={"b2": own}))
    assert [(alarm.belt_id, (alarm.raised_at - T0) // 1_000) for alarm in run.alarms] == [("b2", 600), ("b1", 1_200)]


def test_simulated_nights_give_exactly_the_alarms_that_are_owed(tmp_path: Path) -> None:
    center = simulated_center(16, 5, mix=replace(DEFAULT_MIX, clock_off=0.0))
    truth = []
    batches: list[ReadingBatch] = []
    for night in (date(2026, 3, 2), date(2026, 3, 3)):
        plans = belt_nights(center, night)
        truth += [line for plan in plans for line in truth_lines(center, plan.plan)]
        batches += [piece.batch(0, len(piece)).distinct() for piece in arrivals(plans)]
    write(tmp_path / "nights.parquet", batches)
    assert zone(center.center.timezone) == center.zone
    settings = ReplaySettings(
        timezone=center.center.timezone, by_belt={bed.belt.belt_id: bed.resident for bed in center.beds}
    )
    run = replay_file(tmp_path / "nights.parquet", settings)
    result = score(truth, [(alarm.belt_id, alarm.rule, alarm.began_at, alarm.raised_at) for alarm in run.alarms])
    assert result["bed_nights"] == 32
    for row in result["rules"].values():
        assert (row["missed"], row["false"]) == (0, 0)
        assert row["owed"] > 0


def test_rates_in_a_file_are_judged_and_silence_is_not(tmp_path: Path) -> None:
    path = tmp_path / "night.csv"
    lines = [f"{T0 + second * 1_000},in,{141 if second >= 600 else 60}\n" for second in range(0, 900, 5)]
    later = [f"{T0 + second * 1_000},in,60\n" for second in range(20_000, 20_100, 5)]
    path.write_text("observed_at,in_bed,heart_rate\n" + "".join([*lines, *later]))
    asked = ReplaySettings(for_all=Resident(resident_id="", name=""))
    (alarm,) = replay_file(path, asked).alarms
    assert (alarm.rule, alarm.raised_at) == (Rule.HEART_RATE_VERY_HIGH, T0 + 720_000)
