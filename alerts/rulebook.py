"""Every rule the service runs, and what is asked of them for a resident's bed."""

from typing import Final

from alerts.belt_states import BATTERY, OFFLINE
from alerts.body_rules import BODY_RULES
from alerts.center_silence import CENTER_SILENT
from alerts.restlessness import RESTLESS
from alerts.rules import LEAVE_BED_RULES, limits_of
from alerts.runs import SilenceLimits, Slot
from alerts.silence import SILENT
from alerts.vital_rules import VITAL_RULES, vital_limits
from domain.nights import Schedule, zone
from domain.residents import Center, Resident, VitalSettings
from domain.units import SECOND_MS

RULES: Final = (*LEAVE_BED_RULES, *VITAL_RULES, *BODY_RULES)
"""In the order of the engine's rows; told beside them are silences (`alerts.silence`, `alerts.center_silence`), what
belts say of themselves (`alerts.belt_states`) and restlessness (`alerts.restlessness`)."""

PRIORITIES: Final = {spec.rule: spec.priority for spec in (*RULES, SILENT, CENTER_SILENT, OFFLINE, BATTERY, RESTLESS)}


def slot_of(belt_id: str, resident: Resident, center: Center, *, bed_id: str = "", from_at: int = 0) -> Slot:
    """What is asked for a resident's bed by the resident's settings."""
    tz = zone(center.timezone)
    return Slot(
        belt_id=belt_id,
        subject=resident.resident_id,
        bed_id=bed_id,
        limits=limits_of(resident.leave_bed) | vital_limits(resident.vitals, tz),
        schedule=Schedule(resident.leave_bed.windows, tz),
        from_at=from_at,
        settle_ms=resident.vitals.settle_s * SECOND_MS,
        silence=_silence(resident.vitals),
        center_id=center.center_id,
    )


def _silence(settings: VitalSettings) -> SilenceLimits | None:
    if not settings.belt_silent.on:
        return None
    return SilenceLimits(
        in_bed_ms=settings.belt_silent.after_s * SECOND_MS,
        empty_ms=settings.silent_empty_after_s * SECOND_MS,
        clear_ms=settings.belt_silent.clear_after_s * SECOND_MS,
    )
