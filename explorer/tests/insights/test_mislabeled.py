import numpy as np
import pandas as pd
import pytest

from insight_runs import columns_of, make_run
from leap_explorer.errors import ExplorerError
from leap_explorer.insights.checks import run_check
from leap_explorer.insights.filters import select
from leap_explorer.insights.mislabeled import are_confidently_other, find_mislabeled, label_issues
from leap_explorer.insights.rows import NotApplicable

FLIPPED = [120, 160, 180]


@pytest.fixture
def samples():
    """100 training, 100 validation samples, the model 70-95 % sure of the truth; three validation labels flipped."""
    samples = make_run(200, training=100)
    sure = np.random.default_rng(0).uniform(0.7, 0.95, 200)
    sure[FLIPPED] = [0.99, 0.97, 0.98]
    truth = (np.arange(200) % 2).astype(bool)
    samples["probability_positive"] = np.where(truth, sure, 1 - sure).astype(np.float32)
    samples["probability_negative"] = 1 - samples["probability_positive"]
    samples["loss"] = 0.2 + 1.0 * np.isin(np.arange(200), FLIPPED)
    samples["prediction"] = np.where(truth, "positive", "negative")
    samples["ground_truth"] = np.where(truth ^ np.isin(np.arange(200), FLIPPED), "positive", "negative")
    samples["ground_truth"] = samples["ground_truth"].astype("string")
    return samples


def test_planted_flips_rank_first(samples):
    issues = label_issues(samples)
    assert list(issues.columns) == ["id", "subset", "ground_truth", "suggested", "quality", "judges", "agree", "kind"]
    assert issues["id"].tolist() == ["s120", "s180", "s160"]
    assert issues["kind"].tolist() == ["flip"] * 3
    assert issues["quality"].to_numpy() == pytest.approx([0.01, 0.02, 0.03], abs=1e-6)
    assert issues["ground_truth"].tolist() == ["positive"] * 3
    assert issues["suggested"].tolist() == ["negative"] * 3


def test_flips_by_hand(samples):
    """A flip: the other label's probability is no lower than its mean over the samples given that label."""
    held = samples.iloc[100:]
    mean = held["probability_negative"][held["ground_truth"] == "negative"].mean()
    expected = held["id"][(held["ground_truth"] == "positive") & (held["probability_negative"] >= mean)]
    assert set(label_issues(samples)["id"]) == set(expected)


def test_ambiguous(samples):
    samples.loc[[130, 131, 132], "probability_positive"] = np.array([0.59, 0.41, 0.61], dtype=np.float32)
    samples["probability_negative"] = 1 - samples["probability_positive"]
    issues = label_issues(samples).set_index("id")
    assert issues["kind"][["s130", "s131"]].tolist() == ["ambiguous"] * 2
    assert issues.loc["s131", "quality"] == pytest.approx(0.41)
    assert issues.loc["s131", "suggested"] == "negative"
    assert "s132" not in issues.index


def test_insight(samples):
    (found,) = find_mislabeled(samples, columns_of(samples))
    assert (found.id, found.n_samples, found.n_total) == ("mislabeled-validation", 3, 100)
    assert samples["id"][select(samples, found.filter)].tolist() == ["s120", "s160", "s180"]
    # three of 100 cost 1.2 where the mean is 0.23, so 3 x (1.2 - 0.23) of 23 would vanish
    assert found.severity == pytest.approx(3 * (1.2 - 0.23) / 23)
    assert found.evidence["training_samples_left_out"] == 100
    assert found.evidence["wrong_predictions"] == {"n": 3, "doubtful": 3}
    assert found.evidence["examples"][0]["id"] == "s120"
    assert run_check(samples, found.test).passed
    assert not run_check(samples.assign(loss=samples["loss"] + 10), found.test).passed


