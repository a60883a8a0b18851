"""Messages sent for real, on loopback: to a mail server, a webhook, and a push service whose browser can read them."""

import base64
import json
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from domain.clock import SystemClock
from domain.contacts import ContactPoint, WayKind
from domain.deliveries import Failure
from domain.errors import ConfigurationError
from nightbelt.channels import by_apprise
from nightbelt.channels.by_apprise import KEY_HEADER, AppriseSender, checked_address
from nightbelt.channels.by_web_push import KEPT_UNHURRIED_S, KEY_FILE, WebPushKey, WebPushSender, checked_subscription
from nightbelt.channels.sending import Message
from tests.integration.browser_keys import BrowserKeys, claims_of
from tests.integration.engines import free_port
from tests.integration.receivers import mail_server, web_receiver

MESSAGE = Message(
    key="r1.leave-bed-not-back.1/0/p1",
    topic="r1.leave-bed-not-back.1",
    title="离床未返回：102房间A床",
    text="03:12 离床。高优先级。请前往处理。",
    path="/alarms/r1.leave-bed-not-back.1",
    link="https://care.example/alarms/r1.leave-bed-not-back.1",
    language="zh-CN",
)
WAY = ContactPoint(contact_id="k1", center_id="c1", person_id="p1", kind=WayKind.APPRISE, address="")
PGP = "mailto://127.0.0.1?from=a@example.org&to=b@example.org&pgpkey=/etc/passwd"
CONTACT = "mailto:care@example.org"
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256))


def by(address: str) -> ContactPoint:
    return replace(WAY, address=address)


def mail_at(port: int) -> ContactPoint:
    return by(f"mailto://127.0.0.1:{port}?from=nightbelt@example.org&to=li@example.org")


def test_a_mail_arrives_whole() -> None:
    with mail_server() as mailbox:
        assert AppriseSender().send(mail_at(mailbox.port), MESSAGE) is None
        (mail,) = mailbox.mails
    assert mail["subject"] == MESSAGE.title
    assert "li@example.org" in mail["to"]
    assert mail[KEY_HEADER] == MESSAGE.key
    body = mail.get_body(("plain",))
    assert body is not None
    assert body.get_content().splitlines()[:2] == [MESSAGE.text, MESSAGE.link]


def test_a_webhook_gets_the_text_and_the_key() -> None:
    with web_receiver() as receiver:
        assert AppriseSender().send(by(f"json://127.0.0.1:{receiver.port}/calls"), MESSAGE) is None
        (posted,) = receiver.posted
    assert posted.path.startswith("/calls")
    assert posted.headers[KEY_HEADER.lower()] == MESSAGE.key
    said = json.loads(posted.body)
    assert (said["title"], said["message"]) == (MESSAGE.title, f"{MESSAGE.text}\n{MESSAGE.link}")


@pytest.mark.parametrize("status", [401, 429, 500])
def test_a_service_that_does_not_take_it_is_a_failure(status: int) -> None:
    with web_receiver() as receiver:
        receiver.status = status
        assert AppriseSender().send(by(f"json://127.0.0.1:{receiver.port}/"), MESSAGE) is Failure.NOT_TAKEN


def test_nobody_there_is_a_failure() -> None:
    port = free_port()
    assert AppriseSender().send(mail_at(port), MESSAGE) is Failure.NOT_TAKEN
    assert AppriseSender().send(by(f"json://127.0.0.1:{port}/"), MESSAGE) is Failure.NOT_TAKEN
    assert AppriseSender().send(by("nonsense"), MESSAGE) is Failure.BAD_ADDRESS


def test_a_service_that_does_not_answer_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(by_apprise, "READ_TIMEOUT_S", 0.2)
    with web_receiver() as receiver:
        receiver.answering.clear()
        assert AppriseSender().send(by(f"json://127.0.0.1:{receiver.port}/?rto=600"), MESSAGE) is Failure.NOT_TAKEN


