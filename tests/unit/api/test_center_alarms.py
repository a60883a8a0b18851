"""An alarm about the whole centre: no resident, no bed, and every page says so decently."""

from typing import Any

import pytest

from alerts.lifecycle import step
from alerts.storekeeping import BEHIND, BEHIND_AFTER_MS, DISK_LOW, HALF_USED, UNWRITABLE, Keeping, decide
from api.languages import read_languages
from api.words import CENTER_REASONS
from domain.alarms import Alarm, Raise
from domain.spool import SpoolStatus
from domain.units import DAY_MS, MINUTE_MS
from tests.unit.api.conftest import Visit, browser
from tests.unit.api.world import World, build_world


def fall_behind(world: World, *, by_ms: int = BEHIND_AFTER_MS + MINUTE_MS, **status: Any) -> list[Alarm]:
    """Readings have waited for so long; returns the alarms that were raised of it."""
    now = world.clock.now()
    told = {"readings": 9, "oldest_at": now - by_ms, "size_bytes": 1, "free_bytes": None, **status}
    _, inputs = decide(Keeping(), SpoolStatus(**told), ["elm"], limit_ms=7 * DAY_MS, now=now)
    world.book.apply(inputs, step)
    return [given.alarm for given in inputs if isinstance(given, Raise)]


def test_the_board_shows_it_without_resident_or_bed(world: World, visit: Visit) -> None:
    (alarm,) = fall_behind(world)
    page = visit("wang").get("/").text
    card = page[page.index(f'data-alarm-id="{alarm.alarm_id}"') :].partition("</li>")[0]
    for words in ("Readings cannot be stored", "Medium priority", "Whole centre", "Since 03:01", ">I'll see to it<"):
        assert words in card
    assert "alarms go on" in card
    assert 'data-resident=""' in card
    assert "/residents/" not in card
    assert "Put right" in card
    assert "Left the bed" not in card


def test_it_is_shown_in_chinese(world: World, visit: Visit) -> None:
    fall_behind(world)
    wang = visit("wang")
    wang.get("/language/zh-CN")
    page = wang.get("/").text
    for words in ("监测数据无法入库", "整个机构", "03:01 起", "我来处理"):
        assert words in page


def test_somebody_sees_to_it_and_says_how_it_went(world: World, visit: Visit) -> None:
    (alarm,) = fall_behind(world)
    wang, li = visit("wang"), visit("li")
    wang.send(f"/api/alarms/{alarm.alarm_id}/acknowledge")
    assert "You are seeing to it, since 03:12" in wang.get("/").text
    assert "王芳 is seeing to it, since 03:12" in li.get("/").text
    assert "Somebody is seeing to it" in li.get(f"/alarms/{alarm.alarm_id}").text
    wang.send(f"/api/alarms/{alarm.alarm_id}/resolve", {"outcome": "helped", "note": "database restarted"})
    page = li.get(f"/alarms/{alarm.alarm_id}").text
    for words in ("Whole centre", "Put right", "database restarted"):
        assert words in page
    assert "/residents/" not in page


def test_the_json_tells_it_without_resident(world: World, visit: Visit) -> None:
    fall_behind(world)
    (told,) = visit("wang").get("/api/alarms").json()["open"]
    assert (told["rule"], told["category"], told["priority"]) == ("readings-behind", "technical", "medium")
    assert (told["resident_id"], told["resident"], told["room"], told["bed"]) == ("", "", "", "")
    assert told["began_at"] == world.clock.now() - BEHIND_AFTER_MS - MINUTE_MS


def test_one_that_ended_by_itself_asks_the_ward_for_nothing(world: World, visit: Visit) -> None:
    (alarm,) = fall_behind(world)
    world.clear(alarm.alarm_id)
    answer = visit("wang").get("/api/alarms").json()
    assert (answer["open"], answer["without_outcome"]) == ([], [])


def test_another_centre_hears_nothing_of_it(world: World, visit: Visit) -> None:
    (alarm,) = fall_behind(world)
    assert visit("oak").get("/api/alarms").json()["open"] == []
    assert visit("oak").get(f"/alarms/{alarm.alarm_id}").status_code == 404


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ({}, "The database takes no readings."),
        ({"by_ms": 4 * DAY_MS}, "after 7 days the oldest are lost"),
        ({"free_bytes": 500_000_000}, "0.5 GB are left"),
    ],
)
def test_why_is_told_in_words_and_numbers(world: World, visit: Visit, status: dict[str, Any], words: str) -> None:
    fall_behind(world, **status)
    assert words in visit("wang").get("/api/alarms").json()["open"][0]["why"]


@pytest.mark.parametrize("code", [BEHIND, HALF_USED, DISK_LOW, UNWRITABLE])
def test_every_reason_has_its_words(code: str) -> None:
    assert code in CENTER_REASONS
    for language in read_languages().values():
        assert "%(" not in language.say(CENTER_REASONS[code], days="7", free="0.5")


def test_health_stays_good_while_readings_wait() -> None:
    world = build_world(health=lambda: {"readings": "ok", "influxdb": "spooling"})
    with browser(world.services) as client:
        answer = client.get("/healthz")
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
