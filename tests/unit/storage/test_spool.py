"""What the spool does beyond its order: its file, its space, a kill, a full disk."""

import contextlib
from pathlib import Path

import duckdb
import numpy as np
import pytest

from domain.errors import UnavailableError
from domain.readings import ReadingBatch, SleepStage
from domain.units import NEVER, SECOND_MS
from storage.spool import Spool
from tests.unit.storage import processes

T0 = 1_795_350_000_000

WRITER = """
import sys
from domain.readings import ReadingBatch
from storage.spool import Spool

spool = Spool(sys.argv[1], segment_readings=400)
for i in range(10**6):
    at = range(i * 50, i * 50 + 50)
    spool.append(ReadingBatch.build(belts=("b1",), belt=[0] * 50, observed_at=at, received_at=0))
    print(i, flush=True)
"""

SENT_FROM_FULL_DISK = """
while spool.status().readings:
    sent += send(spool)
spool.append(batch(i * 1000))
sent += send(spool)
print(set(sent) == set(range((i + 1) * 1000)), len(sent) - (i + 1) * 1000 in (0, 1000), refused)
spool.close()
"""

FULL_DISK = """
import os, resource, signal, sys
from domain.errors import UnavailableError
from domain.readings import ReadingBatch
from storage.spool import Spool
import numpy as np

def batch(first):
    at = first + np.arange(1000)
    noise = np.random.default_rng(first).random(1000)
    return ReadingBatch.build(belts=("b1",), belt=at * 0, observed_at=at, received_at=at, heart_rate=noise)

def send(spool):
    with spool.sending(5_000) as chunk:
        return chunk.observed_at.tolist()

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
spool = Spool(sys.argv[1], segment_readings=3_000, checkpoint_at="1MB")
for i in range(30):
    spool.append(batch(i * 1000))
resource.setrlimit(resource.RLIMIT_FSIZE, (os.path.getsize(sys.argv[1]) + 50_000, resource.RLIM_INFINITY))
refused = ""
while not refused:
    try:
        i += 1
        spool.append(batch(i * 1000))
    except UnavailableError as error:
        refused = str(error)
full = spool.status().writable
sent = send(spool) + send(spool)
"""

ROOM_AGAIN = """
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
spool.append(batch(i * 1000))
while spool.status().readings:
    sent += send(spool)
print(sent[: i * 1000] == list(range(i * 1000)), set(sent) == set(range((i + 1) * 1000)), full, refused)
spool.close()
"""

BEFORE_STAGES = """
CREATE TABLE belts (belt INTEGER PRIMARY KEY, belt_id VARCHAR NOT NULL UNIQUE);
CREATE TABLE progress (sent BIGINT NOT NULL);
CREATE TABLE readings_from_1 (
    position BIGINT NOT NULL,
    belt INTEGER NOT NULL,
    observed_at BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
    in_bed TINYINT NOT NULL,
    heart_rate FLOAT, breathing_rate FLOAT, movement FLOAT, turn_overs FLOAT, signal_quality FLOAT
);
INSERT INTO belts VALUES (0, 'b1');
INSERT INTO progress VALUES (0);
INSERT INTO readings_from_1 VALUES (1, 0, 7, 8, 1, 61, NULL, NULL, NULL, NULL)
"""
"""A file as it was made before there were stages."""


def readings(first: int, n: int = 100, *, received_at: int = T0) -> ReadingBatch:
    at = first + np.arange(n)
    noise = np.random.default_rng(first).normal(60, 9, n)
    return ReadingBatch.build(
        belts=("b1",), belt=np.zeros(n, np.int32), observed_at=at, received_at=received_at, heart_rate=noise
    )


def sent(spool: Spool, limit: int = 10**9) -> list[int]:
    with spool.sending(limit) as chunk:
        return [int(at) for at in chunk.observed_at]


def test_what_was_appended_survives_kill_9(tmp_path: Path) -> None:
    path = tmp_path / "spool.duckdb"
    appended = processes.run_and_kill(WRITER, path, after_lines=30) * 50
    with contextlib.closing(Spool(path)) as spool:
        found = spool.read("b1", 0, NEVER).observed_at.tolist()
    assert appended >= 30 * 50
    assert appended <= len(found) <= appended + 50
    assert found == list(range(len(found)))


def test_a_full_disk_refuses_readings_and_loses_none(tmp_path: Path) -> None:
    done = processes.run(FULL_DISK + ROOM_AGAIN, tmp_path / "spool.duckdb")
    assert done.stderr == ""
    assert done.stdout.startswith("True True False spool unavailable: "), done.stdout


def test_what_waits_is_sent_from_a_full_disk_which_then_has_room(tmp_path: Path) -> None:
    done = processes.run(FULL_DISK + SENT_FROM_FULL_DISK, tmp_path / "spool.duckdb")
    assert done.stderr == ""
    assert done.stdout.startswith("True True spool unavailable: "), done.stdout


