import numpy as np
import pandas as pd
import pytest

from insight_runs import make_run
from leap_explorer.insights.checks import run_check
from leap_explorer.insights.filters import select
from leap_explorer.insights.over_fitting import find_over_fitting
from leap_explorer.insights.rows import NotApplicable


def test_planted():
    samples = make_run(400, training=200, loss=np.r_[np.tile([0.1, 0.3], 100), np.tile([0.5, 1.1], 100)])
    samples["cluster"] = pd.array(np.tile([0, 0, 1, 1], 100), dtype="Int16")
    samples.loc[(samples.index >= 200) & (samples["cluster"] == 0), "loss"] += 0.2
    (found,) = find_over_fitting(samples)
    assert (found.kind, found.subkind) == ("low_performance", "over_fitting")
    assert found.evidence["loss_outside"] == pytest.approx(0.2)
    assert found.evidence["loss_inside"] == pytest.approx(0.9)
    assert found.severity == pytest.approx(0.7 / 0.9)
    assert found.severity_label == "high"
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


@pytest.mark.parametrize("factor", [1.0, 0.5])
def test_none_where_held_out_samples_are_as_good(factor):
    samples = make_run(400)
    samples.loc[samples["subset"] != "training", "loss"] *= factor
    assert find_over_fitting(samples) == []


@pytest.mark.parametrize("training", [0, 50])
def test_needs_both(training):
    with pytest.raises(NotApplicable, match="both training and other"):
        find_over_fitting(make_run(50, training=training))
