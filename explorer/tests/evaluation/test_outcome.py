"""What a run says of a sample, by its kind of task: each number by hand."""

import numpy as np
import pytest

from leap_explorer.evaluation.outcome import outcome_columns, probabilities, sigmoid, softmax
from leap_explorer.runs.task import Task


def test_softmax():
    powers = np.exp([1.0, 2.0, 3.0])
    np.testing.assert_allclose(softmax(np.array([[1, 2, 3]])), [powers / powers.sum()])
    np.testing.assert_allclose(softmax(np.array([[1000.0, 1000.0]])), [[0.5, 0.5]])


def test_sigmoid():
    np.testing.assert_allclose(sigmoid(np.array([0.0, np.log(3), -1000.0])), [0.5, 0.75, 0.0])


def arrays(*rows):
    return [None if row is None else np.array(row, dtype=np.float32) for row in rows]


class TestProbabilities:
    def test_shares_are_taken_of_their_sum(self):
        task = Task("single-label", ("a", "b"), "shares")
        np.testing.assert_allclose(probabilities(task, np.array([[0.2, 0.6]])), [[0.25, 0.75]])

    def test_binary(self):
        shares, logits = Task("binary", ("no", "yes"), "shares"), Task("binary", ("no", "yes"))
        np.testing.assert_allclose(probabilities(shares, np.array([[0.2]])), [[0.8, 0.2]])
        np.testing.assert_allclose(probabilities(logits, np.array([[np.log(3)]])), [[0.25, 0.75]])

    def test_each_label_by_itself(self):
        task = Task("multi-label", ("a", "b"))
        np.testing.assert_allclose(probabilities(task, np.array([[0.0, np.log(3)]])), [[0.5, 0.75]])


@pytest.mark.parametrize(
    ("truth", "label"),
    [([0, 1], "b"), ([0.95, 0.05], "a"), ([1], "b"), (1, "b"), ([-1], None), ([7], None), ([0, 0], None), ([], None)],
)
def test_label_of(truth, label):
    found = outcome_columns(Task("single-label", ("a", "b")), np.array([[2.0, 1.0]]), arrays(truth))
    assert (found["ground_truth"], found["prediction"]) == ([label], ["a"])


def test_binary():
    task = Task("binary", ("no", "yes"), "shares")
    found = outcome_columns(task, np.array([[0.7], [0.3], [0.5]]), arrays([0], [1], None))
    assert found["prediction"] == ["yes", "no", "yes"]
    assert found["ground_truth"] == ["no", "yes", None]
    assert found["probability_no"] == pytest.approx([0.3, 0.7, 0.5])


def test_multi_label():
    task = Task("multi-label", ("cat", "dog"), "shares")
    found = outcome_columns(task, np.array([[0.9, 0.6], [0.1, 0.2], [0.8, 0.1]]), arrays([1, 1], [0, 1], None))
    assert found["prediction"] == ["cat + dog", "none", "cat"]
    assert found["ground_truth"] == ["cat + dog", "dog", None]
    assert found["label_truth_dog"] == [1.0, 1.0, None]
    assert found["label_probability_dog"] == [0.6, 0.2, 0.1]


def test_regression():
    found = outcome_columns(Task("regression"), np.array([[1.5], [2.0]]), arrays([1.0], None))
    assert found == {"prediction": [1.5, 2.0], "ground_truth": [1.0, None]}


def test_vector_regression():
    found = outcome_columns(
        Task("vector-regression", ("x", "y")), np.array([[1.0, 2.0], [0.0, 0.0]]), arrays([0, 5], None)
    )
    assert found["absolute_error"] == [2.0, None]  # of 1 and 3
    assert (found["predicted_y"], found["true_y"]) == ([2.0, 0.0], [5.0, None])


class TestPositions:
    task = Task("positions", ("o", "x"), class_axis=-1)
    output = np.array([[[2, 1], [0, 1], [3, 0]]], dtype=float)  # o, x, o

    def test_class_numbers(self):
        found = outcome_columns(self.task, self.output, arrays([0, 0, -1]))
        assert (found["positions"], found["position_accuracy"]) == ([2], [0.5])
        assert [(one["truth"], one["prediction"], one["count"]) for one in found["confusions"][0]] == [
            ("o", "o", 1),
            ("o", "x", 1),
        ]

    def test_one_hot_where_nothing_is_hot_does_not_count(self):
        found = outcome_columns(self.task, self.output, arrays([[0, 1], [0, 1], [0, 0]]))
        assert (found["positions"], found["position_accuracy"]) == ([2], [0.5])

    def test_channels_first(self):
        task = Task("positions", ("o", "x"), class_axis=0)
        found = outcome_columns(task, np.moveaxis(self.output, -1, 1), arrays([0, 1, 1]))
        assert found["position_accuracy"] == [pytest.approx(2 / 3)]

    def test_one_channel(self):
        task = Task("positions", ("back", "front"), "shares")
        found = outcome_columns(task, np.array([[[[0.9], [0.2]]]]), arrays([[[1], [1]]]))
        assert found["position_accuracy"] == [0.5]

    def test_without_a_truth(self):
        found = outcome_columns(self.task, self.output, arrays(None))
        assert found == {"positions": [None], "position_accuracy": [None], "confusions": [[]]}


def test_other():
    assert outcome_columns(Task("other"), np.zeros((2, 3)), [None, None]) == {}
