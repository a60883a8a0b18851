"""InfluxDB away, slow or not there from the start: readings wait, alarms go on, nothing is lost.

The long form (`pytest -m long`; figures: `make outage`) is the bar of ten minutes at 1,000 messages a second.
"""

import json
import os
import signal
import time
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from benchmarks.outage import BELTS, RATE, house, make_buckets, measure, stored
from tests.integration.board_stream import BoardStream
from tests.integration.engines import mosquitto, until
from tests.integration.engines_influx import influx
from tests.integration.running import running_service
from tests.integration.ward import LIMIT_S, Ward, entries

SHORT_S = 8.0
BAR_S = 600.0
P99_RATIO = 1.2
DRAINED_WITHIN_S = 120.0


def nothing_lost(figures: dict[str, Any]) -> None:
    print(f"\n{json.dumps(figures)}")
    assert figures["published"] > 0
    assert (figures["lost"], figures["alarms_missing"]) == (0, 0)
    assert figures["health_in_outage"] == "spooling"
    assert figures["drained_s"] <= DRAINED_WITHIN_S


def test_a_short_outage_loses_nothing(tmp_path: Path) -> None:
    figures = measure(tmp_path, seconds=SHORT_S, slow=False)
    nothing_lost(figures)
    assert figures["waiting_at_return"] >= SHORT_S * RATE / 2


def test_a_slow_influxdb_loses_nothing(tmp_path: Path) -> None:
    nothing_lost(measure(tmp_path, seconds=SHORT_S, slow=True))


@pytest.mark.long
@pytest.mark.timeout(1_800)
def test_ten_minutes_without_influxdb(tmp_path: Path) -> None:
    figures = measure(tmp_path, seconds=BAR_S, slow=False)
    nothing_lost(figures)
    assert figures["during"]["p99"] <= P99_RATIO * figures["before"]["p99"]


def test_the_service_starts_without_influxdb_and_delivers_when_it_comes(tmp_path: Path) -> None:
    """Alarms are raised meanwhile, and a kill -9 in between loses nothing either."""
    with influx(tmp_path / "influx") as engine, mosquitto(tmp_path / "broker") as broker:
        make_buckets(engine.url)
        engine.stop()
        url = {"NIGHTBELT_INFLUX_URL": engine.url}
        with patch.dict(os.environ, url), running_service(tmp_path / "data", broker.port, entries(10)) as service:
            service.start()
            service.wait_for_session()
            ward = Ward(port=broker.port, belts=10, rate=50)
            ward.start()
            board = BoardStream(service.web_port)
            until(lambda: board.seen, 10 * LIMIT_S)
            status, health = board.get("/healthz")
            assert (status, json.loads(health)["status"]) == (200, "degraded")
            assert json.loads(health)["engines"]["influxdb"] == "spooling"
            assert json.loads(health)["engines"]["readings"] == "ok"
            board.close()
            service.end(signal.SIGKILL)
            service.start()
            ward.finish()
            engine.start()
            until(lambda: stored(engine) == {belt: len(at) for belt, at in ward.published.items()}, 60)
            with BoardStream(service.web_port) as again:
                until(lambda: json.loads(again.get("/healthz")[1])["status"] == "ok")
            assert service.end(signal.SIGTERM) == 0


def test_readings_wait_across_a_restart_of_the_service(tmp_path: Path) -> None:
    with house(tmp_path) as home:
        home.influx.stop()
        home.ward.start()
        until(lambda: home.metric("nightbelt_spool_waiting_readings") > 3_000, 30)
        assert home.service.end(signal.SIGTERM) == 0
        home.influx.start()
        home.service.start()
        time.sleep(1.0)
        home.ward.finish()
        until(lambda: stored(home.influx) == {belt: len(set(at)) for belt, at in home.ward.published.items()}, 60)
        assert len(home.ward.published) == BELTS
