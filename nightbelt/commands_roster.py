"""`nightbelt roster`: shifts and who has which post on them, from a file.

center = "c01"

[[shifts]]
id = "night"
name = "Night"
start = "22:00"
end = "06:30"
[shifts.every_day]
a = "wang"
b = "li"
lead = "lin"
[shifts.saturday]
a = "zhao"

Posts have logins; a weekday's table goes over `every_day` post by post, "" leaves a post empty.
"""

import tomllib
from collections.abc import Callable
from datetime import time
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
import typer

from domain.errors import ConfigurationError
from domain.people import Person, Right
from domain.residents import checked_id
from domain.roster import Duty, Post, Shift
from nightbelt.settings import load_settings
from nightbelt.terminal import SettingsFile, open_records, out
from storage.records_people import RecordsPeople
from storage.records_rosters import RecordsRosters

WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
Posts = dict[Post, str]
FindPerson = Callable[[str], Person | None]


class _Shift(msgspec.Struct, forbid_unknown_fields=True):
    id: str
    name: str
    start: str
    end: str
    every_day: Posts = {}
    monday: Posts = {}
    tuesday: Posts = {}
    wednesday: Posts = {}
    thursday: Posts = {}
    friday: Posts = {}
    saturday: Posts = {}
    sunday: Posts = {}


class _File(msgspec.Struct, forbid_unknown_fields=True):
    center: str
    shifts: list[_Shift]


def roster(
    file: Annotated[Path, typer.Argument(help="Roster file (TOML); see docs/guides/roster.md.")],
    settings_file: SettingsFile = None,
) -> None:
    """Say who is on duty when, as a roster file says; swaps made in the pages stay."""
    with open_records(load_settings(settings_file)) as records:
        center_id, shifts, duties = read_roster_file(file, RecordsPeople(records).by_login)
        RecordsRosters(records).plan(center_id, shifts, duties)
    out.print(f"{center_id}: {len(shifts)} shifts, {len(duties)} posts a week")


def read_roster_file(path: Path, find: FindPerson) -> tuple[str, list[Shift], list[Duty]]:
    """The centre, its shifts and duties. ConfigurationError names the file and the key."""
    try:
        raw: Any = tomllib.loads(path.read_text(encoding="utf-8"))
        file = msgspec.convert(raw, _File)
    except OSError as error:
        raise ConfigurationError(f"roster file {path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise ConfigurationError(f"roster file {path}: {error}") from error
    shifts: list[Shift] = []
    duties: list[Duty] = []
    for number, given in enumerate(file.shifts):
        try:
            shift = _shift(given)
            duties += _duties(given, file.center, find)
        except (ConfigurationError, ValueError) as error:
            raise ConfigurationError(f"roster file {path}: $.shifts[{number}]: {error}") from error
        if shift.shift_id in {other.shift_id for other in shifts}:
            raise ConfigurationError(f"roster file {path}: $.shifts[{number}]: shift {given.id!r} is there twice")
        shifts.append(shift)
    return checked_id("center", file.center), shifts, duties


def _shift(given: _Shift) -> Shift:
    return Shift(
        shift_id=checked_id("shift", given.id),
        name=given.name,
        start=time.fromisoformat(given.start),
        end=time.fromisoformat(given.end),
    )


def _duties(given: _Shift, center_id: str, find: FindPerson) -> list[Duty]:
    found = []
    for weekday, name in enumerate(WEEKDAYS):
        posts: Posts = {**given.every_day, **getattr(given, name)}
        for post, login in posts.items():
            if login:
                person_id = _carer(login, center_id, find).person_id
                found.append(Duty(shift_id=given.id, weekday=weekday, post=post, person_id=person_id))
    return found


def _carer(login: str, center_id: str, find: FindPerson) -> Person:
    person = find(login)
    if person is None:
        raise ConfigurationError(f"nobody has the login {login!r}; add them with `nightbelt person`")
    if person.center_id != center_id or not person.may(Right.HANDLE_ALARMS):
        raise ConfigurationError(f"{login!r} handles no alarms in centre {center_id!r}")
    return person
