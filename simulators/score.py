"""Alarms against the truth: how many were owed, raised, missed, false, and how late."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from math import inf
from statistics import median
from typing import Final, TypedDict

from domain.alarms import Rule
from domain.units import HOUR_MS, MINUTE_MS, SECOND_MS
from simulators.truth import TruthLine

Raised = tuple[str, str, int, int]
"""Belt or resident id, rule, `began_at` as the alarm has it, `raised_at` (true ms)."""

LATE_MS: Final = 5 * MINUTE_MS
"""An alarm may be raised this long after the return, or after it was due; shorter than the least stay in bed."""
EITHER_LATE_MS: Final = 2 * HOUR_MS
"""The same where an alarm is only tolerated: longer than the longest silence of a belt."""


class Delay(TypedDict):
    """Seconds from due to raised over the owed alarms that were raised; None where there was none.

    Nights in which the messages themselves are held up (by up to half a minute) say nothing here and are left out.
    """

    p50: float | None
    max: float | None


SCORED: Final = (Rule.LEAVE_BED_IMMEDIATE, Rule.LEAVE_BED_NOT_BACK)
"""The rules about what a simulated night is the truth of."""


class RuleScore(TypedDict):
    """Counts of one rule. `false` counts alarms that match nothing, second alarms for one absence among them."""

    owed: int
    raised: int
    missed: int
    false: int
    delay_s: Delay


class Score(TypedDict):
    """`rules` has every rule; `bed_nights` is beds x nights."""

    bed_nights: int
    rules: dict[str, RuleScore]


def score(
    lines: Sequence[TruthLine],
    raised: Iterable[Raised],
    *,
    from_at: int | None = None,
    to_at: int | None = None,
) -> Score:
    """Match alarms to absences one to one, the alarms in the order they were raised, each to the nearest exit.

    With `from_at` / `to_at` (true ms) absences are demanded only if they are due in [`from_at`, `to_at`); outside,
    alarms are tolerated.
    """
    absences = [line for line in lines if line["kind"] == "absence"]
    alarms = sorted(raised, key=lambda alarm: alarm[3])
    low, high = -inf if from_at is None else from_at, inf if to_at is None else to_at
    return {
        "bed_nights": sum(line["kind"] == "night" for line in lines),
        "rules": {
            rule.value: _rule_score(
                [_bounded(line, low, high) for line in absences if line["rule"] == rule],
                [alarm for alarm in alarms if alarm[1] == rule],
            )
            for rule in SCORED
        },
    }


def _bounded(line: TruthLine, low: float, high: float) -> TruthLine:
    if low <= line["due_at"] < high or not line["owed"]:
        return line
    return line | {"owed": False, "either": True}


def _rule_score(absences: Sequence[TruthLine], alarms: Sequence[Raised]) -> RuleScore:
    by_place: dict[str, list[TruthLine]] = defaultdict(list)
    owed = found = 0
    for line in absences:
        owed += line["owed"]
        if line["owed"] or line["either"]:
            by_place[line["belt"]].append(line)
            by_place[line["resident"]].append(line)
    matched: set[int] = set()
    delays_s = []
    false = 0
    for place, _, began_at, raised_at in alarms:
        open_lines = [line for line in by_place[place] if id(line) not in matched and _fits(line, raised_at)]
        if not open_lines:
            false += 1
            continue
        nearest = min(open_lines, key=lambda line: abs(line["began_at"] - began_at))
        matched.add(id(nearest))
        found += nearest["owed"]
        if nearest["owed"] and not nearest["delayed"]:
            delays_s.append(round((raised_at - nearest["due_at"]) / SECOND_MS, 3))
    return {
        "owed": owed,
        "raised": len(alarms),
        "missed": owed - found,
        "false": false,
        "delay_s": {"p50": round(median(delays_s), 3) if delays_s else None, "max": max(delays_s, default=None)},
    }


def _fits(line: TruthLine, raised_at: int) -> bool:
    """May an alarm for this absence be raised at `raised_at`?"""
    until = inf if line["until"] is None else line["until"]
    if line["either"]:
        first, last = line["began_at"] - line["interval_ms"], max(until, line["due_at"]) + EITHER_LATE_MS
    else:
        first, last = line["due_at"] - line["interval_ms"], until + LATE_MS
    return bool(first <= raised_at <= last)
