"""How often may somebody try to sign in? Bounded memory; what was tried once is forgotten before what was tried often.

Each login is counted at each address, and each address over all logins, so that many logins tried from one address
neither get far nor push each other out of memory.
"""

import ipaddress
import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from domain.units import MINUTE_MS

MAX_TRIES: Final = 5
"""Tries of one login at one address within `WINDOW_MS` before the door stays shut (own choice; OWASP has no number)."""
MAX_TRIES_OF_ADDRESS: Final = 30
"""The same over all logins; wrong passwords only, for a whole ward may share one address (own choice)."""
WINDOW_MS: Final = 5 * MINUTE_MS
"""How long a try counts, in the time of the person who tries."""
MAX_REMEMBERED: Final = 10_000
"""Keys that each count remembers."""
NETWORK_BITS: Final = 64
"""The part of an IPv6 address that one customer has to itself at least (RFC 6177)."""


@dataclass(slots=True)
class _Tries:
    count: int
    since_at: int


class Counted:
    """Tries by key. Not safe for threads."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._once: OrderedDict[tuple[str, ...], _Tries] = OrderedDict()
        self._often: OrderedDict[tuple[str, ...], _Tries] = OrderedDict()

    def __len__(self) -> int:
        return len(self._once) + len(self._often)

    def wait_ms(self, key: tuple[str, ...], at: int, window_ms: int) -> int:
        """0 when another try is let in, else how long until it is."""
        tries = self._standing(key, at, window_ms)
        return tries.since_at + window_ms - at if tries is not None and tries.count >= self._most else 0

    def add(self, key: tuple[str, ...], at: int, window_ms: int) -> None:
        tries = self._standing(key, at, window_ms)
        self._remove(key)
        if tries is None:
            self._once[key] = _Tries(1, at)
        else:
            tries.count += 1
            self._often[key] = tries
        while len(self) > MAX_REMEMBERED:
            (self._once or self._often).popitem(last=False)

    def take_back(self, key: tuple[str, ...]) -> None:
        """One try less."""
        tries = self._once.get(key) or self._often.get(key)
        if tries is not None:
            tries.count -= 1
            if tries.count == 0:
                self._remove(key)

    def forget(self, key: tuple[str, ...]) -> None:
        self._remove(key)

    def _standing(self, key: tuple[str, ...], at: int, window_ms: int) -> _Tries | None:
        tries = self._once.get(key) or self._often.get(key)
        return tries if tries is not None and tries.since_at <= at < tries.since_at + window_ms else None

    def _remove(self, key: tuple[str, ...]) -> None:
        self._once.pop(key, None)
        self._often.pop(key, None)


class Throttle:
    """Who may try now. A try counts before the password is looked at."""

    def __init__(self) -> None:
        self._pairs = Counted(MAX_TRIES)
        self._networks = Counted(MAX_TRIES_OF_ADDRESS)
        self._lock = threading.Lock()

    def admit(self, login: str, address: str, at: int, window_ms: int = WINDOW_MS) -> int:
        """0 when the try is let in, else how long (ms) until the next one is."""
        pair, network = (login, address), (network_of(address),)
        with self._lock:
            wait_ms = max(self._networks.wait_ms(network, at, window_ms), self._pairs.wait_ms(pair, at, window_ms))
            if wait_ms == 0:
                self._networks.add(network, at, window_ms)
                self._pairs.add(pair, at, window_ms)
            return wait_ms

    def forgive(self, login: str, address: str) -> None:
        """The password was right."""
        with self._lock:
            self._pairs.forget((login, address))
            self._networks.take_back((network_of(address),))


def network_of(address: str) -> str:
    """What counts as one address: an IPv4 address, or the network of an IPv6 one."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(known, ipaddress.IPv4Address):
        return address
    return str(known.ipv4_mapped or ipaddress.ip_network((known, NETWORK_BITS), strict=False))
