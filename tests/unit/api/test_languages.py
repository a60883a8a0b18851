"""Every text that a person reads has its words in Chinese, with the same blanks."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_file
from jinja2.ext import babel_extract

import api
from api import words
from api.languages import accepted_tag, known_tag, read_catalogue, read_languages
from api.words import BOARD_WORDS
from domain.alarms import AlarmState, EventKind, Outcome, Priority, Rule
from domain.audit import Change
from domain.pauses import PauseEnd, PauseReason
from tests.unit.api.conftest import Visit
from tests.unit.api.world import World

HOME = Path(str(api.__file__)).parent
KEYWORDS = {**DEFAULT_KEYWORDS, "say": None, "say_count": (1, 2), "t": None}
METHODS: dict[str, Any] = {".py": "python", ".js": "javascript", ".html": babel_extract}


def used(suffix: str) -> Iterator[tuple[str, ...]]:
    """Every text in the files of this kind; with its plural where it has one."""
    for path in HOME.rglob(f"*{suffix}"):
        for _, message, _, _ in extract_from_file(METHODS[suffix], path, keywords=KEYWORDS):
            yield message if isinstance(message, tuple) else (message,)


def blanks(text: str) -> set[str]:
    return set(re.findall(r"%\(\w+\)[sd]", text))


def all_used() -> set[tuple[str, ...]]:
    return {message for suffix in METHODS for message in used(suffix)}


def test_every_text_has_a_translation_with_the_same_blanks() -> None:
    catalogue = read_catalogue("zh-CN")
    missing = {message for message in all_used() if message[0] not in catalogue}
    assert not missing
    assert [m for m in all_used() if blanks(m[-1]) != blanks(catalogue[m[0]])] == []


def test_the_catalogue_holds_nothing_that_is_not_used() -> None:
    assert set(read_catalogue("zh-CN")) - {message[0] for message in all_used()} == set()


def test_the_scripts_get_every_text_they_use() -> None:
    assert {message[0] for message in used(".js")} == set(BOARD_WORDS)


def test_chinese_is_written_with_its_own_punctuation() -> None:
    for text in read_catalogue("zh-CN").values():
        plain = re.sub(r"%\(\w+\)[sd]|\d\d:\d\d", "", text)
        assert not re.search(r"[,;:?!()]", plain), text


@pytest.mark.parametrize(
    ("table", "kind"),
    [
        (words.RULES, Rule),
        (words.PRIORITIES, Priority),
        (words.STATES, AlarmState),
        (words.OUTCOMES, Outcome),
        (words.EVENTS, EventKind),
        (words.PAUSE_REASONS, PauseReason),
        (words.PAUSE_ENDS, PauseEnd),
        (words.CHANGES, Change),
    ],
)
def test_every_kind_has_a_word(table: dict[Any, str], kind: Any) -> None:
    assert set(table) == set(kind)


@pytest.mark.parametrize(
    ("wanted", "tag"),
    [
        ("zh", "zh-CN"),
        ("zh-cn", "zh-CN"),
        ("zh_CN", "zh-CN"),
        ("zh-Hant", "zh-CN"),
        ("en-GB", "en"),
        ("fr", None),
        ("", None),
    ],
)
def test_a_language_by_its_names(wanted: str, tag: str | None) -> None:
    assert known_tag(wanted) == tag


def test_the_browser_is_asked_in_its_order() -> None:
    assert accepted_tag("fr-FR,zh-CN;q=0.8,en;q=0.5") == "zh-CN"
    assert accepted_tag("") is None


def test_choice_before_person_before_browser(world: World, visit: Visit) -> None:
    stranger = visit()
    assert "Sign in" in stranger.get("/login").text
    assert "登录" in stranger.get("/login", headers={"accept-language": "zh-CN"}).text
    answer = stranger.get("/language/zh-CN?next=/login")
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")
    assert "登录" in stranger.get("/login", headers={"accept-language": "en"}).text
    assert stranger.get("/language/fr").status_code == 404


@pytest.mark.parametrize("path", ["/", "/login", "/residents/r1", "/residents/nobody", "/account", "/alarms/{alarm}"])
def test_every_page_can_be_switched(world: World, visit: Visit, path: str) -> None:
    path = path.format(alarm=world.raise_alarm(1).alarm.alarm_id)
    ada = visit("ada") if path != "/login" else visit()
    assert "/language/zh-CN?next=" in ada.get(path).text
    ada.get("/language/zh-CN")
    page = ada.get(path).text
    assert '<html lang="zh-CN">' in page
    assert "/language/en?next=" in page


def test_the_other_language_shows_the_same_page(visit: Visit) -> None:
    ada = visit("ada")
    assert "next=/residents/r1%3Fnight%3D2026-11-20" in ada.get("/residents/r1?night=2026-11-20").text
    refused = ada.post("/residents/r1/settings")
    assert refused.status_code == 422
    assert '/language/zh-CN?next=/"' in refused.text


def test_lengths_of_time() -> None:
    english, chinese = read_languages()["en"], read_languages()["zh-CN"]
    lengths = [59_999, 60_000, 3_600_000, 7_500_000]
    assert [english.length(length) for length in lengths] == ["59 sec", "1 min", "1 hr", "2 hr 5 min"]
    assert [chinese.length(length) for length in lengths] == ["59秒", "1分钟", "1小时", "2小时5分钟"]


def test_almost_all_is_not_all() -> None:
    assert read_languages()["en"].percent(0.997) == "99%"
    assert read_languages()["en"].percent(1.0) == "100%"
