import numpy as np
import pandas as pd
import pytest

from leap_explorer.insights.bins import bin_filter, bin_name, bin_of, decimals_of, quantile_edges
from leap_explorer.insights.filters import select


@pytest.mark.parametrize(
    ("values", "count", "expected"),
    [
        (np.arange(10), 5, [2, 4, 6, 8]),
        ([0] * 7 + [1, 2, 3], 5, [1, 2]),
        ([0.0] * 90 + [1e-9] + [0.5] * 9, 5, [1e-9]),
        ([1] * 9 + [0], 5, [1]),
        ([5, 5, 5], 5, []),
        ([], 5, []),
        ([np.nan, np.nan], 5, []),
        ([1, 2], 5, [2]),
        ([0.0, 0.1234567, 0.2], 2, [0.123]),
        ([np.nan, 1.0, 2.0, np.inf], 2, [2]),
    ],
)
def test_edges(values, count, expected):
    assert quantile_edges(np.array(values, dtype=np.float64), count).tolist() == expected


def test_ranges_have_about_as_many_values_each():
    values = np.random.default_rng(0).exponential(0.01, 1000)
    counts = np.bincount(bin_of(values, quantile_edges(values, 5)))
    assert len(counts) == 5
    assert counts.min() > 150


def test_each_filter_selects_its_range():
    values = np.array([0.0, 1.0, 1.5, 2.0, 9.0, np.nan])
    edges = np.array([1.0, 2.0])
    assert bin_of(values, edges).tolist() == [0, 1, 1, 2, 2, -1]
    samples = pd.DataFrame({"metadata_x": pd.array(values, dtype="Float32")})
    for index in range(3):
        chosen = select(samples, bin_filter("metadata_x", edges, index))
        assert chosen.tolist() == (bin_of(values, edges) == index).tolist()
    assert [bin_name(edges, index) for index in range(3)] == ["low", "middle-2", "high"]


@pytest.mark.parametrize(
    ("values", "decimals"),
    [
        ([1, 5, 900], 0),
        ([], 0),
        (np.linspace(-0.3, 0.3, 100), 3),
        (np.linspace(0, 45.5, 100), 1),
        ([0.5, 0.5], 3),
        ([0.1, 1e6], 0),
    ],
)
def test_decimals(values, decimals):
    assert decimals_of(np.array(values, dtype=np.float64)) == decimals
