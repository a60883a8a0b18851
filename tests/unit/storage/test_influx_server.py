"""What the client's errors mean, how often a write is tried, and what is asked for."""

import gzip
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from influxdb_client.rest import ApiException
from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.exceptions import HTTPError, NewConnectionError, ProtocolError, ReadTimeoutError

from domain.errors import ConfigurationError, RejectedError, UnavailableError
from domain.units import LONG_AGO, NEVER
from storage.influx_server import InfluxServer, in_words, named, passing, quoted, rejection, span_ns, told

CONFLICT = (
    '{"error":"partial write: field type conflict: input field \\"heart_rate\\" on measurement \\"readings\\" is type '
    'float, already exists as type integer dropped=1"}'
)
UNPARSED = '{"error":"unable to parse \'readings,center=c1,belt=b1 received_at=1i,heart_rate=191 7\': bad timestamp"}'
OF_3_CORE = (
    '{"error":"partial write of line protocol occurred","data":[{"original_line":"readings,belt=b1 heart_rate=191 7",'
    '"line_number":1,"error_message":"invalid column type for column \'heart_rate\'"}]}'
)


class Answer:
    """What the client makes an ApiException of."""

    def __init__(self, status: int, body: str, headers: Mapping[str, str]) -> None:
        self.status, self.reason, self.data = status, "", body
        self._headers = headers

    def getheaders(self) -> Mapping[str, str]:
        return self._headers

    def getheader(self, name: str, default: str | None = None) -> str | None:
        return self._headers.get(name, default)


def answered(status: int, body: str = "", headers: Mapping[str, str] | None = None) -> ApiException:
    return ApiException(http_resp=Answer(status, body, headers or {}))


def refused() -> HTTPError:
    return NewConnectionError(HTTPConnection("127.0.0.1"), "refused")


def timed_out() -> HTTPError:
    return ReadTimeoutError(HTTPConnectionPool("127.0.0.1"), "/api/v2/write", "read timed out")


@pytest.mark.parametrize(
    ("status", "body", "headers"),
    [
        (400, CONFLICT, {}),
        (400, UNPARSED, {}),
        (400, OF_3_CORE, {}),
        (400, "", {"X-Influxdb-Version": "1.8.10", "X-Influxdb-Error": "bad"}),
        (400, '{"error":"partial write: points beyond retention policy dropped=3"}', {}),
        (422, '{"code":"unprocessable entity","message":"failure writing points to database"}', {}),
        (413, "<html>too large</html>", {}),
    ],
)
def test_a_verdict_on_the_lines_is_a_rejection(status: int, body: str, headers: Mapping[str, str]) -> None:
    error = rejection(answered(status, body, headers))
    assert error is not None
    assert not error.retryable
    assert f"({status})" in str(error)


@pytest.mark.parametrize(
    "error",
    [
        *(answered(status, '{"message":"no"}') for status in (301, 401, 403, 404, 429, 500, 502, 503)),
        answered(400, "<html>Bad Request</html>"),
        answered(400, '{"error":"database is required"}'),
        answered(400, '{"code":"invalid","message":"bucket name is required"}'),
        refused(),
        timed_out(),
        ProtocolError("Connection aborted."),
    ],
    ids=str,
)
def test_everything_else_is_no_verdict_on_them(error: Exception) -> None:
    assert rejection(error) is None
    assert told(error).retryable


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            answered(401, '{"code":"unauthorized","message":"unauthorized access"}'),
            r"token is not accepted.*influx_token",
        ),
        (answered(403, '{"error":"forbidden"}'), r"needs read and write on both buckets \(403\)|needs read and write"),
        (answered(404, '{"error":"database not found: \\"x\\""}'), r'nightbelt setup influx.*database not found: "x"'),
        (answered(502), "answered 502$"),
        (refused(), "cannot be reached"),
        (timed_out(), "no answer in time"),
    ],
)
def test_an_error_says_what_to_do(error: Exception, words: str) -> None:
    with pytest.raises(UnavailableError, match=words):
        raise told(error)


@pytest.mark.parametrize("body", [UNPARSED, OF_3_CORE])
def test_words_hold_no_health_values(body: str) -> None:
    error = rejection(answered(400, body))
    assert error is not None
    assert "191" not in str(error)
    assert error.detail


def test_a_quoted_line_that_was_cut_short_is_left_out_as_well() -> None:
    assert in_words("unable to parse 'readings,belt=b1 heart_rate=191") == "unable to parse a line"


def test_words_are_one_short_line() -> None:
    assert in_words("a\n  b" + "c" * 999) == "a b" + "c" * 297


@pytest.mark.parametrize(
    ("error", "again"),
    [
        (answered(429), True),
        (answered(500), True),
        (answered(503), True),
        (refused(), True),
        (ProtocolError("Connection aborted."), True),
        (timed_out(), False),
        (answered(400), False),
        (answered(401), False),
        (answered(404), False),
    ],
)
def test_what_may_pass_in_a_moment(error: Exception, again: bool) -> None:
    assert passing(error) is again


