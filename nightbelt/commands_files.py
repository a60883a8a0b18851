"""Commands for files of readings: import, export, replay."""

import csv
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from api.languages import ENGLISH, Language
from api.words import reason_in_words
from domain.alarms import Alarm
from domain.clock import SystemClock, instant, utc
from domain.errors import ConfigurationError
from domain.nights import zone as known_zone
from domain.residents import checked_id
from domain.units import NEVER
from ingest.decoding import FUTURE_LIMIT_MS
from nightbelt.readings import open_noting_readings, open_readings
from nightbelt.replay import BELT_ID, Replayed
from nightbelt.replay import replay as run_replay
from nightbelt.replay_settings import ReplaySettings, read_replay_settings
from nightbelt.terminal import SettingsFile, out, print_json, settings_of
from nightbelt.transfer import Written, export_places, row_form, write_export, write_file
from storage.reading_export import MinuteExport, ReadingExport, ending_of
from storage.reading_file_sql import RowForm, Unit
from storage.reading_files import ReadingFile, reading_file

SHOWN: Final = 10
"""Problems of a file that are shown one by one, unless more are asked for."""

told = Console(stderr=True)

File = Annotated[Path, typer.Argument(help="CSV or Parquet file of readings; see docs/guides/files.md.")]
Data = Annotated[Path | None, typer.Option(help="Data directory; over the settings.")]
Zone = Annotated[str | None, typer.Option(help="Time zone (IANA name) of instants that carry none.")]
UnitOfNumbers = Annotated[
    Unit, typer.Option(help="What plain numbers in observed_at count since 1970; auto: told by their size.")
]
Show = Annotated[int, typer.Option(min=0, help="How many problems of the file to show.")]


def import_(
    file: File,
    belt: Annotated[
        str | None, typer.Option(help="Whose readings they are, where the file has no column belt.")
    ] = None,
    zone: Zone = None,
    unit: UnitOfNumbers = Unit.AUTO,
    refused: Annotated[Path | None, typer.Option(help="CSV file to write all problems to.")] = None,
    show: Show = SHOWN,
    as_json: Annotated[bool, typer.Option("--json", help="Print the counts as JSON.")] = False,
    settings_file: SettingsFile = None,
    data: Data = None,
) -> None:
    """Store the readings of a CSV or Parquet file; safe to repeat."""
    form = row_form(belt_id=_belt_id(belt), zone=_zone_name(zone), unit=unit, now=SystemClock().now())
    with open_noting_readings(settings_of(settings_file, data)) as store, _checked(file, form) as checked:
        _warn(checked, belt)
        with _progress() as progress:
            task = progress.add_task("writing", total=checked.accepted)
            written = write_file(checked, store, progress=lambda rows: progress.advance(task, rows))
        if refused is not None:
            _write_problems(checked, refused)
        if as_json:
            print_json(_counts(checked, written))
        else:
            _tell_counts(file, checked, written)
            _tell_problems(checked, show, refused)


def export(
    belt: Annotated[list[str], typer.Option(help="Belt whose readings to write; repeat for more.")],
    to_file: Annotated[
        Path, typer.Option("--out", help="File (.csv, .csv.gz, .parquet), or directory for one file per belt.")
    ],
    from_: Annotated[str | None, typer.Option("--from", help="First instant; all there is when left out.")] = None,
    to: Annotated[str | None, typer.Option(help="Instant to end before; now when left out.")] = None,
    zone: Zone = None,
    minutes: Annotated[bool, typer.Option("--minutes", help="One row a minute instead; not for import.")] = False,
    received_at: Annotated[bool, typer.Option("--received-at", help="Write when each reading arrived, too.")] = False,
    ending: Annotated[str, typer.Option("--format", help="csv, csv.gz or parquet, for a directory.")] = "csv",
    force: Annotated[bool, typer.Option("--force", help="Write over files that are there.")] = False,
    settings_file: SettingsFile = None,
    data: Data = None,
) -> None:
    """Write readings to CSV or Parquet, in the form that import reads."""
    belts = list(dict.fromkeys(checked_id("belt", belt_id) for belt_id in belt))
    now = SystemClock().now()
    span = (_moment("--from", from_, zone, 0), _moment("--to", to, zone, now + FUTURE_LIMIT_MS))
    if span[0] >= span[1]:
        raise ConfigurationError("--from must be before --to")
    places = list(export_places(to_file, belts, f".{ending}"))
    for path, _ in places:
        _check_target(path, force=force)
    with open_readings(settings_of(settings_file, data)) as store, _progress() as progress:
        task = progress.add_task("reading", total=len(belts) * (span[1] - span[0]))
        for path, of_file in places:
            with _export(path, minutes=minutes, several=len(of_file) > 1, received_at=received_at) as target:
                rows = {
                    belt_id: write_export(store, target, belt_id, span, progress=partial(progress.advance, task))
                    for belt_id in of_file
                }
                target.finish()
            for belt_id, count in rows.items():
                _say(out, f"{belt_id}: {_counted(count, 'minute' if minutes else 'reading')} to {path}")


