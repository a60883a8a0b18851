"""Alarms against the truth: how many were owed, raised, missed, false, and how late."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from math import ceil, inf
from statistics import median
from typing import Final, TypedDict

from domain.alarms import LEAVE_BED_RULES, Rule
from domain.units import HOUR_MS, MINUTE_MS, SECOND_MS
from simulators.truth import TruthLine

Raised = tuple[str, str, int, int]
"""Belt or resident id, rule, `began_at` as the alarm has it, `raised_at` (true ms)."""

LATE_MS: Final = 5 * MINUTE_MS
"""An alarm may be raised this long after the return, or after it was due; shorter than the least stay in bed."""
EITHER_LATE_MS: Final = 2 * HOUR_MS
"""The same where an alarm is only tolerated: longer than the longest silence of a belt."""


class Delay(TypedDict):
    """How late the owed alarms were raised; None where there was none. Less than 0 is early.

    Nights in which the messages themselves are held up (by up to half a minute) say nothing here and are left out.
    """

    p50: float | None
    p99: float | None
    max: float | None


class RuleScore(TypedDict):
    """Counts of one rule.

    `tolerated` counts alarms about what was too near to a border to be owed or false, `false` those that match nothing,
    second alarms for one absence among them. `unseen` is what would be owed if the belt could show it: one belt under
    two people shows nobody's leaving while the other stays.
    `delay_s` is from the deadline, and `delay_readings` the same in intervals of the belt; `shown_readings` is from the
    first reading that could show it, values lost and messages of several readings allowed for, and `late` counts those
    that came more than one interval after that (what no reading tells of: and than one look).
    """

    owed: int
    raised: int
    missed: int
    false: int
    tolerated: int
    unseen: int
    late: int
    delay_s: Delay
    delay_readings: Delay
    shown_readings: Delay


class Score(TypedDict):
    """`rules` has every rule that was asked for; `bed_nights` is beds x nights."""

    bed_nights: int
    rules: dict[str, RuleScore]


def score(
    lines: Sequence[TruthLine],
    raised: Iterable[Raised],
    *,
    rules: Iterable[Rule] = LEAVE_BED_RULES,
    from_at: int | None = None,
    to_at: int | None = None,
) -> Score:
    """Match alarms to absences and episodes one to one, the alarms as they were raised, each to the nearest beginning.

    With `from_at` / `to_at` (true ms) absences are demanded only if they are due in [`from_at`, `to_at`); outside,
    alarms are tolerated.
    """
    absences = [line for line in lines if line["kind"] in {"absence", "episode"}]
    unseen = Counter(line["rule"] for line in lines if line["kind"] == "unseen")
    alarms = sorted(raised, key=lambda alarm: alarm[3])
    low, high = -inf if from_at is None else from_at, inf if to_at is None else to_at
    return {
        "bed_nights": sum(line["kind"] == "night" for line in lines),
        "rules": {
            rule.value: _rule_score(
                [_bounded(line, low, high) for line in absences if line["rule"] == rule],
                [alarm for alarm in alarms if alarm[1] == rule],
                unseen[rule],
            )
            for rule in rules
        },
    }


def _bounded(line: TruthLine, low: float, high: float) -> TruthLine:
    if low <= line["due_at"] < high or not line["owed"]:
        return line
    return line | {"owed": False, "either": True}


def _rule_score(absences: Sequence[TruthLine], alarms: Sequence[Raised], unseen: int) -> RuleScore:
    by_place: dict[str, list[TruthLine]] = defaultdict(list)
    owed = found = 0
    for line in absences:
        owed += line["owed"]
        if line["owed"] or line["either"]:
            by_place[line["belt"]].append(line)
            by_place[line["resident"]].append(line)
    matched: set[int] = set()
    timed: list[tuple[TruthLine, int]] = []
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
            timed.append((nearest, raised_at))
    shown = [(line, raised_at - int(line.get("shown_at") or line["due_at"])) for line, raised_at in timed]
    return {
        "owed": owed,
        "raised": len(alarms),
        "missed": owed - found,
        "false": false,
        "tolerated": len(matched) - found,
        "unseen": unseen,
        "late": sum(late_ms > max(line["interval_ms"], line.get("look_ms", 0)) for line, late_ms in shown),
        "delay_s": _delay([(raised_at - line["due_at"]) / SECOND_MS for line, raised_at in timed], 3),
        "delay_readings": _delay([_readings(line, raised_at - line["due_at"]) for line, raised_at in timed], 2),
        "shown_readings": _delay([_readings(line, late_ms) for line, late_ms in shown], 2),
    }


def _readings(line: TruthLine, delay_ms: int) -> float:
    """So many intervals of the belt is that."""
    return float(delay_ms / line["interval_ms"])


def _delay(delays: list[float], digits: int) -> Delay:
    """The p-th percentile is the least value that p % of them do not exceed."""
    ordered = sorted(delays)
    if not ordered:
        return {"p50": None, "p99": None, "max": None}
    p99 = ordered[ceil(len(ordered) * 0.99) - 1]
    return {"p50": round(median(ordered), digits), "p99": round(p99, digits), "max": round(ordered[-1], digits)}


def _fits(line: TruthLine, raised_at: int) -> bool:
    """May an alarm for this absence be raised at `raised_at`?"""
    until = inf if line["until"] is None else line["until"]
    if line["either"]:
        first, last = (
            line["began_at"] - line.get("early_ms", line["interval_ms"]),
            max(until, line["due_at"]) + EITHER_LATE_MS,
        )
    else:
        first, last = line["due_at"] - line.get("early_ms", line["interval_ms"]), until + LATE_MS
    return bool(first <= raised_at <= last)
