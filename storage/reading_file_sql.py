"""The SQL that makes checked readings of the rows of a file: what is known of a row, what is wrong with it, and why.

A row is *refused* when it cannot be said whose reading it is or of when; anything else that is wrong costs that value
only, as on the wire. What is wrong with a row is a number with one bit per `Fault`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from domain.readings import FLOAT_COLUMNS, Occupancy, SleepStage
from domain.residents import ID_PATTERN

COLUMNS: Final = ("observed_at", "belt", *FLOAT_COLUMNS, "in_bed", "received_at", "sleep_stage")
"""Every column that is looked at, by the order in which a row's texts are kept."""
LATEST_MS: Final = 253_402_300_799_999
"""The last instant of the year 9999 (ms)."""

NOTHING: Final = ("", "nan", "null", "none", "na", "n/a", "nat", "<na>", "unknown")
"""Texts that say that there is no value, in lower case."""
IN_WORDS: Final = ("true", "1", "yes", "in", "t", "y", "1.0")
OUT_WORDS: Final = ("false", "0", "no", "out", "f", "n", "0.0")
UNKNOWN_WORDS: Final = ("-1", "-1.0")
STAGES: Final = tuple(stage for stage in SleepStage if stage is not SleepStage.UNKNOWN)
_STAGE_LIST: Final = ", ".join(stage.word for stage in STAGES)


class Unit(StrEnum):
    """What a plain number in a column of instants counts, since 1970-01-01T00:00:00Z."""

    AUTO = "auto"
    SECONDS = "s"
    MILLISECONDS = "ms"
    MICROSECONDS = "us"
    NANOSECONDS = "ns"


_SCALES: Final[Mapping[Unit, float]] = {
    Unit.SECONDS: 1e3,
    Unit.MILLISECONDS: 1.0,
    Unit.MICROSECONDS: 1e-3,
    Unit.NANOSECONDS: 1e-6,
}
_AUTO_BELOW: Final = ((1e11, Unit.SECONDS), (1e14, Unit.MILLISECONDS), (1e17, Unit.MICROSECONDS))
"""Each unit's numbers between 1973 and 5138 are too large for the unit before and too small for the one after."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowForm:
    """How the rows of a file are read.

    `belt_id` is whose readings they are where the file has no column `belt`. `zone` (IANA name) is that of instants
    that carry none. `limits` are the lowest and highest true values by column, `no_value` the numbers that say "none".
    `latest_at` (ms) is the latest instant that can be true.
    """

    belt_id: str | None = None
    zone: str | None = None
    unit: Unit = Unit.AUTO
    limits: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    no_value: Mapping[str, Sequence[float]] = field(default_factory=dict)
    latest_at: int = LATEST_MS


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that can be wrong: a fixed code to count by, the column, and why in words; does it cost the row?"""

    reason: str
    column: str
    why: str
    costs_row: bool


def faults(form: RowForm) -> list[Fault]:
    """Everything that can be wrong with a row; the position is the bit."""
    rows = [
        Fault(reason=reason, column=column, why=why, costs_row=True)
        for reason, column, why in (
            (
                "bad-quotes",
                "",
                "a quotation mark is left open or stands inside a value",
            ),
            ("too-few-values", "", "fewer values than the header has columns"),
            ("too-many-values", "", "more values than the header has columns"),
            ("missing-observed_at", "observed_at", "no instant"),
            ("unreadable-observed_at", "observed_at", "neither ISO 8601 nor a number"),
            ("observed_at-without-zone", "observed_at", "no time zone"),
            ("observed_at-out-of-range", "observed_at", "not in the years 1970 to 9999"),
            ("time-in-future", "observed_at", "after the present"),
            ("missing-belt", "belt", "no belt id"),
            ("bad-belt-id", "belt", "letters, digits, '_', '.', '-' only, at most 64"),
        )
    ]
    values = [
        Fault(reason=f"{name}-not-a-number", column=name, why="not a number", costs_row=False) for name in FLOAT_COLUMNS
    ]
    values += [
        Fault(reason=f"{name}-out-of-range", column=name, why=_bounds(form, name), costs_row=False)
        for name in FLOAT_COLUMNS
    ]
    values += [
        Fault(
            reason="unreadable-in_bed", column="in_bed", why="not true/false, 1/0, yes/no or in/out", costs_row=False
        ),
        Fault(
            reason="unreadable-received_at", column="received_at", why="no instant that can be true", costs_row=False
        ),
        Fault(reason="unreadable-sleep_stage", column="sleep_stage", why=f"none of {_STAGE_LIST}", costs_row=False),
    ]
    return rows + values


def _bounds(form: RowForm, name: str) -> str:
    low, high = form.limits.get(name, (float("-inf"), float("inf")))
    return f"not in {low:g} to {high:g}"


