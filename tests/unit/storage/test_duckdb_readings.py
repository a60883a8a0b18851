"""What the DuckDB store does beyond the contract: its file, its failures, what survives a kill."""

from pathlib import Path

import duckdb
import numpy as np
import pytest

from domain.errors import ConfigurationError, UnavailableError
from domain.readings import ReadingBatch, SleepStage
from domain.units import DAY_MS, HOUR_MS, NEVER
from storage.duckdb_readings import MAX_RANGES, DuckDBReadings, _ranges
from tests.unit.storage import processes

T0 = 1_795_350_000_000

WRITER = """
import sys
from domain.readings import ReadingBatch, SleepStage
from storage.duckdb_readings import DuckDBReadings

store = DuckDBReadings(sys.argv[1])
for i in range(10**6):
    store.write(ReadingBatch.build(belts=("b1",), belt=[0] * 50, observed_at=range(i * 50, i * 50 + 50), received_at=0))
    print(i, flush=True)
"""

FULL_DISK = """
import os, resource, signal, sys
from domain.errors import UnavailableError
from domain.readings import ReadingBatch, SleepStage
from storage.duckdb_readings import DuckDBReadings
import numpy as np

def batch(first, n):
    at = first + np.arange(n)
    noise = np.random.default_rng(first).random(n)
    return ReadingBatch.build(belts=("b1",), belt=at * 0, observed_at=at, received_at=at, heart_rate=noise)

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
store = DuckDBReadings(sys.argv[1], checkpoint_at="1MB")
store.write(batch(0, 300_000))
store.close()
store = DuckDBReadings(sys.argv[1], checkpoint_at="1MB")
resource.setrlimit(resource.RLIMIT_FSIZE, (os.path.getsize(sys.argv[1]) + 10_000, resource.RLIM_INFINITY))
refused = ""
for i in range(300, 400):
    try:
        store.write(batch(i * 1000, 1000))
    except UnavailableError as error:
        refused = str(error)
        break
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
for again in range(300, i + 1):
    store.write(batch(again * 1000, 1000))
print(len(store.read("b1", 300_000, 10**9)) == (i + 1 - 300) * 1000, refused)
store.close()
"""

BEFORE_STAGES = """
CREATE TABLE belts (belt INTEGER PRIMARY KEY, belt_id VARCHAR NOT NULL UNIQUE);
CREATE TABLE readings (
    belt INTEGER NOT NULL,
    observed_at BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
    in_bed TINYINT,
    heart_rate FLOAT, breathing_rate FLOAT, movement FLOAT, turn_overs FLOAT, signal_quality FLOAT
);
INSERT INTO belts VALUES (0, 'b1');
INSERT INTO readings VALUES (0, 1795350000000, 1795350000040, 1, 61, 14.5, 3, NULL, 90)
"""
"""A file as it was made before there were stages."""


def one(at: int = T0, belt_id: str = "b1") -> ReadingBatch:
    return ReadingBatch.build(belts=(belt_id,), belt=[0], observed_at=[at], received_at=at)


def test_readings_and_belts_are_there_after_reopening(tmp_path: Path) -> None:
    for at, belt_id in ((T0, "b1"), (T0 + 1, "b2"), (T0 + 2, "b1")):
        store = DuckDBReadings(str(tmp_path / "r.duckdb"))
        assert store.write(one(at, belt_id)) == 1
        assert store.write(one(at, belt_id)) == 0
        store.close()
    store = DuckDBReadings(tmp_path / "r.duckdb")
    assert store.read("b1", 0, NEVER).observed_at.tolist() == [T0, T0 + 2]
    assert store.read("b2", 0, NEVER).observed_at.tolist() == [T0 + 1]
    store.close()


def test_what_was_written_survives_kill_9(tmp_path: Path) -> None:
    path = tmp_path / "r.duckdb"
    written = processes.run_and_kill(WRITER, path, after_lines=30) * 50
    store = DuckDBReadings(path)
    found = store.read("b1", 0, NEVER)
    store.close()
    assert written >= 30 * 50
    assert written <= len(found) <= written + 50
    assert found.observed_at.tolist() == list(range(len(found)))


