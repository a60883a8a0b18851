"""The contract of `domain.ports.People`."""

from dataclasses import replace

import pytest

from domain.errors import ConfigurationError, NotFoundError
from domain.people import Person, Role, Session
from domain.ports import People

NURSE = Person(
    person_id="p1", login="li", name="李梅", role=Role.CAREGIVER, password_hash="$argon2id$1", center_id="c1"
)
SON = Person(
    person_id="p2",
    login="wang",
    name="Wang",
    role=Role.FAMILY,
    password_hash="$argon2id$2",
    center_id="c1",
    language="zh-CN",
    relatives=frozenset({"r1", "r2"}),
)
SESSION = Session(token_hash="ab" * 32, person_id="p2", csrf="token", expires_at=1_000)


def test_a_saved_person_is_found_by_login_and_id(people: People) -> None:
    people.save(NURSE)
    people.save(SON)
    assert people.by_login("wang") == people.by_id("p2") == SON
    assert people.by_login("li") == people.by_id("p1") == NURSE


def test_nobody_is_found_where_nobody_is(people: People) -> None:
    people.save(NURSE)
    assert people.by_login("LI ") is None
    assert people.by_id("li") is None
    assert people.by_login("li\0") is None
    assert people.by_id("p1\0") is None
    assert people.session("\0", 0) is None


def test_saving_again_replaces_all_of_the_person(people: People) -> None:
    people.save(SON)
    changed = replace(SON, login="wang2", role=Role.ADMIN, relatives=frozenset({"r3"}))
    people.save(changed)
    assert people.by_id("p2") == changed
    assert people.by_login("wang") is None


def test_a_relative_whose_consent_ended_is_no_longer_seen(people: People) -> None:
    people.save(SON)
    people.save(replace(SON, relatives=frozenset()))
    assert people.by_id("p2") == replace(SON, relatives=frozenset())


def test_a_login_belongs_to_one_person(people: People) -> None:
    people.save(NURSE)
    with pytest.raises(ConfigurationError):
        people.save(replace(SON, login="li"))
    assert people.by_login("li") == NURSE
    assert people.by_id("p2") is None


def test_a_session_lasts_until_it_expires(people: People) -> None:
    people.save(SON)
    people.begin(SESSION, at=0)
    assert people.session(SESSION.token_hash, 999) == (SESSION, SON)
    assert people.session(SESSION.token_hash, 1_000) is None
    assert people.session(SESSION.token_hash, 1_001) is None


def test_a_session_has_the_person_as_they_are_now(people: People) -> None:
    people.save(SON)
    people.begin(SESSION, at=0)
    now = replace(SON, relatives=frozenset())
    people.save(now)
    assert people.session(SESSION.token_hash, 0) == (SESSION, now)


def test_a_new_password_ends_the_sessions_that_the_old_one_began(people: People) -> None:
    people.save(SON)
    people.save(NURSE)
    people.begin(SESSION, at=0)
    nurses = replace(SESSION, token_hash="cd" * 32, person_id="p1")
    people.begin(nurses, at=0)
    people.save(replace(SON, password_hash="$argon2id$3"))
    assert people.session(SESSION.token_hash, 0) is None
    assert people.session(nurses.token_hash, 0) == (nurses, NURSE)


def test_an_unknown_session_is_none(people: People) -> None:
    assert people.session("cd" * 32, 0) is None


def test_an_ended_session_is_over(people: People) -> None:
    people.save(SON)
    people.begin(SESSION, at=0)
    people.begin(replace(SESSION, token_hash="cd" * 32), at=0)
    people.end(SESSION.token_hash)
    people.end(SESSION.token_hash)
    assert people.session(SESSION.token_hash, 0) is None
    assert people.session("cd" * 32, 0) is not None


def test_a_new_session_clears_away_those_that_are_over(people: People) -> None:
    people.save(SON)
    people.begin(SESSION, at=0)
    people.begin(replace(SESSION, token_hash="cd" * 32, expires_at=1_001), at=0)
    people.begin(replace(SESSION, token_hash="ef" * 32, expires_at=9_000), at=1_000)
    lasting = [letters for letters in ("ab", "cd", "ef") if people.session(letters * 32, 0) is not None]
    assert lasting == ["cd", "ef"]


def test_nobody_has_no_session(people: People) -> None:
    with pytest.raises(NotFoundError):
        people.begin(SESSION, at=0)


def test_a_centres_people_come_by_id(people: People) -> None:
    people.save(SON)
    people.save(NURSE)
    people.save(replace(NURSE, person_id="p9", login="elsewhere", center_id="c2"))
    assert people.of_center("c1") == [NURSE, SON]
    assert people.of_center("nowhere") == []
