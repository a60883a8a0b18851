"""A round walked on a phone: one tap for each room, on the board, where alarms still show; a lost tap is said."""

import pytest
from playwright.sync_api import expect

from domain.alarms import Rule
from tests.browser.conftest import Open, Served
from tests.browser.test_quality import PHONE, fits, keep

pytestmark = pytest.mark.engine("chromium")

FINGER_PX = 44
"""The least height of what a finger has to hit (WCAG 2.2, target size, enhanced)."""


def test_a_round_on_a_phone(served: Served, open_board: Open) -> None:
    page = open_board("wang", "/rounds", viewport=PHONE, has_touch=True)
    page.get_by_role("button", name="Begin a round").tap()
    count, rooms = page.locator(".walk-count"), [page.locator(f'#walk [data-room="room10{n}"]') for n in range(1, 5)]
    expect(count).to_have_text("0 of 8 seen")
    for button in page.locator(".walk-tap").all():
        box = button.bounding_box()
        assert box is not None
        assert box["height"] >= FINGER_PX
    rooms[0].locator("button.walk-tap").dblclick()
    expect(count).to_have_text("2 of 8 seen")

    page.route("**/seen", lambda route: route.abort())
    rooms[1].locator("button.walk-tap").tap()
    expect(page.locator(".walk-fault")).to_contain_text("Not stored")
    page.unroute("**/seen")
    rooms[1].locator("button.walk-tap").tap()
    expect(count).to_have_text("4 of 8 seen")
    expect(page.locator(".walk-fault")).to_be_hidden()

    rooms[1].locator("summary").tap()
    note = rooms[1].locator("[name=note]").first
    note.fill("Blanket on the floor")
    rooms[2].locator("button.walk-tap").tap()
    expect(count).to_have_text("6 of 8 seen")
    expect(note).to_have_value("Blanket on the floor")
    rooms[1].get_by_role("button", name="Save").first.tap()
    expect(rooms[1].locator(".walk-noted")).to_have_text("1 note")
    rooms[2].locator("summary").tap()
    rooms[2].get_by_role("button", name="Not seen after all").last.tap()
    expect(count).to_have_text("5 of 8 seen")

    page.locator(".tile").last.scroll_into_view_if_needed()
    served.world.raise_alarm(5, Rule.LEAVE_BED_IMMEDIATE)
    page.locator("#out-of-sight").tap()
    expect(page.locator("#open-alarms .card")).to_be_in_viewport()
    expect(page.locator("#out-of-sight")).to_be_hidden()
    keep(page, "walk-phone-en")
    assert fits(page)

    page.get_by_role("button", name="End the round").tap()
    expect(page.locator("#walk")).to_contain_text("Not seen: 103-B, 104-A, 104-B")
    page.goto(f"{served.address}/rounds")
    expect(page.locator(".found")).to_contain_text("Blanket on the floor")
    assert fits(page)
