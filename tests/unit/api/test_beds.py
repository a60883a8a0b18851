"""What is said of a bed: live values live, old ones not."""

import math
import re
from dataclasses import replace
from typing import Any

import pytest

from api.ward import AGE_SHOWN_MS, RATE_KEPT_MS, STALE_MS, live_values, read_ward, stale_after_ms
from domain.ports import BedEntry
from domain.readings import Occupancy
from domain.residents import Center, Resident
from domain.units import DAY_MS, MINUTE_MS, SECOND_MS
from tests.unit.api.conftest import Visit
from tests.unit.api.world import World, build_world


def bed(visitor: Any, n: int) -> dict[str, Any]:
    found: dict[str, Any] = next(b for b in visitor.get("/api/beds").json()["beds"] if b["key"] == f"b{n}.whole")
    return found


@pytest.mark.parametrize(
    ("occupancy", "status"), [(Occupancy.IN, "in"), (Occupancy.OUT, "out"), (Occupancy.UNKNOWN, "unknown")]
)
def test_a_bed_that_reports(world: World, visit: Visit, occupancy: Occupancy, status: str) -> None:
    world.hear(1, occupancy)
    shown = bed(visit("wang"), 1)
    assert (shown["status"], shown["resident"], shown["room"], shown["bed"]) == (status, "Li Guiying", "101", "A")
    assert shown["since_at"] == world.clock.at - 18 * MINUTE_MS
    assert (shown["heart_rate"], shown["breathing_rate"]) == (59.0, 13.0)


def test_an_old_value_is_never_shown_as_live(world: World, visit: Visit) -> None:
    wang = visit("wang")
    heard_at = world.clock.at
    world.clock.at += STALE_MS
    assert bed(wang, 1)["status"] == "in"
    world.clock.at += 1
    shown = bed(wang, 1)
    assert (shown["status"], shown["since_at"]) == ("silent", heard_at)
    assert (shown["heart_rate"], shown["breathing_rate"]) == (None, None)


def test_a_signal_that_has_been_missing_for_days_says_since_which(world: World, visit: Visit) -> None:
    wang = visit("wang")
    world.hear(1, Occupancy.IN, received_at=world.clock.at - DAY_MS + 1)
    assert "since 03:12<" in re.sub(r"\s+<", "<", wang.get("/").text)
    world.hear(1, Occupancy.IN, received_at=world.clock.at - 2 * DAY_MS)
    assert "since Nov 21 03:12<" in re.sub(r"\s+<", "<", wang.get("/").text)


def test_a_rate_has_its_own_age(world: World, visit: Visit) -> None:
    wang = visit("wang")
    world.hear(1, Occupancy.IN, heart_rate_at=world.clock.at - RATE_KEPT_MS - 1)
    shown = bed(wang, 1)
    assert (shown["status"], shown["heart_rate"], shown["breathing_rate"]) == ("in", None, 13.0)
    world.hear(1, Occupancy.IN, heart_rate_at=world.clock.at - AGE_SHOWN_MS - 15 * SECOND_MS)
    assert "25 sec" in wang.get("/").text


def test_staleness_counts_our_clock_and_durations_allow_for_the_belts(world: World, visit: Visit) -> None:
    ahead = 90 * SECOND_MS
    world.hear(1, Occupancy.OUT, clock_offset_ms=ahead, since_at=world.clock.at + ahead - MINUTE_MS)
    shown = bed(visit("wang"), 1)
    assert (shown["status"], shown["since_at"]) == ("out", world.clock.at - MINUTE_MS)


def test_calm_is_only_said_of_what_is_watched(world: World, visit: Visit) -> None:
    wang = visit("wang")
    assert '<p class="all-quiet" id="all-quiet">' in wang.get("/").text
    world.hear(1, Occupancy.IN, received_at=world.clock.at - STALE_MS - 1)
    page = wang.get("/").text
    assert '<p class="all-quiet" id="all-quiet" hidden>' in page
    assert "1 bed without signal: nothing can be raised for it." in page
    world.hear(2, Occupancy.IN, received_at=None)
    assert "2 beds without signal: nothing can be raised for them." in wang.get("/").text


