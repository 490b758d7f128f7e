import numpy as np
import pandas as pd
import pytest

from insight_runs import make_run
from leap_explorer.insights.checks import run_check
from leap_explorer.insights.filters import select
from leap_explorer.insights.over_fitting import find_over_fitting, over_confidence
from leap_explorer.insights.rows import NotApplicable


def test_planted():
    samples = make_run(400, training=200, loss=np.r_[np.tile([0.1, 0.3], 100), np.tile([0.5, 1.1], 100)])
    samples["cluster"] = pd.array(np.tile([0, 0, 1, 1], 100), dtype="Int16")
    samples.loc[(samples.index >= 200) & (samples["cluster"] == 0), "loss"] += 0.2
    (found,) = find_over_fitting(samples)
    assert (found.kind, found.subkind) == ("low_performance", "over_fitting")
    assert found.evidence["loss_outside"] == pytest.approx(0.2)
    assert found.evidence["loss_inside"] == pytest.approx(0.9)
    assert (found.n_samples, found.n_total, found.evidence["n_training"]) == (200, 200, 200)
    assert select(samples, found.filter).sum() == 200
    first, second = found.evidence["widest_clusters"]
    assert (first["cluster"], second["cluster"]) == (0, 1)
    assert first["difference"]["value"] == pytest.approx(0.8)
    assert second["difference"]["value"] == pytest.approx(0.6)
    wrong = samples["prediction"] != samples["ground_truth"]
    gap = wrong[200:].mean() - wrong[:200].mean()
    assert found.evidence["error_difference"]["value"] == pytest.approx(gap)
    assert run_check(samples, found.test).passed
    assert not run_check(samples.assign(loss=samples["loss"] + 0.1), found.test).passed


def test_over_confidence_by_hand():
    """Wrong in one of four and always 99 % sure: a model that says 75 % loses least."""
    truth = np.arange(400) % 4 > 0
    values = np.tile([0.01, 0.99], (400, 1))
    before = -(3 * np.log(0.99) + np.log(0.01)) / 4
    after = -(3 * np.log(0.75) + np.log(0.25)) / 4
    found = over_confidence(values, truth.astype(int))
    assert found.value == pytest.approx(1 - after / before, abs=0.01)
    assert found.low < found.value < found.high


def test_no_over_confidence_where_the_model_is_as_sure_as_right_or_less():
    generator = np.random.default_rng(0)
    positive = generator.uniform(0.01, 0.99, 20_000)
    truth = (generator.random(20_000) < positive).astype(int)
    assert over_confidence(np.stack([1 - positive, positive], axis=1), truth).value < 0.001
    assert over_confidence(np.tile([0.45, 0.55], (400, 1)), (np.arange(400) % 4 > 0).astype(int)).value < 1e-4


def test_a_gap_without_probabilities_is_not_ranked():
    samples = make_run(400, loss=np.r_[np.full(200, 0.1), np.full(200, 0.9)])
    (found,) = find_over_fitting(samples.drop(columns=["probability_negative", "probability_positive"]))
    assert (found.severity, found.evidence["over_confidence"]) == (0.0, None)


@pytest.mark.parametrize("factor", [1.0, 0.5])
def test_none_where_held_out_samples_are_as_good(factor):
    samples = make_run(400)
    samples.loc[samples["subset"] != "training", "loss"] *= factor
    assert find_over_fitting(samples) == []


@pytest.mark.parametrize("training", [0, 50])
def test_needs_both(training):
    with pytest.raises(NotApplicable, match="both training and other"):
        find_over_fitting(make_run(50, training=training))
