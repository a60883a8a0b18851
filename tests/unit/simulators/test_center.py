import re

import pytest

from domain.errors import ConfigurationError, NotFoundError
from domain.residents import LeaveBedSettings, VitalSettings, checked_id
from domain.vitals import SITTING_UP
from simulators.center import INTERVALS_MS, simulated_center
from simulators.scenarios import MEASURED_MIX, Mix, Scenario


def test_a_bed_is_the_same_in_every_centre_of_the_seed() -> None:
    small, large = simulated_center(3, 7), simulated_center(40, 7)
    assert large.beds[:3] == small.beds
    assert simulated_center(3, 8).beds != small.beds
    small, large = simulated_center(13, 11, mix=MEASURED_MIX), simulated_center(40, 11, mix=MEASURED_MIX)
    assert large.beds[:13] == small.beds


def test_some_residents_are_asked_more_of_than_others() -> None:
    beds = simulated_center(300, 11, mix=MEASURED_MIX).beds
    asked = [bed.resident.vitals for bed in beds]
    assert asked[0] == VitalSettings()
    for on in (
        [one.sitting_up.on for one in asked],
        [one.not_in_bed.on for one in asked],
        [one.still_in_bed.on for one in asked],
        [one.no_turn_over.on for one in asked],
    ):
        assert 0.08 < sum(on) / 300 < 0.35
    for bed, one in zip(beds, asked, strict=True):
        if one.not_in_bed.on:
            minutes = one.not_in_bed.at.hour * 60 + one.not_in_bed.at.minute
            assert abs(minutes - bed.physiology.bedtime_min) < 30
    assert all(one.sitting_up == SITTING_UP for one in (bed.resident.vitals for bed in simulated_center(40, 11).beds))


def test_ids_are_fit_for_topics_and_distinct() -> None:
    entries = simulated_center(60, 1).entries()
    for entry in entries:
        assert entry.belt_id is not None
        assert entry.resident is not None
        for value in (entry.room_id, entry.bed_id, entry.belt_id, entry.resident.resident_id):
            checked_id("thing", value)
        assert re.fullmatch(r"[\u4e00-\u9fff]{3}", entry.resident.name)
    assert len({entry.bed_id for entry in entries}) == 60
    assert len({entry.belt_id for entry in entries}) == 60
    assert len({entry.room_id for entry in entries}) == 30
    assert entries[0].belt_id == "b0001"
    assert entries[59].resident is not None
    assert entries[59].resident.resident_id == "r0060"


def test_residents_differ_in_what_is_asked_for_their_nights() -> None:
    beds = simulated_center(300, 5).beds
    settings = [bed.resident.leave_bed for bed in beds]
    assert settings[0] == LeaveBedSettings()
    assert 0.08 < sum(one.immediate for one in settings) / 300 < 0.25
    assert all(one.not_back for one in settings)
    assert {one.away_limit_min for one in settings} == {10, 15, 20, 30}
    assert sum(one.away_limit_min == 15 for one in settings) > 200
    assert {len(one.windows) for one in settings} == {1, 2}
    assert {bed.belt.interval_ms for bed in beds} == set(INTERVALS_MS)
    assert all(0 <= bed.belt.phase_ms < bed.belt.interval_ms for bed in beds)


def test_clocks_are_off_for_the_share_that_was_asked_for() -> None:
    assert not any(bed.belt.clock_offset_ms for bed in simulated_center(50, 5, mix=Mix()).beds)
    off = [bed.belt.clock_offset_ms for bed in simulated_center(50, 5, mix=Mix.of(Scenario.CLOCK_OFF)).beds]
    assert off[0] == 0
    assert all(0 < abs(offset) <= 4 * 60_000 for offset in off[1:])


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="beds 0"):
        simulated_center(0, 1)
    with pytest.raises(ConfigurationError, match="seed -1"):
        simulated_center(1, -1)
    with pytest.raises(NotFoundError):
        simulated_center(2, 1).with_opening(0, "r0003")
