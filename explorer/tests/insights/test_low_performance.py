import json

import numpy as np
import pandas as pd
import pytest

from insight_runs import columns_of, make_run
from leap_explorer.insights.checks import run_check
from leap_explorer.insights.filters import Condition, describe, select
from leap_explorer.insights.insight import Insight
from leap_explorer.insights.low_performance import find_low_performance
from leap_explorer.insights.rows import NotApplicable
from leap_explorer.insights.slices import find_slices, index_words


def find(samples, **names):
    return find_low_performance(samples, columns_of(samples), **names)


@pytest.fixture(scope="module")
def planted():
    """1,000 validation samples; the top fifth by `oov` has its loss doubled, and `long` has nothing to do with it."""
    generator = np.random.default_rng(1)
    oov, long = generator.random(1200), generator.random(1200)
    loss = generator.exponential(0.4, 1200) * np.where(oov >= 0.8, 2.0, 1.0)
    return make_run(1200, training=200, loss=loss, oov=oov.astype(np.float32), long=pd.array(long < 0.3))


class TestPlantedRange:
    def test_is_found_and_ranked_first(self, planted):
        first = find(planted)[0]
        assert first.id == "low_performance-metadata_oov"
        assert [(c.column, c.operator) for c in first.filter] == [("subset", "=="), ("metadata_oov", ">=")]
        assert first.filter[1].value == pytest.approx(0.8, abs=0.05)
        assert first.n_total == 1000
        assert f"{first.n_samples:,} of 1,000 held-out samples" in first.title
        assert first.evidence["phrase"] == f"oov {first.filter[1].value:.4g} or more"
        assert first.title.startswith(f"O{first.evidence['phrase'][1:]} costs ")

    def test_numbers_are_of_the_half_that_confirmed_it(self, planted):
        first, slice_ = find(planted)[0], find_slices(planted, columns_of(planted))[0]
        judged = planted[slice_.judged]
        assert (judged["subset"] == "validation").all()
        assert len(judged) == first.evidence["confirmed_on"] == 500
        chosen = judged["metadata_oov"] >= first.filter[1].value
        inside, outside = judged["loss"][chosen].astype(float), judged["loss"][~chosen].astype(float)
        assert first.n_samples == slice_.n == slice_.rows.sum() > len(inside)
        assert first.evidence["loss_inside"] == pytest.approx(inside.mean())
        assert first.evidence["loss_outside"] == pytest.approx(outside.mean())
        total = judged["loss"].astype(float)
        assert first.severity == pytest.approx((inside.mean() - total.mean()) * len(inside) / total.sum())
        error = (inside.var() / len(inside) + outside.var() / len(outside)) ** 0.5
        width = first.evidence["difference"]["high"] - first.evidence["difference"]["low"]
        assert width == pytest.approx(2 * 1.96 * error, rel=0.02)
        assert first.evidence["p_corrected"] == slice_.p < 0.01
        errors = first.evidence["errors_inside"]
        assert errors["errors"] == (judged["prediction"] != judged["ground_truth"])[chosen].sum()
        assert errors["low"] < errors["share"] < errors["high"]

    def test_check_passes_now_and_fails_on_a_worse_run(self, planted):
        first = find(planted)[0]
        assert run_check(planted, first.test).passed
        worse = planted.assign(loss=planted["loss"] * 1.5)
        assert not run_check(worse, first.test).passed

    def test_filter_and_json(self, planted):
        for insight in find(planted):
            assert select(planted, insight.filter).sum() == insight.n_samples
            assert Insight.from_dict(json.loads(json.dumps(insight.to_dict(), allow_nan=False))) == insight

    def test_training_samples_play_no_part(self, planted):
        changed = planted.copy()
        changed.loc[changed["subset"] == "training", "loss"] = 1000.0
        assert find(changed) == find(planted)


@pytest.mark.parametrize("seed", range(12))
def test_nothing_in_noise(seed):
    generator = np.random.default_rng(1000 + seed)  # the loss is drawn from `seed`, which would be the same stream
    metadata = {f"x{number}": generator.normal(size=600) for number in range(17)}
    metadata |= {f"b{number}": pd.array(generator.random(600) < 0.3) for number in range(2)}
    samples = make_run(600, training=100, seed=seed, kind=pd.array(generator.choice([*"abcd"], 600)), **metadata)
    assert find(samples) == []