class Attempts(InfluxServer):
    """A server whose answers are told beforehand and whose pauses take no time."""

    def __init__(self, *answers: Exception | None, attempt_s: float = 0.01, write_timeout_s: float = 2.0) -> None:
        self.now, self.bodies, self.timeouts = 0.0, list[bytes](), list[float]()
        self._answers: Iterator[Exception | None] = iter(answers)
        self._attempt_s = attempt_s
        super().__init__(
            url="http://127.0.0.1:1",
            token="t",
            org="o",
            write_timeout_s=write_timeout_s,
            seconds=lambda: self.now,
            pause=self._wait,
        )

    def _wait(self, length_s: float) -> None:
        self.now += length_s

    def _post(self, bucket: str, body: bytes, timeout_s: float) -> None:
        self.bodies.append(body)
        self.timeouts.append(timeout_s)
        self.now += self._attempt_s
        if (error := next(self._answers)) is not None:
            raise error


def test_a_write_is_tried_again_and_then_done() -> None:
    server = Attempts(answered(503), refused(), None)
    server.write("b", b"m x=1 1")
    assert [gzip.decompress(body) for body in server.bodies] == [b"m x=1 1"] * 3
    assert 0.125 <= server.now <= 0.28  # two pauses, each at least half of its longest


def test_a_write_gives_up_after_four_attempts() -> None:
    server = Attempts(*[answered(503)] * 9)
    with pytest.raises(UnavailableError, match="answered 503"):
        server.write("b", b"m x=1 1")
    assert len(server.bodies) == 4


def test_a_write_never_takes_longer_than_it_may() -> None:
    server = Attempts(*[answered(503)] * 9, attempt_s=0.45, write_timeout_s=1.0)
    with pytest.raises(UnavailableError):
        server.write("b", b"m x=1 1")
    assert server.now <= 1.0
    assert server.timeouts == sorted(server.timeouts, reverse=True)
    assert server.timeouts[0] == 1.0


@pytest.mark.parametrize("error", [answered(400, CONFLICT), answered(401), timed_out()], ids=["400", "401", "time-out"])
def test_a_write_that_will_not_pass_is_not_tried_again(error: Exception) -> None:
    server = Attempts(error, None)
    with pytest.raises((RejectedError, UnavailableError)):
        server.write("b", b"m x=1 1")
    assert len(server.bodies) == 1


@pytest.mark.parametrize("url", ["", "influx:8086", "ftp://x", "http://"])
def test_an_address_that_is_none_is_a_mistake(url: str) -> None:
    with pytest.raises(ConfigurationError, match="influx_url"):
        InfluxServer(url=url, token="", org="o")


def test_names_and_strings_are_quoted() -> None:
    assert quoted("b' OR '1'='1\\\n") == r"'b\' OR \'1\'=\'1\\\n'"
    assert named('a"b\\') == r'"a\"b\\"'


def test_a_span_stays_inside_the_times_that_influx_knows() -> None:
    assert span_ns(1, 2) == "time >= 1000000 AND time < 2000000"
    assert span_ns(LONG_AGO, NEVER) == f"time >= {-(2**63) + 2} AND time < {2**63 - 2}"


class Told(InfluxServer):
    """Answers what it is given."""

    def __init__(self, answer: Any) -> None:
        super().__init__(url="http://127.0.0.1:1", token="", org="o")
        self._answer = answer

    def call(
        self, method: str, path: str, parameters: list[tuple[str, str]] | None = None, body: Any = None
    ) -> tuple[Any, Mapping[str, str]]:
        return self._answer, {}


def test_chunks_of_a_series_are_joined() -> None:
    chunk = '{"results":[{"series":[{"name":"m","tags":{"belt":"%s"},"columns":["time","x"],"values":[[%d,%d]]}]}]}'
    found = Told("\n".join(chunk % part for part in (("a", 1, 5), ("a", 2, 6), ("b", 1, 7)))).select("d", "x", "m", "")
    assert [(one.tags, dict(one.columns)) for one in found] == [
        ({"belt": "a"}, {"time": (1, 2), "x": (5, 6)}),
        ({"belt": "b"}, {"time": (1,), "x": (7,)}),
    ]


@pytest.mark.parametrize("answer", ["<html>hello</html>", {"ok": 1}, None, ["x"], '{"results": 1}\n{'])
def test_an_answer_that_is_no_influxql_says_so(answer: Any) -> None:
    with pytest.raises(UnavailableError, match="is influx_url right"):
        Told(answer).select("d", "x", "m", "")


def test_an_error_in_a_later_chunk_is_an_error() -> None:
    with pytest.raises(UnavailableError, match="timeout"):
        Told('{"results":[{"series":[]}]}\n{"results":[{"error":"timeout"}]}').select("d", "x", "m", "")
