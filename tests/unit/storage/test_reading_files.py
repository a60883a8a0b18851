"""What becomes of the rows of a file: taken, left out in part, refused; and what is no file of readings."""

import gzip
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from domain.errors import ConfigurationError
from domain.readings import Occupancy, ReadingBatch, SleepStage
from storage.reading_file_sql import IN_WORDS, NOTHING, OUT_WORDS, UNKNOWN_WORDS, RowForm, Unit
from storage.reading_files import ReadingFile, reading_file

T0 = 1_768_222_800_000  # 2026-01-12T13:00:00Z
FORM = RowForm(
    belt_id="b1",
    limits={"heart_rate": (20, 250), "movement": (0, 100)},
    no_value={"heart_rate": (0, 255)},
)


@contextmanager
def opened(
    tmp_path: Path, content: str | bytes, form: RowForm = FORM, name: str = "night.csv"
) -> Iterator[ReadingFile]:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    with reading_file(path, form) as file:
        yield file


def read(tmp_path: Path, content: str | bytes, form: RowForm = FORM) -> ReadingBatch:
    with opened(tmp_path, content, form) as file:
        assert not file.reasons
        return ReadingBatch.join(file.batches())


def reasons(tmp_path: Path, content: str | bytes, form: RowForm = FORM) -> dict[str, int]:
    with opened(tmp_path, content, form) as file:
        return file.reasons


def refusal(tmp_path: Path, content: str | bytes, form: RowForm = FORM) -> str:
    with pytest.raises(ConfigurationError) as told, opened(tmp_path, content, form):
        pass
    assert str(told.value).startswith(str(tmp_path / "night.csv"))
    assert "\n" not in str(told.value)
    return str(told.value).removeprefix(f"{tmp_path / 'night.csv'}: ")


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-12T13:00:00Z",
        "2026-01-12T13:00:00.000Z",
        "2026-01-12t13:00:00z",
        "2026-01-12 21:00:00+08:00",
        "2026-01-12T21:00+0800",
        "2026-01-12T21:00:00.0000001+08",
        " 2026-01-12T13:00:00Z ",
        '"2026-01-12T13:00:00Z"',
        "1768222800",
        "1768222800.0",
        "1.7682228e9",
        "1768222800000",
        "1768222800000000",
        "1768222800000000000",
    ],
)
def test_an_instant_in_every_form(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, f"observed_at\n{text}\n").observed_at.tolist() == [T0]


@pytest.mark.parametrize(
    ("unit", "number", "at"),
    [
        (Unit.AUTO, "0", 0),
        (Unit.AUTO, "0.1", 100),
        (Unit.AUTO, "99999999999", 99_999_999_999_000),
        (Unit.AUTO, "100000000000", 100_000_000_000),
        (Unit.SECONDS, "12.345", 12_345),
        (Unit.MILLISECONDS, "12345", 12_345),
        (Unit.MICROSECONDS, "12345678", 12_346),
        (Unit.NANOSECONDS, "12345678901", 12_346),
    ],
)
def test_plain_numbers_count_what_is_said_or_what_their_size_says(
    tmp_path: Path, unit: Unit, number: str, at: int
) -> None:
    assert read(tmp_path, f"observed_at\n{number}\n", replace(FORM, unit=unit)).observed_at.tolist() == [at]


def test_instants_without_a_zone_are_read_in_the_one_that_is_given(tmp_path: Path) -> None:
    content = "observed_at\n2026-01-12 21:00:00\n2026-01-13\n2026-01-12T13:00:01Z\n"
    batch = read(tmp_path, content, replace(FORM, zone="Asia/Shanghai"))
    assert batch.observed_at.tolist() == [T0, T0 + 1_000, T0 + 3 * 3_600_000]


def test_local_hours_that_the_clocks_skip_and_repeat(tmp_path: Path) -> None:
    content = "observed_at\n2026-03-29T02:30:00\n2026-10-25T02:30:00\n"
    batch = read(tmp_path, content, replace(FORM, zone="Europe/Berlin"))
    assert batch.observed_at.tolist() == [1_774_747_800_000, 1_792_891_800_000], (
        "01:30Z, an hour later; the second time"
    )