def replay(
    file: File,
    settings_file: Annotated[
        Path | None, typer.Option("--settings", help="TOML file: time zone, night windows, limits of the rules.")
    ] = None,
    until: Annotated[str | None, typer.Option(help="Instant to end at; the file's last reading when left out.")] = None,
    zone: Zone = None,
    unit: UnitOfNumbers = Unit.AUTO,
    show: Show = SHOWN,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line for each alarm.")] = False,
) -> None:
    """Run all alarm rules over a file of readings, in event time; nothing is stored."""
    settings = ReplaySettings() if settings_file is None else read_replay_settings(settings_file)
    form = row_form(belt_id=BELT_ID, zone=_zone_name(zone), unit=unit, now=None)
    end_at = None if until is None else _moment("--until", until, zone, 0)
    with _checked(file, form) as checked:
        _warn(checked, None)
        with _progress() as progress:
            task = progress.add_task("replaying", total=checked.accepted)
            replayed = run_replay(checked, settings, until=end_at, progress=lambda rows: progress.advance(task, rows))
        _tell_problems(checked, show, None, console=told)
    _tell_running(replayed)
    if as_json:
        for alarm in replayed.alarms:
            print_json(_as_json(alarm))
    else:
        out.print(_table(replayed.alarms, ZoneInfo(settings.timezone)))


def _belt_id(belt: str | None) -> str | None:
    return None if belt is None else checked_id("belt", belt)


def _zone_name(zone: str | None) -> str | None:
    return None if zone is None else known_zone(zone).key


def _moment(option: str, text: str | None, zone: str | None, otherwise: int) -> int:
    """The instant (ms) that an option gives in ISO 8601."""
    if text is None:
        return otherwise
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigurationError(f"{option} {text!r}: not an instant such as 2026-01-12T21:00:00+08:00") from None
    if moment.tzinfo is None:
        if zone is None:
            raise ConfigurationError(f"{option} {text!r} has no time zone; write it behind, or give --zone")
        moment = moment.replace(tzinfo=known_zone(zone))
    return instant(moment)


def _check_target(path: Path, *, force: bool) -> None:
    ending_of(path)
    if path.exists() and not force:
        raise ConfigurationError(f"{path} is there already; --force writes over it")
    if not path.parent.is_dir():
        raise ConfigurationError(f"{path}: there is no directory {path.parent}")


def _say(console: Console, line: str) -> None:
    """A line as it is, however long and whatever is in it."""
    console.print(line, highlight=False, markup=False, soft_wrap=True)


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"


def _export(path: Path, *, minutes: bool, several: bool, received_at: bool) -> ReadingExport | MinuteExport:
    if minutes:
        return MinuteExport(path, with_belt=several)
    return ReadingExport(path, with_belt=several, with_received_at=received_at)


def _progress() -> Progress:
    return Progress(console=told, transient=True, disable=not told.is_terminal)


@contextmanager
def _checked(file: Path, form: RowForm) -> Iterator[ReadingFile]:
    """The file with its rows checked, with a bar while that goes on."""
    with ExitStack() as opened:
        with _progress() as progress:
            task = progress.add_task(f"checking {file.name}", total=100)
            opening = reading_file(file, form, progress=lambda percent: progress.update(task, completed=percent))
            checked = opened.enter_context(opening)
        yield checked


def _warn(file: ReadingFile, belt: str | None) -> None:
    if file.passed_over:
        _say(told, f"columns passed over: {', '.join(file.passed_over)}")
    if belt is not None and file.names_belts:
        _say(told, f"the file has a column belt, which goes over --belt {belt}")


def _counts(file: ReadingFile, written: Written) -> dict[str, Any]:
    return {
        "rows": file.rows,
        "accepted": file.accepted,
        "repeats": file.repeats,
        "written": written.readings,
        "new": written.new,
        "refused": file.refused,
        "reasons": file.reasons,
        "belts": list(file.belts),
    }


