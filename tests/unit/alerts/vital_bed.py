"""One bed whose belt reports rates: say what it shows from when to when, see what the engine tells."""

from dataclasses import dataclass, field
from datetime import date

import numpy as np

from alerts.conditions import Conditions
from alerts.rulebook import slot_of
from alerts.runs import Slot, Transition
from domain.alarms import Rule
from domain.readings import Occupancy, ReadingBatch
from domain.residents import Center, LeaveBedSettings, Resident, VitalSettings
from domain.usual import HOURS, Side, UsualLevels
from domain.watch import BedState, ConditionState
from tests.unit.alerts.bed import IN, NIGHT

NO_LEAVE_BED = LeaveBedSettings(not_back=False)
SETTLED = 120
"""Seconds after NIGHT from which the rates of who got in at NIGHT are judged."""


def vital_slot(
    settings: VitalSettings | None = None,
    belt: str = "b1",
    subject: str = "r1",
    from_at: int = 0,
    usual: UsualLevels | None = None,
) -> Slot:
    resident = Resident(resident_id=subject, name="A", leave_bed=NO_LEAVE_BED, vitals=settings or VitalSettings())
    return slot_of(belt, resident, Center(center_id="c1", name="C"), from_at=from_at, usual=usual)


def usual_levels(
    heart: tuple[float, float] = (48, 75), breath: tuple[float, float] = (10, 20), hours: slice = slice(None)
) -> UsualLevels:
    """Between these the rates are usual in `hours` since noon; nothing is known of the others."""
    limits = np.full((len(Side), HOURS), np.nan, np.float32)
    limits[:, hours] = np.array([*heart, *breath], np.float32)[:, None]
    return UsualLevels(resident_id="r1", nights=28, last_night=date(2026, 11, 24), limits=limits, computed_at=0)


@dataclass
class Stretch:
    """Readings each `step` s in [`start`, `end`) s after NIGHT, all alike. None is a missing value."""

    start: float
    end: float
    heart: float | None = 60
    breath: float | None = 15
    in_bed: Occupancy = IN
    quality: float | None = 80
    step: float = 5
    movement: float | None = None
    turns: float | None = None

    def batch(self, received: float | None = None) -> ReadingBatch:
        at = NIGHT + np.arange(self.start * 1000, self.end * 1000, self.step * 1000).astype(np.int64)
        return ReadingBatch.build(
            belts=("b1",),
            belt=np.zeros(len(at)),
            observed_at=at,
            received_at=at if received is None else NIGHT + round(received * 1000),
            in_bed=np.full(len(at), self.in_bed),
            heart_rate=np.nan if self.heart is None else self.heart,
            breathing_rate=np.nan if self.breath is None else self.breath,
            signal_quality=np.nan if self.quality is None else self.quality,
            movement=np.nan if self.movement is None else self.movement,
            turn_overs=np.nan if self.turns is None else self.turns,
        )


@dataclass
class VitalBench:
    """`show` hands stretches in reading by reading; `told` collects (kind, rule, second told, second begun)."""

    settings: VitalSettings = field(default_factory=VitalSettings)
    usual: UsualLevels | None = None
    told: list[tuple[str, Rule, float, float]] = field(default_factory=list)
    transitions: list[Transition] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.engine = Conditions([vital_slot(self.settings, usual=self.usual)])
        self._beds: dict[str, BedState] = {}
        self._runs: dict[tuple[str, str], ConditionState] = {}

    def show(self, *stretches: Stretch) -> None:
        whole = ReadingBatch.join(stretch.batch() for stretch in stretches)
        for row in range(len(whole)):
            self.hand_in(whole.select(np.array([row])), (int(whole.observed_at[row]) - NIGHT) / 1000)

    def hand_in(self, batch: ReadingBatch, now: float) -> None:
        self._collect(self.engine.observe(batch, NIGHT + round(now * 1000)))

    def tick(self, now: float) -> None:
        self._collect(self.engine.tick(NIGHT + round(now * 1000)))

    def turn(self, second: float) -> None:
        """Somebody of the staff says that they turned the resident then."""
        self._collect(self.engine.turned("b1", NIGHT + round(second * 1000)))

    def restart(self) -> None:
        """A new engine goes on from what the records hold by now."""
        beds, runs, ended = self.engine.take_changes()
        self._beds.update((bed.belt_id, bed) for bed in beds)
        self._runs.update(((run.belt_id, str(run.rule)), run) for run in runs)
        for key in ended:
            self._runs.pop(key, None)
        self.engine = Conditions([vital_slot(self.settings, usual=self.usual)])
        self.engine.restore(self._beds.values(), self._runs.values())

    def _collect(self, told: list[Transition]) -> None:
        self.transitions += told
        self.told += [(str(t.kind), t.spec.rule, (t.at - NIGHT) / 1000, (t.began_at - NIGHT) / 1000) for t in told]
