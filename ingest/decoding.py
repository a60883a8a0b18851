"""The native payloads (docs/mqtt.md) to columns and statuses, and what cannot be read to quarantine.

Fails toward keeping: an absurd value costs that value, not the occupancy beside it; whatever is refused is kept whole
for a person, with a code to count by and words to understand it. Never raises, whatever the bytes are.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Annotated, Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from domain.belts import BeltStatus
from domain.errors import UndecodableError
from domain.ports import Quarantined
from domain.readings import FLOAT_COLUMNS, STAGE_OF, Occupancy, ReadingBatch, SleepStage
from domain.residents import ID_PATTERN
from domain.units import DAY_MS, MINUTE_MS
from ingest.inbox import Delivery
from ingest.statuses import status_of

LIMITS: Final[dict[str, tuple[float, float]]] = {
    "heart_rate": (20, 250),
    "breathing_rate": (2, 60),
    "movement": (0, 100),
    "turn_overs": (0, 1_000),
    "signal_quality": (0, 100),
}
"""The lowest and highest value that can be true, in the units of `domain.units`."""
RATES: Final = ("heart_rate", "breathing_rate")
NO_VALUE: Final = (0, 255)
"""What belts send in a rate field for "none": all bits clear or set in one byte."""
FUTURE_LIMIT_MS: Final = 5 * MINUTE_MS
"""A belt's clock may stand this far ahead of ours."""
AGE_LIMIT_MS: Final = 7 * DAY_MS
"""A reading may come this late; belts and brokers keep what they could not deliver."""
PAYLOAD_LIMIT_BYTES: Final = 64 * 1024
"""How much of a refused payload is kept."""
PROBLEMS_SHOWN: Final = 5
"""How many problems of one message are put into words; the rest is counted."""
SHOWN_MAX: Final = 60
"""Characters of a value that are put into words."""
TOPICS_KNOWN_MAX: Final = 100_000
"""Topics whose belt id is remembered."""
STATUS_END: Final = "/status"

_LONGEST_MS: Final = 2**62  # keeps `ts` inside int64
_Instant = Annotated[int, msgspec.Meta(ge=-_LONGEST_MS, le=_LONGEST_MS)]


class WireReading(msgspec.Struct, gc=False):
    """One reading as it travels; None and absent are the same.

    `sleep_stage` takes anything here and is looked at afterwards: a belt that has its own numbers under that name must
    not lose its occupancy for it.
    """

    ts: _Instant
    heart_rate: float | None = None
    breathing_rate: float | None = None
    movement: float | None = None
    in_bed: bool | None = None
    turn_overs: float | None = None
    signal_quality: float | None = None
    sleep_stage: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """Readings of a run of messages, none twice, and what was refused of them, in order of arrival.

    `repeats` counts the readings that were there more than once and left out. `statuses` is what belts said of
    themselves, in order of arrival. `retained` counts the readings that a broker kept for newcomers; they are left out,
    for they would look like news at each connect. `ignored` counts the messages that held nothing to keep and nothing
    wrong; every message is in `refused`, ignored, or accepted. `centers` has the centre that a belt's topic names.
    """

    batch: ReadingBatch
    refused: list[Quarantined]
    repeats: int = 0
    statuses: list[BeltStatus] = field(default_factory=list)
    retained: int = 0
    ignored: int = 0
    centers: Mapping[str, str] = field(default_factory=dict)


_decode_any: Final = msgspec.json.Decoder(WireReading | list[WireReading]).decode
_decode_one: Final = msgspec.json.Decoder(WireReading).decode
_decode_items: Final = msgspec.json.Decoder(list[msgspec.Raw]).decode
_unreadable: Final = (msgspec.MsgspecError, RecursionError, ValueError)


@dataclass(slots=True)
class _Rows:
    """Readings of many messages on their way to columns, and where each came from."""

    belts: dict[str, int] = field(default_factory=dict)
    centers: dict[str, str] = field(default_factory=dict)
    readings: list[WireReading] = field(default_factory=list)
    belt: list[int] = field(default_factory=list)
    message: list[int] = field(default_factory=list)
    statuses: list[BeltStatus] = field(default_factory=list)
    retained: int = 0
    problems: dict[int, list[UndecodableError]] = field(default_factory=dict)
    ignored: int = 0

    def add_belt(self, belt_id: str, topic: str) -> int:
        """The index of a belt that was not there; `topic` is a native one."""
        self.centers[belt_id] = topic.split("/", 2)[1]
        index = self.belts[belt_id] = len(self.belts)
        return index

    def refuse(self, message: int, problem: UndecodableError) -> None:
        self.problems.setdefault(message, []).append(problem)


