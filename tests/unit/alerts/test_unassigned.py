"""Belts by which nobody is watched: which are listed, for how long, and of which centre they are."""

from collections.abc import Sequence

import pytest

from alerts.unassigned import HEARD_MS, KEPT_MOST, UnassignedBelts
from domain.readings import Occupancy, ReadingBatch
from domain.residents import Center, Place, Resident
from tests.unit.alerts.bed import IN, NIGHT, OUT, UNKNOWN, batch

ELM, OAK = Center(center_id="elm", name="Elm"), Center(center_id="oak", name="Oak")


def place(belt_id: str | None, resident: str | None, center: Center = ELM) -> Place:
    who = None if resident is None else Resident(resident_id=resident, name="A")
    return Place(center=center, room_id="101", room="101", bed_id="101-1", bed="1", belt_id=belt_id, resident=who)


PLACES = (place("b1", "r1"), place("spare", None), place(None, "r3"), place("oak1", "r9", OAK))


@pytest.fixture
def belts() -> UnassignedBelts:
    made = UnassignedBelts()
    made.know(PLACES)
    return made


def listed(belts: UnassignedBelts, now: int = NIGHT) -> list[str]:
    return [belt.belt_id for belt in belts.latest(now)]


def together(*said: tuple[str, float, Occupancy]) -> ReadingBatch:
    """Readings (belt, seconds after NIGHT, occupancy) of one pass."""
    return ReadingBatch.join([batch([(second, state)], belt=belt) for belt, second, state in said])


def hear(belts: UnassignedBelts, *ids: str, center: str = "elm") -> None:
    belts.hear(together(*((belt_id, 0, IN) for belt_id in ids)), dict.fromkeys(ids, center))


def test_a_belt_under_no_bed_is_listed_with_its_newest_reading(belts: UnassignedBelts) -> None:
    said = together(("b1", 0, IN), ("typo", 0, OUT), ("typo", 7, IN), ("b1", 8, OUT))
    belts.hear(said, {"b1": "elm", "typo": "elm"})
    (belt,) = belts.latest(NIGHT)
    assert (belt.belt_id, belt.center_id, belt.place) == ("typo", "elm", None)
    assert (belt.observed_at, belt.received_at, belt.occupancy) == (NIGHT + 7000, NIGHT + 7000, IN)
    belts.hear(batch([(9, UNKNOWN)], belt="typo"), {"typo": "elm"})
    (belt,) = belts.latest(NIGHT)
    assert (belt.observed_at, belt.occupancy) == (NIGHT + 9000, UNKNOWN)


def test_a_belt_under_a_bed_without_resident_is_listed_with_its_bed(belts: UnassignedBelts) -> None:
    belts.hear(batch([(0, IN)], belt="spare"), {"spare": "oak"})
    (belt,) = belts.latest(NIGHT)
    assert (belt.belt_id, belt.center_id, belt.place) == ("spare", "elm", PLACES[1])


def test_watched_belts_are_not_listed(belts: UnassignedBelts) -> None:
    hear(belts, "b1", "oak1")
    belts.hear(ReadingBatch.empty(), {})
    assert listed(belts) == []


def test_a_belt_without_a_reading_that_could_be_kept_was_not_heard(belts: UnassignedBelts) -> None:
    said = together(("a", 0, IN), ("b", 0, IN), ("c", 0, IN))
    for kept in ("a", "b", "c"):
        one = UnassignedBelts()
        one.hear(said.select(said.belt == said.belts.index(kept)), {})
        assert listed(one) == [kept]


def test_it_is_listed_until_nothing_came_for_a_quarter_of_an_hour(belts: UnassignedBelts) -> None:
    hear(belts, "typo")
    assert listed(belts, NIGHT + HEARD_MS) == ["typo"]
    assert listed(belts, NIGHT + HEARD_MS + 1) == []


def test_staleness_counts_from_the_arrival(belts: UnassignedBelts) -> None:
    belts.hear(batch([(-7200, IN)], received=0, belt="slow-clock"), {})
    assert listed(belts, NIGHT + HEARD_MS) == ["slow-clock"]


@pytest.mark.parametrize("entered", [place("typo", "r2"), place("typo", None)])
def test_who_is_enrolled_is_seen_at_once(belts: UnassignedBelts, entered: Place) -> None:
    hear(belts, "typo")
    belts.know([*PLACES, entered])
    assert [belt.place for belt in belts.latest(NIGHT)] == ([entered] if entered.resident is None else [])


def test_a_resident_who_moves_out_leaves_a_belt_that_nobody_is_watched_by(belts: UnassignedBelts) -> None:
    belts.know([place("b1", None)])
    hear(belts, "b1")
    assert listed(belts) == ["b1"]


@pytest.mark.parametrize(
    ("centers", "of"), [({"typo": "elm"}, "elm"), ({"typo": "oak"}, "oak"), ({"typo": "elms"}, None), ({}, None)]
)
def test_the_centre_is_that_of_the_topic_where_there_is_such_a_one(
    belts: UnassignedBelts, centers: dict[str, str], of: str | None
) -> None:
    belts.hear(batch([(0, IN)], belt="typo"), centers)
    assert [belt.center_id for belt in belts.latest(NIGHT)] == [of]


def test_of_too_many_those_heard_last_stay(belts: UnassignedBelts) -> None:
    ids: Sequence[str] = [f"x{n}" for n in range(KEPT_MOST)]
    hear(belts, *ids)
    hear(belts, "x0", "new")
    kept = listed(belts)
    assert len(kept) == KEPT_MOST
    assert {"x0", "new"} <= set(kept)
    assert "x1" not in kept
    hear(belts, *(f"y{n}" for n in range(KEPT_MOST + 1)))
    assert len(listed(belts)) == KEPT_MOST
