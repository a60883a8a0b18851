"""What a belt says of itself, apart from the person on it."""

from dataclasses import dataclass, fields
from typing import Self


@dataclass(frozen=True, slots=True, kw_only=True)
class BeltStatus:
    """The state of one belt as it was told at `at` (our clock, ms); None is what was not told.

    `battery` is in percent. `online` is the belt's own word or its last will's, not a guess from its silence.
    """

    belt_id: str
    at: int
    online: bool | None = None
    battery: float | None = None
    charging: bool | None = None
    firmware: str | None = None

    def and_then(self, later: Self) -> Self:
        """What is known when `later` was told of the same belt after this; what it does not tell stays as it was."""
        told = {each.name: getattr(later, each.name) for each in fields(later)}
        kept = {each.name: getattr(self, each.name) for each in fields(self)}
        return type(self)(**kept | {name: value for name, value in told.items() if value is not None})
