import numpy as np
import pytest
from scipy import stats

from leap_explorer.insights.comparisons import holm, mean_bounds, welch


def test_welch_by_hand():
    inside, outside = np.array([2.0, 4.0, 6.0]), np.array([1.0, 2.0, 1.0, 2.0])
    found = welch(inside, outside)
    # variances 4 / 3 and (1/3) / 4; freedom (a + b)^2 / (a^2 / 2 + b^2 / 3)
    a, b = 4 / 3, 1 / 12
    error, freedom = (a + b) ** 0.5, (a + b) ** 2 / (a**2 / 2 + b**2 / 3)
    assert (found.inside, found.outside, found.value) == (4.0, 1.5, 2.5)
    assert found.high - found.low == pytest.approx(2 * stats.t.ppf(0.975, freedom) * error)
    assert found.p == pytest.approx(stats.ttest_ind(inside, outside, equal_var=False).pvalue)


@pytest.mark.parametrize(
    ("inside", "outside", "p"),
    [
        ([], [1.0], 1.0),
        ([1.0], [2.0, 3.0], 1.0),
        ([1.0, 1.0], [1.0, 1.0], 1.0),
        ([2.0, 2.0], [1.0, 1.0], 0.0),
        ([np.inf, 1.0], [1.0, 2.0], 1.0),
    ],
)
def test_welch_without_enough_to_go_on(inside, outside, p):
    with np.errstate(all="raise"):
        assert welch(np.array(inside), np.array(outside)).p == p


def test_holm_by_hand():
    # sorted 0.01 x 4, 0.02 x 3, 0.03 x 2 = 0.06 -> 0.06, 0.5 x 1
    assert holm([0.03, 0.01, 0.5, 0.02]) == pytest.approx([0.06, 0.04, 0.5, 0.06])
    assert holm([0.6, 0.7]).tolist() == [1.0, 1.0]
    assert holm([np.nan, 0.01]) == pytest.approx([1.0, 0.02])
    assert holm([]).shape == (0,)


def test_the_bounds_of_a_mean_by_hand():
    half = stats.t.ppf(0.975, 2) / 3**0.5  # of a standard deviation of 1
    assert mean_bounds(np.array([1.0, 2.0, 3.0]), 0.95) == pytest.approx((2.0 - half, 2.0 + half))
    assert mean_bounds(np.array([2.0]), 0.95) == (-np.inf, np.inf)
