"""Readings and minutes in a real InfluxDB: retention, late readings, crashes, moved belts, outages, refusals."""

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from domain.errors import RejectedError, UnavailableError
from domain.readings import FLOAT_COLUMNS, MinuteColumns, ReadingBatch
from domain.units import DAY_MS, HOUR_MS, LONG_AGO, MINUTE_MS, NEVER, SECOND_MS
from storage.duckdb_readings import DuckDBReadings
from storage.influx_lines import READINGS
from storage.influx_readings import InfluxReadings
from storage.influx_rollup import LINES_AT_ONCE, MAX_NAMED_BELTS, SETTLED_AFTER_MS
from storage.influx_server import InfluxServer, span_ns
from tests.integration.engines import free_port
from tests.integration.engines_influx import Influx, influx
from tests.integration.influx_stores import empty_store

H0 = 1_795_350_000_000 // HOUR_MS * HOUR_MS
LATER = H0 + DAY_MS
BUCKET = "nightbelt_test"
MINUTES_BUCKET = "nightbelt_test_minutes"


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Influx]:
    with influx(tmp_path_factory.mktemp("influx")) as running:
        yield running


@pytest.fixture
def server(engine: Influx) -> InfluxServer:
    return InfluxServer(url=engine.url, token="", org="nightbelt")


@pytest.fixture
def store(server: InfluxServer) -> Iterator[InfluxReadings]:
    with empty_store(server) as empty:
        yield empty


@pytest.fixture
def own_store(engine: Influx, server: InfluxServer) -> Iterator[InfluxReadings]:
    """A store whose databases can be spoilt."""
    drop(engine)
    with empty_store(server) as empty:
        yield empty
    drop(engine)


def drop(engine: Influx) -> None:
    for name in (BUCKET, MINUTES_BUCKET):
        engine.query(f"DROP DATABASE {name}")


def again(server: InfluxServer, center_id: str = "c-b") -> InfluxReadings:
    """The store of a service that starts anew."""
    return InfluxReadings(server, bucket=BUCKET, minutes_bucket=MINUTES_BUCKET, center_of=lambda belt_id: center_id)


def night(belts: int = 3, minutes: int = 90, every_ms: int = 7 * SECOND_MS, seed: int = 1) -> ReadingBatch:
    random = np.random.default_rng(seed)
    each = minutes * MINUTE_MS // every_ms
    n = belts * each
    floats = {name: np.where(random.random(n) < 0.3, np.nan, random.normal(50, 9, n)) for name in FLOAT_COLUMNS}
    at = H0 + np.tile(np.arange(each) * every_ms, belts)
    return ReadingBatch.build(
        belts=[f"b{number}" for number in range(belts)],
        belt=np.repeat(np.arange(belts), each),
        observed_at=at,
        received_at=at + 40,
        in_bed=random.integers(-1, 2, n),
        sleep_stage=random.integers(-1, 4, n),
        **floats,
    )


def settle(store: InfluxReadings, now: int = LATER) -> None:
    while store.rollup.settle(now):
        pass


def expire(server: InfluxServer, start_at: int = LONG_AGO, end_at: int = NEVER) -> None:
    """Do what the end of the retention does: the raw readings go, and nothing else."""
    server.delete(BUCKET, READINGS, span_ns(start_at, end_at))


def assert_same(found: MinuteColumns, wanted: MinuteColumns) -> None:
    assert len(wanted.minute_at)
    for name in MinuteColumns.__dataclass_fields__:
        np.testing.assert_allclose(getattr(found, name), getattr(wanted, name), rtol=1e-6, err_msg=name)


def figures(minutes: MinuteColumns) -> list[tuple[int, int, float]]:
    columns = (minutes.minute_at, minutes.readings, minutes.heart_rate)
    return [tuple(row) for row in zip(*(column.tolist() for column in columns), strict=True)]


