"""InfluxDB stops under load and comes back: are readings lost, do alarms notice, how soon is the spool empty?

200 belts report to Mosquitto, 1,000 messages a second in all; the service runs as a process of its own with its
readings in InfluxDB (Debian's, behind the tests' proxy), and a board listens to the live stream. Four times a second
somebody leaves a bed whose limit is 0 s. Taken are the instant just before the deciding reading is published and the
instant at which its alarm arrives at the board: before the outage, during it, and while the spool drains. InfluxDB is
killed, connections are refused, and it is started again; with `--slow` it stays, and answers 2.5 s late.
Afterwards every published reading is looked for in InfluxDB.

    python -m benchmarks.outage --seconds 600
"""

import argparse
import contextlib
import json
import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch
from urllib.request import urlopen

import numpy as np
from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from domain.clock import SystemClock
from nightbelt.commands_setup import plans
from nightbelt.settings import load_settings
from storage.influx_server import InfluxServer
from storage.influx_setup import InfluxSetup
from tests.integration.board_stream import BoardStream
from tests.integration.engines import mosquitto, until
from tests.integration.engines_influx import Influx, influx
from tests.integration.running import RunningService, running_service
from tests.integration.slow_link import SlowLink, slow_link
from tests.integration.ward import entries

BELTS: Final = 200
RATE: Final = 1_000
LEAVE_EVERY: Final = 251
"""Somebody leaves with every 251st message; the number shares no factor with the belts, so each has its turn every
50 s, long after its last return counts as one."""
AWAY_MESSAGES: Final = 8
SLICE_S: Final = 0.02
WARM_UP_S: Final = 10.0
STEADY_S: Final = 150.0
"""When alarms end as often as they begin, 2 min after the first returns; where delays are compared."""
BEFORE_MOST_S: Final = 300.0
SLOW_S: Final = 2.5
DRAIN_LIMIT_S: Final = 120.0
SETTLE_S: Final = 60.0


@dataclass
class Ward:
    """Publishes from `start` to `finish`; `deciding` holds when (ms) each alarm's reading was published."""

    port: int
    published: dict[str, list[int]] = field(default_factory=dict)
    deciding: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="ward")
        self._client.max_inflight_messages_set(2_000)
        self._client.max_queued_messages_set(0)
        self._client.connect("127.0.0.1", self.port)
        self._client.loop_start()
        self._clock = SystemClock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="ward")
        self._away: dict[int, int] = {}
        self._last_info: mqtt.MQTTMessageInfo | None = None
        self.published = {f"b{n}": [] for n in range(BELTS)}

    def start(self) -> None:
        self._thread.start()

    def finish(self) -> None:
        """Returns when the broker has every message."""
        self._stop.set()
        self._thread.join()
        if self._last_info is not None:
            self._last_info.wait_for_publish(30)
        self._client.disconnect()
        self._client.loop_stop()

    def _run(self) -> None:
        count, next_s = 0, time.monotonic()
        while not self._stop.is_set():
            for _ in range(round(RATE * SLICE_S)):
                self._report(count)
                count += 1
            next_s += SLICE_S
            time.sleep(max(0.0, next_s - time.monotonic()))

    def _report(self, count: int) -> None:
        number = count % BELTS
        leaves = count >= 10 * BELTS and count % LEAVE_EVERY == 0
        if leaves:
            self._away[number] = AWAY_MESSAGES
        ts = self._clock.now()
        if leaves:
            self.deciding[f"r{number}.leave-bed-immediate.{ts}"] = time.clock_gettime_ns(time.CLOCK_REALTIME) / 1e6
        reading = {"ts": ts, "heart_rate": 50 + count % 40, "movement": count % 97, "in_bed": number not in self._away}
        self._last_info = self._client.publish(f"care/c1/b{number}/readings", json.dumps(reading), qos=1)
        self.published[f"b{number}"].append(ts)
        if number in self._away and not leaves:
            self._away[number] -= 1
            if self._away[number] == 0:
                del self._away[number]


@dataclass(frozen=True, kw_only=True)
class House:
    """Everything that runs, and the ward's plan."""

    influx: Influx
    link: SlowLink
    service: RunningService
    board: BoardStream
    ward: Ward

    def metric(self, name: str) -> float:
        with urlopen(f"http://127.0.0.1:{self.service.web_port}/metrics", timeout=30) as answer:
            for line in answer.read().decode().splitlines():
                if line.startswith(f"{name} "):
                    return float(line.rpartition(" ")[2])
        raise LookupError(name)

    def health(self) -> str:
        with urlopen(f"http://127.0.0.1:{self.service.web_port}/healthz", timeout=30) as answer:
            engines: dict[str, str] = json.load(answer)["engines"]
        return engines["influxdb"]

    def kept_up(self) -> bool:
        """No more waits than what came since the last write."""
        return self.metric("nightbelt_spool_waiting_readings") <= 2 * RATE


