"""Walking a round by taps, and where it is told afterwards: the sheet, the resident's night, the family."""

from datetime import time
from typing import Any

import pytest

from domain.pauses import CarePause, PauseReason
from domain.residents import Center
from domain.rounds import IDLE_MS
from domain.units import HOUR_MS, MINUTE_MS
from tests.reports import NIGHT as REPORT_NIGHT
from tests.reports import START_AT
from tests.unit.api.conftest import Visit, Visitor, field_of
from tests.unit.api.test_family import sentences
from tests.unit.api.test_reports import keep
from tests.unit.api.world import NIGHT, World

TIMES = (time(2), time(5), time(22))


def plan(world: World) -> None:
    """Rounds at 22:00, 02:00 and 05:00; it is 03:12."""
    center = Center(center_id="elm", name="Elm House 榆园", round_times=TIMES)
    world.register.enroll(center, [], world.clock.at)


def begin(nurse: Visitor) -> str:
    answer = nurse.send("/api/rounds")
    assert answer.status_code == 200
    return f"/api/rounds/{answer.json()['round_id']}"


def seen(told: dict[str, Any]) -> list[str]:
    return [each["resident"] for each in told["seen"]]


class TestWalking:
    def test_one_tap_for_each_room_and_the_end(self, world: World, visit: Visit) -> None:
        nurse = visit("wang")
        path = begin(nurse)
        world.clock.at += MINUTE_MS
        told = nurse.send(f"{path}/seen", {"room": "room101"}).json()
        assert (seen(told), told["seen"][0]["at"], told["lasts"]) == (["r1", "r2"], NIGHT + MINUTE_MS, True)
        assert told["missed"] == ["r3", "r4", "r5", "r6", "r7", "r8"]
        world.clock.at += MINUTE_MS
        told = nurse.send(f"{path}/finish").json()
        assert (told["finished_at"], told["lasts"], told["person"]) == (world.clock.at, False, "王芳")

    def test_what_is_sent_twice_changes_nothing(self, world: World, visit: Visit) -> None:
        nurse = visit("wang")
        path = begin(nurse)
        world.clock.at += 5
        assert begin(nurse) == path
        first = nurse.send(f"{path}/seen", {"room": "room101"}).json()
        world.clock.at += 5
        assert nurse.send(f"{path}/seen", {"room": "room101"}).json() == first
        finished = nurse.send(f"{path}/finish").json()
        world.clock.at += 5
        assert nurse.send(f"{path}/finish").json() == finished
        assert len(nurse.get("/api/rounds").json()["rounds"]) == 1

    def test_a_note_and_a_mistaken_tap(self, world: World, visit: Visit) -> None:
        nurse = visit("wang")
        path = begin(nurse)
        nurse.send(f"{path}/seen", {"resident": "r3"})
        assert nurse.send(f"{path}/note", {"resident": "r4", "note": "wet"}).status_code == 404
        told = nurse.send(f"{path}/note", {"resident": "r3", "note": " wet "}).json()
        assert told["seen"] == [{"resident": "r3", "bed": "b3", "at": NIGHT, "note": "wet"}]
        assert nurse.send(f"{path}/note", {"resident": "r3", "note": "a\0b"}).status_code == 422
        assert seen(nurse.send(f"{path}/take-back", {"resident": "r3"}).json()) == []

    def test_what_nobody_taps_ends_by_itself_and_takes_nothing_more(self, world: World, visit: Visit) -> None:
        nurse = visit("wang")
        path = begin(nurse)
        nurse.send(f"{path}/seen", {"room": "room101"})
        world.clock.at += IDLE_MS
        refused = nurse.send(f"{path}/seen", {"room": "room102"})
        assert (refused.status_code, "This round is over" in refused.json()["detail"]) == (409, True)
        (walked,) = nurse.get("/api/rounds").json()["rounds"]
        assert (walked["lasts"], walked["finished_at"], walked["ended_at"]) == (False, None, NIGHT)
        assert "not ended by its walker" in nurse.get("/rounds").text
        assert begin(nurse) != path

    def test_two_who_walk_at_once_make_two_rounds(self, world: World, visit: Visit) -> None:
        wang, li = visit("wang"), visit("li")
        mine, hers = begin(wang), begin(li)
        wang.send(f"{mine}/seen", {"room": "room101"})
        assert li.send(f"{mine}/seen", {"room": "room102"}).status_code == 403
        assert seen(li.send(f"{hers}/seen", {"room": "room101"}).json()) == ["r1", "r2"]
        assert [each["person"] for each in wang.get("/api/rounds").json()["rounds"]] == ["Li Na", "王芳"]

    @pytest.mark.parametrize("body", [{}, {"room": "room101", "resident": "r1"}, {"room": 5}, {"bed": "b1"}])
    def test_what_makes_no_sense_is_refused(self, visit: Visit, body: dict[str, Any]) -> None:
        nurse = visit("wang")
        assert nurse.send(f"{begin(nurse)}/seen", body).status_code == 422

    def test_what_is_not_there_is_not_seen(self, visit: Visit) -> None:
        nurse = visit("wang")
        path = begin(nurse)
        for body in ({"room": "room900"}, {"resident": "r99"}):
            assert nurse.send(f"{path}/seen", body).status_code == 404
        assert nurse.send("/api/rounds/unknown/seen", {"room": "room101"}).status_code == 404

    def test_who_may(self, visit: Visit) -> None:
        path = begin(visit("wang"))
        assert visit("son").send("/api/rounds").status_code == 403
        assert visit("son").get("/api/rounds").status_code == 403
        assert visit("oak").send(f"{path}/finish").status_code == 404
        assert visit("oak").get("/api/rounds").json()["rounds"] == []
        assert visit("wang").send("/api/rounds", token="wrong").status_code == 403
        assert visit("wang").get("/api/rounds?night=2026-12-01").status_code == 404
        assert visit("wang").get("/api/rounds?night=9999-12-31").status_code == 404

    def test_who_is_in_hospital_need_not_be_seen(self, world: World, visit: Visit) -> None:
        pause = CarePause(
            pause_id="h",
            center_id="elm",
            resident_id="r2",
            reason=PauseReason.HOSPITAL,
            began_at=NIGHT,
            began_by="p-wang",
            ends_at=NIGHT + HOUR_MS,
        )
        world.pauses.begin(pause)
        nurse = visit("wang")
        told = nurse.send(f"{begin(nurse)}/seen", {"room": "room101"}).json()
        assert seen(told) == ["r1"]
        assert "r2" not in told["missed"]