def test_nothing_of_an_address_is_logged(caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]) -> None:
    AppriseSender().send(by(f"json://user:secret@127.0.0.1:{free_port()}/token"), MESSAGE)
    AppriseSender().send(by("wecombot://not a key"), MESSAGE)
    assert caplog.text == ""
    captured = capsys.readouterr()
    assert "secret" not in captured.out + captured.err


def test_addresses_that_people_may_give_themselves() -> None:
    assert checked_address(" bark://host/key ", own_choice=True) == "bark://host/key"
    for wrong in ("json://10.0.0.1/", "syslog://", "no address", "", "mailto://nobody", PGP):
        with pytest.raises(ConfigurationError, match="contact") as refused:
            checked_address(wrong, own_choice=True)
        assert "10.0.0.1" not in str(refused.value)
    assert checked_address("json://10.0.0.1/") == "json://10.0.0.1/"
    with pytest.raises(ConfigurationError):
        checked_address("syslog://")


@pytest.mark.parametrize(
    ("address", "taken"),
    [
        ("bark://api.day.app/KEY", True),
        ("mailtos://u:p@mail.example.org?to=son@example.org", True),
        ("ntfy://topic", True),
        ("wecombot://KEYKEYKEY", True),
        ("bark://10.0.0.1/KEY", False),
        ("ntfys://intranet/topic", False),
        ("mailto://u:p@mail.example.org?smtp=192.168.0.7&to=a@example.org", False),
        ("bark://[::1]/KEY", False),
    ],
)
def test_what_families_give_leads_out_of_the_house(address: str, taken: bool) -> None:
    if taken:
        assert checked_address(address, own_choice=True, outsider=True) == address
    else:
        with pytest.raises(ConfigurationError, match="contact"):
            checked_address(address, own_choice=True, outsider=True)


LETTER = replace(MESSAGE, key="night/p1/r1/2026-11-22", picture=PICTURE, urgent=False)


def test_a_mail_carries_the_picture() -> None:
    with mail_server() as mailbox:
        sender, way = AppriseSender(), mail_at(mailbox.port)
        assert sender.carries_pictures(way)
        assert sender.send(way, LETTER) is None
        assert sender.send(way, MESSAGE) is None
        letter, call = mailbox.mails
    (attached,) = letter.iter_attachments()
    assert (attached.get_content_type(), attached.get_filename()) == ("image/png", "night.png")
    assert attached.get_content() == PICTURE
    assert list(call.iter_attachments()) == []


def test_a_webhook_gets_the_picture() -> None:
    with web_receiver() as receiver:
        way = by(f"json://127.0.0.1:{receiver.port}/")
        assert AppriseSender().send(way, LETTER) is None
        (posted,) = receiver.posted
    (attached,) = json.loads(posted.body)["attachments"]
    assert (attached["filename"], base64.b64decode(attached["base64"])) == ("night.png", PICTURE)


def test_what_cannot_carry_a_picture_is_known_beforehand(tmp_path: Path) -> None:
    sender = AppriseSender()
    carries = ("mailto://u:p@mail.example.org", "ntfy://topic", "json://host/")
    bare = ("wecombot://KEYKEYKEY", "feishu://TOKENTOKEN", "bark://api.day.app/KEY", "schan://SENDKEY", "nonsense")
    assert [sender.carries_pictures(by(address)) for address in carries] == [True] * 3
    assert [sender.carries_pictures(by(address)) for address in bare] == [False] * 5
    push = replace(WAY, kind=WayKind.WEB_PUSH, address="{}")
    assert not WebPushSender(WebPushKey(tmp_path), CONTACT).carries_pictures(push)


def test_a_letter_by_push_is_not_urgent(tmp_path: Path) -> None:
    with web_receiver() as receiver:
        browser = BrowserKeys(f"http://127.0.0.1:{receiver.port}/push/1")
        point = replace(WAY, kind=WayKind.WEB_PUSH, address=json.dumps(browser.subscription))
        assert WebPushSender(WebPushKey(tmp_path), CONTACT).send(point, LETTER) is None
        (posted,) = receiver.posted
    assert posted.headers["urgency"] == "normal"
    assert int(posted.headers["ttl"]) == KEPT_UNHURRIED_S
    assert PICTURE not in posted.body


