"""What people do with alarms, by forms, scripts and programs."""

from dataclasses import replace

import pytest

from alerts.lifecycle import step
from domain.alarms import Alarm, AlarmState, EventKind, Outcome, Raise, Reason, Record, Rule
from domain.ports import BedEntry
from domain.residents import Center
from domain.units import HOUR_MS, MINUTE_MS, SECOND_MS
from tests.unit.api.conftest import Visit
from tests.unit.api.world import World

SCRIPT = {"accept": "application/json"}


def kinds(world: World, alarm_id: str) -> list[EventKind]:
    return [event.kind for event in world.book.history(alarm_id)]


def test_the_most_severe_and_oldest_come_first(world: World, visit: Visit) -> None:
    world.raise_alarm(1)
    world.clock.at += MINUTE_MS
    world.raise_alarm(2)
    world.raise_alarm(3, Rule.LEAVE_BED_IMMEDIATE)
    assert [alarm["resident_id"] for alarm in visit("wang").get("/api/alarms").json()["open"]] == ["r3", "r1", "r2"]


def test_what_nobody_has_taken_comes_before_what_somebody_has(world: World, visit: Visit) -> None:
    first = world.raise_alarm(1)
    world.clock.at += MINUTE_MS
    world.raise_alarm(2)
    world.raise_alarm(3, Rule.LEAVE_BED_IMMEDIATE)
    wang = visit("wang")
    wang.send(f"/api/alarms/{first.alarm.alarm_id}/acknowledge")
    assert [alarm["resident_id"] for alarm in wang.get("/api/alarms").json()["open"]] == ["r3", "r2", "r1"]


def test_what_is_over_is_shown_newest_first(world: World, visit: Visit) -> None:
    for n in (1, 2):
        world.clear(world.raise_alarm(n).alarm.alarm_id)
        world.clock.at += MINUTE_MS
    waiting = visit("wang").get("/api/alarms").json()["without_outcome"]
    assert [alarm["resident_id"] for alarm in waiting] == ["r2", "r1"]


def test_a_double_tap_acknowledges_once(world: World, visit: Visit) -> None:
    alarm_id = world.raise_alarm(1).alarm.alarm_id
    wang, li = visit("wang"), visit("li")
    first = wang.send(f"/api/alarms/{alarm_id}/acknowledge")
    assert (first.status_code, first.json()["acknowledged_by"]) == (200, "王芳")
    assert wang.send(f"/api/alarms/{alarm_id}/acknowledge").status_code == 200
    assert li.send(f"/api/alarms/{alarm_id}/acknowledge").json()["acknowledged_by"] == "王芳"
    assert kinds(world, alarm_id) == [EventKind.RAISED, EventKind.ACKNOWLEDGED]


def test_what_is_over_cannot_be_taken_and_the_answer_says_so(world: World, visit: Visit) -> None:
    alarm_id = world.raise_alarm(1).alarm.alarm_id
    world.clear(alarm_id)
    wang = visit("wang")
    for answer in (
        wang.send(f"/api/alarms/{alarm_id}/acknowledge"),
        wang.post(f"/alarms/{alarm_id}/acknowledge", headers=SCRIPT),
    ):
        assert answer.status_code == 409
        assert answer.json() == {"detail": "This alarm is already over, so it cannot be taken any more."}
    page = wang.post(f"/alarms/{alarm_id}/acknowledge")
    assert page.status_code == 409
    assert "already over" in page.text


def test_resolving_tells_outcome_and_note(world: World, visit: Visit) -> None:
    alarm_id = world.raise_alarm(1).alarm.alarm_id
    wang = visit("wang")
    answer = wang.send(f"/api/alarms/{alarm_id}/resolve", {"outcome": "helped", "note": " to the toilet "})
    assert answer.json()["state"] == "resolved"
    stored = world.book.alarm(alarm_id)
    assert (stored.outcome, stored.note, stored.resolved_by) == (Outcome.HELPED, "to the toilet", "p-wang")
    again = {"outcome": "helped", "note": "to the toilet"}
    assert wang.send(f"/api/alarms/{alarm_id}/resolve", again).status_code == 200
    other = wang.send(f"/api/alarms/{alarm_id}/resolve", {"outcome": "false-alarm"})
    assert other.status_code == 409
    assert "another outcome" in other.json()["detail"]


