"""What the belt's maker takes the night for, beside our own: the maker's estimate, never mixed with ours (pure).

Makers do not publish how they tell; what is published of devices under the mattress is that they call quiet waking
sleep and over-state the sleep of older people by 50 to 100 min a night (docs/sleep.md). Fails towards saying nothing:
a night of which the maker told too little has none of this.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from domain.readings import ReadingBatch, SleepStage
from domain.reports import MakerStage, MakerStages, SleepState
from domain.units import MINUTE_MS
from sleep.epochs import EpochColumns, Mask, rows_in_bed, states_of
from sleep.occupancy import BedTime

METHOD: Final = "maker-stage"
"""In a report's `method` and marks when asleep and awake are the maker's."""
LEAST_SHARE: Final = 0.7
"""With the maker's stage in fewer of the night's told epochs in bed nothing is said of it: as much as must be told of a
night to compare it with others."""
_WORDS: Final = {stage.value: MakerStage(stage.word) for stage in SleepStage if stage is not SleepStage.UNKNOWN}

Stages = NDArray[np.int8]


@dataclass(frozen=True, slots=True, kw_only=True)
class MakerNight:
    """The night as the maker tells it: a state and a stage for every epoch, and the figures to show.

    Where the maker told nothing the state is unknown, or out of bed, and the stage None.
    """

    states: tuple[SleepState, ...]
    stages: tuple[MakerStage | None, ...]
    figures: MakerStages


def maker_night(
    readings: ReadingBatch,
    in_bed: NDArray[np.int8],
    columns: EpochColumns,
    bed: BedTime | None,
    ours: tuple[SleepState, ...],
) -> MakerNight | None:
    """None when nobody was in bed, and when the maker told the stage of less than `LEAST_SHARE` of the night's epochs.

    `in_bed` is the occupancy of the readings, `ours` what we take the epochs for.
    """
    if bed is None:
        return None
    main = columns.within(bed)
    rows = rows_in_bed(readings, in_bed, bed.runs)
    epoch = (readings.observed_at[rows] - columns.start_at) // columns.length_ms
    stages = np.where(columns.told, _by_epoch(epoch, readings.sleep_stage[rows], len(columns)), SleepStage.UNKNOWN)
    known = stages != SleepStage.UNKNOWN
    both = main & known
    if not both.any() or np.count_nonzero(both) < LEAST_SHARE * np.count_nonzero(main):
        return None
    return MakerNight(
        states=states_of(columns, stages == SleepStage.AWAKE, known),
        stages=tuple(_WORDS.get(stage) for stage in stages.tolist()),
        figures=_figures(stages, main, columns, _agreement(stages, both & ~columns.upset, ours)),
    )


def _by_epoch(epoch: NDArray[np.int64], stage: Stages, count: int) -> Stages:
    """The stage of most readings of each epoch; of as many the lighter one, UNKNOWN where no reading has one."""
    kinds = len(_WORDS)
    told = np.flatnonzero((stage >= 0) & (stage < kinds))
    times = np.bincount(epoch[told] * kinds + stage[told], minlength=count * kinds).reshape(-1, kinds)
    most: Stages = np.where(times.any(axis=1), times.argmax(axis=1), SleepStage.UNKNOWN).astype(np.int8)
    return most


def _figures(stages: Stages, main: Mask, columns: EpochColumns, agreement: float | None) -> MakerStages:
    told = stages[main & (stages != SleepStage.UNKNOWN)]
    shares = {stage: float(np.mean(told == stage)) for stage in SleepStage}
    asleep = int(np.count_nonzero(told != SleepStage.AWAKE))
    return MakerStages(
        share=len(told) / int(np.count_nonzero(main)),
        sleep_min=asleep * columns.length_ms / MINUTE_MS,
        awake=shares[SleepStage.AWAKE],
        light=shares[SleepStage.LIGHT],
        deep=shares[SleepStage.DEEP],
        rem=shares[SleepStage.REM],
        agreement=agreement,
    )


def _agreement(stages: Stages, told: Mask, ours: tuple[SleepState, ...]) -> float | None:
    """The share (0-1) of the epochs of which both tell that both call asleep or both awake.

    `told` are those of which the maker tells, without those of getting up, which are awake whoever tells.
    """
    asleep = np.array([state is SleepState.ASLEEP for state in ours])
    both = told & (asleep | np.array([state is SleepState.AWAKE for state in ours]))
    if not both.any():
        return None
    return float(np.mean((stages[both] != SleepStage.AWAKE) == asleep[both]))
