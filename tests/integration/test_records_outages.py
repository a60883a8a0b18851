"""PostgreSQL stopped, killed, frozen and restarted under load: no alarm lost, none doubled, and it is said meanwhile.

The long form (`make restarts`) is twelve outages at 1,000 messages a second; the short form runs in every `make test`.
"""

import random
import signal
import time
from itertools import cycle, islice
from pathlib import Path

import pytest

from domain.clock import SystemClock
from storage.postgresql import ANSWER_S, CONNECT_S
from tests.integration.engines import mosquitto, until
from tests.integration.engines_postgres import Postgres, postgres
from tests.integration.running import START_S, RunningService, running_service
from tests.integration.settling import check_nothing_lost, wait_until_stored
from tests.integration.ward import Ward, entries

pytestmark = [pytest.mark.engine("mosquitto"), pytest.mark.engine("postgresql")]

BELTS = 100
RATE = 1_000
UP_S = (3.0, 6.0)
OUTAGE_S = (2.0, 8.0)
NOTICED_S = ANSWER_S + CONNECT_S + 5
WELL_AGAIN_S = 30.0
OUTAGES = ("stopped", "killed", "both killed", "frozen")


def _outages_and_check(folder: Path, outages: int) -> None:
    rng = random.Random(outages)
    with (
        mosquitto(folder / "broker") as broker,
        postgres(folder / "postgres") as engine,
        running_service(folder / "data", broker.port, entries(BELTS), records_url=engine.url) as service,
    ):
        service.start()
        service.wait_for_session()
        ward = Ward(port=broker.port, belts=BELTS, rate=RATE)
        ward.start()
        spans = []
        for kind in islice(cycle(OUTAGES), outages):
            time.sleep(rng.uniform(*UP_S))
            spans.append(_outage(kind, service, engine, rng.uniform(*OUTAGE_S)))
        ward.finish()
        wait_until_stored(service, ward)
        assert _is_well(service)
        assert service.end(signal.SIGTERM) == 0
        check_nothing_lost(service, ward, spans)


def _outage(kind: str, service: RunningService, engine: Postgres, length_s: float) -> tuple[int, int]:
    """One outage from its beginning until all is well again (ms of our clock)."""
    clock = SystemClock()
    began_at = clock.now()
    assert service.alive, "the service ended by itself"
    {"stopped": engine.stop, "frozen": engine.freeze}.get(kind, engine.kill)()
    if kind == "both killed":
        service.end(signal.SIGKILL)
        service.start()  # waits for PostgreSQL
    else:
        until(lambda: service.health().get("alarms", "ok") != "ok", NOTICED_S)
    time.sleep(length_s)
    assert service.alive, "the service ended by itself"
    engine.thaw() if kind == "frozen" else engine.start()
    until(lambda: _is_well(service), WELL_AGAIN_S)
    return began_at, clock.now()


def _is_well(service: RunningService) -> bool:
    return set(service.health().values()) == {"ok"}


def test_a_stop_a_kill_and_a_kill_of_both(tmp_path: Path) -> None:
    _outages_and_check(tmp_path, outages=3)


@pytest.mark.long
@pytest.mark.timeout(900)
def test_twelve_outages(tmp_path: Path) -> None:
    _outages_and_check(tmp_path, outages=12)


def test_a_start_before_postgresql_waits_for_it_and_can_be_ended(tmp_path: Path) -> None:
    with (
        mosquitto(tmp_path / "broker") as broker,
        postgres(tmp_path / "postgres") as engine,
        running_service(tmp_path / "data", broker.port, entries(2), records_url=engine.url) as service,
    ):
        log = service.data / "service.log"
        engine.stop()
        service.start()
        until(lambda: b"waiting for an engine" in log.read_bytes(), START_S)
        assert service.end(signal.SIGTERM) == 0
        service.start()
        until(lambda: log.read_bytes().count(b"waiting for an engine") == 2, START_S)
        engine.start()
        service.wait_for_session()
        until(lambda: _is_well(service), WELL_AGAIN_S)
        assert service.end(signal.SIGTERM) == 0
        assert engine.password.encode() not in log.read_bytes()
