"""Every rule the service runs, and what is asked of them for a resident's bed."""

from typing import Final

from alerts.bed_rules import BED_RULES, bed_limits
from alerts.beside import BESIDE
from alerts.body_rules import BODY_RULES
from alerts.exits import LEAST_EXIT_MS
from alerts.rules import LEAVE_BED_RULES, Limits, limits_of
from alerts.runs import SilenceLimits, Slot
from alerts.vital_rules import VITAL_RULES, vital_limits
from domain.alarms import Rule
from domain.nights import Schedule, zone
from domain.residents import Center, Resident, VitalSettings
from domain.units import LONG_AGO, SECOND_MS
from domain.usual import UsualLevels

RULES: Final = (*LEAVE_BED_RULES, *VITAL_RULES, *BODY_RULES, *BED_RULES)
"""In the order of the engine's rows; told beside them is what `alerts.beside` gathers."""

PRIORITIES: Final = {spec.rule: spec.priority for spec in (*RULES, *BESIDE)}


def slot_of(
    belt_id: str,
    resident: Resident,
    center: Center,
    *,
    bed_id: str = "",
    from_at: int = 0,
    paused_until: int = LONG_AGO,
    usual: UsualLevels | None = None,
) -> Slot:
    """What is asked for a resident's bed by the resident's settings, and by what is usual for them."""
    tz = zone(center.timezone)
    return Slot(
        belt_id=belt_id,
        subject=resident.resident_id,
        bed_id=bed_id,
        limits=limits_of(resident.leave_bed)
        | vital_limits(resident.vitals, tz)
        | bed_limits(resident.vitals, tz)
        | _beside_limits(resident.vitals),
        schedule=Schedule(resident.leave_bed.windows, tz),
        from_at=from_at,
        settle_ms=resident.vitals.settle_s * SECOND_MS,
        silence=_silence(resident.vitals),
        center_id=center.center_id,
        paused_until=paused_until,
        usual=usual,
    )


def _silence(settings: VitalSettings) -> SilenceLimits | None:
    if not settings.belt_silent.on:
        return None
    return SilenceLimits(
        in_bed_ms=settings.belt_silent.after_s * SECOND_MS,
        empty_ms=settings.silent_empty_after_s * SECOND_MS,
        clear_ms=settings.belt_silent.clear_after_s * SECOND_MS,
    )


def _beside_limits(settings: VitalSettings) -> dict[Rule, Limits]:
    limits = {}
    if settings.many_exits.on:
        limits[Rule.MANY_EXITS] = Limits(min_duration_ms=LEAST_EXIT_MS, limit=settings.many_exits.more_than)
    if (clock := settings.clock_wrong).on and clock.limit is not None and clock.clear_limit is not None:
        limits[Rule.CLOCK_WRONG] = Limits(
            min_duration_ms=clock.after_s * SECOND_MS,
            limit=clock.limit,
            clear_limit=clock.clear_limit,
            clear_ms=clock.clear_after_s * SECOND_MS,
        )
    return limits
