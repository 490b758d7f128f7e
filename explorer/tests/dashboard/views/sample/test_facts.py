import numpy as np
import pandas as pd

from dashboard_data import made_data, made_frame
from leap_explorer.dashboard.report.static_html import to_html
from leap_explorer.dashboard.views.sample.facts import facts, most_probable
from leap_explorer.runs.task import Task


def test_most_probable_and_the_true_one():
    probabilities = {"a": 0.1, "b": 0.5, "c": 0.15, "d": 0.25}
    assert list(most_probable(probabilities, 2, [])) == ["b", "d"]
    assert list(most_probable(probabilities, 2, ["a"])) == ["a", "b"]
    assert most_probable(probabilities, 9, ["a"]) == probabilities


def shown(task, **columns):
    """The facts of the first sample of a run of that task, as HTML."""
    data = made_data(made_frame().assign(**columns), labels=())
    data.run.info["task"] = task.to_dict()
    found = facts(data, "training/a1")
    return to_html(found, found)


def column(first):
    return pd.array([first, 1.0, 1.0, 1.0, 1.0], dtype="Float32")


def test_positions_by_how_many_are_right():
    task = Task("positions", ("o", "b"))
    page = shown(task, position_accuracy=column(0.6), positions=column(5))
    assert "60.0 %" in page
    assert "3 of 5" in page
    assert "Prediction" not in page
    assert "not labelled" in shown(task, position_accuracy=column(np.nan), positions=column(np.nan))


def test_a_vector_by_each_number():
    task = Task("vector-regression", ("x", "y"))
    numbers = {"predicted_x": 1.5, "true_x": 1.0, "predicted_y": -2, "true_y": -2.25, "absolute_error": 0.375}
    page = shown(task, **{name: column(value) for name, value in numbers.items()})
    assert [one in page for one in ("0.375", "mean over 2 numbers", "1.50", "1.00", "-2.00", "-2.25")] == [True] * 6
    assert "not labelled" not in page


def test_any_number_of_labels_each_with_its_probability():
    values = {"label_probability_a": 0.8, "label_truth_a": 1, "label_probability_b": 0.7, "label_truth_b": 0}
    said = {"prediction": ["a + b", "", "", "", ""], "ground_truth": ["a", "", "", "", ""]}
    page = shown(Task("multi-label", ("a", "b")), **{name: column(one) for name, one in values.items()}, **said)
    assert "a + b" in page
    assert "wrong" in page
    assert "80.0 %" in page
    assert page.count("ground truth") == 1
    assert "by itself" in page


def test_a_number_and_what_is_right_with_the_same_decimals():
    page = shown(Task("regression"), prediction=column(1.065804), ground_truth=column(0.56580406))
    assert "1.07" in page
    assert "0.57" in page
    assert "0.565" not in page


def test_what_only_the_integrations_metrics_judge():
    page = shown(Task("other"))
    assert "Loss" in page
    assert "Ground truth" not in page
