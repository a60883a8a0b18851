"""One InfluxDB server as the adapters need it: write lines, ask and command in InfluxQL; its errors told as ours.

Writing goes by the client's write service, asking by the client's own connection and token over `/query`, which 1.8,
2.x and 3 Core answer alike. Fails loudly and soon: whoever calls has a spool or a person waiting.
"""

import gzip
import json
import random
import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from influxdb_client import InfluxDBClient, WritePrecision, WriteService
from influxdb_client.rest import ApiException
from urllib3.exceptions import HTTPError, NewConnectionError
from urllib3.exceptions import TimeoutError as NoAnswerError

from domain.errors import ConfigurationError, RejectedError, UnavailableError

ENGINE: Final = "InfluxDB"
RETRY_PAUSES_S: Final = (0.05, 0.2, 0.6)
"""The longest pauses before a write is tried again; each is drawn between half of it and all of it."""
FASTEST: Final = 1
"""gzip's level: the client's own (9) takes ten times as long to save a quarter more."""

EARLIEST_NS: Final = -(2**63) + 2
LATEST_NS: Final = 2**63 - 2
"""The instants that InfluxDB knows (1677 to 2262), in its own unit."""
NS_PER_MS: Final = 1_000_000

_CLIENT_ERRORS: Final = (ApiException, HTTPError)
_BAD_REQUEST, _TOO_LARGE, _UNPROCESSABLE, _TOO_MANY, _SERVER_ERROR = 400, 413, 422, 429, 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """What a statement found under one set of tags; `columns` by name, `time` (ms) first, None where there is none."""

    tags: Mapping[str, str]
    columns: Mapping[str, tuple[Any, ...]]


