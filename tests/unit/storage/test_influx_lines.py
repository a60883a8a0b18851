"""Line protocol from columns, read back by a reader of its own."""

import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import RejectedError
from domain.readings import FLOAT_COLUMNS, Occupancy, ReadingBatch
from storage.influx_lines import head, minute_lines, reading_lines

T0 = 1_795_350_000_000
_FIELD = re.compile(r"([a-z_]+)=(-?[0-9.e+-]+i?)(?:,|$)")


def read_back(line: str) -> tuple[str, dict[str, str], dict[str, float | int], int]:
    """Measurement, tags, fields and time of a line, by the rules of line protocol."""
    series, fields, at = re.split(r"(?<!\\) ", line)
    measurement, *tags = re.split(r"(?<!\\),", series)
    pairs = (re.split(r"(?<!\\)=", tag) for tag in tags)
    plain = {key: re.sub(r"\\([ ,=])", r"\1", value) for key, value in pairs}
    found = _FIELD.findall(fields)
    assert "".join(f"{key}={value}," for key, value in found) == fields + ","
    values = {key: int(value[:-1]) if value.endswith("i") else float(value) for key, value in found}
    return measurement, plain, values, int(at)


def lines_of(batch: ReadingBatch) -> list[str]:
    return reading_lines(batch, [head("readings", "c1", belt) for belt in batch.belts]).decode().split("\n")


def one(**columns: Any) -> ReadingBatch:
    columns = {"received_at": T0 + 40, **columns}
    return ReadingBatch.build(belts=("b1",), belt=[0], observed_at=[T0], **columns)


def test_a_full_reading_is_one_line() -> None:
    batch = one(
        heart_rate=[62],
        breathing_rate=[14.5],
        movement=[3],
        turn_overs=[0],
        signal_quality=[90],
        in_bed=[1],
        sleep_stage=[3],
    )
    (line,) = lines_of(batch)
    assert line == (
        "readings,center=c1,belt=b1 received_at=1795350000040i,heart_rate=62.0,breathing_rate=14.5,movement=3.0,"
        "turn_overs=0.0,signal_quality=90.0,in_bed=1i,sleep_stage=3i 1795350000000"
    )


def test_missing_values_and_unknown_occupancy_are_left_out() -> None:
    assert lines_of(one()) == ["readings,center=c1,belt=b1 received_at=1795350000040i 1795350000000"]
    _, _, fields, _ = read_back(lines_of(one(heart_rate=[0], in_bed=[Occupancy.OUT], sleep_stage=[0]))[0])
    assert fields == {"received_at": T0 + 40, "heart_rate": 0.0, "in_bed": 0, "sleep_stage": 0}


def test_a_minute_is_one_line() -> None:
    lines = minute_lines(
        [head("minutes", "c1", "b1")],
        {"readings": np.array([60]), "in_bed": np.array([0])},
        {"heart_rate": np.array([61.25]), "movement": np.array([np.nan])},
        np.array([T0]),
    )
    assert lines == b"minutes,center=c1,belt=b1 readings=60i,in_bed=0i,heart_rate=61.25 1795350000000"


@pytest.mark.parametrize("belt_id", ["a b", "a,b", "a=b", "b' OR '1'='1", '"b"', "床-1"])
def test_any_printable_name_is_a_tag(belt_id: str) -> None:
    batch = ReadingBatch.build(belts=(belt_id,), belt=[0], observed_at=[T0], received_at=T0)
    (line,) = reading_lines(batch, [head("readings", "c 1", belt_id)]).decode().split("\n")
    assert read_back(line)[:2] == ("readings", {"center": "c 1", "belt": belt_id})


@pytest.mark.parametrize("belt_id", ["", "a\nb", "a\\", "a\\,b", "a\tb"])
def test_a_name_that_no_line_can_carry_is_rejected(belt_id: str) -> None:
    with pytest.raises(RejectedError, match="cannot be a tag"):
        head("readings", "c1", belt_id)


@st.composite
def batches(draw: st.DrawFn) -> ReadingBatch:
    n = draw(st.integers(1, 30))
    value = st.one_of(st.just(np.nan), st.floats(width=32, allow_nan=False, allow_infinity=False))
    columns = {name: draw(st.lists(value, min_size=n, max_size=n)) for name in FLOAT_COLUMNS}
    instants = st.integers(-(2**53), 2**53)
    return ReadingBatch.build(
        belts=("b1", "b 2", "b,3"),
        belt=draw(st.lists(st.integers(0, 2), min_size=n, max_size=n)),
        observed_at=draw(st.lists(instants, min_size=n, max_size=n)),
        received_at=draw(st.lists(instants, min_size=n, max_size=n)),
        in_bed=draw(st.lists(st.sampled_from(list(Occupancy)), min_size=n, max_size=n)),
        **columns,
    )


@given(batches())
def test_every_reading_is_read_back_exactly(batch: ReadingBatch) -> None:
    lines = lines_of(batch)
    assert len(lines) == len(batch)
    for row, line in enumerate(lines):
        measurement, tags, fields, at = read_back(line)
        assert (measurement, tags["belt"], at) == ("readings", batch.belts[batch.belt[row]], batch.observed_at[row])
        assert fields.pop("received_at") == batch.received_at[row]
        assert fields.pop("in_bed", Occupancy.UNKNOWN) == batch.in_bed[row]
        for name in FLOAT_COLUMNS:
            np.testing.assert_array_equal(np.float32(fields.pop(name, np.nan)), getattr(batch, name)[row])
        assert fields == {}
