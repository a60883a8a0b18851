"""Nights written by hand, for the tests of `sleep`."""

from datetime import date
from typing import Any

import numpy as np

from domain.readings import Occupancy, ReadingBatch
from domain.reports import NightReport, SleepState
from domain.units import SECOND_MS
from sleep.occupancy import BedTime, Exit
from sleep.report import night_report

START = 1_795_000_000_000
NIGHT = date(2026, 11, 18)
EPOCH_MS = 30 * SECOND_MS
STATES = {"w": SleepState.AWAKE, "s": SleepState.ASLEEP, "o": SleepState.OUT, "?": SleepState.UNKNOWN}


def states_of(text: str) -> tuple[SleepState, ...]:
    """`5w 10s o`: five epochs awake, ten asleep, one out of bed. `?` is not told."""
    found: list[SleepState] = []
    for word in text.split():
        found += [STATES[word[-1]]] * int(word[:-1] or 1)
    return tuple(found)


def bed_of(states: tuple[SleepState, ...]) -> BedTime:
    """The stay that goes with states that begin and end in bed at `START`, exits on the borders of epochs."""
    out = np.array([False, *[state is SleepState.OUT for state in states], False])
    borders = START + np.flatnonzero(out[1:] != out[:-1]) * EPOCH_MS
    ended_at = START + len(states) * EPOCH_MS
    return BedTime(
        in_bed_at=START,
        ended_at=ended_at,
        rose_at=ended_at,
        exits=tuple(Exit(left_at=int(a), back_at=int(b)) for a, b in zip(borders[::2], borders[1::2], strict=True)),
        naps=(),
        runs=(),
    )


class Readings:
    """A night as stretches one after the other, sampled every `every_s`: what a test writes instead of columns."""

    def __init__(self, every_s: float = 10.0) -> None:
        self.every_ms = round(every_s * SECOND_MS)
        self.rows: list[dict[str, float]] = []
        self.minutes = 0.0

    def add(self, minutes: float, in_bed: Occupancy | None = Occupancy.IN, **values: float) -> "Readings":
        """`minutes` of readings with these values; None for `in_bed` is a gap."""
        first, last = (round(m * 60 * SECOND_MS / self.every_ms) for m in (self.minutes, self.minutes + minutes))
        if in_bed is not None:
            self.rows += [{"at": n * self.every_ms, "in_bed": in_bed, **values} for n in range(first, last)]
        self.minutes += minutes
        return self

    def asleep(self, minutes: float) -> "Readings":
        """Still, with a slow heart that is a little uneven; a twitch every twenty minutes."""
        for part in range(round(minutes)):
            twitch = part % 20 == 13
            self.add(1, heart_rate=58 + part % 3, breathing_rate=14, movement=30 if twitch else 0, turn_overs=0)
        return self

    def awake(self, minutes: float) -> "Readings":
        """Moving most of the time, with a heart ten beats faster."""
        for part in range(round(minutes)):
            self.add(1, heart_rate=69 + part % 4, breathing_rate=17, movement=(25, 60, 10)[part % 3], turn_overs=0)
        return self

    def out(self, minutes: float) -> "Readings":
        return self.add(minutes, Occupancy.OUT)

    def batch(self, belt: str = "b1") -> ReadingBatch:
        at = [START + int(row["at"]) for row in self.rows]
        names = ("heart_rate", "breathing_rate", "movement", "turn_overs")
        return ReadingBatch.build(
            belts=(belt,),
            belt=[0] * len(at),
            observed_at=at,
            received_at=at,
            in_bed=[row["in_bed"] for row in self.rows],
            **{name: [row.get(name, np.nan) for row in self.rows] for name in names},
        )

    def report(self, **wanted: Any) -> NightReport:
        return report_of(self.batch(), end_at=START + round(self.minutes * 60) * SECOND_MS, **wanted)


def report_of(batch: ReadingBatch, *, end_at: int, **wanted: Any) -> NightReport:
    told: dict[str, Any] = {"resident_id": "r1", "belt_ids": ("b1",), "night": NIGHT, "start_at": START}
    return night_report(batch, **told | {"end_at": end_at} | wanted)
