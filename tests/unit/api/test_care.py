"""What carers do beside taking and closing: silencing for a while, handing on, pausing; and what pages show of it."""

import asyncio

import pytest

from alerts.lifecycle import step
from api.live import LiveHub
from domain.alarms import AlarmState, EventKind, Hold, Rule, Wake
from domain.live import WardChanged
from domain.pauses import PauseEnd, PauseReason
from domain.units import MINUTE_MS
from tests.unit.api.conftest import Visit
from tests.unit.api.test_alarms import SCRIPT, kinds
from tests.unit.api.world import World


def card(world: World, visit: Visit, login: str = "li") -> str:
    page = visit(login).get("/").text
    return page[page.index('<li class="card"') :].partition("</li>")[0]


class TestSnooze:
    def test_it_is_silent_until_then_and_everybody_sees_by_whom(self, world: World, visit: Visit) -> None:
        alarm_id = world.raise_alarm(1).alarm.alarm_id
        answer = visit("wang").send(f"/api/alarms/{alarm_id}/snooze", {"minutes": 15})
        assert answer.status_code == 200
        assert answer.json()["snoozed_until"] == world.clock.at + 15 * MINUTE_MS
        assert (answer.json()["snoozed_by"], answer.json()["state"]) == ("王芳", "active")
        shown = card(world, visit)
        for words in ('data-state="snoozed"', "Silent until 03:27", "15 min left", "王芳"):
            assert words in shown

    def test_a_double_tap_is_one_snooze(self, world: World, visit: Visit) -> None:
        alarm_id = world.raise_alarm(1).alarm.alarm_id
        wang = visit("wang")
        for _ in range(2):
            assert wang.send(f"/api/alarms/{alarm_id}/snooze", {"minutes": 5}).status_code == 200
            world.clock.at += 900
        assert kinds(world, alarm_id) == [EventKind.RAISED, EventKind.SNOOZED]

    def test_it_sounds_again_after_it_and_comes_after_what_calls_meanwhile(self, world: World, visit: Visit) -> None:
        first = world.raise_alarm(1).alarm.alarm_id
        world.clock.at += MINUTE_MS
        world.raise_alarm(2)
        wang = visit("wang")
        card = wang.post(f"/alarms/{first}/snooze", {"minutes": "5"}, headers=SCRIPT).json()
        assert (card["state"], card["shelf"], card["progress"]) == ("snoozed", "open", 1)
        assert [alarm["resident_id"] for alarm in wang.get("/api/alarms").json()["open"]] == ["r2", "r1"]
        world.book.apply([Wake(alarm_id=first, at=world.clock.at + 5 * MINUTE_MS)], step)
        assert [alarm["resident_id"] for alarm in wang.get("/api/alarms").json()["open"]] == ["r1", "r2"]
        assert "Sounds again" in wang.get(f"/alarms/{first}").text

    @pytest.mark.parametrize("minutes", [0, 121, -5, "many", None])
    def test_a_wrong_length_changes_nothing(self, world: World, visit: Visit, minutes: object) -> None:
        alarm_id = world.raise_alarm(1).alarm.alarm_id
        wang = visit("wang")
        assert wang.send(f"/api/alarms/{alarm_id}/snooze", {"minutes": minutes}).status_code == 422
        assert wang.post(f"/alarms/{alarm_id}/snooze", {"minutes": str(minutes)}).status_code == 422
        assert world.book.alarm(alarm_id).calls

    def test_what_somebody_has_taken_or_is_over_cannot_be_silenced(self, world: World, visit: Visit) -> None:
        alarm_id = world.raise_alarm(1).alarm.alarm_id
        wang = visit("wang")
        wang.send(f"/api/alarms/{alarm_id}/acknowledge")
        answer = wang.send(f"/api/alarms/{alarm_id}/snooze", {"minutes": 5})
        assert answer.status_code == 409
        assert "cannot be silenced" in answer.json()["detail"]


