"""The board as a nurse meets it."""

import re
from dataclasses import replace
from itertools import pairwise

import pytest
from playwright.sync_api import Page, expect

from alerts.lifecycle import step
from api.live import LiveHub
from domain.alarms import Outcome, Rule, Wake
from domain.live import AlarmsChanged
from domain.readings import Occupancy
from domain.units import DAY_MS, MINUTE_MS, SECOND_MS
from tests.browser.conftest import Open, Served

pytestmark = pytest.mark.engine("chromium")

LOST_WITHIN_MS = 10_000


class Tile:
    """Bed `n` on the board."""

    def __init__(self, page: Page, n: int) -> None:
        self.place = page.locator(f'.tile[data-belt="belt{n}"]')
        self.state = self.place.locator(".tile-state")
        self.heart = self.place.locator('[data-rate="heart"] .value')


def live(page: Page) -> None:
    expect(page.locator("body")).to_have_attribute("data-link", "live")


def test_the_board_shows_every_bed_and_follows(served: Served, open_board: Open) -> None:
    page = open_board()
    live(page)
    expect(page.locator(".tile")).to_have_count(8)
    expect(Tile(page, 1).state).to_contain_text("In bed")
    expect(Tile(page, 1).heart).to_have_text("59")
    expect(page.locator("#all-quiet")).to_be_visible()
    served.hear(1, Occupancy.OUT, heart_rate=None, since_at=served.world.services.clock.now() - 3 * MINUTE_MS)
    expect(Tile(page, 1).state).to_contain_text("Out of bed")
    expect(Tile(page, 1).state).to_contain_text("3 min")
    expect(Tile(page, 1).heart).to_have_text("–")
    expect(page.locator('[data-count="out"] b')).to_have_text("1")


def test_old_values_are_not_shown_as_live(served: Served, open_board: Open) -> None:
    now = served.world.services.clock.now()
    served.world.hear(2, Occupancy.IN, received_at=now - 27 * SECOND_MS, heart_rate_at=now - 27 * SECOND_MS)
    page = open_board()
    live(page)
    expect(Tile(page, 2).heart).to_have_text("60")
    expect(Tile(page, 2).place.locator(".age").first).to_contain_text("sec ago")
    expect(Tile(page, 2).state).to_contain_text("No signal")
    expect(Tile(page, 2).state).to_contain_text("since")
    expect(Tile(page, 2).heart).to_have_text("–")
    served.hear(2, Occupancy.IN, received_at=served.world.services.clock.now() - 2 * DAY_MS)
    expect(Tile(page, 2).state).to_contain_text(re.compile(r"since [A-Z][a-z]{2} \d+ \d\d:\d\d"))
    served.hear(2, Occupancy.IN)
    expect(Tile(page, 2).heart).to_have_text("60")


def test_low_batteries_and_belts_that_are_off_come_to_an_open_board(served: Served, open_board: Open) -> None:
    page = open_board()
    live(page)
    served.world.tell(1, battery=12.0, online=False)
    expect(Tile(page, 1).place).to_contain_text("battery 12%")
    expect(Tile(page, 1).place.get_by_text("belt offline")).to_be_hidden()
    expect(Tile(page, 1).heart).to_have_text("59")
    now = served.world.services.clock.now()
    served.hear(1, Occupancy.IN, received_at=now - 31 * SECOND_MS)
    expect(Tile(page, 1).state).to_contain_text("No signal")
    expect(Tile(page, 1).place.get_by_text("belt offline")).to_be_visible()


