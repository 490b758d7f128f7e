import numpy as np
import pandas as pd
import pytest

from insight_runs import columns_of, make_run
from leap_explorer.errors import ExplorerError
from leap_explorer.insights.checks import run_check
from leap_explorer.insights.domain_gap import find_domain_gaps
from leap_explorer.insights.filters import select
from leap_explorer.insights.one_column import parts
from leap_explorer.insights.rows import NotApplicable


def find(samples, **by):
    return find_domain_gaps(samples, columns_of(samples), **by)


def shifted_run(unlabeled=0):
    """Words: 0 or 1; a quarter of the training samples and three quarters of the others have 1, and a loss of 3."""
    words = np.r_[np.tile([0, 0, 0, 1], 50), np.tile([0, 1, 1, 1], 50)]
    return make_run(
        400,
        training=200,
        unlabeled=unlabeled,
        loss=np.where(words == 1, 3.0, 1.0),
        words=pd.array(words, dtype="Int64"),
        noise=np.random.default_rng(0).normal(size=400),
    )


def test_shift_between_subsets_by_hand():
    samples = shifted_run()
    (found,) = find(samples)
    assert (found.id, found.n_samples, found.n_total) == ("domain_gap-subset-validation", 200, 400)
    (row,) = found.evidence["shifted"]
    assert row["column"] == "metadata_words"
    assert (row["inside"], row["outside"]) == (0.75, 0.25)
    assert row["distance"] == pytest.approx(0.5)
    assert row["effect"]["value"] == pytest.approx(0.5 / (0.75 * 0.25 * 200 / 199) ** 0.5)
    # 2.5 as it is; 0.75 x 1 + 0.25 x 3 = 1.5 with the words of training
    assert row["loss_share"] == pytest.approx(1.0 / 2.5)
    assert found.severity == pytest.approx(0.4)
    assert found.evidence["comparisons"] == 2
    assert "mean words 0.75 against 0.25" in found.title
    assert select(samples, found.filter).sum() == 200
    assert run_check(samples, found.test).passed
    assert not run_check(samples.assign(loss=samples["loss"] * 2), found.test).passed


def test_no_gap():
    assert find(make_run(400, noise=np.random.default_rng(0).normal(size=400))) == []


def test_unlabelled_domain_is_tested_on_its_metadata():
    samples = shifted_run(unlabeled=100)
    found = {insight.id: insight for insight in find(samples)}["domain_gap-subset-unlabeled"]
    assert (found.test.metric, found.test.operator) == ("metadata_words", "<=")
    assert found.severity == pytest.approx(0.4)
    assert run_check(samples, found.test).passed


def test_values_of_text_and_booleans():
    genre = np.r_[np.tile(["a", "b"], 100), np.tile(["a", "a", "a", "c"], 50)]
    cut = np.r_[np.tile([False, True], 100), np.tile([True, True, True, False], 50)]
    samples = make_run(400, genre=pd.array(genre, dtype="string"), cut=pd.array(cut, dtype="boolean"))
    (found,) = find(samples)
    rows = {row["column"]: row for row in found.evidence["shifted"]}
    assert rows["metadata_genre"]["distance"] == pytest.approx(0.5)
    assert rows["metadata_genre"]["value"] == "b"
    assert rows["metadata_cut"]["distance"] == pytest.approx(0.25)
    assert "genre is b for 0.0 % against 50.0 %" in found.title


def test_by_a_metadata_column():
    genre = np.tile(["a", "b", "b", "b"], 150)
    samples = make_run(600, training=200, genre=pd.array(genre, dtype="string"))
    samples.loc[samples["metadata_genre"] == "a", "loss"] += 2.0
    samples.loc[3, "error"] = "it broke"
    (found,) = find(samples, by="metadata_genre")
    assert found.id == "domain_gap-metadata_genre-a"
    assert found.n_samples == select(samples, found.filter).sum() == 150
    assert found.n_total == 599
    held = samples.iloc[200:]
    inside, loss = held["loss"][held["metadata_genre"] == "a"].astype(float), held["loss"].astype(float)
    assert found.severity == pytest.approx((inside.mean() - loss.mean()) * len(inside) / loss.sum())
    assert "held-out loss" in found.title


def test_by_ranges_of_a_number():
    words = np.random.default_rng(0).normal(100, 20, 800)
    samples = make_run(800, words=words, tokens=words * 2)
    found = find(samples, by="metadata_words")
    assert {insight.id for insight in found} == {
        f"domain_gap-metadata_words-{name}" for name in ("low", "middle-2", "middle-3", "high")
    }
    for insight in found:
        assert select(samples, insight.filter).sum() == insight.n_samples
        assert 190 <= insight.n_samples <= 210
        assert [row["column"] for row in insight.evidence["shifted"]] == ["metadata_tokens"]


def test_unknown_column():
    with pytest.raises(ExplorerError, match="no column 'metadata_x'"):
        find(make_run(300), by="metadata_x")


@pytest.mark.parametrize(("n", "by"), [(100, "subset"), (100, "metadata_same"), (0, "subset")])
def test_no_two_domains(n, by):
    samples = make_run(n, training=n, same=pd.array(["x"] * n, dtype="string"))
    with pytest.raises(NotApplicable, match="does not divide the samples"):
        find(samples, by=by)


def test_additional_samples_are_compared_with_training_too():
    samples = shifted_run()
    samples.loc[300:, "subset"] = "additional"
    found = {one.id: one for one in find(samples)}
    additional = found["domain_gap-subset-additional"]
    assert additional.n_samples == 100
    assert additional.evidence["loss_inside"] == 2.5  # though none of them is held out
    assert found["domain_gap-subset-validation"].n_samples == 100


def test_an_empty_text_is_no_domain():
    samples = make_run(400, training=0, source=np.repeat(["", "web", "book"], [100, 150, 150]))
    assert [one for one, _ in parts(samples["metadata_source"], "metadata_source")] == ["web", "book"]
