"""The report of a night from its readings (pure): see `domain.reports` for what it holds, docs/sleep.md for how.

Fails towards "not measured": a figure that the readings do not carry is None, and a mark says what a reader must know.
"""

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from domain.clock import utc
from domain.readings import Occupancy, ReadingBatch
from domain.reports import Epochs, ExitFigures, NightReport, RateFigures, SleepState
from domain.units import MINUTE_MS, SECOND_MS
from sleep import maker
from sleep.depth import depth_of
from sleep.epochs import EpochColumns, epoch_columns, rows_in_bed, states_of
from sleep.metrics import sleep_figures
from sleep.occupancy import BedTime, bed_time, held_until, readings_between, steady_runs
from sleep.rates import rate_figures, resting_heart_rate, restlessness, turn_overs
from sleep.respiration import Source, respiratory_events
from sleep.score import with_score
from sleep.scorers import Scorer, counts_of, scored
from sleep.waking import waking

METHOD: Final = "movement-and-heart"
VERSION: Final = 2
"""`method` in a report is how sleep is told from waking and this version; one of another is worked out anew."""
LEAST_COVERAGE: Final = 0.7
"""A night told no better than this is not compared with others (own choice; domain notes 3.4)."""


class Mark(StrEnum):
    """What a reader of the report must know."""

    LOW_COVERAGE = "low-coverage"
    MOVED_BED = "moved-bed"
    SHARED_BED = "shared-bed"
    CLOCK_CHANGE = "clock-change"
    OCCUPANCY_ASSUMED = "occupancy-assumed"
    NOBODY_IN_BED = "nobody-in-bed"
    EVENTS_FROM_HEART = "events-from-heart"
    MAKER_STAGE = maker.METHOD


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Night:
    """What the readings say of who was in bed; `bed` is None when nobody was."""

    readings: ReadingBatch
    in_bed: NDArray[np.int8]
    assumed: bool
    columns: EpochColumns
    bed: BedTime | None
    end_at: int


def night_report(
    batch: ReadingBatch,
    *,
    resident_id: str,
    belt_ids: tuple[str, ...],
    night: date,
    start_at: int,
    end_at: int,
    zone: ZoneInfo | None = None,
    shared_bed: bool = False,
    scorer: Scorer | None = None,
    counts_per_unit: float | None = None,
    use_maker_stages: bool = False,
) -> NightReport:
    """The report of [`start_at`, `end_at`) (ms) from the readings of one resident, of whichever belts.

    `zone` tells whether the clocks changed within; `shared_bed` that two lay in the bed, so that either may have
    moved. Readings may be of any cadence, with gaps; those outside the hours are left out. A published `scorer` may
    take the place of our own, with the device's `counts_per_unit` of movement (by itself from the night: crude); with
    `use_maker_stages` so does what the belt's maker told of asleep and awake, where it told enough. ValueError for no
    hours.
    """
    if end_at <= start_at:
        raise ValueError("a night ends after it starts")
    told = _told(readings_between(batch, start_at, end_at), start_at, end_at)
    coverage = _coverage(told)
    states, method = _states(told, scorer, counts_per_unit), str(scorer or METHOD)
    by_maker = maker.maker_night(told.readings, told.in_bed, told.columns, told.bed, states)
    if by_maker is not None and use_maker_stages:
        states, method = by_maker.states, maker.METHOD
    marks = {
        Mark.LOW_COVERAGE: coverage <= LEAST_COVERAGE,
        Mark.MOVED_BED: len(belt_ids) > 1,
        Mark.SHARED_BED: shared_bed,
        Mark.CLOCK_CHANGE: zone is not None and _clock_changes(zone, start_at, end_at),
        Mark.OCCUPANCY_ASSUMED: told.assumed,
        Mark.NOBODY_IN_BED: told.bed is None,
        Mark.MAKER_STAGE: method == maker.METHOD,
    }
    report = NightReport(
        resident_id=resident_id,
        belt_ids=belt_ids,
        night=night,
        start_at=start_at,
        end_at=end_at,
        time_in_bed_min=0.0,
        sleep_min=None,
        sleep_onset_latency_min=None,
        waso_min=None,
        final_wake_min=None,
        sleep_efficiency=None,
        awakenings=None,
        exits=ExitFigures(count=0, total_min=0.0, longest_min=0.0),
        turn_overs=None,
        heart_rate=RateFigures(),
        breathing_rate=RateFigures(),
        coverage=coverage,
        valid=coverage > LEAST_COVERAGE and told.bed is not None,
        method=f"{method}/{VERSION}",
        marks=tuple(str(mark) for mark, holds in marks.items() if holds),
        epochs=Epochs(
            start_at=start_at,
            length_s=told.columns.length_ms // SECOND_MS,
            states=states,
            maker=by_maker.stages if by_maker else (),
        ),
        maker_stages=by_maker.figures if by_maker else None,
    )
    return report if told.bed is None else with_score(_with_figures(report, told, told.bed))


