"""Bytes to records: JSON, key=value lines, CSV, a bare value. Pure; raises UndecodableError, never anything else."""

import csv
import re
from collections.abc import Callable
from typing import Any, Final

import msgspec

from domain.errors import UndecodableError
from ingest.profiles.model import Topic
from ingest.profiles.paths import Placed, parse_path, records_at

_LINE_END: Final = re.compile(r"<br\s*/?>|\r\n?|\n", re.IGNORECASE)
_UNREADABLE: Final = (msgspec.MsgspecError, RecursionError, ValueError)

Payload = tuple[Any, list[Placed]]
"""The payload's root and its records."""
PayloadReader = Callable[[bytes, str | None], Payload]
"""From the bytes and what the topic captured as `{field}`."""


def payload_reader(topic: Topic) -> PayloadReader:
    """How payloads of the topic are read. ValueError, beginning with the key, on what cannot be meant."""
    if topic.payload != "csv" and topic.columns:
        raise ValueError('columns: only with payload = "csv"')
    if topic.payload in {"json", "value"} and topic.separator:
        raise ValueError('separator: only with payload = "lines" or "csv"')
    if topic.payload != "json" and topic.records != "$":
        raise ValueError('records: only with payload = "json"')
    if topic.payload != "value" and "{field}" in topic.filter:
        raise ValueError('filter: {field} only with payload = "value"')
    make = {"json": _json, "lines": _lines, "csv": _csv, "value": _value}
    return make[topic.payload](topic)


def _json(topic: Topic) -> PayloadReader:
    try:
        steps = parse_path(topic.records, of_records=True)
    except ValueError as error:
        raise ValueError(f"records: {error}") from error

    def read(payload: bytes, captured: str | None) -> Payload:
        if not payload.isascii():
            _text(payload)
        try:
            root = msgspec.json.decode(payload)
        except RecursionError as error:
            raise UndecodableError("not-json", "nested too deeply") from error
        except _UNREADABLE as error:
            raise UndecodableError("not-json", str(error)) from error
        return root, records_at(steps, root)

    return read


def _lines(topic: Topic) -> PayloadReader:
    separator = topic.separator or "="

    def read(payload: bytes, captured: str | None) -> Payload:
        record: dict[str, str] = {}
        for line in _LINE_END.split(_text(payload)):
            name, found, value = line.partition(separator)
            if found and name.strip():
                record[name.strip()] = value.strip()
        return record, [Placed(record, "$", None)]

    return read


def _csv(topic: Topic) -> PayloadReader:
    if not topic.columns:
        raise ValueError('columns: payload = "csv" needs them')
    separator, columns = topic.separator or ",", topic.columns
    if len(separator) != 1 or separator in "\r\n":
        raise ValueError("separator: one character")

    def read(payload: bytes, captured: str | None) -> Payload:
        lines = [line for line in _LINE_END.split(_text(payload)) if line.strip()]
        try:
            rows = [next(csv.reader([line], delimiter=separator), []) for line in lines]
        except csv.Error as error:
            raise UndecodableError("bad-csv", str(error)) from error
        records = [_row(columns, row) for row in rows]
        return records, [Placed(record, f"line {n + 1}", None) for n, record in enumerate(records)]

    return read


def _row(columns: tuple[str, ...], row: list[str]) -> Any:
    """The row by name; as it is when it has another length, and the record is refused for it."""
    return dict(zip(columns, row, strict=True)) if len(row) == len(columns) else row


def _value(topic: Topic) -> PayloadReader:
    name = topic.name

    def read(payload: bytes, captured: str | None) -> Payload:
        record = {captured or name: _text(payload).strip()}
        return record, [Placed(record, "$", None)]

    return read


def _text(payload: bytes) -> str:
    try:
        return payload.decode()
    except UnicodeDecodeError as error:
        raise UndecodableError("not-utf-8", f"{error.reason} at byte {error.start}") from error
