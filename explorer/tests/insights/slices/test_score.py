import numpy as np
import pytest
from scipy import stats

from leap_explorer.insights.slices.score import (
    log_unlikelihood,
    normal_bound,
    search_outcome,
    skewness,
    standardised,
    tail_probability,
)


def test_without_skew_the_bound_is_the_normal_one() -> None:
    excess, variance = np.array([-3.0, 0.0, 10.0]), np.array([25.0, 25.0, 25.0])
    bound = log_unlikelihood(excess, variance, np.inf, 1e-3)
    assert bound == pytest.approx([0, 0, 10**2 / 50], rel=1e-3)
    assert (log_unlikelihood(excess, variance, 100.0, 2.0) <= normal_bound(excess, variance, 100.0)).all()


@pytest.mark.parametrize(("n", "errors"), [(30, 8), (200, 40), (1000, 130)])
def test_of_errors_it_is_near_the_binomial_tail(n: int, errors: int) -> None:
    rate = 0.08
    y = standardised((np.arange(10_000) < 10_000 * rate).astype(float))
    excess = errors * y.max() + (n - errors) * y.min()
    bound = log_unlikelihood(np.array([excess]), np.array([float(n)]), np.inf, skewness(y))[0]
    exact = -stats.binom.logsf(errors - 1, n, rate)
    assert exact - 4 < bound < exact


def test_the_tail_is_that_of_the_hypergeometric_distribution() -> None:
    everything = (np.arange(2_000) < 160).astype(float)
    for n, errors in ((50, 12), (300, 40), (1_000, 100)):
        inside = (np.arange(n) < errors).astype(float)
        mid_p = stats.hypergeom.sf(errors, 2_000, 160, n) + stats.hypergeom.pmf(errors, 2_000, 160, n) / 2
        assert tail_probability(inside, everything) == pytest.approx(mid_p, rel=0.5)


def test_the_tail_of_skewed_losses_is_that_of_permutations() -> None:
    generator = np.random.default_rng(0)
    everything = generator.exponential(size=1_000)
    sums = np.array([generator.choice(everything, 40, replace=False).sum() for _ in range(20_000)])
    for level in (0.9, 0.99, 0.999):
        inside = np.full(40, np.quantile(sums, level) / 40)
        assert tail_probability(inside, everything) == pytest.approx(1 - level, rel=0.3)


def test_below_average_nothing_is_unlikely() -> None:
    assert tail_probability(np.zeros(10), np.arange(100.0)) == 1.0


def test_the_outcome_is_standardised_and_one_huge_loss_counts_as_a_large_one() -> None:
    loss = np.append(np.random.default_rng(0).exponential(size=999), 1e9)
    y = search_outcome(loss, None)
    assert y.mean() == pytest.approx(0, abs=1e-9)
    assert y.std() == pytest.approx(1)
    assert y.max() < 5


def test_a_constant_outcome_is_zero() -> None:
    assert not search_outcome(np.ones(10), np.zeros(10)).any()
