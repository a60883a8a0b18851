"""The account page in a real browser: a way added on a phone, push switched on, a push message shown."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, CDPSession, Page, expect

from api.reach import Reach
from domain.clock import SystemClock
from nightbelt.channels.by_web_push import WebPushKey
from tests.browser.conftest import Open, Served
from tests.fakes.fake_ways import FakeWays
from tests.fakes.in_memory_contacts import InMemoryContacts
from tests.unit.api.world import build_world

pytestmark = pytest.mark.engine("chromium")

PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2}
ENDPOINT = "https://push.example/send/abc"
STUB = """
  const keys = { p256dh: "BPublic", auth: "auth" };
  const endpoint = "ENDPOINT";
  const made = { endpoint, options: {}, toJSON: () => ({ endpoint, keys }) };
  PushManager.prototype.getSubscription = async () => (localStorage.subscribed ? made : null);
  PushManager.prototype.subscribe = async (options) => {
    localStorage.subscribed = options.userVisibleOnly && options.applicationServerKey.length === 65;
    return made;
  };
  Notification.requestPermission = async () => "granted";
""".replace("ENDPOINT", ENDPOINT)
"""No push service can be reached from here; everything else is the browser's own."""
SHOWN_ONCE = """async () => {
  const worker = await navigator.serviceWorker.getRegistration('/static/push-worker.js');
  const [first, later] = await Promise.all(["t", "later"].map((tag) => worker.getNotifications({ tag })));
  const [{ title, body, data, tag }] = first.concat({});
  return later.length === 1 && first.length === 1 && { title, body, data, tag };
}"""
"""What stands on the screen once the last message is there too; none stands there while one takes the other's place."""


@pytest.fixture
def contacts() -> InMemoryContacts:
    return InMemoryContacts()


@pytest.fixture
def served(contacts: InMemoryContacts, tmp_path: Path) -> Iterator[Served]:
    ways = FakeWays(web_push_key=WebPushKey(tmp_path).public)
    served = Served(build_world(clock=SystemClock(), reach=Reach(contacts=contacts, ways=ways)))
    served.start()
    yield served
    served.stop()


def allowed(page: Page, served: Served) -> BrowserContext:
    page.context.grant_permissions(["notifications"], origin=served.address)
    return page.context


def picture(page: Page, name: str) -> None:
    folder = os.environ.get("NIGHTBELT_TEST_PICTURES")
    if folder:
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


def test_a_way_is_added_tried_and_removed_on_a_phone(open_board: Open, contacts: InMemoryContacts) -> None:
    page = open_board(path="/", language="zh-CN", **PHONE)
    page.click(".my-name")
    expect(page.locator("h1")).to_have_text("王芳")
    picture(page, "account-empty")
    page.fill("[name=address]", "wecombot://secret-key")
    page.fill("[name=label]", "夜班群")
    page.click("form[action='/account/contacts'] button")
    expect(page.locator("[role=status]")).to_contain_text("已添加")
    expect(page.locator(".contacts li")).to_contain_text("企业微信")
    assert "secret-key" not in page.content()
    picture(page, "account-phone")
    page.click(".contacts button:not(.quiet)")
    expect(page.locator("[role=status]")).to_contain_text("测试消息已发出")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.click(".contacts button.quiet")
    expect(page.locator(".contacts")).to_have_count(0)
    assert contacts.of_person("p-wang") == []


def test_push_is_switched_on_in_this_browser(open_board: Open, served: Served, contacts: InMemoryContacts) -> None:
    page = open_board(path="/account")
    context = allowed(page, served)
    context.add_init_script(STUB)
    page.reload()
    button = page.locator("#push button")
    expect(button).to_be_visible()
    button.click()
    expect(page.locator("[role=status]")).to_contain_text("Added")
    (point,) = contacts.of_person("p-wang")
    assert point.service == "web-push"
    assert json.loads(point.address)["endpoint"] == ENDPOINT
    expect(page.locator("[data-state=on]")).to_be_visible()
    expect(button).to_be_hidden()
    picture(page, "account-push")
    page.click(".contacts button.quiet")
    expect(button).to_be_visible()


def test_a_push_message_is_shown_once_with_the_way_to_its_alarm(open_board: Open, served: Served) -> None:
    alarm = served.world.raise_alarm(3).alarm
    page = open_board(path="/account")
    context = allowed(page, served)
    page.evaluate("navigator.serviceWorker.register('/static/push-worker.js')")
    until(page, "navigator.serviceWorker.getRegistration('/static/push-worker.js').then((r) => !!r?.active)")
    session = context.new_cdp_session(page)
    registration = registration_id(page, session)
    said = {
        "title": "Not back in bed",
        "body": "Please go",
        "lang": "en",
        "path": f"/alarms/{alarm.alarm_id}",
    }
    for tag in ("t", "t", "later"):
        data = json.dumps(said | {"tag": tag})
        push = {"origin": served.address, "registrationId": registration, "data": data}
        session.send("ServiceWorker.deliverPushMessage", push)
    assert until(page, SHOWN_ONCE) == {
        "title": said["title"],
        "body": said["body"],
        "data": {"path": said["path"]},
        "tag": "t",
    }


def registration_id(page: Page, session: CDPSession) -> str:
    """Chromium's own name for the worker's registration: told in an event, some time after it was asked for."""
    found: list[str] = []
    session.on("ServiceWorker.workerRegistrationUpdated", lambda told: found.extend(_ids(told)))
    session.send("ServiceWorker.enable")
    for _ in range(200):
        if found:
            return found[0]
        page.wait_for_timeout(50)
    pytest.fail("the browser told of no registration within ten seconds")


def until(page: Page, promise: str) -> object:
    """What a promise made in the page comes to, once it is something (`wait_for_function` takes a promise as such)."""
    for _ in range(200):
        if found := page.evaluate(promise):
            return found
        page.wait_for_timeout(50)
    pytest.fail(f"nothing came of it within ten seconds: {promise}")


def _ids(told: dict[str, list[dict[str, str]]]) -> list[str]:
    return [one["registrationId"] for one in told["registrations"] if one["scopeURL"].endswith("/static/")]
