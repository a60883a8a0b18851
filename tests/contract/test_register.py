"""The contract of `domain.ports.Register`."""

from dataclasses import replace
from datetime import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import ConfigurationError, NotFoundError
from domain.ports import BedEntry, Register
from domain.residents import BeltSpan, Center, LeaveBedSettings, NightWindow, Place, Resident, Side, VitalSettings
from domain.units import NEVER
from domain.vitals import RuleLimit
from storage.records_register import RecordsRegister
from tests.contract.conftest import FreshRecords
from tests.fakes.in_memory_register import InMemoryRegister

CENTER = Center(center_id="c1", name="Sunrise 夕阳红")
SETTINGS = LeaveBedSettings(
    immediate=True,
    immediate_after_s=30,
    away_limit_min=20,
    windows=(NightWindow(), NightWindow(start=time(13), end=time(14, 30, 15))),
)
ANNA = Resident(resident_id="r1", name="Anna", leave_bed=SETTINGS)
BO = Resident(resident_id="r2", name="Bo")


def bed(bed_id: str, belt_id: str | None = None, resident: Resident | None = None, side: Side = Side.WHOLE) -> BedEntry:
    return BedEntry(
        room_id="101",
        room="Room 101",
        bed_id=bed_id,
        bed=f"Bed {bed_id}",
        side=side,
        belt_id=belt_id,
        resident=resident,
    )


def shown(register: Register, at: int) -> list[tuple[str, str, str | None, str | None, int | None]]:
    return [
        (
            place.bed_id,
            place.side,
            place.belt_id,
            place.resident.resident_id if place.resident else None,
            place.stay_from,
        )
        for place in register.places(at)
    ]


def spans(register: Register, resident_id: str, start_at: int = 0, end_at: int = NEVER) -> list[tuple[str, int, int]]:
    return [(span.belt_id, span.start_at, span.end_at) for span in register.belt_spans(resident_id, start_at, end_at)]


def watched(register: Register, center_id: str, start_at: int, end_at: int) -> list[tuple[str, str, str, int, int]]:
    return [
        (span.resident_id, span.bed_id, span.belt_id, span.start_at, span.end_at)
        for span in register.watched_spans(center_id, start_at, end_at)
    ]


