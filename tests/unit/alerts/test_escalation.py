"""Whom an alarm calls, step by step, against the table of the design and for any history."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.escalation import HIGH, MEDIUM, Staff, plan
from domain.alarms import Alarm, AlarmState, Category, Priority, Reason, Rule
from domain.calls import Call, CallReason
from domain.roster import OnDuty, Post
from domain.units import NEVER, SECOND_MS

RAISED = 1_795_000_000_000
DUTY = OnDuty(posts={Post.A: ("anna",), Post.B: ("bo",), Post.LEAD: ("lin",)})
NOBODY = OnDuty(posts={})
ALARM = Alarm(
    alarm_id="r1.leave-bed-not-back.1",
    rule=Rule.LEAVE_BED_NOT_BACK,
    category=Category.CARE,
    priority=Priority.HIGH,
    center_id="c1",
    resident_id="r1",
    bed_id="b1",
    belt_id="belt1",
    state=AlarmState.ACTIVE,
    began_at=RAISED - 900_000,
    due_at=RAISED,
    raised_at=RAISED,
    reason=Reason(code="left-bed"),
)


def staff(duty: OnDuty = DUTY, leads: tuple[str, ...] = ("lin",)) -> Staff:
    return Staff(on_duty=lambda _at: duty, leads=leads, everybody=("anna", "bo", "cai", "lin"))


def called(after_s: float, alarm: Alarm = ALARM, who: Staff | None = None) -> list[Call]:
    return list(plan(alarm, who or staff(), RAISED + round(after_s * SECOND_MS)).calls)


@pytest.mark.parametrize(
    ("after_s", "people"),
    [
        (0, ["anna"]),
        (59, ["anna"]),
        (60, ["anna", "bo"]),
        (179, ["anna", "bo"]),
        (180, ["anna", "bo", "lin"]),
        (300, ["anna", "bo", "lin", "anna", "bo", "cai", "lin"]),
    ],
)
def test_post_after_post_and_then_everybody(after_s: int, people: list[str]) -> None:
    assert [call.person_id for call in called(after_s)] == people


def test_the_reasons_say_which_step_it_was() -> None:
    assert [call.reason for call in called(180)] == [CallReason.ON_DUTY, CallReason.ESCALATED, CallReason.ESCALATED]
    assert {call.reason for call in called(300)[3:]} == {CallReason.UNANSWERED}


def test_it_is_repeated_until_it_is_taken_and_not_for_ever() -> None:
    first = called(300 + HIGH.repeat_s)
    assert {call.reason for call in first[7:]} == {CallReason.REPEATED}
    last = 300 + HIGH.repeats * HIGH.repeat_s
    assert plan(ALARM, staff(), RAISED + last * SECOND_MS).next_at == NEVER


def test_after_a_long_stop_only_the_last_repeat_is_owed() -> None:
    repeats = [call for call in called(300 + 5 * HIGH.repeat_s + 1) if call.reason is CallReason.REPEATED]
    assert {call.key.split("/")[3] for call in repeats} == {"5"}


def test_medium_wakes_nobody_off_duty_and_low_calls_nobody() -> None:
    medium = replace(ALARM, priority=Priority.MEDIUM)
    assert {call.person_id for call in called(7200, medium)} == {"anna", "bo", "lin"}
    assert [call.person_id for call in called(MEDIUM.posts_s[1] - 1, medium)] == ["anna"]
    assert called(7200, replace(ALARM, priority=Priority.LOW)) == []


def test_with_nobody_on_duty_the_leads_are_called_and_told_so() -> None:
    (call,) = called(0, who=staff(NOBODY))
    assert (call.person_id, call.reason) == ("lin", CallReason.NOBODY_ON_DUTY)


def test_without_any_lead_everybody_is() -> None:
    calls = called(0, who=staff(NOBODY, leads=()))
    assert [call.person_id for call in calls] == ["anna", "bo", "cai", "lin"]
    assert {call.reason for call in calls} == {CallReason.NOBODY_ON_DUTY}


def test_an_empty_first_post_passes_on_at_once() -> None:
    assert [call.person_id for call in called(0, who=staff(OnDuty(posts={Post.B: ("bo",)})))] == ["bo"]


def test_an_empty_later_post_is_passed_over() -> None:
    assert [call.person_id for call in called(60, who=staff(OnDuty(posts={Post.A: ("anna",)})))] == ["anna"]


def test_the_roster_is_asked_for_the_time_of_the_step() -> None:
    change_at = RAISED + 30 * SECOND_MS
    later = OnDuty(posts={Post.A: ("zoe",), Post.B: ("yan",)})
    who = Staff(on_duty=lambda at: DUTY if at < change_at else later, leads=(), everybody=())
    assert [call.person_id for call in called(60, who=who)] == ["anna", "yan"]


def test_an_alarm_that_is_over_calls_nobody() -> None:
    assert called(9999, replace(ALARM, state=AlarmState.RESOLVED)) == []


def test_taken_and_left_standing_it_calls_again() -> None:
    taken = replace(ALARM, state=AlarmState.ACKNOWLEDGED, acknowledged_at=RAISED + 10 * SECOND_MS)
    assert called(10 + HIGH.again_after_s - 1, taken) == []
    assert called(10 + HIGH.again_after_s, replace(taken, cleared_at=RAISED + 1)) == []
    assert [call.person_id for call in called(10 + HIGH.again_after_s, taken)] == ["anna", "bo", "lin"]


def test_snoozed_or_held_back_it_calls_nobody_and_then_all_that_is_owed_comes() -> None:
    now = RAISED + 400 * SECOND_MS
    for quiet in (replace(ALARM, snoozed_until=now + 1), replace(ALARM, held_by="another")):
        assert plan(quiet, staff(), now).calls == ()
    assert len(plan(ALARM, staff(), now).calls) == 7


def test_handed_on_the_lead_is_called_at_once_and_it_goes_on_from_there() -> None:
    handed_at = RAISED + 30 * SECOND_MS
    handed = replace(ALARM, escalated_at=handed_at, escalated_by="anna")
    assert [call.person_id for call in called(30, handed)] == ["lin"]
    assert [call.person_id for call in called(150, handed)] == ["lin", "anna", "bo", "cai", "lin"]
    assert not {call.key for call in called(150, handed)} & {call.key for call in called(300)}


def test_what_comes_again_calls_again() -> None:
    again = replace(ALARM, repeats=1, raised_at=RAISED + 600 * SECOND_MS)
    assert not {call.key for call in called(600, again)} & {call.key for call in called(600)}
    assert [call.person_id for call in called(600, again)] == ["anna"]


@given(looks=st.lists(st.integers(0, 4000), min_size=1, max_size=30).map(sorted), posts=st.sets(st.sampled_from(Post)))
def test_however_often_it_is_looked_at_each_call_is_one(looks: list[int], posts: set[Post]) -> None:
    who = staff(OnDuty(posts={post: DUTY.on(post) for post in posts}))
    queued: dict[str, Call] = {}
    for after_s in looks:
        found = plan(ALARM, who, RAISED + after_s * SECOND_MS)
        assert all(call.due_at <= RAISED + after_s * SECOND_MS < found.next_at for call in found.calls)
        assert len({call.key for call in found.calls}) == len(found.calls)
        for call in found.calls:
            assert queued.setdefault(call.key, call) == call
    steps = {call.key for call in called(looks[-1], who=who) if call.reason is not CallReason.REPEATED}
    assert steps <= set(queued)


@given(after_s=st.integers(0, 4000))
def test_the_next_look_is_never_too_late(after_s: int) -> None:
    now = RAISED + after_s * SECOND_MS
    found = plan(ALARM, staff(), now)
    if found.next_at != NEVER:
        before = {call.key for call in plan(ALARM, staff(), found.next_at - 1).calls}
        assert before == {call.key for call in found.calls}
        assert {call.key for call in plan(ALARM, staff(), found.next_at).calls} - before