@pytest.mark.parametrize("body", [{"outcome": "nonsense"}, {}, {"outcome": "helped", "note": "x" * 501}])
def test_a_wrong_outcome_changes_nothing(world: World, visit: Visit, body: dict[str, str]) -> None:
    alarm_id = world.raise_alarm(1).alarm.alarm_id
    wang = visit("wang")
    assert wang.send(f"/api/alarms/{alarm_id}/resolve", body).status_code == 422
    assert wang.post(f"/alarms/{alarm_id}/resolve", body).status_code == 422
    assert world.book.alarm(alarm_id).state is AlarmState.ACTIVE


@pytest.mark.parametrize("note", ["a\0b", "\x1b[31m", "bell\a"])
def test_a_note_is_text(world: World, visit: Visit, note: str) -> None:
    alarm_id = world.raise_alarm(1).alarm.alarm_id
    wang, body = visit("wang"), {"outcome": "helped", "note": note}
    answer = wang.send(f"/api/alarms/{alarm_id}/resolve", body)
    assert (answer.status_code, answer.json()["detail"][:5]) == (422, "Note:")
    assert "Note: it contains characters that are not text" in wang.post(f"/alarms/{alarm_id}/resolve", body).text
    assert world.book.alarm(alarm_id).state is AlarmState.ACTIVE
    lines = {"outcome": "helped", "note": "one\n\ttwo"}
    assert wang.send(f"/api/alarms/{alarm_id}/resolve", lines).status_code == 200


def test_forms_work_without_scripts(world: World, visit: Visit) -> None:
    alarm_id = world.raise_alarm(1).alarm.alarm_id
    wang = visit("wang")
    taken = wang.post(f"/alarms/{alarm_id}/acknowledge")
    assert (taken.status_code, taken.headers["location"]) == (303, "/")
    assert "You are going" in wang.get("/").text
    closed = wang.post(f"/alarms/{alarm_id}/resolve", {"outcome": "escalated", "next": "//evil.example"})
    assert (closed.status_code, closed.headers["location"]) == (303, "/")
    assert world.book.alarm(alarm_id).outcome is Outcome.ESCALATED


def test_a_script_gets_the_new_card(world: World, visit: Visit) -> None:
    alarm_id = world.raise_alarm(1).alarm.alarm_id
    card = visit("wang").post(f"/alarms/{alarm_id}/acknowledge", headers=SCRIPT).json()
    assert (card["progress"], card["shelf"]) == (1, "open")
    assert "You are going" in card["html"]


def test_an_alarm_that_ended_by_itself_waits_for_its_outcome(world: World, visit: Visit) -> None:
    alarm_id = world.raise_alarm(1).alarm.alarm_id
    world.clear(alarm_id)
    wang = visit("wang")
    waiting = wang.get("/api/alarms").json()
    assert waiting["open"] == []
    assert [alarm["alarm_id"] for alarm in waiting["without_outcome"]] == [alarm_id]
    assert wang.send(f"/api/alarms/{alarm_id}/resolve", {"outcome": "no-help-needed"}).status_code == 200
    assert wang.get("/api/alarms").json()["without_outcome"] == []
    assert kinds(world, alarm_id) == [EventKind.RAISED, EventKind.CLEARED, EventKind.OUTCOME]


def test_it_does_not_wait_for_ever(world: World, visit: Visit) -> None:
    world.clear(world.raise_alarm(1).alarm.alarm_id)
    world.clock.at += 17 * HOUR_MS
    assert visit("wang").get("/api/alarms").json()["without_outcome"] == []


def test_the_history_says_who_when_and_what(world: World, visit: Visit) -> None:
    alarm_id = world.raise_alarm(1).alarm.alarm_id
    wang = visit("wang")
    wang.send(f"/api/alarms/{alarm_id}/acknowledge")
    wang.send(f"/api/alarms/{alarm_id}/resolve", {"outcome": "helped", "note": "thirsty"})
    history = visit("li").get(f"/api/alarms/{alarm_id}").json()["history"]
    assert [(event["kind"], event["person"]) for event in history] == [
        ("raised", None),
        ("acknowledged", "王芳"),
        ("resolved", "王芳"),
    ]
    page = visit("li").get(f"/alarms/{alarm_id}").text
    for words in ("Alarm raised", "Taken", "王芳", "Helped", "thirsty", "03:12:00"):
        assert words in page