def test_an_empty_spool_has_nothing_to_send_and_no_age(tmp_path: Path) -> None:
    with contextlib.closing(Spool(tmp_path / "spool.duckdb")) as spool:
        assert sent(spool) == []
        status = spool.status()
        assert (status.readings, status.oldest_at, status.writable) == (0, None, True)
        assert status.free_bytes is not None
        assert status.free_bytes > 0


def test_the_age_is_counted_from_when_the_oldest_reading_came(tmp_path: Path) -> None:
    with contextlib.closing(Spool(tmp_path / "spool.duckdb")) as spool:
        spool.append(readings(7, received_at=T0))
        spool.append(readings(5_000, received_at=T0 + 60 * SECOND_MS))
        assert spool.status().oldest_at == T0
        assert spool.status().age_ms(T0 + 90 * SECOND_MS) == 90 * SECOND_MS
        assert spool.status().age_ms(T0 - SECOND_MS) == 0
        sent(spool, 100)
        assert spool.status().oldest_at == T0 + 60 * SECOND_MS


def test_only_the_oldest_are_given_up(tmp_path: Path) -> None:
    with contextlib.closing(Spool(tmp_path / "spool.duckdb", segment_readings=150)) as spool:
        for n, received_at in enumerate((T0, T0 + 1, T0 + 2, T0 + 1)):
            spool.append(readings(n * 100, received_at=received_at))
        assert spool.drop_before(T0) == 0
        assert spool.drop_before(T0 + 2) == 200
        assert spool.drop_before(T0 + 2) == 0
        assert spool.status().readings == 200
        assert spool.drop_before(T0 + 3) == 200
        assert spool.status().readings == 0


def test_what_a_store_did_not_take_stays_the_oldest(tmp_path: Path) -> None:
    with contextlib.closing(Spool(tmp_path / "spool.duckdb")) as spool:
        spool.append(readings(0, 10))
        with pytest.raises(UnavailableError), spool.sending(5):
            raise UnavailableError("store", "gone")
        assert sent(spool, 5) == [0, 1, 2, 3, 4]


def test_sent_readings_stay_sent_after_reopening(tmp_path: Path) -> None:
    path = tmp_path / "spool.duckdb"
    for first in (0, 100, 200):
        with contextlib.closing(Spool(path)) as spool:
            spool.append(readings(first))
            assert sent(spool, 60) == list(range(first * 3 // 5, first * 3 // 5 + 60))[: spool.status().readings + 60]


def test_the_file_does_not_grow_while_the_spool_keeps_up(tmp_path: Path) -> None:
    """Each round is one table's worth; after the first rounds the room that was given back is used again."""
    sizes = []
    with contextlib.closing(Spool(tmp_path / "spool.duckdb", segment_readings=20_000, checkpoint_at="1MB")) as spool:
        for round_ in range(12):
            for part in range(10):
                spool.append(readings((round_ * 10 + part) * 2_000, 2_000))
                sent(spool)
            sizes.append(spool.status().size_bytes)
        assert spool.status().readings == 0
    assert max(sizes[3:]) <= max(sizes[:3]) + 500_000, sizes


def test_a_spool_that_was_large_is_small_for_the_next_outage(tmp_path: Path) -> None:
    """The room of what was sent is used again: a second outage of the same length makes no larger file."""
    peaks = []
    with contextlib.closing(Spool(tmp_path / "spool.duckdb", segment_readings=20_000, checkpoint_at="1MB")) as spool:
        for outage in range(3):
            for part in range(50):
                spool.append(readings((outage * 50 + part) * 2_000, 2_000))
            peaks.append(spool.status().size_bytes)
            while spool.status().readings:
                sent(spool, 5_000)
    assert max(peaks[1:]) <= peaks[0] * 1.5, peaks


def test_a_closed_spool_is_unavailable(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool.duckdb")
    spool.append(readings(0))
    spool.close()
    spool.close()
    for call in (
        lambda: spool.append(readings(0)),
        lambda: sent(spool),
        lambda: spool.read("b1", 0, NEVER),
        lambda: spool.delete("b1", 0, NEVER),
        lambda: spool.drop_before(NEVER),
    ):
        with pytest.raises(UnavailableError):
            call()


def test_a_file_from_before_there_were_stages_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "spool.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(BEFORE_STAGES)
    with contextlib.closing(Spool(path)) as spool:
        spool.append(ReadingBatch.build(belts=("b1",), belt=[0], observed_at=[9], received_at=9, sleep_stage=[3]))
    with contextlib.closing(Spool(path)) as spool, spool.sending(10) as chunk:
        assert chunk.observed_at.tolist() == [7, 9]
        assert chunk.heart_rate[0] == 61
        assert chunk.sleep_stage.tolist() == [SleepStage.UNKNOWN, SleepStage.REM]
        assert spool.read("b1", 0, NEVER).sleep_stage.tolist() == [SleepStage.UNKNOWN, SleepStage.REM]