@contextlib.contextmanager
def house(folder: Path) -> Iterator[House]:
    """A ward of belts, a broker, the service with its readings in InfluxDB, a board. Nothing is published yet."""
    with contextlib.ExitStack() as stack:
        broker = stack.enter_context(mosquitto(folder / "broker"))
        engine = stack.enter_context(influx(folder / "influx"))
        link = stack.enter_context(slow_link(engine.proxy.port))
        make_buckets(engine.url)
        url = f"http://127.0.0.1:{link.port}"
        stack.enter_context(patch.dict(os.environ, {"NIGHTBELT_INFLUX_URL": url}))
        service = stack.enter_context(running_service(folder / "data", broker.port, entries(BELTS, limit_s=0)))
        service.start()
        service.wait_for_session()
        board = stack.enter_context(BoardStream(service.web_port))
        yield House(influx=engine, link=link, service=service, board=board, ward=Ward(port=broker.port))


def make_buckets(url: str) -> None:
    """What `nightbelt setup influx` makes."""
    with patch.dict(os.environ, {"NIGHTBELT_INFLUX_URL": url}):
        settings = load_settings()
    server = InfluxServer(url=url, token="", org=settings.influx_org)
    assert list(InfluxSetup(server).make(plans(settings)))
    server.close()


def measure(folder: Path, *, seconds: float, slow: bool) -> dict[str, Any]:
    """One outage of that many seconds; figures of it."""
    with house(folder) as home:
        home.ward.start()
        time.sleep(STEADY_S if seconds >= STEADY_S else WARM_UP_S)
        before = _phase(home, lambda: time.sleep(min(seconds, BEFORE_MOST_S)))
        _go_away(home, slow)
        during = _phase(home, lambda: time.sleep(seconds))
        waiting, health = home.metric("nightbelt_spool_waiting_readings"), home.health()
        _come_back(home, slow)
        began_s = time.monotonic()
        drain = _phase(home, lambda: until(home.kept_up, DRAIN_LIMIT_S))
        drained_s = time.monotonic() - began_s
        home.ward.finish()
        until(lambda: home.metric("nightbelt_spool_waiting_readings") == 0, SETTLE_S)
        time.sleep(1.0)  # the last alarm's way to the board
        return {
            "published": sum(map(len, home.ward.published.values())),
            "lost": _lost(home),
            "waiting_at_return": waiting,
            "health_in_outage": health,
            "drained_s": drained_s,
            "alarms": len(home.ward.deciding),
            "alarms_missing": len(home.ward.deciding.keys() - home.board.seen.keys()),
            **{name: _latency(home, ids) for name, ids in (("before", before), ("during", during), ("drain", drain))},
        }


def _go_away(home: House, slow: bool) -> None:
    if slow:
        home.link.delay_s = SLOW_S
    else:
        home.influx.kill()


def _come_back(home: House, slow: bool) -> None:
    home.link.delay_s = 0.0
    if not slow:
        home.influx.start()


def _phase(home: House, pass_it: Callable[[], None]) -> list[str]:
    """The alarms that became due meanwhile."""
    first = len(home.ward.deciding)
    pass_it()
    return list(home.ward.deciding)[first:]


def stored(engine: Influx) -> dict[str, int]:
    """How many readings InfluxDB has of each belt."""
    series = engine.query("SELECT count(received_at) FROM readings GROUP BY belt", "nightbelt")
    return {one["tags"]["belt"]: one["values"][0][1] for one in series}


def _lost(home: House) -> int:
    """Published readings that InfluxDB does not have."""
    there = stored(home.influx)
    return sum(max(0, len(set(at)) - there.get(belt, 0)) for belt, at in home.ward.published.items())


def _latency(home: House, alarm_ids: Sequence[str]) -> dict[str, float]:
    seen = home.board.seen
    took = np.array([seen[one] - home.ward.deciding[one] for one in alarm_ids if one in seen])
    if not len(took):
        return {"alarms": 0}
    p50, p99 = np.percentile(took, [50, 99])
    return {"alarms": len(took), "p50": float(p50), "p99": float(p99), "max": float(took.max())}


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=600.0, help="how long InfluxDB is away")
    parser.add_argument("--slow", action="store_true", help="slow instead of away")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of words")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="bench-outage-") as folder:
        result = measure(Path(folder), seconds=options.seconds, slow=options.slow)
    if options.json:
        print(json.dumps(result))
        return
    print(f"{result['published']} readings published, {result['lost']} lost")
    print(f"{result['waiting_at_return']:.0f} waited at the return, through after {result['drained_s']:.1f} s")
    print(f"{result['alarms']} alarms, {result['alarms_missing']} never seen")
    for name in ("before", "during", "drain"):
        row = result[name]
        if row["alarms"]:
            figures = "  ".join(f"{figure} {row[figure]:6.1f} ms" for figure in ("p50", "p99", "max"))
            print(f"{name:7} {row['alarms']:5} alarms  {figures}")
    print(f"p99 during the outage / before: {result['during']['p99'] / result['before']['p99']:.2f}")


if __name__ == "__main__":
    main()
