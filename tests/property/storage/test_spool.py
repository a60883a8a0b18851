"""Any sequence of appends, sends, deletions, kills and reopenings of a spool, beside a plain list."""

import contextlib
import shutil
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from domain.readings import ReadingBatch
from storage.spool import Spool

BELTS = ("b1", "b2", "b3")


class SendingFailedError(Exception):
    """The store did not take it."""


class SpoolBesideList(RuleBasedStateMachine):
    """`waiting` holds (belt id, instant) in order of arrival; instants are told apart, so each reading is itself.

    After a kill the spool may hold again what was sent since the last append; nothing else, and in the same order.
    """

    folder: Path
    serial = 0

    @initialize()
    def begin(self) -> None:
        SpoolBesideList.serial += 1
        self.path = self.folder / str(SpoolBesideList.serial) / "spool.duckdb"
        self.path.parent.mkdir()
        self.spool = self._opened()
        self.clock = 0
        self.waiting: list[tuple[str, int]] = []
        self.sent_lately: list[tuple[str, int]] = []

    def _opened(self) -> Spool:
        return Spool(self.path, segment_readings=7)

    @rule(belts=st.lists(st.integers(0, 2), max_size=12))
    def append(self, belts: list[int]) -> None:
        at = [self.clock + n for n in range(len(belts))]
        self.clock += len(belts)
        batch = ReadingBatch.build(belts=BELTS, belt=belts, observed_at=at, received_at=at)
        self.spool.append(batch)
        self.waiting += keys(batch)
        if belts:
            self.sent_lately = []

    @rule(limit=st.integers(1, 15))
    def send(self, limit: int) -> None:
        with self.spool.sending(limit) as chunk:
            found = keys(chunk)
        assert len(found) <= limit
        assert bool(found) == bool(self.waiting)
        taken, self.waiting = self.waiting[: len(found)], self.waiting[len(found) :]
        assert sorted(found) == sorted(taken)
        self.sent_lately += taken

    @rule(limit=st.integers(1, 15))
    def fail_to_send(self, limit: int) -> None:
        with contextlib.suppress(SendingFailedError), self.spool.sending(limit) as chunk:
            assert sorted(keys(chunk)) == sorted(self.waiting[: len(chunk)])
            raise SendingFailedError

    @rule(age=st.integers(0, 10))
    def give_up_the_oldest(self, age: int) -> None:
        kept = [key for key in self.waiting if key[1] >= self.clock - age]
        self.spool.drop_before(self.clock - age)
        first = next((n for n, key in enumerate(self.waiting) if key[1] >= self.clock - age), len(self.waiting))
        self.sent_lately += self.waiting[:first]
        self.waiting = self.waiting[first:]
        assert set(kept) <= set(self.waiting)

    @rule(belt=st.sampled_from(BELTS), back=st.integers(0, 12))
    def delete(self, belt: str, back: int) -> None:
        self.spool.delete(belt, self.clock - back, self.clock)
        self.waiting = [key for key in self.waiting if key[0] != belt or key[1] < self.clock - back]

    @rule()
    def reopen(self) -> None:
        self.spool.close()
        self.spool = self._opened()
        self.sent_lately = []

    @rule()
    def kill(self) -> None:
        """What stands in the files just now is what a killed process leaves."""
        copy = self.path.parent / "copy"
        shutil.rmtree(copy, ignore_errors=True)
        copy.mkdir()
        for name in ("spool.duckdb", "spool.duckdb.wal"):
            with contextlib.suppress(FileNotFoundError):
                shutil.copy(self.path.with_name(name), copy / name)
        with contextlib.closing(Spool(copy / "spool.duckdb", segment_readings=7)) as left:
            found: list[tuple[str, int]] = []
            while True:
                with left.sending(4) as chunk:
                    found += keys(chunk)
                if not len(chunk):
                    break
        again = found[: len(found) - len(self.waiting)]
        assert sorted(found[len(again) :]) == sorted(self.waiting)
        assert set(again) <= set(self.sent_lately)

    @invariant()
    def each_belt_is_read_whole(self) -> None:
        for belt_id in BELTS:
            found = self.spool.read(belt_id, 0, self.clock).observed_at.tolist()
            assert found == sorted(at for belt, at in self.waiting if belt == belt_id)

    def teardown(self) -> None:
        if hasattr(self, "spool"):
            self.spool.close()
            shutil.rmtree(self.path.parent)


def keys(batch: ReadingBatch) -> list[tuple[str, int]]:
    return [(batch.belts[n], at) for n, at in zip(batch.belt.tolist(), batch.observed_at.tolist(), strict=True)]


def test_any_sequence_keeps_order_and_loses_nothing(tmp_path: Path) -> None:
    class Case(SpoolBesideList):
        folder = tmp_path

    run_state_machine_as_test(Case, settings=settings(max_examples=25, stateful_step_count=25, deadline=None))


@pytest.mark.parametrize("limit", [1, 3, 100])
def test_chunks_follow_the_order_of_arrival(tmp_path: Path, limit: int) -> None:
    with contextlib.closing(Spool(tmp_path / "spool.duckdb", segment_readings=10)) as spool:
        order = [(n * 37) % 50 for n in range(50)]
        for at in order:
            spool.append(ReadingBatch.build(belts=("b1",), belt=[0], observed_at=[at], received_at=0))
        found: list[int] = []
        while spool.status().readings:
            with spool.sending(limit) as chunk:
                assert chunk.observed_at.tolist() == sorted(order[len(found) : len(found) + len(chunk)])
                found += order[len(found) : len(found) + len(chunk)]
    assert found == order
