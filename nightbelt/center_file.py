"""Centre files: a centre's rooms, beds, belts and residents in TOML, for `nightbelt enroll`.

[center]
id = "c01"
name = "Willow House"
timezone = "Asia/Shanghai"
morning = "10:15"
rounds = ["22:00", "02:00", "05:00"]

[[beds]]
room = "101"
bed = "1"
belt = "b0001"
[beds.resident]
id = "r0001"
name = "..."
immediate = true
away_limit_min = 10
windows = [["20:00", "07:00"]]
[beds.resident.vitals.heart_rate_low]
limit = 36

Tables named `vitals`, of the centre and over it of residents, hold the keys of `domain.residents.VitalSettings`.
"""

import tomllib
from datetime import time
from pathlib import Path
from typing import Any

import msgspec

from domain.errors import ConfigurationError
from domain.nights import zone
from domain.ports import BedEntry
from domain.residents import MORNING, Center, LeaveBedSettings, NightWindow, Resident, Side, checked_id
from nightbelt.vital_tables import Given, vital_settings

_DEFAULT = LeaveBedSettings()


class _Center(msgspec.Struct, forbid_unknown_fields=True):
    id: str
    name: str
    timezone: str = "Asia/Shanghai"
    morning: str = f"{MORNING:%H:%M}"
    rounds: list[str] = []
    vitals: dict[str, Any] = {}


class _Resident(msgspec.Struct, forbid_unknown_fields=True):
    id: str
    name: str
    immediate: bool = _DEFAULT.immediate
    immediate_after_s: int = _DEFAULT.immediate_after_s
    not_back: bool = _DEFAULT.not_back
    away_limit_min: int = _DEFAULT.away_limit_min
    windows: list[tuple[str, str]] | None = None
    vitals: dict[str, Any] = {}


class _Bed(msgspec.Struct, forbid_unknown_fields=True):
    room: str
    bed: str
    bed_id: str = ""
    room_name: str = ""
    side: Side = Side.WHOLE
    belt: str | None = None
    resident: _Resident | None = None


class _File(msgspec.Struct, forbid_unknown_fields=True):
    center: _Center
    beds: list[_Bed]


def read_center_file(path: Path) -> tuple[Center, list[BedEntry]]:
    """The centre and its beds. ConfigurationError names the file and the key (`$.beds[3].belt`)."""
    try:
        raw: Any = tomllib.loads(path.read_text(encoding="utf-8"))
        file = msgspec.convert(raw, _File)
    except OSError as error:
        raise ConfigurationError(f"centre file {path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise ConfigurationError(f"centre file {path}: {error}") from error
    zone(file.center.timezone)
    try:
        center = _center(file.center)
        vital_settings(file.center.vitals)
    except (ConfigurationError, ValueError) as error:
        raise ConfigurationError(f"centre file {path}: $.center.{error}") from error
    return center, [_entry(path, number, bed, file.center.vitals) for number, bed in enumerate(file.beds)]


def _center(given: _Center) -> Center:
    try:
        morning = time.fromisoformat(given.morning)
    except ValueError:
        morning = None
    if morning is None or morning.tzinfo is not None:
        raise ConfigurationError(f"morning {given.morning!r}: a local time such as 10:15")
    try:
        round_times = sorted({time.fromisoformat(text) for text in given.rounds}, key=str)
    except ValueError as error:
        raise ConfigurationError(f"rounds: {error}") from error
    return Center(
        center_id=checked_id("center", given.id),
        name=given.name,
        timezone=given.timezone,
        morning=morning,
        round_times=tuple(round_times),
    )


def _entry(path: Path, number: int, bed: _Bed, vitals: Given) -> BedEntry:
    try:
        return BedEntry(
            room_id=checked_id("room", bed.room),
            room=bed.room_name or bed.room,
            bed_id=checked_id("bed", bed.bed_id or f"{bed.room}-{bed.bed}"),
            bed=bed.bed,
            side=bed.side,
            belt_id=checked_id("belt", bed.belt) if bed.belt is not None else None,
            resident=_resident(bed.resident, vitals) if bed.resident is not None else None,
        )
    except (ConfigurationError, ValueError) as error:
        raise ConfigurationError(f"centre file {path}: $.beds[{number}]: {error}") from error


def _resident(given: _Resident, of_center: Given) -> Resident:
    windows = _DEFAULT.windows
    if given.windows is not None:
        windows = tuple(
            NightWindow(start=time.fromisoformat(start), end=time.fromisoformat(end)) for start, end in given.windows
        )
    return Resident(
        resident_id=checked_id("resident", given.id),
        name=given.name,
        leave_bed=LeaveBedSettings(
            immediate=given.immediate,
            immediate_after_s=given.immediate_after_s,
            not_back=given.not_back,
            away_limit_min=given.away_limit_min,
            windows=windows,
        ),
        vitals=vital_settings(of_center, given.vitals),
    )
