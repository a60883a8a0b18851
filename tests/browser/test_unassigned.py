"""Belts by which nobody is watched, on an open board: the line comes, says more when asked, and goes."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from domain.ports import BedEntry
from domain.readings import Occupancy
from domain.residents import Center
from tests.browser.conftest import Open, Served

pytestmark = pytest.mark.engine("chromium")

LOST_WITHIN_MS = 10_000
SCREENS = {"phone": (390, 844), "narrow": (320, 568), "desktop": (1280, 800)}
SHOTS = os.environ.get("NIGHTBELT_TEST_SHOTS")
"""Where to keep pictures of the board, for a person to look at."""


def keep(page: Page, name: str) -> None:
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"unassigned-{name}.png")


def two_belts(served: Served) -> None:
    served.world.hear_unassigned("belt-77")
    served.world.hear_unassigned("belt-0042", Occupancy.IN)


def somebody_in_a_vacant_bed(served: Served) -> None:
    world, now = served.world, served.world.services.clock.now()
    entry = BedEntry(room_id="room105", room="105", bed_id="x1", bed="A", belt_id="spare")
    world.register.enroll(Center(center_id="elm", name="Elm House"), [entry], now)
    place = next(place for place in world.register.places(now) if place.belt_id == "spare")
    world.hear_unassigned("spare", Occupancy.IN, place=place)


def test_the_line_comes_and_goes_by_itself(served: Served, open_board: Open) -> None:
    page = open_board("ada")
    line = page.locator("#unassigned")
    expect(page.locator("body")).to_have_attribute("data-link", "live")
    expect(line).to_be_hidden()
    two_belts(served)
    expect(line).to_be_visible()
    expect(page.locator("#unassigned-line")).to_have_text(
        "2 belts send readings and lie under no bed: belt-0042 (somebody lies on it), belt-77."
    )
    expect(page.locator("#all-quiet")).to_be_visible()
    line.locator("summary").click()
    served.world.hear_unassigned("belt-0042", Occupancy.OUT)
    expect(page.locator("#unassigned-line")).not_to_contain_text("somebody lies")
    expect(line.locator("p")).to_be_visible()
    served.world.unassigned.clear()
    expect(line).to_be_hidden()


def test_on_a_lost_link_nothing_is_said_of_now(served: Served, open_board: Open) -> None:
    two_belts(served)
    page = open_board()
    expect(page.locator("#unassigned")).to_be_visible()
    served.stop()
    expect(page.locator("#lost-bar")).to_be_visible(timeout=LOST_WITHIN_MS)
    expect(page.locator("#unassigned")).to_be_hidden()


@pytest.mark.parametrize("language", ["en", "zh-CN"])
@pytest.mark.parametrize("screen", SCREENS)
def test_it_fits_the_screen(served: Served, open_board: Open, screen: str, language: str) -> None:
    two_belts(served)
    served.world.hear_unassigned("W" * 64)
    somebody_in_a_vacant_bed(served)
    served.world.raise_alarm(1)
    width, height = SCREENS[screen]
    page = open_board("wang", language=language, viewport={"width": width, "height": height})
    summary = page.locator("#unassigned summary")
    summary.scroll_into_view_if_needed()
    keep(page, f"{screen}-{language}")
    summary.click()
    told = page.locator("#unassigned p")
    told.scroll_into_view_if_needed()
    expect(told).to_be_visible()
    keep(page, f"{screen}-{language}-open")
    for part in (summary, told):
        box = part.bounding_box()
        assert box
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
    assert page.evaluate("document.documentElement.scrollWidth") <= width
