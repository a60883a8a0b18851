"""`nightbelt contact`: whose way it is, that it is kept in order, and that no address is ever printed."""

from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from domain.contacts import ContactPoint
from domain.errors import ConfigurationError, NotFoundError, UnavailableError
from domain.people import Person, Role
from nightbelt.cli import app
from storage.records import Records
from storage.records_contacts import RecordsContacts
from storage.records_people import RecordsPeople

WANG = Person(person_id="p-wang", login="wang", name="Wang", role=Role.CAREGIVER, password_hash="", center_id="c1")


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NIGHTBELT_DATA_DIR", str(tmp_path))
    with closing(Records.open(tmp_path / "records.sqlite")) as records:
        RecordsPeople(records).save(WANG)
    return tmp_path


def run(*arguments: str, address: str = "") -> Result:
    return CliRunner().invoke(app, ["contact", *arguments], env={"NIGHTBELT_CONTACT_ADDRESS": address or None})


def standing(data: Path, *, center: bool = False) -> list[ContactPoint]:
    with closing(Records.open(data / "records.sqlite")) as records:
        contacts = RecordsContacts(records)
        return contacts.of_center("c1") if center else contacts.of_person("p-wang")


def test_a_way_is_added_listed_and_removed(data: Path) -> None:
    for n, address in enumerate(("bark://api.day.app/secret-one", "json://10.0.0.9/secret-two")):
        result = run("add", "wang", "--label", f"way {n}", address=address)
        assert result.exit_code == 0, result.output
        assert "secret" not in result.output
    first, second = standing(data)
    assert (first.rank, second.rank, second.label) == (1, 2, "way 1")
    listed = run("list", "wang").output
    assert first.contact_id in listed
    assert "secret" not in listed
    assert run("remove", first.contact_id).exit_code == 0
    assert standing(data) == [second]


def test_a_centre_has_ways_of_its_own(data: Path) -> None:
    result = run("add", "--center", "c1", "--language", "zh", address="wecombot://secret-key")
    assert result.exit_code == 0, result.output
    (point,) = standing(data, center=True)
    assert (point.person_id, point.language, point.service) == ("", "zh", "wecombot")
    assert standing(data) == []


@pytest.mark.parametrize(
    ("arguments", "address", "words"),
    [
        (("wang",), "no address", "apprise"),
        (("wang",), "syslog://", "not taken"),
        (("nobody",), "bark://a/b", "nobody has it"),
        ((), "bark://a/b", "name a login"),
        (("wang", "--center", "c1"), "bark://a/b", "name a login"),
        (("wang", "--language", "xx"), "bark://a/b", "en or zh"),
    ],
)
def test_mistakes_are_said_and_nothing_is_kept(
    data: Path, arguments: tuple[str, ...], address: str, words: str
) -> None:
    error = run("add", *arguments, address=address).exception
    assert isinstance(error, ConfigurationError)
    assert words in str(error)
    assert standing(data) == []


def test_an_unknown_way_is_said(data: Path) -> None:
    assert isinstance(run("test", "abc").exception, NotFoundError)
    assert isinstance(run("remove", "abc").exception, NotFoundError)


def test_a_test_that_does_not_get_through_fails_without_the_address(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("add", "wang", address="bark://api.day.app/secret-one")
    (point,) = standing(data)
    monkeypatch.setattr("apprise.plugins.bark.NotifyBark.send", lambda *_args, **_more: False)
    error = run("test", point.contact_id).exception
    assert isinstance(error, UnavailableError)
    assert "not-taken" in str(error)
    assert "secret" not in str(error)
    monkeypatch.setattr("apprise.plugins.bark.NotifyBark.send", lambda *_args, **_more: True)
    assert "taken by the service" in run("test", point.contact_id).output
