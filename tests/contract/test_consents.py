"""What every book of consents does."""

from dataclasses import replace

import pytest

from domain.consents import Consenter, ReportConsent, Shape
from domain.errors import NotFoundError
from domain.ports import Consents

GIVEN = ReportConsent(
    resident_id="r1",
    person_id="p-son",
    covers=Shape.CARD,
    consenter=Consenter.GUARDIAN,
    given_at=1_000,
    given_by="p-ada",
)
OTHER = replace(GIVEN, resident_id="r2", covers=Shape.LINK, consenter=Consenter.RESIDENT)


def test_a_consent_is_found_by_resident_and_by_family(consents: Consents) -> None:
    assert consents.find() == []
    consents.give(OTHER)
    consents.give(GIVEN)
    sister = replace(GIVEN, person_id="p-daughter")
    consents.give(sister)
    assert consents.find(resident_id="r1") == [sister, GIVEN]
    assert consents.find(person_id="p-son") == [GIVEN, OTHER]
    assert consents.find() == [sister, GIVEN, OTHER]
    assert consents.find(resident_id="r1", person_id="p-son") == [GIVEN]
    assert consents.find(resident_id="r9") == []


def test_withdrawing_is_kept_with_when_and_by_whom(consents: Consents) -> None:
    consents.withdraw("r1", "p-son", 500, "p-ada")
    consents.give(GIVEN)
    consents.give(OTHER)
    consents.withdraw("r1", "p-son", 2_000, "p-lead")
    consents.withdraw("r1", "p-son", 3_000, "p-ada")
    ended = replace(GIVEN, withdrawn_at=2_000, withdrawn_by="p-lead")
    assert consents.find() == [ended, OTHER]
    assert (ended.stands, ended.shape) == (False, Shape.NONE)


def test_what_the_family_wishes_outlasts_a_consent_given_anew(consents: Consents) -> None:
    consents.give(GIVEN)
    consents.wish("r1", "p-son", Shape.NONE)
    consents.withdraw("r1", "p-son", 2_000, "p-ada")
    again = replace(GIVEN, given_at=9_000, given_by="p-lead")
    consents.give(again)
    assert consents.find() == [replace(again, wish=Shape.NONE)]
    with pytest.raises(NotFoundError):
        consents.wish("r1", "p-stranger", Shape.LINK)


@pytest.mark.parametrize(
    ("covers", "wish", "shape"),
    [
        (Shape.CARD, Shape.CARD, Shape.CARD),
        (Shape.CARD, Shape.LINK, Shape.LINK),
        (Shape.LINK, Shape.CARD, Shape.LINK),
        (Shape.CARD, Shape.NONE, Shape.NONE),
    ],
)
def test_no_more_is_sent_than_was_consented_to_and_is_wished(covers: Shape, wish: Shape, shape: Shape) -> None:
    assert replace(GIVEN, covers=covers, wish=wish).shape is shape
