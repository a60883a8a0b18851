"""What was exported is read back as the very same readings, to the last bit."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.readings import FLOAT_COLUMNS, Occupancy, ReadingBatch, SleepStage
from ingest.decoding import LIMITS, NO_VALUE, RATES
from storage.reading_export import ReadingExport
from storage.reading_file_sql import LATEST_MS, RowForm
from storage.reading_files import reading_file

FORM = RowForm(belt_id="b1", limits=LIMITS, no_value=dict.fromkeys(RATES, NO_VALUE))
BELTS = ("b1", "na", "0123")


def values(name: str) -> st.SearchStrategy[float]:
    low, high = LIMITS[name]
    true = st.floats(low, high, width=32).filter(lambda value: name not in RATES or value not in NO_VALUE)
    return true | st.just(float("nan"))


# numbers below 10^11 ms (before March 1973) are written as ISO 8601 all the same, so any instant may come
instants = st.integers(0, LATEST_MS)
reading = st.fixed_dictionaries(
    {"belt": st.integers(0, len(BELTS) - 1), "observed_at": instants, "received_at": instants}
    | {"in_bed": st.sampled_from([value.value for value in Occupancy])}
    | {"sleep_stage": st.sampled_from([value.value for value in SleepStage])}
    | {name: values(name) for name in FLOAT_COLUMNS}
)
batches = st.lists(reading, max_size=30, unique_by=lambda row: (row["belt"], row["observed_at"])).map(
    lambda rows: ReadingBatch.build(
        belts=BELTS,
        **{
            name: [row[name] for row in rows]
            for name in ("belt", "observed_at", "received_at", "in_bed", "sleep_stage", *FLOAT_COLUMNS)
        },
    )
)


def one_by_one(batch: ReadingBatch) -> list[tuple[str, bytes]]:
    """The readings as bytes, so that NaN is NaN and -0.0 is not 0.0."""
    columns = [column for name, column in batch.columns().items() if name != "belt"]
    return [(batch.belts[n], b"".join(column[i].tobytes() for column in columns)) for i, n in enumerate(batch.belt)]


@pytest.mark.parametrize("ending", ["csv", "csv.gz", "parquet"])
@settings(max_examples=25, deadline=None)
@given(batch=batches)
def test_what_was_exported_is_read_back(ending: str, batch: ReadingBatch) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"readings.{ending}"
        with ReadingExport(path, with_belt=True, with_received_at=True) as export:
            for n in range(len(BELTS)):
                export.add(batch.select(batch.belt == n))
            export.finish()
        with reading_file(path, FORM) as file:
            found = ReadingBatch.join(file.batches())
            assert (file.rows, file.reasons, file.repeats) == (len(batch), {}, 0)
    assert sorted(one_by_one(found)) == sorted(one_by_one(batch))


@settings(max_examples=60, deadline=None)
@given(texts=st.lists(st.text(max_size=40) | st.sampled_from(['"', ",", '""', '",', "1,2,3", '"a"b"']), max_size=20))
def test_no_text_makes_reading_fail_or_lose_count(texts: list[str]) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "any.csv"
        path.write_bytes(b"observed_at,heart_rate,in_bed\n" + "\n".join(texts).encode("utf-8", "surrogatepass"))
        with reading_file(path, RowForm(belt_id="b1", zone="UTC", limits=LIMITS)) as file:
            taken = sum(len(batch) for batch in file.batches())
            assert taken + file.repeats == file.accepted
            assert file.accepted + file.refused == file.rows
            assert sum(problem.refused for problem in file.problems()) == file.refused