class TestPages:
    def test_a_round_is_walked_on_the_board(self, world: World, visit: Visit) -> None:
        nurse = visit("wang")
        assert 'id="walk" hidden' in nurse.get("/").text
        assert nurse.post("/rounds", {"next": "/"}).headers["location"] == "/"
        board = nurse.get("/").text
        assert "Round since 03:12" in board
        way = board.split('action="/rounds/')[1].split("/seen")[0]
        answer = nurse.post(f"/rounds/{way}/seen", {"room": "room101", "next": "/#walk"})
        assert (answer.status_code, answer.headers["location"]) == (303, "/#walk")
        assert "<b>2</b> of 8 seen" in nurse.get("/").text
        nurse.post(f"/rounds/{way}/note", {"resident": "r2", "note": "Verband <locker>"})
        page = nurse.get("/rounds").text
        assert "Verband &lt;locker&gt;" in page
        assert "1 note<" in page
        nurse.post(f"/rounds/{way}/take-back", {"resident": "r1"})
        assert nurse.post(f"/rounds/{way}/finish", {"next": "//evil"}).headers["location"] == "/rounds"
        assert "Round since" not in nurse.get("/").text

    def test_a_script_gets_the_round_as_it_stands(self, visit: Visit) -> None:
        nurse = visit("wang")
        way = begin(nurse).removeprefix("/api")
        told = nurse.post(f"{way}/seen", {"room": "room102", "next": "/"}, headers={"accept": "application/json"})
        assert "<b>2</b> of 8 seen" in told.json()["html"]
        assert field_of(told.json()["html"], "next") == "/"
        over = nurse.post(f"{way}/finish", {}, headers={"accept": "application/json"}).json()["html"]
        assert "The round is over." in over
        assert "Not seen: 101-A, 101-B, 103-A" in over

    def test_others_see_who_is_on_a_round_and_cannot_tap(self, visit: Visit) -> None:
        nurse = visit("wang")
        nurse.send(f"{begin(nurse)}/seen", {"room": "room101"})
        page = visit("li").get("/rounds").text
        assert "is on the round now" in page
        assert "walk-tap" not in page
        assert 'id="walk" hidden' in visit("li").get("/").text


