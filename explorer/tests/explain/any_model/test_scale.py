import numpy as np
import pytest

from leap_explorer.explain.any_model.scale import Scale, scale_of
from leap_explorer.runs.task import Task


def largest(scale, outputs):
    """What the largest column of a sample is, and what is explained of it."""
    return scale.columns([outputs])[0].max(), scale.number([outputs]).values([outputs])[0]


def test_of_classes_the_predicted_one():
    task = Task("single-label", ("a", "b", "c"), "logits")
    assert scale_of(task, -1).from_logits
    assert largest(scale_of(task, -1), np.array([[1.0, 3.0, 2.0]])) == (3.0, 3.0)


def test_of_one_output_for_two_classes_the_one_or_the_other():
    shares = scale_of(Task("binary", ("no", "yes"), "shares"), -1)
    assert largest(shares, np.array([[0.9]])) == pytest.approx((0.9, 0.9))
    assert largest(shares, np.array([[0.2]])) == pytest.approx((0.8, -0.2))
    logits = scale_of(Task("binary", ("no", "yes"), "logits"), -1)
    assert logits.columns([np.array([[-2.0]])]).tolist() == [[0.0, -2.0]]
    assert largest(logits, np.array([[-2.0]])) == (0.0, 2.0)


def test_of_numbers_the_most_unusual_one():
    scale = Scale("numbers", 0, -1, mean=(1.0, 100.0), deviation=(1.0, 50.0))
    assert largest(scale, np.array([[2.0, 40.0]])) == pytest.approx((1.2, -40.0))
    assert largest(scale, np.array([[3.0, 40.0]])) == pytest.approx((2.0, 3.0))


def test_over_positions_the_mean():
    task = Task("positions", ("sky", "sea"), "logits", class_axis=0)
    outputs = np.arange(8.0).reshape(1, 2, 2, 2)
    assert scale_of(task, 1).columns([outputs]).tolist() == [[1.5, 5.5]]
    assert largest(scale_of(task, 1), outputs) == (5.5, 5.5)


def test_other_tasks_are_judged_by_their_numbers():
    kinds = [scale_of(Task(kind), -1).kind for kind in ("regression", "multi-label", "vector-regression", "other")]
    assert kinds == ["numbers"] * 4
