"""Whose a record is, and whether it is to be read at all. Compiled once per profile; pure."""

from collections.abc import Callable
from typing import Any, Final

from domain.errors import UndecodableError
from domain.residents import ID_PATTERN
from ingest.profiles.model import Belt, Kind
from ingest.profiles.paths import MISSING, Scope, lookup
from ingest.profiles.values import canonical, canonical_set, shown

SIDES: Final = ("left", "right")

BeltReader = Callable[[Scope, str | None], str]
"""The belt's id without its side, from a record and what its topic or its place captured. May raise `bad-belt-id`."""
SideReader = Callable[[Scope], str | None]
"""`left`, `right`, or None where the record tells none. UndecodableError `unknown-side` for what the map lacks."""


def belt_reader(belt: Belt) -> BeltReader:
    """ValueError on what cannot be meant."""
    find = lookup(belt.path) if belt.path else None
    if belt.prefix and not ID_PATTERN.fullmatch(belt.prefix):
        raise ValueError(f"prefix {belt.prefix!r}: letters, digits, '_', '.', '-' only")

    def read(scope: Scope, captured: str | None) -> str:
        raw = find(scope) if find is not None else MISSING
        name = captured if raw is MISSING else _text(raw)
        if name is None:
            where = f"{belt.path}, and the topic names none" if belt.path else "the topic"
            raise UndecodableError("missing-belt", f"no belt id at {where}")
        for old, new in belt.replace.items():
            name = name.replace(old, new)
        return checked(belt.prefix + name)

    return read


def checked(belt_id: str) -> str:
    """`belt_id`, or UndecodableError when it cannot be one."""
    if not ID_PATTERN.fullmatch(belt_id):
        words = "letters, digits, '_', '.', '-', at most 64"
        raise UndecodableError("bad-belt-id", f"belt id {shown(belt_id)}: {words}")
    return belt_id


def _text(raw: Any) -> str:
    if type(raw) is int or type(raw) is str:
        return raw.strip() if isinstance(raw, str) else canonical(raw)
    raise UndecodableError("bad-belt-id", f"belt id {shown(raw)}: text or a whole number")


def side_reader(belt: Belt) -> SideReader | None:
    """None for a profile without sides. ValueError on what cannot be meant."""
    if belt.side is None:
        return None
    find = lookup(belt.side.path)
    table = {canonical(key): side for key, side in belt.side.map.items()}
    if not table:
        raise ValueError("side.map: is empty")

    def read(scope: Scope) -> str | None:
        raw = find(scope)
        if raw is MISSING or raw is None:
            return None
        side = table.get(canonical(raw))
        if side is None:
            raise UndecodableError("unknown-side", f"side {shown(raw)} is not in the map")
        return side

    return read


def kind_reader(kind: Kind | None) -> Callable[[Scope], bool]:
    """Is the record read (true) or passed over? UndecodableError `unknown-kind` for one the profile does not name."""
    if kind is None:
        return lambda scope: True
    find, wanted, passed = lookup(kind.path), canonical_set(kind.read), canonical_set(kind.ignore)
    if wanted & passed:
        raise ValueError(f"kind: both read and ignored: {', '.join(sorted(wanted & passed))}")

    def read(scope: Scope) -> bool:
        raw = find(scope)
        word = None if raw is MISSING else canonical(raw)
        if word in wanted:
            return True
        if word in passed:
            return False
        what = "there is none" if raw is MISSING else f"{shown(raw)} is not named by the profile"
        raise UndecodableError("unknown-kind", f"{kind.path}: {what}")

    return read
