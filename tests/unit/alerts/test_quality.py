"""How good alarms were: definitions on made-up alarms, counted by hand."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from alerts.quality import (
    Figures,
    Quality,
    RoundFigures,
    answered_at,
    figures,
    measure,
    wants_outcome,
    was_told,
    watched_nights,
)
from alerts.quality_findings import Finding, FindingKind, findings
from alerts.shares import ENOUGH, Lengths, Rate, Share
from domain.alarms import Alarm, AlarmState, Category, Outcome, Priority, Reason, Rule
from domain.clock import instant
from domain.nights import noon_to_noon
from domain.residents import WatchedSpan
from domain.roster import Shift
from domain.rounds import PlannedRound, Walked
from domain.units import HOUR_MS, MINUTE_MS, SECOND_MS

SHANGHAI = ZoneInfo("Asia/Shanghai")
NIGHT = date(2026, 1, 12)
T0 = instant(datetime(2026, 1, 12, 17, 0, tzinfo=UTC))
"""01:00 in Shanghai, in the night of 12 January."""
NOW = T0 + 20 * HOUR_MS


def alarm(n: int = 0, **changes: Any) -> Alarm:
    """Raised at T0 + `n` minutes, and open."""
    raised_at = T0 + n * MINUTE_MS
    made = Alarm(
        alarm_id=f"a{n}",
        rule=Rule.LEAVE_BED_NOT_BACK,
        category=Category.CARE,
        priority=Priority.HIGH,
        center_id="c1",
        resident_id="r1",
        bed_id="101-1",
        belt_id="b1",
        state=AlarmState.ACTIVE,
        began_at=raised_at - 15 * MINUTE_MS,
        due_at=raised_at,
        raised_at=raised_at,
        reason=Reason(code="left-bed"),
    )
    return replace(made, **changes)


def over(n: int = 0, outcome: Outcome | None = None, *, taken_s: int | None = 60, **changes: Any) -> Alarm:
    """As `alarm`; taken after `taken_s`, over by itself ten minutes after it was raised."""
    raised_at = T0 + n * MINUTE_MS
    return alarm(
        n,
        state=AlarmState.RESOLVED,
        resolved_at=raised_at + 10 * MINUTE_MS,
        acknowledged_at=None if taken_s is None else raised_at + taken_s * SECOND_MS,
        outcome=outcome,
        **changes,
    )


def many(*outcomes: tuple[Outcome | None, int], **changes: Any) -> list[Alarm]:
    kinds = [outcome for outcome, times in outcomes for _ in range(times)]
    return [over(n, outcome, **changes) for n, outcome in enumerate(kinds)]


def measured(alarms: Sequence[Alarm], spans: Sequence[WatchedSpan] = (), **changes: Any) -> Quality:
    asked = {"first": NIGHT, "last": NIGHT, "tz": SHANGHAI, "now": NOW, **changes}
    return measure(alarms, spans, **asked)


def watched(resident_id: str, start_h: float, end_h: float) -> WatchedSpan:
    """Hours count from 18:00 of the night's date."""
    start_at = instant(datetime(2026, 1, 12, 10, 0, tzinfo=UTC))
    return WatchedSpan(
        resident_id=resident_id,
        bed_id="101-1",
        belt_id="b1",
        start_at=start_at + round(start_h * HOUR_MS),
        end_at=start_at + round(end_h * HOUR_MS),
    )


