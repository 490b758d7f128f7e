import numpy as np
import pandas as pd

from leap_explorer.dashboard.views.compare.table import in_order

SAMPLES = pd.DataFrame(
    {
        "outcome": ["fixed", "broken", "still wrong", "both right"],
        "id": ["b", "a", "d", "c"],
        "prediction_base": ["no", "yes", "yes", "no"],
        "confidence_base": [0.6, 0.7, 0.9, 0.8],
        "loss_base": [3.0, 0.1, np.nan, 0.2],
        "loss_new": [0.1, 2.0, 1.0, 0.2],
    },
    index=[7, 3, 5, 1],
)


def places(*order):
    return in_order(SAMPLES, [{"colId": column, "sort": sort} for column, sort in order]).index.tolist()


def test_in_order():
    assert places() == [7, 3, 5, 1]
    assert places(("gone", "asc")) == [7, 3, 5, 1]
    assert places(("id", "desc")) == [5, 1, 7, 3]
    assert places(("outcome", "desc")) == [1, 5, 3, 7]
    assert places(("change", "desc")) == [3, 1, 7, 5]  # what is unknown stands last
    assert places(("loss_base", "asc")) == [3, 1, 7, 5]


def test_predictions_are_in_order_of_label_and_confidence():
    assert places(("prediction_base", "asc")) == [7, 1, 3, 5]
    assert places(("prediction_base", "desc"), ("id", "asc")) == [5, 3, 1, 7]


def test_ties_are_in_order_of_the_next_header():
    same = SAMPLES.assign(loss_new=1.0)
    found = in_order(same, [{"colId": "loss_new", "sort": "desc"}, {"colId": "id", "sort": "asc"}])
    assert found["id"].tolist() == ["a", "b", "c", "d"]
    assert in_order(same, [{"colId": "loss_new", "sort": "desc"}]).index.tolist() == SAMPLES.index.tolist()