def test_a_centre_of_which_nobody_is_watched_is_not_calm(visit: Visit, world: World) -> None:
    assert '<p class="unheard" id="unwatched" role="status" hidden>' in visit("wang").get("/").text
    moved = world.people.by_login("wang")
    assert moved
    world.people.save(replace(moved, center_id="new"))
    page = visit("wang").get("/").text
    assert '<p class="all-quiet" id="all-quiet" hidden>' in page
    assert '<p class="unheard" id="unwatched" role="status">' in page
    assert "Nobody is watched here" in page


def test_never_reported_vacant_and_without_belt(world: World, visit: Visit) -> None:
    def entry(n: int, belt: str | None, resident: str | None) -> BedEntry:
        who = Resident(resident_id=resident, name="Somebody") if resident else None
        return BedEntry(room_id="r9", room="109", bed_id=f"x{n}", bed=str(n), belt_id=belt, resident=who)

    entries = [entry(1, "quiet", "q1"), entry(2, "spare", None), entry(3, None, "q3")]
    world.register.enroll(Center(center_id="elm", name="Elm House"), entries, world.clock.at)
    world.hear(1, Occupancy.IN)
    world.beds["spare"] = world.beds["belt1"]
    wang = visit("wang")
    shown = {b["key"]: b["status"] for b in wang.get("/api/beds").json()["beds"]}
    assert [shown[f"x{n}.whole"] for n in (1, 2, 3)] == ["silent", "vacant", "unwatched"]
    page = wang.get("/").text
    assert "never reported" in page
    assert "Vacant" in page
    assert "No belt" in page


def test_missing_values_are_missing_in_json(world: World) -> None:
    values = live_values(world.hear(1, Occupancy.IN, heart_rate=math.nan, breathing_rate=None, since_at=None))
    assert (values["heart_rate"], values["breathing_rate"], values["since_at"]) == (None, None, None)


def test_on_a_fast_clock_the_way_to_the_board_takes_longer() -> None:
    assert stale_after_ms(build_world().services) == STALE_MS
    assert stale_after_ms(build_world(clock_speed=60.0).services) == STALE_MS + 59 * SECOND_MS


def tile(page: str, n: int) -> str:
    found = re.search(rf'<li class="tile" data-key="b{n}.whole".*?</li>', page, re.DOTALL)
    assert found
    return found[0]


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ({"battery": 19.9}, "battery 19%"),
        ({"battery": 0.0, "charging": False}, "battery 0%"),
        ({"battery": 20.0}, None),
        ({"battery": 12.0, "charging": True}, None),
        ({"firmware": "1.4"}, None),
    ],
)
def test_a_battery_is_shown_when_it_is_low(world: World, visit: Visit, told: dict[str, Any], shown: str | None) -> None:
    world.tell(1, **told)
    wang = visit("wang")
    found = re.search(r"battery [^<]*", tile(wang.get("/").text, 1))
    assert (found and found[0]) == shown
    assert "battery" not in tile(wang.get("/").text, 2)
    assert bed(wang, 1)["battery"] == told.get("battery")


def test_a_belt_that_is_off_is_said_to_be_so(world: World, visit: Visit) -> None:
    wang = visit("wang")
    assert "belt offline" not in wang.get("/").text
    world.tell(1, online=False)
    assert "belt offline" in tile(wang.get("/").text, 1)
    assert bed(wang, 1)["online"] is False
    wang.get("/language/zh-CN")
    assert "监测带离线" in tile(wang.get("/").text, 1)
    world.tell(1, online=True)
    assert "监测带离线" not in wang.get("/").text


def test_open_boards_are_drawn_anew_when_what_is_shown_of_a_belt_changes(world: World) -> None:
    def layout() -> str:
        return read_ward(world.services, "elm").layout

    world.tell(1, online=True, battery=80.0)
    before = layout()
    world.tell(1, firmware="1.5", battery=79.0)
    assert layout() == before
    world.tell(1, battery=12.0)
    low = layout()
    assert low != before
    world.tell(1, online=False)
    assert layout() != low
