"""What programs and forms send and get about consent. Instants are milliseconds since 1970 (UTC)."""

from typing import Literal

from api.bodies import Body
from api.consents import FamilyView
from domain.consents import Consenter, Shape
from domain.deliveries import DeliveryState, Failure


class ConsentBody(Body):
    """Consent that the nights are told to this family member, in this shape at most."""

    person_id: str
    covers: Literal[Shape.LINK, Shape.CARD]
    consenter: Consenter


class WithdrawBody(Body):
    person_id: str


class ConsentForm(ConsentBody):
    csrf: str


class WithdrawForm(WithdrawBody):
    csrf: str


class WishForm(Body):
    csrf: str
    resident_id: str
    wish: Shape


class FamilyBody(Body):
    """One family member; `covers` and what follows are null when there was never a consent."""

    person_id: str
    person: str
    stands: bool
    reachable: bool
    covers: Shape | None = None
    consenter: Consenter | None = None
    given_at: int | None = None
    given_by: str | None = None
    withdrawn_at: int | None = None
    withdrawn_by: str | None = None
    wish: Shape | None = None
    letter: DeliveryState | None = None
    failure: Failure | None = None

    @classmethod
    def of(cls, view: FamilyView) -> "FamilyBody":
        consent, letter = view.consent, view.letter
        names = ("covers", "consenter", "given_at", "given_by", "withdrawn_at", "withdrawn_by", "wish")
        return cls(
            person_id=view.person.person_id,
            person=view.person.name,
            stands=consent is not None and consent.stands,
            reachable=view.reachable,
            letter=letter.state if letter else None,
            failure=letter.failure if letter else None,
            **({name: getattr(consent, name) for name in names} if consent else {}),
        )


class FamiliesBody(Body):
    families: list[FamilyBody]
