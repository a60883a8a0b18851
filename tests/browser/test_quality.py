"""The quality of alarms in a real browser: it fits the screen, bars have heights, the way to a bed is there."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from alerts.lifecycle import step
from domain.alarms import Acknowledge, AlarmInput, Clear, Outcome, Priority, Raise, Resolve, Rule
from domain.units import DAY_MS, MINUTE_MS, SECOND_MS
from tests.browser.conftest import Open, Served
from tests.unit.api.world import World

pytestmark = pytest.mark.engine("chromium")

PHONE = {"width": 390, "height": 844}
SHOTS = os.environ.get("NIGHTBELT_TEST_SHOTS")
"""Where to keep pictures of the pages, for a person to look at."""
FALSE, NEEDLESS, HELPED = Outcome.FALSE_ALARM, Outcome.NO_HELP_NEEDED, Outcome.HELPED
MIX: dict[Rule, tuple[list[Outcome | None], Priority]] = {
    Rule.LEAVE_BED_NOT_BACK: ([HELPED, HELPED, NEEDLESS, Outcome.ESCALATED, HELPED, FALSE, None], Priority.HIGH),
    Rule.LEAVE_BED_IMMEDIATE: ([NEEDLESS, NEEDLESS, HELPED, NEEDLESS], Priority.HIGH),
    Rule.SIGNAL_POOR: ([FALSE, FALSE, NEEDLESS], Priority.LOW),
    Rule.HEART_RATE_LOW: ([HELPED], Priority.MEDIUM),
}


def fill(world: World, nights: int = 28) -> None:
    """Four weeks of alarms, one or two of them a night from each rule, but heart rates only in one."""
    random, now = np.random.default_rng(3), world.services.clock.now()
    for back in range(1, nights + 1):
        for rule, (outcomes, priority) in MIX.items():
            times = int(back == 5) if rule is Rule.HEART_RATE_LOW else int(random.integers(0, 4))
            for _ in range(times):
                n = int(random.choice([1, 2, 3, 5], p=[0.5, 0.2, 0.2, 0.1]))
                at = now - back * DAY_MS + int(random.integers(0, 10 * 60)) * MINUTE_MS
                outcome = outcomes[int(random.integers(len(outcomes)))]
                alarm = replace(world.build_alarm(n, rule), alarm_id=f"{rule}.{n}.{at}", priority=priority)
                alarm = replace(alarm, began_at=at - MINUTE_MS, due_at=at, raised_at=at)
                wait_ms = round(random.lognormal(np.log(90), 0.9) * SECOND_MS)
                told: list[AlarmInput] = [Raise(alarm_id=alarm.alarm_id, at=at, alarm=alarm)]
                if outcome is None:
                    told += [Clear(alarm_id=alarm.alarm_id, at=at + 8 * MINUTE_MS, cleared_at=at + 6 * MINUTE_MS)]
                else:
                    seen_at, who = at + wait_ms, "p-wang"
                    told += [Acknowledge(alarm_id=alarm.alarm_id, at=seen_at, person_id=who)]
                    done_at = seen_at + 4 * MINUTE_MS
                    told += [Resolve(alarm_id=alarm.alarm_id, at=done_at, person_id=who, outcome=outcome)]
                world.book.apply(told, step)


def keep(page: Page, name: str) -> None:
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def test_the_page_on_a_desktop_leads_to_the_bed(served: Served, open_board: Open) -> None:
    fill(served.world)
    page = open_board("ada", "/")
    page.get_by_role("link", name="Quality of alarms").click()
    expect(page.locator(".findings li").first).to_be_visible()
    keep(page, "quality-desktop-en")
    assert fits(page)
    for shown in page.locator("svg.columns").all():
        box = shown.bounding_box()
        assert box is not None
        assert box["height"] > 50
        assert shown.locator("rect").count() > 5
    page.get_by_text("The numbers").first.click()
    expect(page.locator(".numbers").first).to_be_visible()
    page.locator(".sources a").first.click()
    expect(page.locator("#vitals")).to_be_in_viewport()


def test_the_page_on_a_phone_in_chinese(served: Served, open_board: Open) -> None:
    fill(served.world)
    page = open_board("ada", "/quality", language="zh-CN", viewport=PHONE)
    expect(page.locator("h1")).to_contain_text("报警质量")
    keep(page, "quality-phone-zh")
    assert fits(page)
    expect(page.locator(".rules td").first).to_be_visible()
