"""Consent to telling families: recorded and withdrawn by who may, chosen by the family, and audited."""

from dataclasses import replace

import pytest

from api.reach import Reach
from domain.audit import Change
from domain.calls import Call, CallReason
from domain.consents import Shape
from domain.contacts import ContactPoint, WayKind
from domain.deliveries import DeliveryState, Failure, queued
from domain.people import Role
from tests.fakes.fake_ways import FakeWays
from tests.fakes.in_memory_contacts import InMemoryContacts
from tests.reports import NIGHT as DAY
from tests.unit.api.conftest import Visit
from tests.unit.api.world import NIGHT, World, build_world

GIVEN = {"person_id": "p-son", "covers": "card", "consenter": "guardian"}
PATH = "/api/residents/r1/consents"


@pytest.fixture
def world() -> World:
    world = build_world(reach=Reach(contacts=InMemoryContacts(), ways=FakeWays()))
    nurse = world.people.by_id("p-wang")
    assert nurse is not None
    world.people.save(replace(nurse, person_id="p-lead", login="lead", name="Lead Liu", role=Role.LEAD))
    return world


def test_nothing_stands_until_somebody_records_it(world: World, visit: Visit) -> None:
    (family,) = visit("ada").get(PATH).json()["families"]
    assert (family["person_id"], family["stands"], family["covers"], family["reachable"]) == (
        "p-son",
        False,
        None,
        False,
    )
    assert world.services.consents.find() == []
    assert "the centre has no consent to it on record" in visit("son").get("/account").text


def test_a_lead_records_it_and_the_trail_says_so(world: World, visit: Visit) -> None:
    lead = visit("lead")
    (family,) = lead.send(PATH, GIVEN).json()["families"]
    told = {name: family[name] for name in ("stands", "covers", "consenter", "given_at", "given_by", "wish")}
    assert told == {
        "stands": True,
        "covers": "card",
        "consenter": "guardian",
        "given_at": NIGHT,
        "given_by": "p-lead",
        "wish": "card",
    }
    world.clock.at += 5_000
    assert lead.send(PATH, GIVEN).json()["families"] == [family]
    (entry,) = world.audit.entries("r1")
    assert (entry.what, entry.person_id, entry.at) == (Change.CONSENT_GIVEN, "p-lead", NIGHT)
    assert (entry.before, entry.after) == ({}, {"family": "p-son", "covers": "card", "consenter": "guardian"})


def test_withdrawing_is_at_once_and_in_the_trail(world: World, visit: Visit) -> None:
    visit("lead").send(PATH, GIVEN)
    world.clock.at += 60_000
    (family,) = visit("ada").send(f"{PATH}/withdraw", {"person_id": "p-son"}).json()["families"]
    assert (family["stands"], family["withdrawn_at"], family["withdrawn_by"]) == (False, NIGHT + 60_000, "p-ada")
    visit("ada").send(f"{PATH}/withdraw", {"person_id": "p-son"})
    kinds = [entry.what for entry in world.audit.entries("r1")]
    assert kinds == [Change.CONSENT_WITHDRAWN, Change.CONSENT_GIVEN]
    page = visit("ada").get("/residents/r1").text
    assert "Consent to messages withdrawn" in page
    assert "Family member: Wang Jun → –" in page


@pytest.mark.parametrize("login", ["wang", "son", "oak"])
def test_nobody_else_records_or_reads_it(world: World, visit: Visit, login: str) -> None:
    visitor = visit(login)
    assert visitor.get(PATH).status_code == 403
    assert visitor.send(PATH, GIVEN).status_code == 403
    assert visitor.post("/residents/r1/consents", dict(GIVEN)).status_code == 403
    assert visitor.send(f"{PATH}/withdraw", {"person_id": "p-son"}).status_code == 403
    assert world.services.consents.find() == []
    assert 'id="consents"' not in visitor.get("/residents/r1").text


@pytest.mark.parametrize("person_id", ["p-alone", "p-wang", "p-oak", "nobody"])
def test_only_the_residents_own_family_can_be_told(world: World, visit: Visit, person_id: str) -> None:
    assert visit("ada").send(PATH, {**GIVEN, "person_id": person_id}).status_code == 404
    assert world.services.consents.find() == []


