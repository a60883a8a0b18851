"""One value out of a record: found, compared, mapped, cast, checked. Compiled once per source; pure.

Fails toward missing: what is no value, is not valid now or cannot be true becomes "not known", with a problem for the
quarantine where the maker's own rules do not explain it. Never raises, whatever stands there.
"""

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any, Final, NamedTuple

from domain.errors import UndecodableError
from domain.readings import Occupancy, SleepStage
from ingest.decoding import LIMITS, RATES
from ingest.profiles.model import (
    CountSource,
    FlagSource,
    NumberSource,
    OccupancySource,
    Scalar,
    Source,
    StageSource,
    When,
)
from ingest.profiles.paths import MISSING, Scope, lookup

NO_RATE: Final = (0, 255, -1)
"""What makers send in a rate field for "none", unless the profile says otherwise."""
BATTERY_LIMITS: Final = (0.0, 100.0)
BYTE_MAX: Final = 255
"""Where a counter that wraps does so, unless the profile says otherwise."""
OTHERWISE: Final = "*"
"""The key of a value map for all values that have none of their own."""
TEXT_MAX: Final = 64
"""Characters of a text that are kept (firmware)."""
SHOWN_MAX: Final = 60
"""Characters of a value that are put into words."""

_COMPARED_MAX: Final = 1e30
_USED_MAX: Final = 1e300  # a float holds it, whatever it is multiplied with on the way to an instant
_NUMBER: Final = re.compile(r"[+-]?(\d{1,30}(\.\d{0,30})?|\.\d{1,30})(e[+-]?\d{1,3})?", re.ASCII)
_WHOLE: Final = re.compile(r"[+-]?\d{1,30}", re.ASCII)
_HEX: Final = re.compile(r"(0x)?[0-9a-f]{1,8}")
_RATIO: Final = re.compile(r"\s*(\d{1,9}(?:\.\d{1,9})?)\s*/\s*(\d{1,9}(?:\.\d{1,9})?)\s*", re.ASCII)
_OCCUPANCY: Final = {"in": Occupancy.IN.value, "out": Occupancy.OUT.value, "unknown": None}
_STAGES: Final = {stage.word: None if stage is SleepStage.UNKNOWN else stage.value for stage in SleepStage}
_FLAGS: Final[Mapping[str, bool]] = {"true": True, "false": False}


class Why(StrEnum):
    """How a cell came to its value, in words for `nightbelt profile check`."""

    SENT = "as sent"
    MAPPED = "by the value map"
    CLIPPED = "moved to the end of its range"
    ABSENT = "not in the payload"
    NULL = "null"
    NO_VALUE = "stands for no value"
    NOT_NOW = "its condition does not hold"
    KEEP = "says as before, and there is no before"
    KEPT = "says as before"
    MERGED = "from an earlier message"
    UNKNOWN = "says unknown"
    SETTLING = "settling after getting in"
    FIRST_COUNT = "first count, nothing to compare with"
    COUNTED = "more than at the last count"
    RESTARTED = "the count was begun anew"
    AT_END = "the counter stands at its end"
    LATE_COUNT = "older than the last count"
    EVENT = "one event"
    REFUSED = "refused"


class Cell(NamedTuple):
    """What was found for one field, what it becomes (None: not known), why, and the fault if there is one."""

    raw: Any
    value: Any
    why: Why
    problem: UndecodableError | None = None
    max_age_s: float | None = None


Reader = Callable[[Scope], Cell]
Cast = Callable[[Any], Any]

ABSENT: Final = Cell(MISSING, None, Why.ABSENT)


