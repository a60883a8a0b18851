"""The weeks before a demo begins, so that every page has a history: readings, and alarms with what became of them.

What the belts said last is kept as a service that was stopped then would have kept it.

Older nights are told every 30 s whatever the belt's cadence, the night before and this one in full: the figures of a
night are the same and the file is a tenth as large. Alarms are those that the truth owes, not those of a rule engine
run over weeks; what the staff did about them is drawn from the centre's seed.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

import numpy as np

from alerts.conditions import Conditions
from alerts.lifecycle import step
from alerts.rulebook import PRIORITIES
from alerts.runs import Slot
from domain.alarms import (
    Acknowledge,
    Alarm,
    AlarmInput,
    AlarmState,
    Category,
    Clear,
    Outcome,
    Raise,
    Reason,
    Resolve,
    Rule,
)
from domain.nights import night_of
from domain.ports import AlarmBook, ReadingsStore
from domain.readings import ReadingBatch
from domain.units import DAY_MS, MINUTE_MS, SECOND_MS
from simulators.arrivals import arrivals, belt_nights
from simulators.center import SimulatedBed, SimulatedCenter
from simulators.localtime import night_span
from simulators.night import NightPlan, plan_night
from simulators.truth import TruthLine, truth_lines

NIGHTS: Final = 28
"""As many as a personal baseline rests on."""
INTERVAL_MS: Final = 30 * SECOND_MS
CLEAR_MS: Final = 2 * MINUTE_MS
ANSWER_MEDIAN_S: Final = 45.0
ANSWER_SIGMA: Final = 0.8
UNANSWERED_SHARE: Final = 0.04
"""Alarms that nobody took before the resident was back."""
CARE_MIN: Final = (1.0, 9.0)
"""From taking an alarm to closing it (min)."""
OUTCOMES: Final = {Outcome.HELPED: 0.62, Outcome.NO_HELP_NEEDED: 0.24, Outcome.FALSE_ALARM: 0.08, None: 0.06}
"""What the staff wrote down; None: nothing."""
NURSE_ID: Final = "p-nurse"

Progress = Callable[[int, int], None]
"""(nights done, nights in all)."""


def fill_past(
    center: SimulatedCenter,
    until_at: int,
    *,
    readings: ReadingsStore,
    book: AlarmBook,
    nights: int,
    progress: Progress,
) -> None:
    """Store what happened in the `nights` nights before the one of `until_at` (ms), and in that one up to then.

    Idempotent: filled twice, everything is there once. `progress` may raise to end it.
    """
    this_night = night_of(until_at, center.zone)
    for done in range(nights):
        progress(done, nights)
        night = this_night - timedelta(days=nights - done)
        in_full = done == nights - 1
        for batch in past_readings(center if in_full else thinned(center), night, until_at):
            readings.write(batch)
        if not _told(book, center, night):
            book.apply(past_alarms(center, night), step)
    heard = Conditions([Slot(belt_id=bed.belt.belt_id, subject=bed.resident.resident_id) for bed in center.beds])
    for batch in past_readings(center, this_night, until_at):
        readings.write(batch)
        heard.observe(batch, until_at)
    beds, _, _ = heard.take_changes()
    book.apply([], step, beds=beds)


def _told(book: AlarmBook, center: SimulatedCenter, night: date) -> bool:
    """A fill that was interrupted left whole nights: their alarms have had their say."""
    start_at, end_at = night_span(night, center.zone)
    return any(book.alarms_of(bed.resident.resident_id, start_at, end_at) for bed in center.beds)


def thinned(center: SimulatedCenter) -> SimulatedCenter:
    """The same centre with belts that report every 30 s."""
    beds = (replace(bed, belt=replace(bed.belt, interval_ms=INTERVAL_MS, batch=1)) for bed in center.beds)
    return replace(center, beds=tuple(beds))


def past_readings(center: SimulatedCenter, night: date, until_at: int) -> Iterator[ReadingBatch]:
    """What the belts reported in a night, up to `until_at` (true ms)."""
    for piece in arrivals(belt_nights(center, night), chunk_ms=DAY_MS):
        rows = int(np.searchsorted(piece.arrives_at, until_at))
        yield piece.batch(0, rows).distinct()


def past_alarms(center: SimulatedCenter, night: date) -> list[AlarmInput]:
    """The night's owed leave-bed alarms and what was done about them, in the order in which it happened."""
    rng = np.random.default_rng([center.seed, night.toordinal()])
    told: list[AlarmInput] = []
    for bed in center.beds:
        plan = plan_night(center, bed, night)
        for line in truth_lines(center, plan):
            if line["kind"] == "absence" and line["owed"] and line["until"] is not None:
                told += _story(rng, center, bed, plan, line)
    return sorted(told, key=lambda given: given.at)


def _story(
    rng: np.random.Generator, center: SimulatedCenter, bed: SimulatedBed, plan: NightPlan, line: TruthLine
) -> list[AlarmInput]:
    alarm = _alarm(center, bed, line)
    back_at = line["until"] + CLEAR_MS
    taken_at = alarm.raised_at + round(1000 * rng.lognormal(np.log(ANSWER_MEDIAN_S), ANSWER_SIGMA))
    closed_at = taken_at + round(rng.uniform(*CARE_MIN) * MINUTE_MS)
    outcome = list(OUTCOMES)[rng.choice(len(OUTCOMES), p=list(OUTCOMES.values()))]
    unanswered = rng.random() < UNANSWERED_SHARE or taken_at >= back_at
    story: list[AlarmInput] = [Raise(alarm_id=alarm.alarm_id, at=alarm.raised_at, alarm=alarm)]
    story += [Clear(alarm_id=alarm.alarm_id, at=back_at, cleared_at=line["until"])]
    if not unanswered:
        story += [Acknowledge(alarm_id=alarm.alarm_id, at=taken_at, person_id=NURSE_ID)]
    if outcome is not None and not unanswered:
        story += [Resolve(alarm_id=alarm.alarm_id, at=closed_at, person_id=NURSE_ID, outcome=outcome)]
    return [given for given in story if given.at < plan.end_at]


def _alarm(center: SimulatedCenter, bed: SimulatedBed, line: TruthLine) -> Alarm:
    rule = Rule(line["rule"])
    limit_s = (line["due_at"] - line["began_at"]) // SECOND_MS
    return Alarm(
        alarm_id=f"{bed.resident.resident_id}.{rule}.{line['began_at']}",
        rule=rule,
        category=Category.CARE,
        priority=PRIORITIES[rule],
        center_id=center.center.center_id,
        resident_id=bed.resident.resident_id,
        bed_id=bed.bed_id,
        belt_id=bed.belt.belt_id,
        state=AlarmState.ACTIVE,
        began_at=line["began_at"],
        due_at=line["due_at"],
        raised_at=line["due_at"],
        reason=Reason(code="left-bed", facts={"left_at": line["began_at"], "limit_s": limit_s}),
    )
