"""Consent to telling families of nights, as it is recorded, shown and withdrawn. Fails closed: in doubt none stands."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from api.changes import note_consent
from api.nights import NightView, latest_night, visible_resident
from api.services import Services
from api.viewer import Viewer
from domain.audit import Change
from domain.clock import utc
from domain.consents import Consenter, ReportConsent, Shape
from domain.deliveries import Delivery
from domain.errors import NotFoundError
from domain.people import Person, Right, Role
from domain.residents import Resident


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyView:
    """One family member of a resident for the staff. `consent` is None when there was never one.

    `recorded_by` recorded its last change, on the local day `recorded_on`; `reachable`: there is a way to send
    something; `letter` is what became of word of the last night.
    """

    person: Person
    consent: ReportConsent | None
    recorded_by: str
    recorded_on: date | None
    reachable: bool
    letter: Delivery | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RelativeView:
    """One relative for the family member who reads. `consent` is None when none stands."""

    resident: Resident
    consent: ReportConsent | None


def families_of(services: Services, viewer: Viewer, resident_id: str) -> list[FamilyView]:
    """Who may hear of the resident's nights, and whose consent stands although they may not any more."""
    _, ward = visible_resident(services, viewer, resident_id)
    consents = {one.person_id: one for one in services.consents.find(resident_id=resident_id)}
    people = [one for one in services.people.of_center(viewer.center_id) if one.role is Role.FAMILY]
    night = latest_night(ward.zone, services.clock.now(), whole=True)
    letters = {one.call.person_id: one for one in services.outbox.letters_of(resident_id, night)}

    def view(person: Person) -> FamilyView:
        consent = consents.get(person.person_id)
        return FamilyView(
            person=person,
            consent=consent,
            recorded_by=_name(services, consent),
            recorded_on=_day(consent, ward.zone),
            reachable=bool(services.reach and services.reach.contacts.of_person(person.person_id)),
            letter=letters.get(person.person_id),
        )

    standing = {person_id for person_id, consent in consents.items() if consent.stands}
    return [view(one) for one in people if one.may_see(resident_id) or one.person_id in standing]


def consent_values(services: Services, viewer: Viewer, view: NightView) -> dict[str, Any]:
    """For the template of the resident's page, of who may record a consent."""
    if not viewer.may(Right.CHANGE_SETTINGS):
        return {}
    resident_id = view.resident.resident_id
    center = view.ward.by_resident[resident_id].center
    return {"families": families_of(services, viewer, resident_id), "morning": f"{center.morning:%H:%M}"}


def give_consent(
    services: Services, viewer: Viewer, resident_id: str, person_id: str, *, covers: Shape, consenter: Consenter
) -> ReportConsent:
    """Record it; the same again changes nothing. NotFoundError for who is no family of the resident."""
    visible_resident(services, viewer, resident_id)
    person = services.people.by_id(person_id)
    if person is None or person.center_id != viewer.center_id or not person.is_family_of(resident_id):
        raise NotFoundError("family member", person_id)
    before = _consent(services, resident_id, person_id)
    if before and before.stands and (before.covers, before.consenter) == (covers, consenter):
        return before
    given = services.consents.give(
        ReportConsent(
            resident_id=resident_id,
            person_id=person_id,
            covers=covers,
            consenter=consenter,
            given_at=services.clock.now(),
            given_by=viewer.person.person_id,
        )
    )
    note_consent(services, viewer, Change.CONSENT_GIVEN, before if before and before.stands else None, given)
    return given


def withdraw_consent(services: Services, viewer: Viewer, resident_id: str, person_id: str) -> None:
    """It ends now, also for what is queued; nothing happens when none stands."""
    visible_resident(services, viewer, resident_id)
    before = _consent(services, resident_id, person_id)
    if before is not None and before.stands:
        services.consents.withdraw(resident_id, person_id, services.clock.now(), viewer.person.person_id)
        note_consent(services, viewer, Change.CONSENT_WITHDRAWN, before, None)


def relatives_of(services: Services, viewer: Viewer) -> list[RelativeView]:
    """The viewer's relatives, and what may be sent of them."""
    consents = {one.resident_id: one for one in services.consents.find(person_id=viewer.person.person_id) if one.stands}
    relatives = [services.register.resident(each) for each in sorted(viewer.person.relatives)]
    return [RelativeView(resident=one, consent=consents.get(one.resident_id)) for one in relatives]


def choose_shape(services: Services, viewer: Viewer, resident_id: str, shape: Shape) -> None:
    """What the family member who reads wants of the resident's nights. NotFoundError when no consent stands."""
    consent = _consent(services, resident_id, viewer.person.person_id)
    if consent is None or not consent.stands or not viewer.person.may_see(resident_id):
        raise NotFoundError("consent", resident_id)
    if consent.wish is not shape:
        services.consents.wish(resident_id, viewer.person.person_id, shape)
        note_consent(services, viewer, Change.MORNING_WISH, consent, replace(consent, wish=shape))


def _consent(services: Services, resident_id: str, person_id: str) -> ReportConsent | None:
    return next(iter(services.consents.find(resident_id=resident_id, person_id=person_id)), None)


def _day(consent: ReportConsent | None, tz: ZoneInfo) -> date | None:
    if consent is None:
        return None
    at = consent.given_at if consent.withdrawn_at is None else consent.withdrawn_at
    return utc(at).astimezone(tz).date()


def _name(services: Services, consent: ReportConsent | None) -> str:
    person_id = (consent.withdrawn_by or consent.given_by) if consent else ""
    person = services.people.by_id(person_id) if person_id else None
    return person.name if person else person_id