def test_instants_without_a_zone_are_refused_where_none_is_given(tmp_path: Path) -> None:
    assert refusal(tmp_path, "observed_at\n2026-01-12T13:00:00Z\n2026-01-12 21:00:00\n") == (
        "row 3: observed_at '2026-01-12 21:00:00' has no time zone; say which one its clock showed with --zone, for "
        "example --zone Asia/Shanghai"
    )


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "missing-observed_at"),
        ("NaT", "missing-observed_at"),
        ("yesterday", "unreadable-observed_at"),
        ("infinity", "unreadable-observed_at"),
        ("inf", "unreadable-observed_at"),
        ("2026-02-30T00:00:00Z", "unreadable-observed_at"),
        ("12/01/2026 13:00", "unreadable-observed_at"),
        ("-1", "observed_at-out-of-range"),
        ("1960-01-01T00:00:00Z", "observed_at-out-of-range"),
        ("1e30", "unreadable-observed_at"),
        ("2026-01-12T13:00:01Z", "time-in-future"),
    ],
)
def test_a_row_without_a_time_that_can_be_true_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    content = f"observed_at,heart_rate\n{text},999\n1768222800,60\n"
    with opened(tmp_path, content, replace(FORM, latest_at=T0)) as file:
        assert (file.rows, file.accepted, file.refused) == (2, 1, 1)
        assert file.reasons == {reason: 1}, "counted once, whatever else is wrong with the row"
        (problem,) = file.problems()
        assert (problem.row, problem.column, problem.value, problem.refused) == (
            2,
            "observed_at",
            "" if reason.startswith("missing") else text,
            True,
        )
        assert [len(batch) for batch in file.batches()] == [1]


def test_words_for_occupancy(tmp_path: Path) -> None:
    words = [*IN_WORDS, *OUT_WORDS, *UNKNOWN_WORDS, *NOTHING, "TRUE", "Out", " YES "]
    rows = "".join(f"{n},{word}\n" for n, word in enumerate(words))
    unknown = len(UNKNOWN_WORDS) + len(NOTHING)
    assert read(tmp_path, f"observed_at,in_bed\n{rows}").in_bed.tolist() == [
        *[Occupancy.IN] * len(IN_WORDS),
        *[Occupancy.OUT] * len(OUT_WORDS),
        *[Occupancy.UNKNOWN] * unknown,
        Occupancy.IN,
        Occupancy.OUT,
        Occupancy.IN,
    ]


@pytest.mark.parametrize(
    ("text", "value", "reason"),
    [
        ("62.5", 62.5, None),
        ('"62.5"', 62.5, None),
        ("6.25e1", 62.5, None),
        ("20", 20, None),
        ("250", 250, None),
        ("", None, None),
        ("NaN", None, None),
        ("0", None, None),
        ("255", None, None),
        ("19.9", None, "heart_rate-out-of-range"),
        ("250.1", None, "heart_rate-out-of-range"),
        ("-1", None, "heart_rate-out-of-range"),
        ("inf", None, "heart_rate-out-of-range"),
        ("fast", None, "heart_rate-not-a-number"),
        ("62 bpm", None, "heart_rate-not-a-number"),
    ],
)
def test_a_value_that_cannot_be_true_costs_that_value(
    tmp_path: Path, text: str, value: float | None, reason: str | None
) -> None:
    with opened(tmp_path, f"observed_at,heart_rate,movement\n0,{text},5\n") as file:
        (batch,) = file.batches()
        assert file.reasons == ({reason: 1} if reason else {})
        assert [problem.refused for problem in file.problems()] == ([False] if reason else [])
    assert batch.movement.tolist() == [5]
    assert batch.heart_rate.tolist() == [value] if value is not None else math.isnan(batch.heart_rate[0])


def test_an_occupancy_that_cannot_be_read_is_unknown(tmp_path: Path) -> None:
    with opened(tmp_path, "observed_at,in_bed\n0,maybe\n1,2\n") as file:
        assert file.reasons == {"unreadable-in_bed": 2}
        (batch,) = file.batches()
        assert [(problem.row, problem.value, problem.why) for problem in file.problems()] == [
            (2, "maybe", "not true/false, 1/0, yes/no or in/out"),
            (3, "2", "not true/false, 1/0, yes/no or in/out"),
        ]
    assert batch.in_bed.tolist() == [Occupancy.UNKNOWN] * 2


def test_words_for_stages(tmp_path: Path) -> None:
    words = ["awake", "light", "DEEP", " rem ", "unknown", "", "NaN"]
    rows = "".join(f"{n},{word}\n" for n, word in enumerate(words))
    assert read(tmp_path, f"observed_at,sleep_stage\n{rows}").sleep_stage.tolist() == [
        SleepStage.AWAKE,
        SleepStage.LIGHT,
        SleepStage.DEEP,
        SleepStage.REM,
        *[SleepStage.UNKNOWN] * 3,
    ]


def test_a_stage_that_cannot_be_read_is_unknown(tmp_path: Path) -> None:
    with opened(tmp_path, "observed_at,sleep_stage,heart_rate\n0,dozing,61\n1,2,62\n") as file:
        assert file.reasons == {"unreadable-sleep_stage": 2}
        (batch,) = file.batches()
        assert [(problem.row, problem.column, problem.value, problem.why) for problem in file.problems()] == [
            (2, "sleep_stage", "dozing", "none of awake, light, deep, rem"),
            (3, "sleep_stage", "2", "none of awake, light, deep, rem"),
        ]
    assert batch.sleep_stage.tolist() == [SleepStage.UNKNOWN] * 2
    assert batch.heart_rate.tolist() == [61, 62]


