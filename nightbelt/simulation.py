"""Simulated belts on a broker, for `nightbelt simulate` and the demo."""

import socket
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Final

import numpy as np

from domain.clock import ScaledClock
from domain.errors import UnavailableError
from domain.nights import night_of
from domain.readings import ReadingBatch
from nightbelt.stopping import Stopping
from simulators.arrivals import arrivals, belt_nights
from simulators.center import SimulatedCenter, simulated_center
from simulators.pool import Broker
from simulators.publisher import Published, Publisher

CONNECT_WITHIN_S: Final = 5.0


def demo_center(beds: int, seed: int, began_at: int) -> SimulatedCenter:
    """A simulated centre whose first resident leaves the bed soon after `began_at` (ms) and stays away."""
    return simulated_center(beds, seed).with_opening(began_at)


def past_readings(center: SimulatedCenter, until_at: int) -> Iterator[ReadingBatch]:
    """What the belts reported in the night before the one of `until_at` (ms) and in that one, up to then."""
    this_night = night_of(until_at, center.zone)
    for night in (this_night - timedelta(days=1), this_night):
        for piece in arrivals(belt_nights(center, night)):
            rows = int(np.searchsorted(piece.arrives_at, until_at))
            yield piece.batch(0, rows).distinct()


def check_reachable(broker: Broker) -> None:
    """UnavailableError when nobody listens there; later losses are waited through."""
    try:
        socket.create_connection((broker.host, broker.port), timeout=CONNECT_WITHIN_S).close()
    except OSError as error:
        raise UnavailableError(f"broker {broker.host}:{broker.port}", error.strerror or str(error)) from error


def publish(
    center: SimulatedCenter, broker: Broker, clock: ScaledClock, *, began_at: int, truth: Path | None
) -> Published:
    """Publish from where the clock began until SIGINT or SIGTERM."""
    stop = threading.Event()
    publisher = Publisher(
        center=center,
        clock=clock,
        broker=broker,
        from_at=clock.origin_at,
        first_start_at=began_at,
        truth_path=truth,
    )
    with Stopping() as stopping:
        stopping.then(stop.set)
        return publisher.run(stop)
