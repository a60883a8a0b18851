"""Readings from files to the store and back, without a terminal."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from domain.ports import ReadingsStore
from domain.units import DAY_MS
from ingest.decoding import FUTURE_LIMIT_MS, LIMITS, NO_VALUE, RATES
from storage.reading_export import MinuteExport, ReadingExport
from storage.reading_file_sql import LATEST_MS, RowForm, Unit
from storage.reading_files import ReadingFile

LOOK_DAYS: Final = 64
"""How many days are looked at once for the next reading; by the minute, so that it needs little memory."""


def row_form(*, belt_id: str | None, zone: str | None, unit: Unit, now: int | None) -> RowForm:
    """Rows judged as the wire judges readings, but for their age; without `now` (ms) the future may be in them too."""
    return RowForm(
        belt_id=belt_id,
        zone=zone,
        unit=unit,
        limits=LIMITS,
        no_value=dict.fromkeys(RATES, NO_VALUE),
        latest_at=LATEST_MS if now is None else now + FUTURE_LIMIT_MS,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What became of a file's readings: how many were handed to the store, and how many of them were new there.

    `new` is None where the store cannot tell.
    """

    readings: int
    new: int | None


def write_file(file: ReadingFile, store: ReadingsStore, *, progress: Callable[[int], None]) -> Written:
    """Write all readings of the file, in order of time; `progress` is told of each step how many came.

    Any error of the store: what was written stays, and to repeat it all writes nothing twice.
    """
    readings, new = 0, 0
    counted = True
    for batch in file.batches():
        found = store.write(batch)
        counted = counted and found is not None
        readings, new = readings + len(batch), new + (found or 0)
        progress(len(batch))
    return Written(readings=readings, new=new if counted else None)


def write_export(
    store: ReadingsStore,
    export: ReadingExport | MinuteExport,
    belt_id: str,
    span: tuple[int, int],
    *,
    progress: Callable[[int], None],
) -> int:
    """Hand the belt's readings in [start, end) (ms) to the export; returns the rows. `progress` is told the ms gone."""
    before = export.rows
    at, end_at = span
    while (found_at := _first_from(store, belt_id, at, end_at)) < end_at:
        progress(found_at - at)
        at, found = found_at, True
        while found and at < end_at:
            until = min((at // DAY_MS + 1) * DAY_MS, end_at)
            found = _add(store, export, belt_id, at, until)
            progress(until - at)
            at = until
    progress(end_at - at)
    return export.rows - before


def _first_from(store: ReadingsStore, belt_id: str, at: int, end_at: int) -> int:
    """The minute of the belt's first reading in [`at`, `end_at`), or `at` when that is later; `end_at` without any."""
    while at < end_at:
        until = min((at // DAY_MS + LOOK_DAYS) * DAY_MS, end_at)
        minute_at = store.minutes(belt_id, at, until).minute_at
        if len(minute_at):
            return max(at, int(minute_at[0]))
        at = until
    return end_at


def _add(store: ReadingsStore, export: ReadingExport | MinuteExport, belt_id: str, start_at: int, end_at: int) -> bool:
    before = export.rows
    if isinstance(export, MinuteExport):
        export.add(belt_id, store.minutes(belt_id, start_at, end_at))
    else:
        export.add(store.read(belt_id, start_at, end_at))
    return export.rows > before


def export_places(out: Path, belts: list[str], ending: str) -> Iterator[tuple[Path, list[str]]]:
    """Which file holds which belts: one file for all, or in a directory one for each."""
    if not out.is_dir():
        yield out, belts
        return
    for belt_id in belts:
        yield out / f"{belt_id}{ending}", [belt_id]
