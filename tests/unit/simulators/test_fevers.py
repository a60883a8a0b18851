"""Fevers over several nights: what is said of them and what the belt shows."""

from datetime import timedelta

import numpy as np

from simulators.belt import belt_night
from simulators.center import simulated_center
from simulators.fevers import CYCLE_NIGHTS, fever_of
from simulators.scenarios import PLAIN_NIGHTS, Mix, Scenario
from simulators.truth import truth_lines
from tests.unit.simulators.samples import NIGHT

FEVERISH = simulated_center(4, 7, mix=Mix.of(Scenario.FEVER_TREND))
NIGHTS = [NIGHT + timedelta(days=day) for day in range(CYCLE_NIGHTS)]


def test_a_fever_rises_stays_and_falls_once_in_four_weeks() -> None:
    for bed in FEVERISH.beds:
        fevers = [fever for night in NIGHTS if (fever := fever_of(FEVERISH, bed.index, night))]
        by_number = sorted(fevers, key=lambda fever: fever.number)
        assert [fever.number for fever in by_number] == list(range(9))
        heart = [fever.heart_rate for fever in by_number]
        height = max(heart)
        assert 10 <= height <= 16
        assert np.allclose(np.array(heart) / height, [0.2, 0.4, 0.6, 0.8, 1, 1, 1, 2 / 3, 1 / 3])


def test_the_night_is_the_same_but_for_its_rates_and_the_truth_says_by_how_much() -> None:
    healthy = simulated_center(4, 7, mix=PLAIN_NIGHTS)
    for bed, plain_bed in zip(FEVERISH.beds, healthy.beds, strict=True):
        for night in NIGHTS[:14]:
            ill, well = belt_night(FEVERISH, bed, night), belt_night(healthy, plain_bed, night)
            fever = fever_of(FEVERISH, bed.index, night)
            lines = [line for line in truth_lines(FEVERISH, ill.plan) if line["kind"] == "trend"]
            assert [line["heart_rate"] for line in lines] == ([fever.heart_rate] if fever else [])
            more = fever.heart_rate if fever else 0
            assert np.allclose(ill.body.heart_rate - well.body.heart_rate, more, atol=0.001)
            assert np.array_equal(ill.body.movement, well.body.movement)
            assert np.array_equal(ill.plan.in_bed, well.plan.in_bed)


def test_nobody_has_fevers_unless_asked_for() -> None:
    healthy = simulated_center(4, 7, mix=PLAIN_NIGHTS)
    assert not any(fever_of(healthy, n, night) for n in range(4) for night in NIGHTS)
