"""Whatever arrives under whatever profile, it is accounted for; and where nothing is remembered, alone or together."""

import json
import random
from collections.abc import Iterable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.belts import BeltStatus
from domain.nights import zone
from ingest.decoder import Decoder
from ingest.decoding import Decoded
from ingest.inbox import Delivery
from ingest.profiles.loading import available, load_profiles
from ingest.profiles.memory import BeltMemory, counter
from ingest.profiles.model import CountSource
from ingest.profiles.paths import MISSING, Scope, lookup
from ingest.profiles.values import Cell, Why, canonical
from tests.fuzz.accounts import Accounts
from tests.fuzz.messages import messages
from tests.unit.ingest.profiles.payloads import AT, SAMPLES, said

PROFILES = load_profiles(list(available()))
UTC = zone("UTC")

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
values = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=10)
bodies = st.binary() | st.text().map(str.encode) | values.map(lambda value: json.dumps(value).encode())
topics = st.text() | st.sampled_from([topic for _, topic, _ in SAMPLES])


@settings(deadline=None, max_examples=200)
@given(st.lists(st.builds(Delivery, topics, bodies, st.integers(AT, AT + 10**6), st.just(1), st.just(1)), max_size=20))
def test_any_bytes_under_any_topic(sent: list[Delivery]) -> None:
    decoder, accounts = Decoder(PROFILES), Accounts()
    for message in sent:
        accounts.take(decoder, message)
    assert accounts.balanced


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 2**32), st.lists(st.integers(1, 9), min_size=1, max_size=8))
def test_any_split_into_passes_gives_the_same(seed: int, sizes: list[int]) -> None:
    """Belts are remembered across passes as within one."""
    stream = messages(random.Random(seed))
    sent = [next(stream) for _ in range(sum(sizes))]
    whole, split = Decoder(PROFILES), Decoder(PROFILES)
    parts: list[Decoded] = []
    rest = list(sent)
    for size in sizes:
        parts.append(split.decode(rest[:size]))
        rest = rest[size:]
    together = whole.decode(sent)
    assert _by_belt(together.statuses) == _by_belt(status for part in parts for status in part.statuses)
    assert together.ignored == sum(part.ignored for part in parts)
    refused = [entry for part in parts for entry in part.refused]
    assert sorted(together.refused, key=repr) == sorted(refused, key=repr)
    assert _places(together) == {place for part in parts for place in _places(part)}


def _places(decoded: Decoded) -> set[tuple[str, int]]:
    return {(reading["belt"], reading["at"]) for reading in said(decoded)}


@given(st.lists(st.integers(0, 100), min_size=1, max_size=50), st.integers(200, 255))
def test_a_counter_that_wraps_counts_what_was_added(steps: list[int], highest: int) -> None:
    """However often it goes round, as long as no step is over half the way."""
    count = counter([CountSource(path="n", count="cumulative", reset="wrap", highest=highest)], UTC)
    memory, total, seen = BeltMemory(), 0, 0.0
    count(memory, Cell(0, 0.0, Why.SENT), 0)
    for n, step in enumerate(steps, start=1):
        total += step
        seen += count(memory, Cell(0, float(total % (highest + 1)), Why.SENT), n).value
    assert seen == total


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 255)), max_size=40))
def test_a_counter_never_counts_a_message_twice(sent: list[tuple[int, int]]) -> None:
    """Messages that come again, late or in any order add nothing to those that came in order."""
    count = counter([CountSource(path="n", count="cumulative", reset="wrap")], UTC)
    plain, disturbed = BeltMemory(), BeltMemory()
    newest, in_order, with_repeats = -1, 0.0, 0.0
    for at, value in sent:
        cell = Cell(value, float(value), Why.SENT)
        with_repeats += count(disturbed, cell, at).value or 0
        if at > newest:
            newest = at
            in_order += count(plain, cell, at).value or 0
    assert with_repeats == in_order


@given(st.integers(-(10**18), 10**18))
def test_forms_of_one_number_are_compared_alike(number: int) -> None:
    assert canonical(number) == canonical(str(number)) == canonical(f" {number} ")
    if abs(number) < 2**53:
        assert canonical(number) == canonical(float(number)) == canonical(f"{number}.0")
    if 0 <= number < 2**32:
        assert canonical(number) == canonical(hex(number))


@given(st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text("ab"), inner), max_leaves=10))
def test_a_path_finds_something_or_nothing(root: Any) -> None:
    for path in ("a", "a.b", "a[0].b", "[1]", "$.a", "$[0]"):
        found = lookup(path)(Scope(root, root, root))
        assert found is MISSING or json.dumps(found) in json.dumps(root)


def _by_belt(statuses: Iterable[BeltStatus]) -> dict[str, list[BeltStatus]]:
    """Each belt's in their order; native ones and others are decoded in turns."""
    found: dict[str, list[BeltStatus]] = {}
    for status in statuses:
        found.setdefault(status.belt_id, []).append(status)
    return found