def test_an_alarm_appears_is_taken_in_one_browser_and_seen_in_the_other(served: Served, open_board: Open) -> None:
    first, second = open_board("wang"), open_board("li")
    live(first)
    live(second)
    served.world.raise_alarm(1)
    for page in (first, second):
        card = page.locator(".card")
        expect(card).to_contain_text("Not back in bed")
        expect(card).to_contain_text("101-A")
        expect(card).to_contain_text("Li Guiying")
        expect(card).to_contain_text("16 min ago")
        expect(card).to_contain_text("Has not come back within 15 min.")
        expect(Tile(page, 1).place).to_have_attribute("data-alarm", "medium")
        expect(page.locator("#announcer")).to_contain_text("Alarm: Not back in bed. Room 101, bed A, Li Guiying.")
    first.get_by_role("button", name="I'm going").dblclick()
    expect(first.locator(".taken")).to_contain_text("You are going")
    expect(second.locator(".taken")).to_contain_text("王芳 is going")
    expect(second.get_by_role("button", name="I'm going")).to_have_count(0)
    alarm = served.world.book.open_alarms("elm")[0]
    assert len(served.world.book.history(alarm.alarm_id)) == 2


def test_closing_with_an_outcome(served: Served, open_board: Open) -> None:
    event = served.world.raise_alarm(3)
    page, other = open_board("wang"), open_board("li")
    live(other)
    page.get_by_text("Close the alarm …").click()
    page.get_by_text("Helped").click()
    page.get_by_label("Note").fill("to the toilet and back")
    page.get_by_role("button", name="Close the alarm").click()
    expect(page.locator(".card")).to_have_count(0)
    expect(other.locator(".card")).to_have_count(0)
    stored = served.world.book.alarm(event.alarm.alarm_id)
    assert (stored.outcome, stored.note) == (Outcome.HELPED, "to the toilet and back")


def test_what_is_being_typed_survives_an_update(served: Served, open_board: Open) -> None:
    event = served.world.raise_alarm(3)
    page, other = open_board("wang"), open_board("li")
    page.get_by_text("Close the alarm …").click()
    page.get_by_text("False alarm").click()
    page.get_by_label("Note").fill("half a sent")
    other.get_by_role("button", name="I'm going").click()
    expect(page.locator(".taken")).to_contain_text("Li Na is going")
    expect(page.get_by_label("Note")).to_have_value("half a sent")
    expect(page.get_by_label("False alarm")).to_be_checked()
    served.world.clear(event.alarm.alarm_id)
    expect(page.locator("#unfinished")).to_contain_text("102-A")
    expect(page.locator(".card")).to_have_count(0)
    page.get_by_role("button", name="Close the alarm").click()
    expect(page.locator("#unfinished")).to_be_hidden()
    assert served.world.book.alarm(event.alarm.alarm_id).outcome is Outcome.FALSE_ALARM


def test_a_refused_command_says_why(served: Served, open_board: Open) -> None:
    event = served.world.raise_alarm(4)
    page = open_board()
    live(page)
    page.route("**/acknowledge", lambda route: (served.world.clear(event.alarm.alarm_id), route.continue_())[1])
    page.evaluate("document.querySelector('.card').dataset.alarmId = 'kept'")
    page.get_by_role("button", name="I'm going").click()
    expect(page.locator(".card .card-fault")).to_contain_text("This alarm is already over")


def test_sound_has_to_be_switched_on_and_plays_while_an_alarm_calls(served: Served, open_board: Open) -> None:
    page = open_board()
    live(page)
    expect(page.locator("#sound-bar")).to_contain_text("Sound is off")
    page.locator("#sound-now").click()
    expect(page.locator("html")).to_have_attribute("data-sound", "on")
    expect(page.locator("#sound-bar")).to_be_hidden()
    expect(page.locator("html")).to_have_attribute("data-bursts", "1")
    served.world.raise_alarm(1, Rule.LEAVE_BED_IMMEDIATE)
    expect(page.locator("html")).to_have_attribute("data-bursts", "2")
    expect(page.locator("html")).to_have_attribute("data-bursts", "3", timeout=8000)
    page.get_by_role("button", name="I'm going").click()
    expect(page.locator(".taken")).to_be_visible()
    bursts = page.locator("html").get_attribute("data-bursts")
    page.wait_for_timeout(6000)
    expect(page.locator("html")).to_have_attribute("data-bursts", bursts or "")
    page.locator("#sound-switch").click()
    expect(page.locator("#sound-bar")).to_be_visible()


