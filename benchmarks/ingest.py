"""Messages per second of the reading path, beside a bare paho subscriber in the same run.

The path is the service's own: source, decoding, DuckDB commit, watch, ack. The reference is paho's `loop_start` with a
callback that only counts, QoS 1, acks by itself. Both take the same messages from the same broker with the same MQTT
version, in turns, each in a process of its own.

The messages wait at the broker: before each run its persistent session is made and filled by a third process, so the
subscriber is the bottleneck and a publisher takes no part of the machine. The clock runs from the subscriber's connect
to the last message acked (the path) or seen (the reference, which acks each before the next). The store knows the
belts beforehand, as it does in a centre from its second minute on.

    python -m benchmarks.ingest --messages 60000 --rounds 5
"""

import argparse
import json
import multiprocessing as mp
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import structlog
from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from prometheus_client import CollectorRegistry

from alerts.watch import Watch as Beds
from domain.belts import BeltStatus
from domain.clock import SystemClock
from domain.live import LiveEvent
from domain.ports import BedEntry
from domain.readings import ReadingBatch
from domain.residents import Center, Resident
from domain.units import DAY_MS, NEVER, SECOND_MS
from ingest.pipeline import Pipeline, hear_nothing
from ingest.source import READINGS_FILTER, RECEIVE_MAXIMUM, SESSION_EXPIRY_S, MqttSource
from storage.duckdb_readings import DuckDBReadings
from tests.fakes.in_memory_alarm_book import InMemoryAlarmBook
from tests.fakes.in_memory_belt_statuses import InMemoryBeltStatuses
from tests.fakes.in_memory_quarantine import InMemoryQuarantine
from tests.fakes.in_memory_register import InMemoryRegister
from tests.integration.engines import Broker, mosquitto, nats

SESSION: Final = "bench"
RUN_TIMEOUT_S: Final = 120.0
FILL_TIMEOUT_S: Final = 120.0
IN_FLIGHT: Final = 1_000
PUBLISHED_AHEAD: Final = 10_000
POLL_S: Final = 0.002
BROKERS: Final[dict[str, Callable[[Path], AbstractContextManager[Broker]]]] = {"mosquitto": mosquitto, "nats": nats}
VERSIONS: Final = {"mosquitto": MQTTProtocolVersion.MQTTv5, "nats": MQTTProtocolVersion.MQTTv311}


@dataclass(frozen=True, kw_only=True)
class Result:
    """Rates in messages/s: medians over the rounds, and each round; `ratio` is of the medians."""

    broker: str
    messages: int
    belts: int
    watch: str
    bare: float
    service: float
    ratio: float
    ratios: list[float]
    bare_rounds: list[float]
    service_rounds: list[float]


class NoWatch:
    """Judges nothing."""

    def observe(self, batch: ReadingBatch, now: int) -> list[LiveEvent]:
        return []

    def refresh(self, now: int) -> None: ...

    def tell(self, statuses: Sequence[BeltStatus], now: int) -> None: ...

    def tick(self, now: int, heard_until: int) -> None: ...

    def commit(self) -> list[LiveEvent]:
        return []

    def next_due_at(self) -> int:
        return NEVER


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=60_000, help="per run")
    parser.add_argument("--belts", type=int, default=600)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--broker", choices=sorted(BROKERS), default="mosquitto")
    parser.add_argument("--watch", choices=["alerts", "none"], default="alerts", help="alerts: alerts.watch, all rules")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of words")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="bench-ingest-") as folder:
        result = measure(options, Path(folder))
    print(json.dumps(asdict(result)) if options.json else in_words(result))


