import math

import pytest
from scipy.special import stdtr, stdtrit
from scipy.stats import binomtest

from leap_explorer.student import quantile, sign_test_p, two_sided_p

FREEDOM = (1.0, 1.7, 2.0, 2.99, 3.0, 5.5, 29.0, 500.25, 24_999.0, 1e6)


@pytest.mark.parametrize("freedom", FREEDOM)
@pytest.mark.parametrize("t", [0.0, 1e-6, 0.3, -1.0, 1.96, 5.0, -12.5, 40.0])
def test_p_is_scipys(t, freedom):
    assert two_sided_p(t, freedom) == pytest.approx(2 * stdtr(freedom, -abs(t)), rel=1e-7, abs=1e-300)


@pytest.mark.parametrize("freedom", FREEDOM)
def test_quantile_is_scipys(freedom):
    assert quantile(freedom) == pytest.approx(stdtrit(freedom, 0.975), rel=1e-9)


@pytest.mark.parametrize("level", [0.5, 0.9, 0.995, 0.99999])
@pytest.mark.parametrize("freedom", FREEDOM)
def test_other_levels_are_scipys(freedom, level):
    assert quantile(freedom, level) == pytest.approx(stdtrit(freedom, 0.5 + level / 2), rel=1e-8)


@pytest.mark.parametrize("counts", [(0, 0), (0, 1), (5, 5), (3, 9), (30, 70), (0, 200), (5_100, 4_900), (10**6, 10**6)])
def test_sign_test_is_scipys(counts):
    expected = binomtest(counts[0], sum(counts)).pvalue if sum(counts) else 1.0
    assert sign_test_p(*counts) == pytest.approx(expected, rel=1e-7)
    assert sign_test_p(*counts[::-1]) == sign_test_p(*counts)


def test_published_quantiles():
    # Student's table: 12.706, 2.228 and 1.960 at 1, 10 and infinitely many degrees of freedom
    assert [round(quantile(freedom), 3) for freedom in (1, 10, 1e9)] == [12.706, 2.228, 1.960]


def test_what_is_not_finite():
    assert two_sided_p(math.inf, 5) == 0.0
    assert math.isnan(two_sided_p(math.nan, 5))
    assert math.isnan(quantile(math.nan))
