"""A resident's nights in a real browser: charts are drawn, values are told, nothing is wider than the screen."""

import os
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from domain.alarms import Acknowledge, AlarmInput, Outcome, Raise, Resolve
from domain.clock import instant
from domain.readings import Occupancy, ReadingBatch
from domain.reports import KeptReport
from domain.units import MINUTE_MS
from tests.browser.conftest import Open, Served
from tests.reports import night_report

pytestmark = pytest.mark.engine("chromium")

PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 900}
SHANGHAI = ZoneInfo("Asia/Shanghai")
NIGHTS = 45
SHOTS = os.environ.get("NIGHTBELT_TEST_SHOTS")
"""Where to keep pictures of the pages, for a person to look at."""


def last_night(served: Served) -> date:
    """The latest night that is over in Shanghai."""
    local = datetime.fromtimestamp(served.world.services.clock.now() / 1000, tz=SHANGHAI)
    return local.date() - timedelta(days=1 if local.hour >= 10 else 2)


@pytest.fixture
def night(served: Served) -> date:
    """Resident r1 has six weeks of reports, and the readings of last night."""
    world, night = served.world, last_night(served)
    random = np.random.default_rng(5)
    for back in range(NIGHTS, 0, -1):
        plain = night_report(
            night=night - timedelta(days=back),
            sleep_min=420 + 35 * random.normal(),
            exits=replace(night_report().exits, count=int(random.integers(0, 3))),
            turn_overs=int(random.integers(8, 18)),
            score=float(random.uniform(55, 95)),
            valid=back != 9,
        )
        world.services.reports.put([KeptReport(report=plain, computed_at=0, version=1)])
    start_at = instant(datetime(night.year, night.month, night.day, 18, tzinfo=SHANGHAI))
    minute = np.arange(16 * 60)
    in_bed = (minute >= 190) & (minute < 735) & ~((minute >= 484) & (minute < 496))
    restless = (minute % 97 < 4) | (minute < 215) | ((minute >= 496) & (minute < 510))
    world.readings.write(
        ReadingBatch.build(
            belts=("belt1",),
            belt=np.zeros(len(minute)),
            observed_at=start_at + minute * MINUTE_MS,
            received_at=start_at + minute * MINUTE_MS,
            in_bed=np.where(in_bed, Occupancy.IN, Occupancy.OUT),
            heart_rate=np.where(in_bed, 58 + 9 * restless + random.normal(0, 1, len(minute)), np.nan),
            breathing_rate=np.where(in_bed, 14 + 2 * restless + random.normal(0, 0.5, len(minute)), np.nan),
            movement=np.where(in_bed, np.where(restless, 35, 1) + random.exponential(1.5, len(minute)), np.nan),
            turn_overs=np.where(in_bed & (minute % 47 == 7), 1, 0),
        )
    )
    _answered_alarm(served, start_at + 484 * MINUTE_MS)
    return night


def _answered_alarm(served: Served, left_at: int) -> None:
    alarm = replace(
        served.world.build_alarm(1),
        alarm_id="answered",
        began_at=left_at,
        due_at=left_at + 10 * MINUTE_MS,
        raised_at=left_at + 10 * MINUTE_MS,
    )
    book, services = served.world.book, served.world.services
    taken_at = alarm.raised_at + MINUTE_MS
    steps: list[AlarmInput] = [
        Raise(alarm_id="answered", at=alarm.raised_at, alarm=alarm),
        Acknowledge(alarm_id="answered", at=taken_at, person_id="p-wang"),
        Resolve(alarm_id="answered", at=taken_at + 2 * MINUTE_MS, person_id="p-wang", outcome=Outcome.HELPED, note=""),
    ]
    book.apply(steps, services.step)


def drawn(page: Page, charts: int) -> None:
    expect(page.locator("figure[data-drawn]")).to_have_count(charts, timeout=20_000)
    assert page.locator("figure[data-drawn=picture]").count() == 0, "a chart was not drawn by its script"
    assert page.locator(".drawing svg").count() == charts


def fits(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "wider than the screen"
    overflowing = page.evaluate(
        "[...document.querySelectorAll('.drawing')].filter(d => d.scrollWidth > d.clientWidth + 1).length"
    )
    assert overflowing == 0, "a chart is wider than its place"


def shot(page: Page, name: str) -> None:
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)


def hovered(page: Page) -> None:
    """The heart rate of about two in the night is told under the pointer."""
    course = page.locator("figure[data-chart*='night.json'] svg")
    course.scroll_into_view_if_needed()
    box = course.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] * 0.45, box["y"] + box["height"] * 0.45)
    page.mouse.move(box["x"] + box["width"] * 0.451, box["y"] + box["height"] * 0.45)
    expect(page.locator("#vg-tooltip-element")).to_contain_text("Heart rate")


@pytest.mark.parametrize(("size", "language"), [(DESKTOP, "en"), (PHONE, "zh-CN")], ids=["desktop-en", "phone-zh"])
def test_the_page_of_a_resident(
    open_board: Open, night: date, size: dict[str, int], language: str, request: pytest.FixtureRequest
) -> None:
    week_ago = night - timedelta(days=7)
    path = f"/residents/r1?night={night}&with={week_ago}"
    page = open_board("wang", path, language, viewport=size)
    drawn(page, 3)
    fits(page)
    if size is DESKTOP:
        hovered(page)
    shot(page, f"resident-{request.node.callspec.id}")


@pytest.mark.parametrize(
    ("size", "language"),
    [(PHONE, "zh-CN"), (DESKTOP, "en")],
    ids=["phone-zh", "desktop-en"],
)
def test_the_page_of_a_family(
    open_board: Open, night: date, size: dict[str, int], language: str, request: pytest.FixtureRequest
) -> None:
    page = open_board("son", "/residents/r1", language, viewport=size)
    drawn(page, 2)
    fits(page)
    expect(page.locator(".plain-figures > div")).to_have_count(6)
    expect(page.locator(".said p")).to_have_count(3)
    shot(page, f"family-{request.node.callspec.id}")


def test_without_scripts_the_charts_are_pictures(open_board: Open, night: date) -> None:
    page = open_board("son", f"/residents/r1?night={night}", java_script_enabled=False)
    pictures = page.locator("figure.chart noscript img")
    expect(pictures).to_have_count(2)
    for n in range(2):
        answer = page.request.get(page.url.partition("/residents")[0] + str(pictures.nth(n).get_attribute("src")))
        assert (answer.status, answer.headers["content-type"]) == (200, "image/svg+xml")
