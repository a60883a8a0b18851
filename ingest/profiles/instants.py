"""When a record was: the maker's time as an instant (ms), or the time of its arrival. Pure."""

from collections.abc import Callable
from datetime import datetime, tzinfo
from typing import Any, Final

from domain.clock import instant
from domain.errors import UndecodableError
from domain.nights import zone
from domain.units import DAY_MS, MINUTE_MS, SECOND_MS
from ingest.decoding import AGE_LIMIT_MS, FUTURE_LIMIT_MS
from ingest.profiles.model import Time
from ingest.profiles.paths import MISSING, Scope, lookup
from ingest.profiles.values import WrongValueError, number, shown

FARTHEST_MS: Final = 2**62
"""Keeps an instant inside int64."""

Instant = Callable[[Scope, int], int | None]
"""The instant of a record that arrived at (ms); None: stamp it at its arrival."""


def instant_reader(time: Time) -> Instant:
    """A reader of the record's instant, that raises UndecodableError: `missing-ts`, `bad-ts`, `time-...`.

    ValueError on what cannot be meant.
    """
    if not time.path:
        return lambda scope, received_at: None
    find, unit, local = lookup(time.path), time.unit, zone(time.zone)
    ahead_ms, behind_ms = skew_limits(time)
    by_arrival, missing_by_arrival = time.beyond == "arrival", time.missing == "arrival"

    def read(scope: Scope, received_at: int) -> int | None:
        raw = find(scope)
        if raw is MISSING or raw is None:
            if missing_by_arrival:
                return None
            raise UndecodableError("missing-ts", f"there is no {time.path}")
        at = _instant(raw, unit, local)
        if received_at - behind_ms <= at <= received_at + ahead_ms:
            return at
        if by_arrival:
            return None
        raise _untimely(at, received_at, ahead_ms, behind_ms)

    return read


def skew_limits(time: Time) -> tuple[int, int]:
    """How far (ms) ahead of and behind its arrival a reading may be."""
    if time.max_skew_s is None:
        return FUTURE_LIMIT_MS, AGE_LIMIT_MS
    if not 0 < time.max_skew_s <= AGE_LIMIT_MS / SECOND_MS:
        raise ValueError(f"max_skew_s: above 0, at most {AGE_LIMIT_MS // SECOND_MS}")
    skew_ms = round(time.max_skew_s * SECOND_MS)
    return min(skew_ms, FUTURE_LIMIT_MS), skew_ms


def _instant(raw: Any, unit: str, local: tzinfo) -> int:
    try:
        if unit == "iso":
            return _from_text(raw, local)
        at = number(raw) * (SECOND_MS if unit == "s" else 1)
    except WrongValueError as wrong:
        raise UndecodableError("bad-ts", wrong.detail) from wrong
    return round(max(min(at, float(FARTHEST_MS)), -float(FARTHEST_MS)))


def _from_text(raw: Any, local: tzinfo) -> int:
    """ISO 8601; local time of the profile's zone where the text names none (the first of a doubled hour)."""
    if not isinstance(raw, str):
        raise WrongValueError("bad-ts", f"{shown(raw)} is no ISO 8601 text")
    try:
        moment = datetime.fromisoformat(raw.strip())
        return instant(moment if moment.tzinfo is not None else moment.replace(tzinfo=local))
    except (ValueError, OverflowError):
        raise WrongValueError("bad-ts", f"{shown(raw)} is no ISO 8601 text") from None


def _untimely(at: int, received_at: int, ahead_ms: int, behind_ms: int) -> UndecodableError:
    if at > received_at:
        words = f"more than {ahead_ms / MINUTE_MS:g} min after"
        return UndecodableError("time-in-future", f"{at} is {words} its arrival at {received_at} (ms)")
    words = f"more than {behind_ms / DAY_MS:g} days before"
    return UndecodableError("time-too-old", f"{at} is {words} its arrival at {received_at} (ms)")