def decode(messages: Sequence[Delivery]) -> Decoded:
    """All messages as one sorted batch without repeats, beside the quarantine entries (one per message at most)."""
    try:
        return _decode(messages)
    except Exception as error:  # noqa: BLE001 - one message must not stop the others: it is found, kept and counted
        if len(messages) == 1:
            problem = UndecodableError("decoder-failed", f"{type(error).__name__}: {error}")
            return Decoded(batch=ReadingBatch.empty(), refused=[quarantined(messages[0], [problem])])
    parts = [decode([message]) for message in messages]
    batch = ReadingBatch.join(part.batch for part in parts)
    distinct = batch.distinct()
    return Decoded(
        batch=distinct,
        refused=[entry for part in parts for entry in part.refused],
        repeats=len(batch) - len(distinct),
        statuses=[status for part in parts for status in part.statuses],
        retained=sum(part.retained for part in parts),
        ignored=sum(part.ignored for part in parts),
        centers={belt_id: center_id for part in parts for belt_id, center_id in part.centers.items()},
    )


def belt_of(topic: str, what: str = "readings") -> str:
    """The belt id in a topic `care/{center}/{belt}/{what}`. UndecodableError: `bad-topic` or `bad-belt-id`."""
    parts = topic.split("/")
    if len(parts) != 4 or parts[0] != "care" or parts[3] != what:
        raise UndecodableError("bad-topic", f"topic {topic!r} is not care/{{center}}/{{belt}}/{what}")
    _, center_id, belt_id, _ = parts
    if not ID_PATTERN.fullmatch(center_id):
        raise UndecodableError("bad-topic", f"centre id {center_id!r}: letters, digits, '_', '.', '-', at most 64")
    if not ID_PATTERN.fullmatch(belt_id):
        raise UndecodableError("bad-belt-id", f"belt id {belt_id!r}: letters, digits, '_', '.', '-', at most 64")
    return belt_id


_known_belt_of = lru_cache(maxsize=TOPICS_KNOWN_MAX)(belt_of)


def _decode(messages: Sequence[Delivery]) -> Decoded:
    rows = _Rows()
    for position, message in enumerate(messages):
        try:
            _read(rows, position, message)
        except UndecodableError as problem:
            rows.refuse(position, problem)
    batch = _batch(rows, messages)
    distinct = batch.distinct()
    return Decoded(
        batch=distinct,
        refused=[quarantined(messages[at], problems) for at, problems in sorted(rows.problems.items())],
        repeats=len(batch) - len(distinct),
        statuses=rows.statuses,
        retained=rows.retained,
        ignored=rows.ignored,
        centers=rows.centers,
    )


def _read(rows: _Rows, position: int, message: Delivery) -> None:
    if message.topic.endswith(STATUS_END):
        _read_status(rows, position, message)
        return
    belt_id = _known_belt_of(message.topic)
    payload = message.payload
    if not payload.isascii():
        _check_utf8(payload)
    try:
        found = _decode_any(payload)
    except _unreadable as error:
        found = _items(rows, position, payload, error)
    if message.retained:
        rows.retained += len(found) if isinstance(found, list) else 1
        rows.ignored += position not in rows.problems
        return
    index = rows.belts.get(belt_id)
    if index is None:
        index = rows.add_belt(belt_id, message.topic)
    if type(found) is WireReading:
        rows.readings.append(found)
        rows.belt.append(index)
        rows.message.append(position)
        return
    if not found and position not in rows.problems:
        rows.ignored += 1
    rows.readings.extend(found)
    rows.belt.extend([index] * len(found))
    rows.message.extend([position] * len(found))


def _read_status(rows: _Rows, position: int, message: Delivery) -> None:
    belt_id = _known_belt_of(message.topic, "status")
    if not message.payload:
        rows.ignored += 1  # somebody made the broker forget the status it kept
        return
    _check_utf8(message.payload)
    status, problems = status_of(belt_id, message.payload, message.received_at)
    rows.statuses.append(status)
    for problem in problems:
        rows.refuse(position, problem)


def _check_utf8(payload: bytes) -> None:
    try:
        payload.decode()
    except UnicodeDecodeError as error:
        raise UndecodableError("not-utf-8", f"{error.reason} at byte {error.start}") from error


def _items(rows: _Rows, position: int, payload: bytes, error: Exception) -> list[WireReading]:
    """The good elements of an array that has bad ones; UndecodableError for anything that is not an array."""
    if payload.lstrip(b" \t\r\n")[:1] != b"[":
        raise _problem(error) from error
    try:
        items = _decode_items(payload)
    except _unreadable as broken:
        raise _problem(broken) from broken
    good: list[WireReading] = []
    for at, item in enumerate(items):
        try:
            good.append(_decode_one(item))
        except _unreadable as broken:
            problem = _problem(broken)
            rows.refuse(position, UndecodableError(problem.reason, f"element {at}: {problem.detail}"))
    return good


def _problem(error: Exception) -> UndecodableError:
    detail = str(error)
    if isinstance(error, RecursionError):
        return UndecodableError("not-json", "nested too deeply")
    if not isinstance(error, msgspec.ValidationError):
        return UndecodableError("not-json", detail)
    if "missing required field `ts`" in detail:
        return UndecodableError("missing-ts", detail)
    return UndecodableError("wrong-type", detail)


