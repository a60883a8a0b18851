"""Payloads that come to a readings topic and are no readings. None may pass for one."""

import json
from collections.abc import Callable
from enum import StrEnum
from typing import Final

from domain.units import DAY_MS, SECOND_MS

_HUGE: Final = 20_000
"""Elements of the huge array: far beyond what any belt sends."""
_YEARS_OFF_MS: Final = 9 * 365 * DAY_MS


class GarbageKind(StrEnum):
    """The order is part of every night: new ones go to the end."""

    NOT_JSON = "not-json"
    EMPTY = "empty"
    WRONG_TYPES = "wrong-types"
    TRUNCATED = "truncated"
    HUGE_ARRAY = "huge-array"
    INVALID_UTF8 = "invalid-utf8"
    NO_TIME = "no-time"
    TIME_IN_SECONDS = "time-in-seconds"
    TIME_IN_THE_PAST = "time-in-the-past"
    TIME_IN_THE_FUTURE = "time-in-the-future"
    BARE_VALUE = "bare-value"


def garbage_payload(kind: GarbageKind, at: int, number: int) -> bytes:
    """The garbage of `kind` sent at `at` (ms); `number` varies it. What it says of the bed means nothing."""
    undated = {"heart_rate": 60 + number % 20, "breathing_rate": 15.0, "movement": 2, "in_bed": True}
    makers: dict[GarbageKind, Callable[[], bytes]] = {
        GarbageKind.NOT_JSON: lambda: b"AT+CIPSEND=%d\r\n" % number,
        GarbageKind.EMPTY: lambda: b"",
        GarbageKind.WRONG_TYPES: lambda: _json({"ts": at, "heart_rate": {"value": "fast"}, "in_bed": "perhaps"}),
        GarbageKind.TRUNCATED: lambda: _json({"ts": at} | undated)[: -3 - number % 40],
        GarbageKind.HUGE_ARRAY: lambda: _json([number % 10] * _HUGE),
        GarbageKind.INVALID_UTF8: lambda: b'{"ts":%d,"in_bed":true,"note":"\xff\xfe\xc3\x28"}' % at,
        GarbageKind.NO_TIME: lambda: _json(undated),
        GarbageKind.TIME_IN_SECONDS: lambda: _json({"ts": at // SECOND_MS} | undated),
        GarbageKind.TIME_IN_THE_PAST: lambda: _json({"ts": at - _YEARS_OFF_MS} | undated),
        GarbageKind.TIME_IN_THE_FUTURE: lambda: _json({"ts": at + _YEARS_OFF_MS} | undated),
        GarbageKind.BARE_VALUE: lambda: _json(number),
    }
    return makers[kind]()


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
