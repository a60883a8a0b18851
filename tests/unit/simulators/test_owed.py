from dataclasses import replace
from datetime import date, datetime, time

import numpy as np
import pytest

from domain.alarms import Rule
from domain.clock import instant, utc
from domain.residents import LeaveBedSettings, NightWindow
from domain.units import MINUTE_MS, SECOND_MS
from simulators.center import SimulatedCenter, simulated_center
from simulators.delivery import Delivery, OfflineSpan
from simulators.localtime import Span, window_spans
from simulators.night import Absence, plan_night
from simulators.owed import Owed, Sight, limits_ms, verdict
from simulators.scenarios import Mix, Scenario
from simulators.truth import truth_lines
from tests.unit.simulators.samples import AUTUMN, BERLIN, HONEST_BELT, NIGHT, SPRING

ZONE = simulated_center(1, 1).zone
LIMIT_MS = 15 * MINUTE_MS
WINDOWS = window_spans([NightWindow()], NIGHT, ZONE)


def _at(clock: str) -> int:
    """The instant of local `clock` in the night of NIGHT."""
    moment = time.fromisoformat(clock)
    day = NIGHT if moment.hour >= 12 else date.fromordinal(NIGHT.toordinal() + 1)
    return instant(datetime.combine(day, moment, tzinfo=ZONE))


def _verdict(
    exit_clock: str,
    return_clock: str | None,
    *silences: OfflineSpan,
    limit_ms: int = LIMIT_MS,
    windows: list[Span] = WINDOWS,
    shuffled: bool = False,
) -> tuple[Owed, int]:
    absence = Absence(began_at=_at(exit_clock), until=_at(return_clock) if return_clock else None)
    sight = Sight(belt=HONEST_BELT, delivery=Delivery(offline=silences, shuffled=shuffled))
    found = verdict(absence, limit_ms, windows, sight)
    return found.owed, found.due_at


@pytest.mark.parametrize(
    ("left", "back", "owed", "due"),
    [
        ("02:00:03", "02:30:00", Owed.YES, "02:15:03"),
        ("02:00:03", "02:14:00", Owed.NO, "02:15:03"),
        ("02:00:03", None, Owed.YES, "02:15:03"),
        ("05:55:00", "06:30:00", Owed.YES, "06:10:00"),
        ("06:05:00", None, Owed.NO, "06:20:00"),
        ("20:30:00", "21:14:00", Owed.NO, "21:15:00"),
        ("20:30:00", "21:16:00", Owed.YES, "21:15:00"),
        ("20:01:00", "21:40:00", Owed.YES, "21:15:00"),
        ("19:55:00", "21:40:00", Owed.NO, "20:10:00"),
        ("02:00:03", "02:15:00", Owed.EITHER, "02:15:03"),
        ("02:00:03", "02:15:12", Owed.EITHER, "02:15:03"),
        ("02:00:03", "02:15:14", Owed.YES, "02:15:03"),
        ("02:00:03", "02:14:52", Owed.NO, "02:15:03"),
        ("20:59:55", "21:40:00", Owed.EITHER, "21:15:00"),
        ("21:00:05", "21:40:00", Owed.EITHER, "21:15:05"),
        ("20:59:55", "21:05:00", Owed.NO, "21:15:00"),
        ("05:59:55", None, Owed.EITHER, "06:14:55"),
        ("06:00:05", None, Owed.EITHER, "06:15:05"),
        ("20:00:05", "22:00:00", Owed.EITHER, "21:15:00"),
        ("19:59:55", "22:00:00", Owed.EITHER, "20:14:55"),
    ],
)
def test_what_is_owed(left: str, back: str | None, owed: Owed, due: str) -> None:
    assert _verdict(left, back) == (owed, _at(due))


def test_the_immediate_rule_is_owed_for_every_trip() -> None:
    assert _verdict("02:00:03", "02:00:33.5", limit_ms=10 * SECOND_MS) == (Owed.YES, _at("02:00:13"))
    assert _verdict("02:00:03", "02:00:20", limit_ms=10 * SECOND_MS)[0] is Owed.EITHER


