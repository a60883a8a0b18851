"""kill -9 of the service at random instants under load: nothing lost, nothing doubled, nobody forgotten.

The long form (`make kill`) is the bar of twenty kills on each broker at 1,000 messages a second; the short form runs
in every `make test`.
"""

import contextlib
import random
import signal
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from domain.alarms import EventKind
from domain.clock import SystemClock
from storage.duckdb_readings import DuckDBReadings
from storage.records import Records
from storage.records_alarm_book import RecordsAlarmBook
from tests.integration.engines import Broker, mosquitto, nats
from tests.integration.running import RunningService, running_service
from tests.integration.ward import LIMIT_S, Ward, entries

BELTS = 100
RATE = 1_000
OUTAGE_S = (0.0, 8.0)
UP_S = (1.5, 5.0)
DRAIN_S = 60.0
ACK_WAIT_S = 3
"""nats-server gives what was under way at the kill again after this long, not on the reconnect (30 s by default)."""
UNDER_WAY_MS = 1_000

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
        _wait_until_stored(service, ward)
        assert service.end(signal.SIGTERM) == 0
        _check(service.data, ward, outages)


def _wait_until_stored(service: RunningService, ward: Ward) -> None:
    """Until the service has written nothing new for a while: the backlog is through."""
    deadline = time.monotonic() + DRAIN_S
    files = [service.data / "readings.duckdb", service.data / "readings.duckdb.wal"]
    before, quiet = None, 0
    while quiet < 2 * (ACK_WAIT_S + 1) and time.monotonic() < deadline:
        time.sleep(0.5)
        now = [(path.stat().st_size, path.stat().st_mtime_ns) for path in files if path.exists()]
        quiet = quiet + 1 if now == before else 0
        before = now
    assert ward.total


def _check(data: Path, ward: Ward, outages: list[tuple[int, int]]) -> None:
    with contextlib.closing(DuckDBReadings(data / "readings.duckdb")) as readings:
        stored = {belt: readings.read(belt, 0, 2**62).observed_at.tolist() for belt in ward.published}
    lost = sum(len(published - set(stored[belt])) for belt, published in ward.published.items())
    extra = sum(len(at) for at in stored.values()) - ward.total
    with contextlib.closing(Records.open(data / "records.sqlite")) as records:
        book = RecordsAlarmBook(records)
        events = book.events_after(0, limit=1_000_000)
    begun = [event for event in events if event.kind in {EventKind.RAISED, EventKind.RECORDED}]
    owed = dict(ward.owed)
    not_owed = [event.alarm.alarm_id for event in begun if not _take(owed, event.alarm.alarm_id)]
    outage = sum(
        any(died <= due_at < back for died, back in outages) for due_at in (at + LIMIT_S * 1000 for at in _began(ward))
    )
    print(
        f"\n{len(outages)} kills, {ward.total} readings: {lost} lost, {extra} too many; {len(ward.owed)} alarms owed, "
        f"{outage} of them due in an outage: {len(owed)} missed, {len(not_owed)} doubled or not owed"
    )
    assert (lost, extra) == (0, 0)
    assert (owed, not_owed) == ({}, [])
    assert all(event.kind is EventKind.RAISED or event.alarm.cleared_at for event in begun)


def _began(ward: Ward) -> list[int]:
    return list(ward.owed.values())


def _take(owed: dict[str, int], alarm_id: str) -> bool:
    """Take the owed alarm that this one is, by resident and instant.

    A reading that was under way at the kill may come after its successors, so the instant may be a few readings off.
    """
    resident, _, began_at = alarm_id.rsplit(".", 2)
    for key, owed_at in owed.items():
        if key.startswith(f"{resident}.") and abs(owed_at - int(began_at)) <= UNDER_WAY_MS:
            del owed[key]
            return True
    return False


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
