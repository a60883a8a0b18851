"""What every contact book does."""

from dataclasses import replace

import pytest

from domain.contacts import ContactPoint, WayKind
from domain.errors import NotFoundError
from domain.ports import ContactBook

MAIL = ContactPoint(
    contact_id="k1",
    center_id="c1",
    person_id="p1",
    rank=2,
    kind=WayKind.APPRISE,
    address="mailtos://li:密码@mail.example?to=li@mail.example",
    label="办公室",
    language="zh",
)
PHONE = ContactPoint(
    contact_id="k2", center_id="c1", person_id="p1", rank=1, kind=WayKind.WEB_PUSH, address='{"endpoint": "https://x"}'
)
GROUP = ContactPoint(contact_id="k3", center_id="c1", kind=WayKind.APPRISE, address="wecombot://key")


def test_ways_come_by_rank(contacts: ContactBook) -> None:
    contacts.save(MAIL)
    contacts.save(PHONE)
    assert contacts.of_person("p1") == [PHONE, MAIL]
    assert contacts.point("k1") == MAIL


def test_saving_again_replaces(contacts: ContactBook) -> None:
    contacts.save(MAIL)
    contacts.save(replace(MAIL, rank=9, label=""))
    assert contacts.of_person("p1") == [replace(MAIL, rank=9, label="")]


def test_a_centres_ways_are_nobodys(contacts: ContactBook) -> None:
    for point in (MAIL, GROUP, replace(GROUP, contact_id="k4", center_id="c2")):
        contacts.save(point)
    assert contacts.of_center("c1") == [GROUP]
    assert contacts.of_person("") == []
    assert contacts.of_person("p2") == []


def test_a_removed_way_is_gone(contacts: ContactBook) -> None:
    contacts.save(MAIL)
    contacts.remove("k1")
    contacts.remove("k1")
    assert contacts.of_person("p1") == []
    with pytest.raises(NotFoundError):
        contacts.point("k1")