def test_disorder_widens_what_cannot_be_told() -> None:
    assert _verdict("02:00:00", "02:15:35")[0] is Owed.YES
    assert _verdict("02:00:00", "02:15:35", shuffled=True)[0] is Owed.EITHER


def test_carry_in_goes_to_the_next_of_several_windows() -> None:
    windows = window_spans(
        [NightWindow(start=time(20, 30), end=time(23, 30)), NightWindow(start=time(2), end=time(6))], NIGHT, ZONE
    )
    assert _verdict("01:20:00", "02:30:00", windows=windows) == (Owed.YES, _at("02:15:00"))
    assert _verdict("00:30:00", "02:30:00", windows=windows)[0] is Owed.NO
    assert _verdict("23:00:00", "23:50:00", windows=windows) == (Owed.YES, _at("23:15:00"))


def _silence(start: str, end: str, *, buffered: bool = False) -> OfflineSpan:
    return OfflineSpan(from_at=_at(start), to_at=_at(end), buffered=buffered)


@pytest.mark.parametrize(
    ("left", "back", "silence", "lost", "buffered"),
    [
        # The exit was shown, then silence: not back by the deadline is owed, whenever the silence ends.
        ("02:00:03", "03:00:00", ("02:05:00", "02:40:00"), Owed.YES, Owed.YES),
        ("02:00:03", "02:30:00", ("02:05:00", "02:40:00"), Owed.YES, Owed.YES),
        ("02:00:03", None, ("02:00:15", "03:00:00"), Owed.YES, Owed.YES),
        # Back in time, but nobody can know by the deadline.
        ("02:00:03", "02:10:00", ("02:05:00", "02:40:00"), Owed.EITHER, Owed.EITHER),
        # Back in time, and known before the deadline.
        ("02:00:03", "02:10:00", ("02:05:00", "02:14:00"), Owed.NO, Owed.NO),
        # The exit was hidden.
        ("02:10:00", "03:00:00", ("02:05:00", "02:30:00"), Owed.EITHER, Owed.EITHER),
        ("02:10:00", "03:00:00", ("02:05:00", "02:20:00"), Owed.EITHER, Owed.YES),
        ("02:00:03", "03:00:00", ("02:00:05", "02:30:00"), Owed.EITHER, Owed.EITHER),
        # Left just after the silence, before the belt had shown the bed occupied again.
        ("02:30:05", "03:00:00", ("02:05:00", "02:30:00"), Owed.EITHER, Owed.YES),
        ("02:31:00", "03:00:00", ("02:05:00", "02:30:00"), Owed.YES, Owed.YES),
        # A short trip in the silence: never long enough, whatever was seen of it.
        ("02:10:00", "02:15:00", ("02:05:00", "02:30:00"), Owed.NO, Owed.NO),
        # Silence before and after, untouched.
        ("02:00:03", "02:30:00", ("01:00:00", "01:50:00"), Owed.YES, Owed.YES),
        ("02:00:03", "02:10:00", ("02:20:00", "02:50:00"), Owed.NO, Owed.NO),
    ],
)
def test_silence(left: str, back: str | None, silence: tuple[str, str], lost: Owed, buffered: Owed) -> None:
    assert _verdict(left, back, _silence(*silence))[0] is lost
    assert _verdict(left, back, _silence(*silence, buffered=True))[0] is buffered


def test_a_batch_shows_its_samples_when_it_is_full() -> None:
    belt = replace(HONEST_BELT, interval_ms=1_000, phase_ms=300, batch=5)
    sight = Sight(belt=belt, delivery=Delivery())
    assert sight.shown_at(300) == 4_300
    assert sight.shown_at(301) == 4_300
    assert sight.shown_at(4_301) == 9_300


def test_limits_are_those_of_the_resident() -> None:
    both = LeaveBedSettings(immediate=True, immediate_after_s=20, away_limit_min=30)
    assert limits_ms(both) == {Rule.LEAVE_BED_IMMEDIATE: 20_000, Rule.LEAVE_BED_NOT_BACK: 30 * MINUTE_MS}
    assert limits_ms(LeaveBedSettings(not_back=False)) == {}


