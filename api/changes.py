"""The audit trail: what a person changed, written down beside it, and shown in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from api.services import Services
from api.settings_form import shown_hours
from api.viewer import Viewer
from api.vital_rows import ROWS, value_words, values_typed
from api.words import CHANGED_FIELDS, CONSENTERS, PAUSE_REASONS, SHAPES
from domain.audit import AuditEntry, Change
from domain.consents import ReportConsent
from domain.pauses import CarePause
from domain.residents import LeaveBedSettings, VitalSettings
from domain.units import MINUTE_MS

NOTHING: Final = "–"
CHOICES: Final[Mapping[str, Mapping[Any, str]]] = {
    "reason": PAUSE_REASONS,
    "covers": SHAPES,
    "wish": SHAPES,
    "consenter": CONSENTERS,
}
"""The words of what is chosen from a few, by the name of the field."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeView:
    """One change for a reader; `fields` are what is different now: its name, before, after."""

    entry: AuditEntry
    person: str
    fields: list[tuple[str, str, str]]


def note_change(
    services: Services,
    viewer: Viewer,
    what: Change,
    subject: str,
    *,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
) -> None:
    """Write down that the viewer changed this now."""
    services.audit.put(
        AuditEntry(
            at=services.clock.now(),
            person_id=viewer.person.person_id,
            what=what,
            subject=subject,
            before=before,
            after=after,
        )
    )


def note_settings(
    services: Services, viewer: Viewer, resident_id: str, before: LeaveBedSettings, after: LeaveBedSettings
) -> None:
    """Write down that the settings were changed; the same again is no change."""
    if before != after:
        note_change(
            services, viewer, Change.LEAVE_BED_SETTINGS, resident_id, before=_plain(before), after=_plain(after)
        )


def note_vitals(
    services: Services, viewer: Viewer, resident_id: str, before: VitalSettings, after: VitalSettings
) -> None:
    """The same of rates, movement, signals and the belt; only what is different now is written down."""
    was, now = _plain_vitals(before), _plain_vitals(after)
    changed = [name for name in now if was[name] != now[name]]
    if changed:
        told = [{name: values[name] for name in changed} for values in (was, now)]
        note_change(services, viewer, Change.VITAL_SETTINGS, resident_id, before=told[0], after=told[1])


def note_pause(services: Services, viewer: Viewer, change: Change, pause: CarePause) -> None:
    """Write down that a person began or ended a pause."""
    said = {"reason": str(pause.reason), "minutes": (pause.ends_at - pause.began_at) // MINUTE_MS}
    begun = change is Change.PAUSE_BEGUN
    note_change(services, viewer, change, pause.resident_id, before={} if begun else said, after=said if begun else {})


def note_consent(
    services: Services, viewer: Viewer, change: Change, before: ReportConsent | None, after: ReportConsent | None
) -> None:
    """Write down that a consent was given or withdrawn, or that the family chose what it wants of it."""
    whose = after or before
    if whose is not None:
        told = [_plain_consent(one, change) if one else {} for one in (before, after)]
        note_change(services, viewer, change, whose.resident_id, before=told[0], after=told[1])


def changes_of(services: Services, viewer: Viewer, resident_id: str) -> list[ChangeView]:
    """What was changed for the resident, the newest first."""
    return [_view(services, viewer, entry) for entry in services.audit.entries(resident_id, limit=10)]


def _plain_consent(consent: ReportConsent, change: Change) -> dict[str, Any]:
    if change is Change.MORNING_WISH:
        return {"wish": str(consent.wish)}
    return {"family": consent.person_id, "covers": str(consent.covers), "consenter": str(consent.consenter)}


def _plain(settings: LeaveBedSettings) -> dict[str, Any]:
    return {
        "immediate": settings.immediate,
        "immediate_after_s": settings.immediate_after_s,
        "not_back": settings.not_back,
        "away_limit_min": settings.away_limit_min,
        "windows": [f"{window.start:%H:%M}-{window.end:%H:%M}" for window in settings.windows],
    }


def _plain_vitals(settings: VitalSettings) -> dict[str, Any]:
    """As the form has it, so that the trail says what the person saw."""
    hours = [f"{start}-{end}" for start, end in shown_hours(settings.windows)]
    return {
        **dict(values_typed(settings)),
        **{f"{row.name}.on": row.of(settings).on for row in ROWS},
        "windows": hours,
    }


def _view(services: Services, viewer: Viewer, entry: AuditEntry) -> ChangeView:
    person = services.people.by_id(entry.person_id)
    names = [*entry.after, *(name for name in entry.before if name not in entry.after)]
    fields = [
        (
            _title(name, viewer),
            _named(services, entry.before, name, viewer),
            _named(services, entry.after, name, viewer),
        )
        for name in names
        if entry.before.get(name) != entry.after.get(name)
    ]
    return ChangeView(entry=entry, person=person.name if person else entry.person_id, fields=fields)


def _title(name: str, viewer: Viewer) -> str:
    in_form = value_words(name, "", viewer.language)
    return in_form[0] if in_form else viewer.language.say(CHANGED_FIELDS.get(name, name))


def _named(services: Services, values: Mapping[str, Any], name: str, viewer: Viewer) -> str:
    family = services.people.by_id(str(values[name])) if name == "family" and name in values else None
    return family.name if family else _said(values, name, viewer)


def _said(values: Mapping[str, Any], name: str, viewer: Viewer) -> str:
    value, say = values.get(name), viewer.language.say
    if value is None or value == []:
        return NOTHING
    if (in_form := value_words(name, value, viewer.language)) is not None:
        return in_form[1]
    if isinstance(value, bool):
        return say("on") if value else say("off")
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if name in CHOICES:
        return say(next((word for choice, word in CHOICES[name].items() if choice == value), value))
    return str(value)