class TestSlices:
    def test_cluster_has_its_name_and_ids_in_the_check(self):
        loss = np.repeat([0.1, 0.1, 0.9], 100) + np.tile([0.0, 0.05], 150)
        samples = make_run(300, training=100, loss=loss)
        samples["cluster"] = pd.array([0] * 150 + [1] * 50 + [2] * 100, dtype="Int16")
        (found,) = find(samples, cluster_names={2: "film, plot"})
        assert found.filter[1] == Condition("cluster", "==", 2)
        assert found.title.startswith("Cluster 2 (film, plot) costs 7.3 times the loss: ")
        assert [condition.column for condition in found.test.filter] == ["subset", "id"]
        renumbered = samples.assign(cluster=pd.array([1] * 300, dtype="Int16"))
        assert run_check(renumbered, found.test).n == 100

    def test_the_label_under_another_name_is_reported_as_the_class(self):
        samples = make_run(400, training=100)
        samples["metadata_label"] = (samples["ground_truth"] == "positive").astype("Int64")
        positive = samples["ground_truth"] == "positive"
        samples.loc[positive, "loss"] += 1.0
        assert [insight.id for insight in find(samples)] == ["low_performance-ground_truth-positive"]

    def test_few_samples_are_no_slice(self):
        def named(rare):
            kinds = np.array(["rare"] * rare + ["common"] * (400 - rare))
            loss = np.where(kinds == "rare", 5.0, 0.1)
            return find(make_run(400, training=0, loss=loss, kind=pd.array(kinds)))

        assert named(20) == []
        assert [insight.filter[1].value for insight in named(60)] == ["rare"]

    def test_a_word_is_a_condition_like_any_other(self):
        shown = np.tile([True, False, False, False], 150)
        texts = [["a", "zombie" if one else "kitten", f"word{n % 7}"] for n, one in enumerate(shown)]
        words = index_words(texts).shown_words()
        samples = make_run(600, training=200, loss=np.where(shown, 1.0, 0.1) + np.tile([0.0, 0.05, 0.1], 200))
        first = find(samples, words=words)[0]
        assert first.id == "low_performance-words-zombie"
        assert first.filter[1:] == (Condition("words", "has", "zombie"),)
        assert first.evidence["phrase"] == "the word “zombie”"
        assert first.n_samples == select(samples, first.filter, words).sum() == 100
        assert run_check(samples, first.test, words).passed
        assert not run_check(samples.assign(loss=samples["loss"] * 2), first.test, words).passed
        without = run_check(samples, first.test)
        assert not without.passed
        assert "words are not known" in without.message

    def test_unlabelled_and_failed_samples_are_not_selected(self):
        samples = make_run(400, training=100, unlabeled=100, flag=pd.array(np.tile([True, False], 200)))
        samples.loc[samples["metadata_flag"], "loss"] += 1.0
        samples.loc[300, ["subset", "metadata_flag"]] = ["validation", True]  # unlabelled among the labelled
        samples.loc[100, ["error", "loss"]] = ["it broke", np.nan]
        (found,) = find(samples)
        assert found.n_total == 199
        assert found.n_samples == 99
        assert select(samples, found.filter).sum() == 99
        assert "loss is known" in describe(found.filter)

    def test_columns_without_values_or_variety_do_no_harm(self):
        samples = make_run(
            300,
            training=100,
            nothing=pd.array([None] * 300, dtype="Float32"),
            same=pd.array([1] * 300, dtype="Int64"),
            gaps=pd.array([None, 1.0, 2.0] * 100, dtype="Float32"),
        )
        assert find(samples) == []

    def test_a_regression_has_no_error_rates(self):
        samples = make_run(300, training=100, flag=pd.array(np.tile([True, False], 150)))
        samples["ground_truth"] = samples["loss"].astype(float)
        samples["prediction"] = 0.0
        samples.loc[samples["metadata_flag"], "loss"] += 1.0
        found = [insight for insight in find(samples) if insight.filter[1].column == "metadata_flag"]
        assert len(found) == 1
        assert found[0].evidence["errors_inside"] is None
        assert "wrong" not in found[0].title


@pytest.mark.parametrize("n", [0, 100])
def test_without_held_out_samples(n):
    with pytest.raises(NotApplicable, match="0 labelled samples outside the training subset"):
        find(make_run(n, training=n))


def test_too_few_held_out_samples():
    with pytest.raises(NotApplicable, match="at least 60 are needed"):
        find(make_run(159, training=100))


def test_infinite_losses():
    samples = make_run(300)
    samples.loc[250, "loss"] = np.inf
    with pytest.raises(NotApplicable, match="loss of 1 samples is infinite"):
        find(samples)
