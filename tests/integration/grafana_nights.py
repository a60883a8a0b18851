"""Simulated nights in a real PostgreSQL and a real InfluxDB, put there by the adapters of the service.

Fourteen beds of a centre, one night from evening to morning in event time; alarms are raised by the real watch, taken
and closed by a person who does not always come. At three two residents change beds. One alarm is of no bed.
"""

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Final

import numpy as np

from alerts.lifecycle import step
from alerts.watch import Watch
from dashboards.sources import MINUTES, READINGS
from domain.alarms import (
    Acknowledge,
    Alarm,
    AlarmEvent,
    AlarmState,
    Category,
    EventKind,
    Outcome,
    Priority,
    Raise,
    Reason,
    Resolve,
    Rule,
)
from domain.belts import BeltStatus
from domain.live import AlarmsChanged, LiveEvent
from domain.ports import BedEntry
from domain.units import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS
from simulators.arrivals import Arrivals, arrivals, belt_nights
from simulators.center import SimulatedCenter, simulated_center
from storage.influx_readings import InfluxReadings
from storage.influx_server import InfluxServer
from storage.records import Records
from storage.records_alarm_book import RecordsAlarmBook
from storage.records_belts import RecordsBeltStatuses
from storage.records_register import RecordsRegister
from tests.integration.engines_influx import Influx
from tests.integration.engines_postgres import Postgres, postgres_program

ROOT = Path(__file__).parents[2]
BEDS: Final = 14
SEED: Final = 7
NIGHT: Final = date(2026, 1, 12)
FROM_AT: Final = 1_768_215_600_000
"""2026-01-12 19:00 in Asia/Shanghai."""
MOVED_AT: Final = FROM_AT + 8 * HOUR_MS
TO_AT: Final = FROM_AT + 13 * HOUR_MS
SLICE_MS: Final = 5 * SECOND_MS
DATABASES: Final = {READINGS: "nightbelt", MINUTES: "nightbelt_minutes"}
ROLE, ROLE_PASSWORD = "nightbelt_grafana", "only to read: '%"


@dataclass(frozen=True, slots=True, kw_only=True)
class Nights:
    """The engines with the nights in them; `database` is PostgreSQL's, `moved` the two who changed beds."""

    postgres: Postgres
    database: str
    influx: Influx
    center: SimulatedCenter
    moved: tuple[str, str]


@contextmanager
def nights(postgres: Postgres, influx: Influx, folder: Path, database: str = "grafana") -> Iterator[Nights]:
    """Fill both engines. The records are read by the role of deploy/grafana_role.sql, made as its head says."""
    center = simulated_center(BEDS, SEED)
    for name in DATABASES.values():
        influx.query(f'CREATE DATABASE "{name}"')
    server = InfluxServer(url=influx.url, token="", org="nightbelt", write_timeout_s=30)
    store = InfluxReadings(
        server,
        bucket=DATABASES[READINGS],
        minutes_bucket=DATABASES[MINUTES],
        center_of=lambda _belt: center.center.center_id,
    )
    with closing(Records.open(postgres.database(database))) as records, closing(store):
        _make_role(postgres, database, folder)
        moved = _live(center, records, store)
        RecordsBeltStatuses(records).put(_statuses(center))
        while store.rollup.settle(TO_AT + DAY_MS):
            pass
        yield Nights(postgres=postgres, database=database, influx=influx, center=center, moved=moved)


def _make_role(postgres: Postgres, database: str, folder: Path) -> None:
    password = folder / "grafana_password"
    password.write_text(ROLE_PASSWORD + "\n")
    address = f"host={postgres.host} port={postgres.port} user={postgres.user} dbname={database}"
    script = ROOT / "deploy/grafana_role.sql"
    for _ in range(2):  # again is harmless
        subprocess.run(
            [postgres_program("psql"), address, "-q", "-v", f"password_file={password}", "-f", str(script)],
            env={"PGPASSWORD": postgres.password, "PATH": "/usr/bin:/bin"},
            check=True,
            capture_output=True,
        )


