"""Readings per second into InfluxDB by the adapter, beside the client library's own batching writer in the same run.

The adapter gets the readings as it does in the service, in columns and in batches, and returns from each when InfluxDB
has it. The reference is the library as its documentation shows it: a `WriteApi` with batching, fed one `Point` per
reading, which builds and sends batches of the same size in threads of its own; its clock stops when InfluxDB has the
last one. It runs with and without the library's gzip, and the ratio is against the faster of the two.

All write the same readings to the same engine by the same proxy, in turns, each into a database of its own, which is
read afterwards: a run in which a reading is missing is an error.

    python -m benchmarks.influx_write --readings 100000 --rounds 5
"""

import argparse
import json
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from influxdb_client import InfluxDBClient, Point, WriteOptions, WritePrecision

from domain.readings import FLOAT_COLUMNS, Occupancy, ReadingBatch
from domain.units import SECOND_MS
from storage.influx_readings import InfluxReadings
from storage.influx_server import InfluxServer
from tests.integration.engines_influx import Influx, influx

T0: Final = 1_795_350_000_000
RUN_TIMEOUT_S: Final = 120.0
FLUSH_MS: Final = 1_000
ADAPTER, POINTS, POINTS_GZIP = "adapter", "points", "points, gzip"


@dataclass(frozen=True, kw_only=True)
class Result:
    """Rates in readings/s: medians over the rounds, and each round; `ratio` is of the medians."""

    readings: int
    belts: int
    batch: int
    rates: dict[str, float]
    rounds: dict[str, list[float]]
    ratio: float
    ratios: list[float]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--readings", type=int, default=50_000, help="per run")
    parser.add_argument("--belts", type=int, default=600)
    parser.add_argument("--batch", type=int, default=2_000, help="readings per batch, for all")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true", help="one JSON object instead of words")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="bench-influx-") as folder, influx(Path(folder) / "influx") as engine:
        result = measure(options, engine)
    print(json.dumps(asdict(result)) if options.json else in_words(result))


def measure(options: argparse.Namespace, engine: Influx) -> Result:
    """All rounds, each of all kinds, the order turned from round to round."""
    kinds: list[tuple[str, Callable[[str, str, ReadingBatch, int], float]]] = [
        (ADAPTER, _adapter),
        (POINTS, lambda *run: _points(*run, gzip=False)),
        (POINTS_GZIP, lambda *run: _points(*run, gzip=True)),
    ]
    readings = _readings(options.readings, options.belts)
    rounds: dict[str, list[float]] = {kind: [] for kind, _ in kinds}
    for number in range(options.rounds):
        for kind, write in kinds[number % len(kinds) :] + kinds[: number % len(kinds)]:
            database = f"run_{number}_{kinds.index((kind, write))}"
            engine.query(f"CREATE DATABASE {database}")
            seconds = write(engine.url, database, readings, options.batch)
            _verify(engine, database, readings)
            engine.query(f"DROP DATABASE {database}")
            rounds[kind].append(len(readings) / seconds)
            print(f"round {number + 1}: {kind:12} {rounds[kind][-1]:9,.0f} readings/s", file=sys.stderr)
    rates = {kind: statistics.median(rates) for kind, rates in rounds.items()}
    reference = max((POINTS, POINTS_GZIP), key=rates.__getitem__)
    return Result(
        readings=len(readings),
        belts=options.belts,
        batch=options.batch,
        rates={kind: round(rate) for kind, rate in rates.items()},
        rounds={kind: [round(rate) for rate in rates] for kind, rates in rounds.items()},
        ratio=round(rates[ADAPTER] / rates[reference], 2),
        ratios=[round(a / b, 2) for a, b in zip(rounds[ADAPTER], rounds[reference], strict=True)],
    )


def in_words(result: Result) -> str:
    lines = [f"{result.readings:,} readings of {result.belts} belts in batches of {result.batch:,}"]
    for kind, rate in result.rates.items():
        low, high = min(result.rounds[kind]), max(result.rounds[kind])
        lines.append(f"{kind:12} {rate:9,.0f} readings/s ({low:,.0f} to {high:,.0f})")
    lines.append(f"{'ratio':12} {result.ratio:9.2f} (rounds {', '.join(f'{ratio:.2f}' for ratio in result.ratios)})")
    return "\n".join(lines)