class InfluxServer:
    """The server at `url`. `token` is a token, or `user:password` for 1.8; empty where the server asks for none.

    A write with all its retries takes at most `write_timeout_s`, a statement at most `query_timeout_s`. Safe to use
    from several threads. ConfigurationError when `url` is none.
    """

    def __init__(
        self,
        *,
        url: str,
        token: str,
        org: str,
        write_timeout_s: float = 2.0,
        query_timeout_s: float = 10.0,
        seconds: Callable[[], float] = time.monotonic,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        if not re.match(r"https?://[^/\s]+", url):
            raise ConfigurationError(f"influx_url {url!r}: not an address like http://127.0.0.1:8086")
        self.url = url
        self.org = org
        self.client = InfluxDBClient(url=url, token=token, org=org, timeout=round(query_timeout_s * 1000))
        self._api = self.client.api_client
        self._writes = WriteService(self._api)
        self._write_timeout_s = write_timeout_s
        self._seconds = seconds
        self._pause = pause

    def write(self, bucket: str, lines: bytes) -> None:
        """Store the lines (times in ms); when this returns the server has them.

        RejectedError for what is in them, UnavailableError for everything else; of the lines of a batch that failed
        none, some or all may be stored.
        """
        body = gzip.compress(lines, FASTEST, mtime=0)
        deadline = self._seconds() + self._write_timeout_s
        pauses = (random.uniform(longest_s / 2, longest_s) for longest_s in RETRY_PAUSES_S)  # noqa: S311 - jitter
        while True:
            try:
                return self._post(bucket, body, deadline - self._seconds())
            except _CLIENT_ERRORS as error:
                pause_s = next(pauses, None)
                if pause_s is None or not passing(error) or self._seconds() + pause_s >= deadline:
                    raise (rejection(error) or told(error)) from error
            self._pause(pause_s)

    def _post(self, bucket: str, body: bytes, timeout_s: float) -> None:
        self._writes.post_write(
            org=self.org,
            bucket=bucket,
            body=body,
            precision=WritePrecision.MS,
            content_encoding="gzip",
            content_type="text/plain; charset=utf-8",
            _request_timeout=max(1, round(timeout_s * 1000)),
        )

    def select(self, database: str, columns: str, measurement: str, where: str, rest: str = "") -> list[Series]:
        """What is found. UnavailableError when there is no answer or the server cannot carry it out."""
        return self._query("GET", database, f"SELECT {columns} FROM {measurement} WHERE {where} {rest}")  # noqa: S608

    def delete(self, database: str, measurement: str, where: str) -> None:
        """Errors as those of `select`."""
        self.command(database, f"DELETE FROM {measurement} WHERE {where}")  # noqa: S608

    def command(self, database: str, statement: str) -> list[Series]:
        """Carry out a statement that is not a SELECT. Errors as those of `select`."""
        return self._query("POST", database, statement)

    def _query(self, method: str, database: str, statement: str) -> list[Series]:
        """In chunks: an answer in one piece may be cut short by a 1.x server, and does not tell whether it is whole."""
        parameters = [("db", database), ("epoch", "ms"), ("chunked", "true"), ("q", statement)]
        answer, _ = self.call(method, "/query", parameters)
        try:
            chunks = [json.loads(line) for line in answer.split("\n") if line] if isinstance(answer, str) else [answer]
            results = [result for chunk in chunks for result in chunk["results"]]
        except (ValueError, TypeError, KeyError) as error:
            raise UnavailableError(ENGINE, f"{self.url} does not answer InfluxQL; is influx_url right?") from error
        for result in results:
            if "error" in result:
                raise UnavailableError(ENGINE, in_words(result["error"]))
        return _joined(part for result in results for part in result.get("series", []))

    def call(
        self, method: str, path: str, parameters: list[tuple[str, str]] | None = None, body: Any = None
    ) -> tuple[Any, Mapping[str, str]]:
        """A request by the client: the answer (JSON decoded, text when it is none) and its headers."""
        try:
            answer, _, headers = self._api.call_api(
                path,
                method,
                query_params=parameters or [],
                header_params={"Accept": "application/json", "Accept-Encoding": "gzip"},
                body=body,
                response_type=object,
            )
        except _CLIENT_ERRORS as error:
            raise told(error) from error
        return answer, headers

    def version(self) -> str:
        """The server's version as it tells it, without the "v"; UnavailableError when it tells none."""
        _, headers = self.call("GET", "/ping")
        version = headers.get("X-Influxdb-Version", "").removeprefix("v")
        if not version:
            raise UnavailableError(ENGINE, f"{self.url} does not say that it is InfluxDB; is influx_url right?")
        return version

    def close(self) -> None:
        self.client.close()


def span_ns(start_at: int, end_at: int) -> str:
    """[`start_at`, `end_at`) (ms) as an InfluxQL condition; what lies beyond InfluxDB's own times is cut off."""
    first, end = (min(max(at * NS_PER_MS, EARLIEST_NS), LATEST_NS) for at in (start_at, end_at))
    return f"time >= {first} AND time < {end}"


def quoted(text: str) -> str:
    """A string in InfluxQL."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n") + "'"


def named(identifier: str) -> str:
    """The name of a database or field in InfluxQL."""
    return '"' + identifier.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def passing(error: Exception) -> bool:
    """May the same write succeed in a moment? A time-out has used the time up, so it may not."""
    if isinstance(error, ApiException):
        return bool(error.status == _TOO_MANY or error.status >= _SERVER_ERROR)
    return isinstance(error, NewConnectionError) or not isinstance(error, NoAnswerError)


def told(error: Exception) -> UnavailableError:
    """The client's error as ours."""
    if isinstance(error, ApiException) and error.status:
        words = in_words(_message(error.body or ""))
        what = _MEANT.get(error.status, f"answered {error.status}")
        return UnavailableError(ENGINE, f"{what}: {words}" if words else what)
    if isinstance(error, NewConnectionError):  # before the time-outs: it is one of them
        return UnavailableError(ENGINE, "cannot be reached")
    if isinstance(error, NoAnswerError):
        return UnavailableError(ENGINE, "no answer in time")
    return UnavailableError(ENGINE, in_words(str(error)))


def rejection(error: Exception) -> RejectedError | None:
    """The error of a write as a verdict on its lines, None when it is none: then the server, the way to it or the
    place is at fault, and the lines may be taken later.
    """
    if not isinstance(error, ApiException):
        return None
    body = error.body or ""
    words = in_words(_message(body))
    about_lines = error.status in {_BAD_REQUEST, _UNPROCESSABLE} and _from_influx(body, error.headers or {})
    if error.status == _TOO_LARGE or (about_lines and not _about_place(words)):
        return RejectedError(ENGINE, f"{words or 'no reason told'} ({error.status})")
    return None


_MEANT: Final = {
    401: "the token is not accepted (401); check influx_token",
    403: "the token does not allow this (403); it needs read and write on both buckets",
    404: "no such bucket, database or organisation (404); `nightbelt setup influx` makes them",
}


def _from_influx(body: str, headers: Mapping[str, str]) -> bool:
    """A refusal by something in between is no verdict on the readings."""
    return body.startswith("{") or any(name.lower().startswith("x-influxdb") for name in headers)


def _about_place(words: str) -> bool:
    """The request names a wrong place: the readings are not to blame."""
    return bool(re.search(r"\b(bucket|database|org|organization|precision)\b.*\b(required|not found|invalid)\b", words))


def _message(body: str) -> str:
    """The words of an answer: 2.x tells `message`, 1.x and 3 Core `error`, 3 Core the first bad line in `data`."""
    try:
        parsed = json.loads(body)
    except ValueError:
        return "" if body.lstrip().startswith("<") else body
    if not isinstance(parsed, dict):
        return ""
    words = str(parsed.get("message") or parsed.get("error") or "")
    lines = parsed.get("data")
    if isinstance(lines, list) and lines and isinstance(lines[0], dict):
        words += f": {lines[0].get('error_message', '')}"
    return words


MAX_WORDS: Final = 300
_LINE: Final = re.compile(r"'(?:readings|minutes),.*?(?:'(?=[:\s]|$)|$)", re.DOTALL)


def in_words(text: str) -> str:
    """The server's words on one line, without the lines of readings that it quotes: they hold health values."""
    return " ".join(_LINE.sub("a line", text).split())[:MAX_WORDS]


def _joined(parts: Iterable[Mapping[str, Any]]) -> list[Series]:
    """The series whole; the parts of each follow one another."""
    rows: dict[tuple[tuple[str, str], ...], tuple[Mapping[str, Any], list[Any]]] = {}
    for part in parts:
        key = tuple(sorted(part.get("tags", {}).items()))
        rows.setdefault(key, (part, []))[1].extend(part.get("values", []))
    return [
        Series(tags=first.get("tags", {}), columns=_columns(first["columns"], all_)) for first, all_ in rows.values()
    ]


def _columns(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> dict[str, tuple[Any, ...]]:
    if not rows:
        return dict.fromkeys(names, ())
    return dict(zip(names, zip(*rows, strict=True), strict=True))