def _tell_counts(path: Path, file: ReadingFile, written: Written) -> None:
    lines = Table.grid(padding=(0, 2))
    lines.add_column(justify="right")
    lines.add_row(f"{file.rows:,}", f"rows in {path.name}")
    lines.add_row(f"{file.accepted:,}", f"accepted, of {_counted(len(file.belts), 'belt')}")
    if file.repeats:
        lines.add_row(f"{file.repeats:,}", "of them of the same belt and instant as an earlier row, and left out")
    if written.new is None:
        lines.add_row(f"{written.readings:,}", "written; the store does not tell how many were new")
    else:
        lines.add_row(f"{written.new:,}", "new in the store")
        lines.add_row(f"{written.readings - written.new:,}", "there already")
    lines.add_row(f"{file.refused:,}", "refused")
    out.print(lines)


def _tell_problems(file: ReadingFile, show: int, written_to: Path | None, console: Console = out) -> None:
    """The problems by reason, and the first few of them; nothing when there is none."""
    if not file.reasons:
        return
    counts = Table("problem", "rows", "what became of it")
    counts.columns[1].justify = "right"
    for fault in file.faults:
        if count := file.reasons.get(fault.reason):
            counts.add_row(fault.reason, f"{count:,}", "row refused" if fault.costs_row else "value left out")
    console.print(counts)
    for problem in islice(file.problems(), show):
        what = f"{problem.column} {problem.value!r}" if problem.column else repr(problem.value)
        _say(console, f"row {problem.row}: {what}: {problem.why}")
    hidden = sum(file.reasons.values()) - show
    if hidden > 0:
        where = f"all are in {written_to}" if written_to else "see them with --show, or --refused FILE of import"
        _say(console, f"and {hidden:,} more; {where}")


def _write_problems(file: ReadingFile, path: Path) -> None:
    try:
        with path.open("w", encoding="utf-8", newline="") as target:
            rows = csv.writer(target)
            rows.writerow(("row", "column", "value", "reason", "why", "refused"))
            for problem in file.problems():
                refused = "true" if problem.refused else "false"
                rows.writerow((problem.row, problem.column, problem.value, problem.reason, problem.why, refused))
    except OSError as error:
        raise ConfigurationError(f"--refused {path}: {error.strerror}") from error


def _tell_running(replayed: Replayed) -> None:
    if replayed.ended_at is not None and replayed.next_due_at != NEVER:
        _say(
            told,
            f"a limit was still running when the replay ended at {_iso(replayed.ended_at)}; "
            f"--until {_iso(replayed.next_due_at)} lets it run out",
        )


def _as_json(alarm: Alarm) -> dict[str, Any]:
    return {
        "belt": alarm.belt_id,
        "rule": alarm.rule,
        "category": alarm.category,
        "priority": alarm.priority,
        "began_at": _iso(alarm.began_at),
        "due_at": _iso(alarm.due_at),
        "raised_at": _iso(alarm.raised_at),
        "cleared_at": None if alarm.cleared_at is None else _iso(alarm.cleared_at),
        "reason": reason_in_words(alarm, _LANGUAGE),
        "reason_code": alarm.reason.code,
        "facts": dict(alarm.reason.facts),
    }


_LANGUAGE: Final = Language(ENGLISH, ENGLISH, {})


def _table(alarms: list[Alarm], zone: ZoneInfo) -> Table:
    table = Table("belt", "rule, priority", "began", "raised", "over", "reason")
    table.columns[1].no_wrap = True
    for column in table.columns[2:5]:
        column.min_width = len("21:00:00")
    table.title = f"{_counted(len(alarms), 'alarm')} (local times, {zone.key})"
    for alarm in alarms:
        moments = (alarm.began_at, alarm.raised_at, alarm.cleared_at)
        shown = ("" if at is None else utc(at).astimezone(zone).strftime("%m-%d %H:%M:%S") for at in moments)
        reason = reason_in_words(alarm, _LANGUAGE)
        table.add_row(alarm.belt_id, f"{alarm.rule}\n{alarm.priority}", *shown, reason)
    return table


def _iso(at: int) -> str:
    """ISO 8601 in UTC, to the ms."""
    return utc(at).isoformat(timespec="milliseconds").replace("+00:00", "Z")
