import numpy as np
import pandas as pd
import pytest

from insight_runs import make_run
from leap_explorer.insights.checks import run_check
from leap_explorer.insights.filters import select
from leap_explorer.insights.kinds import evidence_in_words, kind_of
from leap_explorer.insights.robustness import find_robustness
from leap_explorer.insights.rows import NotApplicable

OTHER = {"negative": "positive", "positive": "negative"}
N, HIT = 300, 40


def simulated(loss_of_hit=2.0, seed=0):
    """300 validation samples, a change that turns 40 right predictions, and one that turns nothing."""
    base = make_run(N, training=0, seed=seed).assign(change=pd.array([None] * N, dtype="string"))
    right = np.flatnonzero(base["prediction"] == base["ground_truth"])[:HIT]
    strong, weak = (
        base.assign(id=base["id"] + f"~typos:rate={rate}", subset="additional", change=f"typos:rate={rate}")
        for rate in (0.9, 0.1)
    )
    hit = strong.index[right]
    strong.loc[hit, "prediction"] = base["ground_truth"].map(OTHER)[hit]
    strong.loc[hit, "loss"] = np.float32(loss_of_hit)
    return pd.concat([base, strong, weak], ignore_index=True)


def test_what_costs_is_found_and_what_does_not_is_not():
    samples = simulated()
    (found,) = find_robustness(samples)
    assert found.evidence["change"] == "typos:rate=0.9"
    assert found.evidence["error_difference"]["value"] == pytest.approx(HIT / N)
    assert found.evidence["flips"] == HIT
    assert found.evidence["comparisons"] == 2
    assert found.n_samples == N
    made = samples[select(samples, found.filter)]
    assert set(made["change"]) == {"typos:rate=0.9"}
    whole = made["loss"].sum()
    assert found.severity == pytest.approx((whole - samples["loss"][:N].sum()) / whole, rel=1e-5)
    low, high = found.severity_interval
    assert 0 < low < found.severity < high < 1


def test_chance_is_not_found():
    found = []
    for seed in range(20):
        samples = simulated(seed=seed)
        samples.loc[N : 2 * N - 1, ["prediction", "loss"]] = samples.loc[: N - 1, ["prediction", "loss"]].to_numpy()
        few = np.random.default_rng(seed).choice(N, 6, replace=False)
        samples.loc[N + few, "prediction"] = samples.loc[few, "prediction"].map(OTHER).to_numpy()
        found += find_robustness(samples)
    assert len(found) <= 1


def test_its_test_holds_for_the_run_and_not_for_a_worse_one():
    samples = simulated()
    (found,) = find_robustness(samples)
    assert run_check(samples, found.test).passed
    worse = run_check(simulated(loss_of_hit=9.0), found.test, level=0.99)
    assert not worse.passed
    assert "change is typos:rate=0.9" in worse.message


def test_in_words():
    (found,) = find_robustness(simulated())
    words = dict(evidence_in_words(found))
    assert words["More errors"].startswith(f"+{100 * HIT / N:.1f} % (95 % interval +")
    assert f"{HIT} predictions flip" in words["More errors"]
    assert "of changed samples" in words["Wrong predictions"]
    assert kind_of(found).headline(found) == "typos:rate=0.9 costs 13.3 % more errors"
    assert kind_of(found).action(found) == "train on samples changed like this too (typos:rate=0.9)"


def test_of_what_is_no_classifier_the_loss_counts():
    samples = simulated()
    (found,) = find_robustness(samples.assign(ground_truth=1.0, prediction=0.5))
    assert found.evidence["errors_inside"] is None
    assert found.title.startswith("typos:rate=0.9 costs loss: ")


def test_without_simulated_samples():
    with pytest.raises(NotApplicable, match="--simulate"):
        find_robustness(make_run(50, training=20))
    with pytest.raises(NotApplicable, match="--simulate"):
        find_robustness(simulated().iloc[N:].reset_index(drop=True))
