"""An alarm about the whole centre on an open board: it comes, is taken, and goes, and marks no bed."""

import pytest
from playwright.sync_api import expect

from domain.live import AlarmsChanged
from tests.browser.conftest import Open, Served
from tests.unit.api.test_center_alarms import fall_behind

pytestmark = pytest.mark.engine("chromium")


def test_a_centre_alarm_comes_is_taken_and_goes(served: Served, open_board: Open) -> None:
    page = open_board()
    expect(page.locator("body")).to_have_attribute("data-link", "live")
    (alarm,) = fall_behind(served.world)
    events = served.world.book.history(alarm.alarm_id)
    served.world.services.hub.publish([AlarmsChanged(events=tuple(events))])
    card = page.locator(f'[data-alarm-id="{alarm.alarm_id}"]')
    expect(card).to_contain_text("Whole centre")
    expect(card).to_contain_text("alarms go on")
    expect(page.locator("#announcer")).to_contain_text("Readings cannot be stored. The whole centre.")
    expect(page.locator(".tile[data-alarm]")).to_have_count(0)
    card.get_by_text("I'll see to it").click()
    expect(card).to_contain_text("You are seeing to it")
    served.world.clear(alarm.alarm_id)
    expect(card).to_have_count(0)
    expect(page.locator("#unfinished")).to_be_hidden()
