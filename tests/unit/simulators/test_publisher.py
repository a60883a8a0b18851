"""The publisher against a real Mosquitto, and without any broker."""

import json
import os
import shutil
import socket
import subprocess
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any

import pytest
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion

from domain.clock import Clock, ScaledClock, SystemClock
from domain.units import HOUR_MS, MINUTE_MS
from simulators.center import SimulatedCenter, simulated_center
from simulators.encoder import readings_topic
from simulators.localtime import noon
from simulators.messages import messages
from simulators.pool import Broker
from simulators.publisher import Published, Publisher
from simulators.scenarios import Mix, Scenario
from simulators.truth import read_truth
from tests.unit.simulators.samples import NIGHT, whole_night

PATIENCE_S = 20.0
LONG_STOP_S = 3.0
"""A stop takes a second; the rest is for a busy machine."""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _mosquitto(directory: Path, port: int) -> Iterator[None]:
    executable = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")
    if executable is None:
        if os.environ.get("CI") == "true":
            pytest.fail("mosquitto is missing")
        pytest.skip("mosquitto is missing")
    configuration = directory / "mosquitto.conf"
    configuration.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\n")
    with (directory / "mosquitto.log").open("wb") as log:
        process = subprocess.Popen([executable, "-c", str(configuration)], stdout=log, stderr=log)
    try:
        _wait(lambda: _answers(port))
        yield
    finally:
        process.terminate()
        process.wait(PATIENCE_S)


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _wait(reached: Callable[[], bool]) -> None:
    deadline, pause = perf_counter() + PATIENCE_S, threading.Event()
    while not reached():
        assert perf_counter() < deadline, "waited in vain"
        pause.wait(0.02)


@dataclass
class Heard:
    """A subscriber's ears."""

    readings: list[tuple[str, bytes]] = field(default_factory=list)
    status: dict[str, Any] = field(default_factory=dict)
    ready: threading.Event = field(default_factory=threading.Event)

    def on_message(self, _client: Client, _userdata: Any, message: MQTTMessage) -> None:
        if message.topic.endswith("/status"):
            self.status[message.topic] = json.loads(message.payload)
        else:
            self.readings.append((message.topic, bytes(message.payload)))


@contextmanager
def _listening(port: int) -> Iterator[Heard]:
    heard = Heard()
    client = Client(CallbackAPIVersion.VERSION2)
    client.on_connect = lambda ears, *_rest: ears.subscribe("care/#", qos=1)
    client.on_subscribe = lambda *_rest: heard.ready.set()
    client.on_message = heard.on_message
    client.connect_async("127.0.0.1", port)
    client.loop_start()
    try:
        assert heard.ready.wait(PATIENCE_S)
        yield heard
    finally:
        client.disconnect()
        client.loop_stop()


@contextmanager
def _running(publisher: Publisher) -> Iterator[Published]:
    stop = threading.Event()
    thread = threading.Thread(target=publisher.run, args=(stop,))
    thread.start()
    try:
        yield publisher.published
    finally:
        stop.set()
        began = perf_counter()
        thread.join(PATIENCE_S)
        assert perf_counter() - began < LONG_STOP_S


def _center(beds: int = 8) -> SimulatedCenter:
    return simulated_center(beds, 5, mix=Mix.of(Scenario.GARBAGE, Scenario.DUPLICATES, Scenario.OUT_OF_ORDER))


def _clock(origin_at: int, speed: float) -> Clock:
    return ScaledClock(origin_at=origin_at, machine_origin_at=SystemClock().now(), speed=speed)


def _expected(center: SimulatedCenter, from_at: int, to_at: int) -> Counter[tuple[str, bytes]]:
    piece = whole_night(center, from_at=from_at)
    return Counter(
        (readings_topic(center.center.center_id, piece.belts[message.belt]), message.payload)
        for message in messages(piece)
        if message.arrives_at < to_at
    )