class TestTold:
    def walk(self, world: World, nurse: Visitor, rooms: range, at: int) -> None:
        world.clock.at = at
        path = begin(nurse)
        for n in rooms:
            world.clock.at += MINUTE_MS
            nurse.send(f"{path}/seen", {"room": f"room{n}"})
        nurse.send(f"{path}/finish")

    def test_the_sheet_says_which_are_missing(self, world: World, visit: Visit) -> None:
        plan(world)
        nurse = visit("wang")
        evening = NIGHT - 5 * HOUR_MS - 12 * MINUTE_MS
        self.walk(world, nurse, range(101, 105), evening)
        self.walk(world, nurse, range(101, 104), evening + 7 * HOUR_MS)
        world.clock.at = evening + 9 * HOUR_MS
        page = nurse.get("/handover").text
        assert "1 of 3 planned rounds done. Missing: 02:00. In part: 05:00, 6 of 8 seen." in page
        assert "Not seen: 104-A, 104-B" in page
        told = nurse.get("/api/handover").json()["rounds"]
        assert [(each["at"], each["state"]) for each in told["planned"]] == [
            (evening, "done"),
            (evening + 4 * HOUR_MS, "missing"),
            (evening + 7 * HOUR_MS, "partial"),
        ]
        assert told["planned"][2]["missed"] == ["r7", "r8"]
        assert told["planned"][2]["rounds"] == [told["rounds"][1]["round_id"]]
        assert nurse.get("/api/rounds").json() == told
        nurse.get("/language/zh-CN")
        assert "计划巡视 3 次，已完成 1 次。" in nurse.get("/handover").text

    def test_what_is_to_come_is_said_and_without_a_plan_nothing(self, world: World, visit: Visit) -> None:
        assert "planned rounds" not in visit("wang").get("/rounds").text
        plan(world)
        assert "0 of 3 planned rounds done. Missing: 22:00, 02:00. To come: 05:00." in visit("wang").get("/rounds").text

    def test_the_residents_night_says_when_and_by_whom(self, world: World, visit: Visit) -> None:
        nurse = visit("wang")
        self.walk(world, nurse, range(101, 102), NIGHT)
        told = nurse.get("/api/residents/r1/nights/2026-11-22").json()
        assert told["looks"] == [{"at": NIGHT + MINUTE_MS, "by": "王芳", "note": ""}]
        assert "Seen on rounds" in nurse.get("/residents/r1?night=2026-11-22").text
        assert nurse.get("/api/residents/r3/nights/2026-11-22").json()["looks"] == []

    def test_the_course_of_the_night_shows_it(self, world: World, visit: Visit) -> None:
        nurse = visit("wang")
        world.write_night(1, NIGHT - 5 * HOUR_MS, "i" * 310)
        self.walk(world, nurse, range(101, 102), NIGHT)
        world.clock.at += HOUR_MS
        chart = nurse.get("/residents/r1/charts/night.json?night=2026-11-22").json()
        (drawn,) = [rows for rows in chart["datasets"].values() if rows and rows[0].get("lane") == "Seen by staff"]
        assert drawn == [{"at": NIGHT + MINUTE_MS, "lane": "Seen by staff", "said": "03:13 · Seen by staff"}]

    def test_the_family_reads_when_and_never_by_whom_or_what(self, world: World, visit: Visit) -> None:
        nurse = visit("wang")
        keep(world)
        page = f"/residents/r1?night={REPORT_NIGHT}"
        assert "looked in" not in visit("son").get(page).text
        now = world.clock.at
        for n in range(4):
            self.walk(world, nurse, range(101, 102), START_AT + (2 + n) * 2 * HOUR_MS)
            if n == 1:
                world.clock.at = now
                assert sentences(visit("son").get(page).text)[1].endswith("Staff looked in at 22:01, 00:01.")
        world.clock.at = now
        told = visit("son").get(page).text
        assert sentences(told)[1].endswith("Staff looked in 4 times between 22:01 and 04:01.")
        assert "王芳" not in told
        assert visit("son").get(f"/api/residents/r1/nights/{REPORT_NIGHT}").json()["looks"] is None
