"""The centre of a belt comes from the register, looked at now and then."""

import pytest

from domain.errors import UnavailableError
from domain.ports import BedEntry
from domain.residents import Center, Place
from nightbelt.centers import REFRESH_S, Centers
from tests.fakes.in_memory_register import InMemoryRegister
from tests.unit.ingest.fakes import FakeClock


class SwitchedRegister(InMemoryRegister):
    """Counts who asks; away while `away`."""

    def __init__(self) -> None:
        super().__init__()
        self.away = False
        self.asked = 0

    def places(self, at: int) -> list[Place]:
        self.asked += 1
        if self.away:
            raise UnavailableError("records", "gone")
        return super().places(at)

    def add(self, center_id: str, n: int, belt_id: str | None) -> None:
        bed = BedEntry(room_id=f"{center_id}-{n}", room="1", bed_id=f"{center_id}-{n}", bed="1", belt_id=belt_id)
        self.enroll(Center(center_id=center_id, name=center_id), [bed], 0)


@pytest.fixture
def register() -> SwitchedRegister:
    register = SwitchedRegister()
    register.add("elm", 1, "belt1")
    register.add("oak", 1, None)
    return register


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def centers(register: SwitchedRegister, clock: FakeClock) -> Centers:
    return Centers(register, clock, clock.monotonic)


def test_enrolled_belts_have_a_centre_and_others_are_unassigned(centers: Centers) -> None:
    assert [centers.center_of(belt) for belt in ("belt1", "belt9")] == ["elm", "unassigned"]
    assert centers.all() == ("elm", "oak")


def test_the_register_is_asked_now_and_then(centers: Centers, register: SwitchedRegister, clock: FakeClock) -> None:
    centers.center_of("belt2")
    register.add("elm", 2, "belt2")
    clock.pass_s(REFRESH_S - 1)
    assert (centers.center_of("belt2"), register.asked) == ("unassigned", 1)
    clock.pass_s(1)
    assert (centers.center_of("belt2"), register.asked) == ("elm", 2)


def test_what_is_known_holds_while_the_register_is_away(
    centers: Centers, register: SwitchedRegister, clock: FakeClock
) -> None:
    assert centers.center_of("belt1") == "elm"
    register.away = True
    clock.pass_s(REFRESH_S)
    assert (centers.center_of("belt1"), centers.all()) == ("elm", ("elm", "oak"))


def test_no_centre_is_guessed_before_the_register_has_answered(centers: Centers, register: SwitchedRegister) -> None:
    register.away = True
    with pytest.raises(UnavailableError):
        centers.center_of("belt1")
    register.away = False
    assert centers.center_of("belt1") == "elm"
