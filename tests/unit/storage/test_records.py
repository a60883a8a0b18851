"""The records' database: opening, failing, migrating, what survives a kill."""

import contextlib
import logging
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_mock_engine, inspect, make_url, text

from domain.alarms import Alarm, AlarmInput, Step
from domain.errors import ConfigurationError, UnavailableError
from domain.ports import Quarantined
from storage.records import Records
from storage.records_alarm_book import RecordsAlarmBook
from storage.records_quarantine import RecordsQuarantine
from storage.tables import metadata
from tests.unit.storage import processes

ENTRY = Quarantined(received_at=1, topic="t", payload=b"x", reason="json", detail="")

PAGE_THREADS = 40  # what Starlette gives them
WRITER = """
import sys
from alerts.lifecycle import step
from storage.records import Records
from storage.records_alarm_book import RecordsAlarmBook
from tests.contract.test_alarm_book import alarm_of, raised, running

book = RecordsAlarmBook(Records.open(sys.argv[1]))
for i in range(10**6):
    book.apply([raised(alarm_of(f"r{i}"))], step, conditions=[running(f"belt-{i}")])
    print(i, flush=True)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "records.sqlite"


@pytest.fixture
def records(path: Path) -> Iterator[Records]:
    opened = Records.open(path, busy_timeout_ms=50)
    yield opened
    opened.close()


@contextlib.contextmanager
def all_pages_reading(records: Records) -> Iterator[None]:
    """As many requests as the pages have threads for, each in the midst of a look at the records."""
    with contextlib.ExitStack() as pages:
        for _ in range(PAGE_THREADS):
            pages.enter_context(records.read()).execute(text("SELECT 1"))
        yield


class TestOpen:
    def test_a_fresh_database_has_the_tables_of_the_metadata(self, records: Records) -> None:
        with records.read() as connection:
            assert set(inspect(connection).get_table_names()) == {*metadata.tables, "alembic_version"}
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            assert compare_metadata(context, metadata) == []

    def test_opening_again_keeps_what_is_there(self, records: Records, path: Path) -> None:
        RecordsQuarantine(records).put([ENTRY])
        records.close()
        again = Records.open(str(path))
        assert RecordsQuarantine(again).counts() == {"json": 1}
        again.close()
        by_url = Records.open(f"sqlite:///{path}")
        assert RecordsQuarantine(by_url).counts() == {"json": 1}
        by_url.close()

    def test_a_commit_is_on_the_disk_and_keys_are_checked(self, records: Records) -> None:
        with records.read() as connection:
            settings = [connection.scalar(text(f"PRAGMA {name}")) for name in ("journal_mode", "synchronous")]
            assert settings == ["wal", 2]
            assert connection.scalar(text("PRAGMA foreign_keys")) == 1

    def test_logging_is_left_alone(self, path: Path) -> None:
        before = (logging.root.handlers[:], logging.root.level, logging.getLogger("alembic").level)
        Records.open(path).close()
        assert (logging.root.handlers[:], logging.root.level, logging.getLogger("alembic").level) == before

    @pytest.mark.parametrize("_attempt", range(10))
    def test_two_that_open_a_fresh_file_at_once_both_can(self, path: Path, _attempt: int) -> None:
        opened: list[Records] = []
        threads = [threading.Thread(target=lambda: opened.append(Records.open(path))) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(opened) == 2
        for one in opened:
            one.close()

    @pytest.mark.parametrize("kind", ["folder", "missing folder", "no database"])
    def test_a_file_that_cannot_be_opened_is_named(self, tmp_path: Path, kind: str) -> None:
        path = tmp_path / "r.sqlite"
        if kind == "folder":
            path.mkdir()
        elif kind == "missing folder":
            path = tmp_path / "no" / "r.sqlite"
        else:
            path.write_text("not a database\n" * 500)
        with pytest.raises(ConfigurationError, match=str(path)):
            Records.open(path)

    @pytest.mark.parametrize(
        "url", ["sqlite://", "sqlite:///:memory:", "mysql://host/base", "postgresql://host:port/x"]
    )
    def test_a_database_that_will_not_do_is_refused(self, url: str) -> None:
        with pytest.raises(ConfigurationError, match="records database"):
            Records.open(url)

    def test_a_password_is_not_told(self) -> None:
        with pytest.raises(ConfigurationError) as told:
            Records.open("mysql://user:hush@host/base")
        assert "hush" not in str(told.value)

    def test_a_locked_database_is_told(self, records: Records, path: Path) -> None:
        with records.write(), pytest.raises(ConfigurationError, match="database is locked"):
            Records.open(path, busy_timeout_ms=20)

    def test_a_database_of_a_newer_program_is_refused(self, records: Records, path: Path) -> None:
        with records.write() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        with pytest.raises(ConfigurationError, match="9999"):
            Records.open(path)


class TestFailures:
    def test_pages_that_take_their_time_keep_no_alarm_waiting(self, records: Records) -> None:
        with all_pages_reading(records):
            RecordsQuarantine(records).put([ENTRY])
            assert RecordsAlarmBook(records).open_alarms("c1") == []

    def test_a_database_locked_by_another_is_unavailable_and_later_not(self, records: Records, path: Path) -> None:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(UnavailableError) as told:
            RecordsQuarantine(records).put([ENTRY])
        assert told.value.retryable
        assert RecordsQuarantine(records).counts() == {}
        other.execute("ROLLBACK")
        other.close()
        RecordsQuarantine(records).put([ENTRY])
        assert RecordsQuarantine(records).counts() == {"json": 1}

    def test_a_closed_database_is_unavailable(self, records: Records) -> None:
        records.close()
        with pytest.raises(UnavailableError):
            RecordsQuarantine(records).counts()
        with pytest.raises(UnavailableError):
            RecordsQuarantine(records).put([ENTRY])

    def test_a_table_that_is_gone_is_told_as_the_engines_failure(self, records: Records) -> None:
        with records.write() as connection:
            connection.execute(text("DROP TABLE quarantine"))
        with pytest.raises(UnavailableError, match="no such table"):
            RecordsQuarantine(records).counts()

    def test_values_are_not_told(self, records: Records, path: Path) -> None:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(UnavailableError) as told:
            RecordsQuarantine(records).put(
                [Quarantined(received_at=1, topic="t", payload=b"x", reason="r", detail="Li")]
            )
        other.close()
        assert str(told.value) == "records unavailable: database is locked"

    def test_an_apply_while_another_writes_waits_its_turn(self, path: Path) -> None:
        records = Records.open(path)
        book = RecordsAlarmBook(records)
        entered, order = threading.Event(), []

        def slow(alarm: Alarm | None, given: AlarmInput) -> Step:
            raise AssertionError

        def hold() -> None:
            with records.write():
                entered.set()
                order.append("first")
                threading.Event().wait(0.1)
                order.append("done")

        thread = threading.Thread(target=hold)
        thread.start()
        entered.wait()
        book.apply([], slow, ended=[("b1", "leave-bed-immediate")])
        order.append("second")
        thread.join()
        records.close()
        assert order == ["first", "done", "second"]


def test_what_was_applied_survives_kill_9(path: Path) -> None:
    applied = processes.run_and_kill(WRITER, path, after_lines=20)
    records = Records.open(path)
    book = RecordsAlarmBook(records)
    alarms, events, (_, running) = book.open_alarms("c1"), book.events_after(0, limit=10**6), book.states()
    records.close()
    assert applied >= 20
    assert applied <= len(alarms) <= applied + 1
    assert len(events) == len(running) == len(alarms)


def test_the_tables_can_be_said_in_postgresql() -> None:
    said: list[str] = []
    dialect = make_url("postgresql+psycopg://").get_dialect()()

    def note(statement: Any, *_: Any, **__: Any) -> None:
        said.append(str(statement.compile(dialect=dialect)))

    metadata.create_all(create_mock_engine("postgresql+psycopg://", note), checkfirst=False)
    everything = "\n".join(said)
    assert "event_id BIGSERIAL" in everything
    assert "WHERE end_at IS NULL" in everything
    assert "payload BYTEA" in everything
