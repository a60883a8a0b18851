"""Profiles by name or file: the shipped ones, and a directory of the user's own that goes over them.

A wrong one stops the start: ConfigurationError names the file, the line and the key.
"""

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any, Final

import msgspec

from domain.errors import ConfigurationError
from ingest.profiles.compiling import Key, WrongKeyError, in_words
from ingest.profiles.model import ProfileFile
from ingest.profiles.places import line_of
from ingest.profiles.reader import ProfileReader
from ingest.profiles.topics import overlap

SHIPPED: Final = Path(__file__).parent
NATIVE: Final = "native"
"""The name of what needs no file: docs/mqtt.md, read by `ingest.decoding`, always on."""

_AT: Final = re.compile(r" - at `\$(?P<path>[^`]*)`$")
_UNKNOWN: Final = re.compile(r"Object contains unknown field `(?P<name>[^`]*)`")
_STEP: Final = re.compile(r"\.([\w-]+)|\[(\d+)\]")
_SYNTAX_LINE: Final = re.compile(r" \(at (?:line (?P<line>\d+), column \d+|end of document)\)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A profile that is known to be right."""

    name: str
    path: Path
    file: ProfileFile

    def reader(self) -> ProfileReader:
        """A reader that has heard nothing yet."""
        return ProfileReader(self.file)


def available(own: Path | None = None) -> dict[str, Path]:
    """The files of all profiles by name, `native` not among them; the user's own go over shipped ones."""
    folders = [SHIPPED] if own is None else [SHIPPED, own]
    if own is not None and not own.is_dir():
        raise ConfigurationError(f"profiles_dir {own}: no such directory")
    return {path.stem: path for folder in folders for path in sorted(folder.glob("*.toml"))}


def load_profiles(names: Sequence[str], own: Path | None = None) -> list[Profile]:
    """The named profiles, each once; `native` may be named and changes nothing."""
    paths = available(own)
    wanted = [name for name in dict.fromkeys(names) if name != NATIVE]
    unknown = [name for name in wanted if name not in paths]
    if unknown:
        raise ConfigurationError(f"no profile {', '.join(unknown)}; there are {', '.join([NATIVE, *sorted(paths)])}")
    profiles = [read_profile(paths[name]) for name in wanted]
    for one, other in combinations(profiles, 2):
        for mine in one.file.topics:
            for theirs in other.file.topics:
                if overlap(mine.filter, theirs.filter):
                    both = f"{mine.filter!r} and {theirs.filter!r}"
                    raise ConfigurationError(f"profiles {one.name} and {other.name} read the same topics: {both}")
    return profiles


def read_profile(path: Path) -> Profile:
    """The profile in the file. ConfigurationError says what is wrong with it, and where."""
    if path.stem == NATIVE:
        raise ConfigurationError(f"profile {path}: {NATIVE} is the name of the built-in one; choose another")
    text, own = _parsed(path)
    like = own.get("like", "")
    base_text, base_path, given = "", path, own
    if like:
        base_path = SHIPPED / f"{like}.toml"
        if not isinstance(like, str) or base_path not in available().values():
            raise _wrong(path, text, ("like",), f"no shipped profile {like!r}")
        base_text, base = _parsed(base_path)
        given = {**base, **own}
    try:
        file = msgspec.convert(given, ProfileFile)
        ProfileReader(file)
    except msgspec.ValidationError as error:
        key, words = _key_of(error)
    except WrongKeyError as error:
        key, words = error.key, error.words
    else:
        return Profile(name=path.stem, path=path, file=file)
    stands_in_own = not base_text or not key or key[0] in own
    raise _wrong(path, text, key, words) if stands_in_own else _wrong(base_path, base_text, key, words)


def _parsed(path: Path) -> tuple[str, dict[str, Any]]:
    try:
        text = path.read_text(encoding="utf-8")
        return text, tomllib.loads(text)
    except OSError as error:
        raise ConfigurationError(f"profile {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"profile {path}: not UTF-8 at byte {error.start}") from error
    except tomllib.TOMLDecodeError as error:
        found = _SYNTAX_LINE.search(str(error))
        line = found["line"] if found and found["line"] else len(text.splitlines())
        raise ConfigurationError(f"profile {path}:{line}: {_SYNTAX_LINE.sub('', str(error))}") from error


def _key_of(error: msgspec.ValidationError) -> tuple[Key, str]:
    """The key that msgspec speaks of, and the fault in words."""
    text = str(error)
    at = _AT.search(text)
    steps = _STEP.findall(at["path"].partition("[...]")[0]) if at else []
    key: Key = tuple(name or int(index) for name, index in steps)
    unknown = _UNKNOWN.match(text)
    if unknown is not None:
        return (*key, unknown["name"]), "no such key"
    return key, _AT.sub("", text)


def _wrong(path: Path, text: str, key: Key, words: str) -> ConfigurationError:
    named = f"{in_words(key)}: " if key else ""
    return ConfigurationError(f"profile {path}:{line_of(text, key)}: {named}{words}")
