"""The command that tells a night: figures, JSON, a page or a picture."""

import contextlib
import json
import sys
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.table import Table

from api.languages import known_tag, read_languages
from api.report_body import ReportBody
from api.report_words import figure_rows, mark_words
from domain.clock import SystemClock, instant
from domain.errors import ConfigurationError
from domain.ports import Register
from domain.residents import checked_id
from nightbelt.readings import open_readings
from nightbelt.reported import DEFAULT_ZONE, Reported, reported, whose_night
from nightbelt.settings import Settings
from nightbelt.terminal import SettingsFile, open_records, out, settings_of
from storage.records_register import RecordsRegister


def report(
    night: Annotated[str, typer.Option(help="Date on which the night begins, such as 2026-01-12.")],
    resident: Annotated[str | None, typer.Option(help="Resident whose night it is.")] = None,
    belt: Annotated[str | None, typer.Option(help="Belt whose readings to take; need not be enrolled.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The whole report as JSON, with its epochs.")] = False,
    as_html: Annotated[bool, typer.Option("--html", help="A page of its own, with its chart.")] = False,
    as_png: Annotated[bool, typer.Option("--png", help="The chart as a picture; with --out.")] = False,
    out_file: Annotated[Path | None, typer.Option("--out", help="File to write to; may be written over.")] = None,
    from_: Annotated[str | None, typer.Option("--from", help="First instant, in place of the night's hours.")] = None,
    to: Annotated[str | None, typer.Option(help="Instant to end before.")] = None,
    timezone: Annotated[
        str | None, typer.Option(help=f"Time zone (IANA name); the centre's when left out, else {DEFAULT_ZONE}.")
    ] = None,
    language: Annotated[str, typer.Option(help="en or zh.")] = "en",
    settings_file: SettingsFile = None,
    data: Annotated[Path | None, typer.Option(help="Data directory; over the settings.")] = None,
) -> None:
    """Report one night of a resident or a belt, from its readings."""
    if (resident is None) == (belt is None):
        raise ConfigurationError("name one of --resident and --belt")
    if as_json + as_html + as_png > 1:
        raise ConfigurationError("name one of --json, --html and --png")
    if as_png and out_file is None:
        raise ConfigurationError("--png: name the file with --out")
    tag = known_tag(language)
    if tag is None:
        raise ConfigurationError(f"--language {language!r}: en or zh")
    settings = settings_of(settings_file, data)
    day = _day(night)
    with _opened_register(settings) as register:
        whose = whose_night(
            register,
            day,
            resident_id=_id("resident", resident),
            belt_id=_id("belt", belt),
            timezone=timezone,
        )
        span = (_moment("--from", from_, whose.zone), _moment("--to", to, whose.zone))
        with open_readings(settings) as readings:
            told = reported(
                register,
                readings,
                whose,
                day,
                span=span,
                now=SystemClock().now(),
                maker_centers=settings.use_maker_stages,
            )
    if as_html or as_png:
        from nightbelt.report_pictures import page, picture

        words = read_languages()[tag]
        _write(out_file, page(told, words) if as_html else picture(told, words))
    elif as_json or out_file is not None:
        body = ReportBody.of(told.report, whose.zone).model_dump(mode="json")
        _write(out_file, json.dumps(body, ensure_ascii=False).encode() + b"\n")
    else:
        _show(told, tag)


@contextlib.contextmanager
def _opened_register(settings: Settings) -> Iterator[Register | None]:
    """None where no records were ever made: recordings can be imported and reported without any."""
    if not settings.records_url and not Path(settings.records_location).exists():
        yield None
        return
    with open_records(settings) as records:
        yield RecordsRegister(records)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ConfigurationError(f"--night {text!r}: not a date such as 2026-01-12") from None


def _id(kind: str, value: str | None) -> str | None:
    return None if value is None else checked_id(kind, value)


def _moment(option: str, text: str | None, zone: ZoneInfo) -> int | None:
    """The instant (ms) that an option gives in ISO 8601; local where it carries no zone."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigurationError(f"{option} {text!r}: not an instant such as 2026-01-12T21:00:00") from None
    return instant(moment if moment.tzinfo else moment.replace(tzinfo=zone))


def _write(path: Path | None, content: bytes) -> None:
    if path is None:
        sys.stdout.buffer.write(content)
        return
    try:
        path.write_bytes(content)
    except OSError as error:
        raise ConfigurationError(f"--out {path}: {error.strerror}") from error


def _show(told: Reported, tag: str) -> None:
    language = read_languages()[tag]
    report, zone = told.report, told.hours.zone
    table = Table(show_header=False, title=f"{told.whose.name}, {language.long_day(report.night)} ({zone.key})")
    for label, figure, remark in figure_rows(report, language, zone):
        table.add_row(label, figure, remark)
    out.print(table)
    for words in mark_words(report, language):
        out.print(words, highlight=False, markup=False)
