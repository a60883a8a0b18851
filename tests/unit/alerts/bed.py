"""One bed on a test bench: say what its belt reports, see what the engine tells."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from alerts.conditions import Conditions
from alerts.rules import limits_of
from alerts.runs import Slot, Transition
from domain.alarms import Rule
from domain.clock import instant
from domain.nights import Schedule, zone
from domain.readings import Occupancy, ReadingBatch
from domain.residents import LeaveBedSettings

ZONE = zone("Asia/Shanghai")
NIGHT = instant(datetime(2026, 11, 24, 1, 0, tzinfo=ZONE))
"""One in the morning: well inside the default window. Test times are seconds after it."""

IN, OUT, UNKNOWN = Occupancy.IN, Occupancy.OUT, Occupancy.UNKNOWN


def batch(readings: Sequence[tuple[float, Occupancy]], received: float | None = None, belt: str = "b1") -> ReadingBatch:
    """Readings (seconds after NIGHT, occupancy), received when observed or all at `received`."""
    at = [NIGHT + round(second * 1000) for second, _ in readings]
    received_at = at if received is None else NIGHT + round(received * 1000)
    return ReadingBatch.build(
        belts=(belt,),
        belt=[0] * len(at),
        observed_at=at,
        received_at=received_at,
        in_bed=[state for _, state in readings],
    )


def slot(settings: LeaveBedSettings | None = None, belt: str = "b1", subject: str = "r1") -> Slot:
    asked = settings or LeaveBedSettings()
    return Slot(belt_id=belt, subject=subject, limits=limits_of(asked), schedule=Schedule(asked.windows, ZONE))


@dataclass
class Bench:
    """`say` hands readings in at their own instant; `told` collects (kind, rule, second told, second begun)."""

    settings: LeaveBedSettings = field(default_factory=LeaveBedSettings)
    told: list[tuple[str, Rule, float, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.engine = Conditions([slot(self.settings)])

    def say(self, *readings: tuple[float, Occupancy]) -> None:
        for second, state in readings:
            self.hand_in([(second, state)], second)

    def hand_in(self, readings: Sequence[tuple[float, Occupancy]], now: float) -> None:
        self._collect(self.engine.observe(batch(readings, received=now), NIGHT + round(now * 1000)))

    def tick(self, second: float) -> None:
        self._collect(self.engine.tick(NIGHT + round(second * 1000)))

    def every(self, step: float, start: float, end: float, state: Occupancy) -> None:
        """Readings each `step` seconds in [start, end)."""
        second = start
        while second < end:
            self.say((second, state))
            second += step

    def _collect(self, told: list[Transition]) -> None:
        self.told += [(str(t.kind), t.spec.rule, (t.at - NIGHT) / 1000, (t.began_at - NIGHT) / 1000) for t in told]

    def kinds(self) -> list[str]:
        return [kind for kind, *_ in self.told]
