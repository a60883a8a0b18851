"""How far values scatter, by hand."""

import numpy as np

from domain.spread import median_and_mad


def test_one_wild_value_moves_neither_the_median_nor_its_deviation() -> None:
    assert median_and_mad(np.array([50.0, 60.0, 60.0, 66.0, 70.0]), 0.5) == (60.0, 6.0)
    assert median_and_mad(np.array([50.0, 60.0, 60.0, 66.0, 700.0]), 0.5) == (60.0, 6.0)


def test_values_that_never_differ_scatter_by_the_floor() -> None:
    assert median_and_mad(np.full(9, 64.0), 2.0) == (64.0, 2.0)