def _readings(n: int, belts: int) -> ReadingBatch:
    """Every belt once a second, everything known, values as belts give them: whole numbers and tenths."""
    random = np.random.default_rng(1)
    at = T0 + np.arange(n) // belts * SECOND_MS + np.arange(n) % belts
    return ReadingBatch.build(
        belts=[f"belt-{number:04}" for number in range(belts)],
        belt=np.arange(n) % belts,
        observed_at=at,
        received_at=at + 40,
        in_bed=random.integers(Occupancy.OUT, Occupancy.IN + 1, n),
        heart_rate=random.integers(48, 90, n),
        breathing_rate=np.round(random.normal(15, 1.5, n), 1),
        movement=random.integers(0, 60, n),
        turn_overs=random.integers(0, 2, n),
        signal_quality=random.integers(60, 100, n),
    )


def _in_order_of_time(readings: ReadingBatch, size: int) -> Iterator[ReadingBatch]:
    """Batches as they come from the belts: everybody's next readings."""
    order = np.argsort(readings.observed_at, kind="stable")
    for first in range(0, len(order), size):
        yield readings.select(np.sort(order[first : first + size]))


def _adapter(url: str, database: str, readings: ReadingBatch, size: int) -> float:
    server = InfluxServer(url=url, token="", org="nightbelt", write_timeout_s=RUN_TIMEOUT_S)
    store = InfluxReadings(server, bucket=database, minutes_bucket="none", center_of=lambda belt_id: "c1")
    batches = list(_in_order_of_time(readings, size))
    begun = time.perf_counter()
    for batch in batches:
        store.write(batch)
    seconds = time.perf_counter() - begun
    store.close()
    return seconds


def _points(url: str, database: str, readings: ReadingBatch, size: int, *, gzip: bool) -> float:
    rows = [row for batch in _in_order_of_time(readings, size) for row in _rows(batch)]
    written = 0
    done = threading.Event()
    failures: list[Exception] = []

    def success(_: Any, lines: bytes) -> None:
        nonlocal written
        written += lines.count(b"\n") + 1
        if written == len(rows):
            done.set()

    def error(_: Any, lines: bytes, why: Exception) -> None:
        failures.append(why)
        done.set()

    client = InfluxDBClient(url=url, token="", org="nightbelt", enable_gzip=gzip)
    options = WriteOptions(batch_size=size, flush_interval=FLUSH_MS)
    begun = time.perf_counter()
    with client.write_api(write_options=options, success_callback=success, error_callback=error) as api:
        for belt_id, at, received_at, in_bed, values in rows:
            point = Point("readings").tag("center", "c1").tag("belt", belt_id).field("received_at", received_at)
            for name, value in values:
                point.field(name, value)
            point.field("in_bed", in_bed).time(at, WritePrecision.MS)
            api.write(bucket=database, record=point)
        if not done.wait(RUN_TIMEOUT_S) or failures:
            raise RuntimeError(f"{written} of {len(rows)} readings written: {failures}")
        seconds = time.perf_counter() - begun
    client.close()
    return seconds


def _rows(batch: ReadingBatch) -> Iterator[tuple[str, int, int, int, list[tuple[str, float]]]]:
    """The readings as Python values, which the reference is given ready; 15.1 as 15.1, not as the float32 near it."""
    floats = [np.round(getattr(batch, name).astype(np.float64), 1).tolist() for name in FLOAT_COLUMNS]
    columns = (batch.belt.tolist(), batch.observed_at.tolist(), batch.received_at.tolist(), batch.in_bed.tolist())
    for belt, at, received_at, in_bed, *values in zip(*columns, *floats, strict=True):
        yield batch.belts[belt], at, received_at, in_bed, list(zip(FLOAT_COLUMNS, values, strict=True))


def _verify(engine: Influx, database: str, readings: ReadingBatch) -> None:
    names = ("received_at", "in_bed", *FLOAT_COLUMNS)
    counts = ", ".join(f"count({name})" for name in names)
    (series,) = engine.query(f"SELECT {counts}, sum(heart_rate) FROM readings", database)
    _, *found, beats = series["values"][0]
    if found != [len(readings)] * len(names) or beats != float(readings.heart_rate.astype(np.float64).sum()):
        raise RuntimeError(f"{database} holds {found} of {len(readings)} readings")


if __name__ == "__main__":
    main()
