"""Claims against ranks worked out by hand, and where nothing can be said."""

import numpy as np
import pandas as pd
import pytest

from leap_explorer.insights.claims import Claim, claimed_correlation, spearman, verdict
from leap_explorer.intervals import Estimate

N = 200


def _samples(**columns):
    return pd.DataFrame({"subset": ["test"] * N, "ground_truth": ["a"] * N, "prediction": ["a"] * N, **columns})


def test_rank_correlation_by_hand():
    """Ranks 1 2 3 4 5 and 2 1 4 3 5: 1 - 6 * 4 / (5 * 24) = 0.8."""
    found = spearman(np.array([1.0, 2, 3, 4, 50]), np.array([2.0, 1, 4, 3, 5]))
    assert found.value == pytest.approx(0.8)
    half = 1.959964 * ((1 + 0.32) / 2) ** 0.5
    assert (np.arctanh(found.high) - np.arctanh(found.low)) / 2 == pytest.approx(half, rel=1e-5)


def test_a_perfect_order_has_no_width():
    assert spearman(np.arange(9.0), np.arange(9.0) ** 3) == Estimate(1, 1, 1)


def test_nearness_to_a_value():
    values = np.linspace(-1, 1, N)
    samples = _samples(polarity=values, loss=np.exp(-(values**2)) + 0.3 * np.random.default_rng(0).random(N))
    near, n = claimed_correlation(samples, Claim("", "polarity", near=0.0))
    plain, _ = claimed_correlation(samples, Claim("", "polarity"))
    assert (verdict(near), verdict(plain), n) == ("holds", "not told from chance", N)
    opposite, _ = claimed_correlation(samples.assign(loss=-samples["loss"]), Claim("", "polarity", near=0.0))
    assert verdict(opposite) == "the opposite holds"


def test_only_held_out_samples_with_both_count():
    loss = np.arange(N, dtype=float)
    loss[0] = np.inf
    samples = _samples(length=np.arange(N), loss=loss)
    samples.loc[:49, "subset"] = "training"
    samples.loc[60:64, "loss"] = np.nan
    assert claimed_correlation(samples, Claim("", "length"))[1] == N - 50 - 5


@pytest.mark.parametrize("claim", [Claim("", "absent"), Claim("", "same")])
def test_nothing_is_said_without_the_column_or_without_its_varying(claim):
    assert claimed_correlation(_samples(same=1.0, loss=np.arange(N)), claim) is None
    assert claimed_correlation(_samples(same=1.0), claim) is None
