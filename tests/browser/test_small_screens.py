"""What people type has no length that suits a phone: only a browser knows whether it stays on the page."""

from dataclasses import replace
from datetime import time

import pytest
from playwright.sync_api import Page

from domain.alarms import Acknowledge, Outcome, Resolve
from domain.ports import BedEntry
from domain.reports import KeptReport
from domain.residents import Center
from domain.roster import Shift
from tests.browser.conftest import Open, Served
from tests.reports import night_report

pytestmark = pytest.mark.engine("chromium")

PHONE = {"width": 390, "height": 844}
NARROWEST = {"width": 320, "height": 568}
LONG = "Wolfeschlegelsteinhausenbergerdorff"


def with_long_words(served: Served) -> str:
    """Long names of a person, a resident and a shift, and a long note of an alarm that is over. The alarm's id."""
    world, now = served.world, served.world.services.clock.now()
    ada = world.people.by_login("ada")
    assert ada
    world.people.save(replace(ada, name=f"{LONG} {LONG}"))
    world.services.rosters.plan("elm", [Shift(shift_id="s", name=LONG * 2, start=time(20), end=time(8))], [])
    who = replace(world.register.resident("r1"), name=LONG)
    bed = BedEntry(room_id="room101", room="101", bed_id="b1", bed="A", belt_id="belt1", resident=who)
    world.register.enroll(Center(center_id="elm", name="Elm House"), [bed], now)
    alarm_id = world.raise_alarm(1).alarm.alarm_id
    taken = Acknowledge(alarm_id=alarm_id, at=now, person_id="p-ada")
    closed = Resolve(alarm_id=alarm_id, at=now, person_id="p-ada", outcome=Outcome.HELPED, note="x" * 400)
    world.book.apply([taken, closed], world.services.step)
    return alarm_id


def without_charts(page: Page) -> Page:
    """They take a while, and are looked at elsewhere."""
    for part in ("vega", "residents/*/charts"):
        page.route(f"**/{part}/*", lambda route: route.abort())
    return page


def fits(page: Page) -> None:
    """Nothing is wider than the screen, and no time of an event lies under its words."""
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], page.url
    for event in page.locator(".events li:has(time)").all():
        when, what = event.locator("time").bounding_box(), event.locator("span").first.bounding_box()
        assert when
        assert what
        assert when["x"] + when["width"] <= what["x"], page.url


def test_long_words_stay_on_the_page(served: Served, open_board: Open) -> None:
    alarm_id = with_long_words(served)
    page = without_charts(open_board("ada", viewport=PHONE))
    fits(page)
    for path in (f"/alarms/{alarm_id}", "/account", "/roster", "/handover", "/residents/r1"):
        page.goto(served.address + path)
        fits(page)


def test_on_paper_a_residents_page_has_no_forms(served: Served, open_board: Open) -> None:
    page = without_charts(open_board("ada"))
    page.goto(f"{served.address}/residents/r1")
    page.emulate_media(media="print")
    assert [form for form in page.locator("main form").all() if form.is_visible()] == []
    assert not page.get_by_text("It ends by itself on the return to bed").is_visible()


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_the_calendar_is_whole_on_the_narrowest_phone(served: Served, open_board: Open, language: str) -> None:
    told = night_report()
    served.world.services.reports.put([KeptReport(report=told, computed_at=0, version=1)])
    page = without_charts(open_board("wang", language=language, viewport=NARROWEST))
    page.goto(f"{served.address}/residents/r1?night={told.night}")
    numbers = page.locator(".calendar :is(small, th)")
    cut = "all => all.filter(text => text.scrollWidth > text.clientWidth).map(text => text.textContent)"
    assert numbers.all_inner_texts().count("8.2") == 1
    assert numbers.evaluate_all(cut) == []
