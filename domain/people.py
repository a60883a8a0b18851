"""People around the bed: their roles and what each role may do. Default deny."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """What a person is to the centre."""

    ADMIN = "admin"
    LEAD = "lead"
    DOCTOR = "doctor"
    CAREGIVER = "caregiver"
    FAMILY = "family"


class Right(StrEnum):
    """What a role may allow."""

    SEE_BOARD = "see_board"
    SEE_ANY_RESIDENT = "see_any_resident"
    SEE_OWN_RELATIVE = "see_own_relative"
    HANDLE_ALARMS = "handle_alarms"
    CHANGE_SETTINGS = "change_settings"
    CHANGE_ROSTER = "change_roster"
    SEE_ALARMS = "see_alarms"
    SEE_QUALITY = "see_quality"


_STAFF: Final = frozenset({Right.SEE_BOARD, Right.SEE_ANY_RESIDENT, Right.SEE_ALARMS})
_CHIEF: Final = _STAFF | {Right.HANDLE_ALARMS, Right.CHANGE_SETTINGS, Right.CHANGE_ROSTER, Right.SEE_QUALITY}

RIGHTS: Final[dict[Role, frozenset[Right]]] = {
    Role.ADMIN: _CHIEF,
    Role.LEAD: _CHIEF,
    Role.DOCTOR: _STAFF,
    Role.CAREGIVER: _STAFF | {Right.HANDLE_ALARMS},
    Role.FAMILY: frozenset({Right.SEE_OWN_RELATIVE}),
}
"""What each role may do; what is not named here is denied."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody with a login. `relatives` are the residents a family member may see (consent stands)."""

    person_id: str
    login: str
    name: str
    role: Role
    password_hash: str
    center_id: str
    language: str = "en"
    relatives: frozenset[str] = frozenset()

    def may(self, right: Right) -> bool:
        return right in RIGHTS.get(self.role, frozenset())

    def may_see(self, resident_id: str) -> bool:
        """May this person see the resident's nights? Family: the own relative only."""
        if self.may(Right.SEE_ANY_RESIDENT):
            return True
        return self.may(Right.SEE_OWN_RELATIVE) and resident_id in self.relatives

    def is_family_of(self, resident_id: str) -> bool:
        """Is this a family member who may see the resident's nights?"""
        return self.role is Role.FAMILY and self.may_see(resident_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A login that lasts until `expires_at` (ms). `token_hash` is SHA-256 of the cookie's value, never the value."""

    token_hash: str
    person_id: str
    csrf: str
    expires_at: int
