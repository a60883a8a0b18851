"""Whole reports of nights written by hand."""

from datetime import date
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from domain.nights import night_span
from domain.readings import Occupancy, ReadingBatch
from domain.reports import NightReport, SleepState
from domain.units import MINUTE_MS
from sleep.report import LEAST_COVERAGE, METHOD, VERSION, Mark
from sleep.scorers import Scorer
from tests.unit.sleep.nights import START, Readings, report_of


def plain_night(every_s: float = 10) -> Readings:
    """Half an hour to fall asleep, one exit of ten minutes, awake for half an hour towards the morning, rising."""
    return (
        Readings(every_s)
        .out(60)
        .awake(30)
        .asleep(180)
        .awake(3)
        .out(10)
        .awake(7)
        .asleep(150)
        .awake(30)
        .asleep(60)
        .awake(5)
    ).out(60)


def minutes_since(start_at: int, at: int | None) -> float:
    assert at is not None
    return (at - start_at) / MINUTE_MS


@pytest.mark.parametrize("every_s", [1, 5, 10, 30, 60])
def test_a_plain_night(every_s: float) -> None:
    report = plain_night(every_s).report()
    edge_min = 2 * every_s / 60
    assert report.time_in_bed_min == pytest.approx(475, abs=edge_min)
    assert report.exits.count == 1
    assert report.exits.total_min == pytest.approx(10, abs=edge_min)
    assert report.exits.longest_min == report.exits.total_min
    assert report.sleep_min == pytest.approx(390, abs=25)
    assert report.sleep_onset_latency_min == pytest.approx(30, abs=5)
    assert report.waso_min == pytest.approx(40, abs=20)
    assert report.awakenings == 2
    assert minutes_since(START, report.in_bed_at) == pytest.approx(60, abs=1)
    assert minutes_since(START, report.asleep_at) == pytest.approx(90, abs=5)
    assert minutes_since(START, report.awake_at) == pytest.approx(530, abs=5)
    assert minutes_since(START, report.rose_at) == pytest.approx(535, abs=1)
    assert (report.coverage, report.valid, report.marks) == (1.0, True, ())
    assert report.method == f"{METHOD}/{VERSION}"
    assert report.epochs.length_s == (60 if every_s == 60 else 30)
    assert report.score is not None
    assert len(report.epochs.depth) == len(report.epochs.states)


def test_rates_are_of_the_bed_and_one_false_beat_is_no_maximum() -> None:
    readings = Readings(10).out(30).add(120, heart_rate=60, breathing_rate=14, turn_overs=0).out(30)
    readings.rows[300] |= {"heart_rate": 180, "turn_overs": 1}
    readings.rows[-5] |= {"heart_rate": 95}
    report = readings.report()
    assert report.heart_rate.mean == pytest.approx(60 + 120 / 720)
    assert (report.heart_rate.min, report.heart_rate.max) == (60, 60)
    assert (report.breathing_rate.mean, report.breathing_rate.max) == (14, 14)
    assert report.resting_heart_rate == pytest.approx(60, abs=0.01)
    assert report.turn_overs == 1


def test_a_turn_over_told_after_rising_still_counts() -> None:
    readings = Readings(60).add(200, heart_rate=60, turn_overs=0).out(60)
    readings.rows[200] |= {"turn_overs": 2}
    readings.rows[230] |= {"turn_overs": 1}
    assert readings.report().turn_overs == 2


@pytest.mark.parametrize(
    "missing", [("heart_rate",), ("movement",), ("breathing_rate",), ("heart_rate", "breathing_rate")]
)
def test_what_the_belt_does_not_give_is_done_without(missing: tuple[str, ...]) -> None:
    readings = plain_night()
    readings.rows = [{name: value for name, value in row.items() if name not in missing} for row in readings.rows]
    report = readings.report()
    assert report.sleep_min == pytest.approx(390, abs=45)
    assert report.sleep_onset_latency_min == pytest.approx(30, abs=12)
    assert (report.heart_rate.mean is None) == ("heart_rate" in missing)
    assert (report.restlessness is None) == ("movement" in missing)


def test_a_quarter_of_the_values_missing_changes_little() -> None:
    rng = np.random.default_rng(3)
    whole = plain_night(5)
    lossy = plain_night(5)
    for row in lossy.rows:
        for name in ("heart_rate", "breathing_rate", "movement"):
            if name in row and rng.random() < 0.27:
                del row[name]
    assert lossy.report().sleep_min == pytest.approx(whole.report().sleep_min, abs=10)


def test_occupancy_alone_tells_the_bed_and_not_the_sleep() -> None:
    report = Readings(10).out(60).add(200).out(10).add(200).out(60).report()
    assert report.time_in_bed_min == pytest.approx(410, abs=0.5)
    assert report.exits.count == 1
    assert report.sleep_min is report.waso_min is report.sleep_efficiency is report.score is None
    assert not report.valid
    assert SleepState.ASLEEP not in report.epochs.states


@pytest.mark.parametrize("names", [("heart_rate",), ("movement",), ("heart_rate", "movement")])
def test_a_recording_without_occupancy_is_taken_to_be_in_bed(names: tuple[str, ...]) -> None:
    recording = Readings(10).awake(30).asleep(300).awake(30).asleep(120)
    recording.rows = [
        {name: value for name, value in row.items() if name in (*names, "at")} | {"in_bed": Occupancy.UNKNOWN}
        for row in recording.rows
    ]
    report = report_of(recording.batch(), start_at=START - 200 * MINUTE_MS, end_at=START + 900 * MINUTE_MS)
    assert Mark.OCCUPANCY_ASSUMED in report.marks
    assert Mark.LOW_COVERAGE not in report.marks
    assert report.time_in_bed_min == pytest.approx(480, abs=1.5)
    assert report.sleep_min == pytest.approx(420, abs=40)
    assert report.exits.count == 0


