"""Escalation: when which post is called for an alarm that nobody takes, and how often again."""

from dataclasses import dataclass
from typing import Final

from domain.alarms import Priority
from domain.errors import ConfigurationError

OFTEN: Final = 100
"""The most repeats there may be: each is looked at in every round of the calls (own choice)."""
REPEATED_FOR_S: Final = 86_400
"""By then every shift has heard of it, and whoever still does not answer will not (own choice)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """When each post is called after calling began (s), when everybody is, and how often it is repeated.

    `everybody_after_s` None: never. What nobody takes is repeated `repeats` times every `repeat_s`, and then every
    `again_after_s` for a day: later shifts must hear of it too. What somebody took may stand for `again_after_s` before
    all on duty are called again, `again_times` times; a tap by mistake, or being held up, must not be the end of it.
    """

    posts_s: tuple[int, int, int]
    everybody_after_s: int | None
    repeat_s: int
    repeats: int
    again_after_s: int
    again_times: int = 4

    def __post_init__(self) -> None:
        if not 0 <= self.posts_s[0] <= self.posts_s[1] <= self.posts_s[2] <= 3600:
            raise ConfigurationError(f"escalation steps {self.posts_s}: ascending, 0 to 3600 s")
        if self.everybody_after_s is not None and not self.posts_s[2] <= self.everybody_after_s <= 7200:
            raise ConfigurationError(
                f"escalation everybody_after_s {self.everybody_after_s}: not before the lead, 7200 s at most"
            )
        if not 30 <= self.repeat_s <= 3600:
            raise ConfigurationError(f"escalation repeat_s {self.repeat_s}: 30 to 3600 s")
        if not 60 <= self.again_after_s <= 86_400:
            raise ConfigurationError(f"escalation again_after_s {self.again_after_s}: 60 to 86400 s")
        if not (0 <= self.repeats <= OFTEN and 0 <= self.again_times <= OFTEN):
            raise ConfigurationError(f"escalation repeats {self.repeats}, again_times {self.again_times}: 0 to {OFTEN}")


HIGH: Final = Steps(posts_s=(0, 60, 180), everybody_after_s=300, repeat_s=120, repeats=15, again_after_s=900)
"""A reply is owed within five minutes (design section 5); then everybody hears of it, for half an hour."""
MEDIUM: Final = Steps(posts_s=(0, 180, 600), everybody_after_s=None, repeat_s=300, repeats=6, again_after_s=1800)
"""What can wait a few minutes wakes nobody who is off duty while somebody leads the shift (own choice)."""
DEFAULTS: Final = {Priority.HIGH: HIGH, Priority.MEDIUM: MEDIUM}
"""Low priority calls nobody: it is seen on the board."""