def test_a_disk_that_was_full_is_used_again(tmp_path: Path) -> None:
    done = processes.run(FULL_DISK, tmp_path / "r.duckdb")
    assert done.stderr == ""
    assert done.stdout.startswith("True readings unavailable: ")


def test_a_file_is_open_in_one_process(tmp_path: Path) -> None:
    path = tmp_path / "r.duckdb"
    store = DuckDBReadings(path)
    done = processes.run("import sys, storage.duckdb_readings as d\nd.DuckDBReadings(sys.argv[1])", path)
    store.close()
    assert done.stderr.splitlines()[-1] == (
        f"domain.errors.ConfigurationError: readings file {path} is open in another process"
    )


def test_leaving_without_close_says_nothing(tmp_path: Path) -> None:
    done = processes.run(
        "import sys, storage.duckdb_readings as d\ns = d.DuckDBReadings(sys.argv[1])\ns.close()", tmp_path / "r.duckdb"
    )
    assert (done.stdout, done.stderr, done.returncode) == ("", "", 0)


@pytest.mark.parametrize("kind", ["folder", "missing folder", "no database", "cut off"])
def test_a_file_that_cannot_be_opened_is_named(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "r.duckdb"
    if kind == "folder":
        path.mkdir()
    elif kind == "missing folder":
        path = tmp_path / "no" / "r.duckdb"
    elif kind == "no database":
        path.write_bytes(b"observed_at,heart_rate\n" * 1000)
    else:
        store = DuckDBReadings(path)
        store.close()
        path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(ConfigurationError) as told:
        DuckDBReadings(path)
    assert str(told.value).startswith(f"readings file {path} cannot be opened: ")
    assert "\n" not in str(told.value)


def test_a_closed_store_is_unavailable(tmp_path: Path) -> None:
    store = DuckDBReadings(tmp_path / "r.duckdb")
    store.write(one())
    store.close()
    store.close()
    for call in (
        lambda: store.write(one()),
        lambda: store.read("b1", 0, NEVER),
        lambda: store.read("b9", 0, NEVER),
        lambda: store.minutes("b1", 0, NEVER),
        lambda: store.delete("b1", 0, NEVER),
    ):
        with pytest.raises(UnavailableError):
            call()


def test_a_batch_of_live_readings_is_looked_up_in_one_range() -> None:
    at = np.array([T0 + 60_000, T0, T0 + 120_000], np.int64)
    assert _ranges(at) == f"old.observed_at BETWEEN {T0} AND {T0 + 120_000}"


def test_late_readings_are_looked_up_in_ranges_of_their_own() -> None:
    at = np.array([T0, T0 - HOUR_MS, T0 - HOUR_MS + 1, T0 - DAY_MS], np.int64)
    assert _ranges(at).split(" OR ") == [
        f"old.observed_at BETWEEN {start} AND {end}"
        for start, end in ((T0 - DAY_MS,) * 2, (T0 - HOUR_MS, T0 - HOUR_MS + 1), (T0, T0))
    ]


def test_the_ranges_are_limited_and_cover_everything() -> None:
    at = T0 + np.cumsum(np.arange(1, 200) * HOUR_MS)
    ranges = [part.split()[2::2] for part in _ranges(at).split(" OR ")]
    assert len(ranges) == MAX_RANGES
    assert all(any(int(start) <= one_at <= int(end) for start, end in ranges) for one_at in at.tolist())


def test_a_file_from_before_there_were_stages_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "readings.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(BEFORE_STAGES)
    for added in range(1, 3):
        store = DuckDBReadings(path)
        store.write(
            ReadingBatch.build(
                belts=("b1",), belt=[0], observed_at=[T0 + added], received_at=T0, heart_rate=62, sleep_stage=[2]
            )
        )
        found = store.read("b1", 0, NEVER)
        store.close()
        assert found.sleep_stage.tolist() == [SleepStage.UNKNOWN, *[SleepStage.DEEP] * added]
        assert found.heart_rate.tolist() == [61, *[62] * added]
        assert found.signal_quality[0] == 90
        assert found.in_bed.tolist() == [1, *[-1] * added]
