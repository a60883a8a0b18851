"""Why an alarm is raised, as a code and the numbers for it. Instants are our clock's."""

import math

from alerts.runs import Kind, Transition
from domain.alarms import LEAVE_BED_RULES, Reason, Rule
from domain.units import SECOND_MS

Facts = dict[str, int | float | str]


def reason_of(told: Transition) -> Reason:
    """The reason of an alarm that is due or was missed; leave-bed alarms have codes of their own, others their rule's.

    Facts: `limit_s` how long it had to last, `limit` what was compared with and `value` what was last seen, `recorded`
    when it was over before anybody could be called, `silent` when nothing came since, `never` when nothing ever did.
    `usual_low`, `usual_high`: between what the rate is usual for the person at that hour.
    """
    if told.spec.rule in LEAVE_BED_RULES:
        return _left_bed(told)
    facts: Facts = {"limit_s": told.limit_ms // SECOND_MS}
    if not math.isnan(told.value):
        facts |= {"limit": round(told.limit, 1), "value": round(told.value, 1)}
    if told.usual is not None:
        facts |= {"usual_low": round(told.usual[0], 1), "usual_high": round(told.usual[1], 1)}
    if told.kind is Kind.PASSED:
        facts["recorded"] = 1
    if told.spec.rule is Rule.BELT_SILENT and told.silent:
        facts["never"] = 1
    return Reason(code=str(told.spec.rule), facts=facts)


def _left_bed(told: Transition) -> Reason:
    facts: Facts = {"left_at": told.began_at - told.offset_ms, "limit_s": told.limit_ms // SECOND_MS}
    if told.silent:
        facts["silent"] = 1
    return Reason(code="left-bed-recorded" if told.kind is Kind.PASSED else "left-bed", facts=facts)
