"""`nightbelt simulate`: belts that do not exist, on a broker that does."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from domain.clock import ScaledClock, SystemClock, instant, utc
from nightbelt.simulation import DEFAULT_BEDS, DEFAULT_SEED, BrokerSecrets, broker_of, demo_center, publish
from nightbelt.terminal import out
from simulators.center import simulated_center


def simulate(
    host: Annotated[str, typer.Option(help="Broker's host.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Broker's port.")] = 1883,
    username: Annotated[str | None, typer.Option(help="Login at the broker.")] = None,
    password: Annotated[
        str | None, typer.Option(envvar="NIGHTBELT_SIMULATE_PASSWORD", help="Password at the broker.")
    ] = None,
    tls: Annotated[bool, typer.Option("--tls", help="Speak TLS to the broker.")] = False,
    ca_file: Annotated[Path | None, typer.Option(help="Certificates to trust; the system's when left out.")] = None,
    logins: Annotated[
        Path | None, typer.Option(help="File of logins by belt, from `broker-config`; each belt uses its own.")
    ] = None,
    beds: Annotated[int, typer.Option(min=1, help="Beds, each with a belt.")] = DEFAULT_BEDS,
    seed: Annotated[int, typer.Option(help="The same seed gives the same nights.")] = DEFAULT_SEED,
    speed: Annotated[float, typer.Option(min=0.1, help="Times as fast as real time.")] = 1.0,
    start: Annotated[datetime | None, typer.Option(help="Instant to begin at, UTC; now when left out.")] = None,
    truth: Annotated[Path | None, typer.Option(help="File to write what really happened to (JSON lines).")] = None,
    opening: Annotated[bool, typer.Option(hidden=True)] = False,
    clock_at: Annotated[int | None, typer.Option(hidden=True)] = None,
    machine_clock_at: Annotated[int | None, typer.Option(hidden=True)] = None,
    began_at: Annotated[int | None, typer.Option(hidden=True)] = None,
) -> None:
    """Belts that do not exist, publishing over MQTT until interrupted."""
    now = SystemClock().now()
    if clock_at is None:
        clock_at = now if start is None else instant(start.replace(tzinfo=utc(0).tzinfo))
    first = clock_at if began_at is None else began_at
    clock = ScaledClock(origin_at=clock_at, machine_origin_at=machine_clock_at or now, speed=speed)
    center = demo_center(beds, seed, first) if opening else simulated_center(beds, seed)
    secrets = BrokerSecrets(tls=tls, ca_file=ca_file, logins=logins)
    broker = broker_of(center, host, port, (username, password), secrets)
    out.print(f"{beds} belts publish to {host}:{port}, {speed:g} times as fast as real time (Ctrl-C stops)")
    published = publish(center, broker, clock, began_at=first, truth=truth)
    out.print(f"published {published.messages} messages, {published.readings} readings")
