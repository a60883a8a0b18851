"""Word of the night in a real browser: a consent recorded at a desk, narrowed by the family on a phone, withdrawn."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from api.reach import Reach
from domain.clock import SystemClock
from domain.consents import Shape
from tests.browser.conftest import Open, Served
from tests.fakes.fake_ways import FakeWays
from tests.fakes.in_memory_contacts import InMemoryContacts
from tests.unit.api.world import build_world

pytestmark = pytest.mark.engine("chromium")
PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2}
SHOTS = os.environ.get("NIGHTBELT_TEST_PICTURES")


@pytest.fixture
def served() -> Iterator[Served]:
    reach = Reach(contacts=InMemoryContacts(), ways=FakeWays())
    served = Served(build_world(clock=SystemClock(), reach=reach))
    served.start()
    yield served
    served.stop()


def shot(page: Page, name: str, part: str) -> None:
    if SHOTS:
        page.locator(part).screenshot(path=Path(SHOTS) / f"{name}.png")


def test_a_consent_from_the_desk_to_the_phone_and_back(open_board: Open, served: Served) -> None:
    desk = open_board("ada", "/account")
    for charts in ("**/vega/*", "**/charts/*"):  # they take seconds to draw, and are other tests' matter
        desk.route(charts, lambda route: route.abort())
    desk.goto(f"{served.address}/residents/r1")
    panel = desk.locator("#consents")
    expect(panel).to_contain_text("Wang Jun")
    shot(desk, "consent-none", "#consents")
    panel.get_by_text("The guardian").click()
    panel.get_by_text("a message with the picture of the night").click()
    panel.get_by_role("button").click()
    expect(panel).to_contain_text("Recorded by Ada Admin")
    shot(desk, "consent-given", "#consents")

    phone = open_board("son", "/account", "zh-CN", **PHONE)
    choices = phone.locator("#morning")
    expect(choices.locator("input:checked")).to_have_value("card")
    shot(phone, "family-account", "main")
    choices.get_by_text("不含数据、附链接的消息").click()
    choices.get_by_role("button").click()
    expect(choices.locator("[role=status]")).to_be_visible()
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
    (consent,) = served.world.services.consents.find()
    assert consent.shape is Shape.LINK

    desk.reload()
    expect(panel).to_contain_text("They have chosen: a message without figures, with a link.")
    panel.get_by_role("button").click()
    expect(panel).to_contain_text("Withdrawn. Recorded by Ada Admin")
    shot(desk, "consent-withdrawn", "#consents")
    phone.reload()
    expect(choices).to_contain_text("机构没有登记相关同意")
    assert [one.stands for one in served.world.services.consents.find()] == [False]
