"""The stand-in for Grafana's interpolation does what Grafana's documentation says, and refuses the rest."""

import pytest

from tests.grafana import NotGrafanasError, View, influxql, sql, variables_in

VIEW = View(
    from_at=1_700_000_000_123,
    to_at=1_700_003_600_456,
    interval="5m",
    values={"center": "c01", "room": ["r1", "o'r2"], "belt": "b.1"},
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a = ${center:sqlstring}", "a = 'c01'"),
        ("a IN (${room:sqlstring})", "a IN ('r1','o''r2')"),
        ("$center ${center} ${center:raw}", "c01 c01 c01"),
        ("a >= $__unixEpochFrom() * 1000::bigint", "a >= 1700000000 * 1000::bigint"),
        ("a <= $__unixEpochTo()", "a <= 1700003600"),
        ("$__unixEpochGroupAlias(at / 1000, $__interval, 0)", 'floor((at / 1000)/300)*300 AS "time"'),
        ("$__unixEpochGroup(at, '1h')", "floor((at)/3600)*3600"),
        ("${__from} ${__to:raw} $__interval_ms", "1700000000123 1700003600456 300000"),
    ],
)
def test_sql(text: str, expected: str) -> None:
    assert sql(text, VIEW) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("WHERE $timeFilter", "WHERE time >= 1700000000123ms and time <= 1700003600456ms"),
        ("\"belt\" = '${belt:raw}' GROUP BY time($__interval)", "\"belt\" = 'b.1' GROUP BY time(5m)"),
        ("sum(x) * 60000 / $__interval_ms", "sum(x) * 60000 / 300000"),
    ],
)
def test_influxql(text: str, expected: str) -> None:
    assert influxql(text, VIEW) == expected


@pytest.mark.parametrize(
    "text",
    [
        "${resident:sqlstring}",
        "$timeFilter",
        "$__timeFilter(at)",
        "$__unixEpochFrom(at)",
        "$__unixEpochGroup(at)",
        "$__unixEpochGroup(at, soon)",
        "$__unixEpochGroup(at, 1h, previous)",
        "${room:raw}",
        "${room:csv}",
        "cost: $",
    ],
)
def test_what_is_not_known_is_refused(text: str) -> None:
    with pytest.raises(NotGrafanasError):
        sql(text, VIEW)


def test_variables_in_a_text() -> None:
    assert variables_in("${a:raw} $b ${__to} $timeFilter $__f(c)") == {"a", "b"}