def measure(options: argparse.Namespace, folder: Path) -> Result:
    """All rounds, each of both kinds, the order swapped from round to round."""
    rates: dict[str, list[float]] = {"bare": [], "service": []}
    with BROKERS[options.broker](folder / "broker") as broker:
        for number in range(options.rounds):
            kinds = ("bare", "service") if number % 2 == 0 else ("service", "bare")
            for kind in kinds:
                seconds = one_run(kind, broker.port, options, folder / f"{number}.duckdb")
                rates[kind].append(options.messages / seconds)
                print(f"round {number + 1}: {kind:8} {rates[kind][-1]:9,.0f} messages/s", file=sys.stderr)
    bare, service = statistics.median(rates["bare"]), statistics.median(rates["service"])
    return Result(
        broker=options.broker,
        messages=options.messages,
        belts=options.belts,
        watch=options.watch,
        bare=round(bare),
        service=round(service),
        ratio=round(service / bare, 2),
        ratios=[round(s / b, 2) for s, b in zip(rates["service"], rates["bare"], strict=True)],
        bare_rounds=[round(rate) for rate in rates["bare"]],
        service_rounds=[round(rate) for rate in rates["service"]],
    )


def in_words(result: Result) -> str:
    def spread(rounds: list[float]) -> str:
        return f"{min(rounds):,.0f} to {max(rounds):,.0f}"

    return (
        f"{result.broker}, {result.messages:,} messages of {result.belts} belts, watch {result.watch}\n"
        f"bare paho loop_start  {result.bare:9,.0f} messages/s ({spread(result.bare_rounds)})\n"
        f"service path          {result.service:9,.0f} messages/s ({spread(result.service_rounds)})\n"
        f"ratio                 {result.ratio:9.2f} (rounds {', '.join(f'{ratio:.2f}' for ratio in result.ratios)})"
    )


def one_run(kind: str, port: int, options: argparse.Namespace, path: Path) -> float:
    """Seconds that one subscriber took, in a fresh process, for a session filled beforehand."""
    version = VERSIONS[options.broker]
    _in_process(_fill, (port, version, options.messages, options.belts), FILL_TIMEOUT_S)
    work: tuple[Any, ...] = (port, version, options.messages)
    if kind == "bare":
        return _in_process(_bare, work, RUN_TIMEOUT_S)
    return _in_process(_service, (*work, options.belts, path, options.watch), RUN_TIMEOUT_S)


def _in_process(target: Callable[..., float], arguments: tuple[Any, ...], timeout_s: float) -> float:
    context = mp.get_context("spawn")
    answer = context.SimpleQueue()
    process = context.Process(target=_answered, args=(answer, target, arguments))
    process.start()
    process.join(timeout_s)
    if process.exitcode != 0:
        process.kill()
        raise RuntimeError(f"{target.__name__} took over {timeout_s:.0f} s or failed")
    return float(answer.get())


def _answered(answer: Any, target: Callable[..., float], arguments: tuple[Any, ...]) -> None:
    answer.put(target(*arguments))


def _client(client_id: str, version: MQTTProtocolVersion, *, kept: bool) -> mqtt.Client:
    session: dict[str, Any] = {} if version == MQTTProtocolVersion.MQTTv5 else {"clean_session": not kept}
    return mqtt.Client(CallbackAPIVersion.VERSION2, client_id, protocol=version, **session)


def _connect(client: mqtt.Client, port: int, version: MQTTProtocolVersion, *, kept: bool) -> None:
    """Like the service connects: session kept, largest receive maximum; `kept` False throws the session away."""
    if version != MQTTProtocolVersion.MQTTv5:
        client.connect("127.0.0.1", port)
        return
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    properties.SessionExpiryInterval = SESSION_EXPIRY_S if kept else 0
    properties.ReceiveMaximum = RECEIVE_MAXIMUM
    client.connect("127.0.0.1", port, clean_start=not kept, properties=properties)


