import numpy as np

from leap_explorer.tables.predictions import Outcome
from leap_explorer.tables.scores import absolute_error, accuracy, cross_entropy

CLASSES = Outcome(
    ("no", "yes"), np.array([[0.25, 0.75], [0.25, 0.75], [0.5, 0.5], [1.0, 0.0]]), ["yes", "no", None, "yes"], []
)


def test_cross_entropy():
    np.testing.assert_allclose(cross_entropy(CLASSES), [-np.log(0.75), -np.log(0.25), np.nan, -np.log(1e-7)])


def test_accuracy():
    np.testing.assert_array_equal(accuracy(CLASSES), [1, 0, np.nan, 0])


def test_absolute_error():
    numbers = Outcome(None, np.empty((3, 0)), np.array([1.0, np.nan, -2.0]), np.array([3.0, 1.0, -2.5]))
    np.testing.assert_array_equal(absolute_error(numbers), [2, np.nan, 0.5])