def test_missing_columns_are_unknown_and_others_are_passed_over(tmp_path: Path) -> None:
    with opened(tmp_path, "Spo2, Observed_At ,IN_BED,note\n98,0,in,x\n") as file:
        assert file.passed_over == ("Spo2", "note")
        assert not file.names_belts
        (batch,) = file.batches()
    assert batch.in_bed.tolist() == [Occupancy.IN]
    assert math.isnan(batch.heart_rate[0])
    assert batch.sleep_stage.tolist() == [SleepStage.UNKNOWN]
    assert batch.received_at.tolist() == [0], "a file does not tell when a reading arrived"


def test_the_instant_of_arrival_is_taken_where_it_is_there(tmp_path: Path) -> None:
    content = "observed_at,received_at\n1,2\n3,\n5,later\n"
    with opened(tmp_path, content) as file:
        (batch,) = file.batches()
        assert file.reasons == {"unreadable-received_at": 1}
    assert batch.received_at.tolist() == [2_000, 3_000, 5_000]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_separators_and_line_ends(tmp_path: Path, delimiter: str, newline: str) -> None:
    remark = '"a, b; c|d\te ""f"""'
    table = (("observed_at", "note", "heart_rate"), ("0", "", "60"), ("1", remark, "61"), ("2", ' "x" ', "62"))
    rows = [delimiter.join(row) for row in table]
    assert read(tmp_path, newline.join(rows)).heart_rate.tolist() == [60, 61, 62]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gbk"])
def test_remarks_may_be_in_any_encoding(tmp_path: Path, encoding: str) -> None:
    content = "observed_at,note,in_bed\n0,夜里,in\n1,,out\n2,醒,夜\n".encode(encoding)
    with opened(tmp_path, content) as file:
        (batch,) = file.batches()
        (problem,) = file.problems()
    assert batch.in_bed.tolist() == [Occupancy.IN, Occupancy.OUT, Occupancy.UNKNOWN]
    assert (problem.row, problem.value) == (4, "夜" if encoding == "utf-8-sig" else "??")


def test_rows_are_counted_as_an_editor_counts_lines(tmp_path: Path) -> None:
    content = '\nobserved_at,heart_rate\n\n0,60\n\n1,300\n   \n2\n3,60,x\n4,"6"0\n5,"60\n6,60\n\n'
    with opened(tmp_path, content) as file:
        found = [(problem.row, problem.reason, problem.column, problem.value) for problem in file.problems()]
        (batch,) = file.batches()
        assert (file.rows, file.refused) == (7, 4)
    assert found == [
        (6, "heart_rate-out-of-range", "heart_rate", "300"),
        (8, "too-few-values", "", "2"),
        (9, "too-many-values", "", "3,60,x"),
        (10, "bad-quotes", "", '4,"6"0'),
        (11, "bad-quotes", "", '5,"60'),
    ]
    assert batch.observed_at.tolist() == [0, 1_000, 6_000], "a quotation mark left open costs one row"


def test_a_long_row_is_shown_cut(tmp_path: Path) -> None:
    with opened(tmp_path, "observed_at\n" + "x" * 5_000 + "\n") as file:
        (problem,) = file.problems()
    assert problem.value == "x" * 80 + "..."


def test_a_compressed_file_is_read_whatever_its_name(tmp_path: Path) -> None:
    assert read(tmp_path, gzip.compress(b"observed_at\n0\n1\n")).observed_at.tolist() == [0, 1_000]


def test_a_name_with_signs_of_a_pattern_is_a_name(tmp_path: Path) -> None:
    with opened(tmp_path, "observed_at\n0\n", name="night[1]*'.csv") as file:
        assert file.rows == 1


def test_belts_of_a_column_go_over_the_one_that_is_given(tmp_path: Path) -> None:
    content = "observed_at,belt,heart_rate\n1,b2,62\n0,b2,61\n0,na,60\n2,,60\n3,a/b,60\n"
    with opened(tmp_path, content) as file:
        assert file.names_belts
        assert file.belts == ("b2", "na")
        assert file.reasons == {"missing-belt": 1, "bad-belt-id": 1}
        (batch,) = file.batches()
    assert [batch.belts[n] for n in batch.belt] == ["b2", "b2", "na"]
    assert batch.heart_rate.tolist() == [61, 62, 60]