class TestEnroll:
    def test_a_new_center_is_shown_whole(self, register: Register) -> None:
        register.enroll(CENTER, [bed("a", "b1", ANNA), bed("b", "b2"), bed("c")], 100)
        where = {"center": CENTER, "room_id": "101", "room": "Room 101"}
        assert register.places(100) == [
            Place(bed_id="a", bed="Bed a", belt_id="b1", resident=ANNA, stay_from=100, **where),  # type: ignore[arg-type]
            Place(bed_id="b", bed="Bed b", belt_id="b2", **where),  # type: ignore[arg-type]
            Place(bed_id="c", bed="Bed c", **where),  # type: ignore[arg-type]
        ]
        assert register.resident("r1") == ANNA

    def test_the_times_of_rounds_are_those_told_last(self, register: Register) -> None:
        planned = replace(CENTER, round_times=(time(2), time(22, 30)))
        register.enroll(planned, [bed("a")], 100)
        assert register.places(100)[0].center == planned
        register.enroll(CENTER, [bed("a")], 100)
        assert register.places(100)[0].center == CENTER

    def test_before_it_there_was_nothing(self, register: Register) -> None:
        register.enroll(CENTER, [bed("a", "b1", ANNA)], 100)
        assert register.places(99) == []

    def test_the_same_again_changes_nothing(self, register: Register) -> None:
        roster = [bed("a", "b1", ANNA), bed("b", "b2", BO, Side.LEFT), bed("b", None, None, Side.RIGHT)]
        register.enroll(CENTER, roster, 100)
        before = [register.places(at) for at in (100, 200, 300)]
        register.enroll(CENTER, roster, 200)
        register.enroll(CENTER, roster, 200)
        assert [register.places(at) for at in (100, 200, 300)] == before
        assert spans(register, "r1", 0, 999) == [("b1", 100, 999)]

    def test_changed_names_and_settings_are_updated(self, register: Register) -> None:
        register.enroll(CENTER, [bed("a", "b1", ANNA)], 100)
        center, anna = replace(CENTER, name="Dawn", timezone="Europe/Berlin"), Resident(resident_id="r1", name="Ann")
        register.enroll(center, [replace(bed("a", "b1", anna), room="R", bed="B")], 200)
        (place,) = register.places(300)
        assert (place.center, place.room, place.bed, place.resident) == (center, "R", "B", anna)
        assert place.stay_from == 100

    def test_a_bed_moves_to_another_room(self, register: Register) -> None:
        register.enroll(CENTER, [bed("a", "b1", ANNA)], 100)
        register.enroll(CENTER, [replace(bed("a", "b1", ANNA), room_id="102", room="Room 102")], 200)
        assert [(place.room_id, place.stay_from) for place in register.places(200)] == [("102", 100)]

    def test_beds_that_are_not_named_stay_as_they_are(self, register: Register) -> None:
        register.enroll(CENTER, [bed("a", "b1", ANNA), bed("b", "b2", BO)], 100)
        register.enroll(CENTER, [bed("b")], 200)
        assert shown(register, 200) == [("a", "whole", "b1", "r1", 100), ("b", "whole", None, None, None)]

    def test_none_clears_belt_and_resident_from_then_on(self, register: Register) -> None:
        register.enroll(CENTER, [bed("a", "b1", ANNA)], 100)
        register.enroll(CENTER, [bed("a")], 200)
        assert shown(register, 199) == [("a", "whole", "b1", "r1", 100)]
        assert shown(register, 200) == [("a", "whole", None, None, None)]
        assert register.resident("r1") == ANNA

    @pytest.mark.parametrize(
        "roster",
        [
            [bed("a", "b1"), bed("b", "b1")],
            [bed("a", None, ANNA), bed("b", None, ANNA)],
            [bed("a", "b1"), bed("a", "b2")],
            [bed("a", "b1"), bed("a", "b2", None, Side.LEFT)],
        ],
        ids=["belt twice", "resident twice", "bed twice", "whole and by side"],
    )
    def test_a_roster_that_contradicts_itself_changes_nothing(self, register: Register, roster: list[BedEntry]) -> None:
        register.enroll(CENTER, [bed("a", "b9", BO)], 100)
        before = register.places(200)
        with pytest.raises(ConfigurationError):
            register.enroll(CENTER, [bed("z", None, None), *roster], 150)
        assert register.places(200) == before

    def test_a_bed_of_another_center_is_refused(self, register: Register) -> None:
        register.enroll(CENTER, [bed("a", "b1", ANNA)], 100)
        with pytest.raises(ConfigurationError):
            register.enroll(Center(center_id="c2", name="Other"), [bed("n"), bed("a", "b1", ANNA)], 200)
        assert shown(register, 200) == [("a", "whole", "b1", "r1", 100)]

    def test_centers_may_use_the_same_room_numbers(self, register: Register) -> None:
        register.enroll(Center(center_id="c2", name="Other"), [replace(bed("z"), room="Blue")], 100)
        register.enroll(CENTER, [bed("a")], 100)
        assert [(p.center.center_id, p.room, p.bed_id) for p in register.places(100)] == [
            ("c1", "Room 101", "a"),
            ("c2", "Blue", "z"),
        ]


