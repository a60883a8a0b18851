"""What turns a mistake in a profile into an error that names the key."""

from collections.abc import Callable, Sequence
from typing import ParamSpec, TypeVar

from domain.errors import ConfigurationError

Key = tuple[str | int, ...]
P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")


class WrongKeyError(Exception):
    """A profile's `key` has a value that cannot be meant."""

    def __init__(self, key: Key, words: str) -> None:
        super().__init__(f"{in_words(key)}: {words}")
        self.key = key
        self.words = words


def compiled(key: Key, make: Callable[P, R], *arguments: P.args, **named: P.kwargs) -> R:
    """`make` of the arguments; what it objects to becomes a WrongKeyError."""
    try:
        return make(*arguments, **named)
    except (ValueError, ConfigurationError) as error:
        raise WrongKeyError(key, str(error)) from error


def in_words(key: Key) -> str:
    """`fields.in_bed[1].map` for the path to a key."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in key).removeprefix(".")


def sources(given: T | Sequence[T]) -> list[T]:
    """One source or several, as a list."""
    return list(given) if isinstance(given, list) else [given]  # type: ignore[list-item] # a Sequence is a list here
