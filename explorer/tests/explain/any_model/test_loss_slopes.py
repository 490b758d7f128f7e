"""The slopes of losses, against those worked out by hand."""

import numpy as np
import pytest

from leap_explorer.explain.any_model.loss_slopes import LossOfNumbers
from leap_explorer.explain.any_model.question import NoGradientError


class Given:
    """A loss of one output."""

    def __init__(self, function):
        self.values = lambda outputs: function(outputs[-1])


def found(function, rows, is_vector=True):
    return LossOfNumbers(Given(function), 1, (), is_vector).values_and_slopes(np.array(rows, dtype=float))


def cross_entropy(said):
    """Of the second class, in the numbers' own precision."""
    return -np.log(said[:, 1])


def test_of_logits():
    rows = [[1.0, -2.0], [0.0, 30.0], [1e-3, 250.0]]
    truth = np.array([0.5, 1.0])
    values, slopes = found(lambda said: ((said - truth) ** 2).mean(axis=1), rows)
    assert slopes == pytest.approx(np.array(rows) - truth, rel=1e-3, abs=1e-3)
    assert values == pytest.approx(((np.array(rows) - truth) ** 2).mean(axis=1), rel=1e-4)


@pytest.mark.parametrize("probability", [0.5, 1e-5, 0.9999])
def test_of_probabilities_near_their_ends(probability):
    rows = [[1 - probability, probability]]
    assert found(cross_entropy, rows)[1][0] == pytest.approx([0, -1 / probability], rel=2e-3)


def test_of_an_output_without_an_axis():
    assert found(lambda said: (said - 2) ** 2, [[5.0]], is_vector=False)[1] == pytest.approx(
        np.array([[6.0]]), rel=1e-3
    )


@pytest.mark.parametrize(
    "function", [lambda said: (said[:, 0] > 0.2).astype(float), lambda said: np.full(len(said), np.nan)]
)
def test_a_loss_without_a_slope(function):
    with pytest.raises(NoGradientError, match="no slope"):
        found(function, [[0.7, 0.3]])