class WrongValueError(Exception):
    """Caught in here: `reason` and `detail` of a value that cannot be taken."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


def shown(value: Any) -> str:
    """`value` in words that are short, whatever it is."""
    try:
        text = repr(value)
    except ValueError:  # an integer of thousands of digits
        return "a very long number"
    return text if len(text) <= SHOWN_MAX else f"{text[:SHOWN_MAX]}..."


def canonical(value: Any) -> str:
    """The form in which values are compared: 1, 1.0, "1", " 1 " and "0x01" are the same, TRUE and true too."""
    kind = type(value)
    if kind is int:
        return str(value) if -_COMPARED_MAX < value < _COMPARED_MAX else "out of bounds"
    if kind is float:
        return str(int(value)) if value.is_integer() and abs(value) < _COMPARED_MAX else repr(value)
    if kind is bool:
        return "true" if value else "false"
    return _canonical_text(value.strip().lower()) if kind is str else ""


def _canonical_text(text: str) -> str:
    if text.startswith("0x") and _HEX.fullmatch(text):
        return str(int(text, 16))
    if _WHOLE.fullmatch(text):
        return str(int(text))
    return canonical(float(text)) if _NUMBER.fullmatch(text) else text


def canonical_set(values: Iterable[Scalar]) -> frozenset[str]:
    return frozenset(canonical(value) for value in values)


def number(raw: Any) -> float:
    """A finite number from a number or its text. WrongValueError `wrong-type`."""
    kind = type(raw)
    if kind is int or kind is float:
        value = float(raw) if -_USED_MAX < raw < _USED_MAX else math.inf
    elif kind is str and _NUMBER.fullmatch(raw.strip().lower()):
        value = float(raw)
    else:
        raise WrongValueError("wrong-type", f"{shown(raw)} is no number")
    if not math.isfinite(value):
        raise WrongValueError("wrong-type", f"{shown(raw)} is no number that can be used")
    return value


def _ratio(raw: Any) -> float:
    """Percent from "64/100"."""
    found = _RATIO.fullmatch(raw) if isinstance(raw, str) else None
    if found is None or float(found[2]) == 0:
        raise WrongValueError("wrong-type", f"{shown(raw)} is no ratio")
    return 100 * float(found[1]) / float(found[2])


def _hex(raw: Any) -> float:
    """A number from the text of a hexadecimal one; numbers are taken as they are."""
    if isinstance(raw, str):
        text = raw.strip().lower()
        if _HEX.fullmatch(text):
            return float(int(text, 16))
        raise WrongValueError("wrong-type", f"{shown(raw)} is no hexadecimal number")
    return number(raw)


_CASTS: Final[Mapping[str, Cast]] = {"ratio": _ratio, "hex": _hex}
"""Casts that come before everything else: markers and maps are compared with the number."""


def condition(when: When | None) -> Callable[[Scope], bool]:
    """Does `when` hold? A value that is not there is in no list. ValueError on a wrong path."""
    if when is None:
        return lambda scope: True
    if bool(when.is_) == bool(when.is_not):
        raise ValueError("when: either `is` or `is_not`, with at least one value")
    find, wanted, unwanted = lookup(when.path), canonical_set(when.is_), canonical_set(when.is_not)

    def holds(scope: Scope) -> bool:
        raw = find(scope)
        if raw is MISSING:
            return bool(unwanted)
        return canonical(raw) in wanted if wanted else canonical(raw) not in unwanted

    return holds


def number_source(source: NumberSource, name: str) -> Reader:
    """A reader of numbers for the column `name`. ValueError on what cannot be meant."""
    usual: tuple[Scalar, ...] = NO_RATE if name in RATES else ()
    low, high = bounds(source, name)
    scale, clip = source.scale, source.clip
    mapped = mapping(source.map) if source.map else None

    def take(raw: Any) -> tuple[Any, Why]:
        value, why = (number(raw), Why.SENT) if mapped is None else (mapped(raw), Why.MAPPED)
        value *= scale
        if low <= value <= high:
            return value, why
        if not clip:
            raise WrongValueError(f"{name}-out-of-range", f"{shown(raw)} is not in {low:g} to {high:g}")
        return min(max(value, low), high), Why.CLIPPED

    invalid = usual if source.invalid is None else source.invalid
    return _reader(source, invalid, take, name, cast=_CASTS.get(source.as_))


def bounds(source: NumberSource, name: str) -> tuple[float, float]:
    """What can be true of the column: the profile's range, inside the widest there is."""
    low, high = LIMITS.get(name, BATTERY_LIMITS)
    if isinstance(source, CountSource) and source.count == "cumulative":
        return source.range or (0, count_end(source))
    if source.range is None:
        return low, high
    if not low <= source.range[0] < source.range[1] <= high:
        raise ValueError(f"range: {name} must lie inside {low:g} to {high:g}, the lower end first")
    return source.range