def _by_brute_force(center: SimulatedCenter, bed_index: int, night: date) -> set[tuple[str, int]]:
    """Rule and second of due of every owed alarm, found by walking through the night second by second.

    The clock on the wall is read for each second of an absence; nothing is shared with the code under test but
    the stretches in bed.
    """
    bed = center.beds[bed_index]
    plan = plan_night(center, bed, night)
    settings = bed.resident.leave_bed
    seconds = np.arange(plan.start_at, plan.end_at, SECOND_MS)
    occupied = np.zeros(len(seconds), bool)
    for entry_at, exit_at in plan.in_bed.tolist():
        occupied |= (seconds >= entry_at) & (seconds < exit_at)
    on_the_wall = [_wall(at, center) for at in seconds[::60].tolist()]
    in_window = np.repeat([_inside(moment, settings) for moment in on_the_wall], 60)
    limits = {Rule.LEAVE_BED_NOT_BACK.value: settings.away_limit_min * 60}
    if settings.immediate:
        limits[Rule.LEAVE_BED_IMMEDIATE.value] = settings.immediate_after_s
    due = set()
    for left in np.flatnonzero(occupied[:-1] & ~occupied[1:]) + 1:
        back = left + (int(np.argmax(occupied[left:])) if occupied[left:].any() else len(seconds))
        counted = left
        if not in_window[left]:
            opening = left + int(np.argmax(in_window[left : left + 3601]))
            if not in_window[opening]:
                continue
            counted = opening
        due |= {(rule, int(counted) + limit) for rule, limit in limits.items() if back > counted + limit}
    return due


def _wall(at: int, center: SimulatedCenter) -> time:
    return utc(at).astimezone(center.zone).time()


def _inside(moment: time, settings: LeaveBedSettings) -> bool:
    return any(
        window.start <= moment < window.end
        if window.start < window.end
        else moment >= window.start or moment < window.end
        for window in settings.windows
    )


@pytest.mark.parametrize(("timezone", "night"), [("Asia/Shanghai", NIGHT), (BERLIN, AUTUMN), (BERLIN, SPRING)])
def test_the_truth_agrees_with_a_walk_through_the_night(timezone: str, night: date) -> None:
    center = simulated_center(60, 21, timezone=timezone, mix=Mix.of(Scenario.LONG_ABSENCE))
    owed_in_all = 0
    for index, bed in enumerate(center.beds):
        plan = plan_night(center, bed, night)
        lines = [line for line in truth_lines(center, plan) if line["kind"] == "absence"]
        walked = _by_brute_force(center, index, night)
        owed = {(line["rule"], line["due_at"]) for line in lines if line["owed"]}
        either = {(line["rule"], line["due_at"]) for line in lines if line["either"]}
        for rule, due_at in owed:
            assert any(rule == other and abs(due_at - (plan.start_at + at * 1000)) <= 1000 for other, at in walked)
        for rule, at in walked:
            near = [
                due for other, due in owed | either if other == rule and abs(due - plan.start_at - at * 1000) <= 1000
            ]
            assert near
        owed_in_all += len(owed)
    assert owed_in_all > 60


def test_every_absence_is_listed_for_every_rule() -> None:
    center = simulated_center(30, 21)
    for bed in center.beds:
        plan = plan_night(center, bed, NIGHT)
        lines = truth_lines(center, plan)[:-1]
        exits = [absence.began_at for absence in plan.absences()]
        assert {line["rule"] for line in lines} == set(limits_ms(bed.resident.leave_bed))
        for rule in limits_ms(bed.resident.leave_bed):
            assert [line["began_at"] for line in lines if line["rule"] == rule] == exits


def test_high_risk_residents_are_owed_an_alarm_for_every_trip_in_the_night() -> None:
    center = simulated_center(60, 21, mix=Mix.of(Scenario.QUICK_TRIP))
    found = 0
    for bed in center.beds:
        plan = plan_night(center, bed, NIGHT)
        windows = window_spans(bed.resident.leave_bed.windows, NIGHT, ZONE)
        for line in truth_lines(center, plan)[:-1]:
            inside = any(low + MINUTE_MS < line["began_at"] < high - MINUTE_MS for low, high in windows)
            if line["rule"] == Rule.LEAVE_BED_IMMEDIATE and inside:
                assert line["owed"]
                found += 1
    assert found > 20
