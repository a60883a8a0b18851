"""A centre that does not exist: rooms, beds, belts and residents, each drawn from the seed and the own number."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import time
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

import numpy as np

from domain.errors import ConfigurationError, NotFoundError
from domain.nights import night_of
from domain.ports import BedEntry
from domain.residents import Center, LeaveBedSettings, NightWindow, Resident, Side, VitalSettings
from domain.units import MINUTE_MS
from simulators.asked import asked_of
from simulators.physiology import Physiology, drawn_physiology
from simulators.scenarios import CLOCK_OFF_MIN, DEFAULT_MIX, Mix, Opening
from simulators.stages import TELLING_SHARE
from simulators.streams import Purpose, stream

Choice = TypeVar("Choice")

BEDS_PER_ROOM: Final = 2
ROOMS_PER_FLOOR: Final = 10

INTERVALS_MS: Final = (1_000, 2_000, 3_000, 4_000, 5_000, 6_000, 8_000, 10_000)
"""Cadences of belts, equally common."""
_BATCHING_SHARE: Final = 0.3
"""Share of the fast belts that send several readings in one message."""
_BATCHING_UP_TO_MS: Final = 2_000
_BATCH: Final = 5

HEART_RATE_LOSS: Final = (0.06, 0.27)
BREATHING_RATE_LOSS: Final = (0.13, 0.34)
"""Shares of values that contact-free devices lose, from the best device to the worst (Anesthesiology 132:424)."""
CHATTER: Final = (0.0, 0.04)
"""Up to twenty times in a night of eight hours."""

_HIGH_RISK_SHARE: Final = 0.15
"""Share of residents whose exits are told at once as well."""
_OTHER_LIMIT_SHARE: Final = 0.2
_OTHER_LIMITS_MIN: Final = (10, 20, 30)
_LONG_WINDOW: Final = (NightWindow(start=time(20), end=time(7)),)
_TWO_WINDOWS: Final = (
    NightWindow(start=time(20, 30), end=time(23, 30)),
    NightWindow(start=time(2), end=time(6)),
)
_LONG_WINDOW_SHARE: Final = 0.1
_TWO_WINDOWS_SHARE: Final = 0.06

_FAMILY_NAMES: Final = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗"
_GIVEN_NAMES: Final = (
    *("秀英", "桂兰", "淑珍", "玉梅", "凤霞", "素云", "惠芳", "月娥", "美华", "翠兰"),
    *("建国", "德明", "国强", "永福", "志远", "文彬", "福生", "庆祥", "长林", "守义"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedBelt:
    """A belt: reports every `interval_ms` at instants that leave `phase_ms` when divided by it (true time).

    `batch` readings travel in one message. `clock_offset_ms` is how far its clock stands ahead of true time.
    `heart_rate_loss`, `breathing_rate_loss`: shares of its values in bed that are missing; `chatter`: share of minutes
    in bed in which it shows an empty one for a moment. `tells_stages`: its maker tells sleep stages.
    """

    belt_id: str
    interval_ms: int
    phase_ms: int
    batch: int
    clock_offset_ms: int
    heart_rate_loss: float = 0.0
    breathing_rate_loss: float = 0.0
    chatter: float = 0.0
    tells_stages: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedBed:
    """A bed with its belt and its resident; `index` counts from 0 and is what everything is drawn by.

    A double bed is two of these with one `bed_id` and a `side` each. With `one_belt` it is one, whose belt lies under
    the resident and under somebody else who is not watched.
    """

    index: int
    room_id: str
    room: str
    bed_id: str
    bed: str
    belt: SimulatedBelt
    resident: Resident
    physiology: Physiology
    side: Side = Side.WHOLE
    one_belt: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedCenter:
    """A centre and all that its nights are made of: each night is a function of this, the bed and the date."""

    center: Center
    seed: int
    beds: tuple[SimulatedBed, ...]
    mix: Mix
    opening: Opening | None = None

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.center.timezone)

    def entries(self) -> list[BedEntry]:
        """What the register needs to enrol the centre."""
        return [
            BedEntry(
                room_id=bed.room_id,
                room=bed.room,
                bed_id=bed.bed_id,
                bed=bed.bed,
                side=bed.side,
                belt_id=bed.belt.belt_id,
                resident=bed.resident,
            )
            for bed in self.beds
        ]

    def with_opening(self, start_at: int, resident_id: str | None = None) -> "SimulatedCenter":
        """The same centre, in which one resident (default: the first) leaves the bed soon after `start_at` (ms).

        ConfigurationError when the opening would run across local noon, where nights are joined.
        """
        chosen = resident_id or self.beds[0].resident.resident_id
        if all(bed.resident.resident_id != chosen for bed in self.beds):
            raise NotFoundError("resident", chosen)
        opening = Opening(resident_id=chosen, start_at=start_at)
        if night_of(start_at, self.zone) != night_of(opening.end_at, self.zone):
            raise ConfigurationError("opening: not within the hour before noon, local time")
        return replace(self, opening=opening)


def simulated_center(
    beds: int,
    seed: int,
    *,
    timezone: str = "Asia/Shanghai",
    center_id: str = "c01",
    name: str = "长青养老中心",
    mix: Mix = DEFAULT_MIX,
) -> SimulatedCenter:
    """A centre of `beds` beds. Bed n is the same in every centre of the seed, however many beds there are.

    The first resident has the default settings and a belt with a right clock, so that a demo can count on it.
    """
    if beds < 1:
        raise ConfigurationError(f"beds {beds}: at least 1")
    return SimulatedCenter(
        center=Center(center_id=center_id, name=name, timezone=timezone),
        seed=seed,
        beds=tuple(_bed(index, seed, mix) for index in range(beds)),
        mix=mix,
    )


def _bed(index: int, seed: int, mix: Mix) -> SimulatedBed:
    rng = stream(seed, Purpose.RESIDENT, index)
    physiology = drawn_physiology(rng)
    family, given = _one_of(rng, _FAMILY_NAMES), _one_of(rng, _GIVEN_NAMES)
    belt = _belt(rng, index, mix.clock_off)
    if mix.measured:
        belt = _measured(belt, stream(seed, Purpose.LOSSES, index))
    belt = replace(belt, tells_stages=bool(stream(seed, Purpose.STAGES, index).random() < TELLING_SHARE))
    settings = _settings(rng)
    vitals = asked_of(seed, index, physiology) if mix.measured and index else VitalSettings()
    room = index // BEDS_PER_ROOM
    number = f"{1 + room // ROOMS_PER_FLOOR}{1 + room % ROOMS_PER_FLOOR:02d}"
    side, one_belt = _shared(seed, index, mix)
    bed = str(1 + index % BEDS_PER_ROOM) if side is Side.WHOLE else "1"
    return SimulatedBed(
        index=index,
        room_id=f"room-{number}",
        room=number,
        bed_id=f"bed-{number}-{bed}",
        bed=bed,
        belt=belt,
        resident=Resident(
            resident_id=f"r{index + 1:04d}",
            name=family + given,
            leave_bed=settings if index else LeaveBedSettings(),
            vitals=vitals,
        ),
        physiology=physiology,
        side=side,
        one_belt=one_belt,
    )


def _belt(rng: np.random.Generator, index: int, clock_off: float) -> SimulatedBelt:
    interval_ms = _one_of(rng, INTERVALS_MS)
    phase_ms = int(rng.integers(interval_ms))
    batches, off = rng.random(2)
    offset_ms = round(rng.uniform(*CLOCK_OFF_MIN) * MINUTE_MS)
    return SimulatedBelt(
        belt_id=f"b{index + 1:04d}",
        interval_ms=interval_ms,
        phase_ms=phase_ms,
        batch=_BATCH if interval_ms <= _BATCHING_UP_TO_MS and batches < _BATCHING_SHARE else 1,
        clock_offset_ms=offset_ms if index and off < clock_off else 0,
    )


def _measured(belt: SimulatedBelt, rng: np.random.Generator) -> SimulatedBelt:
    heart, breathing = rng.uniform(*HEART_RATE_LOSS), rng.uniform(*BREATHING_RATE_LOSS)
    return replace(
        belt, heart_rate_loss=float(heart), breathing_rate_loss=float(breathing), chatter=float(rng.uniform(*CHATTER))
    )


def _settings(rng: np.random.Generator) -> LeaveBedSettings:
    risk, limit, window = rng.random(3)
    other_limit = _one_of(rng, _OTHER_LIMITS_MIN)
    plain = LeaveBedSettings()
    windows = plain.windows
    if window < _LONG_WINDOW_SHARE:
        windows = _LONG_WINDOW
    elif window < _LONG_WINDOW_SHARE + _TWO_WINDOWS_SHARE:
        windows = _TWO_WINDOWS
    return LeaveBedSettings(
        immediate=bool(risk < _HIGH_RISK_SHARE),
        away_limit_min=other_limit if limit < _OTHER_LIMIT_SHARE else plain.away_limit_min,
        windows=windows,
    )


def _shared(seed: int, index: int, mix: Mix) -> tuple[Side, bool]:
    """Which side of a double bed it is, and whether two lie over its one belt; never in the first room."""
    room, place = divmod(index, BEDS_PER_ROOM)
    double = stream(seed, Purpose.SHARING, room).random() < mix.two_in_bed
    one_belt = stream(seed, Purpose.ONE_BELT, index).random() < mix.one_belt
    if not room:
        return Side.WHOLE, False
    return ((Side.LEFT, Side.RIGHT)[place], False) if double else (Side.WHOLE, one_belt)


def _one_of(rng: np.random.Generator, choices: Sequence[Choice]) -> Choice:
    return choices[int(rng.integers(len(choices)))]
