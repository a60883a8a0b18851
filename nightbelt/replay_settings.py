"""What a replay asks of each bed: a TOML file of the residents' settings, for all belts or for one.

timezone = "Asia/Shanghai"

[leave_bed]
immediate = true
away_limit_min = 10
windows = [["20:00", "07:00"]]

[belts.b0002.leave_bed]
away_limit_min = 30

The tables are the settings of a resident (`domain.residents.Resident`), whichever there are; what is left out has the
resident's default, in a belt's table what the file says for all.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import time
from pathlib import Path
from typing import Any, Final, get_type_hints

import msgspec

from domain.errors import ConfigurationError
from domain.nights import zone
from domain.residents import Center, NightWindow, Resident, VitalSettings
from nightbelt.vital_tables import vital_settings

_WINDOWS: Final = tuple[NightWindow, ...]
_TIMEZONE: Final = Center(center_id="", name="").timezone


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplaySettings:
    """The zone of the night windows, and the settings of the residents on the belts."""

    timezone: str = _TIMEZONE
    for_all: Resident = field(default_factory=lambda: Resident(resident_id="", name=""))
    by_belt: Mapping[str, Resident] = field(default_factory=dict)

    def resident(self, belt_id: str) -> Resident:
        """Who lies on the belt; nobody knows more of them than its id."""
        return replace(self.by_belt.get(belt_id, self.for_all), resident_id=belt_id, name=belt_id)


def read_replay_settings(path: Path) -> ReplaySettings:
    """ConfigurationError names the file and the key (`$.leave_bed.away_limit_min`)."""
    try:
        given = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), _File)
        zone(given.timezone)
        for_all = _resident(ReplaySettings().for_all, given, "$")
        belts = {belt_id: _resident(for_all, own, f"$.belts.{belt_id}") for belt_id, own in given.belts.items()}
    except OSError as error:
        raise ConfigurationError(f"replay settings {path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError, ConfigurationError) as error:
        raise ConfigurationError(f"replay settings {path}: {error}") from error
    return ReplaySettings(timezone=given.timezone, for_all=for_all, by_belt=belts)


def _resident(base: Resident, given: Any, place: str) -> Resident:
    changed: dict[str, Any] = {}
    for name in _TABLES:
        table = getattr(given, name)
        if table is not msgspec.UNSET:
            changed[name] = _settings(getattr(base, name), table, place, name)
    return replace(base, **changed)


def _settings(base: Any, table: Any, place: str, table_name: str) -> Any:
    try:
        if isinstance(base, VitalSettings):
            return vital_settings(table, base=base)
        given = {name: getattr(table, name) for name in table.__struct_fields__}
        return replace(base, **{name: _value(value) for name, value in given.items() if value is not msgspec.UNSET})
    except (ConfigurationError, ValueError) as error:
        named = place if isinstance(base, VitalSettings) else f"{place}.{table_name}"
        raise ConfigurationError(f"{named}: {error}") from error


def _value(value: Any) -> Any:
    if not isinstance(value, list):
        return value
    return tuple(NightWindow(start=time.fromisoformat(start), end=time.fromisoformat(end)) for start, end in value)


def _table_of(settings: type) -> Any:
    """A table with the fields of a settings class, none of them required and no others allowed.

    Tables within tables are checked by `nightbelt.vital_tables`.
    """
    if settings is VitalSettings:
        return dict[str, Any]
    hints = get_type_hints(settings)
    wire = {
        item.name: list[tuple[str, str]] if hints[item.name] == _WINDOWS else hints[item.name]
        for item in fields(settings)
    }
    return msgspec.defstruct(
        settings.__name__,
        [(name, kind | msgspec.UnsetType, msgspec.UNSET) for name, kind in wire.items()],
        forbid_unknown_fields=True,
    )


_HINTS: Final = get_type_hints(Resident)
_TABLES: Final = tuple(item.name for item in fields(Resident) if item.name not in {"resident_id", "name"})
_OPTIONAL: Final = [(name, _table_of(_HINTS[name]) | msgspec.UnsetType, msgspec.UNSET) for name in _TABLES]
_Belt: Final[Any] = msgspec.defstruct("Belt", _OPTIONAL, forbid_unknown_fields=True)
_File: Final[Any] = msgspec.defstruct(
    "File",
    [("timezone", str, _TIMEZONE), ("belts", dict[str, _Belt], msgspec.field(default_factory=dict)), *_OPTIONAL],
    forbid_unknown_fields=True,
)
