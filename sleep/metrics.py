"""The figures of a night from its bed time and the states of its epochs (pure).

Definitions, after the American Academy of Sleep Medicine where it has them (docs/sleep.md):

- time in bed (TIB): from getting into bed until rising for good, exits and untold time included;
- sleep onset latency (SOL): time in bed until the first epoch asleep, exits left out;
- total sleep time (TST): epochs asleep; sleep efficiency (SE): TST / (TIB - untold time);
- wake after onset (WASO): awake in bed between sleep onset and final wake; exits are counted apart;
- final wake: awake in bed from the end of the last epoch asleep until rising;
- awakenings: at least 5 min without sleep between onset and final wake, in bed or out (NSF 2017 counts those > 5 min).

Hence, to the millisecond: SOL + WASO + TST + final wake = TIB - exits - untold time. An epoch touched by an exit is
never asleep, so epochs asleep lie wholly in bed. Onset rules belong to the scorer: here the first epoch asleep counts.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from domain.reports import SleepState
from domain.units import MINUTE_MS
from sleep.epochs import Floats, Mask, spent
from sleep.occupancy import BedTime, Instants

AWAKENING_MIN: Final = 5
"""A shorter stretch of waking within the night is no awakening (min)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SleepFigures:
    """Lengths in minutes; `asleep_at` and `awake_at` (ms) are sleep onset and final wake.

    All but `time_in_bed_min` and `untold_min` are None when no epoch of the night was told.
    """

    time_in_bed_min: float
    untold_min: float
    sleep_min: float | None = None
    sleep_onset_latency_min: float | None = None
    waso_min: float | None = None
    final_wake_min: float | None = None
    sleep_efficiency: float | None = None
    awakenings: int | None = None
    asleep_at: int | None = None
    awake_at: int | None = None
    nap_min: float | None = None


def sleep_figures(states: tuple[SleepState, ...], start_at: int, length_ms: int, bed: BedTime) -> SleepFigures:
    """The figures of the night whose epochs of `length_ms` (ms) begin at `start_at` (ms) and whose stay is `bed`.

    Without any epoch asleep the latency is the whole time awake; WASO and final wake are 0.
    """
    edges = start_at + length_ms * np.arange(len(states) + 1, dtype=np.int64)
    in_bed = _in_bed_ms(edges, bed)
    untold = np.array([state is SleepState.UNKNOWN for state in states])
    asleep = np.array([state is SleepState.ASLEEP for state in states])
    tib_ms, untold_ms = bed.ended_at - bed.in_bed_at, float(in_bed[untold].sum())
    if untold_ms >= in_bed.sum():
        return SleepFigures(time_in_bed_min=tib_ms / MINUTE_MS, untold_min=untold_ms / MINUTE_MS)
    main = asleep & (in_bed > 0)
    onset, rise = _ends(main)
    awake_ms = np.where(main | untold, 0.0, in_bed)
    return SleepFigures(
        time_in_bed_min=tib_ms / MINUTE_MS,
        untold_min=untold_ms / MINUTE_MS,
        sleep_min=_minutes(in_bed[main]),
        sleep_onset_latency_min=_minutes(awake_ms[:onset]),
        waso_min=_minutes(awake_ms[onset:rise]),
        final_wake_min=_minutes(awake_ms[rise:]),
        sleep_efficiency=float(in_bed[main].sum() / (tib_ms - untold_ms)),
        awakenings=_awakenings(main[onset:rise], untold[onset:rise], length_ms),
        asleep_at=int(edges[onset]) if main.any() else None,
        awake_at=int(edges[rise]) if main.any() else None,
        nap_min=int(np.count_nonzero(asleep & ~main)) * length_ms / MINUTE_MS,
    )


def _in_bed_ms(edges: Instants, bed: BedTime) -> Floats:
    """How much of each epoch lies within the night's stay and outside its exits (ms)."""
    starts = np.array([bed.in_bed_at, *(gone.back_at for gone in bed.exits)])
    ends = np.array([*(gone.left_at for gone in bed.exits), bed.ended_at])
    return spent(edges, starts, ends)


def _minutes(parts_ms: Floats) -> float:
    return float(parts_ms.sum()) / MINUTE_MS


def _ends(asleep: Mask) -> tuple[int, int]:
    """The numbers of the first epoch asleep and of the one after the last; of the end of the night without any."""
    places = np.flatnonzero(asleep)
    return (int(places[0]), int(places[-1]) + 1) if len(places) else (len(asleep), len(asleep))


def _awakenings(asleep: Mask, untold: Mask, length_ms: int) -> int:
    """Stretches of told epochs without sleep that last `AWAKENING_MIN`."""
    waking = np.concatenate([[False], ~asleep & ~untold, [False]])
    borders = np.flatnonzero(waking[1:] != waking[:-1])
    lengths_ms = (borders[1::2] - borders[::2]) * length_ms
    return int(np.count_nonzero(lengths_ms >= AWAKENING_MIN * MINUTE_MS))