def _fill(port: int, version: MQTTProtocolVersion, messages: int, belts: int) -> float:
    """A fresh session of the subscriber, disconnected, with `messages` waiting for it."""
    for kept in (False, True):
        subscribed = threading.Event()
        client = _client(SESSION, version, kept=kept)
        client.on_connect = lambda c, *_: c.subscribe(READINGS_FILTER, 1)
        client.on_subscribe = lambda *_, done=subscribed: done.set()
        _connect(client, port, version, kept=kept)
        client.loop_start()
        if not subscribed.wait(FILL_TIMEOUT_S):
            raise RuntimeError("no subscription")
        client.disconnect()
        client.loop_stop()
    publisher = _client("bench-publisher", version, kept=False)
    publisher.max_inflight_messages_set(IN_FLIGHT)
    publisher.connect("127.0.0.1", port)
    publisher.loop_start()
    start_at = SystemClock().now() - messages // belts * SECOND_MS
    for n in range(messages):
        body = {"ts": start_at + n // belts * SECOND_MS, "heart_rate": 55 + n % 20, "breathing_rate": 14.5}
        body |= {"movement": n % 7, "in_bed": True, "turn_overs": 0, "signal_quality": 90}
        last = publisher.publish(f"care/c1/belt-{n % belts:04}/readings", json.dumps(body), qos=1)
        if n % PUBLISHED_AHEAD == 0:
            last.wait_for_publish(FILL_TIMEOUT_S)
    last.wait_for_publish(FILL_TIMEOUT_S)
    publisher.disconnect()
    publisher.loop_stop()
    return 0.0


def _bare(port: int, version: MQTTProtocolVersion, messages: int) -> float:
    seen = 0
    done = threading.Event()

    def count(*_: Any) -> None:
        nonlocal seen
        seen += 1
        if seen == messages:
            done.set()

    client = _client(SESSION, version, kept=True)
    client.on_message = count
    client.on_connect = lambda c, *_: c.subscribe(READINGS_FILTER, 1)
    begun = time.perf_counter()
    _connect(client, port, version, kept=True)
    client.loop_start()
    if not done.wait(RUN_TIMEOUT_S):
        raise RuntimeError(f"only {seen} of {messages} messages came")
    seconds = time.perf_counter() - begun
    client.disconnect()
    client.loop_stop()
    return seconds


def _service(port: int, version: MQTTProtocolVersion, messages: int, belts: int, path: Path, watch: str) -> float:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    clock = SystemClock()
    store = DuckDBReadings(path)
    belt_ids = [f"belt-{n:04}" for n in range(belts)]
    at = clock.now() - DAY_MS
    store.write(ReadingBatch.build(belts=belt_ids, belt=range(belts), observed_at=[at] * belts, received_at=at))
    source = _CountingSource(host="127.0.0.1", port=port, client_id=SESSION, clock=clock)
    beds = None if watch == "none" else _watch(belts)
    pipeline = Pipeline(
        source=source,
        store=store,
        quarantine=InMemoryQuarantine(),
        statuses=InMemoryBeltStatuses(),
        watch=beds or NoWatch(),
        publish=lambda events: None,
        clock=clock,
        registry=CollectorRegistry(),
        hear=beds.unassigned.hear if beds else hear_nothing,
    )
    begun = time.perf_counter()
    pipeline.start()
    while source.acked < messages and time.perf_counter() - begun < RUN_TIMEOUT_S:
        time.sleep(POLL_S)
    seconds = time.perf_counter() - begun
    pipeline.stop()
    store.close()
    if source.acked != messages or source.protocol != version:
        raise RuntimeError(f"{source.acked} of {messages} messages acked, {source.protocol.name}")
    return seconds


class _CountingSource(MqttSource):
    """Counts the acks that the worker hands back."""

    acked = 0

    def ack(self, receipts: Any) -> None:
        super().ack(receipts)
        self.acked += len(receipts)


def _watch(belts: int) -> Beds:
    """The service's watch with every belt's bed taken, so all rules are at work."""
    register = InMemoryRegister()
    now = SystemClock().now()
    beds = [
        BedEntry(
            room_id=f"room-{n}",
            room=f"{n}",
            bed_id=f"bed-{n}",
            bed="1",
            belt_id=f"belt-{n:04}",
            resident=Resident(resident_id=f"resident-{n}", name=f"{n}"),
        )
        for n in range(belts)
    ]
    register.enroll(Center(center_id="c1", name="c1"), beds, now - DAY_MS)
    return Beds(register=register, book=InMemoryAlarmBook(), now=now)


if __name__ == "__main__":
    main()