@pytest.mark.parametrize("wrong", [{"covers": "none"}, {"covers": "all"}, {"consenter": "neighbour"}, {"more": 1}])
def test_what_is_no_consent_is_refused(world: World, visit: Visit, wrong: dict[str, object]) -> None:
    assert visit("ada").send(PATH, {**GIVEN, **wrong}).status_code == 422
    assert world.services.consents.find() == []


def test_the_same_by_form(world: World, visit: Visit) -> None:
    ada = visit("ada")
    answer = ada.post("/residents/r1/consents", dict(GIVEN))
    assert (answer.status_code, answer.headers["location"]) == (303, "/residents/r1#consents")
    page = ada.get("/residents/r1").text
    assert "The guardian has consented: a message with the picture of the night." in page
    assert "There is no way to reach them yet" in page
    assert "It goes at 10:15" in page
    ada.post("/residents/r1/consents/withdraw", {"person_id": "p-son"})
    assert "Withdrawn. Recorded by Ada Admin" in ada.get("/residents/r1").text
    (consent,) = world.services.consents.find()
    assert not consent.stands


def test_a_family_may_have_less_or_nothing_sent(world: World, visit: Visit) -> None:
    visit("ada").send(PATH, GIVEN)
    son = visit("son")
    answer = son.post("/account/morning", {"resident_id": "r1", "wish": "none"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/account?said=chosen#morning")
    (consent,) = world.services.consents.find()
    assert (consent.stands, consent.shape) == (True, Shape.NONE)
    assert 'value="none" required checked' in son.get("/account?said=chosen").text
    page = visit("ada").get("/residents/r1").text
    assert "They have chosen: no message." in page
    assert "Messages chosen by the family" in page
    son.post("/account/morning", {"resident_id": "r1", "wish": "card"})
    assert world.services.consents.find()[0].shape is Shape.CARD


def test_a_family_is_offered_no_more_than_was_consented_to(visit: Visit) -> None:
    visit("ada").send(PATH, {**GIVEN, "covers": "link"})
    page = visit("son").get("/account").text
    assert 'value="link" required checked' in page
    assert 'value="card"' not in page


def test_a_choice_needs_a_consent_that_stands_and_the_own_relative(world: World, visit: Visit) -> None:
    asked = {"resident_id": "r1", "wish": "card"}
    assert visit("son").post("/account/morning", asked).status_code == 404
    visit("ada").send(PATH, GIVEN)
    assert visit("alone").post("/account/morning", asked).status_code == 404
    assert visit("wang").post("/account/morning", asked).status_code == 403
    visit("ada").send(f"{PATH}/withdraw", {"person_id": "p-son"})
    assert visit("son").post("/account/morning", asked).status_code == 404
    assert world.audit.entries("r1")[0].what is Change.CONSENT_WITHDRAWN


@pytest.mark.parametrize(
    ("state", "failure", "words"),
    [
        (DeliveryState.SENT, None, "Last night: delivered."),
        (DeliveryState.FAILED, Failure.NOT_TAKEN, "Last night: not delivered."),
        (DeliveryState.GIVEN_UP, Failure.AWAY, "Last night: not sent, as the person was away."),
    ],
)
def test_staff_see_what_became_of_the_last_letter(
    world: World, visit: Visit, state: DeliveryState, failure: Failure | None, words: str
) -> None:
    visit("ada").send(PATH, GIVEN)
    reach = world.services.reach
    assert reach is not None
    way = ContactPoint(contact_id="k", center_id="elm", person_id="p-son", kind=WayKind.APPRISE, address="bark://a")
    reach.contacts.save(way)
    call = Call(
        key="night/p-son",
        alarm_id="",
        person_id="p-son",
        level=0,
        reason=CallReason.MORNING,
        due_at=1,
        resident_id="r1",
        night=DAY,
    )
    world.services.outbox.queue([call])
    world.services.outbox.put([replace(queued(call), state=state, failure=failure)])
    page = visit("ada").get("/residents/r1").text
    assert words in page
    assert "There is no way to reach them yet" not in page
    (family,) = visit("ada").get(PATH).json()["families"]
    assert (family["letter"], family["failure"], family["reachable"]) == (state, failure, True)
