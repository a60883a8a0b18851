"""What the board says when it cannot say everything: a lost link, silent belts, no sound, a session that ends."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from api.stream import live_events
from domain.alarms import Rule
from domain.readings import Occupancy
from domain.units import MINUTE_MS
from tests.browser.conftest import Open, Served

pytestmark = pytest.mark.engine("chromium")

LOST_WITHIN_MS = 10_000
SLOW_S = 2.5


def live(page: Page) -> None:
    expect(page.locator("body")).to_have_attribute("data-link", "live")


def with_sound(page: Page) -> Page:
    """One burst is the test tone."""
    live(page)
    page.locator("#sound-now").click()
    expect(page.locator("html")).to_have_attribute("data-bursts", "1")
    return page


def bursts(page: Page) -> int:
    return int(page.locator("html").get_attribute("data-bursts") or 0)


def silence(served: Served, *beds: int) -> None:
    for n in beds:
        served.hear(n, Occupancy.IN, received_at=served.world.services.clock.now() - MINUTE_MS)


def end_soon(served: Served) -> None:
    """Every session lasts ten more minutes."""
    ends_at = served.world.services.clock.now() + 10 * MINUTE_MS
    standing = served.world.people._sessions
    standing.update({key: replace(session, expires_at=ends_at) for key, session in standing.items()})


def test_a_slow_link_comes_back_after_a_loss(open_board: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    async def slowly(*asked: Any) -> AsyncIterator[str]:
        await asyncio.sleep(SLOW_S)
        async for event in live_events(*asked):
            yield event

    monkeypatch.setattr("api.stream.HEARTBEAT_S", 1000)
    monkeypatch.setattr("api.pages.live_events", slowly)
    page = open_board()
    live(page)
    expect(page.locator("#lost-bar")).to_be_visible(timeout=SLOW_S * 1000 + LOST_WITHIN_MS)
    expect(page.locator("#lost-bar")).to_be_hidden(timeout=LOST_WITHIN_MS)


def test_a_lost_link_is_heard_and_nothing_is_said_to_be_calm(served: Served, open_board: Open) -> None:
    page = with_sound(open_board())
    expect(page.locator("#all-quiet")).to_be_visible()
    served.stop()
    expect(page.locator("#lost-bar")).to_be_visible(timeout=LOST_WITHIN_MS)
    expect(page.locator("html")).to_have_attribute("data-bursts", "2")
    expect(page.locator("#all-quiet")).to_be_hidden()
    expect(page).to_have_title(re.compile("^! Elm House"))


def test_a_silent_ward_is_not_calm(served: Served, open_board: Open) -> None:
    page = with_sound(open_board())
    silence(served, 1)
    expect(page.locator("#unheard")).to_have_text("1 bed without signal: nothing can be raised for it.")
    expect(page.locator("#all-quiet")).to_be_hidden()
    page.wait_for_timeout(1500)
    assert bursts(page) == 1
    silence(served, 2, 3, 4)
    expect(page.locator("#unheard")).to_have_text("4 beds without signal: nothing can be raised for them.")
    expect(page.locator("html")).to_have_attribute("data-bursts", "2")
    for n in range(1, 5):
        served.hear(n, Occupancy.IN)
    expect(page.locator("#all-quiet")).to_be_visible()


def test_a_board_of_which_nobody_is_watched_does_not_call_that_calm(served: Served, open_board: Open) -> None:
    moved = served.world.people.by_login("wang")
    assert moved
    served.world.people.save(replace(moved, center_id="new"))
    page = open_board()
    live(page)
    expect(page.locator("#clock")).not_to_have_text("")
    expect(page.locator("#unwatched")).to_be_visible()
    expect(page.locator("#all-quiet")).to_be_hidden()


def test_each_new_alarm_is_heard_at_once_and_counted_in_the_title(served: Served, open_board: Open) -> None:
    page = with_sound(open_board())
    served.world.raise_alarm(1)
    expect(page.locator("html")).to_have_attribute("data-bursts", "2")
    served.world.raise_alarm(2)
    expect(page.locator("html")).to_have_attribute("data-bursts", "3", timeout=3000)
    expect(page).to_have_title(re.compile(r"^\(2\) Elm House"))
    page.get_by_role("button", name="I'm going").first.click()
    expect(page).to_have_title(re.compile(r"^\(1\) Elm House"))
    expect(page.locator(".card").last).to_contain_text("You are going")


def test_a_bed_is_attended_when_each_of_its_alarms_is(served: Served, open_board: Open) -> None:
    served.world.raise_alarm(1, Rule.LEAVE_BED_IMMEDIATE)
    served.world.raise_alarm(1)
    page = open_board()
    live(page)
    tile = page.locator('.tile[data-belt="belt1"]')
    page.get_by_role("button", name="I'm going").first.click()
    expect(page.locator(".taken")).to_have_count(1)
    expect(tile).to_have_attribute("data-alarm", "high")
    assert tile.get_attribute("data-taken") is None
    page.get_by_role("button", name="I'm going").click()
    expect(tile).to_have_attribute("data-taken", "")


def test_a_tab_that_nobody_sees_or_hears_leaves_the_connection_to_others(served: Served, open_board: Open) -> None:
    page = open_board()
    live(page)
    hide(page, hidden=True)
    expect_subscribers(page, served, 0)
    served.world.raise_alarm(1)
    hide(page, hidden=False)
    expect(page.locator(".card")).to_have_count(1)
    page.locator("#sound-now").click()
    expect(page.locator("html")).to_have_attribute("data-sound", "on")
    hide(page, hidden=True)
    page.wait_for_timeout(1500)
    expect_subscribers(page, served, 1)


def hide(page: Page, *, hidden: bool) -> None:
    """As if another tab was in front."""
    page.evaluate(f"Object.defineProperty(document, 'hidden', {{ value: {str(hidden).lower()}, configurable: true }})")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def expect_subscribers(page: Page, served: Served, count: int) -> None:
    for _ in range(50):
        if served.world.services.hub.subscribers == count:
            break
        page.wait_for_timeout(100)
    assert served.world.services.hub.subscribers == count


def test_a_paused_sound_comes_back_with_the_first_touch(open_board: Open) -> None:
    page = open_board()
    page.add_init_script("""
        const Real = AudioContext;
        window.AudioContext = class extends Real { constructor() { super(); window.context = this; } };
    """)
    page.reload()
    with_sound(page)
    page.evaluate("context.suspend()")
    expect(page.locator("#sound-bar")).to_contain_text("paused")
    page.locator(".centre").click()
    expect(page.locator("html")).to_have_attribute("data-sound", "on")


def test_the_cursor_stays_in_the_note_when_the_card_is_drawn_anew(served: Served, open_board: Open) -> None:
    served.world.raise_alarm(3)
    page, other = open_board("wang"), open_board("li")
    live(page)
    page.get_by_text("Close the alarm …").click()
    page.get_by_label("Note").fill("to the toilet")
    page.evaluate("document.activeElement.setSelectionRange(3, 6)")
    other.get_by_role("button", name="I'm going").click()
    expect(page.locator(".taken")).to_contain_text("Li Na is going")
    page.keyboard.type("his")
    expect(page.get_by_label("Note")).to_have_value("to his toilet")


def test_an_answer_that_says_nothing_is_not_taken_for_a_refusal(served: Served, open_board: Open) -> None:
    served.world.raise_alarm(1)
    page = open_board()
    live(page)
    page.route("**/acknowledge", lambda route: route.fulfill(status=500, body="Internal Server Error"))
    page.get_by_role("button", name="I'm going").click()
    expect(page.locator(".card-fault")).to_have_text("Perhaps not sent; look at the card.")


def test_alarms_that_cannot_be_stored_are_said_and_heard(served: Served, open_board: Open) -> None:
    page = with_sound(open_board())
    expect(page.locator("#risk-bar")).to_be_hidden()
    expect(page.locator("#all-quiet")).to_be_visible()
    served.engines["alarms"] = "failing, tried again"
    expect(page.locator("#risk-bar")).to_contain_text("alarms come late")
    expect(page.locator("#all-quiet")).to_be_hidden()
    expect(page.locator("html")).not_to_have_attribute("data-bursts", "1")
    page.reload()
    expect(page.locator("#risk-bar")).to_be_visible()
    served.engines["alarms"] = "ok"
    expect(page.locator("#risk-bar")).to_be_hidden()


@pytest.mark.parametrize(("width", "height"), [(390, 844), (1280, 800)])
def test_bars_do_not_cover_each_other(served: Served, open_board: Open, width: int, height: int) -> None:
    page = open_board(viewport={"width": width, "height": height})
    end_soon(served)
    page.reload()
    live(page)
    served.stop()
    expect(page.locator("#lost-bar")).to_be_visible(timeout=LOST_WITHIN_MS)
    boxes = [page.locator(f"#{name}-bar").bounding_box() for name in ("lost", "session", "sound")]
    assert all(boxes)
    tops = sorted((box["y"], box["y"] + box["height"]) for box in boxes if box)
    assert all(upper[1] <= lower[0] for upper, lower in pairwise(tops))
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_signing_in_again_keeps_the_board(served: Served, open_board: Open) -> None:
    page = open_board()
    end_soon(served)
    page.reload()
    page.get_by_role("link", name="Sign in again").click()
    page.fill("[name=login]", "wang")
    page.fill("[name=password]", "a long night")
    page.click("button.go")
    live(page)
    expect(page.locator("#session-bar")).to_be_hidden()


def test_a_refused_form_is_opened_at_its_faults(open_board: Open) -> None:
    page = open_board("ada", "/residents/r1", viewport={"width": 390, "height": 844})
    page.get_by_label("Not back within (minutes)").fill("0")
    page.get_by_role("button", name="Save").first.click()
    expect(page.locator("#faults")).to_be_in_viewport()
    expect(page.get_by_label("Not back within (minutes)")).to_be_in_viewport()
    expect(page.get_by_label("Not back within (minutes)")).to_be_focused()
