"""The native MQTT contract from the belt's side: topics and JSON. Written without sight of any decoder."""

import json
from collections.abc import Sequence
from typing import Final

Json = dict[str, int | float | bool | str]

FIRMWARE: Final = "1.4"
FULL_BATTERY: Final = 100
"""Charge of a belt in percent."""


def readings_topic(center_id: str, belt_id: str) -> str:
    return f"care/{center_id}/{belt_id}/readings"


def status_topic(center_id: str, belt_id: str) -> str:
    return f"care/{center_id}/{belt_id}/status"


def reading_object(
    *,
    observed_at: int,
    in_bed: bool | None = None,
    heart_rate: float | None = None,
    breathing_rate: float | None = None,
    movement: float | None = None,
    turn_overs: float | None = None,
    signal_quality: float | None = None,
    sleep_stage: str | None = None,
) -> Json:
    """One reading as a JSON object; None or NaN leaves the member out. Breathing has one decimal, the rest none."""
    reading: Json = {"ts": observed_at}
    _put(reading, "heart_rate", heart_rate)
    if breathing_rate is not None and breathing_rate == breathing_rate:  # noqa: PLR0124 - false for NaN only
        reading["breathing_rate"] = round(breathing_rate, 1)
    _put(reading, "movement", movement)
    if in_bed is not None:
        reading["in_bed"] = in_bed
    _put(reading, "turn_overs", turn_overs)
    _put(reading, "signal_quality", signal_quality)
    if sleep_stage is not None:
        reading["sleep_stage"] = sleep_stage
    return reading


def readings_payload(readings: Sequence[Json]) -> bytes:
    """A message: one reading as an object, several as an array."""
    return _encoded(readings[0] if len(readings) == 1 else list(readings))


def status_payload(*, online: bool, battery: int = FULL_BATTERY, firmware: str = FIRMWARE) -> bytes:
    """The retained status; `battery` in percent."""
    return _encoded({"online": online, "battery": battery, "firmware": firmware})


def _put(reading: Json, name: str, value: float | None) -> None:
    if value is not None and value == value:  # noqa: PLR0124 - false for NaN only
        reading[name] = round(value)


def _encoded(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":"), allow_nan=False).encode()