def beats(belt_id: str, *readings: tuple[int, float]) -> ReadingBatch:
    at, rate = zip(*readings, strict=True)
    return ReadingBatch.build(belts=(belt_id,), belt=[0] * len(at), observed_at=at, received_at=H0, heart_rate=rate)


class TestMinutes:
    @pytest.mark.parametrize("belts", [3, MAX_NAMED_BELTS + 1], ids=["named", "all"])
    def test_raw_and_kept_minutes_agree_with_duckdb(
        self, store: InfluxReadings, server: InfluxServer, tmp_path: Path, belts: int
    ) -> None:
        batch = night(belts)
        reference = DuckDBReadings(tmp_path / "readings.duckdb")
        reference.write(batch)
        store.write(batch)
        wanted = {belt_id: reference.minutes(belt_id, H0, LATER) for belt_id in batch.belts}
        reference.close()
        for belt_id in batch.belts:
            assert_same(store.minutes(belt_id, H0, LATER), wanted[belt_id])
        settle(store)
        expire(server)
        for belt_id in batch.belts:
            assert len(store.read(belt_id, H0, LATER)) == 0
            assert_same(store.minutes(belt_id, H0, LATER), wanted[belt_id])

    def test_a_quarter_million_readings_of_all_belts_are_settled(self, store: InfluxReadings, engine: Influx) -> None:
        """More minutes than one write takes, more belts than are named, each with minutes of its own."""
        random = np.random.default_rng(5)
        n, belts = 250_000, 120
        at = H0 + random.integers(0, HOUR_MS, n)
        batch = ReadingBatch.build(
            belts=[f"b{number}" for number in range(belts)], belt=np.arange(n) % belts, observed_at=at, received_at=at
        ).distinct()
        batch = batch.select(batch.observed_at % (7 * MINUTE_MS) > batch.belt * SECOND_MS)
        for part in np.array_split(np.arange(len(batch)), 60):
            store.write(batch.select(part))
        settle(store)
        minutes = np.unique(np.stack([batch.belt, batch.observed_at // MINUTE_MS]), axis=1).shape[1]
        (series,) = engine.query("SELECT sum(readings), count(readings) FROM minutes", MINUTES_BUCKET)
        assert minutes > LINES_AT_ONCE
        assert series["values"][0][1:] == [len(batch), minutes]

    def test_late_readings_change_the_kept_minute(self, store: InfluxReadings, server: InfluxServer) -> None:
        store.write(beats("b1", (H0, 60), (H0 + MINUTE_MS, 70)))
        settle(store)
        store.write(beats("b1", (H0 + 1, 80)))
        settle(store)
        expire(server)
        assert figures(store.minutes("b1", H0, LATER)) == [(H0, 2, 70.0), (H0 + MINUTE_MS, 1, 70.0)]

    def test_a_minute_is_kept_once_it_is_over(self, store: InfluxReadings, server: InfluxServer) -> None:
        store.write(beats("b1", (H0, 60), (H0 + MINUTE_MS, 70)))
        settle(store, H0 + MINUTE_MS + SETTLED_AFTER_MS)
        expire(server)
        assert figures(store.minutes("b1", H0, LATER)) == [(H0, 1, 60.0)]

    def test_what_a_crash_forgot_is_found_by_counting(self, store: InfluxReadings, server: InfluxServer) -> None:
        store.write(beats("b1", (H0, 60), (H0 + 9 * HOUR_MS, 61)))
        settle(store)
        store.write(beats("b1", (H0 + 1, 80)))
        store.write(beats("b2", (H0 + 5 * HOUR_MS, 50)))
        restarted = again(server)
        restarted.rollup.touched.doubt(H0, LATER)
        settle(restarted)
        expire(server)
        assert figures(restarted.minutes("b1", H0, LATER)) == [(H0, 2, 70.0), (H0 + 9 * HOUR_MS, 1, 61.0)]
        assert figures(restarted.minutes("b2", H0, LATER)) == [(H0 + 5 * HOUR_MS, 1, 50.0)]

    def test_counting_touches_nothing_that_is_whole(self, store: InfluxReadings) -> None:
        store.write(night())
        settle(store)
        store.rollup.touched.doubt(H0, H0 + 6 * HOUR_MS)
        assert store.rollup.settle(LATER)
        assert len(store.rollup.touched) == 0

    def test_of_a_cut_minute_the_kept_figures_say_nothing(self, store: InfluxReadings) -> None:
        store.write(beats("b1", (H0, 60), (H0 + 30_000, 70), (H0 + MINUTE_MS, 80)))
        settle(store)
        assert figures(store.minutes("b1", H0 + 1, H0 + MINUTE_MS + 1)) == [(H0, 1, 70.0), (H0 + MINUTE_MS, 1, 80.0)]

    def test_figures_that_the_server_refuses_do_not_hold_up_others(
        self, own_store: InfluxReadings, server: InfluxServer
    ) -> None:
        server.write(MINUTES_BUCKET, f"minutes,belt=b9 turn_overs=1i {H0}".encode())  # somebody else's type
        turned = ReadingBatch.build(belts=("b1",), belt=[0], observed_at=[H0], received_at=H0, turn_overs=[2])
        own_store.write(turned)
        own_store.write(beats("b1", (H0 + HOUR_MS, 60)))
        with pytest.raises(RejectedError, match="type conflict"):
            own_store.rollup.settle(LATER)
        assert len(own_store.rollup.touched) == 0
        expire(server)
        assert (H0 + HOUR_MS, 1, 60.0) in figures(own_store.minutes("b1", H0, LATER))


class TestMovedBelts:
    def test_a_reading_written_under_two_centres_is_one(self, store: InfluxReadings, server: InfluxServer) -> None:
        batch = night(belts=1, minutes=3)
        store.write(batch)
        moved = again(server, "c-elsewhere")
        moved.write(batch.select(batch.observed_at < H0 + 2 * MINUTE_MS))
        found = moved.read("b0", H0, LATER)
        assert found.observed_at.tolist() == batch.observed_at.tolist()
        np.testing.assert_array_equal(found.heart_rate, batch.heart_rate)
        wanted = figures(again(server).minutes("b0", H0, LATER))
        assert [readings for _, readings, _ in wanted] == [9, 9, 7]
        settle(store)
        settle(moved)
        expire(server)
        assert figures(moved.minutes("b0", H0, LATER)) == wanted

    def test_deleting_reaches_all_of_them(self, store: InfluxReadings, server: InfluxServer) -> None:
        store.write(beats("b1", (H0, 60)))
        again(server, "c-elsewhere").write(beats("b1", (H0, 60), (H0 + 1, 61)))
        assert store.delete("b1", H0, LATER) == 2
        assert len(store.read("b1", H0, LATER)) == 0


class TestDelete:
    def test_kept_minutes_go_as_well(self, store: InfluxReadings, server: InfluxServer) -> None:
        store.write(beats("b1", (H0, 60), (H0 + MINUTE_MS, 70)))
        store.write(beats("b2", (H0, 60)))
        settle(store)
        expire(server)
        assert store.delete("b1", LONG_AGO, NEVER) == 2
        assert figures(store.minutes("b1", LONG_AGO, NEVER)) == []
        assert len(figures(store.minutes("b2", LONG_AGO, NEVER))) == 1

    def test_of_a_cut_minute_the_rest_is_worked_out_anew(self, store: InfluxReadings, server: InfluxServer) -> None:
        store.write(beats("b1", (H0, 60), (H0 + 30_000, 70), (H0 + MINUTE_MS, 80)))
        settle(store)
        assert store.delete("b1", H0 + 1, H0 + 2 * MINUTE_MS) == 2
        settle(store)
        expire(server)
        assert figures(store.minutes("b1", H0, LATER)) == [(H0, 1, 60.0)]


class TestRefusals:
    def test_a_value_that_no_line_can_carry(self, store: InfluxReadings) -> None:
        with pytest.raises(RejectedError, match="unable to parse a line"):
            store.write(beats("b1", (H0, np.inf), (H0 + 1, 77)))

    def test_an_instant_outside_all_times(self, store: InfluxReadings) -> None:
        with pytest.raises(RejectedError, match="time outside range"):
            store.write(beats("b1", (NEVER, 77)))

    def test_a_field_of_another_type(self, own_store: InfluxReadings, server: InfluxServer) -> None:
        server.write(BUCKET, f"readings,belt=b9 signal_quality=1i {H0}".encode())
        batch = ReadingBatch.build(belts=("b1",), belt=[0], observed_at=[H0], received_at=H0, signal_quality=[90])
        with pytest.raises(RejectedError, match='field type conflict: input field "signal_quality"'):
            own_store.write(batch)

    def test_readings_older_than_the_retention(self, own_store: InfluxReadings, engine: Influx) -> None:
        engine.query(f"ALTER RETENTION POLICY autogen ON {BUCKET} DURATION 7d SHARD DURATION 1d")
        with pytest.raises(RejectedError, match="retention policy"):
            own_store.write(beats("b1", (HOUR_MS, 60)))

    def test_a_bucket_that_is_not_there(self, server: InfluxServer) -> None:
        nowhere = InfluxReadings(server, bucket="nope", minutes_bucket="nope", center_of=lambda belt_id: "c1")
        with pytest.raises(UnavailableError, match="nightbelt setup influx"):
            nowhere.write(beats("b1", (H0, 60)))
        with pytest.raises(UnavailableError, match="database not found"):
            nowhere.read("b1", 0, 1)
        with pytest.raises(UnavailableError, match="database not found"):
            nowhere.minutes("b1", 0, 1)


@pytest.mark.parametrize("proxy_answers", [True, False], ids=["502", "refused"])
def test_an_outage_is_told_and_what_was_touched_is_settled_after_it(tmp_path: Path, proxy_answers: bool) -> None:
    with influx(tmp_path / "influx") as engine:
        server = InfluxServer(url=engine.url, token="", org="nightbelt")
        with empty_store(server) as store:
            store.write(beats("b1", (H0, 60), (H0 + HOUR_MS, 61)))
            (engine.stop_database if proxy_answers else engine.kill)()
            words = "answered 502" if proxy_answers else "cannot be reached"
            began = time.monotonic()
            with pytest.raises(UnavailableError, match=words):
                store.write(beats("b1", (H0 + 1, 60)))
            assert time.monotonic() - began < 2.0
            for call in (store.read, store.minutes, store.delete):
                with pytest.raises(UnavailableError, match=words):
                    call("b1", 0, NEVER)
            with pytest.raises(UnavailableError, match=words):
                store.rollup.settle(LATER)
            (engine.start_database if proxy_answers else engine.start)()
            store.write(beats("b1", (H0 + 1, 62)))
            settle(store)
            expire(server)
            assert figures(store.minutes("b1", H0, LATER)) == [(H0, 2, 61.0), (H0 + HOUR_MS, 1, 61.0)]


def test_a_server_that_takes_the_call_and_says_nothing_costs_the_timeout_and_no_more() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        server = InfluxServer(url=url, token="", org="o", write_timeout_s=0.3, query_timeout_s=0.3)
        began = time.monotonic()
        with pytest.raises(UnavailableError, match="no answer in time"):
            server.write("b", b"m x=1 1")
        with pytest.raises(UnavailableError, match="no answer in time"):
            server.version()
        assert 0.55 < time.monotonic() - began < 2.0


def test_nobody_there() -> None:
    server = InfluxServer(url=f"http://127.0.0.1:{free_port()}", token="", org="o")
    with pytest.raises(UnavailableError, match="cannot be reached"):
        server.version()
