"""Which alarms are owed about many exits, wrong clocks, batteries, silent gateways and centres, from what happened.

The rules: the exit that is one more than the resident's limit owes an alarm at its return, once a night; a clock that
is off by more than the limit owes one after its time; a gateway that fails owes one for its belts and none for each of
them; so does a centre whose belts all fall silent. A battery owes one when it has been told to be low for its time.
Exits near a window's border or a silence, and clocks that were wrong before, are EITHER.
"""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from domain.alarms import Rule
from domain.residents import VitalSettings
from domain.units import MINUTE_MS, SECOND_MS
from simulators.batteries import Battery, Course
from simulators.center import SimulatedCenter
from simulators.drift import Drift
from simulators.gateways import GatewayFailure
from simulators.localtime import Span
from simulators.night import Absence, NightPlan, plan_night
from simulators.outages import Outage
from simulators.owed import Owed, Sight
from simulators.owed_episodes import EpisodeVerdict

LEAST_EXIT_MS: Final = 20 * SECOND_MS
CADENCES: Final = 2
"""A shorter absence, or one of less than two readings, is no exit."""
RETURN_MS: Final = 5 * SECOND_MS
"""A return counts after that."""
GROUP_AFTER_MS: Final = 4 * MINUTE_MS
CENTER_AFTER_MS: Final = 3 * MINUTE_MS
LEAST_TOGETHER: Final = 4
"""Belts whose silence is that of a centre; with twice as many there are enough of them, whatever single ones do."""
_LEAST_OCCUPIED: Final = 4
"""Belts over occupied beds that make a group for certain, in a centre of any size here."""
_LEAST_SHARE: Final = 0.06


def exits_verdict(
    plan: NightPlan, windows: Sequence[Span], sight: Sight, settings: VitalSettings
) -> EpisodeVerdict | None:
    """What this night's exits owe; None when that is certainly nothing."""
    if not settings.many_exits.on:
        return None
    found = [(one, _counts(one, windows, sight)) for one in plan.absences()]
    counted = [(one, sure) for one, sure in found if sure is not Owed.NO]
    needed = settings.many_exits.more_than + 1
    if len(counted) < needed:
        return None
    first, (last, _) = counted[0][0], counted[needed - 1]
    sure = all(one is Owed.YES for _, one in counted[:needed]) and not sight.delivery.offline
    ends_at = plan.end_at if last.until is None else last.until
    return EpisodeVerdict(
        rule=Rule.MANY_EXITS,
        began_at=first.began_at,
        until=ends_at if sure else plan.end_at,
        due_at=ends_at + RETURN_MS,
        owed=Owed.YES if sure and last.until is not None else Owed.EITHER,
    )


def _counts(absence: Absence, windows: Sequence[Span], sight: Sight) -> Owed:
    blur_ms = sight.blur_ms
    inside = [any(low <= absence.began_at + shift < high for low, high in windows) for shift in (-blur_ms, 0, blur_ms)]
    if not any(inside) or absence.until is None:
        return Owed.NO if not any(inside) else Owed.EITHER
    long_enough = absence.until - absence.began_at >= (
        max(LEAST_EXIT_MS, CADENCES * sight.belt.interval_ms) + sight.belt.interval_ms
    )
    return Owed.YES if all(inside) and long_enough else Owed.EITHER


def clock_verdict(plan: NightPlan, drift: Drift | None, settings: VitalSettings) -> EpisodeVerdict | None:
    """What a wrong clock owes this night; one that is always wrong was told of in an earlier one, perhaps."""
    asked = settings.clock_wrong
    if not asked.on or asked.limit is None or asked.clear_limit is None:
        return None
    after_ms, limit_ms = asked.after_s * SECOND_MS, round(asked.limit * SECOND_MS)
    if drift is not None and abs(drift.off_ms) > limit_ms:
        began_at = drift.beyond_at(limit_ms)
        return EpisodeVerdict(
            rule=Rule.CLOCK_WRONG,
            began_at=began_at,
            until=drift.right_at,
            due_at=began_at + after_ms,
            owed=Owed.YES,
        )
    if abs(plan.bed.belt.clock_offset_ms) <= asked.clear_limit * SECOND_MS:
        return None
    return EpisodeVerdict(
        rule=Rule.CLOCK_WRONG,
        began_at=plan.start_at,
        until=plan.end_at,
        due_at=plan.start_at + after_ms,
        owed=Owed.EITHER,
    )


def gateway_verdict(center: SimulatedCenter, failure: GatewayFailure, plan: NightPlan) -> EpisodeVerdict:
    """What a gateway's failure owes its centre: surely where enough of its beds are occupied when it fails."""
    needed = max(_LEAST_OCCUPIED, round(_LEAST_SHARE * len(center.beds)))
    others = (plan_night(center, bed, plan.night) for bed in center.beds[failure.first : failure.last])
    occupied = sum(_in_bed(one, failure.from_at - MINUTE_MS, failure.from_at) for one in others)
    return EpisodeVerdict(
        rule=Rule.GROUP_SILENT,
        began_at=failure.from_at,
        until=failure.to_at,
        due_at=failure.from_at + GROUP_AFTER_MS,
        owed=Owed.YES if occupied >= needed else Owed.EITHER,
    )


def battery_verdict(battery: Battery | None, settings: VitalSettings) -> EpisodeVerdict | None:
    """What a battery owes this night; None when that is nothing: nearly low, low for a moment, or being charged."""
    asked = settings.battery_low
    if battery is None or not asked.on or battery.course is not Course.LOW:
        return None
    after_ms = asked.after_s * SECOND_MS
    if battery.to_at - battery.from_at <= after_ms:
        return None
    return EpisodeVerdict(
        rule=Rule.BATTERY_LOW,
        began_at=battery.from_at,
        until=battery.to_at,
        due_at=battery.from_at + after_ms,
        owed=Owed.YES,
    )


def outage_verdict(center: SimulatedCenter, outage: Outage) -> EpisodeVerdict | None:
    """What the silence of a whole centre owes; None when that is nothing, for it is too short or too small."""
    length_ms = outage.to_at - outage.from_at
    if len(center.beds) < LEAST_TOGETHER or length_ms < CENTER_AFTER_MS - MINUTE_MS // 2:
        return None
    sure = length_ms > CENTER_AFTER_MS + MINUTE_MS // 2 and len(center.beds) >= 2 * LEAST_TOGETHER
    return EpisodeVerdict(
        rule=Rule.CENTER_SILENT,
        began_at=outage.from_at,
        until=outage.to_at,
        due_at=outage.from_at + CENTER_AFTER_MS,
        owed=Owed.YES if sure else Owed.EITHER,
    )


def _in_bed(plan: NightPlan, *instants: int) -> bool:
    return all(np.searchsorted(plan.in_bed.ravel(), at, side="right") % 2 == 1 for at in instants)


def beside_verdicts(
    plan: NightPlan, windows: Sequence[Span], drift: Drift | None, battery: Battery | None, sight: Sight
) -> Iterator[EpisodeVerdict]:
    """All of these that are about the bed itself."""
    settings = plan.bed.resident.vitals
    for found in (
        exits_verdict(plan, windows, sight, settings),
        clock_verdict(plan, drift, settings),
        battery_verdict(battery, settings),
    ):
        if found is not None:
            yield found
