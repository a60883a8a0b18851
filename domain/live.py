"""What the board is told while it happens."""

from dataclasses import dataclass

from domain.alarms import AlarmEvent
from domain.readings import Occupancy


@dataclass(frozen=True, slots=True, kw_only=True)
class BedNow:
    """The latest that is known of one belt's bed. Rates carry the instant (belt's clock) they were last given.

    `received_at` is our clock: staleness is counted from it. None means never reported.
    """

    belt_id: str
    occupancy: Occupancy
    since_at: int | None
    observed_at: int | None
    received_at: int | None
    clock_offset_ms: int
    heart_rate: float | None = None
    heart_rate_at: int | None = None
    breathing_rate: float | None = None
    breathing_rate_at: int | None = None
    movement: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BedsChanged:
    """Beds with newer readings."""

    beds: tuple[BedNow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmsChanged:
    """Alarm events, committed and with their `event_id`, ascending."""

    events: tuple[AlarmEvent, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WardChanged:
    """Something else that is shown of these centres' beds has changed, such as a pause for care."""

    center_ids: frozenset[str]


LiveEvent = BedsChanged | AlarmsChanged | WardChanged
