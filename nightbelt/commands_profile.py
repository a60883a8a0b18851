"""`nightbelt profile`: which device profiles there are, and what a payload becomes under one."""

import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
import typer
from rich.markup import escape
from rich.table import Table

from domain.clock import SystemClock, instant, utc
from domain.errors import ConfigurationError
from domain.readings import FLOAT_COLUMNS, Occupancy, SleepStage
from ingest.decoder import Decoder
from ingest.decoding import Decoded
from ingest.inbox import Delivery
from ingest.profiles.loading import NATIVE, SHIPPED, Profile, available, read_profile
from ingest.profiles.paths import MISSING
from ingest.profiles.reader import Shown
from ingest.profiles.values import Cell, Why, shown
from ingest.source import READINGS_FILTER
from nightbelt.settings import load_settings
from nightbelt.terminal import SettingsFile, out

REFUSED: Final = 1
"""Exit code when the profile is right and a payload was refused."""
UNTIMELY: Final = frozenset({"time-too-old", "time-in-future"})
"""Reasons that a sample from another day is refused for."""
NATIVE_TOPIC: Final = "care/center/belt/readings"

app = typer.Typer(help="Other makers' belts: list device profiles, try one on a payload.", no_args_is_help=True)


@app.command("list")
def list_profiles(settings_file: SettingsFile = None) -> None:
    """Device profiles: the shipped ones and your own."""
    settings = load_settings(settings_file)
    table = Table("profile", "on", "reads", "every")
    table.add_column("topics", overflow="fold")
    table.add_row(NATIVE, "yes", "Nightbelt's own payload", "", READINGS_FILTER)
    for name, path in sorted(available(settings.profiles_dir).items()):
        file = read_profile(path).file
        topics = "\n".join(topic.filter for topic in file.topics)
        every = f"{file.cadence_s:g} s" if file.cadence_s else ""
        reads = file.description if path.parent == SHIPPED else f"{file.description} ({path})"
        table.add_row(name, "yes" if name in settings.profiles else "", escape(reads), every, escape(topics))
    out.print(table)


@app.command()
def check(
    profile: Annotated[str, typer.Argument(metavar="FILE", help="A profile: a TOML file, or a name from the list.")],
    payload: Annotated[list[Path] | None, typer.Option(help="A message's payload; repeat for later ones.")] = None,
    topic: Annotated[str | None, typer.Option(help="Its topic; made up from the profile when left out.")] = None,
    received: Annotated[datetime | None, typer.Option(help="Instant of its arrival, UTC; now when left out.")] = None,
    settings_file: SettingsFile = None,
) -> None:
    """Look a profile over, and show field by field what payloads become; exit code 1 when one is refused."""
    chosen = None if profile == NATIVE else _chosen(profile, settings_file)
    under = _topic(chosen, topic)
    at = SystemClock().now() if received is None else instant(received.replace(tzinfo=utc(0).tzinfo))
    decoder = Decoder([chosen] if chosen is not None else [])
    messages = [Delivery(under, _read(path), at + n) for n, path in enumerate(payload or ())]
    out.print(f"profile {escape(profile)} is right; topic {escape(under)}", highlight=False)
    answers = [_native(message) if chosen is None else _foreign(decoder, message) for message in messages]
    reasons = {entry.reason for decoded in answers for entry in decoded.refused}
    if received is None and reasons & UNTIMELY:
        out.print("a sample of another day? --received 2026-01-31T22:00:00 reads it as on arrival then (UTC)")
    if reasons:
        raise typer.Exit(REFUSED)


def _chosen(profile: str, settings_file: Path | None) -> Profile:
    path = Path(profile)
    if path.suffix == ".toml" or path.is_file():
        return read_profile(path)
    paths = available(load_settings(settings_file).profiles_dir)
    if profile not in paths:
        raise ConfigurationError(f"no profile {profile}; there are {', '.join([NATIVE, *sorted(paths)])}")
    return read_profile(paths[profile])


