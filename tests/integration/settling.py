"""What became of a ward's readings and alarms once all is quiet again: nothing lost, nothing doubled."""

import contextlib
import time

from domain.alarms import EventKind
from storage.duckdb_readings import DuckDBReadings
from storage.records import Records
from storage.records_alarm_book import RecordsAlarmBook
from tests.integration.running import RunningService
from tests.integration.ward import LIMIT_S, Ward

DRAIN_S = 60.0
ACK_WAIT_S = 3
"""nats-server gives what was under way at the kill again after this long, not on the reconnect (30 s by default)."""
UNDER_WAY_MS = 1_000


def wait_until_stored(service: RunningService, ward: Ward) -> None:
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


def check_nothing_lost(service: RunningService, ward: Ward, outages: list[tuple[int, int]]) -> None:
    """Every reading and every owed alarm is there once; `outages` are [from, to) of our clock, for the count."""
    with contextlib.closing(DuckDBReadings(service.data / "readings.duckdb")) as readings:
        stored = {belt: readings.read(belt, 0, 2**62).observed_at.tolist() for belt in ward.published}
    lost = sum(len(published - set(stored[belt])) for belt, published in ward.published.items())
    extra = sum(len(at) for at in stored.values()) - ward.total
    with contextlib.closing(Records.open(service.records_place)) as records:
        book = RecordsAlarmBook(records)
        events = book.events_after(0, limit=1_000_000)
    begun = [event for event in events if event.kind in {EventKind.RAISED, EventKind.RECORDED}]
    owed = dict(ward.owed)
    not_owed = [event.alarm.alarm_id for event in begun if not _take(owed, event.alarm.alarm_id)]
    outage = sum(
        any(died <= due_at < back for died, back in outages) for due_at in (at + LIMIT_S * 1000 for at in _began(ward))
    )
    print(
        f"\n{len(outages)} outages, {ward.total} readings: {lost} lost, {extra} too many; "
        f"{len(ward.owed)} alarms owed, {outage} of them due in an outage: "
        f"{len(owed)} missed, {len(not_owed)} doubled or not owed"
    )
    assert (lost, extra) == (0, 0)
    assert (owed, not_owed) == ({}, []), [event for event in begun if event.alarm.alarm_id in not_owed]
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
