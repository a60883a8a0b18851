"""Who reads or does something, for all code that asks no more of them; `access` finds out who it is."""

from dataclasses import dataclass

from api.languages import Language
from domain.people import Person, Right, Session


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """The person who asks, with the session and the language to answer in."""

    session: Session
    person: Person
    language: Language

    @property
    def center_id(self) -> str:
        return self.person.center_id

    def may(self, right: str) -> bool:
        return self.person.may(Right(right))
