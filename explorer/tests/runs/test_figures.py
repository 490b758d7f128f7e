"""The figures of each kind of task, computed by hand; what is undefined is not there."""

import numpy as np
import pandas as pd
import pytest

from leap_explorer.intervals import ratio_interval, wilson_interval
from leap_explorer.runs.figures import figure_names, figures, label_scores, number_scores
from leap_explorer.runs.task import KINDS, Task


def values(task, **columns):
    return {one.name: one.estimate.value for one in figures(task, pd.DataFrame(columns))}


@pytest.mark.parametrize("kind", ["single-label", "binary"])
def test_one_label(kind):
    found = values(Task(kind, ("a", "b")), ground_truth=["a", "b", None, "b"], prediction=["a", "a", "a", "b"])
    assert found == {"accuracy": pytest.approx(2 / 3)}


def test_any_number_of_labels():
    task = Task("multi-label", ("cat", "dog"))
    samples = pd.DataFrame(
        {
            "ground_truth": ["cat", "cat + dog", "none", "dog"],
            "prediction": ["cat", "cat", "none", "cat"],
            "label_truth_cat": [1, 1, 0, 0],
            "label_probability_cat": [0.9, 0.8, 0.1, 0.5],
            "label_truth_dog": [0, 1, 0, 1],
            "label_probability_dog": [0.1, 0.2, 0.3, 0.4],
        }
    )
    assert [one.estimate.value for one in figures(task, samples)] == [0.5]
    cat, dog = label_scores(task, samples)
    assert (cat.right, cat.precision.value, cat.recall.value) == (2, pytest.approx(2 / 3), 1.0)
    assert (cat.precision.low, cat.precision.high) == wilson_interval(2, 3)
    assert (dog.right, dog.precision, dog.recall.value) == (2, None, 0.0)  # never predicted: no precision


def test_a_number():
    found = values(Task("regression"), ground_truth=[1.0, 2.0, 3.0, None], prediction=[1.0, 3.0, 3.0, 9.0])
    assert found == {"mean absolute error": pytest.approx(1 / 3), "R2": pytest.approx(0.5)}  # 1 - 1 / 2


@pytest.mark.parametrize("truth", [[2.0, 2.0], [2.0, None]])
def test_no_r2_where_nothing_varies(truth):
    assert list(values(Task("regression"), ground_truth=truth, prediction=[1.0, 3.0])) == ["mean absolute error"]


def test_several_numbers():
    task = Task("vector-regression", ("x", "y"))
    samples = pd.DataFrame(
        {
            "absolute_error": [0.5, 1.5, None],
            "true_x": [0.0, 2.0, None],
            "predicted_x": [0.0, 1.0, 5.0],
            "true_y": [4.0, 4.0, None],
            "predicted_y": [5.0, 2.0, 1.0],
        }
    )
    found = {one.name: one.estimate.value for one in figures(task, samples)}
    assert found == {"mean absolute error": 1.0, "R2": 0.5}  # of x alone, as y does not vary
    x, y = number_scores(task, samples)
    assert (x.error.value, x.explained.value) == (0.5, 0.5)
    assert (y.error.value, y.explained) == (1.5, None)


def test_positions_count_each():
    found = values(Task("positions", ("o", "x")), positions=[10, 30, None], position_accuracy=[1.0, 0.5, None])
    assert found == {"accuracy by position": 0.625}  # 25 of 40


def test_other_has_none():
    assert figures(Task("other"), pd.DataFrame({"ground_truth": [None], "prediction": [None]})) == []


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_labelled(kind):
    samples = pd.DataFrame({"ground_truth": [None, None], "prediction": [None, None]})
    assert figures(Task(kind, ("a", "b")), samples) == []
    assert label_scores(Task("regression"), samples) == []


def test_names_are_those_of_the_figures():
    assert [figure_names(kind) for kind in ("binary", "other")] == [("accuracy",), ()]


class TestRatioInterval:
    def test_of_a_constant_ratio(self):
        assert ratio_interval(np.array([1.0, 2.0]), np.array([2.0, 4.0])) == (0.5, 0.5)

    def test_both_ways_agree(self):
        generator = np.random.default_rng(0)
        below = generator.uniform(1, 2, 1000)
        above = below * generator.uniform(0, 1, 1000)
        few = ratio_interval(above, below)
        many = ratio_interval(np.tile(above, 2), np.tile(below, 2))
        assert np.diff(few) == pytest.approx(np.diff(many) * 2**0.5, rel=0.1)

    def test_of_one(self):
        assert np.isnan(ratio_interval(np.ones(1), np.ones(1))).all()
