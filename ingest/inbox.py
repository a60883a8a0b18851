"""The bounded queue between the network thread and the worker."""

import threading
from collections import deque
from collections.abc import Sequence
from typing import NamedTuple


class Receipt(NamedTuple):
    """What an ack needs: the connection a message came on and its packet id there; `mid` 0 owes no ack (QoS 0)."""

    epoch: int
    mid: int


class Delivery(NamedTuple):
    """One message as it came. `received_at` is our clock (ms); `topic` is empty when it was not UTF-8.

    `retained`: an earlier message that the broker keeps for newcomers, from nobody knows when.
    """

    topic: str
    payload: bytes
    received_at: int
    epoch: int = 0
    mid: int = 0
    retained: bool = False


class Inbox:
    """Deliveries in order of arrival; one thread puts, one takes.

    `put` never refuses and never drops: the putting side looks at `full` first and stops reading its socket, so at
    most one read's worth of messages goes over `capacity`.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._items: deque[Delivery] = deque()
        self._changed = threading.Condition()
        self._woken = False

    def __len__(self) -> int:
        return len(self._items)

    @property
    def full(self) -> bool:
        return len(self._items) >= self._capacity

    def put(self, deliveries: Sequence[Delivery]) -> None:
        with self._changed:
            self._items.extend(deliveries)
            self._changed.notify()

    def take(self, limit: int, timeout_s: float) -> list[Delivery]:
        """Up to `limit` deliveries, waiting at most `timeout_s` for the first; `limit` 0 waits for `wake` only."""
        with self._changed:
            self._changed.wait_for(lambda: self._woken or (limit > 0 and bool(self._items)), timeout_s)
            self._woken = False
            count = min(limit, len(self._items))
            return [self._items.popleft() for _ in range(count)]

    def wake(self) -> None:
        """End a running or the next wait of `take`."""
        with self._changed:
            self._woken = True
            self._changed.notify()
