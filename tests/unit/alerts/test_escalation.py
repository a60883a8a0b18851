"""Whom an alarm calls, step by step, against the table of the design."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from alerts.escalation import Plan, Staff, Stretch, called, plan, staff_of, stretch_of
from domain.alarms import Alarm, AlarmEvent, AlarmState, Category, EventKind, Priority, Reason, Rule
from domain.calls import Call, CallReason
from domain.errors import ConfigurationError
from domain.escalation import HIGH, MEDIUM, REPEATED_FOR_S, Steps
from domain.people import Person, Role
from domain.roster import OnDuty, Post
from domain.units import LONG_AGO, NEVER, SECOND_MS

RAISED = 1_795_000_000_000
DUTY = OnDuty(posts={Post.A: ("anna",), Post.B: ("bo",), Post.LEAD: ("lin",)})
NOBODY = OnDuty(posts={})
EVERYBODY = ("anna", "bo", "cai", "lin", "mei")
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
TAKEN = replace(ALARM, state=AlarmState.ACKNOWLEDGED, acknowledged_at=RAISED + 10 * SECOND_MS, acknowledged_by="mei")
MEDIUM_ALARM = replace(ALARM, priority=Priority.MEDIUM)


def staff(
    duty: OnDuty = DUTY, leads: tuple[str, ...] = ("lin", "mei"), everybody: tuple[str, ...] = EVERYBODY
) -> Staff:
    return Staff(on_duty=lambda _at: duty, leads=leads, everybody=everybody)


def on(**posts: str) -> Staff:
    return staff(OnDuty(posts={Post(post): (person_id,) for post, person_id in posts.items()}))


LAST_S = 300 + HIGH.repeats * HIGH.repeat_s
"""When the quick repeats end (s)."""


def at(seconds: float) -> int:
    return RAISED + round(seconds * SECOND_MS)


def looked(
    looks: Sequence[float], alarm: Alarm = ALARM, who: Staff | None = None, begun_at: int = RAISED
) -> list[tuple[int, list[str]]]:
    """What is called at each look (s after the alarm was raised), as a worker would have it, without empty ones."""
    stretch, found = Stretch(begun_at=begun_at), []
    for seconds in looks:
        calls = plan(alarm, who or staff(), at(seconds), stretch).calls
        if calls:
            stretch = called(stretch, calls)
            found.append((round(seconds), [call.person_id for call in calls]))
    return found


def owed(seconds: float, alarm: Alarm = ALARM, who: Staff | None = None, until: float | None = None) -> Sequence[Call]:
    """The calls owed at that time, when those of steps up to `until` (s) went out."""
    stretch = Stretch(begun_at=RAISED, called_until=LONG_AGO if until is None else at(until))
    return plan(alarm, who or staff(), at(seconds), stretch).calls


def event(alarm: Alarm, seconds: float, kind: EventKind = EventKind.RAISED) -> AlarmEvent:
    return AlarmEvent(alarm=alarm, kind=kind, at=at(seconds))


def test_post_after_post_then_everybody_and_again_and_again() -> None:
    found = looked(range(3001))
    assert found[:4] == [(0, ["anna"]), (60, ["bo"]), (180, ["lin"]), (300, sorted(EVERYBODY))]
    assert found[4:-1] == [(300 + n * HIGH.repeat_s, ["anna", "bo", "lin"]) for n in range(1, HIGH.repeats + 1)]
    assert found[-1] == (LAST_S + HIGH.again_after_s, ["anna", "bo", "lin"]), "and less often from now on"


def test_what_nobody_takes_is_told_to_every_shift_of_a_day() -> None:
    morning = OnDuty(posts={Post.A: ("zoe",)})
    everybody = (*EVERYBODY, "zoe")
    who = Staff(on_duty=lambda now: DUTY if now < at(36_000) else morning, leads=("mei",), everybody=everybody)
    found = looked(range(0, 100_000, 60), who=who)
    assert (36_300, ["mei", "zoe"]) in found
    assert 300 + REPEATED_FOR_S - HIGH.again_after_s <= found[-1][0] < 300 + REPEATED_FOR_S


def test_medium_is_slower_and_wakes_nobody_who_is_off_duty() -> None:
    found = looked(range(3600), MEDIUM_ALARM)
    assert found[:3] == [(0, ["anna"]), (180, ["bo"]), (600, ["lin"])]
    assert found[3:] == [(600 + n * MEDIUM.repeat_s, ["anna", "bo", "lin"]) for n in range(1, MEDIUM.repeats + 1)]


def test_the_step_of_whom_no_way_leads_to_goes_on_to_the_next_post() -> None:
    who = replace(staff(), unreachable=frozenset({"anna", "lin", "mei"}))
    found = looked(range(900), MEDIUM_ALARM, who)
    assert found[0] == (0, ["anna", "bo"])
    assert found[2] == (600, sorted(EVERYBODY)), "neither the lead on duty nor another"


@pytest.mark.parametrize("duty", [DUTY, NOBODY])
def test_where_no_way_leads_to_any_on_duty_or_lead_everybody_is_called(duty: OnDuty) -> None:
    who = replace(staff(duty), unreachable=frozenset(EVERYBODY) - {"cai"})
    assert {call.person_id for call in owed(0, MEDIUM_ALARM, who)} >= {"cai"}
    assert {call.person_id for call in owed(900, MEDIUM_ALARM, who, until=600)} >= {"cai"}


def test_a_centre_that_is_reached_by_its_pages_alone_calls_as_if_all_could_be() -> None:
    carers = [person(one, Role.CAREGIVER) for one in EVERYBODY]
    assert staff_of(carers, lambda _at: DUTY, reachable=lambda _who: False).unreachable == frozenset()
    some = staff_of(carers, lambda _at: DUTY, reachable=lambda who: who == "bo")
    assert some.unreachable == frozenset(EVERYBODY) - {"bo"}


def test_low_is_for_the_board() -> None:
    assert plan(replace(ALARM, priority=Priority.LOW), staff(), at(9999), Stretch(begun_at=RAISED)) == Plan()


def test_the_reasons_say_which_step_it_was() -> None:
    assert [call.reason for call in owed(0)] == [CallReason.ON_DUTY]
    assert [call.reason for call in owed(60, until=0)] == [CallReason.ESCALATED]
    assert {call.reason for call in owed(300, until=180)} == {CallReason.UNANSWERED}
    assert {call.reason for call in owed(420, until=300)} == {CallReason.REPEATED}


def test_a_key_names_alarm_level_instant_and_person() -> None:
    (call,) = owed(60, until=0)
    assert call.key == f"{ALARM.alarm_id}/1/{at(60)}/bo"
    assert (call.level, call.due_at) == (1, at(60))


def test_the_next_step_is_told() -> None:
    assert plan(ALARM, staff(), at(0), Stretch(begun_at=RAISED)).next_at == at(60)
    assert plan(ALARM, staff(), at(300), Stretch(begun_at=RAISED)).next_at == at(300 + HIGH.repeat_s)
    assert plan(ALARM, staff(), at(LAST_S), Stretch(begun_at=RAISED)).next_at == at(LAST_S + HIGH.again_after_s)
    assert plan(ALARM, staff(), at(300 + REPEATED_FOR_S), Stretch(begun_at=RAISED)).next_at == NEVER


def test_after_a_long_stop_each_person_is_called_once_and_nobody_again() -> None:
    calls = owed(LAST_S + 800)
    assert sorted(call.person_id for call in calls) == sorted(EVERYBODY)
    assert {call.person_id: call.due_at for call in calls}["anna"] == at(LAST_S)
    assert owed(LAST_S + 800, until=LAST_S) == ()


def test_after_a_long_stop_those_on_duty_now_are_called() -> None:
    morning = OnDuty(posts={Post.A: ("zoe",), Post.B: ("yan",)})
    who = Staff(on_duty=lambda now: DUTY if now < at(20_000) else morning, leads=(), everybody=("yan", "zoe"))
    assert {call.person_id for call in owed(28_800, MEDIUM_ALARM, who)} == {"yan", "zoe"}


def test_who_comes_on_duty_meanwhile_is_called_by_the_next_step() -> None:
    later = OnDuty(posts={Post.A: ("zoe",), Post.B: ("yan",)})
    who = Staff(on_duty=lambda now: DUTY if now < at(30) else later, leads=(), everybody=EVERYBODY)
    assert looked([0, 59, 60], who=who) == [(0, ["anna"]), (60, ["yan"])]


def test_with_nobody_on_duty_the_leads_are_called_and_told_so() -> None:
    calls = owed(0, who=staff(NOBODY))
    assert [call.person_id for call in calls] == ["lin", "mei"]
    assert {call.reason for call in calls} == {CallReason.NOBODY_ON_DUTY}


def test_without_any_lead_everybody_is() -> None:
    calls = owed(0, who=staff(NOBODY, leads=()))
    assert [call.person_id for call in calls] == list(EVERYBODY)
    assert {call.reason for call in calls} == {CallReason.NOBODY_ON_DUTY}


def test_with_nobody_at_all_the_step_stays_owed_and_that_is_said() -> None:
    empty = plan(ALARM, staff(NOBODY, leads=(), everybody=()), at(30), Stretch(begun_at=RAISED))
    assert (empty.calls, empty.unheard) == ((), True)
    assert not plan(ALARM, staff(), at(30), Stretch(begun_at=RAISED)).unheard


@pytest.mark.parametrize(
    ("posts", "steps"),
    [
        ({"b": "bo"}, [["bo"], ["bo"], ["lin", "mei"]]),
        ({"lead": "lin"}, [["lin"], ["lin"], ["lin"]]),
        ({"a": "anna", "lead": "lin"}, [["anna"], ["lin"], ["lin"]]),
        ({"a": "anna"}, [["anna"], ["lin", "mei"]]),
        ({"a": "anna", "b": "bo"}, [["anna"], ["bo"], ["lin", "mei"]]),
    ],
)
def test_a_post_nobody_has_passes_its_step_on(posts: dict[str, str], steps: list[list[str]]) -> None:
    """An alarm whose A post sleeps is never left to the A post alone."""
    found = looked([0, 60, 180], who=on(**posts))
    assert [people for _, people in found] == steps


def test_what_was_taken_calls_nobody_until_it_has_stood_for_too_long() -> None:
    begun_at = TAKEN.acknowledged_at or 0
    found = looked(range(10, 6000), TAKEN, begun_at=begun_at)
    times = [10 + n * HIGH.again_after_s for n in range(1, HIGH.again_times + 1)]
    assert found == [(time, ["anna", "bo", "lin", "mei"]) for time in times]
    assert {call.reason for call in owed(910, TAKEN)} == {CallReason.NOT_FINISHED}


def test_who_took_it_and_has_gone_from_the_centre_is_not_called() -> None:
    gone = replace(TAKEN, acknowledged_by="zoe")
    assert [call.person_id for call in owed(910, gone)] == ["anna", "bo", "lin"]


@pytest.mark.parametrize(
    "alarm",
    [
        replace(ALARM, state=AlarmState.RESOLVED),
        replace(TAKEN, cleared_at=RAISED + 20 * SECOND_MS),
        replace(TAKEN, held_by="another"),
    ],
)
def test_what_is_over_calls_nobody(alarm: Alarm) -> None:
    assert plan(alarm, staff(), at(9999), Stretch(begun_at=RAISED)) == Plan()


def test_a_stretch_begins_when_the_alarm_was_raised() -> None:
    calls = list(owed(60))
    assert stretch_of(ALARM, [event(ALARM, 0)], calls) == Stretch(begun_at=RAISED, called_until=at(60))
    assert stretch_of(ALARM, [event(ALARM, 0)], []) == Stretch(begun_at=RAISED)
    assert stretch_of(ALARM, [], []) == Stretch(begun_at=RAISED)


def test_an_alarm_that_is_given_back_calls_from_the_first_step_again() -> None:
    history = [event(ALARM, 0), event(TAKEN, 10, EventKind.ACKNOWLEDGED), event(ALARM, 50, EventKind.GIVEN_BACK)]
    assert stretch_of(ALARM, history, owed(0)) == Stretch(begun_at=at(50))
    assert stretch_of(TAKEN, history[:2], owed(0)) == Stretch(begun_at=at(10))


def test_an_alarm_that_comes_back_calls_from_the_first_step_again() -> None:
    over, again = replace(ALARM, state=AlarmState.RESOLVED), replace(ALARM, raised_at=at(400))
    history = [event(ALARM, 0), event(over, 300, EventKind.CLEARED), event(again, 400)]
    assert stretch_of(again, history, owed(240)) == Stretch(begun_at=at(400))
    merged = [event(ALARM, 0), event(again, 400)]
    assert stretch_of(again, merged, owed(240)) == Stretch(begun_at=at(400))


def test_handed_on_the_lead_is_called_at_once_and_it_goes_on_from_there() -> None:
    handed = replace(ALARM, escalated_at=at(30), escalated_by="anna")
    for before in (event(ALARM, 0), event(TAKEN, 10, EventKind.ACKNOWLEDGED)):
        stretch = stretch_of(handed, [before, event(handed, 30, EventKind.ESCALATED)], owed(0))
        assert stretch == Stretch(begun_at=at(30), handed_on=True)
        first = plan(handed, staff(), at(30), stretch)
        assert ([call.person_id for call in first.calls], first.next_at) == (["lin"], at(150))
        after = plan(handed, staff(), at(150), called(stretch, first.calls))
        assert [call.person_id for call in after.calls] == sorted(EVERYBODY)


def test_what_was_handed_on_once_and_comes_back_begins_with_the_first_post() -> None:
    handed = replace(ALARM, escalated_at=at(30), escalated_by="anna")
    again = replace(handed, raised_at=at(900), repeats=1)
    history = [
        event(ALARM, 0),
        event(handed, 30, EventKind.ESCALATED),
        event(replace(handed, state=AlarmState.RESOLVED), 600, EventKind.CLEARED),
        event(again, 900, EventKind.REPEATED),
    ]
    stretch = stretch_of(again, history, owed(400))
    assert stretch == Stretch(begun_at=at(900))
    assert [call.person_id for call in plan(again, staff(), at(900), stretch).calls] == ["anna"]


@pytest.mark.parametrize("silent", [{"snoozed_until": at(400)}, {"held_by": "another"}])
def test_snoozed_or_held_back_it_calls_nobody_and_then_from_the_first_post(silent: dict[str, Any]) -> None:
    quiet = replace(ALARM, **silent)
    history = [event(ALARM, 0), event(quiet, 10, EventKind.SNOOZED), event(ALARM, 400, EventKind.SNOOZE_ENDED)]
    assert plan(quiet, staff(), at(399), stretch_of(quiet, history[:2], owed(0))) == Plan()
    assert stretch_of(ALARM, history, owed(0)) == Stretch(begun_at=at(400))


def test_word_that_somebody_goes_and_calls_to_a_group_are_no_steps() -> None:
    (call,) = owed(0)
    others = [replace(call, reason=CallReason.TAKEN, due_at=at(90)), replace(call, person_id="", due_at=at(80))]
    assert stretch_of(ALARM, [event(ALARM, 0)], [call, *others]).called_until == RAISED


def person(person_id: str, role: Role) -> Person:
    return Person(person_id=person_id, login=person_id, name="", role=role, password_hash="", center_id="c1")


def test_only_who_may_handle_alarms_is_staff() -> None:
    people = [
        person("anna", Role.CAREGIVER),
        person("lin", Role.LEAD),
        person("ada", Role.ADMIN),
        person("doc", Role.DOCTOR),
        person("son", Role.FAMILY),
    ]
    duty = OnDuty(posts={Post.A: ("gone", "anna"), Post.B: ("doc",)})
    found = staff_of(people, lambda _at: duty)
    assert (found.leads, found.everybody, found.others) == (("lin",), ("anna", "lin"), ("ada",))
    assert found.on_duty(RAISED).everybody == ("anna",)
    alone = staff_of(people[2:], lambda _at: duty)
    assert (alone.leads, alone.everybody, alone.others) == ((), ("ada",), ())


def test_who_administers_is_woken_only_for_a_post_and_for_what_they_took() -> None:
    def awake(duty: OnDuty, alarm: Alarm = ALARM) -> bool:
        who = Staff(on_duty=lambda _at: duty, leads=(), everybody=("anna", "bo"), others=("ada",))
        return "ada" in {call.person_id for call in owed(910, alarm, who)}

    on_post = OnDuty(posts={Post.B: ("ada",)})
    assert [awake(NOBODY), awake(DUTY), awake(on_post)] == [False, False, True]
    assert awake(DUTY, replace(TAKEN, acknowledged_by="ada"))
    assert not awake(DUTY, TAKEN)


def test_a_centre_may_have_steps_of_its_own() -> None:
    quick = replace(staff(), steps={Priority.HIGH: replace(HIGH, posts_s=(0, 30, 45), everybody_after_s=60)})
    assert looked([0, 30, 45, 60], who=quick)[:3] == [(0, ["anna"]), (30, ["bo"]), (45, ["lin"])]
    assert looked([0, 30, 180], MEDIUM_ALARM, quick) == [(0, ["anna"]), (180, ["bo"])]


@pytest.mark.parametrize(
    "changed",
    [
        {"posts_s": (60, 0, 180)},
        {"posts_s": (0, 60, 4000)},
        {"everybody_after_s": 100},
        {"repeat_s": 5},
        {"again_after_s": 0},
        {"repeats": -1},
        {"repeats": 10**9},
        {"again_times": 10**9},
    ],
)
def test_steps_that_make_no_sense_are_refused(changed: dict[str, object]) -> None:
    with pytest.raises(ConfigurationError, match="escalation"):
        replace(HIGH, **changed)  # type: ignore[arg-type]
    assert Steps(posts_s=(0, 0, 0), everybody_after_s=0, repeat_s=30, repeats=0, again_after_s=60).posts_s == (0, 0, 0)
