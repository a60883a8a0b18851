"""Consent to telling a family of a resident's nights: who gave it, for what, and what the family itself wishes."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Consenter(StrEnum):
    """Who consented: the resident, or who stands for them by law. The value is stored."""

    RESIDENT = "resident"
    GUARDIAN = "guardian"


class Shape(StrEnum):
    """What a morning message may hold. The value is stored.

    LINK: that the report is there, and where; no figure. CARD: the picture of the night as well, by a service that the
    family chose and that others run.
    """

    NONE = "none"
    LINK = "link"
    CARD = "card"


_RANKS: Final = {Shape.NONE: 0, Shape.LINK: 1, Shape.CARD: 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportConsent:
    """The reports of `resident_id` may be sent to the family member `person_id`, in the shape `covers` at most.

    Given at `given_at` (ms) by `consenter`, recorded by `given_by`; it stands until `withdrawn_at` (ms), recorded by
    `withdrawn_by`. `wish` is what the family member wants of it, which may be less.
    """

    resident_id: str
    person_id: str
    covers: Shape
    consenter: Consenter
    given_at: int
    given_by: str
    withdrawn_at: int | None = None
    withdrawn_by: str | None = None
    wish: Shape = Shape.CARD

    @property
    def stands(self) -> bool:
        return self.withdrawn_at is None

    @property
    def shape(self) -> Shape:
        """What may be sent now: what is consented to and wished for; NONE once it is withdrawn."""
        if not self.stands:
            return Shape.NONE
        return min(self.covers, self.wish, key=lambda shape: _RANKS[shape])