def test_bursts_keep_to_the_ranges_of_the_standard(open_board: Open) -> None:
    page = open_board()
    high, medium, low = (
        page.evaluate(f"import('/static/sound.js').then((sound) => sound.burst('{priority}'))")
        for priority in ("high", "medium", "low")
    )
    assert [len(shape["pulses"]) for shape in (high, medium, low)] == [10, 3, 2]
    assert all(0.075 <= pulse["length"] <= 0.2 for pulse in high["pulses"])
    assert all(0.125 <= pulse["length"] <= 0.25 for shape in (medium, low) for pulse in shape["pulses"])
    assert all(0.125 <= gap <= 0.25 for shape in (medium, low) for gap in gaps(shape["pulses"]))
    first, second = gaps(high["pulses"])[:4], gaps(high["pulses"])[5:]
    assert first == pytest.approx(second)
    x, length = first[0], high["pulses"][0]["length"]
    assert 0.05 <= x <= 0.125
    assert first == pytest.approx([x, x, 2 * x + length, x])
    assert 0.35 <= gaps(high["pulses"])[4] <= 1.3
    assert 2.5 <= high["rest"] <= 15
    assert 2.5 <= medium["rest"] <= 30
    assert low["rest"] > 15


def gaps(pulses: list[dict[str, float]]) -> list[float]:
    return [after["at"] - before["at"] - before["length"] for before, after in pairwise(pulses)]


def test_a_lost_link_is_said_within_ten_seconds_and_heals_by_itself(served: Served, open_board: Open) -> None:
    page = open_board()
    live(page)
    seen = served.world.raise_alarm(1)
    expect(page.locator(".card")).to_have_count(1)
    assert served.stop() < 3
    expect(page.locator("#lost-bar")).to_be_visible(timeout=LOST_WITHIN_MS)
    expect(page.locator("#lost-bar")).to_contain_text("Link to the server lost since")
    expect(Tile(page, 1).heart).to_have_text("–")
    page.get_by_role("button", name="I'm going").click()
    expect(page.locator(".card-fault").first).to_contain_text("Not sent")
    served.world.clear(seen.alarm.alarm_id)
    served.world.raise_alarm(2)
    replace_hub(served)
    served.start()
    expect(page.locator("#lost-bar")).to_be_hidden(timeout=LOST_WITHIN_MS)
    live(page)
    expect(page.locator(".card")).to_contain_text("101-B")
    expect(page.locator("#unfinished")).to_contain_text("101-A")


def replace_hub(served: Served) -> None:
    """A new process has a new hub."""
    served.world.services = replace(served.world.services, hub=LiveHub())


