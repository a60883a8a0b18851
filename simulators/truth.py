"""The truth file: JSON lines that say what really happened and which alarms are owed.

All instants are true time in ms (not the belt's clock). Kinds of line:

- `night`, one per bed and night: `kind`, `night` (ISO date of the evening), `start_at`, `end_at` (noon to noon),
  `belt`, `bed`, `resident`, `interval_ms` (the belt's cadence), `clock_offset_ms` (belt's clock minus true time),
  `scenarios` (names, sorted), `in_bed` ([entry, exit] pairs; `exit` is when the person leaves),
  `offline` (`from_at`, `to_at`, `buffered` of each silence, `told` where the broker tells the belt's last will),
  `garbage` (number of payloads that are no readings).
- `absence`, one per exit and rule that is on for the resident: `kind`, `night`, `belt`, `bed`, `resident`, `rule`,
  `began_at` (exit), `until` (return; null when not back by the noon that ends the night), `due_at` (when an alarm is
  owed, or exit + limit where none is), `owed`, `either` (an alarm is tolerated and not demanded; `owed` is then
  false), `interval_ms`, `delayed` (a night in which messages are held up and shuffled on the way).
- `episode`, in centres whose belts are lossy: the same fields for something else that owes an alarm or may (a rate
  beyond its limit, lost rates, a silent belt, exits, a clock), and `early_ms` (how much before `due_at` the alarm may
  come). For a gateway or a network that fails `belt` and `resident` are the centre's id, and `bed` is "".
- `unseen`, where two lie over one belt: the same fields for an absence that owes an alarm by what the resident did, and
  that the belt cannot show, because the other stayed. `owed` is false.
- `trend`, one per night of a fever: `kind`, `night`, `belt`, `bed`, `resident`, `number` (of its nights, from 0),
  `heart_rate`, `breathing_rate` (by how much per minute they are raised all night).

A file may hold a line twice after a crash; `read_truth` gives each once.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from domain.alarms import Rule
from simulators.batteries import plan_battery
from simulators.center import SimulatedCenter
from simulators.delivery import Delivery, plan_delivery
from simulators.drift import plan_drift
from simulators.episodes import night_body, plan_episodes
from simulators.fevers import fever_of
from simulators.gateways import gateway_failure
from simulators.localtime import Span, window_spans
from simulators.night import Absence, NightPlan
from simulators.outages import center_outage
from simulators.owed import Owed, Sight, limits_ms, verdict
from simulators.owed_beside import GROUP_AFTER_MS, beside_verdicts, gateway_verdict, outage_verdict
from simulators.owed_body import body_verdicts
from simulators.owed_episodes import EARLY_MS, EpisodeVerdict, episode_verdicts
from simulators.owed_sitting import sitting_verdicts
from simulators.owed_times import time_verdicts
from simulators.scenarios import Scenario

TruthLine = dict[str, Any]


def truth_lines(center: SimulatedCenter, plan: NightPlan, *, seen_from_at: int | None = None) -> list[TruthLine]:
    """The lines of one bed-night, the `night` line last.

    When nothing is published before `seen_from_at` (ms), exits before it are left out: nobody could see them.
    """
    delivery = plan_delivery(center, plan)
    sight = Sight(belt=plan.bed.belt, delivery=delivery)
    windows = window_spans(plan.bed.resident.leave_bed.windows, plan.night, center.zone)
    lines = []
    for absence in plan.absences():
        if seen_from_at is not None and absence.began_at < seen_from_at:
            continue
        unseen = seen_from_at is not None and absence.began_at <= seen_from_at + sight.blur_ms
        for rule, limit_ms in limits_ms(plan.bed.resident.leave_bed).items():
            found = verdict(absence, limit_ms, windows, sight)
            owed = Owed.EITHER if unseen and found.owed is Owed.YES else found.owed
            lines.append(_absence_line(plan, absence, rule, found.due_at, owed))
    if center.mix.measured:
        lines += _episode_lines(center, plan, sight, seen_from_at)
        lines += _center_lines(center, plan, seen_from_at)
    lines += _unseen_lines(plan, windows, sight, seen_from_at)
    fever = fever_of(center, plan.bed.index, plan.night)
    if fever is not None:
        lines.append({"kind": "trend", **_whose(plan), **asdict(fever)})
    return [*lines, _night_line(plan, delivery)]


def _episode_lines(center: SimulatedCenter, plan: NightPlan, sight: Sight, seen_from_at: int | None) -> list[TruthLine]:
    episodes = plan_episodes(center, plan)
    body = night_body(center, plan, episodes)
    lines = []
    windows = window_spans(plan.bed.resident.leave_bed.windows, plan.night, center.zone)
    asked = plan.bed.resident.vitals
    for found in (
        *episode_verdicts(plan, body, episodes, sight, asked),
        *body_verdicts(plan, body, episodes, sight, asked),
        *sitting_verdicts(plan, body, sight, asked),
        *time_verdicts(plan, center.zone, sight, asked),
        *beside_verdicts(plan, windows, plan_drift(center, plan), plan_battery(center, plan, sight.delivery), sight),
    ):
        if seen_from_at is not None and found.until <= seen_from_at:
            continue
        unseen = seen_from_at is not None and found.began_at <= seen_from_at + sight.blur_ms
        owed = Owed.EITHER if unseen or _with_gateway(center, plan, found) else found.owed
        happened = Absence(began_at=found.began_at, until=found.until)
        line = _absence_line(plan, happened, found.rule, found.due_at, owed)
        lines.append(line | {"kind": "episode", "early_ms": EARLY_MS + sight.blur_ms})
    return lines


def _with_gateway(center: SimulatedCenter, plan: NightPlan, found: EpisodeVerdict) -> bool:
    """A belt that falls silent as a gateway does, by chance, is taken for one of those behind it."""
    failure = gateway_failure(center, plan.night)
    return (
        failure is not None
        and found.rule is Rule.BELT_SILENT
        and abs(found.began_at - failure.from_at) <= GROUP_AFTER_MS
    )


def _center_lines(center: SimulatedCenter, plan: NightPlan, seen_from_at: int | None) -> list[TruthLine]:
    """Of the centre: told with the first belt behind the gateway that fails, or with the first of all."""
    failure, outage = gateway_failure(center, plan.night), center_outage(center, plan.night)
    found = gateway_verdict(center, failure, plan) if failure and failure.first == plan.bed.index else None
    if outage is not None and plan.bed.index == 0:
        found = outage_verdict(center, outage)
    if found is None or (seen_from_at or 0) > found.began_at:
        return []
    happened = Absence(began_at=found.began_at, until=found.until)
    line = _absence_line(plan, happened, found.rule, found.due_at, found.owed)
    center_id = center.center.center_id
    of_center = {"kind": "episode", "early_ms": EARLY_MS, "belt": center_id, "bed": "", "resident": center_id}
    return [line | of_center | {"delayed": False}]


def _unseen_lines(
    plan: NightPlan, windows: Sequence[Span], sight: Sight, seen_from_at: int | None
) -> Iterator[TruthLine]:
    """What is owed by what the resident did, and cannot be seen, because somebody else stayed on the same belt."""
    if plan.own is None:
        return
    seen = set(plan.in_bed[:, 1].tolist())
    for absence in replace(plan, in_bed=plan.own).absences():
        if absence.began_at in seen or (seen_from_at is not None and absence.began_at < seen_from_at):
            continue
        for rule, limit_ms in limits_ms(plan.bed.resident.leave_bed).items():
            found = verdict(absence, limit_ms, windows, sight)
            if found.owed is Owed.YES:
                yield _absence_line(plan, absence, rule, found.due_at, Owed.NO) | {"kind": "unseen"}


def _absence_line(plan: NightPlan, absence: Absence, rule: Rule, due_at: int, owed: Owed) -> TruthLine:
    return {
        "kind": "absence",
        **_whose(plan),
        "rule": rule.value,
        "began_at": absence.began_at,
        "until": absence.until,
        "due_at": due_at,
        "owed": owed is Owed.YES,
        "either": owed is Owed.EITHER,
        "interval_ms": plan.bed.belt.interval_ms,
        "delayed": Scenario.OUT_OF_ORDER in plan.scenarios,
    }


def _night_line(plan: NightPlan, delivery: Delivery) -> TruthLine:
    return {
        "kind": "night",
        **_whose(plan),
        "start_at": plan.start_at,
        "end_at": plan.end_at,
        "interval_ms": plan.bed.belt.interval_ms,
        "clock_offset_ms": plan.bed.belt.clock_offset_ms,
        "scenarios": sorted(plan.scenarios),
        "in_bed": plan.in_bed.tolist(),
        "offline": [
            {"from_at": span.from_at, "to_at": span.to_at, "buffered": span.buffered, "told": span.told}
            for span in delivery.offline
        ],
        "garbage": len(delivery.garbage),
    }


def _whose(plan: NightPlan) -> TruthLine:
    return {
        "night": plan.night.isoformat(),
        "belt": plan.bed.belt.belt_id,
        "bed": plan.bed.bed_id,
        "resident": plan.bed.resident.resident_id,
    }


def read_truth(path: Path) -> list[TruthLine]:
    """The lines of a truth file, each once, in the order they were first written; half a line at the end is dropped."""
    return list({_identity(line): line for line in _whole_lines(path)}.values())


def _whole_lines(path: Path) -> Iterator[TruthLine]:
    with path.open(encoding="utf-8") as file:
        for text in file:
            if text.endswith("\n"):
                yield json.loads(text)


def _identity(line: TruthLine) -> tuple[Any, ...]:
    return line["kind"], line["night"], line["belt"], line.get("rule"), line.get("began_at")


class TruthFile:
    """Appends nights to a truth file, each bed-night once however often the simulation is started again."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._written: set[tuple[str, str]] = set()
        if path.exists():
            _end_cleanly(path)
            self._written = {(line["night"], line["belt"]) for line in read_truth(path) if line["kind"] == "night"}

    def append(self, lines: Iterable[TruthLine]) -> None:
        """Write the lines of the bed-nights that are not there yet. Lines of one bed-night come in one call."""
        new = [line for line in lines if (line["night"], line["belt"]) not in self._written]
        if not new:
            return
        with self._path.open("a", encoding="utf-8") as file:
            file.write("".join(json.dumps(line, separators=(",", ":")) + "\n" for line in new))
        self._written |= {(line["night"], line["belt"]) for line in new if line["kind"] == "night"}


def _end_cleanly(path: Path) -> None:
    """Cut off half a line that a crash left at the end."""
    whole = path.read_bytes()
    if not whole.endswith(b"\n"):
        with path.open("rb+") as file:
            file.truncate(whole.rfind(b"\n") + 1)
