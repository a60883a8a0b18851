"""What simulated residents' own levels are by the nights so far, learned from what their belts told.

As in the service, but for the nightly reports: a night is valid by its minutes, and only its alarms keep it from
training.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final

import numpy as np
from numpy.typing import NDArray

from alerts.baselines import usual_levels
from alerts.learning import about_the_body, training_nights
from alerts.rulebook import slot_of
from alerts.runs import Slot, Transition
from domain.nights import NOON, local_instant, night_span
from domain.readings import Occupancy
from domain.units import MINUTE_MS
from domain.usual import NightRates, UsualLevels
from nightbelt.learning import in_bed_throughout
from simulators.arrivals import Arrivals
from simulators.belt import BeltNight
from simulators.center import SimulatedBed, SimulatedCenter
from simulators.owed_usual import TrueUsual, usual_lines
from simulators.truth import TruthLine
from sleep.report import LEAST_COVERAGE

_RATES: Final = ("heart_rate", "breathing_rate")


class SimulatedLearning:
    """Over the beds of a centre, a night at a time: `begin`, `hear` all of it, `end`."""

    def __init__(self, center: SimulatedCenter) -> None:
        self._center = center
        self._true = TrueUsual(center)
        self._nights: dict[str, list[NightRates]] = {bed.belt.belt_id: [] for bed in center.beds}
        self._told: dict[str, set[date]] = {belt_id: set() for belt_id in self._nights}
        self._sums = _MinuteSums(0, 0, 0)

    def begin(self, night: date) -> list[Slot]:
        """The slots of the night that begins, with the levels by the nights before."""
        start_at, end_at = night_span(night, self._center.zone)
        self._sums = _MinuteSums(len(self._center.beds), start_at, end_at)
        return [self._slot(bed) for bed in self._center.beds]

    def owed(self, night: BeltNight, lines: Sequence[TruthLine]) -> list[TruthLine]:
        """What is owed of the unusual; `lines` are the other truth of the night."""
        return usual_lines(self._center, night, self._true.levels(night.bed.index), lines)

    def hear(self, piece: Arrivals) -> None:
        self._sums.add(piece)

    def end(self, nights: Sequence[BeltNight], told: Iterable[Transition]) -> None:
        """The night is over, with these alarms."""
        alarmed = {one.belt_id for one in told if about_the_body(one.spec.rule, one.spec.category)}
        for row, night in enumerate(nights):
            belt_id = night.bed.belt.belt_id
            self._true.learn(night)
            if self._sums.coverage(row) > LEAST_COVERAGE:
                self._nights[belt_id].append(self._rates(row, night))
            if belt_id in alarmed:
                self._told[belt_id].add(night.plan.night)

    def _slot(self, bed: SimulatedBed) -> Slot:
        return slot_of(bed.belt.belt_id, bed.resident, self._center.center, usual=self._levels(bed))

    def _levels(self, bed: SimulatedBed) -> UsualLevels | None:
        valid = self._nights[bed.belt.belt_id]
        if not valid:
            return None
        training = training_nights([night.night for night in valid], self._told[bed.belt.belt_id])
        nights = [night for night in valid if night.night in training]
        return usual_levels(bed.resident.resident_id, nights, last_night=valid[-1].night, computed_at=0)

    def _rates(self, row: int, night: BeltNight) -> NightRates:
        return NightRates(
            resident_id=night.bed.resident.resident_id,
            night=night.plan.night,
            noon_at=local_instant(night.plan.night, NOON, self._center.zone),
            start_at=self._sums.start_at,
            heart_rate=self._sums.mean("heart_rate", row),
            breathing_rate=self._sums.mean("breathing_rate", row),
        )


class _MinuteSums:
    """Readings of [`start_at`, `end_at`) (ms, the belts' clocks) by belt and minute."""

    def __init__(self, belts: int, start_at: int, end_at: int) -> None:
        self.start_at = start_at
        self._shape = belts, (end_at - start_at) // MINUTE_MS
        self._known, self._inside = np.zeros(self._shape), np.zeros(self._shape)
        self._sums = {name: np.zeros(self._shape) for name in _RATES}
        self._counts = {name: np.zeros(self._shape) for name in _RATES}

    def add(self, piece: Arrivals) -> None:
        minute = (piece.observed_at - self.start_at) // MINUTE_MS
        rows = np.flatnonzero((minute >= 0) & (minute < self._shape[1]))
        key = piece.belt[rows] * self._shape[1] + minute[rows]
        self._known += self._by_minute(key, piece.in_bed[rows] != Occupancy.UNKNOWN)
        self._inside += self._by_minute(key, piece.in_bed[rows] == Occupancy.IN)
        for name in _RATES:
            values: NDArray[np.float32] = getattr(piece, name)[rows]
            there = ~np.isnan(values)
            self._sums[name] += self._by_minute(key, np.where(there, values, 0))
            self._counts[name] += self._by_minute(key, there)

    def coverage(self, row: int) -> float:
        """The share of minutes in which the belt told who is in bed."""
        return float(np.mean(self._known[row] > 0))

    def mean(self, name: str, row: int) -> NDArray[np.float32]:
        """By minute, NaN where not in bed all the time or without a value."""
        counts = self._counts[name][row]
        in_bed = in_bed_throughout(self._inside[row], self._known[row]) & (counts > 0)
        mean = self._sums[name][row] / np.maximum(counts, 1)
        return np.where(in_bed, mean, np.nan).astype(np.float32)

    def _by_minute(self, key: NDArray[np.int64], weights: NDArray[np.generic]) -> NDArray[np.float64]:
        size = self._shape[0] * self._shape[1]
        sums = np.bincount(key, weights=weights.astype(np.float64), minlength=size)
        return np.asarray(sums, np.float64).reshape(self._shape)