def _live(center: SimulatedCenter, records: Records, store: InfluxReadings) -> tuple[str, str]:
    """Live through the night; returns the residents who changed beds."""
    register, book = RecordsRegister(records), RecordsAlarmBook(records)
    register.enroll(center.center, center.entries(), FROM_AT - DAY_MS)
    watch = Watch(register=register, book=book, now=FROM_AT)
    person = _Person(book)
    for piece in arrivals(belt_nights(center, NIGHT), from_at=FROM_AT, chunk_ms=HOUR_MS):
        if piece.from_at >= TO_AT:
            break
        if piece.from_at == MOVED_AT:
            register.enroll(center.center, _swapped(center.entries()), MOVED_AT)
            watch.settings_changed()
            watch.refresh(MOVED_AT)
        store.write(piece.batch(0, len(piece)))
        for events in _judged(watch, piece):
            person.sees(events)
    _raise_for_no_bed(book, center.center.center_id)
    first, second = (entry.resident for entry in center.entries()[-2:])
    assert first is not None
    assert second is not None
    return first.resident_id, second.resident_id


def _raise_for_no_bed(book: RecordsAlarmBook, center_id: str) -> None:
    """As a centre's alarm may be that is about no resident."""
    alarm = Alarm(
        alarm_id="center.readings-behind.0",
        rule=Rule.READINGS_BEHIND,
        category=Category.TECHNICAL,
        priority=Priority.MEDIUM,
        center_id=center_id,
        resident_id="",
        bed_id="",
        belt_id="",
        state=AlarmState.ACTIVE,
        began_at=MOVED_AT,
        due_at=MOVED_AT,
        raised_at=MOVED_AT,
        reason=Reason(code="test"),
    )
    book.apply([Raise(alarm_id=alarm.alarm_id, at=MOVED_AT, alarm=alarm)], step)


def _swapped(entries: Sequence[BedEntry]) -> list[BedEntry]:
    """The last two residents in each other's bed; belts stay on the beds."""
    first, second = entries[-2:]
    return [*entries[:-2], replace(first, resident=second.resident), replace(second, resident=first.resident)]


def _judged(watch: Watch, piece: Arrivals) -> Iterator[list[LiveEvent]]:
    at, row = piece.from_at, 0
    while at < piece.to_at:
        until = max(at + 1, min(at + SLICE_MS, piece.to_at, watch.next_due_at()))
        stop = row + int(np.searchsorted(piece.arrives_at[row:], until))
        if stop > row:
            watch.observe(piece.batch(row, stop).distinct(), until)
        if watch.next_due_at() <= until:
            watch.tick(until, until)
        yield watch.commit()
        at, row = until, stop


class _Person:
    """Takes three alarms of four, ever later, and closes them with each outcome in turn."""

    def __init__(self, book: RecordsAlarmBook) -> None:
        self._book = book
        self._seen = 0

    def sees(self, events: Sequence[LiveEvent]) -> None:
        for event in (one for live in events if isinstance(live, AlarmsChanged) for one in live.events):
            if event.kind is EventKind.RAISED:
                self._answer(event)

    def _answer(self, event: AlarmEvent) -> None:
        self._seen += 1
        if self._seen % 4 == 0:
            return
        alarm_id, went_at = event.alarm.alarm_id, event.at + self._seen % 9 * 20 * SECOND_MS
        outcome = list(Outcome)[self._seen % len(Outcome)]
        done = Resolve(alarm_id=alarm_id, at=went_at + 3 * MINUTE_MS, person_id="p-nurse", outcome=outcome)
        self._book.apply([Acknowledge(alarm_id=alarm_id, at=went_at, person_id="p-nurse"), done], step)


def _statuses(center: SimulatedCenter) -> list[BeltStatus]:
    """All belts but the last told something of themselves: the first is nearly empty, the second went off."""
    return [
        BeltStatus(
            belt_id=bed.belt.belt_id,
            at=TO_AT - bed.index * MINUTE_MS,
            online=bed.index != 1,
            battery=8.0 + 6 * bed.index,
            charging=bed.index == 2,
            firmware="1.4",
        )
        for bed in center.beds[:-1]
    ]
