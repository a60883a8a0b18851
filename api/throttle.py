"""How often may somebody try to sign in? Bounded memory; the longest untouched are forgotten first."""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from domain.units import MINUTE_MS

MAX_TRIES: Final = 5
"""Tries within `WINDOW_MS` before the door stays shut (own choice; OWASP gives no number)."""
WINDOW_MS: Final = 5 * MINUTE_MS
"""How long a try counts, in the time of the person who tries."""
MAX_REMEMBERED: Final = 10_000
"""Pairs of login and address that are remembered."""


@dataclass(slots=True)
class _Tries:
    count: int
    since_at: int


class Throttle:
    """Counts the tries of each login and address. A try counts before the password is looked at."""

    def __init__(self) -> None:
        self._tries: OrderedDict[tuple[str, str], _Tries] = OrderedDict()
        self._lock = threading.Lock()

    def admit(self, login: str, address: str, at: int, window_ms: int = WINDOW_MS) -> int:
        """0 when the try is let in, else how long (ms) until the next one is."""
        key = (login, address)
        with self._lock:
            tries = self._tries.get(key)
            if tries is None or not tries.since_at <= at < tries.since_at + window_ms:
                tries = _Tries(0, at)
                self._tries[key] = tries
            self._tries.move_to_end(key)
            if tries.count >= MAX_TRIES:
                return tries.since_at + window_ms - at
            tries.count += 1
            while len(self._tries) > MAX_REMEMBERED:
                self._tries.popitem(last=False)
            return 0

    def forgive(self, login: str, address: str) -> None:
        """The password was right."""
        with self._lock:
            self._tries.pop((login, address), None)