class TestMoves:
    def test_a_resident_who_moved_has_both_stays(self, register: Register) -> None:
        register.enroll(CENTER, [bed("a", "b1", ANNA), bed("b", "b2")], 100)
        register.enroll(CENTER, [bed("a", "b1"), bed("b", "b2", ANNA)], 200)
        assert shown(register, 199) == [("a", "whole", "b1", "r1", 100), ("b", "whole", "b2", None, None)]
        assert shown(register, 200) == [("a", "whole", "b1", None, None), ("b", "whole", "b2", "r1", 200)]
        assert spans(register, "r1", 0, 300) == [("b1", 100, 200), ("b2", 200, 300)]

    def test_a_resident_moves_from_a_bed_that_is_not_named(self, register: Register) -> None:
        register.enroll(CENTER, [bed("a", "b1", ANNA)], 100)
        register.enroll(CENTER, [bed("b", "b1", ANNA)], 200)
        assert shown(register, 200) == [("a", "whole", None, None, None), ("b", "whole", "b1", "r1", 200)]

    def test_two_residents_swap_beds(self, register: Register) -> None:
        register.enroll(CENTER, [bed("a", "b1", ANNA), bed("b", "b2", BO)], 100)
        register.enroll(CENTER, [bed("a", "b1", BO), bed("b", "b2", ANNA)], 200)
        assert spans(register, "r1", 150, 250) == [("b1", 150, 200), ("b2", 200, 250)]
        assert spans(register, "r2", 150, 250) == [("b2", 150, 200), ("b1", 200, 250)]

    def test_a_new_belt_under_the_same_resident(self, register: Register) -> None:
        register.enroll(CENTER, [bed("a", "b1", ANNA)], 100)
        register.enroll(CENTER, [bed("a", "b2", ANNA)], 200)
        assert shown(register, 200) == [("a", "whole", "b2", "r1", 100)]
        assert spans(register, "r1", 0, 300) == [("b1", 100, 200), ("b2", 200, 300)]

    def test_a_resident_who_left_and_came_back_has_a_gap(self, register: Register) -> None:
        register.enroll(CENTER, [bed("a", "b1", ANNA)], 100)
        register.enroll(CENTER, [bed("a", "b1")], 200)
        register.enroll(CENTER, [bed("a", "b1", ANNA)], 300)
        assert spans(register, "r1", 0, 400) == [("b1", 100, 200), ("b1", 300, 400)]
        assert shown(register, 300) == [("a", "whole", "b1", "r1", 300)]

    def test_a_resident_moves_to_another_center(self, register: Register) -> None:
        register.enroll(CENTER, [bed("a", "b1", ANNA)], 100)
        register.enroll(Center(center_id="c2", name="Other"), [bed("z", "b2", ANNA)], 200)
        assert shown(register, 200) == [("a", "whole", "b1", None, None), ("z", "whole", "b2", "r1", 200)]

    def test_sides_are_beds_of_their_own(self, register: Register) -> None:
        register.enroll(CENTER, [bed("a", "b1", ANNA, Side.LEFT), bed("a", "b2", BO, Side.RIGHT)], 100)
        assert shown(register, 100) == [("a", "left", "b1", "r1", 100), ("a", "right", "b2", "r2", 100)]
        register.enroll(CENTER, [bed("a", "b2", BO, Side.LEFT)], 200)
        assert shown(register, 200) == [("a", "left", "b2", "r2", 200), ("a", "right", None, None, None)]

    def test_a_bed_that_becomes_shared_is_no_longer_whole(self, register: Register) -> None:
        register.enroll(CENTER, [bed("a", "b1", ANNA)], 100)
        register.enroll(CENTER, [bed("a", "b1", ANNA, Side.LEFT), bed("a", None, None, Side.RIGHT)], 200)
        assert shown(register, 199) == [("a", "whole", "b1", "r1", 100)]
        assert shown(register, 200) == [("a", "left", "b1", "r1", 200), ("a", "right", None, None, None)]
        register.enroll(CENTER, [bed("a", "b1", BO)], 300)
        assert shown(register, 300) == [("a", "whole", "b1", "r2", 300)]
        assert spans(register, "r1", 0, 400) == [("b1", 100, 200), ("b1", 200, 300)]

    def test_a_roster_for_an_earlier_instant_replaces_what_came_later(self, register: Register) -> None:
        register.enroll(CENTER, [bed("a", "b1", ANNA), bed("b", "b2")], 100)
        register.enroll(CENTER, [bed("a", "b1"), bed("b", "b2", ANNA)], 200)
        register.enroll(CENTER, [bed("a", "b1", ANNA), bed("b", "b2", BO)], 150)
        assert shown(register, 300) == [("a", "whole", "b1", "r1", 100), ("b", "whole", "b2", "r2", 150)]


class TestBeltSpans:
    def test_spans_are_cut_to_the_question(self, register: Register) -> None:
        register.enroll(CENTER, [bed("a", "b1", ANNA)], 100)
        register.enroll(CENTER, [bed("a", "b2", ANNA)], 200)
        assert register.belt_spans("r1", 150, 201) == [
            BeltSpan(belt_id="b1", start_at=150, end_at=200),
            BeltSpan(belt_id="b2", start_at=200, end_at=201),
        ]
        assert spans(register, "r1", 150, 200) == [("b1", 150, 200)]
        assert spans(register, "r1", 0, 100) == []
        assert spans(register, "r1", 150, 150) == []

    def test_a_bed_without_a_belt_has_no_span(self, register: Register) -> None:
        register.enroll(CENTER, [bed("a", None, ANNA)], 100)
        assert spans(register, "r1") == []
        assert spans(register, "nobody") == []

    def test_a_belt_of_the_other_side_is_not_the_residents(self, register: Register) -> None:
        register.enroll(CENTER, [bed("a", None, ANNA, Side.LEFT), bed("a", "b2", BO, Side.RIGHT)], 100)
        assert spans(register, "r1") == []