class TestShares:
    def test_of_nothing_there_is_no_share(self) -> None:
        nothing = Share(count=0, of=0)
        assert (nothing.value, nothing.interval, nothing.enough) == (None, None, False)
        assert Rate(count=3, bed_nights=0).value is None
        assert Lengths.of([]) == Lengths(count=0, p50_ms=None, p90_ms=None)

    @pytest.mark.parametrize(
        ("count", "of", "low", "high"),
        [(5, 10, 0.2366, 0.7634), (0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (81, 263, 0.2553, 0.3662)],
    )
    def test_the_interval_is_that_of_wilson(self, count: int, of: int, low: float, high: float) -> None:
        """The last one is the example of Newcombe 1998 (Statistics in Medicine 17:857)."""
        interval = Share(count=count, of=of).interval
        assert interval == pytest.approx((low, high), abs=5e-5)

    def test_percentiles_are_lengths_that_were_seen(self) -> None:
        assert Lengths.of([7, 1, 3, 9, 5, 8, 2, 6, 4, 100]) == Lengths(count=10, p50_ms=5, p90_ms=9)
        assert Lengths.of([4]) == Lengths(count=1, p50_ms=4, p90_ms=4)


class TestFigures:
    def test_every_share_has_its_own_denominator(self) -> None:
        alarms = [
            over(0, Outcome.HELPED),
            over(1, Outcome.ESCALATED),
            over(2, Outcome.NO_HELP_NEEDED),
            over(3, Outcome.FALSE_ALARM),
            over(4, None),
            over(5, None, taken_s=None),
            alarm(6),
        ]
        told = figures(alarms, NOW)
        assert (told.told, told.false, told.not_needed) == (7, 1, 1)
        assert told.right == Share(count=3, of=4)
        assert told.helpful == Share(count=2, of=4)
        assert told.in_vain == Share(count=2, of=4)
        assert told.without_outcome == Share(count=2, of=6)
        assert told.unanswered == Share(count=1, of=7)
        assert told.response.count == 5
        assert told.resolving == Lengths(count=6, p50_ms=10 * MINUTE_MS, p90_ms=10 * MINUTE_MS)

    def test_nothing_told_is_nothing_said(self) -> None:
        nothing, none = Share(count=0, of=0), Lengths.of([])
        assert figures([], NOW) == Figures(
            told=0,
            false=0,
            not_needed=0,
            right=nothing,
            helpful=nothing,
            without_outcome=nothing,
            unanswered=nothing,
            late=nothing,
            response=none,
            resolving=none,
        )

    def test_who_closes_without_taking_has_answered(self) -> None:
        closed = over(taken_s=None, resolved_by="p1")
        assert answered_at(closed) == closed.resolved_at
        assert figures([closed], NOW).unanswered == Share(count=0, of=1)
        assert figures([closed], NOW).response == Lengths.of([10 * MINUTE_MS])

    def test_an_outcome_given_afterwards_is_no_answer(self) -> None:
        told = figures([over(outcome=Outcome.NO_HELP_NEEDED, taken_s=None)], NOW)
        assert told.unanswered == Share(count=1, of=1)
        assert told.response.count == 0

    @pytest.mark.parametrize(
        ("one", "late"),
        [
            (over(taken_s=300), 0),
            (over(taken_s=301), 1),
            (over(taken_s=None), 1),
            (replace(over(taken_s=None), resolved_at=T0 + 4 * MINUTE_MS), 0),
            (alarm(), 1),
            (replace(alarm(), raised_at=NOW - 4 * MINUTE_MS), 0),
        ],
        ids=["in time", "a second late", "never", "over in time", "open for hours", "open for minutes"],
    )
    def test_late_is_neither_taken_nor_over_within_five_minutes(self, one: Alarm, late: int) -> None:
        assert figures([one], NOW).late == Share(count=late, of=1)

    def test_a_clock_that_was_put_back_makes_no_negative_length(self) -> None:
        back = replace(over(), acknowledged_at=T0 - 5, resolved_at=T0 - 3, resolved_by="p1")
        told = figures([back], NOW)
        assert (told.response.p90_ms, told.resolving.p90_ms) == (0, 0)

    def test_of_technical_matters_no_outcome_is_asked(self) -> None:
        silent = over(rule=Rule.BELT_SILENT, category=Category.TECHNICAL)
        assert figures([silent], NOW).without_outcome == Share(count=0, of=0)
        assert not wants_outcome(silent)
        assert figures([replace(silent, outcome=Outcome.FALSE_ALARM)], NOW).false == 1, (
            "where somebody gave one it counts"
        )


class TestBedNights:
    @pytest.mark.parametrize(
        ("spans", "nights"),
        [
            ([], 0),
            ([watched("r1", 0, 16)], 1),
            ([watched("r1", -100, 7.99)], 0),
            ([watched("r1", 8, 100)], 1),
            ([watched("r1", 0, 4), watched("r1", 6, 10)], 1),
            ([watched("r1", 0, 5), watched("r2", 5, 16)], 1),
            ([watched("r1", 0, 16), watched("r2", 0, 16)], 2),
        ],
        ids=["nobody", "whole", "under half", "second half", "moved beds", "two by turns", "two"],
    )
    def test_half_of_the_night_on_a_bed_with_a_belt(self, spans: list[WatchedSpan], nights: int) -> None:
        assert watched_nights(spans, NIGHT, NIGHT, SHANGHAI) == {NIGHT: nights}

    def test_each_night_is_counted(self) -> None:
        spans = [watched("r1", 0, 24 + 16), watched("r2", 24, 24 + 16)]
        assert list(watched_nights(spans, NIGHT, date(2026, 1, 14), SHANGHAI).values()) == [1, 2, 0]

    def test_rates_are_told_with_the_nights(self) -> None:
        told = measured(many((Outcome.FALSE_ALARM, 3), (Outcome.NO_HELP_NEEDED, 2)), [watched("r1", 0, 16)])
        assert told.nuisance == Rate(count=3, bed_nights=1)
        assert told.not_needed == Rate(count=2, bed_nights=1)
        assert told.told.value == 5.0


class TestMeasure:
    def test_what_was_only_recorded_called_nobody(self) -> None:
        quiet = replace(over(), resolved_at=T0)
        assert not was_told(quiet)
        assert was_told(replace(quiet, resolved_by="p1"))
        assert not was_told(replace(over(), held_by="louder"))
        told = measured([quiet, alarm(1)])
        assert (told.recorded, told.all.told) == (1, 1)

    def test_nights_are_from_noon_to_noon(self) -> None:
        start_at, end_at = noon_to_noon(NIGHT, NIGHT, SHANGHAI)
        assert (end_at - start_at, start_at) == (24 * HOUR_MS, instant(datetime(2026, 1, 12, 4, 0, tzinfo=UTC)))
        alarms = [alarm(1, began_at=start_at), alarm(2, began_at=end_at - 1)]
        assert [(one.night, one.told) for one in measured(alarms).by_night] == [(NIGHT, 2)]

    def test_hours_are_local_and_of_the_call(self) -> None:
        hours = measured([over(0, Outcome.FALSE_ALARM), over(61, taken_s=None)]).by_hour
        assert [one.hour for one in hours] == list(range(24))
        assert [(one.hour, one.told, one.in_vain, one.late) for one in hours if one.told] == [
            (1, 1, 1, 0),
            (2, 1, 0, 1),
        ]

    def test_every_priority_has_its_figures(self) -> None:
        by_priority = measured([over(), over(1, priority=Priority.LOW)]).by_priority
        assert {which: one.told for which, one in by_priority.items()} == {
            Priority.HIGH: 1,
            Priority.MEDIUM: 0,
            Priority.LOW: 1,
        }

    def test_the_poorest_record_comes_first_and_too_few_outcomes_last(self) -> None:
        few = many((Outcome.FALSE_ALARM, ENOUGH - 1), rule=Rule.SIGNAL_POOR)
        poor = many((Outcome.FALSE_ALARM, 40), (Outcome.HELPED, 60), rule=Rule.HEART_RATE_HIGH)
        small = many((Outcome.FALSE_ALARM, 2), (Outcome.HELPED, 8), rule=Rule.VITALS_LOST)
        good = many((Outcome.HELPED, 30))
        rules = [one.rule for one in measured([*few, *good, *small, *poor]).by_rule]
        assert rules == [Rule.HEART_RATE_HIGH, Rule.VITALS_LOST, Rule.LEAVE_BED_NOT_BACK, Rule.SIGNAL_POOR]

    def test_responses_are_told_by_how_many_in_vain_came_before(self) -> None:
        vain = [over(0, Outcome.FALSE_ALARM, alarm_id=f"v{n}", taken_s=20) for n in range(30)]
        told = measured([*vain, over(1, taken_s=100), over(119, taken_s=100), over(121, taken_s=30)])
        by_load = [(one.from_count, one.told, one.response.p50_ms) for one in told.by_load]
        assert by_load == [(0, 31, 20 * SECOND_MS), (30, 2, 100 * SECOND_MS), (80, 0, None)]


class TestFindings:
    def test_a_good_record_has_none(self) -> None:
        assert findings(measured(many((Outcome.HELPED, 20), (Outcome.NO_HELP_NEEDED, 8)))) == []
        assert findings(measured([])) == []

    def test_too_few_outcomes_say_nothing_of_a_rule(self) -> None:
        assert findings(measured(many((Outcome.FALSE_ALARM, ENOUGH - 1)))) == []

    def test_a_rule_that_is_often_false_is_named_with_its_beds(self) -> None:
        loud = many((Outcome.FALSE_ALARM, 4), bed_id="102-2", resident_id="r2")
        once = many((Outcome.FALSE_ALARM, 1), bed_id="103-1", resident_id="r3")
        (found,) = findings(measured([*loud, *once, *many((Outcome.HELPED, 5))]))
        assert (found.kind, found.rule, found.share) == (
            FindingKind.FALSE_ALARMS,
            Rule.LEAVE_BED_NOT_BACK,
            Share(count=5, of=10),
        )
        assert [(one.bed_id, one.resident_id, one.count) for one in found.sources] == [("102-2", "r2", 4)]

    def test_a_rule_without_need_half_of_the_time(self) -> None:
        (found,) = findings(measured(many((Outcome.NO_HELP_NEEDED, 6), (Outcome.HELPED, 6))))
        assert (found.kind, found.share.count, found.sources[0].count) == (FindingKind.NO_HELP_NEEDED, 6, 6)

    def test_what_makes_the_rest_doubtful_comes_first(self) -> None:
        alarms = [*many((None, 5), taken_s=None), *many((Outcome.FALSE_ALARM, 10))]
        assert [one.kind for one in findings(measured(alarms))] == [
            FindingKind.OUTCOMES_MISSING,
            FindingKind.LATE,
            FindingKind.FALSE_ALARMS,
        ]
        assert findings(measured(alarms))[0] == Finding(kind=FindingKind.OUTCOMES_MISSING, share=Share(count=5, of=15))


LATE = Shift(shift_id="late", name="Late", start=time(22), end=time(6, 30))
EARLY = Shift(shift_id="early", name="Early", start=time(6, 30), end=time(14))


class TestByShift:
    def shifts(self, alarms: Sequence[Alarm], *shifts: Shift, **changes: Any) -> list[tuple[str | None, int, int]]:
        told = measured(alarms, [watched("r1", 0, 16)], shifts=shifts, **changes).by_shift
        return [(one.shift.shift_id if one.shift else None, one.figures.told, one.figures.false) for one in told]

    def test_each_alarm_is_in_the_shift_in_which_it_was_raised_also_across_midnight(self) -> None:
        hour = 60
        evening, night, morning = over(-2 * hour), over(4 * hour, Outcome.FALSE_ALARM), over(6 * hour)
        assert self.shifts([evening, night, morning], EARLY, LATE) == [("late", 2, 1), ("early", 1, 0)]

    def test_at_the_border_it_is_in_the_later_one(self) -> None:
        border = (6 * 60 + 30) - 60  # 06:30, counted from 01:00
        assert self.shifts([over(border - 1), over(border)], LATE, EARLY) == [("late", 1, 0), ("early", 1, 0)]

    def test_the_figures_are_those_of_its_alarms_by_the_bed_nights_of_all(self) -> None:
        alarms = [over(0, Outcome.FALSE_ALARM, taken_s=30), over(1, Outcome.HELPED, taken_s=90), over(2, taken_s=None)]
        (late,) = measured(alarms, [watched("r1", 0, 16)], shifts=[LATE]).by_shift
        assert late.nuisance == Rate(count=1, bed_nights=1)
        assert late.figures == figures(alarms, NOW)
        assert late.figures.unanswered == Share(count=1, of=3)
        assert late.figures.response == Lengths(count=2, p50_ms=30_000, p90_ms=90_000)

    def test_in_the_night_of_the_change_of_clocks_a_shift_keeps_its_hours(self) -> None:
        """Berlin, 25 October 2026: the night is an hour longer, and 06:30 is 05:30 UTC."""
        berlin, night = ZoneInfo("Europe/Berlin"), date(2026, 10, 24)
        border_at = instant(datetime(2026, 10, 25, 5, 30, tzinfo=UTC))
        alarms = [alarm(raised_at=border_at - 1), alarm(raised_at=border_at)]
        found = self.shifts(alarms, LATE, EARLY, tz=berlin, first=night, last=night)
        assert found == [("late", 1, 0), ("early", 1, 0)]

    def test_what_is_raised_in_two_shifts_is_in_both_and_in_none_apart(self) -> None:
        overlapping = replace(EARLY, shift_id="lead", start=time(0), end=time(2))
        assert self.shifts([over(0), over(8 * 60)], LATE, overlapping) == [("late", 1, 0), ("lead", 1, 0), (None, 1, 0)]

    def test_without_a_roster_there_is_nothing(self) -> None:
        assert self.shifts([over(0)]) == []


def test_rounds_that_may_yet_be_walked_do_not_count() -> None:
    states = (Walked.DONE, Walked.DONE, Walked.PARTIAL, Walked.MISSING, Walked.AWAITED)
    told = measured([], planned=[PlannedRound(at=n, state=state) for n, state in enumerate(states)]).rounds
    assert told == RoundFigures(done=Share(count=2, of=4), partial=1, missing=1)
    assert measured([]).rounds.done == Share(count=0, of=0)
