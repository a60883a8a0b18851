"""Messages as no maker sends them: the makers' payloads broken in every way that is cheap to think of, and noise."""

import copy
import json
import random
from collections.abc import Iterator
from typing import Any, Final

from domain.units import DAY_MS, MINUTE_MS, SECOND_MS
from ingest.inbox import Delivery
from tests.unit.ingest.profiles.payloads import AT, DATA, SAMPLES

NASTY: Final[tuple[Any, ...]] = (
    None, True, False, 0, 1, -1, 255, 256, 0xEE, 0xFF, 2**31, 2**63, 2**64, -(2**63), 10**40, 0.1, -0.0, 1e308, -1e308,
    "", " ", "0", "1", "255", "-1", "0xFF", "0xffffffffffffffff", "64/100", "1/0", "nan", "Infinity", "1e400", "1_0",
    "９", "٣", "true", "online", "offline", "left", "\u0000", "\ud800", "é" * 70, "x" * 5_000, "9" * 5_000, "a/b", "..",
    "2025-01-01T00:00:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "*", "$", "[*]", "{belt}",
    [], [[]], {}, {"": ""}, {"a": {"a": {"a": 1}}}, [None], [0, 255, -1],
)  # fmt: skip
TEXTS: Final = (
    b"", b"\x00", b"{", b"[", b"]", b'"', b"null", b"NaN", b"[" * 3_000, b'{"a":' * 3_000, b"\xff\xfe",
    b"\xef\xbb\xbf{}", b"=", b"<br>", b"a=", b"=b", b"PRES", b"PRES=1=0", b"1" * 5_000, b"-", b"0x1", b"\r\n\r\n",
    b"true", b"1e999",
)  # fmt: skip
TOPICS: Final = (
    "",
    "/",
    "care",
    "care/c1/b1/status",
    "het//data",
    "het/a b/data",
    "het/" + "x" * 65 + "/data",
    "\x00",
    "é/bed_status",
)


def messages(rng: random.Random) -> Iterator[Delivery]:
    """Without end. Arrivals go on, now and then by minutes, and back; times in the payloads go with them mostly."""
    bodies = [(topic, (DATA / file).read_bytes()) for _, topic, file in SAMPLES]
    at = AT
    mid = 0
    while True:
        mid += 1
        at += rng.choice((0, 0, 1, 400, SECOND_MS, SECOND_MS, 61 * SECOND_MS, 11 * MINUTE_MS, -2 * SECOND_MS))
        topic, body = rng.choice(bodies)
        if rng.random() < 0.1:
            topic = rng.choice(TOPICS) if rng.random() < 0.5 else rng.choice(bodies)[0]
        yield Delivery(topic, _broken(rng, _moved(rng, body, at)), at, 1, mid)


def _moved(rng: random.Random, body: bytes, at: int) -> bytes:
    """The payload with its times near its arrival, or anywhere."""
    shift = at - AT if rng.random() < 0.95 else rng.randint(-9 * DAY_MS, 9 * DAY_MS)
    seconds, millis = b"%d" % ((AT + shift) // SECOND_MS), b"%d" % (AT + shift)
    return body.replace(b"1735689600000", millis).replace(b"1735689600", seconds)


def _broken(rng: random.Random, body: bytes) -> bytes:
    how = rng.random()
    if how < 0.15:
        return body
    if how < 0.7:
        return _broken_json(rng, body)
    if how < 0.75:
        return _broken_bytes(rng, _broken_json(rng, body))
    if how < 0.92:
        return _broken_bytes(rng, body)
    return rng.choice(TEXTS) if how < 0.96 else rng.randbytes(rng.randint(0, 80))


def _broken_json(rng: random.Random, body: bytes) -> bytes:
    try:
        root = json.loads(body)
    except ValueError:
        return body
    for _ in range(rng.randint(1, 4)):
        root = _with_a_fault(rng, root)
    return json.dumps(root).encode()


def _with_a_fault(rng: random.Random, node: Any) -> Any:
    """A value somewhere in it replaced, left out, renamed, doubled or wrapped; the deeper the likelier."""
    if not isinstance(node, dict | list) or not node or rng.random() < 0.05:
        return rng.choice((copy.deepcopy(rng.choice(NASTY)), [node], {"values": node}, _other_number(rng, node)))
    if isinstance(node, list):
        n = rng.randrange(len(node))
        if rng.random() < 0.2:
            return node[:n] + [copy.deepcopy(node[n])] * rng.randint(0, 3) + node[n + 1 :]
        return [_with_a_fault(rng, item) if at == n else item for at, item in enumerate(node)]
    name = rng.choice(list(node))
    how = rng.random()
    if how < 0.1:
        return {key: value for key, value in node.items() if key != name}
    if how < 0.15:
        return {(str(rng.choice(NASTY)) if key == name else key): value for key, value in node.items()}
    return {key: _with_a_fault(rng, value) if key == name else value for key, value in node.items()}


def _other_number(rng: random.Random, node: Any) -> Any:
    number = rng.choice((rng.randint(-2, 300), rng.uniform(-1, 300), rng.getrandbits(70)))
    return str(number) if isinstance(node, str) else number


def _broken_bytes(rng: random.Random, body: bytes) -> bytes:
    broken = bytearray(body)
    for _ in range(rng.randint(1, 4)):
        at = rng.randint(0, len(broken))
        how = rng.randrange(5)
        if how == 0:
            del broken[at : at + rng.randint(1, 8)]
        elif how == 1:
            broken[at:at] = rng.randbytes(rng.randint(1, 4))
        elif how == 2:
            del broken[at:]
        elif how == 3 and at < len(broken):
            broken[at] ^= 1 << rng.randrange(8)
        else:
            broken[at:at] = broken[at : at + 20] * rng.choice((1, 1, 1, 50))
    return bytes(broken)
