"""Reports of clean simulated nights against what really happened in them."""

from datetime import date
from functools import cache
from itertools import pairwise

import msgspec
import numpy as np

from domain.nights import night_span
from domain.readings import FLOAT_COLUMNS, ReadingBatch
from domain.reports import NightReport, SleepState
from domain.units import MINUTE_MS, SECOND_MS
from simulators.arrivals import belt_nights
from simulators.belt import BeltNight, belt_readings
from simulators.center import simulated_center
from simulators.physiology import CELL_MS, Stage
from simulators.scenarios import PLAIN_NIGHTS
from sleep.report import night_report

NIGHT = date(2026, 1, 12)
BEDS = 40


@cache
def reports() -> tuple[tuple[BeltNight, NightReport], ...]:
    center = simulated_center(beds=BEDS, seed=5, mix=PLAIN_NIGHTS)
    start_at, end_at = night_span(NIGHT, center.zone)
    found = []
    for night in belt_nights(center, NIGHT):
        readings = belt_readings(night, night.plan.start_at, night.plan.end_at)
        batch = ReadingBatch.build(
            belts=("b",),
            belt=np.zeros(len(readings)),
            observed_at=readings.observed_at,
            received_at=readings.arrives_at,
            in_bed=readings.in_bed,
            **{name: getattr(readings, name) for name in FLOAT_COLUMNS},
        )
        report = night_report(
            batch, resident_id="r", belt_ids=("b",), night=NIGHT, start_at=start_at, end_at=end_at, zone=center.zone
        )
        found.append((night, report))
    return tuple(found)


def stays_of(night: BeltNight, report: NightReport) -> list[tuple[int, int]]:
    return [(a, b) for a, b in night.plan.in_bed.tolist() if b > report.start_at and a < report.end_at]


def test_figures_are_plain_numbers_that_any_store_takes() -> None:
    for _, report in reports():
        assert msgspec.json.decode(msgspec.json.encode(report), type=NightReport) == report


def test_exits_are_counted_exactly() -> None:
    for night, report in reports():
        stays = stays_of(night, report)
        assert report.exits.count == len(stays) - 1
        away_ms = sum(after[0] - before[1] for before, after in pairwise(stays))
        slack_min = 2 * len(stays) * night.bed.belt.interval_ms / MINUTE_MS
        assert abs(report.exits.total_min - away_ms / MINUTE_MS) <= slack_min


def test_turn_overs_are_counted_exactly() -> None:
    for night, report in reports():
        at = night.body.turn_overs
        assert report.turn_overs == np.count_nonzero((at >= report.start_at) & (at < report.end_at))


def test_time_in_bed_is_within_an_epoch() -> None:
    for night, report in reports():
        stays = stays_of(night, report)
        truth_min = (stays[-1][1] - stays[0][0]) / MINUTE_MS
        assert abs(report.time_in_bed_min - truth_min) * 60 <= report.epochs.length_s


def test_sleep_is_told_from_waking() -> None:
    """These residents lie still asleep and move awake, as no real one does: far above the figures of docs/sleep.md."""
    right = total = 0
    bias = []
    for night, report in reports():
        middles = report.start_at + report.epochs.length_s * SECOND_MS * (np.arange(len(report.epochs.states)) + 0.5)
        stage = night.body.stage[((middles - night.body.start_at) // CELL_MS).astype(np.int64)]
        told = np.array([state in {SleepState.AWAKE, SleepState.ASLEEP} for state in report.epochs.states])
        told &= stage != Stage.OUT
        asleep = np.array([state is SleepState.ASLEEP for state in report.epochs.states])
        right += int(np.count_nonzero((asleep == (stage != Stage.AWAKE))[told]))
        total += int(np.count_nonzero(told))
        bias.append((np.count_nonzero(asleep[told]) - np.count_nonzero((stage != Stage.AWAKE)[told])) / 2)
    assert right / total > 0.9
    assert abs(np.mean(bias)) < 20
