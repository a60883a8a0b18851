"""The records on a real PostgreSQL: opening, limits, and what its failures look like from here."""

import contextlib
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import insert, inspect, text
from sqlalchemy.exc import DataError

from domain.errors import ConfigurationError, UnavailableError
from storage.postgresql import AnsweringConnection
from storage.records import Records
from storage.records_alarm_book import RecordsAlarmBook
from storage.records_quarantine import RecordsQuarantine
from storage.tables import metadata, quarantine
from tests.integration.engines import free_port, until
from tests.integration.engines_postgres import PASSWORD, Postgres, postgres
from tests.unit.storage.processes import ROOT, run_and_kill
from tests.unit.storage.test_records import ENTRY, WRITER, all_pages_reading

pytestmark = pytest.mark.engine("postgresql")


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """One of its own: these tests stop, kill and freeze it, and leave it running."""
    with postgres(tmp_path_factory.mktemp("own-postgres")) as own:
        yield own


@pytest.fixture
def url(engine: Postgres) -> str:
    return engine.database("records")


@pytest.fixture
def records(url: str) -> Iterator[Records]:
    with contextlib.closing(Records.open(url, busy_timeout_ms=200)) as opened:
        yield opened


class TestOpen:
    def test_a_fresh_database_has_the_tables_of_the_metadata(self, records: Records) -> None:
        with records.read() as connection:
            assert set(inspect(connection).get_table_names()) == {*metadata.tables, "alembic_version"}
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            assert compare_metadata(context, metadata) == []

    @pytest.mark.parametrize("scheme", ["postgresql://", "postgres://", "postgresql+psycopg://"])
    def test_every_common_way_to_write_the_address_will_do(self, url: str, scheme: str) -> None:
        with contextlib.closing(Records.open(url.replace("postgresql+psycopg://", scheme))) as records:
            RecordsQuarantine(records).put([ENTRY])
            assert RecordsQuarantine(records).counts() == {"json": 1}

    @pytest.mark.parametrize("_attempt", range(3))
    def test_all_who_open_a_fresh_database_at_once_can(self, url: str, _attempt: int) -> None:
        opened: list[Records] = []
        threads = [threading.Thread(target=lambda: opened.append(Records.open(url))) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(opened) == 4
        for one in opened:
            one.close()

    @pytest.mark.parametrize(
        ("before", "after"),
        [(":for", ":no"), ("/records", "/nowhere"), ("//nightbelt", "//nobody")],
        ids=["password", "database", "login"],
    )
    def test_a_server_that_lets_nobody_in_is_a_mistake_in_the_settings(self, url: str, before: str, after: str) -> None:
        with pytest.raises(ConfigurationError, match="FATAL") as told:
            Records.open(url.replace(before, after, 1))
        assert PASSWORD not in str(told.value)

    def test_no_server_there_is_told_as_what_may_pass(self, url: str, engine: Postgres) -> None:
        with pytest.raises(UnavailableError, match=r"records unavailable: .*\*\*\*.*refused"):
            Records.open(url.replace(f":{engine.port}/", f":{free_port()}/"))

    def test_a_server_that_hangs_is_told_as_what_may_pass(self, url: str, engine: Postgres) -> None:
        engine.freeze()
        try:
            with pytest.raises(UnavailableError, match="timeout"):
                Records.open(f"{url}?connect_timeout=2")
        finally:
            engine.thaw()

    def test_a_server_that_is_full_is_told_as_what_may_pass(self, records: Records, engine: Postgres) -> None:
        engine.run("CREATE ROLE guest LOGIN PASSWORD 'guest' CONNECTION LIMIT 0")
        with pytest.raises(UnavailableError, match="too many connections"):
            Records.open(f"postgresql://guest:guest@{engine.host}:{engine.port}/records")
        engine.run("DROP ROLE guest")

    def test_a_database_of_a_newer_program_is_refused(self, records: Records, url: str) -> None:
        with records.write() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        with pytest.raises(ConfigurationError, match="9999"):
            Records.open(url)

    def test_the_server_can_say_whose_connections_they_are(self, records: Records) -> None:
        with records.read() as connection:
            assert connection.scalar(text("SELECT current_setting('application_name')")) == "nightbelt"
            assert connection.scalar(text("SELECT current_setting('statement_timeout')")) == "10s"
            assert connection.scalar(text("SELECT current_setting('lock_timeout')")) == "200ms"


class TestTransactions:
    def test_a_read_sees_one_state_and_cannot_write(self, records: Records) -> None:
        with records.read() as connection:
            assert connection.scalar(text("SELECT count(*) FROM quarantine")) == 0
            RecordsQuarantine(records).put([ENTRY])
            assert connection.scalar(text("SELECT count(*) FROM quarantine")) == 0
        assert RecordsQuarantine(records).counts() == {"json": 1}
        with pytest.raises(UnavailableError, match="read-only"), records.read() as connection:
            connection.execute(text("DELETE FROM quarantine"))

    def test_a_statement_that_fails_undoes_the_transaction_and_nothing_else(self, records: Records) -> None:
        with pytest.raises(DataError):
            _write_two(records, second_at=2**63)
        assert RecordsQuarantine(records).counts() == {}
        RecordsQuarantine(records).put([ENTRY])
        assert RecordsQuarantine(records).counts() == {"json": 1}

    def test_who_writes_in_turn_waits_and_not_for_ever(self, records: Records) -> None:
        with records.write_in_turn():
            with pytest.raises(UnavailableError, match="lock timeout"), records.write_in_turn():
                pass
            RecordsQuarantine(records).put([ENTRY])  # not in turn: waits for nobody
        with records.write_in_turn() as connection:
            assert connection.scalar(text("SELECT count(*) FROM quarantine")) == 1

    def test_a_statement_that_takes_too_long_is_ended(self, url: str) -> None:
        with contextlib.closing(Records.open(f"{url}?options=-c%20statement_timeout%3D200")) as records:
            with pytest.raises(UnavailableError, match="statement timeout"), records.read() as connection:
                connection.execute(text("SELECT pg_sleep(20)"))
            assert RecordsQuarantine(records).counts() == {}

    def test_a_turn_whose_holder_fell_silent_is_given_on(self, url: str, records: Records) -> None:
        impatient = f"{url}?options=-c%20idle_in_transaction_session_timeout%3D100"
        with contextlib.closing(Records.open(impatient)) as other:
            with pytest.raises(UnavailableError):
                _write_two(other, between=lambda: until(lambda: _has_its_turn(records)))
            assert RecordsQuarantine(other).counts() == {}


def _write_two(records: Records, *, second_at: int = 1, between: Callable[[], object] = int) -> None:
    """One transaction of two inserts, with something that happens `between` them."""
    row = {"received_at": 1, "topic": "t", "payload": b"", "reason": "r", "detail": ""}
    with records.write_in_turn() as connection:
        connection.execute(insert(quarantine), row)
        between()
        connection.execute(insert(quarantine), row | {"received_at": second_at})


def _has_its_turn(records: Records) -> bool:
    try:
        with records.write_in_turn():
            return True
    except UnavailableError:
        return False


class TestFailures:
    def test_pages_that_take_their_time_keep_no_alarm_waiting(self, records: Records) -> None:
        with all_pages_reading(records):
            RecordsQuarantine(records).put([ENTRY])
            assert RecordsAlarmBook(records).open_alarms("c1") == []

    def test_a_restart_between_two_calls_is_not_felt(self, records: Records, engine: Postgres) -> None:
        RecordsQuarantine(records).put([ENTRY])
        engine.stop()
        engine.start()
        RecordsQuarantine(records).put([ENTRY])
        assert RecordsQuarantine(records).counts() == {"json": 2}

    def test_a_server_that_is_down_is_unavailable_at_once_and_later_not(
        self, records: Records, engine: Postgres
    ) -> None:
        engine.stop()
        began_s = time.monotonic()
        with pytest.raises(UnavailableError) as told:
            RecordsQuarantine(records).put([ENTRY])
        assert time.monotonic() - began_s < 2
        assert told.value.retryable
        assert "json" not in str(told.value)
        engine.start()
        RecordsQuarantine(records).put([ENTRY])
        assert RecordsQuarantine(records).counts() == {"json": 1}

    @pytest.mark.parametrize("how", ["stop", "kill"])
    def test_of_a_transaction_that_was_cut_off_nothing_stays(
        self, records: Records, engine: Postgres, how: str
    ) -> None:
        with pytest.raises(UnavailableError):
            _write_two(records, between=getattr(engine, how))
        engine.start()
        assert RecordsQuarantine(records).counts() == {}
        with records.write_in_turn():
            pass

    def test_a_server_that_hangs_holds_nobody_for_long(
        self, records: Records, engine: Postgres, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(AnsweringConnection, "answer_s", 1.0)
        RecordsQuarantine(records).put([ENTRY])
        records.engine.dispose()
        with pytest.raises(UnavailableError, match="does not answer") as told:
            _write_two(records, between=engine.freeze)
        engine.thaw()
        assert told.value.retryable
        assert RecordsQuarantine(records).counts() == {"json": 1}

    def test_a_hang_that_began_between_two_calls_is_found_before_use(
        self, records: Records, engine: Postgres, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        RecordsQuarantine(records).put([ENTRY])
        with records.engine.connect() as connection:
            driver = connection.connection.driver_connection
            assert isinstance(driver, AnsweringConnection)
            monkeypatch.setattr(driver, "answer_s", 0.5)
        engine.freeze()
        thaw = threading.Timer(1.5, engine.thaw)  # after the look at the old connection, before the new one gives up
        thaw.start()
        assert RecordsQuarantine(records).counts() == {"json": 1}
        thaw.join()
        assert driver.closed


class TestDurability:
    def test_what_was_applied_survives_kill_9_of_the_program(self, url: str) -> None:
        applied = run_and_kill(WRITER, url, after_lines=20)
        _check_applied(url, applied)

    def test_what_was_applied_survives_kill_9_of_the_server(self, url: str, engine: Postgres) -> None:
        command = [sys.executable, "-W", "error", "-c", WRITER, url]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as writer:
            assert writer.stdout is not None
            lines = [writer.stdout.readline() for _ in range(20)]
            engine.kill()
            lines += writer.stdout.readlines()
        engine.start()
        _check_applied(url, len(lines))


def _check_applied(url: str, applied: int) -> None:
    """Every alarm that was told to be applied is there whole; one more may be, whose word did not come through."""
    with contextlib.closing(Records.open(url)) as records:
        book = RecordsAlarmBook(records)
        alarms, events, (_, running) = book.open_alarms("c1"), book.events_after(0, limit=10**6), book.states()
    assert applied >= 20
    assert applied <= len(alarms) <= applied + 1
    assert len(events) == len(running) == len(alarms)
