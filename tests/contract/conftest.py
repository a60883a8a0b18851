"""Every port's adapters, the fake first; a contract test runs once for each."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from domain.ports import AlarmBook, BeltStatuses, People, Quarantine, ReadingsStore, Register
from storage.duckdb_readings import DuckDBReadings
from storage.records import Records
from storage.records_alarm_book import RecordsAlarmBook
from storage.records_belts import RecordsBeltStatuses
from storage.records_people import RecordsPeople
from storage.records_quarantine import RecordsQuarantine
from storage.records_register import RecordsRegister
from tests.fakes.in_memory_alarm_book import InMemoryAlarmBook
from tests.fakes.in_memory_belt_statuses import InMemoryBeltStatuses
from tests.fakes.in_memory_people import InMemoryPeople
from tests.fakes.in_memory_quarantine import InMemoryQuarantine
from tests.fakes.in_memory_readings import InMemoryReadings
from tests.fakes.in_memory_register import InMemoryRegister


@pytest.fixture(params=["memory", "duckdb"])
def readings(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ReadingsStore]:
    if request.param == "memory":
        yield InMemoryReadings()
        return
    store = DuckDBReadings(tmp_path / "readings.duckdb")
    yield store
    store.close()


@pytest.fixture(params=["memory", "sqlite"])
def records(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Records | None]:
    """The open records database, None for the fakes."""
    if request.param == "memory":
        yield None
        return
    opened = Records.open(tmp_path / "records.sqlite")
    yield opened
    opened.close()


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
def statuses(records: Records | None) -> BeltStatuses:
    return InMemoryBeltStatuses() if records is None else RecordsBeltStatuses(records)