def _batch(rows: _Rows, messages: Sequence[Delivery]) -> ReadingBatch:
    """Columns of the rows whose time can be true, with values that cannot be true left out."""
    readings = rows.readings
    if not readings:
        return ReadingBatch.empty()
    n = len(readings)
    message = np.array(rows.message, np.int64)
    received_at = np.array([delivery.received_at for delivery in messages], np.int64)[message]
    observed_at = np.fromiter((reading.ts for reading in readings), np.int64, n)
    keep = _timely(rows, message, observed_at, received_at)
    floats = {name: _float_column(rows, name, message) for name in FLOAT_COLUMNS}
    columns: dict[str, NDArray[Any]] = {
        "belt": np.array(rows.belt, np.int32),
        "observed_at": observed_at,
        "received_at": received_at,
        "in_bed": _occupancy(readings),
        "sleep_stage": _stages(rows, message),
        **floats,
    }
    if not keep.all():
        columns = {name: column[keep] for name, column in columns.items()}
    return ReadingBatch.build(belts=tuple(rows.belts), **columns)


def _float_column(rows: _Rows, name: str, message: NDArray[np.int64]) -> NDArray[np.float32]:
    """float32 (n) of the field, NaN where it is missing, stands for "none" or cannot be true (noted as a problem)."""
    column = np.array([getattr(reading, name) for reading in rows.readings], np.float64)
    low, high = LIMITS[name]
    if name in RATES:
        for none in NO_VALUE:
            column[column == none] = np.nan
    wrong = (column < low) | (column > high)
    if wrong.any():
        for at in np.flatnonzero(wrong):
            detail = f"{name} {float(column[at])!r} is not in {low:g} to {high:g} (ts {rows.readings[at].ts})"
            rows.refuse(int(message[at]), UndecodableError(f"{name}-out-of-range", detail))
        column[wrong] = np.nan
    return column.astype(np.float32)


def _occupancy(readings: Iterable[WireReading]) -> NDArray[np.int8]:
    words = {None: Occupancy.UNKNOWN.value, False: Occupancy.OUT.value, True: Occupancy.IN.value}
    return np.array([words[reading.in_bed] for reading in readings], np.int8)


def _stages(rows: _Rows, message: NDArray[np.int64]) -> NDArray[np.int8]:
    """int8 (n) of `SleepStage`; what is none of its words is unknown, and noted as a problem."""
    words = [reading.sleep_stage for reading in rows.readings]
    column = np.full(len(words), SleepStage.UNKNOWN, np.int8)
    for at, word in enumerate(words) if any(word is not None for word in words) else ():
        stage = STAGE_OF.get(word) if type(word) is str else None
        if stage is not None:
            column[at] = stage
        elif word is not None:
            detail = f"sleep_stage {_cut(word)} is none of {', '.join(STAGE_OF)} (ts {rows.readings[at].ts})"
            rows.refuse(int(message[at]), UndecodableError("unknown-sleep_stage", detail))
    return column


def _cut(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= SHOWN_MAX else f"{text[:SHOWN_MAX]}..."


def _timely(
    rows: _Rows, message: NDArray[np.int64], observed_at: NDArray[np.int64], received_at: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Which readings (bool, n) have a time that can be true; the others are noted as problems."""
    early = observed_at > received_at + FUTURE_LIMIT_MS
    late = observed_at < received_at - AGE_LIMIT_MS
    for reason, wrong, words in (
        ("time-in-future", early, f"more than {FUTURE_LIMIT_MS // MINUTE_MS} min after"),
        ("time-too-old", late, f"more than {AGE_LIMIT_MS // DAY_MS} days before"),
    ):
        for at in np.flatnonzero(wrong):
            detail = f"ts {observed_at[at]} is {words} its arrival at {received_at[at]} (ms)"
            rows.refuse(int(message[at]), UndecodableError(reason, detail))
    return ~(early | late)


def quarantined(message: Delivery, problems: list[UndecodableError]) -> Quarantined:
    """One entry for the message: counted under its first problem, with words for the first few."""
    details = [problem.detail for problem in problems[:PROBLEMS_SHOWN]]
    if len(problems) > PROBLEMS_SHOWN:
        details.append(f"and {len(problems) - PROBLEMS_SHOWN} more")
    payload = message.payload
    if len(payload) > PAYLOAD_LIMIT_BYTES:
        details.append(f"payload cut from {len(payload)} to {PAYLOAD_LIMIT_BYTES} bytes")
        payload = payload[:PAYLOAD_LIMIT_BYTES]
    return Quarantined(
        received_at=message.received_at,
        topic=message.topic,
        payload=payload,
        reason=problems[0].reason,
        detail="; ".join(details),
    )
