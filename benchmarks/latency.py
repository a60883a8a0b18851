"""From the publishing of the deciding reading to the alarm on the board, in a real browser, beside a bare subscriber.

60 belts report once a second to Mosquitto; the service runs as a process of its own, with its stores on disk, and a
caregiver's board stands open in Chromium. About every 0.6 s somebody leaves a bed whose limit is 0 s, so the first
reading that shows it is the one that decides. Taken are the instant just before its publish and the instant of the
animation frame in which the alarm's card stood in the page. The reference is when a bare paho subscriber got the same
message.

    python -m benchmarks.latency --alarms 100
"""

import argparse
import contextlib
import json
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from playwright.sync_api import Page, sync_playwright

from domain.clock import SystemClock
from tests.browser.conftest import CHROMIUM, FLAGS
from tests.integration.engines import mosquitto
from tests.integration.running import LOGIN, PASSWORD, RunningService, running_service
from tests.integration.ward import entries

BELTS: Final = 60
LEAVE_EVERY: Final = 37
"""Somebody leaves with every 37th of 60 messages a second; the number shares no factor with the beds, so each bed has
its turn every 37 s, long after its last return counts as one."""
AWAY_MESSAGES: Final = 8
"""Readings of a belt out of bed before it is back; a second visit makes an alarm of its own."""
LAST_WAIT_S: Final = 5.0
WATCH_CARDS: Final = """
window.seen = {};
new MutationObserver(() => requestAnimationFrame(() => {
  const now = performance.timeOrigin + performance.now();
  for (const card of document.querySelectorAll("[data-alarm-id]")) window.seen[card.dataset.alarmId] ??= now;
})).observe(document, { childList: true, subtree: true });
"""

Deciding = dict[str, float]
"""Alarm id -> instant (ms) just before the deciding reading was published, or when somebody got it."""


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--alarms", type=int, default=100)
    parser.add_argument("--json", action="store_true", help="one JSON object instead of words")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="bench-latency-") as folder:
        result = measure(options.alarms, Path(folder))
    if options.json:
        print(json.dumps(result))
        return
    print(f"{result['alarms']} alarms, {result['missing']} never seen, {result['messages_per_s']:.0f} messages/s")
    for name in ("bare", "board"):
        row = result[name]
        print(f"{name:6} p50 {row['p50']:6.1f} ms   p99 {row['p99']:6.1f} ms   max {row['max']:6.1f} ms")


def measure(alarms: int, folder: Path) -> dict[str, Any]:
    with contextlib.ExitStack() as stack:
        broker = stack.enter_context(mosquitto(folder / "broker"))
        beds = entries(BELTS, limit_s=0)
        service = stack.enter_context(running_service(folder / "data", broker.port, beds))
        service.start()
        service.wait_for_session()
        page = stack.enter_context(_board(service))
        published, received, rate = _publish(broker.port, alarms)
        until = time.monotonic() + LAST_WAIT_S
        while len(page.evaluate("window.seen")) < alarms and time.monotonic() < until:
            page.wait_for_timeout(100)
        seen: Deciding = page.evaluate("window.seen")
    return {
        "alarms": len(published),
        "missing": len(published.keys() - seen.keys()),
        "messages_per_s": rate,
        "bare": _figures(published, received),
        "board": _figures(published, seen),
    }


@contextlib.contextmanager
def _board(service: RunningService) -> Any:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        page: Page = browser.new_page(viewport={"width": 1920, "height": 1080})
        page.add_init_script(WATCH_CARDS)
        page.goto(f"http://127.0.0.1:{service.web_port}/login")
        page.fill("input[name=login]", LOGIN)
        page.fill("input[name=password]", PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_selector(".tile")
        yield page
        browser.close()


def _publish(port: int, alarms: int) -> tuple[Deciding, Deciding, float]:
    """60 messages a second until `alarms` people have left; who left when, and when a bare subscriber knew it."""
    clock = SystemClock()
    published: Deciding = {}
    received: Deciding = {}

    def note(_client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        now = _now_ms()
        number = message.topic.split("/")[2][1:]
        received.setdefault(_alarm_id(number, json.loads(message.payload)["ts"]), now)

    bare, belts = (mqtt.Client(CallbackAPIVersion.VERSION2) for _ in range(2))
    bare.on_message = note
    bare.on_connect = lambda client, *_: client.subscribe("care/+/+/readings", 1)
    for client in (bare, belts):
        client.connect("127.0.0.1", port)
        client.loop_start()
    away: dict[int, int] = {}
    count = 0
    began_s = next_s = time.monotonic()
    while len(published) < alarms or away:
        number = count % BELTS
        leaves = count >= 10 * BELTS and count % LEAVE_EVERY == 0 and len(published) < alarms
        if leaves:
            away[number] = AWAY_MESSAGES
        ts = clock.now()
        if leaves:
            published[_alarm_id(str(number), ts)] = _now_ms()
        payload = json.dumps({"ts": ts, "heart_rate": 61, "in_bed": number not in away})
        belts.publish(f"care/c1/b{number}/readings", payload, qos=1)
        if number in away and not leaves:
            away[number] -= 1
            if away[number] == 0:
                del away[number]
        count += 1
        next_s += 1 / BELTS
        time.sleep(max(0.0, next_s - time.monotonic()))
    rate = count / (time.monotonic() - began_s)
    for client in (belts, bare):
        client.disconnect()
        client.loop_stop()
    return published, {alarm_id: received[alarm_id] for alarm_id in published}, rate


def _now_ms() -> float:
    return time.clock_gettime_ns(time.CLOCK_REALTIME) / 1e6


def _alarm_id(number: str, began_at: int) -> str:
    return f"r{number}.leave-bed-immediate.{began_at}"


def _figures(published: Deciding, known: Deciding) -> dict[str, float]:
    took = np.array([known[alarm_id] - at for alarm_id, at in published.items() if alarm_id in known])
    return {"p50": float(np.median(took)), "p99": float(np.percentile(took, 99)), "max": float(took.max())}


if __name__ == "__main__":
    main()
