"""Simulated belts on a broker, for `nightbelt simulate` and the demo."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from domain.clock import ScaledClock
from domain.errors import ConfigurationError
from nightbelt.broker_logins import read_logins
from nightbelt.broker_tls import tls_context
from nightbelt.stopping import Stopping
from simulators.center import SimulatedCenter, simulated_center
from simulators.pool import Broker, check_login
from simulators.publisher import Published, Publisher

DEFAULT_BEDS: Final = 24
DEFAULT_SEED: Final = 1
OPTIONS: Final = ("--ca-file", "--cert-file", "--key-file")


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerSecrets:
    """Options of a broker that is careful: TLS, whom to trust, and a file of logins by belt."""

    tls: bool = False
    ca_file: Path | None = None
    logins: Path | None = None


def demo_center(beds: int, seed: int, began_at: int) -> SimulatedCenter:
    """A simulated centre whose first resident leaves the bed soon after `began_at` (ms) and stays away."""
    return simulated_center(beds, seed).with_opening(began_at)


def broker_of(
    center: SimulatedCenter, host: str, port: int, login: tuple[str | None, str | None], secrets: BrokerSecrets
) -> Broker:
    """Where and as whom the belts of `center` publish. UnavailableError when the broker lets none in.

    Later losses are waited through. ConfigurationError when the options do not fit together.
    """
    username, password = login
    if secrets.ca_file is not None and not secrets.tls:
        raise ConfigurationError("--ca-file: is for --tls")
    if secrets.logins is not None and username is not None:
        raise ConfigurationError("--logins, --username: give one of them")
    broker = Broker(
        host=host,
        port=port,
        username=username,
        password=password,
        tls=tls_context(secrets.ca_file, names=OPTIONS) if secrets.tls else None,
        logins=_logins_of(center, secrets.logins) if secrets.logins is not None else None,
    )
    check_login(broker, center.center.center_id, center.beds[0].belt.belt_id)
    return broker


def _logins_of(center: SimulatedCenter, path: Path) -> Mapping[str, str]:
    logins = read_logins(path).belts
    missing = [bed.belt.belt_id for bed in center.beds if bed.belt.belt_id not in logins]
    if missing:
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        raise ConfigurationError(f"logins file {path}: no login for belt {missing[0]}{more}")
    return logins


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
