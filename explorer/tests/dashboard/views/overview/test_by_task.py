"""What the overview shows of a model that is no classifier, by its kind of task."""

import numpy as np
import pandas as pd
import pytest

from dashboard_data import made_data, made_frame
from leap_explorer.dashboard.plots.residuals import MOST_DOTS, drawn_rows, residual_figure
from leap_explorer.dashboard.views.overview.by_task import element_counts, position_confusion, task_card
from leap_explorer.runs.task import Task


def data_of(task, frame=None, confusions=None):
    data = made_data(made_frame() if frame is None else frame, labels=())
    data.run.info["task"] = task.to_dict()
    vars(data.run)["confusions"] = confusions
    return data


def written(component):
    """All text of a component."""
    if component is None or isinstance(component, str | int | float):
        return str(component or "")
    children = getattr(component, "children", None)
    parts = children if isinstance(children, list | tuple) else [children]
    return " ".join(filter(None, map(written, parts)))


EVERY = np.ones(5, dtype=bool)
COUNTS = pd.DataFrame(
    {
        "row": [0, 0, 1, 2, 0, 1, 3],
        "matrix": ["positions"] * 4 + ["boxes"] * 3,
        "truth": ["o", "x", "x", "o", "car", "car", "dog"],
        "prediction": ["o", "o", "x", "x", "true_positives", "false_negatives", "false_positives"],
        "count": [3, 1, 4, 2, 5, 1, 2],
    }
)


class TestPositions:
    data = data_of(Task("positions", ("o", "x")), confusions=COUNTS)

    def test_matrix_of_the_rows_that_count(self):
        assert position_confusion(self.data, EVERY).tolist() == [[3, 2], [1, 4]]
        assert position_confusion(self.data, np.array([False, True, False, False, False])).tolist() == [[0, 0], [0, 4]]

    def test_elements_by_label(self):
        (counts,) = element_counts(self.data, EVERY).values()
        assert counts.loc["car"].tolist() == [5, 0, 1, 0]
        assert counts.loc["dog", "false_positives"] == 2

    def test_card(self):
        text = written(task_card(self.data, EVERY, False))
        assert "Confusion matrix, of positions" in text
        assert "boxes, by label of its elements" in text
        assert "83.3 %" in text  # 5 of 6 cars are found

    def test_many_classes_are_listed(self):
        names = tuple("ox") + tuple(map(str, range(30)))
        text = written(task_card(data_of(Task("positions", names), confusions=COUNTS), EVERY, False))
        assert "Most frequent mix-ups of 32 classes" in text


def test_multi_label():
    frame = made_frame().assign(label_truth_a=[1.0, 0, 1, 0, 1], label_probability_a=[0.9, 0.9, 0.9, 0.1, 0.1])
    text = written(task_card(data_of(Task("multi-label", ("a",)), frame), EVERY, False))
    assert "Each label by itself" in text
    assert "66.7 %" in text  # the failed sample does not count


def test_regression_and_its_residuals():
    frame = made_frame().assign(ground_truth=[1.0, 2, 3, 4, None], prediction=[1.0, 3, 3, 4, 5])
    assert "Predictions and their errors" in written(task_card(data_of(Task("regression"), frame), EVERY, False))
    none = frame.assign(ground_truth=[None] * 5)
    assert "No sample here has a ground truth" in written(task_card(data_of(Task("regression"), none), EVERY, False))


def test_several_numbers():
    frame = made_frame().assign(true_x=[0.0, 2, 1, 1, 1], predicted_x=[0.0, 1, 1, 1, 1])
    text = written(task_card(data_of(Task("vector-regression", ("x",)), frame), EVERY, False))
    assert "0.250" in text  # 1 / 4


@pytest.mark.parametrize("task", [Task("other"), Task("single-label", ("a", "b"))])
def test_nothing_to_show(task):
    assert task_card(data_of(task), EVERY, False) is None


class TestResiduals:
    def test_error_is_above_zero_where_the_prediction_is_too_high(self):
        figure = residual_figure(np.array([1.0, 2.0]), np.array([3.0, 2.0]), False)
        assert figure["data"][1]["y"] == [2.0, 0.0]
        assert figure["data"][2]["x"] == [1.0, 3.0]

    def test_no_more_dots_than_can_be_told(self):
        assert len(drawn_rows(3)) == 3
        assert len(drawn_rows(MOST_DOTS + 1)) == MOST_DOTS
