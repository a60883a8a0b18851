"""The demo in a real browser: the first alarm is on the board in time, and the README's pictures are of it."""

import os
import time
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.integration.demo import demo

pytestmark = pytest.mark.engine("chromium")
FIRST_ALARM_S = 90.0


def test_the_first_alarm_shows_within_90_seconds_and_a_screenshot_is_taken(tmp_path: Path, chromium: Browser) -> None:
    pictures = Path(os.environ.get("NIGHTBELT_TEST_SCREENSHOTS", tmp_path))
    with demo(tmp_path / "data") as running:
        address = running.wait_up()
        up_s = time.monotonic()
        page = chromium.new_page(viewport={"width": 1440, "height": 900})
        page.goto(address)
        page.fill("input[name=login]", "nurse")
        page.fill("input[name=password]", running.password("nurse"))
        page.keyboard.press("Enter")
        page.wait_for_selector(".card[data-state=active]", timeout=FIRST_ALARM_S * 1000)
        took_s = time.monotonic() - up_s
        page.screenshot(path=pictures / "board.png")
        page.goto(f"{address}/residents/r0003")
        page.get_by_text("Night before").click()
        page.screenshot(path=pictures / "night.png")
        page.close()
        assert running.end() == 0
    print(f"first alarm on the board after {took_s:.1f} s")
    assert took_s < FIRST_ALARM_S
