"""Line protocol from columns: what InfluxDB stores of readings and of their minutes.

Built column by column, not reading by reading: most values of a batch repeat, so each is put into words once.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from domain.errors import RejectedError
from domain.readings import FLOAT_COLUMNS, ReadingBatch, SleepStage

READINGS: Final = "readings"
MINUTES: Final = "minutes"
UNASSIGNED: Final = "unassigned"
"""The centre of a belt that is not enrolled."""

_ESCAPED: Final = str.maketrans({",": r"\,", "=": r"\=", " ": r"\ "})
_IN_BED: Final = np.array(["", ",in_bed=0i", ",in_bed=1i"], dtype=object)
_STAGES: Final = np.array(
    ["" if stage is SleepStage.UNKNOWN else f",sleep_stage={stage}i" for stage in sorted(SleepStage)], dtype=object
)


def head(measurement: str, center_id: str, belt_id: str) -> str:
    """Measurement and tags of a line. RejectedError for an id that line protocol cannot carry."""
    return f"{measurement},center={_tag(center_id)},belt={_tag(belt_id)}"


def reading_lines(batch: ReadingBatch, heads: Sequence[str]) -> bytes:
    """One line per reading, time in ms; `heads` are those of `batch.belts`.

    Missing values, unknown occupancy and unknown stages are left out. Floats are the shortest that a float32 reads
    back exactly.
    """
    columns = [
        _by_value(np.array(heads, dtype=object), batch.belt),
        _each_value(" received_at={}i", batch.received_at),
        *(_floats(name, getattr(batch, name)) for name in FLOAT_COLUMNS),
        _by_value(_IN_BED, batch.in_bed + 1),
        _by_value(_STAGES, batch.sleep_stage + 1),
        map(" {}".format, batch.observed_at.tolist()),
    ]
    return "\n".join(map("".join, zip(*columns, strict=True))).encode()


def minute_lines(
    heads: Sequence[str], integers: dict[str, NDArray[np.int64]], floats: dict[str, NDArray[np.float64]], at: Any
) -> bytes:
    """One line per minute, time `at` in ms (n); NaN among the `floats` is left out."""
    names, counts = list(integers), [column.tolist() for column in integers.values()]
    first = f" {names[0]}={{}}i" + "".join(f",{name}={{}}i" for name in names[1:])
    columns = [
        heads,
        map(first.format, *counts),
        *(_floats(name, column) for name, column in floats.items()),
        map(" {}".format, at.tolist()),
    ]
    return "\n".join(map("".join, zip(*columns, strict=True))).encode()


def _tag(value: str) -> str:
    if not value or "\\" in value or not value.isprintable():
        raise RejectedError("InfluxDB", f"{value!r} cannot be a tag: it is empty or has signs that no line can carry")
    return value.translate(_ESCAPED)


def _floats(name: str, column: NDArray[Any]) -> Iterable[str]:
    missing = np.isnan(column)
    if missing.all():
        return [""] * len(column)
    values, which = np.unique(column, return_inverse=True)
    texts = [f",{name}={text}" for text in values.astype(str).tolist()]
    return _by_value(np.array([*texts, ""], dtype=object), np.where(missing, len(texts), which))


def _each_value(form: str, column: NDArray[np.int64]) -> Iterable[str]:
    values, which = np.unique(column, return_inverse=True)
    return _by_value(np.array([form.format(value) for value in values.tolist()], dtype=object), which)


def _by_value(texts: NDArray[np.object_], which: NDArray[Any]) -> list[str]:
    found: list[str] = texts[which].tolist()
    return found
