"""What the board is told while it happens."""

from dataclasses import dataclass

from domain.alarms import AlarmEvent
from domain.readings import Occupancy
from domain.residents import Place


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
class UnassignedBelt:
    """A belt that sends readings and by which nobody is watched.

    `place` is the bed without resident that it lies under, None when it lies under no bed. `center_id` is that of its
    bed, else of its topic, None when it cannot be told. `observed_at` (belt's clock) and `occupancy` are of the newest
    of the readings that came last, at `received_at` (our clock).
    """

    belt_id: str
    center_id: str | None
    observed_at: int
    received_at: int
    occupancy: Occupancy
    place: Place | None = None


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