def test_a_push_message_can_be_read_by_its_browser_and_is_signed_by_us(tmp_path: Path) -> None:
    key = WebPushKey(tmp_path)
    with web_receiver() as receiver:
        browser = BrowserKeys(f"http://127.0.0.1:{receiver.port}/push/1")
        point = replace(WAY, kind=WayKind.WEB_PUSH, address=json.dumps(browser.subscription))
        assert WebPushSender(key, CONTACT).send(point, MESSAGE) is None
        (posted,) = receiver.posted
    said = browser.read(posted)
    assert (said["title"], said["body"], said["path"]) == (MESSAGE.title, MESSAGE.text, MESSAGE.path)
    assert (said["key"], said["tag"]) == (MESSAGE.key, MESSAGE.topic)
    assert MESSAGE.title.encode() not in posted.body
    assert posted.headers["urgency"] == "high"
    assert 0 < int(posted.headers["ttl"]) <= 3600
    assert len(posted.headers["topic"]) == 32
    claims = claims_of(posted, key.public)
    assert (claims["aud"], claims["sub"]) == (f"http://127.0.0.1:{receiver.port}", CONTACT)
    assert 0 < claims["exp"] - SystemClock().now() // 1000 <= 24 * 3600


@pytest.mark.parametrize(
    ("status", "failure"),
    [(410, Failure.GONE), (404, Failure.GONE), (429, Failure.NOT_TAKEN), (302, Failure.NOT_TAKEN)],
)
def test_what_a_push_service_answers(tmp_path: Path, status: int, failure: Failure) -> None:
    with web_receiver() as receiver, web_receiver() as elsewhere:
        receiver.status = status
        receiver.location = f"http://127.0.0.1:{elsewhere.port}/" if status == 302 else ""
        address = json.dumps(BrowserKeys(f"http://127.0.0.1:{receiver.port}/push/1").subscription)
        point = replace(WAY, kind=WayKind.WEB_PUSH, address=address)
        assert WebPushSender(WebPushKey(tmp_path), CONTACT).send(point, MESSAGE) is failure
        assert elsewhere.posted == []


def test_a_broken_subscription_is_a_bad_address(tmp_path: Path) -> None:
    sender = WebPushSender(WebPushKey(tmp_path), CONTACT)
    for address in ("{}", "no json", '{"endpoint": "https://push.example/1", "keys": {"p256dh": "AA", "auth": "AA"}}'):
        assert sender.send(replace(WAY, kind=WayKind.WEB_PUSH, address=address), MESSAGE) is Failure.BAD_ADDRESS


def test_the_key_is_made_once_and_for_its_owner(tmp_path: Path) -> None:
    first = WebPushKey(tmp_path).public
    assert WebPushKey(tmp_path).public == first
    assert stat.S_IMODE((tmp_path / KEY_FILE).stat().st_mode) == 0o600
    (tmp_path / KEY_FILE).write_text("no key")
    with pytest.raises(ConfigurationError, match=KEY_FILE):
        WebPushKey(tmp_path)


@pytest.mark.parametrize(
    "endpoint", ["http://push.example/1", "https://10.0.0.1/1", "https://localhost/1", "https://[::1]/", "x"]
)
def test_a_subscription_leads_to_a_push_service_and_nowhere_else(endpoint: str) -> None:
    good = {"endpoint": "https://push.example/1", "expirationTime": None, "keys": {"p256dh": "B", "auth": "a"}}
    kept = json.loads(checked_subscription(json.dumps(good)))
    assert kept == {"endpoint": "https://push.example/1", "keys": {"p256dh": "B", "auth": "a"}}
    with pytest.raises(ConfigurationError):
        checked_subscription(json.dumps({**good, "endpoint": endpoint}))
