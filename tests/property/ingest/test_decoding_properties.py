"""Whatever the bytes, the decoder answers; however messages fall into passes, the same readings are stored."""

import json
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry

from domain.readings import SleepStage
from domain.units import DAY_MS, MINUTE_MS
from ingest.decoding import LIMITS, PAYLOAD_LIMIT_BYTES, decode
from ingest.inbox import Delivery
from ingest.pipeline import Pipeline
from tests.unit.ingest.fakes import (
    NOW,
    FakeClock,
    FakeSource,
    FakeWatch,
    SwitchedQuarantine,
    SwitchedReadings,
    SwitchedStatuses,
)

BELTS = ("b1", "b2", "b3")
STATUS = ("online", "battery", "firmware")
numbers = st.none() | st.integers() | st.floats(allow_nan=True, allow_infinity=True) | st.booleans() | st.text()
instants = st.integers(NOW - 8 * DAY_MS, NOW + 6 * MINUTE_MS) | st.integers(0, 5).map(lambda n: NOW + n)
wild = st.fixed_dictionaries(
    {}, optional=dict.fromkeys((*LIMITS, "in_bed", "sleep_stage", "ts", *STATUS, "other"), numbers)
)
plausible = st.fixed_dictionaries(
    {"ts": instants}, optional={"heart_rate": st.integers(0, 300), "in_bed": st.booleans() | st.none()}
)
values = st.recursive(wild | plausible, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8)
bodies = st.binary() | st.text().map(str.encode) | values.map(lambda value: json.dumps(value).encode())
topics = st.text() | st.sampled_from([f"care/c1/{belt}/{what}" for belt in BELTS for what in ("readings", "status")])
deliveries = st.builds(Delivery, topics, bodies, st.just(NOW), st.just(1), st.integers(0, 65_535), st.booleans())


@settings(deadline=None)
@given(st.lists(deliveries, max_size=20))
def test_any_bytes(messages: list[Delivery]) -> None:
    decoded = decode(messages)
    batch = decoded.batch
    assert len(decoded.refused) <= len(messages)
    assert all(len(entry.payload) <= PAYLOAD_LIMIT_BYTES and entry.detail for entry in decoded.refused)
    assert set(batch.belts) <= set(BELTS)
    assert ((batch.observed_at <= NOW + 5 * MINUTE_MS) & (batch.observed_at >= NOW - 7 * DAY_MS)).all()
    for name, (low, high) in LIMITS.items():
        column = batch.columns()[name]
        assert (np.isnan(column) | ((column >= low) & (column <= high))).all()
    assert set(batch.sleep_stage.tolist()) <= set(SleepStage)
    for status in decoded.statuses:
        assert status.belt_id in BELTS
        assert status.battery is None or 0 <= status.battery <= 100


@settings(deadline=None)
@given(st.lists(deliveries, max_size=12))
def test_a_message_is_judged_alone(messages: list[Delivery]) -> None:
    """What the others are does not matter for a message: neither its readings nor its refusal."""
    together = decode(messages)
    alone = [decode([message]) for message in messages]
    assert together.refused == [entry for part in alone for entry in part.refused]
    readings = {(part.batch.belts[b], int(at)) for part in alone for b, at in _rows(part.batch)}
    assert {(together.batch.belts[b], int(at)) for b, at in _rows(together.batch)} == readings
    assert len(together.batch) == len(readings)
    assert together.statuses == [status for part in alone for status in part.statuses]
    assert together.retained == sum(part.retained for part in alone)


messages_once = st.lists(st.tuples(st.sampled_from(BELTS), st.integers(0, 30), st.booleans()), max_size=40)


@settings(max_examples=60, deadline=None)
@given(messages_once, st.lists(st.integers(1, 9), min_size=1), st.lists(st.booleans()))
def test_any_split_into_passes_stores_the_same(
    sent: list[tuple[str, int, bool]], sizes: list[int], outages: list[bool]
) -> None:
    """Also when the store is down in some of the passes; every message is acked once in the end, in order."""
    messages = [_message(n, belt, second) for n, (belt, second, _) in enumerate(sent)]
    messages = [m if good else m._replace(payload=b"{") for m, (_, _, good) in zip(messages, sent, strict=True)]
    whole, _ = _run(messages, [len(messages) or 1], [])
    split, acked = _run(messages, sizes, outages)
    assert split == whole
    assert acked == [message.mid for message in messages]


def _message(n: int, belt: str, second: int) -> Delivery:
    body = {"ts": NOW + second * 1000, "movement": second}
    return Delivery(f"care/c1/{belt}/readings", json.dumps(body).encode(), NOW, 1, n + 1)


def _run(messages: list[Delivery], sizes: list[int], outages: list[bool]) -> tuple[Any, list[int]]:
    clock, source, store = FakeClock(), FakeSource(), SwitchedReadings()
    pipeline = Pipeline(
        source=source,
        store=store,
        quarantine=SwitchedQuarantine(),
        statuses=SwitchedStatuses(),
        watch=FakeWatch(),
        publish=lambda events: None,
        clock=clock,
        registry=CollectorRegistry(),
        monotonic=clock.monotonic,
    )
    rest, turn = list(messages), 0
    while rest:
        size = sizes[turn % len(sizes)]
        source.waiting, rest = rest[:size], rest[size:]
        if turn < len(outages) and outages[turn]:
            store.switch.down()
        else:
            store.switch.up()
        pipeline.turn()
        clock.pass_s(1)
        turn += 1
    store.switch.up()
    clock.pass_s(60)
    pipeline.turn()
    stored = {belt: _columns(store, belt) for belt in BELTS}
    return stored, [receipt.mid for receipt in source.acked]


def _columns(store: SwitchedReadings, belt: str) -> list[tuple[int, float]]:
    batch = store.read(belt, 0, 2**62)
    return list(zip(batch.observed_at.tolist(), batch.movement.tolist(), strict=True))


def _rows(batch: Any) -> list[tuple[int, int]]:
    return list(zip(batch.belt.tolist(), batch.observed_at.tolist(), strict=True))