def test_a_silent_link_is_lost_as_well(open_board: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.stream.HEARTBEAT_S", 1000)
    page = open_board()
    live(page)
    for path in ("**/api/session", "**/live?*"):
        page.route(path, lambda route: route.abort())
    expect(page.locator("#lost-bar")).to_be_visible(timeout=LOST_WITHIN_MS)
    page.unroute_all()
    expect(page.locator("#lost-bar")).to_be_hidden(timeout=LOST_WITHIN_MS)


def test_signed_out_elsewhere_leads_to_the_login(served: Served, open_board: Open) -> None:
    page = open_board()
    live(page)
    other = page.context.new_page()
    other.goto(f"{served.address}/account")
    other.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(re.compile("/login"), timeout=LOST_WITHIN_MS)
    expect(page.locator("main")).to_contain_text("No alarm is shown or heard on this page.")


def test_chinese(served: Served, open_board: Open) -> None:
    served.world.raise_alarm(1)
    page = open_board(language="zh-CN")
    live(page)
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    expect(page.locator(".card")).to_contain_text("离床未返回")
    expect(page.locator(".card")).to_contain_text("离床后15分钟内未返回。")
    expect(Tile(page, 2).state).to_contain_text("在床")
    page.get_by_role("button", name="我去处理").click()
    expect(page.locator(".taken")).to_contain_text("您正在前往")
    page.get_by_role("link", name="English").click()
    expect(page.locator(".taken")).to_contain_text("You are going")


@pytest.mark.parametrize(("width", "height"), [(360, 740), (1280, 800), (1920, 1080)])
def test_nothing_sticks_out_at_any_size(served: Served, open_board: Open, width: int, height: int) -> None:
    served.world.raise_alarm(1)
    page = open_board(viewport={"width": width, "height": height})
    live(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    button = page.get_by_role("button", name="I'm going").bounding_box()
    assert button is not None
    assert button["height"] >= 44
    assert button["y"] + button["height"] <= height
    page.goto(f"{served.address}/residents/r1")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_tiles_stay_where_they_are_when_values_change(served: Served, open_board: Open) -> None:
    page = open_board(viewport={"width": 1920, "height": 1080})
    live(page)
    before = [box.bounding_box() for box in page.locator(".tile").all()]
    served.world.raise_alarm(2)
    served.hear(1, Occupancy.OUT, since_at=served.world.services.clock.now() - 700 * MINUTE_MS)
    expect(Tile(page, 1).state).to_contain_text("Out of bed")
    expect(Tile(page, 2).place).to_have_attribute("data-alarm", "medium")
    assert [box.bounding_box() for box in page.locator(".tile").all()] == before


def test_without_scripts_forms_still_work(served: Served, open_board: Open) -> None:
    event = served.world.raise_alarm(1)
    page = open_board(java_script_enabled=False)
    page.get_by_role("button", name="I'm going").click()
    expect(page.locator(".taken")).to_contain_text("You are going")
    page.goto(f"{served.address}/alarms/{event.alarm.alarm_id}")
    page.get_by_text("No help needed").click()
    page.get_by_role("button", name="Close the alarm").click()
    assert served.world.book.alarm(event.alarm.alarm_id).outcome is Outcome.NO_HELP_NEEDED


def test_settings_and_night_page(served: Served, open_board: Open) -> None:
    page = open_board("ada", "/residents/r1")
    page.get_by_label("Not back within (minutes)").fill("30")
    page.get_by_role("button", name="Save").first.click()
    expect(page.locator(".saved")).to_be_visible()
    assert served.world.register.resident("r1").leave_bed.away_limit_min == 30


def test_a_snoozed_alarm_is_silent_on_all_boards_and_calls_again(served: Served, open_board: Open) -> None:
    alarm = served.world.raise_alarm(1).alarm
    wang, li = open_board(), open_board("li")
    live(wang)
    live(li)
    wang.get_by_text("More …").click()
    wang.get_by_role("button", name="15 min").click()
    for page in (wang, li):
        expect(page.locator(".card")).to_have_attribute("data-state", "snoozed")
        expect(page.locator(".card [data-until]")).to_contain_text("14 min left")
        expect(page).to_have_title(re.compile("^Elm House"))
    wake_at = served.world.services.clock.now() + 16 * MINUTE_MS
    events = served.world.book.apply([Wake(alarm_id=alarm.alarm_id, at=wake_at)], step)
    served.world.services.hub.publish([AlarmsChanged(events=tuple(events))])
    expect(li.locator(".card")).to_have_attribute("data-state", "active")
    expect(li).to_have_title(re.compile(r"^\(1\)"))


def test_a_pause_is_on_the_tile_of_every_board_at_once(served: Served, open_board: Open) -> None:
    board = open_board()
    live(board)
    page = open_board("li", "/residents/r2")
    page.get_by_text("At the toilet").click()
    page.get_by_role("button", name="Begin the pause").click()
    expect(page.locator("#pause")).to_contain_text("No alarms until")
    expect(Tile(board, 2).place.locator(".note-paused")).to_be_visible(timeout=2_000)
    page.get_by_role("button", name="End the pause").click()
    expect(Tile(board, 2).place.locator(".note-paused")).to_have_count(0, timeout=2_000)
