"""Paths into a payload: `a.b[0]`, `$.a` from the payload's root; for records also `[*]` and `{belt}`."""

import re
from collections.abc import Callable
from enum import Enum
from typing import Any, Final, NamedTuple

from domain.errors import UndecodableError

EACH: Final = -1
"""The step `[*]`: each element of an array; what is no array is taken as the one element."""
EACH_BELT: Final = -2
"""The step `{belt}`: each entry of an object, its name being the belt's id."""

_STEP: Final = re.compile(r"\[(?P<index>\d{1,6})\]|(?P<each>\[\*\])|(?P<belt>\{belt\})|(?P<name>[^.\[\]{}$]+)")

Step = str | int


class Missing(Enum):
    """The value of what is not there; null is there."""

    MISSING = "missing"


MISSING: Final = Missing.MISSING


class Scope(NamedTuple):
    """Where a value is looked for: the record's values, the record itself, and (by `$.`) the whole payload."""

    values: Any
    record: Any
    root: Any


class Placed(NamedTuple):
    """A record, where it stands in the payload, and the belt id that stands before it there."""

    record: Any
    place: str
    belt: str | None


Lookup = Callable[[Scope], Any]


def parse_path(text: str, *, of_records: bool = False) -> tuple[Step, ...]:
    """The steps of a path without its `$`. ValueError says what is wrong with it."""
    body = text.removeprefix("$")
    steps: list[Step] = []
    at = 0
    while at < len(body):
        if body[at] == "." and (steps or body is not text) and at + 1 < len(body):
            at += 1
        found = _STEP.match(body, at)
        if found is None or (not of_records and (found["each"] or found["belt"])):
            raise ValueError(f"path {text!r}: cannot be read from {body[at:]!r}")
        steps.append(_step(found))
        at = found.end()
    if not steps and text != "$":
        raise ValueError(f"path {text!r}: is empty")
    return tuple(steps)


def _step(found: re.Match[str]) -> Step:
    if found["each"]:
        return EACH
    if found["belt"]:
        return EACH_BELT
    return int(found["index"]) if found["index"] else found["name"]


def lookup(text: str) -> Lookup:
    """A function that finds the path's value, MISSING when it is not there. ValueError on a wrong path."""
    steps = parse_path(text)
    if text.startswith("$"):
        return lambda scope: _follow(steps, scope.root)
    if len(steps) == 1 and isinstance(steps[0], str):
        return _named(steps[0])

    def find(scope: Scope) -> Any:
        found = _follow(steps, scope.values)
        return _follow(steps, scope.record) if found is MISSING and scope.values is not scope.record else found

    return find


def _named(name: str) -> Lookup:
    """The commonest path, done quickly."""

    def find(scope: Scope) -> Any:
        values = scope.values
        found = values.get(name, MISSING) if type(values) is dict else MISSING
        if found is MISSING and type(scope.record) is dict:
            return scope.record.get(name, MISSING)
        return found

    return find


def _follow(steps: tuple[Step, ...], value: Any) -> Any:
    for step in steps:
        if isinstance(step, str):
            value = value.get(step, MISSING) if type(value) is dict else MISSING
        else:
            value = value[step] if type(value) is list and step < len(value) else MISSING
        if value is MISSING:
            return MISSING
    return value


def records_at(steps: tuple[Step, ...], root: Any) -> list[Placed]:
    """All records of a payload. UndecodableError `no-records` when the path leads nowhere."""
    placed = [Placed(root, "$", None)]
    for step in steps:
        placed = [inner for outer in placed for inner in _next(step, outer)]
    return placed


def _next(step: Step, outer: Placed) -> list[Placed]:
    value, place, belt = outer
    if step == EACH:
        if type(value) is not list:
            return [outer]
        return [Placed(item, f"{place}[{n}]", belt) for n, item in enumerate(value)]
    if step == EACH_BELT:
        if type(value) is not dict:
            raise UndecodableError("no-records", f"{place} is no object with belts as names")
        return [Placed(item, f"{place}.{name}", name) for name, item in value.items()]
    found = _follow((step,), value)
    inner = f"{place}.{step}" if isinstance(step, str) else f"{place}[{step}]"
    if found is MISSING:
        raise UndecodableError("no-records", f"there is no {inner}")
    return [Placed(found, inner, belt)]
