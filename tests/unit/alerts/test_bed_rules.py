"""Not in bed by a time, still in bed after one."""

from datetime import time

from alerts.conditions import Conditions
from alerts.rulebook import slot_of
from domain.alarms import Rule
from domain.readings import Occupancy
from domain.residents import Center, Resident, VitalSettings
from domain.vitals import AtTime
from tests.unit.alerts.bed import IN, NIGHT, OUT, UNKNOWN, batch

AT, AFTER = 3600, 900
"""Two in the morning (seconds after NIGHT), and how long after it."""
ASKED = AtTime(on=True, at=time(2), after_s=AFTER)


class Bed:
    """`told` collects (kind, rule, second told) of the two rules."""

    def __init__(self, settings: VitalSettings) -> None:
        resident = Resident(resident_id="r1", name="A", vitals=settings)
        self.engine = Conditions([slot_of("b1", resident, Center(center_id="c1", name="C"))])
        self.told: list[tuple[str, Rule, float]] = []

    def lie(self, start: int, end: int, state: Occupancy) -> None:
        """Readings each 10 s in [start, end), and a tick with each."""
        for second in range(start, end, 10):
            now = NIGHT + second * 1000
            told = [*self.engine.observe(batch([(second, state)]), now), *self.engine.tick(now)]
            self.told += [
                (str(one.kind), one.spec.rule, (one.at - NIGHT) / 1000)
                for one in told
                if one.spec.rule in {Rule.NOT_IN_BED, Rule.STILL_IN_BED}
            ]


def test_who_is_out_then_and_stays_so_is_told_of_once_until_in_bed() -> None:
    bed = Bed(VitalSettings(not_in_bed=ASKED))
    bed.lie(0, AT + 3 * AFTER, OUT)
    assert bed.told == [("due", Rule.NOT_IN_BED, AT + AFTER)]
    bed.lie(AT + 3 * AFTER, AT + 4 * AFTER, IN)
    assert bed.told[1:] == [("cleared", Rule.NOT_IN_BED, AT + 3 * AFTER + 120)]
    bed.lie(AT + 4 * AFTER, AT + 8 * AFTER, OUT)
    assert len(bed.told) == 2, "who leaves later is the leave-bed rules' matter"


def test_a_trip_around_that_time_and_an_unknown_bed_are_nothing() -> None:
    trip = Bed(VitalSettings(not_in_bed=ASKED))
    trip.lie(0, AT - 60, IN)
    trip.lie(AT - 60, AT + 300, OUT)
    trip.lie(AT + 300, AT + 2 * AFTER, IN)
    unknown = Bed(VitalSettings(not_in_bed=ASKED, still_in_bed=ASKED))
    unknown.lie(0, AT + 2 * AFTER, UNKNOWN)
    assert (trip.told, unknown.told) == ([], [])


def test_out_goes_on_through_silence() -> None:
    bed = Bed(VitalSettings(not_in_bed=ASKED))
    bed.lie(0, 600, OUT)
    assert [one.spec.rule for one in bed.engine.tick(NIGHT + (AT + AFTER) * 1000)].count(Rule.NOT_IN_BED) == 1


def test_who_is_still_in_bed_is_told_of_until_up() -> None:
    bed = Bed(VitalSettings(still_in_bed=ASKED))
    bed.lie(0, AT + 2 * AFTER, IN)
    bed.lie(AT + 2 * AFTER, AT + 3 * AFTER, OUT)
    assert bed.told == [
        ("due", Rule.STILL_IN_BED, AT + AFTER),
        ("cleared", Rule.STILL_IN_BED, AT + 2 * AFTER + 120),
    ]


def test_both_are_off_by_default() -> None:
    bed = Bed(VitalSettings())
    bed.lie(0, AT + 2 * AFTER, OUT)
    bed.lie(AT + 2 * AFTER, AT + 3 * AFTER, IN)
    assert bed.told == []
