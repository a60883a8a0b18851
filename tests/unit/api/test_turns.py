"""Documenting that a resident was turned."""

from domain.care import CareKind, CareRecord
from tests.unit.api.conftest import Visit
from tests.unit.api.world import NIGHT, World

TURN = CareRecord(resident_id="r2", kind=CareKind.TURN, at=NIGHT, person_id="p-wang")


def test_a_turn_is_stored_and_then_told_and_shown_with_who_did_it(world: World, visit: Visit) -> None:
    nurse = visit("wang")
    assert "No turn was documented" in nurse.get("/residents/r2").text
    answer = nurse.post("/residents/r2/turns")
    assert (answer.status_code, answer.headers["location"]) == (303, "/residents/r2#care")
    assert world.care.records_of("r2", CareKind.TURN, 0, NIGHT + 1) == [TURN]
    assert world.done == [TURN]
    assert "Turned last at 03:12 by 王芳." in nurse.get("/residents/r2").text


def test_a_program_does_the_same(world: World, visit: Visit) -> None:
    answer = visit("wang").send("/api/residents/r2/turns")
    assert (answer.status_code, answer.json()) == (200, {"resident_id": "r2", "at": NIGHT})
    assert world.done == [TURN]


def test_families_strangers_and_other_centres_cannot(world: World, visit: Visit) -> None:
    assert visit("son").send("/api/residents/r1/turns").status_code == 403
    assert visit("oak").send("/api/residents/r2/turns").status_code == 404
    assert visit("wang").send("/api/residents/r2/turns", token="wrong").status_code == 403
    assert visit().send("/api/residents/r2/turns").status_code == 401
    assert world.done == []
    assert "Turned just now" not in visit("son").get("/residents/r1").text
