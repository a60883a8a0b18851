"""The estimate of depth: what it says of a plain heart, and when it says nothing."""

import numpy as np

from domain.reports import Depth
from sleep.depth import depth_of
from sleep.epochs import EpochColumns, Floats
from tests.unit.sleep.nights import EPOCH_MS, states_of


def columns(heart_rate: Floats) -> EpochColumns:
    n = len(heart_rate)
    nothing = np.full(n, np.nan)
    return EpochColumns(
        start_at=0,
        length_ms=EPOCH_MS,
        in_ms=np.full(n, float(EPOCH_MS)),
        out_ms=np.zeros(n),
        heart_rate=heart_rate,
        breathing_rate=nothing,
        movement=nothing,
        movement_peak=nothing,
    )


def test_slow_and_steady_is_deep_fast_and_wandering_is_rem_like() -> None:
    rng = np.random.default_rng(1)
    parts = [(60, 0.8, 120), (55, 0.3, 60), (60, 0.8, 120), (65, 2.5, 60), (60, 0.8, 120)]
    rate = np.concatenate([rng.normal(mean, sd, n) for mean, sd, n in parts])
    found = depth_of(columns(rate), states_of("480s"))
    assert found[130:170].count(Depth.DEEP) > 35
    assert found[310:350].count(Depth.REM_LIKE) > 35
    assert found[20:100].count(Depth.LIGHT) > 60


def test_only_sleep_has_a_depth() -> None:
    rate = np.full(400, 60.0)
    found = depth_of(columns(rate), states_of("40w 300s 60o"))
    assert found[:40] == (None,) * 40
    assert found[340:] == (None,) * 60
    assert None not in found[40:340]


def test_too_little_sleep_or_heart_rate_says_nothing() -> None:
    rate = np.full(400, 60.0)
    assert depth_of(columns(rate), states_of("281w 119s")) == ()
    rate[30:] = np.nan
    assert depth_of(columns(rate), states_of("400s")) == ()
