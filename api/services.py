"""What the pages and programs need from the rest of the house."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from prometheus_client import CollectorRegistry

from api.live import LiveHub
from api.reach import Reach
from domain.alarms import StepFunction
from domain.care import CareRecord
from domain.clock import Clock
from domain.live import BedNow, UnassignedBelt
from domain.ports import (
    AlarmBook,
    AuditTrail,
    BeltStatuses,
    CarePauses,
    CareRecords,
    Consents,
    NightReports,
    Outbox,
    People,
    ReadingsStore,
    Register,
    Rosters,
    Rounds,
    UsualBook,
)

WELL: Final = "ok"
ALARMS: Final = "alarms"
"""The engine without which no alarm can be raised."""


def always_well() -> dict[str, str]:
    return {}


def tell_nobody() -> None:
    """Nobody needs to hear of changed settings."""


def care_unheard(_record: CareRecord) -> None:
    """Nobody needs to hear of what was done."""


def all_assigned(_now: int) -> Sequence[UnassignedBelt]:
    """Every belt lies under a resident."""
    return ()


@dataclass(frozen=True, kw_only=True)
class Services:
    """Handed to `create_app` by the composition root.

    `clock_speed` is how many service milliseconds pass in a real one. `health` names each engine and its state, "ok"
    when it is well, "spooling" when its work waits for it. `on_register_changed` is called after settings were stored,
    `on_care` after what the staff did was. In `maker_centers` (ids, `*` for all) reports take the makers' sleep stages.
    `unassigned` are the belts of all centres by which nobody is watched at an instant.
    """

    clock: Clock
    register: Register
    people: People
    book: AlarmBook
    readings: ReadingsStore
    statuses: BeltStatuses
    reports: NightReports
    rosters: Rosters
    outbox: Outbox
    care: CareRecords
    pauses: CarePauses
    audit: AuditTrail
    consents: Consents
    rounds: Rounds
    usual: UsualBook
    hub: LiveHub
    latest: Callable[[], Sequence[BedNow]]
    step: StepFunction
    clock_speed: float = 1.0
    secure_cookies: bool = True
    banner: str | None = None
    registry: CollectorRegistry | None = None
    health: Callable[[], dict[str, str]] = always_well
    on_register_changed: Callable[[], None] = tell_nobody
    reach: Reach | None = None
    on_care: Callable[[CareRecord], None] = care_unheard
    maker_centers: tuple[str, ...] = ()
    unassigned: Callable[[int], Sequence[UnassignedBelt]] = all_assigned

    @property
    def alarms_at_risk(self) -> bool:
        """Can alarms not be stored just now? They are raised late then, when the records answer again."""
        return self.health().get(ALARMS, WELL) != WELL

    def lived(self, length_ms: float) -> int:
        """How far the service's clock moves while a person lives through `length_ms`; sessions and time-outs."""
        return round(length_ms * self.clock_speed)
