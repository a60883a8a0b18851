"""`nightbelt enroll`: a centre as its file says."""

from pathlib import Path
from typing import Annotated

import typer

from domain.clock import SystemClock
from nightbelt.center_file import read_center_file
from nightbelt.settings import load_settings
from nightbelt.terminal import SettingsFile, open_records, out
from storage.records_register import RecordsRegister


def enroll(
    file: Annotated[Path, typer.Argument(help="Centre file (TOML); see docs/guides/enroll.md.")],
    settings_file: SettingsFile = None,
) -> None:
    """Make rooms, beds, belts and residents known, as a centre file says; safe to repeat."""
    center, entries = read_center_file(file)
    with open_records(load_settings(settings_file)) as records:
        RecordsRegister(records).enroll(center, entries, SystemClock().now())
    out.print(f"{center.center_id}: {len(entries)} beds enrolled")
