"""Known shapes are found again, and noise has none."""

import numpy as np
import pytest

from leap_explorer.insights.bins import bin_of, quantile_edges
from leap_explorer.insights.shape import NONE, Shape, ordered_shape, unordered_shape

N = 1500


def shape_of(effect, seed=0, n=N):
    """Of a loss with skewed noise over ten ranges of a normal column."""
    generator = np.random.default_rng(seed)
    x = generator.normal(size=n)
    values = effect(x) + generator.exponential(0.4, n)
    return ordered_shape(bin_of(x, quantile_edges(x, 10)), values)


def nothing(x):
    return np.zeros_like(x)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    ("kind", "effect"),
    [
        ("rises", lambda x: 0.15 * x),
        ("rises", lambda x: 0.4 * (x > 1)),
        ("falls", lambda x: -0.3 * np.tanh(2 * x)),
        ("peak", lambda x: -0.15 * x**2),
        ("peak", lambda x: 0.4 * np.exp(-6 * (x - 0.6) ** 2)),
        ("dip", lambda x: 0.15 * np.abs(x + 0.3) ** 2),
        ("mixed", lambda x: 0.4 * np.sin(3 * x)),
    ],
)
def test_known_shapes(kind, effect, seed):
    assert shape_of(effect, seed).kind == kind


@pytest.mark.parametrize("n", [100, 1500, 6000], ids=["few", "shuffled", "normal means"])
def test_noise_has_a_shape_in_at_most_five_per_cent(n):
    found = [shape_of(nothing, seed, n).kind for seed in range(200)]
    assert sum(kind != "none" for kind in found) <= 16  # beyond it with p < 0.03 at 5 %


def test_noise_whose_spread_goes_with_the_column_has_none():
    def kind(seed):
        generator = np.random.default_rng(seed)
        x = generator.normal(size=N)
        values = generator.normal(size=N) * np.exp(x / 2)
        return ordered_shape(bin_of(x, quantile_edges(x, 10)), values).kind

    assert sum(kind(seed) != "none" for seed in range(200)) <= 16


def test_where_it_turns():
    shape = shape_of(lambda x: 0.5 * ((x > -0.5) & (x < 0.5)))
    assert (shape.kind, shape.between) == ("peak", None)
    low, high = shape.at
    assert 3 <= low <= high <= 6  # the ranges of the middle, 31 to 69 % of a normal column


def test_what_differs_most_surely():
    shape = shape_of(lambda x: 0.5 * (x > 0))
    assert (shape.kind, shape.at) == ("rises", None)
    (_, first_high), (second_low, _) = shape.between
    assert (first_high, second_low) == (4, 5)


def test_the_same_samples_have_the_same_shape():
    assert shape_of(nothing, 7) == shape_of(nothing, 7)


@pytest.mark.parametrize(
    ("codes", "values"),
    [([], []), ([0] * 50, range(50)), ([0, 1] * 50, [3.0] * 100), ([0, 1] * 19, range(38))],
    ids=["no sample", "one range", "a constant", "too few"],
)
def test_nothing_to_compare(codes, values):
    assert ordered_shape(np.array(codes, dtype=int), np.array(values, dtype=float)) == NONE


def test_ranges_that_hold_constants():
    codes = np.repeat([0, 1, 2], 30)
    assert ordered_shape(codes, codes.astype(float)).kind == "rises"


def test_values_without_an_order():
    generator = np.random.default_rng(0)
    codes = generator.integers(0, 3, 600)
    noise = generator.exponential(0.4, 600)
    assert unordered_shape(codes, noise + 0.3 * (codes == 1)) == Shape("differs")
    assert unordered_shape(codes, noise) == NONE
    assert unordered_shape(codes[:10], noise[:10]) == NONE


def test_two_values_are_compared_once():
    generator = np.random.default_rng(1)
    kinds = [unordered_shape(np.arange(200) % 2, generator.exponential(0.4, 200)).kind for _ in range(300)]
    assert kinds.count("differs") <= 24
    assert unordered_shape(np.arange(200) % 2, np.arange(200) % 2 + generator.normal(size=200)).kind == "differs"