class TestWatchedSpans:
    def test_whoever_lay_on_a_bed_with_a_belt_then_also_when_they_left(self, register: Register) -> None:
        register.enroll(CENTER, [bed("a", "b1", ANNA), bed("b", None, BO)], 100)
        register.enroll(CENTER, [bed("a", "b1"), bed("b", "b2", BO)], 200)
        register.enroll(Center(center_id="c2", name="Other"), [bed("z", "b9", ANNA)], 200)
        assert watched(register, "c1", 150, 300) == [("r1", "a", "b1", 150, 200), ("r2", "b", "b2", 200, 300)]
        assert watched(register, "c2", 150, 300) == [("r1", "z", "b9", 200, 300)]
        assert watched(register, "c1", 0, 100) == []

    def test_a_new_belt_and_the_sides_of_a_bed_are_spans_of_their_own(self, register: Register) -> None:
        register.enroll(CENTER, [bed("a", "b1", ANNA, Side.LEFT), bed("a", "b2", BO, Side.RIGHT)], 100)
        register.enroll(CENTER, [bed("a", "b3", ANNA, Side.LEFT)], 200)
        assert watched(register, "c1", 0, 300) == [
            ("r1", "a", "b1", 100, 200),
            ("r2", "a", "b2", 100, 300),
            ("r1", "a", "b3", 200, 300),
        ]


class TestResidents:
    def test_settings_are_replaced(self, register: Register) -> None:
        register.enroll(CENTER, [bed("a", "b1", BO)], 100)
        register.set_leave_bed("r2", SETTINGS)
        assert register.resident("r2") == replace(BO, leave_bed=SETTINGS)
        assert register.places(100)[0].resident == replace(BO, leave_bed=SETTINGS)

    def test_no_windows_stay_none(self, register: Register) -> None:
        register.enroll(CENTER, [bed("a", "b1", BO)], 100)
        register.set_leave_bed("r2", LeaveBedSettings(windows=()))
        assert register.resident("r2").leave_bed.windows == ()

    def test_what_is_asked_of_rates_is_kept(self, register: Register) -> None:
        asked = VitalSettings(
            heart_rate_low=RuleLimit(on=False, limit=38, clear_limit=41.5), settle_s=60, windows=(NightWindow(),)
        )
        register.enroll(CENTER, [bed("a", "b1", replace(BO, vitals=asked))], 100)
        register.set_leave_bed("r2", SETTINGS)
        assert register.resident("r2") == replace(BO, leave_bed=SETTINGS, vitals=asked)
        assert register.places(100)[0].resident == register.resident("r2")

    def test_what_is_asked_of_rates_is_replaced(self, register: Register) -> None:
        asked = VitalSettings(heart_rate_high=RuleLimit(limit=115, clear_limit=105.5, after_s=600))
        register.enroll(CENTER, [bed("a", "b1", ANNA), bed("b", "b2", BO)], 100)
        register.set_vitals("r1", asked)
        assert register.resident("r1") == replace(ANNA, vitals=asked)
        assert register.places(100)[0].resident == replace(ANNA, vitals=asked)
        assert register.resident("r2") == BO

    def test_nobody_has_no_settings(self, register: Register) -> None:
        with pytest.raises(NotFoundError):
            register.resident("r9")
        with pytest.raises(NotFoundError):
            register.set_vitals("r9", VitalSettings())
        with pytest.raises(NotFoundError):
            register.set_leave_bed("r9", SETTINGS)

    def test_an_empty_register(self, register: Register) -> None:
        assert register.places(100) == []


_rosters = st.lists(
    st.tuples(
        st.integers(0, 30),
        st.dictionaries(
            st.sampled_from(["a", "b", "c"]),
            st.tuples(
                st.sampled_from([None, "b1", "b2", "b3"]), st.sampled_from([None, ANNA, BO]), st.sampled_from(Side)
            ),
            max_size=3,
        ),
    ),
    max_size=6,
)


@settings(max_examples=40, deadline=None)
@given(rosters=_rosters)
def test_any_history_of_rosters_reads_the_same_from_database_and_fake(
    fresh_records: FreshRecords, rosters: list[tuple[int, dict[str, tuple[str | None, Resident | None, Side]]]]
) -> None:
    with fresh_records() as records:
        both: list[Register] = [RecordsRegister(records), InMemoryRegister()]
        for at, roster in rosters:
            entries = [bed(bed_id, belt_id, who, side) for bed_id, (belt_id, who, side) in roster.items()]
            refused = [_refused(register, entries, at) for register in both]
            assert refused[0] == refused[1]
            views = [
                (
                    [register.places(when) for when in range(-1, 32)],
                    spans(register, "r1"),
                    spans(register, "r2"),
                    watched(register, "c1", 0, 32),
                )
                for register in both
            ]
            assert views[0] == views[1]


def _refused(register: Register, entries: list[BedEntry], at: int) -> bool:
    try:
        register.enroll(CENTER, entries, at)
    except ConfigurationError:
        return True
    return False


def test_a_centre_has_its_hour(register: Register) -> None:
    register.enroll(CENTER, [bed("a")], 100)
    assert register.places(100)[0].center == CENTER
    later = replace(CENTER, morning=time(11, 30))
    register.enroll(later, [bed("a")], 200)
    assert register.places(200)[0].center == later