class TestHandingOn:
    def test_it_calls_again_and_says_who_handed_it_on(self, world: World, visit: Visit) -> None:
        alarm_id = world.raise_alarm(1).alarm.alarm_id
        wang = visit("wang")
        wang.send(f"/api/alarms/{alarm_id}/acknowledge")
        assert wang.send(f"/api/alarms/{alarm_id}/escalate", {"note": " bleeds "}).json()["state"] == "active"
        assert wang.send(f"/api/alarms/{alarm_id}/escalate", {}).status_code == 200
        assert kinds(world, alarm_id) == [EventKind.RAISED, EventKind.ACKNOWLEDGED, EventKind.ESCALATED]
        assert "Handed on to the lead by 王芳 at 03:12" in card(world, visit)
        page = visit("li").get(f"/alarms/{alarm_id}").text
        assert "Handed on to the lead</b> – 王芳" in page
        assert "bleeds" in page

    def test_what_is_over_stays_so(self, world: World, visit: Visit) -> None:
        alarm_id = world.raise_alarm(1).alarm.alarm_id
        world.clear(alarm_id)
        answer = visit("wang").post(f"/alarms/{alarm_id}/escalate", headers=SCRIPT)
        assert answer.status_code == 409
        assert "cannot be handed on" in answer.json()["detail"]


class TestHeldBack:
    def test_it_is_no_card_and_its_page_says_by_what(self, world: World, visit: Visit) -> None:
        louder = world.raise_alarm(1, Rule.LEAVE_BED_IMMEDIATE).alarm.alarm_id
        held = world.raise_alarm(1).alarm.alarm_id
        world.book.apply([Hold(alarm_id=held, at=world.clock.at, by=louder)], step)
        wang = visit("wang")
        alarms = wang.get("/api/alarms").json()
        assert [alarm["alarm_id"] for alarm in alarms["open"]] == [louder]
        assert [(alarm["alarm_id"], alarm["held_by"]) for alarm in alarms["held_back"]] == [(held, louder)]
        assert held not in wang.get("/").text
        assert "Held back by:" in wang.get(f"/alarms/{held}").text
        assert "Speaks for these as well:" in wang.get(f"/alarms/{louder}").text
        world.clear(held)
        assert wang.get("/api/alarms").json()["without_outcome"] == []
        assert "Was held back by:" in wang.get(f"/alarms/{held}").text


