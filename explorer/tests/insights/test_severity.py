"""Severity in one unit: by hand, and the order of several faults whose sizes are known because they were planted."""

import numpy as np
import pandas as pd
import pytest

from insight_runs import LABELS, columns_of, make_run
from leap_explorer.insights import find_insights
from leap_explorer.insights.severity import NONE, counted, label_of, removable

TRAINING, HELD_OUT = 2_000, 4_000


def test_removable_by_hand():
    # mean 2 of 8 in total; the two of the part have mean 3, so (3 - 2) x 2 of 8 are in excess
    loss, everything = np.array([1.0, 1.0, 2.0, 4.0, 99.0]), np.array([1, 1, 1, 1, 0], dtype=bool)
    part = np.array([0, 0, 1, 1, 1], dtype=bool)
    found = removable(loss, part, everything)
    assert found.value == pytest.approx(0.25)
    assert found.low == 0.0  # two samples say little
    assert 0.25 < found.high <= 1.0
    assert removable(loss, ~part, everything).value == 0.0  # better than the average


def test_the_interval_holds_the_share_of_a_large_sample():
    """Of exponential losses, the part with twice the mean is in excess by a known share."""
    part, everything = np.arange(1_000) < 200, np.ones(1_000, dtype=bool)
    truth = (2.0 - 1.2) * 200 / 1_200
    found = [
        removable(np.random.default_rng(seed).exponential(np.where(part, 2.0, 1.0)), part, everything)
        for seed in range(300)
    ]
    assert np.mean([one.low <= truth <= one.high for one in found]) > 0.9
    assert np.mean([one.value for one in found]) == pytest.approx(truth, abs=0.01)


@pytest.mark.parametrize(
    ("loss", "part"),
    [([1, 2], [False, False]), ([1, 2], [True, True]), ([0, 0], [True, False]), ([np.inf, 1], [True, False])],
)
def test_nothing_is_removable_where_there_is_nothing_to_compare(loss, part):
    assert removable(np.array(loss, dtype=np.float64), np.array(part), np.ones(2, dtype=bool)) == NONE


def test_counted_and_labels():
    assert (counted(3, 12).value, counted(3, 12).low, counted(3, 12).high) == (0.25, 0.25, 0.25)
    assert counted(0, 0).value == 0.0
    assert [label_of(value) for value in (0.0, 0.019, 0.02, 0.099, 0.1, 1.0)] == [
        "low", "low", "medium", "medium", "high", "high",
    ]  # fmt: skip


class Planted:
    """A classifier that errs, held out, only where it is hardly surer than a coin; faults are planted in it."""

    def __init__(self, seed=0):
        self.generator = np.random.default_rng(seed)
        n = TRAINING + HELD_OUT
        self.samples = make_run(n, training=TRAINING, seed=seed, words=self.generator.random(n))
        self.held_out = np.arange(n) >= TRAINING
        unsure = self.held_out & (self.generator.random(n) < 0.1)
        self.sure = np.where(unsure, self.generator.uniform(0.55, 0.7, n), 0.985)
        self.is_right = ~unsure | (self.generator.random(n) < self.sure)

    def slice(self, share):
        """Of a range of words, the model is right as often as a coin, and says so."""
        hard = (self.samples["metadata_words"] > 1 - share).to_numpy() & self.held_out
        self.sure[hard] = 0.6
        self.is_right[hard] = self.generator.random(hard.sum()) < 0.6
        return self

    def label_noise(self, share):
        """So many held-out labels contradict a model that is sure."""
        noisy = self.held_out & (self.generator.random(len(self.sure)) < share)
        self.sure[noisy], self.is_right[noisy] = 0.985, False
        return self

    def over_confidence(self):
        """Held out, the model is as often wrong as it was, and far surer."""
        self.sure = np.where(self.held_out, 1 - 1e-6 * self.generator.uniform(1, 2, len(self.sure)), self.sure)
        return self

    def copies(self, count):
        """So many training samples repeat the first."""
        self.samples.loc[: count - 1, "input_hash"] = self.samples["input_hash"][0]
        return self

    def found(self):
        of_truth = np.where(self.is_right, self.sure, 1 - self.sure)
        positive = np.where(self.samples["ground_truth"] == LABELS[1], of_truth, 1 - of_truth)
        samples = self.samples.assign(
            probability_positive=positive,
            probability_negative=1 - positive,
            prediction=pd.array(np.array(LABELS)[(positive > 0.5).astype(int)], dtype="string"),
            loss=-np.log(of_truth),
        )
        insights = find_insights(samples, columns_of(samples)).insights
        return {one.subkind or one.kind: one for one in reversed(insights)}, insights


def test_a_large_slice_comes_before_little_label_noise_and_both_before_a_usual_gap():
    found, ranked = Planted().slice(0.25).label_noise(0.002).copies(10).found()
    order = list(dict.fromkeys(one.subkind or one.kind for one in ranked))
    assert order[:2] == ["low_performance", "mislabeled"]
    assert found["low_performance"].severity_label == "high"
    assert found["mislabeled"].severity_label in ("low", "medium")
    assert found["over_fitting"].severity_label == "low"
    assert found["duplication"].severity_label == "low"


def test_labels_that_explain_a_fifth_of_the_errors_are_a_headline():
    found, ranked = Planted().slice(0.05).label_noise(0.02).found()
    labels = found["mislabeled"]
    errors = labels.evidence["wrong_predictions"]
    assert errors["doubtful"] / errors["n"] > 0.15
    assert ranked[0] is labels
    assert labels.severity_label == "high"
    assert labels.severity_interval[0] < labels.severity < labels.severity_interval[1]
    assert labels.title.startswith(f"Label noise could explain {errors['doubtful']} of {errors['n']} wrong validation")


def test_a_usual_gap_costs_nothing_and_an_abnormal_one_more_than_a_slice():
    usual, _ = Planted().found()
    gap = usual["over_fitting"]
    assert gap.evidence["loss_inside"] > 1.5 * gap.evidence["loss_outside"]
    assert gap.severity < 0.005
    assert gap.title.startswith("The model does better on what it was trained on, as models do: ")
    abnormal, _ = Planted().slice(0.05).over_confidence().found()
    gap = abnormal["over_fitting"]
    assert gap.severity_label == "high"
    assert gap.severity > abnormal["low_performance"].severity
    assert gap.title.startswith("The model is over-fitted: ")
