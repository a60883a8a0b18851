"""Recordings made by hand, replayed from a file."""

from collections.abc import Iterable
from pathlib import Path

from domain.readings import ReadingBatch
from nightbelt.replay import BELT_ID, Replayed, replay
from nightbelt.replay_settings import ReplaySettings
from nightbelt.transfer import row_form
from storage.reading_export import ReadingExport
from storage.reading_file_sql import Unit
from storage.reading_files import CHUNK_ROWS, reading_file

T0 = 1_768_222_800_000
"""2026-01-12T13:00:00Z: 21:00 in Shanghai, where the night window opens."""
MINUTE = 60_000

Row = tuple[float, str]
"""Seconds after `T0`, and what `in_bed` says."""


def stretch(from_s: float, to_s: float, in_bed: str, every_s: float = 10) -> list[Row]:
    """Readings every so often in [`from_s`, `to_s`)."""
    count = round((to_s - from_s) / every_s)
    return [(from_s + n * every_s, in_bed) for n in range(count)]


def replayed(
    folder: Path, rows: Iterable[Row], settings: ReplaySettings | None = None, *, until: int | None = None
) -> Replayed:
    """Replay rows of one belt."""
    path = folder / "night.csv"
    lines = (f"{T0 + round(at_s * 1_000)},{in_bed}\n" for at_s, in_bed in rows)
    path.write_text("observed_at,in_bed\n" + "".join(lines))
    return replay_file(path, settings or ReplaySettings(), until=until)


def replay_file(
    path: Path, settings: ReplaySettings, *, until: int | None = None, chunk_rows: int = CHUNK_ROWS
) -> Replayed:
    form = row_form(belt_id=BELT_ID, zone=None, unit=Unit.AUTO, now=None)
    with reading_file(path, form) as file:
        return replay(file, settings, until=until, chunk_rows=chunk_rows)


def write(path: Path, batches: Iterable[ReadingBatch]) -> None:
    """Readings of several belts to a file."""
    with ReadingExport(path, with_belt=True) as export:
        for batch in batches:
            for n in range(len(batch.belts)):
                export.add(batch.select(batch.belt == n))
        export.finish()
