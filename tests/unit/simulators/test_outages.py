"""The network of a whole centre that fails, and what is owed for it."""

from dataclasses import replace
from datetime import date, timedelta

from domain.alarms import Rule
from domain.units import MINUTE_MS, SECOND_MS
from simulators.belt import belt_night, belt_readings
from simulators.center import SimulatedCenter, simulated_center
from simulators.gateways import gateway_failure
from simulators.night import plan_night
from simulators.outages import Outage, center_outage
from simulators.owed import Owed
from simulators.owed_beside import outage_verdict
from simulators.scenarios import Mix, Scenario
from simulators.truth import truth_lines

NIGHTS = [date(2026, 11, 1) + timedelta(days=n) for n in range(40)]


def center(*forced: Scenario, beds: int = 8) -> SimulatedCenter:
    return simulated_center(beds, 5, mix=replace(Mix.of(*forced), measured=True))


def test_no_belt_is_heard_and_the_centre_owes_one_alarm() -> None:
    of = center(Scenario.CENTER_DOWN)
    lengths_ms = []
    for night in NIGHTS:
        outage = center_outage(of, night)
        assert outage is not None
        lengths_ms.append(outage.to_at - outage.from_at)
        lines = [line for bed in of.beds for line in truth_lines(of, plan_night(of, bed, night))]
        silences = [line for line in lines if line.get("rule") in {Rule.CENTER_SILENT, Rule.BELT_SILENT}]
        long_enough = lengths_ms[-1] > 3 * MINUTE_MS
        assert [(line["rule"], line["belt"]) for line in silences] == [(Rule.CENTER_SILENT, "c01")] * long_enough
    assert min(lengths_ms) < 3 * MINUTE_MS < max(lengths_ms), "near misses are among them"
    last = center_outage(of, NIGHTS[-1])
    assert last is not None
    for bed in of.beds:
        sent = belt_readings(belt_night(of, bed, NIGHTS[-1]), last.from_at - MINUTE_MS, last.to_at).arrives_at
        assert sent.max() < last.from_at + 11 * SECOND_MS


def test_never_in_a_night_in_which_a_gateway_fails() -> None:
    both = center(Scenario.CENTER_DOWN, Scenario.GATEWAY_DOWN, beds=40)
    assert all(gateway_failure(both, night) is not None for night in NIGHTS)
    assert all(center_outage(both, night) is None for night in NIGHTS)


def test_only_a_centre_of_some_size_owes_it_and_only_after_its_time() -> None:
    def owed(beds: int, seconds: int) -> Owed | None:
        found = outage_verdict(center(beds=beds), Outage(from_at=0, to_at=seconds * SECOND_MS))
        return None if found is None else found.owed

    assert (owed(3, 600), owed(5, 600), owed(8, 600)) == (None, Owed.EITHER, Owed.YES)
    assert (owed(8, 149), owed(8, 180), owed(8, 211)) == (None, Owed.EITHER, Owed.YES)
