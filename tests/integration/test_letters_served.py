"""Letters through the running service: from the stored report to a mail with its picture, and not a second time."""

import base64
import contextlib
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, time, timedelta
from email.message import EmailMessage
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from api.charts.look import PAPER
from domain.clock import ScaledClock, SystemClock, instant
from domain.consents import Consenter, ReportConsent, Shape
from domain.contacts import ContactPoint, WayKind
from domain.deliveries import Delivery, DeliveryState, Failure
from domain.people import Person, Role
from domain.ports import BedEntry
from domain.readings import Occupancy, ReadingBatch
from domain.reports import KeptReport, SleepState
from domain.residents import Center, Resident
from domain.units import MINUTE_MS
from nightbelt.service import Stores
from nightbelt.settings import Settings
from tests.integration.engines import Broker, until
from tests.integration.receivers import mail_server, web_receiver
from tests.integration.served import Served, served
from tests.pictures import colours, pixels
from tests.reports import NIGHT, START_AT, night_report

pytestmark = pytest.mark.engine("mosquitto")
MORNING = NIGHT + timedelta(days=1)
DUE_AT = instant(datetime.combine(MORNING, time(10, 15), tzinfo=ZoneInfo("Asia/Shanghai")))
SON = Person(
    person_id="p-son",
    login="son",
    name="Son",
    role=Role.FAMILY,
    password_hash="",
    center_id="elm",
    language="zh-CN",
    relatives=frozenset({"r1"}),
)
DAUGHTER = replace(SON, person_id="p-daughter", login="daughter", language="en")


def after_the_hour() -> ScaledClock:
    """A clock that stands a minute after the centre's hour now, and goes on as fast as any."""
    return ScaledClock(origin_at=DUE_AT + MINUTE_MS, machine_origin_at=SystemClock().now(), speed=1.0)


def furnish(data: Path, mail_port: int, web_port: int) -> None:
    """A resident with a night, a son with mail, a daughter with a webhook, and consent for both."""
    with contextlib.closing(Stores(Settings(data_dir=data))) as stores:
        _furnish(stores, mail_port, web_port)


def _furnish(stores: Stores, mail_port: int, web_port: int) -> None:
    resident = Resident(resident_id="r1", name="王秀英")
    bed = BedEntry(room_id="r", room="102", bed_id="b1", bed="A", belt_id="belt1", resident=resident)
    stores.register.enroll(Center(center_id="elm", name="Elm"), [bed], START_AT - 1)
    stores.readings.write(readings())
    report = KeptReport(report=night_report(), computed_at=DUE_AT, version=10**6)
    stores.reports.put([report])
    mail = f"mailto://127.0.0.1:{mail_port}?from=nightbelt@example.org&to=son@example.org"
    for person, address in ((SON, mail), (DAUGHTER, f"json://127.0.0.1:{web_port}/")):
        stores.people.save(person)
        way = ContactPoint(
            contact_id=person.login,
            center_id="elm",
            person_id=person.person_id,
            kind=WayKind.APPRISE,
            address=address,
        )
        stores.contacts.save(way)
        stores.consents.give(consent(person.person_id))


def consent(person_id: str) -> ReportConsent:
    return ReportConsent(
        resident_id="r1",
        person_id=person_id,
        covers=Shape.CARD,
        consenter=Consenter.RESIDENT,
        given_at=START_AT,
        given_by="p-ada",
    )


def readings() -> ReadingBatch:
    """Some hours in bed with a turn each quarter of an hour, for the picture."""
    minutes = np.arange(180, 720)
    return ReadingBatch.build(
        belts=("belt1",),
        belt=np.zeros(len(minutes)),
        observed_at=START_AT + minutes * MINUTE_MS,
        received_at=START_AT + minutes * MINUTE_MS,
        in_bed=np.full(len(minutes), Occupancy.IN),
        heart_rate=60.0,
        turn_overs=np.where(minutes % 15 == 0, 1, 0),
    )


def letters(service: Served) -> list[Delivery]:
    return service.stores.outbox.letters_of("r1", NIGHT)


def sent(service: Served) -> bool:
    states = [one.state for one in letters(service)]
    return states == [DeliveryState.SENT, DeliveryState.SENT]


def pictures_of(mail: EmailMessage) -> Iterator[bytes]:
    for part in mail.iter_attachments():
        assert (part.get_content_type(), part.get_filename()) == ("image/png", "night.png")
        yield part.get_content()


def look_at(picture: bytes) -> None:
    """The card of that night: text, and eight hours of sleep on a lane of twenty pixels, drawn twice as large."""
    drawn = pixels(picture)
    height, width, _ = drawn.shape
    assert 900 <= width <= 1300
    assert 400 <= height <= 800
    shares = colours(drawn)
    told = {name: shares.get(rgba(colour), 0.0) for name, colour in (("paper", PAPER.background), ("text", PAPER.text))}
    assert told["paper"] is not None
    assert 0.7 < told["paper"] < 0.95
    assert told["text"] > 0.01
    asleep_px = shares[rgba(PAPER.states[SleepState.ASLEEP])] * width * height
    lane_px = 2 * 20 * 0.75 * 2 * 400
    assert asleep_px == pytest.approx(lane_px * 495 / 960, rel=0.1)


def rgba(colour: str | None) -> tuple[int, ...]:
    return (*bytes.fromhex((colour or "").removeprefix("#")), 255)


def test_a_morning_over_a_restart(tmp_path: Path, mosquitto_broker: Broker) -> None:
    with mail_server() as mailbox, web_receiver() as receiver:
        furnish(tmp_path, mailbox.port, receiver.port)
        for _start in range(2):
            with served(tmp_path, mosquitto_broker, clock=after_the_hour()) as service:
                until(lambda: sent(service), within_s=30)
                assert service.healthy
    (mail,) = mailbox.mails
    assert mail["subject"] == "昨夜情况"
    body = mail.get_body(("plain",))
    assert body is not None
    assert body.get_content().strip().startswith("11月21日周六夜间的报告已生成。图片展示了这一夜的情况。")
    assert "王秀英" not in mail.as_string() + body.get_content()
    (picture,) = pictures_of(mail)
    look_at(picture)
    (posted,) = receiver.posted
    said = json.loads(posted.body)
    assert said["title"] == "Last night"
    (attached,) = said["attachments"]
    look_at(base64.b64decode(attached["base64"]))


def test_a_consent_withdrawn_between_two_tries_ends_them(tmp_path: Path, mosquitto_broker: Broker) -> None:
    with mail_server() as mailbox, web_receiver() as receiver:
        receiver.status = 500
        furnish(tmp_path, mailbox.port, receiver.port)
        with served(tmp_path, mosquitto_broker, clock=after_the_hour()) as service:
            until(lambda: len(receiver.posted) > 0, within_s=30)
            service.stores.consents.withdraw("r1", "p-daughter", DUE_AT, "p-ada")
            tries = len(receiver.posted)
            until(lambda: letters(service)[0].state is DeliveryState.GIVEN_UP, within_s=30)
            until(lambda: len(mailbox.mails) == 1, within_s=30)
            assert letters(service)[0].failure is Failure.NO_CONSENT
    assert len(receiver.posted) == tries
