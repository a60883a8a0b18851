"""The contract of `domain.ports.CareRecords`."""

from dataclasses import replace

from domain.care import CareKind, CareRecord
from domain.ports import CareRecords

AT = 1_795_350_000_000
TURN = CareRecord(resident_id="r1", kind=CareKind.TURN, at=AT, person_id="p1")


def test_what_was_done_is_kept_in_order_of_time(care: CareRecords) -> None:
    later = replace(TURN, at=AT + 5, person_id="p2")
    care.record(later)
    care.record(TURN)
    care.record(replace(TURN, resident_id="r2"))
    assert care.records_of("r1", CareKind.TURN, AT, AT + 6) == [TURN, later]
    assert care.records_of("r1", CareKind.TURN, AT + 1, AT + 5) == []


def test_the_same_twice_is_kept_as_it_was_first(care: CareRecords) -> None:
    care.record(TURN)
    care.record(replace(TURN, person_id="p2"))
    assert care.records_of("r1", CareKind.TURN, 0, AT + 1) == [TURN]


def test_the_latest_of_each_resident_since_an_instant(care: CareRecords) -> None:
    assert care.latest(CareKind.TURN, 0) == {}
    for resident_id, at in (("r1", AT), ("r1", AT + 9), ("r1", AT + 3), ("r2", AT), ("r3", AT - 1)):
        care.record(replace(TURN, resident_id=resident_id, at=at))
    assert care.latest(CareKind.TURN, AT) == {"r1": AT + 9, "r2": AT}