class TestPause:
    def test_it_stands_on_the_tile_and_says_until_when(self, world: World, visit: Visit) -> None:
        wang = visit("wang")
        answer = wang.send("/api/residents/r1/pause", {"reason": "toilet"})
        assert answer.json() == {
            "reason": "toilet",
            "began_at": world.clock.at,
            "ends_at": world.clock.at + 30 * MINUTE_MS,
        }
        beds = {bed["resident_id"]: bed["paused_until"] for bed in wang.get("/api/beds").json()["beds"]}
        assert (beds["r1"], beds["r2"]) == (world.clock.at + 30 * MINUTE_MS, None)
        assert "No alarms until 03:42." in wang.get("/").text
        page = visit("li").get("/residents/r1").text
        for words in ("No alarms until 03:42.", "At the toilet, with somebody", "begun by 王芳 at 03:12"):
            assert words in page
        assert world.changes == ["register"]
        world.clock.at += 30 * MINUTE_MS
        assert "No alarms until" not in wang.get("/").text

    def test_twice_is_once_and_another_one_takes_its_place(self, world: World, visit: Visit) -> None:
        wang, li = visit("wang"), visit("li")
        wang.send("/api/residents/r1/pause", {"reason": "toilet", "minutes": 30})
        world.clock.at += 700
        li.send("/api/residents/r1/pause", {"reason": "toilet", "minutes": 30})
        assert len(world.pauses.since(0)) == 1
        world.clock.at += MINUTE_MS
        li.send("/api/residents/r1/pause", {"reason": "hospital", "minutes": 720})
        first, second = world.pauses.since(0)
        assert (first.ended_as, first.ended_by, first.until) == (PauseEnd.REPLACED, "p-li", second.began_at)
        assert (second.reason, second.began_by) == (PauseReason.HOSPITAL, "p-li")

    def test_a_person_ends_it_by_form(self, world: World, visit: Visit) -> None:
        wang = visit("wang")
        begun = wang.post("/residents/r1/pause", {"reason": "care", "minutes": "60", "next": "/residents/r1#pause"})
        assert (begun.status_code, begun.headers["location"]) == (303, "/residents/r1#pause")
        world.clock.at += MINUTE_MS
        for _ in range(2):
            assert visit("li").post("/residents/r1/resume", {"next": "//evil.example"}).headers["location"] == "/"
        (pause,) = world.pauses.since(0)
        assert (pause.ended_at, pause.ended_by, pause.ended_as) == (world.clock.at, "p-li", PauseEnd.PERSON)
        assert "Ended by Li Na." in wang.get("/residents/r1").text

    @pytest.mark.parametrize("asked", [{"reason": "toilet", "minutes": 721}, {"reason": "away"}, {}])
    def test_a_wrong_one_is_refused(self, world: World, visit: Visit, asked: dict[str, object]) -> None:
        assert visit("wang").send("/api/residents/r1/pause", asked).status_code == 422
        assert world.pauses.since(0) == []

    def test_only_staff_of_the_centre_may(self, world: World, visit: Visit) -> None:
        assert visit("son").send("/api/residents/r1/pause", {"reason": "care"}).status_code == 403
        assert visit("oak").send("/api/residents/r1/pause", {"reason": "care"}).status_code == 404
        assert visit("oak").send("/api/residents/r1/resume").status_code == 404
        assert "Pause for care" not in visit("son").get("/residents/r1").text
        assert world.pauses.since(0) == []

    def test_boards_are_told_at_once(self) -> None:
        async def test() -> None:
            hub = LiveHub()
            with hub.subscribe() as feed:
                hub.publish([WardChanged(center_ids=frozenset({"elm"}))])
                assert (await feed.next(9)).ward
                assert not (await feed.next(0)).ward

        asyncio.run(asyncio.wait_for(test(), timeout=20))


def test_all_of_it_in_chinese(world: World, visit: Visit) -> None:
    alarm_id = world.raise_alarm(1).alarm.alarm_id
    wang = visit("wang")
    wang.get("/language/zh-CN")
    wang.send(f"/api/alarms/{alarm_id}/snooze", {"minutes": 5})
    wang.send("/api/residents/r1/pause", {"reason": "toilet"})
    page = wang.get(f"/alarms/{alarm_id}").text
    for words in ("静音至 03:17", "护理暂停", "由人陪同如厕", "暂时静音中", "转交组长"):
        assert words in page
    assert world.book.alarm(alarm_id).state is AlarmState.ACTIVE


class TestChanges:
    def test_settings_say_who_changed_what(self, world: World, visit: Visit) -> None:
        ada = visit("ada")
        form = {
            "not_back": "on",
            "immediate_after_s": "10",
            "away_limit_min": "30",
            "window_from": "21:00",
            "window_to": "06:00",
        }
        for _ in range(2):
            assert ada.post("/residents/r1/settings", form).status_code == 303
        (entry,) = world.audit.entries("r1")
        assert (entry.person_id, entry.before["away_limit_min"], entry.after["away_limit_min"]) == ("p-ada", 15, 30)
        page = visit("wang").get("/residents/r1").text
        assert "Leave-bed settings changed</b> – Ada Admin" in page
        assert "Not back within (minutes): 15 → 30" in page
        assert "At once:" not in page
        assert "Leave-bed settings changed" not in visit("son").get("/residents/r1").text

    def test_pauses_are_among_them(self, world: World, visit: Visit) -> None:
        wang = visit("wang")
        wang.send("/api/residents/r1/pause", {"reason": "care", "minutes": 15})
        wang.send("/api/residents/r1/resume")
        assert [str(entry.what) for entry in world.audit.entries("r1")] == ["pause-ended", "pause-begun"]
        page = visit("li").get("/residents/r1").text
        for words in ("Pause for care begun</b> – 王芳", "Why: – → Being cared for", "Minutes: – → 15"):
            assert words in page