def _told(readings: ReadingBatch, start_at: int, end_at: int) -> _Night:
    assumed = not (readings.in_bed != Occupancy.UNKNOWN).any()
    if assumed:
        readings = _lively(readings)
    in_bed = np.full(len(readings), Occupancy.IN, np.int8) if assumed else readings.in_bed
    runs = steady_runs(readings.observed_at, in_bed, end_at)
    return _Night(
        readings=readings,
        in_bed=in_bed,
        assumed=assumed and len(readings) > 0,
        columns=epoch_columns(readings, in_bed, runs, start_at, end_at),
        bed=bed_time(runs),
        end_at=end_at,
    )


def _states(told: _Night, scorer: Scorer | None, counts_per_unit: float | None) -> tuple[SleepState, ...]:
    columns, bed = told.columns, told.bed
    if bed is None:
        nothing = np.zeros(len(columns), bool)
        return states_of(columns, nothing, nothing)
    if scorer is None:
        found = waking(columns, bed)
        return states_of(columns, found.awake, found.evident)
    counts = counts_of(columns.movement, columns.within(bed), counts_per_unit)
    return states_of(columns, scored(scorer, counts, columns.length_ms), ~np.isnan(columns.movement))


def _lively(readings: ReadingBatch) -> ReadingBatch:
    """The readings with a heart rate or movement: where none ever tells the occupancy, these are taken to be in bed."""
    lively = ~np.isnan(readings.heart_rate) | ~np.isnan(readings.movement)
    return readings.select(np.flatnonzero(lively))


def _coverage(told: _Night) -> float:
    """The share (0-1) of the hours in which the belt told who was in bed; of a recording without occupancy, of its own
    hours, as nothing tells when the bed was empty."""
    at, columns = told.readings.observed_at, told.columns
    if not len(at):
        return 0.0
    start_at, end_at = columns.start_at, told.end_at
    if told.assumed:
        start_at, end_at = int(at[0]), int(held_until(at, end_at)[-1])
    return min(1.0, float(columns.in_ms.sum() + columns.out_ms.sum()) / (end_at - start_at))


def _clock_changes(zone: ZoneInfo, start_at: int, end_at: int) -> bool:
    first, last = (utc(at).astimezone(zone).utcoffset() for at in (start_at, end_at))
    return first != last


def _with_figures(report: NightReport, told: _Night, bed: BedTime) -> NightReport:
    columns, readings = told.columns, told.readings
    figures = sleep_figures(report.epochs.states, columns.start_at, columns.length_ms, bed)
    main = columns.within(bed)
    rows = rows_in_bed(readings, told.in_bed, bed.runs)
    rows = rows[(readings.observed_at[rows] >= bed.in_bed_at) & (readings.observed_at[rows] < bed.ended_at)]
    at = readings.observed_at[rows]
    asleep = main & np.array([state is SleepState.ASLEEP for state in report.epochs.states])
    events = respiratory_events(at, readings.breathing_rate[rows], readings.heart_rate[rows], columns, asleep)
    from_heart = events is not None and events.source is Source.HEART
    return replace(
        report,
        time_in_bed_min=figures.time_in_bed_min,
        sleep_min=figures.sleep_min,
        sleep_onset_latency_min=figures.sleep_onset_latency_min,
        waso_min=figures.waso_min,
        final_wake_min=figures.final_wake_min,
        sleep_efficiency=figures.sleep_efficiency,
        awakenings=figures.awakenings,
        untold_min=figures.untold_min,
        exits=_exit_figures(bed),
        turn_overs=turn_overs(readings.observed_at, readings.turn_overs, bed),
        heart_rate=rate_figures(at, readings.heart_rate[rows]),
        breathing_rate=rate_figures(at, readings.breathing_rate[rows]),
        resting_heart_rate=resting_heart_rate(columns, main),
        restlessness=restlessness(columns, main),
        respiratory_events_per_hour=events.per_hour if events else None,
        marks=(*report.marks, *([str(Mark.EVENTS_FROM_HEART)] if from_heart else ())),
        epochs=replace(report.epochs, depth=depth_of(columns, report.epochs.states)),
        valid=report.valid and figures.untold_min <= (1 - LEAST_COVERAGE) * figures.time_in_bed_min,
        in_bed_at=bed.in_bed_at,
        asleep_at=figures.asleep_at,
        awake_at=figures.awake_at,
        rose_at=bed.rose_at,
        nap_min=figures.nap_min,
    )


def _exit_figures(bed: BedTime) -> ExitFigures:
    lengths = [gone.length_ms / MINUTE_MS for gone in bed.exits]
    return ExitFigures(
        count=len(lengths),
        total_min=sum(lengths),
        longest_min=max(lengths, default=0.0),
        spans=tuple((gone.left_at, gone.back_at) for gone in bed.exits),
    )