def test_readings_come_in_order_of_time_and_each_once_over_chunks(tmp_path: Path) -> None:
    rows = [(at, belt, 60 + copy) for copy in range(3) for at in (3, 1, 2) for belt in ("b2", "b1")]
    content = "observed_at,belt,heart_rate\n" + "".join(f"{at},{belt},{rate}\n" for at, belt, rate in rows)
    for size in (1, 2, 4, 5, 100):
        with opened(tmp_path, content) as file:
            chunks = list(file.chunks(size))
            assert (file.first_at, file.last_at, file.repeats) == (1_000, 3_000, 12)
        found = [pair for chunk in chunks for pair in zip(chunk["observed_at"], chunk["belt"], strict=True)]
        assert found == [(at, belt) for at in (1_000, 2_000, 3_000) for belt in (0, 1)]
        assert {rate for chunk in chunks for rate in chunk["heart_rate"]} == {60}, "the first in the file stays"


def test_a_file_with_a_header_alone_holds_nothing(tmp_path: Path) -> None:
    with opened(tmp_path, "observed_at,heart_rate\n") as file:
        assert (file.rows, file.belts, file.first_at, file.last_at) == (0, (), None, None)
        assert list(file.batches()) == []


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "the file is empty"),
        ("\n\n", "there is nothing in it but empty lines"),
        (b"\x89PNG\r\n\x1a\n\0\0\0", "neither CSV nor Parquet"),
        (b"x" * 70_000, "neither CSV nor Parquet"),
        ("observed_at\n0\n".encode("utf-16"), "the text is UTF-16; save it as CSV in UTF-8"),
        ("1768222800,60\n", "no column observed_at; the first line must name the columns, and has: 1768222800, 60"),
        ("observed_at,in_bed,IN_BED\n", "column in_bed is there 2 times"),
        (b"PAR1 and then something else PAR1", "cannot be read: "),
        (gzip.compress(b"observed_at\n" + bytes(range(256)) * 999)[:-999], "cannot be read: "),
    ],
)
def test_what_is_no_file_of_readings_is_told(tmp_path: Path, content: str | bytes, words: str) -> None:
    assert refusal(tmp_path, content).startswith(words)


def test_a_file_that_says_nothing_of_the_belt_needs_one(tmp_path: Path) -> None:
    assert refusal(tmp_path, "observed_at\n0\n", RowForm()) == (
        "no column belt; say whose readings these are with --belt"
    )


def test_a_file_that_cannot_be_opened_is_told(tmp_path: Path) -> None:
    for path, words in ((tmp_path / "none.csv", "No such file or directory"), (tmp_path, "Is a directory")):
        with pytest.raises(ConfigurationError, match=f"^{path}: {words}$"), reading_file(path, FORM):
            pass


@pytest.mark.parametrize(
    "columns",
    [
        "TIMESTAMPTZ '2026-01-12 13:00:00Z' AS observed_at, 62.1::FLOAT AS heart_rate, true AS in_bed",
        "1768222800::BIGINT AS observed_at, 62.1::DOUBLE AS heart_rate, 1::TINYINT AS in_bed",
        "1768222800000::BIGINT AS Observed_At, 62.1::DECIMAL(4, 1) AS heart_rate, 1.0::DOUBLE AS in_bed",
        "1768222800.0::DOUBLE AS observed_at, '62.1' AS heart_rate, 'In' AS in_bed, [1] AS other",
        "'2026-01-12T21:00:00+08:00' AS observed_at, 62.1::FLOAT AS heart_rate, 'yes' AS in_bed",
    ],
)
def test_parquet_with_every_kind_of_column(tmp_path: Path, columns: str) -> None:
    duckdb.sql(f"COPY (SELECT {columns}) TO '{tmp_path / 'night.parquet'}' (FORMAT parquet)")
    with reading_file(tmp_path / "night.parquet", FORM) as file:
        (batch,) = file.batches()
        assert file.reasons == {}
    assert batch.observed_at.tolist() == [T0]
    assert batch.heart_rate.tolist() == pytest.approx([62.1], abs=1e-5)
    assert batch.in_bed.tolist() == [Occupancy.IN]


def test_parquet_instants_without_a_zone_need_one(tmp_path: Path) -> None:
    path = tmp_path / "night.parquet"
    duckdb.sql(f"COPY (SELECT TIMESTAMP '2026-01-12 21:00:00' AS observed_at) TO '{path}' (FORMAT parquet)")
    words = "row 1: observed_at '2026-01-12 21:00:00' has no time zone"
    with pytest.raises(ConfigurationError, match=words), reading_file(path, FORM):
        pass
    with reading_file(path, replace(FORM, zone="Asia/Shanghai")) as file:
        assert file.first_at == T0


def test_the_check_tells_how_far_it_is(tmp_path: Path) -> None:
    path = tmp_path / "night.csv"
    path.write_text("observed_at\n0\n")
    percents: list[float] = []
    with reading_file(path, FORM, progress=percents.append):
        assert percents[-1] == 100