@pytest.mark.engine("mosquitto")
def test_what_arrives_is_what_was_simulated_and_a_restart_leaves_no_gap(tmp_path: Path) -> None:
    port = _free_port()
    start_at = noon(NIGHT, _center().zone) + 11 * HOUR_MS
    center = _center().with_opening(start_at)
    truth_path = tmp_path / "truth.jsonl"

    def run(from_at: int, until_at: int) -> int:
        publisher = Publisher(
            center=center,
            clock=_clock(from_at, 300.0),
            broker=Broker(port=port),
            from_at=from_at,
            first_start_at=start_at,
            truth_path=truth_path,
            max_connections=3,
        )
        with _running(publisher) as published:
            _wait(lambda: published.until_at >= until_at)
        return published.until_at

    with _mosquitto(tmp_path, port), _listening(port) as heard:
        first_end = run(start_at, start_at + 5 * MINUTE_MS)
        truth = truth_path.read_text()
        second_end = run(first_end, first_end + 5 * MINUTE_MS)
        expected = _expected(center, start_at, second_end)
        _wait(lambda: not expected - Counter(heard.readings))
        surplus = Counter(heard.readings) - expected
        assert truth_path.read_text() == truth
        assert {json.dumps(status["online"]) for status in heard.status.values()} == {"false"}
    assert len(heard.status) == 8
    assert surplus.total() < 20, "more than what was on its way at a stop came twice"
    lines = [line for line in read_truth(truth_path) if line["kind"] == "absence" and line["resident"] == "r0001"]
    assert lines[0]["began_at"] == start_at + 4 * MINUTE_MS


@pytest.mark.engine("mosquitto")
def test_belts_come_back_when_the_broker_does(tmp_path: Path) -> None:
    port = _free_port()
    center = _center(3)
    start_at = noon(NIGHT, center.zone) + 11 * HOUR_MS
    publisher = Publisher(center=center, clock=_clock(start_at, 60.0), broker=Broker(port=port), from_at=start_at)
    with _running(publisher):
        with _mosquitto(tmp_path, port), _listening(port) as heard:
            _wait(lambda: len(heard.status) == 3 and len(heard.readings) > 10)
            assert all(status["online"] for status in heard.status.values())
        with _mosquitto(tmp_path, port), _listening(port) as heard:
            _wait(lambda: len(heard.status) == 3 and len(heard.readings) > 10)


@pytest.mark.engine("mosquitto")
def test_a_belt_whose_line_breaks_is_offline_by_its_will(tmp_path: Path) -> None:
    port = _free_port()
    center = _center(1)
    start_at = noon(NIGHT, center.zone) + 11 * HOUR_MS
    publisher = Publisher(center=center, clock=_clock(start_at, 60.0), broker=Broker(port=port), from_at=start_at)
    with _mosquitto(tmp_path, port), _listening(port) as heard, _running(publisher):
        _wait(lambda: any(status["online"] for status in heard.status.values()))
        intruder = Client(CallbackAPIVersion.VERSION2, client_id="belt-c01-b0001")
        offline = threading.Event()
        _watch_for_offline(heard, offline)
        intruder.connect("127.0.0.1", port)
        intruder.loop_start()
        try:
            assert offline.wait(PATIENCE_S)
        finally:
            intruder.disconnect()
            intruder.loop_stop()


def _watch_for_offline(heard: Heard, offline: threading.Event) -> None:
    class Statuses(dict[str, Any]):
        def __setitem__(self, topic: str, status: Any) -> None:
            super().__setitem__(topic, status)
            if not status["online"]:
                offline.set()

    heard.status = Statuses(heard.status)


def test_without_a_broker_it_waits_and_stops_when_told() -> None:
    center = _center(3)
    start_at = noon(NIGHT, center.zone) + 11 * HOUR_MS
    publisher = Publisher(
        center=center, clock=_clock(start_at, 5_000.0), broker=Broker(port=_free_port()), from_at=start_at
    )
    with _running(publisher) as published:
        _wait(lambda: published.messages >= 1_000)


@dataclass(frozen=True)
class StoppedClock:
    """A clock that stands still."""

    at: int

    def now(self) -> int:
        return self.at

    def real_seconds(self, length_ms: float) -> float:
        return length_ms


def test_nothing_is_sent_before_its_time() -> None:
    center = _center(3)
    start_at = noon(NIGHT, center.zone) + 11 * HOUR_MS
    publisher = Publisher(
        center=center, clock=StoppedClock(start_at), broker=Broker(port=_free_port()), from_at=start_at
    )
    with _running(publisher):
        threading.Event().wait(0.3)
    assert publisher.published.messages == 0
    assert publisher.published.until_at == start_at
