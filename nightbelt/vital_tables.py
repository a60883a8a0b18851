"""What files ask of rates: a table over the defaults, a resident's table over that of the centre."""

from collections.abc import Mapping
from typing import Any

import msgspec

from domain.errors import ConfigurationError
from domain.residents import VitalSettings

Given = Mapping[str, Any]


def vital_settings(*tables: Given, base: VitalSettings | None = None) -> VitalSettings:
    """`base` (or the defaults) with `tables` laid over it, the last one on top. ConfigurationError names the key."""
    merged: dict[str, Any] = msgspec.to_builtins(base or VitalSettings())
    for table in tables:
        merged = _over(merged, table, "vitals")
    try:
        return msgspec.convert(merged, VitalSettings)
    except msgspec.ValidationError as error:
        raise ConfigurationError(f"vitals: {error}") from error


def _over(below: dict[str, Any], table: Given, path: str) -> dict[str, Any]:
    merged = dict(below)
    for key, value in table.items():
        name = f"{path}.{key}"
        if key not in below:
            raise ConfigurationError(f"{name}: no such key")
        if isinstance(below[key], dict):
            if not isinstance(value, dict):
                raise ConfigurationError(f"{name}: a table is needed")
            merged[key] = _over(below[key], value, name)
        else:
            merged[key] = _windows(value, name) if key == "windows" else _at(value) if key == "at" else value
    return merged


def _windows(value: Any, name: str) -> list[dict[str, str]]:
    """Pairs of local times as in `windows` of leaving the bed."""
    try:
        pairs = msgspec.convert(value, list[tuple[str, str]])
    except msgspec.ValidationError as error:
        raise ConfigurationError(f"{name}: {error}") from error
    return [{"start": _time(start), "end": _time(end)} for start, end in pairs]


def _at(value: Any) -> Any:
    return _time(value) if isinstance(value, str) else value


def _time(text: str) -> str:
    """ "7:00" or "07:00" as a time is written in JSON."""
    return f"{text:0>5}:00" if len(text) <= len("07:00") else text