def csv_rows(path: str, *, header_line: int, columns: Sequence[str], delimiter: str, compression: str) -> str:
    """A query for `line`, the row's texts by column, `whole` (the row's text) and `shape` (a row fault or NULL).

    The file is read by the line and each is split here: the row's number is then that of an editor, and a quotation
    mark that was left open costs one row instead of all that follow.
    """
    mark = text(delimiter)
    value = f'(?:^|{_in_pattern(delimiter)})( *"(?:[^"]|"")*" *|[^"{_in_pattern(delimiter)}]*)'
    texts = ", ".join(
        f"{_unquoted(f'f[{place}]')} AS {name}" for place, name in enumerate(columns, 1) if name in COLUMNS
    )
    return f"""
        SELECT line, l AS whole, {texts},
               CASE WHEN quoted AND list_sum(list_transform(f, lambda x: length(x))) + len(f) - 1 <> length(l)
                    THEN 'bad-quotes'
                    WHEN len(f) < {len(columns)} THEN 'too-few-values'
                    WHEN len(f) > {len(columns)} THEN 'too-many-values' END AS shape
        FROM (SELECT line, l, contains(l, '"') AS quoted,
                     CASE WHEN contains(l, '"') THEN regexp_extract_all(l, {text(value)}, 1)
                          ELSE string_split(l, {mark}) END AS f
              FROM (SELECT row_number() OVER () AS line, l
                    FROM read_csv({text(path)}, auto_detect = false, header = false, columns = {{'l': 'VARCHAR'}},
                                  delim = '\\x01', quote = '', escape = '', strict_mode = false,
                                  compression = {text(compression)}))
              WHERE line > {header_line} AND trim(l) <> '')
    """  # noqa: S608 - texts go through `text`


def parquet_rows(path: str, types: Mapping[str, str]) -> str:
    """The same for a Parquet file; `types` are its columns as the engine names their types, by their names there."""
    texts = ", ".join(
        f"{_as_text(name, kind)} AS {plain(name)}" for name, kind in types.items() if plain(name) in COLUMNS
    )
    return f"""
        SELECT file_row_number + 1 AS line, NULL::VARCHAR AS whole, {texts}, NULL AS shape
        FROM read_parquet({text(path)}, file_row_number = true)
    """  # noqa: S608 - texts go through `text`


def _as_text(name: str, kind: str) -> str:
    quoted = '"' + name.replace('"', '""') + '"'
    if kind == "TIMESTAMP WITH TIME ZONE":
        return f"strftime({quoted} AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ')"
    return f"CAST({quoted} AS VARCHAR)"


def checked(rows: str, present: Sequence[str], form: RowForm) -> str:
    """A query for the readings in the rows of `rows`, in order of time, with what is wrong with each (`wrong`).

    Refused rows have no `observed_at`. `texts` holds the texts of rows with something wrong, by `COLUMNS`.
    """
    bits = {fault.reason: 1 << bit for bit, fault in enumerate(faults(form))}
    known = ", ".join(f"{_known(name) if name in present else 'NULL::VARCHAR'} AS {name}" for name in COLUMNS)
    belt = "belt" if "belt" in present else text(form.belt_id or "")
    floats = ", ".join(f"TRY_CAST({name} AS FLOAT) AS {name}_read" for name in FLOAT_COLUMNS)
    return f"""
        WITH rows AS ({rows}),
        known AS (SELECT line, whole, shape, {known} FROM rows),
        read AS (
            SELECT *, {belt} AS belt_read, {_instant("observed_at", form)} AS at_read,
                   {_instant("received_at", form)} AS received_read, {_occupancy()} AS in_bed_read,
                   {_stage()} AS sleep_stage_read, {floats}
            FROM known
        ),
        judged AS (SELECT *, {_row_fault(bits, form)} AS row_fault FROM read)
        SELECT line,
               CASE WHEN row_fault = 0 THEN belt_read END AS belt,
               CASE WHEN row_fault = 0 THEN at_read END AS observed_at,
               CASE WHEN received_read BETWEEN 0 AND {LATEST_MS} THEN received_read ELSE at_read END AS received_at,
               coalesce(in_bed_read, {int(Occupancy.UNKNOWN)})::TINYINT AS in_bed,
               coalesce(sleep_stage_read, {int(SleepStage.UNKNOWN)})::TINYINT AS sleep_stage,
               {", ".join(f"{_value(name, form)} AS {name}" for name in FLOAT_COLUMNS)},
               CASE WHEN row_fault <> 0 THEN row_fault ELSE {_value_faults(bits, form)} END AS wrong,
               CASE WHEN wrong <> 0 THEN [whole, {", ".join(COLUMNS)}] END AS texts
        FROM judged ORDER BY observed_at NULLS FIRST, belt, line
    """  # noqa: S608 - texts go through `text`


def _known(name: str) -> str:
    """The text of a column, NULL where it says nothing. A belt may be called "na"."""
    if name == "belt":
        return "nullif(trim(belt), '')"
    return f"CASE WHEN lower(trim({name})) NOT IN {_words(NOTHING)} THEN trim({name}) END"


def _instant(name: str, form: RowForm) -> str:
    """`name` as ms; NULL where it cannot be read, and where it has no zone and none was given."""
    moment = r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?\s?(Z|[+-]\d{2}(:?\d{2})?)"
    forms = moment if form.zone is None else f"{moment}|{_NAIVE}"
    number = f"TRY_CAST({name} AS DOUBLE)"
    return f"""CASE WHEN regexp_full_match(upper({name}), {text(forms)})
                    THEN epoch_ms(TRY_CAST(upper({name}) AS TIMESTAMPTZ))
                    ELSE TRY_CAST(round({number} * {_scale(number, form.unit)}) AS BIGINT) END"""


