"""`nightbelt person`: who may log in."""

from typing import Annotated, Final

import typer

from api.passwords import Passwords
from domain.errors import ConfigurationError
from domain.people import Person, Role
from domain.residents import checked_id
from nightbelt.settings import load_settings
from nightbelt.terminal import SettingsFile, open_records, out
from storage.records_people import RecordsPeople

MINIMUM_PASSWORD: Final = 10


def person(
    login: Annotated[str, typer.Argument(help="Login name.")],
    role: Annotated[Role, typer.Option(help="What the person may do.")],
    name: Annotated[str, typer.Option(help="Name, as shown to colleagues.")],
    center: Annotated[str, typer.Option(help="Centre id.")],
    relative: Annotated[list[str] | None, typer.Option(help="Resident id a family member may see; repeat.")] = None,
    language: Annotated[str, typer.Option(help="en or zh.")] = "en",
    password: Annotated[
        str, typer.Option(prompt=True, hide_input=True, confirmation_prompt=True, envvar="NIGHTBELT_PERSON_PASSWORD")
    ] = "",
    settings_file: SettingsFile = None,
) -> None:
    """Add somebody who may log in, or change them; asks for the password. Signs them out everywhere."""
    if len(password) < MINIMUM_PASSWORD:
        raise ConfigurationError(f"password: at least {MINIMUM_PASSWORD} characters")
    added = Person(
        person_id=f"p-{checked_id('login', login)}",
        login=login,
        name=name,
        role=role,
        password_hash=Passwords().hash(password),
        center_id=center,
        language=language,
        relatives=frozenset(relative or ()),
    )
    with open_records(load_settings(settings_file)) as records:
        RecordsPeople(records).save(added)
    out.print(f"{login}: {role}")
