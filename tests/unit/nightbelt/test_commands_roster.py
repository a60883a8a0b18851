"""Roster files: what is read, and what a mistake says."""

from pathlib import Path

import pytest

from domain.errors import ConfigurationError
from domain.people import Person, Role
from domain.roster import Post
from nightbelt.commands_roster import read_roster_file

FILE = """
center = "c1"
[[shifts]]
id = "night"
name = "Night"
start = "22:00"
end = "06:30"
[shifts.every_day]
a = "wang"
b = "li"
[shifts.saturday]
a = "li"
b = ""
"""


def find(login: str) -> Person | None:
    role = {"wang": Role.CAREGIVER, "li": Role.LEAD, "son": Role.FAMILY}.get(login)
    if role is None:
        return None
    return Person(person_id=f"p-{login}", login=login, name=login, role=role, password_hash="", center_id="c1")


def read(tmp_path: Path, text: str) -> dict[tuple[int, Post], str]:
    path = tmp_path / "roster.toml"
    path.write_text(text, encoding="utf-8")
    _, _, duties = read_roster_file(path, find)
    return {(duty.weekday, duty.post): duty.person_id for duty in duties}


def test_a_weekday_goes_over_every_day_post_by_post(tmp_path: Path) -> None:
    duties = read(tmp_path, FILE)
    assert duties[0, Post.A] == "p-wang"
    assert duties[5, Post.A] == "p-li"
    assert (5, Post.B) not in duties
    assert len(duties) == 13


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('"wang"', '"wong"', "nobody has the login 'wong'"),
        ('"wang"', '"son"', "handles no alarms in centre 'c1'"),
        ("22:00", "25:00", r"\$.shifts\[0\]"),
        ("saturday", "caturday", "caturday"),
        ('center = "c1"', "", "center"),
        ("a = ", "c = ", "c"),
    ],
)
def test_mistakes_name_file_and_place(tmp_path: Path, old: str, new: str, says: str) -> None:
    with pytest.raises(ConfigurationError, match=says) as refused:
        read(tmp_path, FILE.replace(old, new))
    assert "roster.toml" in str(refused.value)


def test_a_shift_is_there_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="twice"):
        read(tmp_path, FILE + FILE.replace('center = "c1"', ""))
