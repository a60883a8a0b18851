"""The command that tells how good the alarms of a centre were."""

from datetime import date
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.table import Table
from rich.text import Text

from alerts.quality import Figures, Quality
from alerts.quality_findings import findings
from alerts.shares import ENOUGH, Lengths, Share
from api.languages import ENGLISH, Language, read_languages
from api.quality import MAX_NIGHTS, NIGHTS, Books, asked_nights, measured
from api.quality_body import QualityBody
from api.quality_words import (
    NOTHING,
    Beds,
    FindingWords,
    finding_words,
    length_words,
    rate_words,
    share_words,
    shift_words,
)
from api.words import RULES
from domain.clock import SystemClock
from domain.errors import ConfigurationError
from domain.nights import zone
from domain.ports import Register
from domain.residents import Center
from nightbelt.terminal import SettingsFile, open_records, out, print_json, settings_of
from storage.records_alarm_book import RecordsAlarmBook
from storage.records_register import RecordsRegister
from storage.records_rosters import RecordsRosters
from storage.records_rounds import RecordsRounds


def quality(
    center: Annotated[str | None, typer.Option(help="Centre id; may be left out where there is one.")] = None,
    from_: Annotated[str | None, typer.Option("--from", help="First night, such as 2026-01-12.")] = None,
    to: Annotated[str | None, typer.Option(help="Last night; the latest that is over when left out.")] = None,
    days: Annotated[int, typer.Option(min=1, max=MAX_NIGHTS, help="How many nights, without --from.")] = NIGHTS,
    as_json: Annotated[bool, typer.Option("--json", help="Everything, as JSON.")] = False,
    settings_file: SettingsFile = None,
    data: Annotated[Path | None, typer.Option(help="Data directory; over the settings.")] = None,
) -> None:
    """Tell how good the alarms were, by the outcomes that people gave."""
    settings = settings_of(settings_file, data)
    if not settings.records_url and not Path(settings.records_location).exists():
        raise ConfigurationError(f"data directory {settings.data_dir} holds no records; name another with --data")
    first, last, now = _night("--from", from_), _night("--to", to), SystemClock().now()
    with open_records(settings) as records:
        register = RecordsRegister(records)
        where = _center(register, center, now)
        tz = zone(where.timezone)
        nights = asked_nights(tz, now, days=days, first=first, last=last)
        books = Books(
            register=register,
            alarms=RecordsAlarmBook(records),
            rosters=RecordsRosters(records),
            rounds=RecordsRounds(records),
        )
        told, _ = measured(books, where, nights, now=now)
        beds = Beds.of(place for place in register.places(now) if place.center == where)
    found = findings(told)
    if as_json:
        print_json(QualityBody.of(where.center_id, told, found).model_dump(mode="json"))
        return
    english = read_languages()[ENGLISH]
    _show(where, tz, told, english)
    for one in found:
        _say(finding_words(one, beds, english))


def _center(register: Register, wanted: str | None, now: int) -> Center:
    """The centre that is meant. ConfigurationError names those that there are."""
    centers = {place.center.center_id: place.center for place in register.places(now)}
    if wanted is None and len(centers) == 1:
        return next(iter(centers.values()))
    if wanted in centers:
        return centers[wanted]
    known = ", ".join(sorted(centers)) or "none is enrolled"
    raise ConfigurationError(f"--center {wanted or ''}: name one of the centres ({known})")


def _night(option: str, text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ConfigurationError(f"{option} {text!r}: not a date such as 2026-01-12") from None


def _show(where: Center, tz: ZoneInfo, told: Quality, english: Language) -> None:
    table = _table("rule", f"{where.name}: nights of {told.first} to {told.last} ({tz.key})")
    table.caption = f"shares in percent from {ENOUGH} cases on; taken: half, and 9 of 10, within"
    for one in told.by_rule:
        table.add_row(english.say(RULES[one.rule]), *_cells(one.figures, english))
    table.add_section()
    table.add_row("all", *_cells(told.all, english))
    out.print(table)
    if told.by_shift:
        out.print(_shifts(told, english))
    rates = (("alarms", told.told), ("nuisance alarms", told.nuisance), ("no help needed", told.not_needed))
    for name, rate in rates:
        value, made_of = rate_words(rate, english)
        out.print(f"{name} per bed-night: {value} ({made_of})", highlight=False)
    rounds = told.rounds
    if rounds.done.of:
        value, made_of = share_words(rounds.done, english, of_outcomes=False)
        left = f"{rounds.partial} in part, {rounds.missing} missing"
        out.print(f"planned rounds done: {value} ({'; '.join(filter(None, (made_of, left)))})", highlight=False)


def _table(of: str, title: str, *more: str) -> Table:
    table = Table(title=title)
    for heading in (of, "alarms", "right", "helpful", "no outcome", "taken", "nobody", "late", *more):
        first = heading == of
        table.add_column(heading, justify="left" if first else "right", no_wrap=first)
    return table


def _shifts(told: Quality, english: Language) -> Table:
    """Alarms by the shift in which they were raised."""
    table = _table("shift", "by shift, as the roster has them now", "nuisance per bed-night")
    for one in told.by_shift:
        nuisance, _ = rate_words(one.nuisance, english)
        table.add_row(Text(shift_words(one.shift, english)), *_cells(one.figures, english), nuisance)
    return table


def _cells(figures: Figures, english: Language) -> list[str]:
    before = (figures.right, figures.helpful, figures.without_outcome)
    after = (figures.unanswered, figures.late)
    return [
        str(figures.told),
        *(_cell(share, english) for share in before),
        _taken(figures.response, english),
        *(_cell(share, english) for share in after),
    ]


def _cell(share: Share, english: Language) -> str:
    if not share.of:
        return NOTHING
    made_of = f"{share.count}/{share.of}"
    return f"{made_of}\n{english.percent(share.value)}" if share.enough and share.value is not None else made_of


def _taken(lengths: Lengths, english: Language) -> str:
    if lengths.p50_ms is None or lengths.p90_ms is None:
        return NOTHING
    return f"{length_words(lengths.p50_ms, english)}\n{length_words(lengths.p90_ms, english)}"


def _say(words: FindingWords) -> None:
    beds = ", ".join(f"{source.bed} ({source.count})" for source in words.sources)
    out.print(f"- {words.what} {words.advice} {beds}".rstrip(), highlight=False, markup=False)
