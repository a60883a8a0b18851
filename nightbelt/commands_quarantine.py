"""`nightbelt quarantine`: what came and could not be read."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from domain.clock import utc
from domain.errors import ConfigurationError
from nightbelt.terminal import SettingsFile, open_records, out, print_json, settings_of
from storage.records_quarantine import RecordsQuarantine


def quarantine(
    settings_file: SettingsFile = None,
    data: Annotated[Path | None, typer.Option(help="Data directory; over the settings.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many, the newest first.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line, with the whole payload.")] = False,
) -> None:
    """List messages that could not be read as readings, and why."""
    settings = settings_of(settings_file, data)
    if not settings.records_url and not Path(settings.records_location).exists():
        raise ConfigurationError(f"data directory {settings.data_dir} holds no records; name another with --data")
    with open_records(settings) as records:
        kept = RecordsQuarantine(records)
        entries, counts = kept.entries(limit=limit), kept.counts()
    if as_json:
        for entry in entries:
            row = {
                "received_at": entry.received_at,
                "topic": entry.topic,
                "reason": entry.reason,
                "detail": entry.detail,
                "payload": entry.payload.decode("utf-8", "backslashreplace"),
            }
            print_json(row)
        return
    table = Table("received (UTC)", "topic", "reason", "detail", title=f"{sum(counts.values())} in quarantine")
    for entry in entries:
        received = utc(entry.received_at).strftime("%Y-%m-%d %H:%M:%S")
        table.add_row(received, ascii(entry.topic)[1:-1], entry.reason, entry.detail)
    out.print(table)
    for reason, count in sorted(counts.items()):
        out.print(f"{count:8} {reason}", highlight=False)
