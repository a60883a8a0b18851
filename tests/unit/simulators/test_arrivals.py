import json
from collections import Counter

import numpy as np
import pytest

from domain.units import HOUR_MS, MINUTE_MS
from simulators.arrivals import Arrivals, arrivals, belt_nights
from simulators.center import simulated_center
from simulators.localtime import night_span
from simulators.messages import messages
from simulators.scenarios import Mix, Scenario
from tests.unit.simulators.samples import COLUMNS, NIGHT, payloads, same, whole_night

TROUBLE = Mix.of(
    Scenario.OFFLINE_BUFFERED,
    Scenario.DUPLICATES,
    Scenario.OUT_OF_ORDER,
    Scenario.GARBAGE,
    Scenario.CLOCK_OFF,
)


def test_everything_is_the_same_for_the_same_seed() -> None:
    one, other = (whole_night(simulated_center(4, 5, mix=TROUBLE)) for _ in range(2))
    assert same(one, other)
    assert one.garbage == other.garbage
    assert not same(one, whole_night(simulated_center(4, 6, mix=TROUBLE)))


def test_a_belt_reports_the_same_however_many_there_are() -> None:
    one, many = whole_night(simulated_center(2, 5, mix=TROUBLE)), whole_night(simulated_center(9, 5, mix=TROUBLE))
    rows = many.belt < 2
    for name in COLUMNS:
        assert np.array_equal(getattr(one, name), getattr(many, name)[rows], equal_nan=True)


@pytest.mark.parametrize("chunk_ms", [3 * HOUR_MS, 11 * MINUTE_MS + 7])
def test_pieces_joined_are_the_night(chunk_ms: int) -> None:
    nights = belt_nights(simulated_center(4, 5, mix=TROUBLE), NIGHT)
    whole = whole_night(simulated_center(4, 5, mix=TROUBLE))
    pieces = list(arrivals(nights, chunk_ms=chunk_ms))
    for name in COLUMNS:
        joined = np.concatenate([getattr(piece, name) for piece in pieces])
        assert np.array_equal(joined, getattr(whole, name), equal_nan=True)
    assert sum((piece.garbage for piece in pieces), ()) == whole.garbage
    for piece in pieces:
        assert np.all((piece.arrives_at >= piece.from_at) & (piece.arrives_at < piece.to_at))


def test_a_resumed_night_is_the_rest_of_the_night() -> None:
    center = simulated_center(6, 5, mix=TROUBLE)
    whole = whole_night(center)
    start_at, _ = night_span(NIGHT, center.zone)
    for hours in (0.01, 9, 11.3, 13.77):
        from_at = start_at + round(hours * HOUR_MS)
        rest = whole_night(center, from_at=from_at)
        rows = whole.arrives_at >= from_at
        for name in COLUMNS:
            assert np.array_equal(getattr(rest, name), getattr(whole, name)[rows], equal_nan=True)


def test_arrivals_are_in_order_and_fit_for_a_batch() -> None:
    piece = whole_night(simulated_center(5, 5))
    assert np.all(np.diff(piece.arrives_at) >= 0)
    batch = piece.batch(100, 400)
    assert len(batch) == 300
    assert batch.belts == piece.belts
    assert sorted(batch.received_at.tolist()) == piece.arrives_at[100:400].tolist()
    assert sorted(batch.observed_at.tolist()) == sorted(piece.observed_at[100:400].tolist())


def _decoded(piece: Arrivals) -> Counter[tuple[str, int, bool]]:
    found: Counter[tuple[str, int, bool]] = Counter()
    for message in messages(piece):
        if message.readings:
            value = json.loads(message.payload)
            readings = value if isinstance(value, list) else [value]
            assert len(readings) == message.readings
            found.update((piece.belts[message.belt], reading["ts"], reading["in_bed"]) for reading in readings)
    return found


def test_messages_carry_every_reading_and_the_garbage() -> None:
    piece = whole_night(simulated_center(4, 5, mix=TROUBLE))
    columns = zip(piece.belt.tolist(), piece.observed_at.tolist(), piece.in_bed.tolist(), strict=True)
    assert _decoded(piece) == Counter((piece.belts[belt], at, inside == 1) for belt, at, inside in columns)
    instants = [message.arrives_at for message in messages(piece)]
    assert instants == sorted(instants)
    assert sum(not message.readings for message in messages(piece)) == len(piece.garbage) > 0


def test_a_batching_belt_sends_arrays_and_others_objects() -> None:
    center = simulated_center(60, 5, mix=Mix())
    start_at, _ = night_span(NIGHT, center.zone)
    piece = next(arrivals(belt_nights(center, NIGHT), from_at=start_at + 10 * HOUR_MS, chunk_ms=MINUTE_MS))
    for message in messages(piece):
        batch = center.beds[message.belt].belt.batch
        assert message.payload.startswith(b"[" if batch > 1 else b"{")
        assert message.readings == batch
    assert {bed.belt.batch for bed in center.beds} == {1, 5}
    assert len(payloads(piece)) > 500
