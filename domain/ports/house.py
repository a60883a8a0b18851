"""Beds, belts and residents, who may log in, what was changed, and what families consented to."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from domain.audit import AuditEntry
from domain.consents import ReportConsent, Shape
from domain.people import Person, Session
from domain.residents import BeltSpan, Center, LeaveBedSettings, Place, Resident, Side, VitalSettings, WatchedSpan


@dataclass(frozen=True, slots=True, kw_only=True)
class BedEntry:
    """One bed of a centre file: its room, its belt, and who has it; None clears belt or resident."""

    room_id: str
    room: str
    bed_id: str
    bed: str
    side: Side = Side.WHOLE
    belt_id: str | None = None
    resident: Resident | None = None


class Register(Protocol):
    """Centres, rooms, beds, belts, residents and stays."""

    def enroll(self, center: Center, beds: Sequence[BedEntry], at: int) -> None:
        """Make the register say this from `at` (ms) on; idempotent.

        New things are added, changed names and settings are updated. A resident or belt that moved ends the old stay
        or mounting at `at` and begins the new. Beds that are not named stay as they are. ConfigurationError when a
        belt or resident is named twice.
        """
        ...

    def places(self, at: int) -> list[Place]:
        """Every bed as it stands at `at` (ms), ordered by centre, room, bed and side."""
        ...

    def resident(self, resident_id: str) -> Resident:
        """NotFoundError when there is none."""
        ...

    def belt_spans(self, resident_id: str, start_at: int, end_at: int) -> list[BeltSpan]:
        """Which belts reported for the resident, when, inside [`start_at`, `end_at`) (ms), ascending.

        Taken from the stays and the mountings of the time, so a moved resident keeps the right history.
        """
        ...

    def set_leave_bed(self, resident_id: str, settings: LeaveBedSettings) -> None:
        """NotFoundError when there is no such resident."""
        ...

    def set_vitals(self, resident_id: str, settings: VitalSettings) -> None:
        """NotFoundError when there is no such resident."""
        ...

    def watched_spans(self, center_id: str, start_at: int, end_at: int) -> list[WatchedSpan]:
        """Who lay on a bed of the centre with a belt, when, inside [`start_at`, `end_at`) (ms), ascending.

        Taken from the stays and the mountings of the time. Does not promise that anybody slept there or that the
        belt reported.
        """
        ...


class People(Protocol):
    """Logins and sessions. Password hashing is the caller's work."""

    def save(self, person: Person) -> None:
        """Add or replace by `person_id`; a new password ends their sessions. ConfigurationError when another person has
        the login.
        """
        ...

    def by_login(self, login: str) -> Person | None: ...

    def by_id(self, person_id: str) -> Person | None: ...

    def of_center(self, center_id: str) -> list[Person]:
        """Everybody with a login there, families as well, by `person_id`."""
        ...

    def begin(self, session: Session, *, at: int) -> None:
        """Let the session stand, and forget those that were over at `at` (ms)."""
        ...

    def session(self, token_hash: str, at: int) -> tuple[Session, Person] | None:
        """The session and its person; None when it is unknown or over at `at` (ms)."""
        ...

    def end(self, token_hash: str) -> None:
        """Forget the session; nothing happens when it is unknown."""
        ...


class AuditTrail(Protocol):
    """Who changed what. Does not promise that the change itself was stored in the same transaction."""

    def put(self, entry: AuditEntry) -> None:
        """Add it; `entry_id` is given by the trail. Durable when it returns."""
        ...

    def entries(self, subject: str, *, limit: int = 50) -> list[AuditEntry]:
        """What was changed of `subject` (a resident id), the newest first."""
        ...


class Consents(Protocol):
    """Consent to telling families of nights, one record for each resident and family member; history is the audit's.

    Does not promise that the family member, or the resident, is still known.
    """

    def give(self, consent: ReportConsent) -> ReportConsent:
        """Let it stand in place of an earlier one of the same two; what the family had wished stays.

        Returns what stands now. Durable when it returns.
        """
        ...

    def withdraw(self, resident_id: str, person_id: str, at: int, by: str) -> None:
        """It ended at `at` (ms), as `by` recorded. Nothing happens when none stands. Durable when it returns."""
        ...

    def wish(self, resident_id: str, person_id: str, shape: Shape) -> None:
        """The family member wants this at most. NotFoundError when there was never a consent."""
        ...

    def find(self, *, resident_id: str | None = None, person_id: str | None = None) -> list[ReportConsent]:
        """Those of the resident, of the family member, or all; withdrawn ones as well, by resident and person."""
        ...