class TestTraining:
    def test_its_own_probabilities_are_never_used(self, samples):
        samples.loc[samples.index[:100], "ground_truth"] = "negative"
        assert set(label_issues(samples)["subset"]) == {"validation"}

    def test_with_out_of_sample_probabilities(self, samples):
        table = samples.iloc[:90][["id", "probability_negative", "probability_positive"]].copy()
        table.loc[11, ["probability_negative", "probability_positive"]] = [0.995, 0.005]
        samples.loc[11, ["probability_negative", "probability_positive"]] = [0.0, 1.0]
        assert label_issues(samples, table)["id"].tolist() == ["s11", "s120", "s180", "s160"]
        training, validation = find_mislabeled(samples, columns_of(samples), table)
        assert (training.id, training.n_samples, training.n_total) == ("mislabeled-training", 1, 90)
        assert training.severity == 1 / 90  # no loss is held out there, so the labels are counted
        assert training.title.startswith("1 of 90 training labels (1.1 %) are likely mislabelled: ")
        assert training.evidence["training_samples_left_out"] == 10
        assert training.evidence["wrong_predictions"] is None
        assert validation.n_samples == 3

    def test_table_without_a_column(self, samples):
        with pytest.raises(ExplorerError, match="lacks probability_negative"):
            label_issues(samples, samples[["id", "probability_positive"]])

    @pytest.mark.parametrize("value", [7.0, -3.0])
    def test_table_of_no_probabilities(self, samples, value):
        table = samples[["id", "probability_negative", "probability_positive"]].copy()
        table.loc[3, "probability_positive"] = value
        with pytest.raises(
            ExplorerError, match=f"holds {value:g} under probability_positive, which is not from 0 to 1"
        ):
            label_issues(samples, table)

    def test_table_of_something_else_than_numbers(self, samples):
        table = samples[["id", "probability_negative", "probability_positive"]]
        with pytest.raises(ExplorerError, match="holds no numbers under probability_positive"):
            label_issues(samples, table.assign(probability_positive="high"))


class TestNotApplicable:
    def test_no_classifier(self, samples):
        with pytest.raises(NotApplicable, match="no classifier"):
            label_issues(samples.drop(columns="probability_negative"))
        with pytest.raises(NotApplicable, match="no classifier"):
            label_issues(samples.assign(ground_truth=0.5))

    def test_nothing_labelled(self, samples):
        with pytest.raises(NotApplicable, match="no labelled sample"):
            label_issues(samples.assign(ground_truth=pd.array([None] * 200, dtype="string")))
        with pytest.raises(NotApplicable, match="no labelled sample"):
            label_issues(samples.iloc[:100])


def test_one_class_and_unknown_probabilities(samples):
    samples["ground_truth"] = pd.array(["negative"] * 200, dtype="string")
    samples.loc[120, "probability_positive"] = np.nan
    issues = label_issues(samples)
    assert "s120" not in set(issues["id"])


class TestAreConfidentlyOther:
    def test_by_hand(self):
        probabilities = np.array([[0.9, 0.1], [0.8, 0.2], [0.15, 0.85], [0.2, 0.8], [0.1, 0.9], [0.45, 0.55]])
        given = np.array([0, 0, 0, 1, 1, 0])  # thresholds 0.575 and 0.85
        assert are_confidently_other(given, probabilities).tolist() == [False, False, True, False, False, False]

    def test_one_label_only(self):
        assert not are_confidently_other(np.zeros(5, dtype=int), np.tile([0.2, 0.8], (5, 1))).any()

    @pytest.mark.parametrize("is_rounded", [False, True])
    @pytest.mark.parametrize("n_labels", [2, 3, 8])
    def test_as_cleanlab_finds_them(self, n_labels, is_rounded):
        """The authors' own library; rounded probabilities have ties."""
        from cleanlab.filter import find_label_issues

        found = 0
        for seed in range(20):
            generator = np.random.default_rng(seed)
            given = np.concatenate([np.arange(n_labels), generator.integers(0, n_labels, 200)])
            probabilities = generator.dirichlet(np.full(n_labels, 0.5), len(given))
            probabilities[np.arange(len(given)), given] += 0.3
            probabilities /= probabilities.sum(axis=1, keepdims=True)
            if is_rounded:
                probabilities = np.clip(np.round(probabilities, 1), 1e-12, None)
                probabilities /= probabilities.sum(axis=1, keepdims=True)
            wanted = find_label_issues(given, probabilities, filter_by="confident_learning", n_jobs=1)
            np.testing.assert_array_equal(are_confidently_other(given, probabilities), wanted)
            found += int(wanted.sum())
        assert found > 100


def test_additional_labels_are_judged_apart(samples):
    samples.loc[180:, "subset"] = "additional"
    found = {one.id: one.n_total for one in find_mislabeled(samples, columns_of(samples))}
    assert found == {"mislabeled-validation": 80, "mislabeled-additional": 20}
