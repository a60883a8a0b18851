"""The form for rates and belts in a real browser, with what is wrong in view."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open, Served

pytestmark = pytest.mark.engine("chromium")

PHONE = {"width": 390, "height": 844}
SHOTS = os.environ.get("NIGHTBELT_TEST_SHOTS")
"""Where to keep pictures of the pages, for a person to look at."""


def keep(page: Page, name: str) -> None:
    if SHOTS:
        page.locator("section.panel:has(form.vitals)").screenshot(path=Path(SHOTS) / f"{name}.png")


def test_a_limit_is_changed_on_a_desktop(served: Served, open_board: Open) -> None:
    page = open_board("ada", "/residents/r1#vitals")
    rule = page.get_by_role("group", name="Heart rate low")
    rule.get_by_label("under").fill("36")
    keep(page, "vitals-desktop-en")
    page.locator("form.vitals").get_by_role("button", name="Save").click()
    expect(page.locator("#vitals .saved")).to_be_in_viewport()
    expect(rule).to_contain_text("Default: on · 40 per minute")
    assert served.world.register.resident("r1").vitals.heart_rate_low.limit == 36


def test_what_is_wrong_behind_more_is_shown_on_a_phone(served: Served, open_board: Open) -> None:
    page = open_board("ada", "/residents/r1#vitals", language="zh-CN", viewport=PHONE)
    page.get_by_text("更多：").click()
    battery = page.get_by_role("group", name="电量低")
    battery.get_by_label("低于").first.fill("30")
    page.locator("form.vitals").get_by_role("button", name="保存").click()
    wrong = battery.get_by_label("回升至高于")
    expect(wrong).to_be_focused()
    expect(wrong).to_be_in_viewport()
    expect(page.locator("#vital-faults")).to_contain_text("电量低 – 解除界限：不得低于报警界限。")
    keep(page, "vitals-phone-zh")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert served.world.register.resident("r1").vitals.battery_low.limit == 20