def count_end(source: CountSource) -> float:
    """The highest that a cumulative count can be."""
    if source.highest is not None:
        return source.highest
    return BYTE_MAX if source.reset == "wrap" else math.inf


def mapping(table: Mapping[str, Any]) -> Cast:
    """From a raw value to what the map says; WrongValueError `unknown-value` for what it does not name."""
    plain = {canonical(key): value for key, value in table.items() if key != OTHERWISE}
    otherwise = table.get(OTHERWISE, MISSING)

    def take(raw: Any) -> Any:
        value = plain.get(canonical(raw), otherwise)
        if value is MISSING:
            raise WrongValueError("unknown-value", f"{shown(raw)} is not in the value map")
        return value

    return take


def word_source(source: OccupancySource | FlagSource | StageSource, name: str) -> Reader:
    """A reader of one of a few words: occupancy (int8 of `Occupancy`), a flag (bool), a stage (of `SleepStage`)."""
    if isinstance(source, OccupancySource):
        table: Mapping[str, Any] = {key: _OCCUPANCY[word] for key, word in source.map.items()}
        table = table or {key: int(flag) for key, flag in _FLAGS.items()}
    elif isinstance(source, StageSource):
        if not source.map:
            raise ValueError("map: a stage needs one")
        table = {key: _STAGES[word] for key, word in source.map.items()}
    else:
        table = source.map or _FLAGS
    mapped = mapping(table)

    def take(raw: Any) -> tuple[Any, Why]:
        value = mapped(raw)
        return (None, Why.UNKNOWN) if value is None else (value, Why.MAPPED)

    return _reader(source, source.invalid or (), take, name)


def text_source(source: Source, name: str) -> Reader:
    def take(raw: Any) -> tuple[Any, Why]:
        if type(raw) not in {str, int, float}:
            raise WrongValueError("wrong-type", f"{shown(raw)} is no text")
        text = raw if isinstance(raw, str) else canonical(raw)
        return text.encode("utf-8", "replace").decode()[:TEXT_MAX], Why.SENT

    return _reader(source, source.invalid or (), take, name)


def _reader(
    source: Source,
    invalid: Sequence[Scalar],
    take: Callable[[Any], tuple[Any, Why]],
    name: str,
    cast: Cast | None = None,
) -> Reader:
    """What all sources have in common: find, ask the condition, compare with the markers, then take."""
    find, holds = lookup(source.path), condition(source.when)
    none, keep = canonical_set(invalid), canonical_set(source.keep)
    max_age_s, path = source.max_age_s, source.path

    conditional = source.when is not None
    marks = dict.fromkeys(none, Why.NO_VALUE) | dict.fromkeys(keep, Why.KEEP)

    def read(scope: Scope) -> Cell:
        raw = find(scope)
        if raw is MISSING:
            return ABSENT
        if raw is None:
            return Cell(raw, None, Why.NULL)
        if conditional and not holds(scope):
            return Cell(raw, None, Why.NOT_NOW)
        try:
            given = raw if cast is None else cast(raw)
            why = marks.get(canonical(given)) if marks else None
            if why is not None:
                return Cell(raw, None, why)
            value, why = take(given)
        except WrongValueError as wrong:
            problem = UndecodableError(wrong.reason, f"{name} ({path}): {wrong.detail}")
            return Cell(raw, None, Why.REFUSED, problem)
        return Cell(raw, value, why, None, max_age_s)

    return read


def first_of(readers: Sequence[Reader]) -> Reader:
    """The first source that gives a value; else the first that is there at all."""
    if not readers:
        return lambda scope: ABSENT
    if len(readers) == 1:
        return readers[0]

    def read(scope: Scope) -> Cell:
        best = ABSENT
        for reader in readers:
            cell = reader(scope)
            if cell.value is not None or cell.why is Why.KEEP:
                return cell if best.problem is None else cell._replace(problem=best.problem)
            if best is ABSENT:
                best = cell
        return best

    return read
