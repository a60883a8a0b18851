"""Belts on a real broker: each message is published when it arrives on the given clock, from any instant on.

Fails toward lateness, not loss: while the broker is away or slow the publisher waits and then sends what is overdue.
What is not acknowledged when it is stopped may be lost, as with a belt whose plug is pulled.
"""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Final

from domain.clock import Clock
from domain.nights import night_of
from domain.units import MINUTE_MS
from simulators.arrivals import Arrivals, arrivals, belt_nights
from simulators.center import SimulatedCenter
from simulators.encoder import readings_topic
from simulators.messages import messages
from simulators.pool import Broker, ConnectionPool
from simulators.truth import TruthFile, truth_lines

PUBLISH_CHUNK_MS: Final = 10 * MINUTE_MS
"""Arrivals made ahead of the clock; bounds the memory of a large centre."""
MAX_UNACKED: Final = 2_000
"""Messages on their way to the broker at most; beyond that the publisher waits."""
_LONGEST_WAIT_S: Final = 0.5
_SHORTEST_WAIT_S: Final = 0.002
_BUSY_WAIT_S: Final = 0.01
_LAST_ACKS_S: Final = 0.3
"""How long a stop waits for what is on its way."""


@dataclass(slots=True)
class Published:
    """What was handed to the broker so far. `until_at` (true ms): everything that arrives before it was."""

    messages: int = 0
    readings: int = 0
    garbage: int = 0
    until_at: int = 0


@dataclass(slots=True, kw_only=True)
class Publisher:
    """Publishes a centre's belts over MQTT.

    Messages that arrive from `from_at` (true ms) on are sent when `clock` reaches their arrival; overdue ones at once.
    `first_start_at` is when the simulation was started for the first time (default `from_at`): the truth leaves out
    what happened before. For a restart without a gap give `from_at` = `until_at` of the run before.
    """

    center: SimulatedCenter
    clock: Clock
    broker: Broker
    from_at: int
    first_start_at: int | None = None
    truth_path: Path | None = None
    max_connections: int = 50
    published: Published = field(default_factory=Published)

    def run(self, stop: threading.Event) -> Published:
        """Publish until `stop` is set; returns within about a second of that."""
        self.published.until_at = self.from_at
        belts = [bed.belt.belt_id for bed in self.center.beds]
        pool = ConnectionPool(self.broker, self.center.center.center_id, belts, self.max_connections)
        pool.open()
        try:
            for piece in self._pieces(stop):
                self._publish(pool, piece, stop)
                if stop.is_set():
                    break
        finally:
            pool.close(_LAST_ACKS_S)
        return self.published

    def _pieces(self, stop: threading.Event) -> Iterator[Arrivals]:
        """The arrivals from `from_at` on without end, night after night; each night's truth is written before it."""
        truth = TruthFile(self.truth_path) if self.truth_path else None
        seen_from_at = self.from_at if self.first_start_at is None else self.first_start_at
        first = night_of(self.from_at, self.center.zone)
        for day in count():
            if stop.is_set():
                return
            nights = belt_nights(self.center, first + timedelta(days=day))
            if truth:
                truth.append(
                    line for night in nights for line in truth_lines(self.center, night.plan, seen_from_at=seen_from_at)
                )
            yield from arrivals(nights, from_at=self.from_at, chunk_ms=PUBLISH_CHUNK_MS)

    def _publish(self, pool: ConnectionPool, piece: Arrivals, stop: threading.Event) -> None:
        center_id = self.center.center.center_id
        for message in messages(piece):
            if not self._wait_for(message.arrives_at, stop) or not _wait_for_room(pool, stop):
                return
            belt_id = piece.belts[message.belt]
            pool.publish(message.belt, readings_topic(center_id, belt_id), message.payload)
            self.published.messages += 1
            self.published.readings += message.readings
            self.published.garbage += not message.readings
            self.published.until_at = message.arrives_at
        if self._wait_for(piece.to_at, stop):
            self.published.until_at = piece.to_at

    def _wait_for(self, at: int, stop: threading.Event) -> bool:
        """Wait until the clock shows `at` (ms). False when stopped."""
        while (missing_ms := at - self.clock.now()) > 0:
            seconds = self.clock.real_seconds(missing_ms)
            if stop.wait(min(max(seconds, _SHORTEST_WAIT_S), _LONGEST_WAIT_S)):
                return False
        return not stop.is_set()


def _wait_for_room(pool: ConnectionPool, stop: threading.Event) -> bool:
    """Wait until the broker has caught up. False when stopped."""
    while pool.unacked() >= MAX_UNACKED:
        if stop.wait(_BUSY_WAIT_S):
            return False
    return True
