"""The own ways to be reached: added, tried, removed, and never read back."""

from dataclasses import replace
from typing import Any

import pytest

from api.pages_account import MAX_WAYS
from api.reach import Reach
from domain.deliveries import Failure
from domain.people import Role
from tests.fakes.fake_ways import FakeWays
from tests.fakes.in_memory_contacts import InMemoryContacts
from tests.unit.api.conftest import Visit
from tests.unit.api.world import World, build_world

SECRET = "bark://api.day.app/very-secret"
SUBSCRIPTION = {"endpoint": "https://push.example/very-secret", "keys": {"p256dh": "B", "auth": "a"}, "label": "Chrome"}


@pytest.fixture
def ways() -> FakeWays:
    return FakeWays()


@pytest.fixture
def contacts() -> InMemoryContacts:
    return InMemoryContacts()


@pytest.fixture
def world(ways: FakeWays, contacts: InMemoryContacts) -> World:
    world = build_world(reach=Reach(contacts=contacts, ways=ways))
    nurse = world.people.by_id("p-wang")
    assert nurse is not None
    world.people.save(replace(nurse, person_id="p-doctor", login="doctor", role=Role.DOCTOR))
    return world


def test_a_way_is_added_and_its_address_not_shown(visit: Visit, contacts: InMemoryContacts) -> None:
    wang = visit("wang")
    answer = wang.post("/account/contacts", {"address": SECRET, "label": "iPhone"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/account?said=added#ways")
    (point,) = contacts.of_person("p-wang")
    assert (point.address, point.center_id, point.rank) == (SECRET, "elm", 1)
    page = wang.get("/account?said=added").text
    assert "very-secret" not in page
    for words in ("iPhone", point.masked, "Send a test to see whether it works."):
        assert words in page


def test_ways_are_tried_in_the_order_they_were_added(visit: Visit, contacts: InMemoryContacts) -> None:
    wang = visit("wang")
    for n in range(3):
        wang.post("/account/contacts", {"address": f"bark://b/{n}"})
    wang.post("/account/contacts", {"address": "bark://b/1"})
    assert [point.address for point in contacts.of_person("p-wang")] == [f"bark://b/{n}" for n in range(3)]


def test_a_test_goes_to_the_own_way(visit: Visit, contacts: InMemoryContacts, ways: FakeWays) -> None:
    wang = visit("wang")
    wang.post("/account/contacts", {"address": SECRET})
    (point,) = contacts.of_person("p-wang")
    assert wang.post(f"/account/contacts/{point.contact_id}/test").headers["location"] == "/account?said=sent#ways"
    ways.failure = Failure.NOT_TAKEN
    assert wang.post(f"/account/contacts/{point.contact_id}/test").headers["location"] == "/account?said=failed#ways"
    assert ways.tried == [point, point]


def test_nobody_touches_the_ways_of_others(visit: Visit, contacts: InMemoryContacts, ways: FakeWays) -> None:
    visit("wang").post("/account/contacts", {"address": SECRET})
    (point,) = contacts.of_person("p-wang")
    for login in ("li", "ada", "oak"):
        for what in ("test", "remove"):
            assert visit(login).post(f"/account/contacts/{point.contact_id}/{what}").status_code == 404
        assert point.masked not in visit(login).get("/account").text
    assert contacts.of_person("p-wang") == [point]
    assert ways.tried == []
    assert visit("wang").post(f"/account/contacts/{point.contact_id}/remove").status_code == 303
    assert contacts.of_person("p-wang") == []


@pytest.mark.parametrize("address", ["", "no address", "x" * 2_000])
def test_what_is_no_address_is_refused(visit: Visit, contacts: InMemoryContacts, address: str) -> None:
    answer = visit("wang").post("/account/contacts", {"address": address})
    assert answer.status_code == 422 or answer.headers["location"] == "/account?said=refused#ways"
    assert contacts.of_person("p-wang") == []


def test_there_is_an_end_to_them(visit: Visit, contacts: InMemoryContacts) -> None:
    wang = visit("wang")
    for n in range(MAX_WAYS + 1):
        answer = wang.post("/account/contacts", {"address": f"bark://b/{n}"})
    assert answer.headers["location"] == "/account?said=full#ways"
    assert len(contacts.of_person("p-wang")) == MAX_WAYS


def test_a_browser_is_added_once(visit: Visit, contacts: InMemoryContacts) -> None:
    wang = visit("wang")
    for _ in range(2):
        assert wang.send("/account/web-push", SUBSCRIPTION).status_code == 204
    (point,) = contacts.of_person("p-wang")
    assert (point.service, point.label) == ("web-push", "Chrome")
    page = wang.get("/account").text
    assert "very-secret" not in page


@pytest.mark.parametrize("wrong", [{}, {**SUBSCRIPTION, "endpoint": 7}, {**SUBSCRIPTION, "more": 1}])
def test_what_is_no_subscription_is_refused(visit: Visit, contacts: InMemoryContacts, wrong: dict[str, Any]) -> None:
    assert visit("wang").send("/account/web-push", wrong).status_code == 422
    assert contacts.of_person("p-wang") == []


def test_a_command_needs_its_token_and_its_right(visit: Visit, contacts: InMemoryContacts) -> None:
    assert visit("wang").send("/account/web-push", SUBSCRIPTION, token="wrong").status_code == 403
    assert visit("doctor").post("/account/contacts", {"address": SECRET}).status_code == 403
    assert visit().post("/account/contacts", {"address": SECRET}).status_code == 303
    assert contacts.of_person("p-wang") == contacts.of_person("p-doctor") == []


def test_push_is_offered_where_it_is_set_up(visit: Visit, ways: FakeWays) -> None:
    assert 'id="push"' not in visit("wang").get("/account").text
    ways.web_push_key = "BKey"
    assert 'data-key="BKey"' in visit("wang").get("/account").text
    assert 'id="push"' in visit("son").get("/account").text
    for login in ("doctor", "alone"):
        assert 'id="push"' not in visit(login).get("/account").text


def test_a_family_has_ways_that_lead_out_of_the_house(visit: Visit, contacts: InMemoryContacts, ways: FakeWays) -> None:
    son = visit("son")
    assert "Alarms never come here." in son.get("/account").text
    assert son.post("/account/contacts", {"address": SECRET}).headers["location"] == "/account?said=added#ways"
    (point,) = contacts.of_person("p-son")
    assert son.post(f"/account/contacts/{point.contact_id}/test").status_code == 303
    visit("wang").post("/account/contacts", {"address": SECRET})
    assert (ways.tried, ways.outsiders) == ([point], [True, False])


def test_families_have_a_plain_page(visit: Visit) -> None:
    assert "No resident is linked to this login" in visit("alone").get("/account").text
    assert "No resident is linked to this login" not in visit("wang").get("/account").text
    for login, back in (("alone", False), ("son", True)):
        page = visit(login).get("/account").text
        assert ("← Nights" in page) is back
        for words in ("Board", "No alarm is shown or heard"):
            assert words not in page


def test_what_is_said_is_one_of_ours(visit: Visit) -> None:
    page = visit("wang").get("/account?said=<script>").text
    assert "<script>" not in page.replace('<script type="module"', "")
