"""The report of a night: figures and epochs, as they are stored and shown. `sleep` works them out.

Lengths are minutes, rates are bpm and breaths/min, shares are 0 to 1. None means not measured; it is never 0.
"""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum


class SleepState(StrEnum):
    """What an epoch was. UNKNOWN: the belt did not tell."""

    OUT = "out"
    AWAKE = "awake"
    ASLEEP = "asleep"
    UNKNOWN = "unknown"


class Depth(StrEnum):
    """How deep a sleeping epoch seemed: an estimate, never a measurement."""

    LIGHT = "light"
    DEEP = "deep"
    REM_LIKE = "rem-like"


class MakerStage(StrEnum):
    """What the belt's maker took an epoch in bed for: the maker's estimate, not ours."""

    AWAKE = "awake"
    LIGHT = "light"
    DEEP = "deep"
    REM = "rem"


@dataclass(frozen=True, slots=True, kw_only=True)
class Epochs:
    """The night in pieces of `length_s` from `start_at` (ms, the belt's clock). `depth` is empty when not estimated,
    `maker` when the belt's maker told too little; else as long as `states`, None where they say nothing.
    """

    start_at: int
    length_s: int
    states: tuple[SleepState, ...]
    depth: tuple[Depth | None, ...] = ()
    maker: tuple[MakerStage | None, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ExitFigures:
    """Absences with a return, each [left, back) (ms); leaving for good is the final rise and no exit."""

    count: int
    total_min: float
    longest_min: float
    spans: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RateFigures:
    """A rate over the readings in bed; all None when the belt never gave it."""

    mean: float | None = None
    min: float | None = None
    max: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScorePart:
    """What one figure gave to the score: `points` of `of`."""

    name: str
    points: float
    of: float


@dataclass(frozen=True, slots=True, kw_only=True)
class MakerStages:
    """The night as the belt's maker tells it, beside our own estimate and never mixed with it. Shares are 0 to 1.

    `share` is of the night's told epochs in bed that have the maker's stage; `awake`, `light`, `deep` and `rem` are
    shares of these and add up to 1; `sleep_min` is how long they are asleep. `agreement`: how many of them maker and we
    both call asleep or both awake; None when we could not tell.
    """

    share: float
    sleep_min: float
    awake: float
    light: float
    deep: float
    rem: float
    agreement: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NightReport:
    """One resident's night, named by the date it starts; [`start_at`, `end_at`) (ms) are its hours.

    `method` names how sleep was told from waking and its version. `valid`: enough of the night was told (70 %) to
    compare it with others. `asleep_at` and `awake_at` (ms) are sleep onset and final wake. `score` is 0 to 100, None
    when the night is not valid. `marks` are codes of what a reader must know (moved-bed, low-coverage, shared-bed,
    clock-change, occupancy-assumed, maker-stage, ...). `untold_min` is the time in bed that the belt did
    not tell: latency + sleep + WASO + final wake + exits + untold is the time in bed. `maker_stages` is None when the
    belt's maker told none, or too few.
    """

    resident_id: str
    belt_ids: tuple[str, ...]
    night: date
    start_at: int
    end_at: int
    time_in_bed_min: float
    sleep_min: float | None
    sleep_onset_latency_min: float | None
    waso_min: float | None
    final_wake_min: float | None
    sleep_efficiency: float | None
    awakenings: int | None
    exits: ExitFigures
    turn_overs: int | None
    heart_rate: RateFigures
    breathing_rate: RateFigures
    resting_heart_rate: float | None = None
    restlessness: float | None = None
    respiratory_events_per_hour: float | None = None
    in_bed_at: int | None = None
    asleep_at: int | None = None
    awake_at: int | None = None
    rose_at: int | None = None
    nap_min: float | None = None
    coverage: float
    valid: bool
    score: float | None = None
    score_parts: tuple[ScorePart, ...] = ()
    method: str
    marks: tuple[str, ...] = ()
    epochs: Epochs = field(default_factory=lambda: Epochs(start_at=0, length_s=30, states=()))
    untold_min: float = 0.0
    maker_stages: MakerStages | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptReport:
    """A report as it is stored: worked out at `computed_at` (ms, our clock) by that `version` of the analysis."""

    report: NightReport
    computed_at: int
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LateDay:
    """Readings of `belt_id` observed on the UTC day `day` (days since 1970) were stored after a night there was over.

    `times` is how often that was noted.
    """

    belt_id: str
    day: int
    times: int