def _topic(profile: Profile | None, topic: str | None) -> str:
    """The topic given, or one that the profile's first filter matches."""
    if profile is None:
        return topic or NATIVE_TOPIC
    filters = [known.filter for known in profile.file.topics]
    made_up = filters[0].replace("{belt}", "belt").replace("{field}", "field").replace("+", "any").replace("#", "any")
    if topic is not None and not Decoder([profile]).reads(topic):
        raise ConfigurationError(f"topic {topic}: the profile reads {', '.join(filters)}")
    return made_up if topic is None else topic


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"payload {path}: {error.strerror}") from error


def _foreign(decoder: Decoder, message: Delivery) -> Decoded:
    records: list[Shown] = []
    decoded = decoder.decode([message], show=records.append)
    for record in records:
        _print_record(record.place, record.belts, record.at, record.cells)
    _print_outcome(decoded)
    return decoded


def _native(message: Delivery) -> Decoded:
    """The same picture of a native payload, element by element where it is an array."""
    decoder = Decoder()
    try:
        root = msgspec.json.decode(message.payload)
    except (msgspec.MsgspecError, RecursionError, ValueError):
        root = None
    items = root if isinstance(root, list) else [root]
    for n, item in enumerate(items):
        alone = decoder.decode([message._replace(payload=msgspec.json.encode(item))])
        if len(alone.batch) and isinstance(item, dict):
            place = f"$[{n}]" if isinstance(root, list) else "$"
            _print_record(place, alone.batch.belts, int(alone.batch.observed_at[0]), _native_cells(item, alone))
    decoded = decoder.decode([message])
    _print_outcome(decoded)
    return decoded


def _native_cells(item: Mapping[str, Any], decoded: Decoded) -> dict[str, Cell]:
    batch = decoded.batch
    values: dict[str, Any] = {name: float(batch.columns()[name][0]) for name in FLOAT_COLUMNS}
    values["in_bed"] = None if batch.in_bed[0] == Occupancy.UNKNOWN else int(batch.in_bed[0])
    values["sleep_stage"] = None if batch.sleep_stage[0] == SleepStage.UNKNOWN else int(batch.sleep_stage[0])
    cells: dict[str, Cell] = {}
    for name, value in values.items():
        known = None if value is None or math.isnan(value) else value
        why = Why.ABSENT if name not in item else Why.SENT if known is not None else Why.NO_VALUE
        refused = known is None and any(name in entry.detail for entry in decoded.refused)
        cells[name] = Cell(item.get(name, MISSING), known, Why.REFUSED if refused else why)
    return cells


def _print_record(place: str, belts: Sequence[str], at: int, cells: Mapping[str, Cell]) -> None:
    table = Table("field", "raw", "becomes", "why", title=escape(place), title_justify="left")
    table.add_row("belt", "", escape(", ".join(belts)), "")
    table.add_row("observed_at", "", f"{utc(at):%Y-%m-%d %H:%M:%S.%f}"[:-3] + " UTC", "")
    for name, cell in cells.items():
        raw = "" if cell.raw is MISSING else escape(shown(cell.raw))
        why = cell.why if cell.problem is None else f"{cell.why}: {cell.problem.reason}"
        table.add_row(name, raw, escape(_becomes(name, cell.value)), why)
    out.print(table)


def _becomes(name: str, value: Any) -> str:
    if value is None:
        return "not known"
    if name == "in_bed":
        return "in bed" if value == Occupancy.IN else "out of bed"
    if name in {"stage", "sleep_stage"}:
        return SleepStage(value).word
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float | int) else str(value)


def _print_outcome(decoded: Decoded) -> None:
    for entry in decoded.refused:
        out.print(f"[bold]quarantined[/bold] {entry.reason}: {escape(entry.detail)}", highlight=False)
    if decoded.ignored:
        out.print("[bold]ignored[/bold]: it holds nothing that is kept, and the profile says so")
    elif not decoded.refused:
        out.print(
            f"[bold]accepted[/bold]: readings {len(decoded.batch)}, statuses {len(decoded.statuses)}", highlight=False
        )
