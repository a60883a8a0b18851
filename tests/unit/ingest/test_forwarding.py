"""The forwarder: in order, nothing lost whatever the store does, and nothing that can hold the queue up for ever."""

import json
import random
import threading
from typing import Any

import numpy as np
import pytest
from prometheus_client import CollectorRegistry

from domain.errors import UnavailableError
from domain.readings import Occupancy, ReadingBatch
from domain.units import DAY_MS, MINUTE_MS, NEVER
from ingest.decoding import decode
from ingest.engine import RETRY_CAP_S
from ingest.forwarding import CHUNK_READINGS, DRAIN_PER_S, EVERY_S, PROBES, Forwarder
from tests.fakes.faulty_store import FaultyStore
from tests.fakes.in_memory_spool import InMemorySpool
from tests.unit.ingest.fakes import NOW, FakeClock, SwitchedQuarantine, delivery

LIMIT_MS = 7 * DAY_MS


class House:
    """A forwarder between fakes."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.spool = InMemorySpool()
        self.store = FaultyStore()
        self.quarantine = SwitchedQuarantine()
        self.registry = CollectorRegistry()
        self.forwarder = Forwarder(
            spool=self.spool,
            store=self.store,
            quarantine=self.quarantine,
            center_of=lambda belt_id: f"center-of-{belt_id}",
            limit_ms=LIMIT_MS,
            clock=self.clock,
            registry=self.registry,
            monotonic=self.clock.monotonic,
            chance=random.Random(1),
        )

    def wait(self, n: int, belt_id: str = "b1", first: int = 0) -> None:
        self.spool.append(readings(n, belt_id, first))

    def turn(self) -> float:
        wait_s = self.forwarder.turn()
        self.clock.pass_s(wait_s)
        return wait_s

    def drain(self, turns: int = 1_000) -> None:
        for _ in range(turns):
            if not self.spool.status().readings:
                return
            self.turn()
        raise AssertionError("the queue is blocked")

    def stored(self, belt_id: str = "b1") -> list[int]:
        return [int(at) for at in self.store.read(belt_id, 0, NEVER).observed_at]

    def count(self, name: str) -> float:
        return self.registry.get_sample_value(f"nightbelt_spool_{name}") or 0.0


def readings(n: int, belt_id: str = "b1", first: int = 0, **columns: Any) -> ReadingBatch:
    at = np.arange(first, first + n)
    return ReadingBatch.build(belts=(belt_id,), belt=np.zeros(n, np.int32), observed_at=at, received_at=NOW, **columns)


def test_what_waits_is_sent_in_chunks_and_leaves_the_spool() -> None:
    house = House()
    house.wait(CHUNK_READINGS + 500)
    house.turn()
    assert (house.store.writes, house.spool.status().readings) == ([CHUNK_READINGS], 500)
    house.turn()
    assert house.stored() == list(range(CHUNK_READINGS + 500))
    assert (house.count("forwarded_total"), house.count("waiting_readings")) == (CHUNK_READINGS + 500, 0)
    assert house.forwarder.health() == "ok"


def test_an_empty_spool_asks_nothing_of_the_store() -> None:
    house = House()
    assert house.turn() == EVERY_S
    assert house.store.writes == []


def test_many_waiting_readings_are_sent_gently() -> None:
    house = House()
    house.wait(CHUNK_READINGS)
    assert house.turn() == pytest.approx(CHUNK_READINGS / DRAIN_PER_S)


def test_a_store_that_is_away_is_tried_with_growing_waits_and_keeps_nothing_from_waiting() -> None:
    house = House()
    house.wait(10)
    house.store.away = True
    waits = [house.turn() for _ in range(12)]
    assert waits[0] <= 0.25
    assert RETRY_CAP_S / 2 <= waits[-1] <= RETRY_CAP_S
    assert house.forwarder.health() == "spooling"
    assert (house.spool.status().readings, house.count("failures_total")) == (10, 12)
    house.store.away = False
    house.drain()
    assert house.stored() == list(range(10))
    assert house.forwarder.health() == "ok"


def test_a_slow_store_counts_as_failing_and_loses_nothing() -> None:
    house = House()
    house.wait(10)
    house.store.slow_by = lambda: house.clock.pass_s(2.5)
    house.turn()
    assert house.stored() == list(range(10))
    assert house.forwarder.health() == "spooling"
    assert house.count("failures_total") == 1
    house.store.slow_by = lambda: None
    house.wait(10, first=10)
    house.turn()
    assert (house.forwarder.health(), house.count("failures_total")) == ("ok", 1)


def test_old_waiting_readings_are_told_of_though_the_store_is_well() -> None:
    house = House()
    house.wait(2 * CHUNK_READINGS)
    house.clock.pass_s(60)
    house.turn()
    assert house.forwarder.health() == "spooling"


@pytest.mark.parametrize("wrong", [{0}, {1234}, {7, 8, 9, 1999}, set(range(100, 400))])
def test_refused_readings_go_to_quarantine_and_the_rest_to_the_store(wrong: set[int]) -> None:
    house = House()
    house.wait(2_000)
    house.store.refused = {("b1", at) for at in wrong}
    house.drain()
    assert house.stored() == [at for at in range(2_000) if at not in wrong]
    assert sorted(json.loads(entry.payload)["ts"] for entry in house.quarantine.entries(limit=10_000)) == sorted(wrong)
    assert (house.count("rejected_total"), house.count("forwarded_total")) == (len(wrong), 2_000 - len(wrong))


def test_one_culprit_costs_few_writes() -> None:
    house = House()
    house.wait(2_000)
    house.store.refused = {("b1", 1234)}
    house.drain()
    assert len(house.store.writes) < 30


def test_a_refused_reading_is_kept_as_a_belt_would_have_sent_it() -> None:
    house = House()
    house.wait(1, "b2")
    house.spool.append(
        readings(
            1, "b1", 5, heart_rate=[61.5], movement=[0.0], in_bed=[Occupancy.OUT], signal_quality=[90], sleep_stage=2
        )
    )
    house.spool.append(readings(1, "b1", 6))
    house.store.refused = {("b1", 5), ("b1", 6)}
    house.drain()
    bare, whole = house.quarantine.entries()
    assert (whole.topic, whole.reason, whole.detail) == (
        "care/center-of-b1/b1/readings",
        "store-rejected",
        "field type conflict",
    )
    assert whole.received_at == NOW
    assert json.loads(whole.payload) == {
        "ts": 5,
        "heart_rate": 61.5,
        "movement": 0.0,
        "signal_quality": 90.0,
        "sleep_stage": "deep",
        "in_bed": False,
    }
    assert json.loads(bare.payload) == {"ts": 6}


def test_a_refused_reading_can_be_read_again_by_the_native_decoder() -> None:
    house = House()
    house.wait(1, "b2")
    wrong = readings(1, "b1", NOW, heart_rate=[61.5], breathing_rate=[14.25], in_bed=[Occupancy.IN])
    house.spool.append(wrong)
    house.store.refused = {("b1", NOW)}
    house.drain()
    (entry,) = house.quarantine.entries()
    decoded = decode([delivery(entry.payload, topic=entry.topic)])
    assert decoded.refused == []
    for name in ("observed_at", "heart_rate", "breathing_rate", "movement", "in_bed"):
        np.testing.assert_array_equal(getattr(decoded.batch, name), getattr(wrong, name))


def test_a_store_that_refuses_everything_is_itself_at_fault() -> None:
    house = House()
    house.wait(2_000)
    house.store.refuses_everything = True
    house.turn()
    assert house.store.writes == [2_000, *[1] * PROBES]
    assert (house.spool.status().readings, house.quarantine.entries()) == (2_000, [])
    assert house.forwarder.health() == "spooling"
    house.store.refuses_everything = False
    house.drain()
    assert house.stored() == list(range(2_000))


def test_a_store_that_now_refuses_what_it_took_is_at_fault() -> None:
    house = House()
    house.wait(10)
    house.turn()
    house.store.refuses_everything = True
    house.wait(10, first=10)
    house.turn()
    assert house.store.writes[1:] == [10, 1]
    assert (house.spool.status().readings, house.quarantine.entries()) == (10, [])


def test_chunks_of_nothing_but_refused_readings_do_not_block_the_queue() -> None:
    house = House()
    house.wait(1, "b0")
    house.turn()
    house.wait(CHUNK_READINGS + 10, "b1")
    house.wait(5, "b2")
    house.store.refused = {("b1", at) for at in range(CHUNK_READINGS + 10)}
    house.drain()
    assert house.stored("b2") == list(range(5))
    assert house.count("rejected_total") == CHUNK_READINGS + 10


def test_a_quarantine_that_is_away_keeps_refused_readings_in_the_spool() -> None:
    house = House()
    house.wait(10)
    house.store.refused = {("b1", 3)}
    house.quarantine.switch.down("quarantine")
    house.turn()
    assert house.spool.status().readings == 10
    house.quarantine.switch.up()
    house.drain()
    assert len(house.quarantine.entries()) == 1
    assert 3 not in house.stored()


def test_a_store_that_goes_away_while_a_chunk_is_taken_apart_gets_all_of_it_later() -> None:
    house = House()
    house.wait(100)
    house.store.refused = {("b1", 50)}

    def go_away() -> None:
        house.store.away = len(house.store.writes) == 6

    house.store.slow_by = go_away
    house.turn()
    assert house.spool.status().readings == 100
    house.drain()
    assert house.stored() == [at for at in range(100) if at != 50]
    assert len(house.quarantine.entries()) == 1


def test_only_readings_over_the_limit_are_given_up_and_only_while_the_store_is_away() -> None:
    house = House()
    house.wait(5)
    house.clock.at += LIMIT_MS // 2
    house.spool.append(
        ReadingBatch.build(belts=("b1",), belt=[0] * 3, observed_at=[50, 51, 52], received_at=house.clock.at)
    )
    house.store.away = True
    for _ in range(20):
        house.turn()
    assert (house.spool.status().readings, house.count("dropped_total")) == (8, 0)
    house.clock.at += LIMIT_MS // 2 + MINUTE_MS
    for _ in range(20):
        house.turn()
    assert (house.spool.status().readings, house.count("dropped_total")) == (3, 5)
    house.store.away = False
    house.clock.at += 100 * DAY_MS
    house.drain()
    assert house.stored() == [50, 51, 52]


def test_what_nobody_foresaw_is_counted_and_tried_again() -> None:
    house = House()
    house.wait(10)

    def burst() -> None:
        if len(house.store.writes) < 3:
            raise ZeroDivisionError

    house.store.slow_by = burst
    house.drain()
    assert house.stored() == list(range(10))
    assert house.count("failures_total") == 2


def test_the_thread_sends_and_stops() -> None:
    house = House()
    house.wait(10)
    reached = threading.Event()
    house.store.slow_by = reached.set
    house.forwarder.start()
    assert reached.wait(10)
    house.forwarder.stop()
    house.forwarder.stop()
    assert house.stored() == list(range(10))


def test_the_age_of_the_oldest_is_measured() -> None:
    house = House()
    house.wait(3)
    house.store.away = True
    house.clock.pass_s(90)
    house.turn()
    assert house.count("waiting_readings") == 3
    assert house.count("oldest_age_seconds") == pytest.approx(90, abs=1)
    assert house.count("size_bytes") == 300


def test_a_spool_that_cannot_be_read_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    house = House()
    house.wait(3)

    def gone(_limit: int) -> Any:
        raise UnavailableError("spool", "disk")

    with monkeypatch.context() as broken:
        broken.setattr(house.spool, "sending", gone)
        house.turn()
    house.drain()
    assert house.stored() == [0, 1, 2]