def test_lost_values_of_a_recording_without_occupancy_leave_no_holes() -> None:
    """Movement once per half minute, a quarter of the heart rates lost: many rows have nothing in them."""
    rng = np.random.default_rng(8)
    recording = Readings(5).awake(30).asleep(300)
    for n, row in enumerate(recording.rows):
        row["in_bed"] = Occupancy.UNKNOWN
        if n % 6:
            del row["movement"]
        if rng.random() < 0.27:
            del row["heart_rate"]
    report = recording.report()
    assert report.untold_min == 0
    assert report.coverage == 1
    assert SleepState.UNKNOWN not in report.epochs.states


def test_an_empty_bed_and_no_readings_at_all() -> None:
    for report in (Readings(10).out(600).report(), report_of(ReadingBatch.empty(), end_at=START + 600 * MINUTE_MS)):
        assert Mark.NOBODY_IN_BED in report.marks
        assert (report.time_in_bed_min, report.sleep_min, report.in_bed_at, report.score) == (0, None, None, None)
        assert not report.valid
    assert report.coverage == 0
    assert Mark.LOW_COVERAGE in report.marks


@pytest.mark.parametrize(("silent_min", "valid"), [(170, True), (190, False)])
def test_seventy_percent_are_enough(silent_min: float, valid: bool) -> None:
    assert LEAST_COVERAGE == 0.7
    report = Readings(10).awake(20).asleep(200).add(silent_min, None).asleep(600 - 220 - silent_min).report()
    assert (Mark.LOW_COVERAGE in report.marks) == (not valid)
    assert report.valid == valid
    assert (report.score is None) == (not valid)
    assert report.untold_min == pytest.approx(silent_min - 1, abs=5.5)


def test_a_doze_before_supper_is_a_nap() -> None:
    report = Readings(10).awake(5).asleep(45).out(120).awake(20).asleep(300).awake(5).out(20).report()
    assert report.time_in_bed_min == pytest.approx(325, abs=1)
    assert report.exits.count == 0
    assert report.nap_min == pytest.approx(45, abs=8)
    assert report.sleep_min == pytest.approx(300, abs=20)


def test_two_belts_one_after_the_other() -> None:
    before, after = Readings(10).awake(20).asleep(200), Readings(10).add(220, None).asleep(200)
    batch = ReadingBatch.join([before.batch("old"), after.batch("new")])
    report = report_of(batch, end_at=START + 420 * MINUTE_MS, belt_ids=("old", "new"))
    assert Mark.MOVED_BED in report.marks
    assert (report.belt_ids, report.time_in_bed_min) == (("old", "new"), 420)


def test_what_the_caller_knows_is_marked() -> None:
    report = plain_night().report(shared_bed=True)
    assert report.marks == (Mark.SHARED_BED,)


@pytest.mark.parametrize(("night", "marked"), [(date(2026, 10, 24), True), (date(2026, 10, 25), False)])
def test_a_night_in_which_the_clocks_change(night: date, marked: bool) -> None:
    zone = ZoneInfo("Europe/Berlin")
    start_at, end_at = night_span(night, zone)
    report = report_of(ReadingBatch.empty(), start_at=start_at, end_at=end_at, zone=zone)
    assert (Mark.CLOCK_CHANGE in report.marks) == marked
    assert len(report.epochs.states) == (17 if marked else 16) * 120


@pytest.mark.parametrize(
    ("scorer", "counts_per_unit"),
    [
        (Scorer.COLE_KRIPKE_MEAN, 0.1),
        (Scorer.COLE_KRIPKE_30S, 2.0),
        (Scorer.SADEH, 2.0),
        (Scorer.SCRIPPS, 1.0),
        (Scorer.OAKLEY, 2.0),
    ],
)
def test_a_published_scorer_can_take_the_place_of_ours(scorer: Scorer, counts_per_unit: float) -> None:
    report = plain_night().report(scorer=scorer, counts_per_unit=counts_per_unit)
    assert report.method == f"{scorer}/{VERSION}"
    assert report.sleep_min == pytest.approx(390, abs=60)


def test_a_night_has_hours() -> None:
    with pytest.raises(ValueError, match="ends after it starts"):
        report_of(ReadingBatch.empty(), end_at=START)


def test_readings_outside_the_hours_are_left_out() -> None:
    report = report_of(plain_night().batch(), start_at=START + 120 * MINUTE_MS, end_at=START + 240 * MINUTE_MS)
    assert report.time_in_bed_min == 120
    assert report.rose_at is None


def test_readings_in_any_order_make_the_same_report() -> None:
    batch = plain_night().batch()
    halves = ReadingBatch.join([batch.select(np.arange(len(batch)) % 2 == part) for part in (1, 0)])
    mixed = ReadingBatch.join(
        [_renamed(halves.select(np.arange(len(batch)) % 3 == part), f"b{part}") for part in range(3)]
    )
    end_at = START + 600 * MINUTE_MS
    assert _figures(report_of(mixed, end_at=end_at)) == _figures(report_of(batch, end_at=end_at))


def _renamed(batch: ReadingBatch, belt: str) -> ReadingBatch:
    columns = {name: column for name, column in batch.columns().items() if name != "belt"}
    return ReadingBatch.build(belts=(belt,), belt=np.zeros(len(batch)), **columns)


def _figures(report: NightReport) -> tuple[object, ...]:
    return report.sleep_min, report.exits, report.epochs, report.heart_rate, report.coverage, report.turn_overs