_NAIVE: Final = r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?)?"


def _scale(number: str, unit: Unit) -> str:
    if unit is not Unit.AUTO:
        return repr(_SCALES[unit])
    steps = " ".join(f"WHEN abs({number}) < {below!r} THEN {_SCALES[step]!r}" for below, step in _AUTO_BELOW)
    return f"(CASE {steps} ELSE {_SCALES[Unit.NANOSECONDS]!r} END)"


def _occupancy() -> str:
    word = "lower(in_bed)"
    return (
        f"CASE WHEN {word} IN {_words(IN_WORDS)} THEN {int(Occupancy.IN)} "
        f"WHEN {word} IN {_words(OUT_WORDS)} THEN {int(Occupancy.OUT)} END"
    )


def _stage() -> str:
    whens = " ".join(f"WHEN {text(stage.word)} THEN {int(stage)}" for stage in STAGES)
    return f"CASE lower(sleep_stage) {whens} END"


def _row_fault(bits: Mapping[str, int], form: RowForm) -> str:
    """The first thing that costs the row, as its bit; 0 when there is none."""
    naive = f"regexp_full_match(upper(observed_at), {text(_NAIVE)})" if form.zone is None else "false"
    conditions = {
        "bad-quotes": "shape = 'bad-quotes'",
        "too-few-values": "shape = 'too-few-values'",
        "too-many-values": "shape = 'too-many-values'",
        "missing-observed_at": "observed_at IS NULL",
        "observed_at-without-zone": f"at_read IS NULL AND {naive}",
        "unreadable-observed_at": "at_read IS NULL",
        "observed_at-out-of-range": f"at_read NOT BETWEEN 0 AND {LATEST_MS}",
        "time-in-future": f"at_read > {form.latest_at}",
        "missing-belt": "belt_read IS NULL",
        "bad-belt-id": f"NOT regexp_full_match(belt_read, {text(ID_PATTERN.pattern)})",
    }
    whens = " ".join(f"WHEN {condition} THEN {bits[reason]}" for reason, condition in conditions.items())
    return f"(CASE {whens} ELSE 0 END)"


def _value(name: str, form: RowForm) -> str:
    low, high = form.limits.get(name, (float("-inf"), float("inf")))
    none = form.no_value.get(name, ())
    given = f" AND {name}_read NOT IN {_numbers(none)}" if none else ""
    return f"CASE WHEN {name}_read BETWEEN {_number(low)} AND {_number(high)}{given} THEN {name}_read ELSE {_NAN} END"


def _value_faults(bits: Mapping[str, int], form: RowForm) -> str:
    found = [
        (
            bits["unreadable-in_bed"],
            f"in_bed IS NOT NULL AND in_bed_read IS NULL AND lower(in_bed) NOT IN {_words(UNKNOWN_WORDS)}",
        ),
        (
            bits["unreadable-received_at"],
            f"received_at IS NOT NULL AND coalesce(received_read NOT BETWEEN 0 AND {LATEST_MS}, true)",
        ),
        (bits["unreadable-sleep_stage"], "sleep_stage IS NOT NULL AND sleep_stage_read IS NULL"),
    ]
    for name in FLOAT_COLUMNS:
        none = form.no_value.get(name, ())
        low, high = form.limits.get(name, (float("-inf"), float("inf")))
        beyond = f"{name}_read NOT BETWEEN {_number(low)} AND {_number(high)}"
        beyond += f" AND {name}_read NOT IN {_numbers(none)}" if none else ""
        found.append((bits[f"{name}-not-a-number"], f"{name} IS NOT NULL AND {name}_read IS NULL"))
        found.append((bits[f"{name}-out-of-range"], beyond))
    return "(" + " + ".join(f"CASE WHEN {condition} THEN {bit} ELSE 0 END" for bit, condition in found) + ")"


_NAN: Final = "'nan'::FLOAT"


def _unquoted(value: str) -> str:
    """A value without the quotation marks around it."""
    inner = f"replace(trim({value})[2:-2], '\"\"', '\"')"
    return f"CASE WHEN quoted AND starts_with(trim({value}), '\"') THEN {inner} ELSE {value} END"


def plain(name: str) -> str:
    """A column's name as it is compared."""
    return name.strip().lower()


def _words(words: Sequence[str]) -> str:
    return "(" + ", ".join(text(word) for word in words) + ")"


def _numbers(numbers: Sequence[float]) -> str:
    return "(" + ", ".join(_number(number) for number in numbers) + ")"


def _number(number: float) -> str:
    return f"'{number!r}'::FLOAT"


def _in_pattern(delimiter: str) -> str:
    return "\\t" if delimiter == "\t" else f"\\{delimiter}" if delimiter == "|" else delimiter


def text(value: str) -> str:
    """`value` as an SQL literal."""
    return "'" + value.replace("'", "''") + "'"