def test_an_unknown_alarm_is_not_found(visit: Visit) -> None:
    assert visit("wang").get("/alarms/none").status_code == 404
    assert visit("wang").send("/api/alarms/none/acknowledge").status_code == 404


@pytest.mark.parametrize(
    ("rule", "reason", "english", "chinese"),
    [
        (
            Rule.LEAVE_BED_NOT_BACK,
            Reason(code="left-bed", facts={"left_at": 0, "limit_s": 900}),
            "Has not come back within 15 min.",
            "离床后15分钟内未返回。",
        ),
        (
            Rule.LEAVE_BED_IMMEDIATE,
            Reason(code="left-bed", facts={"left_at": 0, "limit_s": 90, "silent": 1}),
            "Out of bed for longer than 90 sec. The belt has sent nothing since then.",
            "离床已超过90秒。 此后监测带没有任何上报。",
        ),
        (
            Rule.LEAVE_BED_IMMEDIATE,
            Reason(code="left-bed", facts={"left_at": 0, "limit_s": 0}),
            "Has just left the bed.",
            "刚刚离床。",
        ),
        (
            Rule.LEAVE_BED_NOT_BACK,
            Reason(code="left-bed-recorded", facts={"left_at": 0}),
            "Was out of bed, and back before anybody could be called.",
            "曾经离床，在呼叫发出之前已返回。",
        ),
        (Rule.LEAVE_BED_NOT_BACK, Reason(code="brand-new"), "brand-new", "brand-new"),
    ],
)
def test_why_in_words_and_numbers(
    world: World, visit: Visit, rule: Rule, reason: Reason, english: str, chinese: str
) -> None:
    known: Alarm = replace(world.raise_alarm(1).alarm, alarm_id="a", rule=rule, reason=reason)
    make = Record if reason.code == "left-bed-recorded" else Raise
    world.book.apply([make(alarm_id="a", at=world.clock.at, alarm=known)], step)
    wang = visit("wang")
    assert wang.get("/api/alarms/a").json()["alarm"]["why"] == english
    wang.get("/language/zh-CN")
    assert wang.get("/api/alarms/a").json()["alarm"]["why"] == chinese


def test_an_alarm_waits_for_its_outcome_whatever_happens_elsewhere(world: World, visit: Visit) -> None:
    waiting = world.raise_alarm(1).alarm.alarm_id
    world.clear(waiting)
    for _ in range(300):
        world.clock.at += SECOND_MS
        world.clear(world.raise_alarm(99, center_id="oak").alarm.alarm_id)
    found = visit("wang").get("/api/alarms").json()["without_outcome"]
    assert [alarm["alarm_id"] for alarm in found] == [waiting]


def test_an_alarm_of_somebody_who_has_left_leads_nowhere(world: World, visit: Visit) -> None:
    alarm_id = world.raise_alarm(1).alarm.alarm_id
    bed = BedEntry(room_id="room101", room="101", bed_id="b1", bed="A", belt_id="belt1", resident=None)
    world.register.enroll(Center(center_id="elm", name="Elm House"), [bed], world.clock.at)
    wang = visit("wang")
    assert wang.get("/residents/r1").status_code == 404
    for path in (f"/alarms/{alarm_id}", "/"):
        page = wang.get(path).text
        assert "<b>101-A</b> Li Guiying" in page
        assert "/residents/r1" not in page


@pytest.mark.parametrize("path", ["/residents/r1", "/handover"])
def test_an_open_alarm_is_listed_as_open(world: World, visit: Visit, path: str) -> None:
    alarm_id = world.raise_alarm(1).alarm.alarm_id
    wang = visit("wang")
    assert "– Nobody has taken it yet" in wang.get(path).text
    wang.post(f"/alarms/{alarm_id}/acknowledge")
    assert "– Somebody is going" in wang.get(path).text
    world.clear(alarm_id)
    assert "– No outcome given" in wang.get(path).text
    wang.post(f"/alarms/{alarm_id}/resolve", {"outcome": "helped"})
    assert "– Helped" in wang.get(path).text
