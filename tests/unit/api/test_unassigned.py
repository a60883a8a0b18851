"""Belts that send readings and by which nobody is watched: who is told, of which, and in which words."""

import asyncio
import re
from typing import Any

import pytest

from api.languages import read_languages
from api.unassigned import NAMED_MOST, unassigned_line
from domain.ports import BedEntry
from domain.readings import Occupancy
from domain.residents import Center, Place
from tests.unit.api.conftest import Visit, Visitor
from tests.unit.api.test_access import hire
from tests.unit.api.test_live import listen, stream
from tests.unit.api.world import World

LINE = "2 belts send readings and lie under no bed: belt-77 (somebody lies on it), belt-0042."
"""Who lies on one comes first."""


def two_belts(world: World) -> None:
    world.hear_unassigned("belt-0042")
    world.hear_unassigned("belt-77", Occupancy.IN)


def vacant(world: World) -> Place:
    entry = BedEntry(room_id="r9", room="109", bed_id="x1", bed="2", belt_id="spare")
    world.register.enroll(Center(center_id="elm", name="Elm House"), [entry], world.clock.at)
    return next(place for place in world.register.places(world.clock.at) if place.belt_id == "spare")


def line(visitor: Visitor) -> str | None:
    """What the board shows; None while it shows nothing."""
    page = visitor.get("/").text
    found = re.search(
        r'<details class="unassigned" id="unassigned"( hidden)?>.*?unassigned-line">(.*?)</span>', page, re.DOTALL
    )
    assert found
    return None if found[1] else found[2]


def test_the_board_shows_nothing_when_there_are_none(visit: Visit) -> None:
    assert line(visit("ada")) is None


@pytest.mark.parametrize(
    ("login", "told"), [("ada", True), ("lin", True), ("wang", True), ("doc", False), ("oak", False)]
)
def test_who_is_told(world: World, visit: Visit, login: str, told: bool) -> None:
    hire(world)
    two_belts(world)
    assert line(visit(login)) == (LINE if told else None)
    answer = visit(login).get("/api/belts/unassigned")
    if login == "doc":
        assert answer.status_code == 403
    else:
        assert [belt["belt_id"] for belt in answer.json()["belts"]] == (["belt-77", "belt-0042"] if told else [])
    assert visit("son").get("/api/belts/unassigned").status_code == 403


def test_a_belt_of_which_the_centre_cannot_be_told_is_shown_to_each(world: World, visit: Visit) -> None:
    world.hear_unassigned("typo", center_id=None)
    for login in ("wang", "oak"):
        assert line(visit(login)) == "1 belt sends readings and lies under no bed: typo."


def test_a_belt_for_programs(world: World, visit: Visit) -> None:
    two_belts(world)
    world.hear_unassigned("spare", Occupancy.OUT, place=vacant(world))
    now = world.clock.at
    at = {"observed_at": now - 1000, "received_at": now}
    assert visit("ada").get("/api/belts/unassigned").json() == {
        "now": now,
        "belts": [
            {"belt_id": "belt-77", "room": None, "bed": None, "in_bed": True, **at},
            {"belt_id": "belt-0042", "room": None, "bed": None, "in_bed": None, **at},
            {"belt_id": "spare", "room": "109", "bed": "2", "in_bed": False, **at},
        ],
    }


def test_a_bed_without_resident_is_worth_a_word_when_somebody_lies_there(world: World, visit: Visit) -> None:
    place = vacant(world)
    world.hear_unassigned("spare", Occupancy.OUT, place=place)
    assert line(visit("ada")) is None
    world.hear_unassigned("spare", Occupancy.IN, place=place)
    assert line(visit("ada")) == "Somebody lies in a bed without resident: 109-2."


def test_the_line_is_of_a_length_that_can_be_read(world: World) -> None:
    for n in range(NAMED_MOST + 3):
        world.hear_unassigned(f"b{n}", Occupancy.OUT)
    belts = list(world.unassigned.values())
    said = unassigned_line(read_languages()["en"], belts)
    assert said == "9 belts send readings and lie under no bed: b0, b1, b2, b3, b4, b5, 3 more."
    assert unassigned_line(read_languages()["zh-CN"], belts[:1]) == "1 条监测带有数据上报，但未登记在任何床位：b0。"


def test_an_open_board_is_told_when_belts_come_and_go(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.stream.HEARTBEAT_S", 0.01)

    async def test() -> None:
        events = stream(world)
        assert (await listen(events, "snapshot"))[-1][1]["unassigned"] == ""
        two_belts(world)
        assert (await listen(events, "unassigned"))[-1][1] == {"line": LINE}
        heard: list[tuple[str, dict[str, Any], int | None]] = await listen(events, "heartbeat", times=3)
        assert [kind for kind, _, _ in heard] == ["heartbeat"] * 3
        world.unassigned.clear()
        assert (await listen(events, "unassigned"))[-1][1] == {"line": ""}

    asyncio.run(asyncio.wait_for(test(), timeout=20))
