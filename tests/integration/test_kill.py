"""kill -9 of the service at random instants under load: nothing lost, nothing doubled, nobody forgotten.

The long form (`make kill`) is the bar of twenty kills on each broker at 1,000 messages a second; the short form runs
in every `make test`.
"""

import random
import signal
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from domain.clock import SystemClock
from tests.integration.engines import Broker, mosquitto, nats
from tests.integration.running import running_service
from tests.integration.settling import ACK_WAIT_S, check_nothing_lost, wait_until_stored
from tests.integration.ward import Ward, entries

BELTS = 100
RATE = 1_000
OUTAGE_S = (0.0, 8.0)
UP_S = (1.5, 5.0)

StartBroker = Callable[[Path], AbstractContextManager[Broker]]


def _kill_and_check(folder: Path, start_broker: StartBroker, kills: int) -> None:
    rng = random.Random(kills)
    (folder / "broker").mkdir()
    with (
        start_broker(folder / "broker") as broker,
        running_service(folder / "data", broker.port, entries(BELTS)) as service,
    ):
        service.start()
        service.wait_for_session()
        ward = Ward(port=broker.port, belts=BELTS, rate=RATE)
        ward.start()
        outages: list[tuple[int, int]] = []
        clock = SystemClock()
        for _ in range(kills):
            time.sleep(rng.uniform(*UP_S))
            assert service.alive, "the service ended by itself"
            service.end(signal.SIGKILL)
            died_at = clock.now()
            time.sleep(rng.uniform(*OUTAGE_S))
            service.start()
            outages.append((died_at, clock.now()))
        ward.finish()
        wait_until_stored(service, ward)
        assert service.end(signal.SIGTERM) == 0
        check_nothing_lost(service, ward, outages)


def impatient_nats(folder: Path) -> AbstractContextManager[Broker]:
    return nats(folder, mqtt=f'ack_wait: "{ACK_WAIT_S}s"')


BROKERS = pytest.mark.parametrize("start_broker", [mosquitto, impatient_nats], ids=["mosquitto", "nats"])


@BROKERS
def test_three_kills(tmp_path: Path, start_broker: StartBroker) -> None:
    _kill_and_check(tmp_path, start_broker, kills=3)


@pytest.mark.long
@pytest.mark.timeout(900)
@BROKERS
def test_twenty_kills(tmp_path: Path, start_broker: StartBroker) -> None:
    _kill_and_check(tmp_path, start_broker, kills=20)
