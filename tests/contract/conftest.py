"""Every port's adapters, the fake first; a contract test runs once for each."""

import contextlib
import itertools
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from sqlalchemy import text

from domain.ports import (
    AlarmBook,
    AuditTrail,
    BeltStatuses,
    CarePauses,
    CareRecords,
    Consents,
    ContactBook,
    LateReadings,
    NightReports,
    Outbox,
    People,
    Quarantine,
    ReadingsStore,
    Register,
    Rosters,
    Rounds,
    UsualBook,
)
from domain.readings import ReadingBatch
from domain.units import NEVER
from storage.duckdb_readings import DuckDBReadings
from storage.influx_server import InfluxServer
from storage.records import Records
from storage.records_alarm_book import RecordsAlarmBook
from storage.records_audit import RecordsAuditTrail
from storage.records_belts import RecordsBeltStatuses
from storage.records_care import RecordsCare
from storage.records_consents import RecordsConsents
from storage.records_contacts import RecordsContacts
from storage.records_night_reports import RecordsLateReadings, RecordsNightReports
from storage.records_outbox import RecordsOutbox
from storage.records_pauses import RecordsCarePauses
from storage.records_people import RecordsPeople
from storage.records_quarantine import RecordsQuarantine
from storage.records_register import RecordsRegister
from storage.records_rosters import RecordsRosters
from storage.records_rounds import RecordsRounds
from storage.records_usual import RecordsUsual
from storage.spool import Spool
from storage.spooled_readings import SpooledReadings
from storage.tables import metadata
from tests.fakes.in_memory_alarm_book import InMemoryAlarmBook
from tests.fakes.in_memory_audit import InMemoryAuditTrail
from tests.fakes.in_memory_belt_statuses import InMemoryBeltStatuses
from tests.fakes.in_memory_care import InMemoryCare
from tests.fakes.in_memory_consents import InMemoryConsents
from tests.fakes.in_memory_contacts import InMemoryContacts
from tests.fakes.in_memory_night_reports import InMemoryLateReadings, InMemoryNightReports
from tests.fakes.in_memory_outbox import InMemoryOutbox
from tests.fakes.in_memory_pauses import InMemoryCarePauses
from tests.fakes.in_memory_people import InMemoryPeople
from tests.fakes.in_memory_quarantine import InMemoryQuarantine
from tests.fakes.in_memory_readings import InMemoryReadings
from tests.fakes.in_memory_register import InMemoryRegister
from tests.fakes.in_memory_rosters import InMemoryRosters
from tests.fakes.in_memory_rounds import InMemoryRounds
from tests.fakes.in_memory_usual import InMemoryUsual
from tests.integration.engines_influx import influx
from tests.integration.engines_postgres import Postgres
from tests.integration.influx_stores import NAMED_URL, empty_store, named_server

READINGS_STORES = ["memory", "duckdb", "spooled", "half-sent", "influx", *(["influx-named"] if NAMED_URL else [])]


@pytest.fixture(scope="session")
def influx_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InfluxServer]:
    with influx(tmp_path_factory.mktemp("influx")) as engine:
        yield InfluxServer(url=engine.url, token="", org="nightbelt", write_timeout_s=30)


@pytest.fixture(params=READINGS_STORES)
def readings(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ReadingsStore]:
    if request.param == "memory":
        yield InMemoryReadings()
    elif request.param == "duckdb":
        with contextlib.closing(DuckDBReadings(tmp_path / "readings.duckdb")) as store:
            yield store
    elif request.param in {"spooled", "half-sent"}:
        with (
            contextlib.closing(DuckDBReadings(tmp_path / "readings.duckdb")) as store,
            contextlib.closing(Spool(tmp_path / "spool.duckdb", segment_readings=300)) as spool,
        ):
            spooled = SpooledReadings(store, spool)
            yield spooled if request.param == "spooled" else _HalfSent(spooled, store, spool)
    else:
        server = named_server() if request.param == "influx-named" else request.getfixturevalue("influx_server")
        with empty_store(server) as store:
            yield store


class _HalfSent:
    """Sends everything on after each second write: half of the reads have to join the spool and the store."""

    def __init__(self, spooled: SpooledReadings, store: ReadingsStore, spool: Spool) -> None:
        self._spooled, self._store, self._spool = spooled, store, spool
        self._writes = itertools.count()
        self.read, self.minutes, self.delete = spooled.read, spooled.minutes, spooled.delete

    def write(self, batch: ReadingBatch) -> int | None:
        written = self._spooled.write(batch)
        if next(self._writes) % 2:
            with self._spool.sending(NEVER) as chunk:
                self._store.write(chunk)
        return written


