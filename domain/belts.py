"""What a belt says of itself, apart from the person on it."""

from dataclasses import dataclass


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
