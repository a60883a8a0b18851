"""Topic filters of profiles: what the broker is asked for, what is captured, and whether two read the same topics."""

import re
from typing import Final

CAPTURES: Final = ("{belt}", "{field}")
NATIVE_ROOT: Final = "care"
"""The first level of native topics; no profile reads under it."""


def checked_filter(text: str) -> str:
    """`text`, or ValueError when no broker takes it or two things are captured under one name."""
    levels = text.split("/")
    if not text or "\0" in text or any(c in text.replace("{belt}", "").replace("{field}", "") for c in "{}"):
        raise ValueError(f"filter {text!r}: a topic filter; {{belt}} and {{field}} may stand for a level")
    for n, level in enumerate(levels):
        plain = level in {"+", *CAPTURES} or not set(level) & set("+#{}")
        if not plain and not (level == "#" and n == len(levels) - 1):
            raise ValueError(f"filter {text!r}: '+', '#' and captures stand for whole levels, '#' for the last")
    if any(levels.count(capture) > 1 for capture in CAPTURES):
        raise ValueError(f"filter {text!r}: captures the same twice")
    if levels[0] == NATIVE_ROOT:
        raise ValueError(f"filter {text!r}: topics under {NATIVE_ROOT}/ are native")
    return text


def subscription(text: str) -> str:
    """The filter as the broker takes it."""
    return "/".join("+" if level in CAPTURES else level for level in text.split("/"))


def pattern(text: str) -> re.Pattern[str]:
    """What matches the filter's topics, with groups `belt` and `field` where they are captured."""
    parts: list[str] = []
    for level in text.split("/"):
        if level == "#":
            return re.compile("/".join(parts) + ("(/.*)?" if parts else ".*"), re.DOTALL)
        if level == "+":
            parts.append("[^/]*")
        elif level in CAPTURES:
            parts.append(f"(?P<{level[1:-1]}>[^/]*)")
        else:
            parts.append(re.escape(level))
    return re.compile("/".join(parts), re.DOTALL)


def overlap(one: str, other: str) -> bool:
    """Is there a topic that both filters match?"""
    mine, theirs = subscription(one).split("/"), subscription(other).split("/")
    for left, right in zip(mine, theirs, strict=False):
        if "#" in {left, right}:
            return True
        if left != right and "+" not in {left, right}:
            return False
    longer = max(mine, theirs, key=len)
    return len(mine) == len(theirs) or longer[min(len(mine), len(theirs)) :] == ["#"]
