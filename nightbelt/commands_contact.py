"""`nightbelt contact`: the ways to reach people and centres. Addresses are never printed."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

import typer
from rich.table import Table

from api.languages import known_tag
from api.reach import new_contact_id
from domain.contacts import ContactPoint, WayKind
from domain.errors import ConfigurationError, UnavailableError
from domain.people import Person
from domain.residents import checked_id
from nightbelt.channels.by_apprise import checked_address
from nightbelt.settings import Settings, load_settings
from nightbelt.terminal import SettingsFile, open_records, out
from storage.records_contacts import RecordsContacts
from storage.records_people import RecordsPeople

contact_app = typer.Typer(help="Ways to reach people and centres outside the pages.", no_args_is_help=True)

Login = Annotated[str | None, typer.Argument(help="Login name of the person.")]
CenterId = Annotated[str | None, typer.Option("--center", help="Centre id, for the ways of the centre as a whole.")]
ContactId = Annotated[str, typer.Argument(help="Id from `nightbelt contact list`.")]


@contact_app.command()
def add(
    login: Login = None,
    center: CenterId = None,
    label: Annotated[str, typer.Option(help="A name to know it by.")] = "",
    language: Annotated[str, typer.Option(help="en or zh; the person's own when left out.")] = "",
    address: Annotated[
        str, typer.Option(prompt=True, hide_input=True, envvar="NIGHTBELT_CONTACT_ADDRESS", help="An Apprise URL.")
    ] = "",
    settings_file: SettingsFile = None,
) -> None:
    """Add a way, after those that are there; asks for the address, which is a secret."""
    if language and known_tag(language) is None:
        raise ConfigurationError(f"language {language!r}: en or zh")
    with _books(load_settings(settings_file)) as books:
        center_id, person = books.owner(login, center)
        standing = books.ways_of(center_id, person)
        point = ContactPoint(
            contact_id=new_contact_id(),
            center_id=center_id,
            person_id=person.person_id if person else "",
            rank=max((one.rank for one in standing), default=0) + 1,
            kind=WayKind.APPRISE,
            address=checked_address(address),
            label=label,
            language=language,
        )
        books.contacts.save(point)
    out.print(f"{point.contact_id}: {point.masked}", highlight=False)


@contact_app.command("list")
def list_(login: Login = None, center: CenterId = None, settings_file: SettingsFile = None) -> None:
    """The ways of a person or a centre, in the order in which they are tried."""
    with _books(load_settings(settings_file)) as books:
        ways = books.ways_of(*books.owner(login, center))
    table = Table("id", "way", "name", "language")
    for point in ways:
        table.add_row(point.contact_id, point.masked, point.label, point.language)
    out.print(table)


@contact_app.command()
def remove(contact_id: ContactId, settings_file: SettingsFile = None) -> None:
    """Forget a way."""
    with _books(load_settings(settings_file)) as books:
        point = books.contacts.point(contact_id)
        books.contacts.remove(contact_id)
    out.print(f"{point.contact_id}: {point.masked} removed", highlight=False)


@contact_app.command("test")
def try_(contact_id: ContactId, settings_file: SettingsFile = None) -> None:
    """Send a test message; exit code 2 when the service does not take it."""
    settings = load_settings(settings_file)
    with _books(settings) as books:
        point = books.contacts.point(contact_id)
        person = books.people.by_id(point.person_id) if point.person_id else None
    from nightbelt.channels.ways import Ways

    failure = Ways(settings).send_trial(point, person)
    if failure is not None:
        raise UnavailableError(point.service, f"the message to {point.masked} did not get through ({failure})")
    out.print(f"{point.masked}: taken by the service", highlight=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Books:
    contacts: RecordsContacts
    people: RecordsPeople

    def owner(self, login: str | None, center: str | None) -> tuple[str, Person | None]:
        """Centre id, and the person when it is one's own way. ConfigurationError when it is not said whose."""
        if (login is None) == (center is None):
            raise ConfigurationError("name a login, or a centre by --center")
        if login is None:
            return checked_id("centre", center or ""), None
        person = self.people.by_login(login)
        if person is None:
            raise ConfigurationError(f"login {login!r}: nobody has it")
        return person.center_id, person

    def ways_of(self, center_id: str, person: Person | None) -> list[ContactPoint]:
        return self.contacts.of_person(person.person_id) if person else self.contacts.of_center(center_id)


@contextlib.contextmanager
def _books(settings: Settings) -> Iterator[_Books]:
    with open_records(settings) as records:
        yield _Books(contacts=RecordsContacts(records), people=RecordsPeople(records))
