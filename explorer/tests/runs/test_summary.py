from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from leap_explorer.intervals import wilson_interval
from leap_explorer.runs.figures import ACCURACY
from leap_explorer.runs.run import Run
from leap_explorer.runs.summary import Estimate, accuracy, mean_loss, subset_summary


def table():
    return pd.DataFrame(
        {
            "subset": ["training"] * 4 + ["unlabeled"] * 2,
            "ground_truth": pd.array(["a", "a", "b", None, None, None], dtype="string"),
            "prediction": pd.array(["a", "b", "b", None, "a", "b"], dtype="string"),
            "loss": pd.array([0.1, 0.9, 0.2, None, None, None], dtype="Float32"),
        }
    )


def run(labels):
    counts = {
        "training": {"evaluated": 4, "available": 9, "failed": 1},
        "unlabeled": {"evaluated": 2, "available": 2, "failed": 0},
    }
    made = Run(Path("nowhere"), {"labels": labels, "counts": counts})
    made.__dict__["samples"] = table()
    return made


def test_accuracy():
    estimate = accuracy(table())
    assert estimate == Estimate(2 / 3, *wilson_interval(2, 3))


def test_loss():
    estimate = mean_loss(table())
    assert estimate is not None
    assert estimate.value == pytest.approx(0.4)
    assert estimate.low < 0.4 < estimate.high


def test_loss_of_one():
    estimate = mean_loss(table().iloc[:1])
    assert estimate is not None
    assert estimate.value == pytest.approx(0.1)
    assert np.isnan(estimate.low)


def test_nothing_labelled():
    assert accuracy(table().iloc[4:]) is None
    assert mean_loss(table().iloc[4:]) is None


def test_subsets():
    training, unlabeled = subset_summary(run(["a", "b"]))
    assert (training.subset, training.available, training.evaluated, training.failed) == ("training", 9, 4, 1)
    assert [one.name for one in training.figures] == [ACCURACY]
    assert (unlabeled.figures, unlabeled.loss) == ([], None)


def test_regression_has_no_accuracy():
    training, _ = subset_summary(run(None))
    assert training.figures == []  # its ground truth is no number
    assert training.loss is not None


def test_text():
    assert Estimate(0.917, 0.9061, 0.9272).text(percent=True) == "91.7 % (90.6-92.7)"
    assert Estimate(0.2274, 0.2108, 0.2429).text() == "0.227 (0.211-0.243)"
    assert Estimate(0.692, np.nan, np.nan).text() == "0.692"
    assert Estimate(0.692, np.nan, np.nan).text(percent=True) == "69.2 %"
