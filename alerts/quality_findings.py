"""What to look at in the quality of alarms, the most pressing first. Pure; the pages put it into words.

Says something of a rule only where there are outcomes enough (`alerts.shares.ENOUGH`), and only what the counts bear
out. Fails towards silence: no finding is no praise.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from alerts.quality import Quality, RuleFigures, Source
from alerts.shares import Share
from domain.alarms import Rule

TOO_MANY_FALSE: Final = 0.31
"""The share of nuisance among the alarms of a bed-exit mat that its users still called useful (M-BAS 2016)."""
TOO_MANY_IN_VAIN: Final = 0.5
"""More often than not somebody went for nothing (own choice)."""
TOO_MANY_LATE: Final = 0.1
"""One of ten has not been taken when a reply is owed (own choice)."""
TOO_FEW_OUTCOMES: Final = 0.2
"""With one outcome of five missing the other figures may be off by as much (own choice)."""


class FindingKind(StrEnum):
    """What is wrong."""

    OUTCOMES_MISSING = "outcomes-missing"
    LATE = "late"
    FALSE_ALARMS = "false-alarms"
    NO_HELP_NEEDED = "no-help-needed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing to look at, with its numbers. `rule` is None where it is about all alarms."""

    kind: FindingKind
    share: Share
    rule: Rule | None = None
    sources: tuple[Source, ...] = ()


def findings(quality: Quality) -> list[Finding]:
    """What to look at; first what makes the other figures doubtful, then rules in their order."""
    whole = quality.all
    found = [
        Finding(kind=kind, share=share)
        for kind, share, most in (
            (FindingKind.OUTCOMES_MISSING, whole.without_outcome, TOO_FEW_OUTCOMES),
            (FindingKind.LATE, whole.late, TOO_MANY_LATE),
        )
        if _reaches(share, most)
    ]
    for one in quality.by_rule:
        found += _of_rule(one)
    return found


def _of_rule(one: RuleFigures) -> list[Finding]:
    found = []
    false, not_needed = one.figures.false_share, one.figures.not_needed_share
    if _reaches(false, TOO_MANY_FALSE):
        found.append(Finding(kind=FindingKind.FALSE_ALARMS, share=false, rule=one.rule, sources=one.false_from))
    if _reaches(not_needed, TOO_MANY_IN_VAIN):
        kind = FindingKind.NO_HELP_NEEDED
        found.append(Finding(kind=kind, share=not_needed, rule=one.rule, sources=one.not_needed_from))
    return found


def _reaches(share: Share, limit: float) -> bool:
    return share.enough and share.value is not None and share.value >= limit