@pytest.fixture(params=["memory", "sqlite", pytest.param("postgresql", marks=pytest.mark.engine("postgresql"))])
def records(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Records | None]:
    """The open records database, None for the fakes."""
    match request.param:
        case "memory":
            yield None
        case "sqlite":
            with contextlib.closing(Records.open(tmp_path / "records.sqlite")) as opened:
                yield opened
        case "postgresql":
            yield emptied(request.getfixturevalue("postgres_records"))


@pytest.fixture(scope="session")
def postgres_records(postgres_engine: Postgres) -> Iterator[Records]:
    """One database for all tests; `emptied` before each."""
    with contextlib.closing(Records.open(postgres_engine.database("contract"))) as opened:
        yield opened


def emptied(records: Records) -> Records:
    """`records` without rows, and with ids from 1."""
    names = ", ".join(table.name for table in metadata.sorted_tables)
    with records.write() as connection:
        connection.execute(text(f"TRUNCATE {names} RESTART IDENTITY"))
    return records


FreshRecords = Callable[[], AbstractContextManager[Records]]


@pytest.fixture(scope="session", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.engine("postgresql"))])
def fresh_records(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> FreshRecords:
    """Makes an empty records database, as often as a test likes."""
    if request.param == "postgresql":
        shared: Records = request.getfixturevalue("postgres_records")
        return lambda: contextlib.nullcontext(emptied(shared))
    return lambda: contextlib.closing(Records.open(tmp_path_factory.mktemp("records") / "records.sqlite"))


@pytest.fixture
def book(records: Records | None) -> AlarmBook:
    return InMemoryAlarmBook() if records is None else RecordsAlarmBook(records)


@pytest.fixture
def register(records: Records | None) -> Register:
    return InMemoryRegister() if records is None else RecordsRegister(records)


@pytest.fixture
def people(records: Records | None) -> People:
    return InMemoryPeople() if records is None else RecordsPeople(records)


@pytest.fixture
def quarantine(records: Records | None) -> Quarantine:
    return InMemoryQuarantine() if records is None else RecordsQuarantine(records)


@pytest.fixture
def small_quarantine(records: Records | None) -> Quarantine:
    """It keeps three entries."""
    return InMemoryQuarantine(keep=3) if records is None else RecordsQuarantine(records, keep=3)


@pytest.fixture
def statuses(records: Records | None) -> BeltStatuses:
    return InMemoryBeltStatuses() if records is None else RecordsBeltStatuses(records)


@pytest.fixture
def outbox(records: Records | None) -> Outbox:
    return InMemoryOutbox() if records is None else RecordsOutbox(records)


@pytest.fixture
def contacts(records: Records | None) -> ContactBook:
    return InMemoryContacts() if records is None else RecordsContacts(records)


@pytest.fixture
def consents(records: Records | None) -> Consents:
    return InMemoryConsents() if records is None else RecordsConsents(records)


@pytest.fixture
def rosters(records: Records | None) -> Rosters:
    return InMemoryRosters() if records is None else RecordsRosters(records)


@pytest.fixture
def reports(records: Records | None) -> NightReports:
    return InMemoryNightReports() if records is None else RecordsNightReports(records)


@pytest.fixture
def late(records: Records | None) -> LateReadings:
    return InMemoryLateReadings() if records is None else RecordsLateReadings(records)


@pytest.fixture
def care(records: Records | None) -> CareRecords:
    return InMemoryCare() if records is None else RecordsCare(records)


@pytest.fixture
def pauses(records: Records | None) -> CarePauses:
    return InMemoryCarePauses() if records is None else RecordsCarePauses(records)


@pytest.fixture
def audit(records: Records | None) -> AuditTrail:
    return InMemoryAuditTrail() if records is None else RecordsAuditTrail(records)


@pytest.fixture
def rounds(records: Records | None) -> Rounds:
    return InMemoryRounds() if records is None else RecordsRounds(records)


@pytest.fixture
def usual(records: Records | None) -> UsualBook:
    return InMemoryUsual() if records is None else RecordsUsual(records)
