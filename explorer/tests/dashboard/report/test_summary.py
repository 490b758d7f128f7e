"""The five sentences, of runs whose errors and insights are known."""

import numpy as np
import pandas as pd
import pytest

from dashboard_data import made_data
from leap_explorer.dashboard.report.summary import errors_of, summary
from leap_explorer.insights import Condition, Insight

FILTER = (Condition("subset", "==", "validation"),)


def _frame(wrong, n=10):
    """Two training samples, then held-out ones, of which these are answered wrongly."""
    truth = np.array(["no", "yes"] * n)[:n]
    said = np.where(np.isin(np.arange(n), wrong), np.where(truth == "no", "yes", "no"), truth)
    return pd.DataFrame(
        {
            "id": [f"s{row}" for row in range(n)],
            "subset": ["training"] * 2 + ["validation"] * (n - 2),
            "ground_truth": pd.array(truth, dtype="string"),
            "prediction": pd.array(said, dtype="string"),
            "loss": np.where(said == truth, 0.1, 2.0),
            "error": pd.array([None] * n, dtype="string"),
        }
    )


def _data(name, wrong, insights=(), **more):
    data = made_data(_frame(wrong), name, **more)
    vars(data.run)["insights"] = [one.to_dict() for one in insights]
    return data


SLICE = Insight(
    "slice", "low_performance", "Words costs more.", 0.3, 3, 8,
    {"phrase": "words 300 or more", "loss_inside": 0.4, "loss_outside": 0.2}, FILTER,
)  # fmt: skip
LABELS = Insight("labels", "mislabeled", "Labels.", 0.5, 2, 8, {"wrong_predictions": {"n": 3, "doubtful": 2}}, FILTER)
OF_TRAINING = Insight("more", "mislabeled", "Labels.", 0.1, 5, 90, {"wrong_predictions": None}, FILTER)


def test_errors_are_held_out():
    assert errors_of(_data("a", [0, 2, 3])) == {"validation/s2", "validation/s3"}
    assert errors_of(_data("a", [0, 2], labels=())) == {"validation/s2"}


def test_two_models():
    first = _data("dense", [1, 2, 3, 4], [LABELS, SLICE, OF_TRAINING])
    second = _data("bert", [4, 5])
    who, where, noise, fixed, to_do = summary([first, second])
    assert who == (
        "dense is right on 62.5 % (30.6-86.3) of 8 held-out samples and bert is right on 75.0 % (40.9-92.9) of 8 "
        "held-out samples."
    )
    assert where == (
        "dense fails most here: Words 300 or more costs 100 % more loss (3 of 8 samples, 30.0 % of the held-out loss "
        "at stake); no group of samples stands out where bert fails."
    )
    assert noise == (
        "Label noise could explain 2 of 3 errors of dense (66.7 %), and 7 labels in all are likely mislabelled; "
        "no label of bert is likely mislabelled."
    )
    assert (
        fixed == "bert is right on 2 of 3 errors of dense, and wrong on 1 that dense gets right; 1 are wrong with both."
    )
    assert to_do == (
        "What to do first: review the 2 validation labels that are likely wrong, on the page Labels; collect or weight "
        "training samples like these 3 (words 300 or more)."
    )


def test_one_model_without_insights():
    _, where, noise, fixed, to_do = summary([_data("dense", [2])])
    assert where == "No group of samples stands out where dense fails."
    assert noise == "No label of dense is likely mislabelled."
    assert fixed == "There is one model here, so nothing says which of its errors another would fix."
    assert to_do == "Nothing was found that asks for action."


def test_a_regression_and_a_run_without_labels():
    (who, *_rest) = summary([_data("price", [], labels=())])
    assert who == "price has a mean loss of 0.100 (0.100-0.100) on 8 held-out samples."
    unlabelled = made_data(_frame([]).assign(loss=pd.array([None] * 10, dtype="Float32")), "new", labels=())
    vars(unlabelled.run)["insights"] = []
    assert summary([unlabelled])[0] == "new has no held-out sample with a label."


@pytest.mark.parametrize("labels", [(), ("a", "b")])
def test_models_of_other_labels_are_not_compared(labels):
    sentence = summary([_data("dense", [2], labels=labels), _data("bert", [3])])[3]
    assert "their errors are not compared" in sentence
