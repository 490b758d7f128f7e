import numpy as np
import pytest
from scipy import stats

from leap_explorer.insights.change import (
    paired_mean,
    paired_share,
    unpaired_mean,
    unpaired_share,
)


def outcomes(both_right, fixed, broken, both_wrong):
    """Errors of the same samples in two runs."""
    base = np.repeat([0.0, 1.0, 0.0, 1.0], [both_right, fixed, broken, both_wrong])
    new = np.repeat([0.0, 0.0, 1.0, 1.0], [both_right, fixed, broken, both_wrong])
    return base, new


def test_paired_mean_is_the_t_test_of_the_differences():
    base, new = np.random.default_rng(0).exponential(size=(2, 40))
    found, expected = paired_mean(base, new, 0.9), stats.ttest_rel(new, base)
    assert found.p == pytest.approx(expected.pvalue)
    assert (found.estimate.low, found.estimate.high) == pytest.approx(tuple(expected.confidence_interval(0.9)))
    assert found.value == pytest.approx(found.new - found.base)


def test_mcnemar_is_exact():
    base, new = outcomes(80, 12, 3, 5)
    found = paired_share(base, new)
    assert found.p == pytest.approx(stats.binomtest(3, 15).pvalue)
    assert (found.base, found.new, found.value) == (0.17, 0.08, pytest.approx(-0.09))


def test_paired_share_by_hand():
    # Agresti & Min 2005: 12.5 and 3.5 of 102; z sqrt(16 - 9^2 / 102) / 102
    found = paired_share(*outcomes(80, 12, 3, 5))
    half = 1.959963985 * (16 - 81 / 102) ** 0.5 / 102
    assert (found.estimate.low, found.estimate.high) == pytest.approx((-9 / 102 - half, -9 / 102 + half))


def test_no_change_has_a_width():
    found = paired_share(*outcomes(20, 0, 0, 5))
    assert found.p == 1.0
    assert found.estimate.low < 0 < found.estimate.high


def test_unpaired():
    base, new = np.repeat([0.0, 1.0], [80, 20]), np.repeat([0.0, 1.0], [90, 60])
    found = unpaired_share(base, new)
    first, second = 21 / 102, 61 / 152
    half = 1.959963985 * (first * (1 - first) / 102 + second * (1 - second) / 152) ** 0.5
    assert (found.estimate.low, found.estimate.high) == pytest.approx((second - first - half, second - first + half))
    table = [[20, 80], [60, 90]]
    assert found.p == pytest.approx(stats.chi2_contingency(table, correction=False).pvalue)
    assert unpaired_mean(base, new).p == pytest.approx(stats.ttest_ind(new, base, equal_var=False).pvalue)


@pytest.mark.parametrize("compare", [paired_mean, paired_share, unpaired_mean, unpaired_share])
def test_nothing_to_compare(compare):
    found = compare(np.empty(0), np.empty(0))
    assert found.p == 1.0
    assert np.isnan(found.value)


@pytest.mark.parametrize(("n", "rate"), [(30, 0.1), (200, 0.08)])
def test_paired_intervals_hold_the_truth(n, rate):
    """Of 400 comparisons of two models that are equally good, about 20 exclude 0; errors are shared in part."""
    generator = np.random.default_rng(n)
    held = 0
    for _ in range(400):
        hard = generator.random(n) < rate
        errors = [np.where(generator.random(n) < 0.5, hard, generator.random(n) < rate).astype(float) for _ in range(2)]
        held += not paired_share(*errors).estimate.excludes_zero
    assert held >= 370
