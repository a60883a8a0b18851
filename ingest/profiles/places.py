"""Where a key stands in a TOML text. tomllib does not tell, and a mistake wants a line."""

import re
from typing import Final

from ingest.profiles.compiling import Key

_HEADER: Final = re.compile(r"\s*(?P<open>\[\[?)\s*(?P<name>[^\[\]]+?)\s*\]\]?\s*(#.*)?$")
_ASSIGNED: Final = re.compile(r"""\s*(?P<name>(?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=""")
_PART: Final = re.compile(r"""[\w-]+|"[^"]*"|'[^']*'""")


def line_of(text: str, key: Key) -> int:
    """The line (from 1) of the key, or of what stands nearest around it; 1 when nothing of it is there."""
    lines = text.splitlines()
    known = _positions(lines)
    for length in range(len(key), 0, -1):
        line = known.get(key[:length])
        if line is not None:
            end = min((n for n in known.values() if n > line), default=len(lines) + 1)
            return _inside(lines[: end - 1], line, key[length:])
    return 1


def _positions(lines: list[str]) -> dict[Key, int]:
    """The line of every table header and every assigned key."""
    table: Key = ()
    counts: dict[Key, int] = {}
    known: dict[Key, int] = {}
    for number, line in enumerate(lines, start=1):
        header = _HEADER.match(line)
        if header is not None:
            table = _numbered(_parts(header["name"]), counts, opens=header["open"] == "[[")
            known.setdefault(table, number)
            continue
        assigned = _ASSIGNED.match(line)
        if assigned is not None:
            known.setdefault((*table, *_parts(assigned["name"])), number)
    return known


def _numbered(parts: Key, counts: dict[Key, int], *, opens: bool) -> Key:
    """A header's key with the numbers of the arrays of tables in it; `opens` the next one of the last."""
    key: Key = ()
    for n, part in enumerate(parts):
        key = (*key, part)
        if opens and n == len(parts) - 1:
            counts[key] = counts.get(key, -1) + 1
        if key in counts:
            key = (*key, counts[key])
    return key


def _parts(name: str) -> Key:
    return tuple(part.strip("\"'") for part in _PART.findall(name))


def _inside(lines: list[str], line: int, rest: Key) -> int:
    """The line of `rest` inside the value that begins on `line`, looked for from the outside in."""
    for part in rest:
        if isinstance(part, int):
            line = _nth_table(lines, line, part)
        else:
            named = re.compile(rf"""(?<![\w-])["']?{re.escape(part)}["']?\s*=""")
            line = next((n for n in range(line, len(lines) + 1) if named.search(lines[n - 1])), line)
    return line


def _nth_table(lines: list[str], line: int, wanted: int) -> int:
    """The line on which the inline table number `wanted` (from 0) opens."""
    depth = seen = 0
    for number in range(line, len(lines) + 1):
        for character in lines[number - 1]:
            depth += (character == "{") - (character == "}")
            if character == "{" and depth == 1:
                seen += 1
                if seen > wanted:
                    return number
    return line
