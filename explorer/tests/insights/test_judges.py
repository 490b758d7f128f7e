import numpy as np
import pandas as pd
import pytest

from leap_explorer.insights.judges import Judge, opinions
from leap_explorer.insights.mislabeled import find_mislabeled, judged_together, label_issues
from leap_explorer.insights.rows import NotApplicable

LABELS = ["no", "yes"]


def samples(yes, truth, subsets=None, ids=None):
    """Samples with the probability of `yes`, and the label that they have."""
    n = len(yes)
    return pd.DataFrame(
        {
            "id": pd.array(ids or [f"s{number}" for number in range(n)], dtype="string"),
            "subset": pd.array(subsets or ["test"] * n, dtype="string"),
            "ground_truth": pd.array(truth, dtype="string"),
            "prediction": pd.array([LABELS[value > 0.5] for value in yes], dtype="string"),
            "probability_no": 1 - np.array(yes),
            "probability_yes": np.array(yes),
            "loss": 0.1,
            "error": pd.array([None] * n, dtype="string"),
        }
    )


TRUTH = ["no", "yes", "yes", "no"]
FIRST = samples([0.2, 0.8, 0.4, 0.9], TRUTH)
SECOND = samples([0.4, 0.6, 0.2, 0.1], TRUTH)


class TestOpinions:
    def test_the_mean_is_of_all(self):
        said = opinions(Judge("a", FIRST), [Judge("b", SECOND)])
        assert said.names == ["a", "b"]
        np.testing.assert_allclose(said.mean[:, 1], [0.3, 0.7, 0.3, 0.5])
        np.testing.assert_allclose(said.mean.sum(axis=1), 1)

    def test_a_model_is_silent_on_what_it_has_learned_from(self):
        second = SECOND.assign(subset=["training", "test", "training", "test"])
        said = opinions(Judge("a", FIRST), [Judge("b", second)])
        assert said.given.tolist() == [[True] * 4, [False, True, False, True]]
        np.testing.assert_allclose(said.mean[:, 1], [0.2, 0.7, 0.4, 0.5])
        assert said.who_judges(0) == ["a"]

    def test_a_cross_validated_model_speaks_there(self):
        second = SECOND.assign(subset=["training", "test", "training", "test"])
        table = SECOND[["id", "probability_no", "probability_yes"]]
        said = opinions(Judge("a", FIRST), [Judge("b", second, table)])
        assert said.names == ["a", "b", "b, cross-validated"]
        assert said.who_judges(0) == ["a", "b, cross-validated"]
        np.testing.assert_allclose(said.mean[:, 1], [0.3, 0.7, 0.3, 0.5])

    def test_samples_are_told_by_their_id_and_ground_truth(self):
        """Of another order, with a corrected label, with an id twice, and one that is not there."""
        ids = [f"s{number}" for number in range(9)]
        first = samples([0.2] * 9, ["no"] * 9, ids=ids)
        again = ids[::-1][:-1]
        second = samples([0.4] * 9, ["yes", *["no"] * 8], ids=[*again, "s4"])
        said = opinions(Judge("a", first), [Judge("b", second)])
        judged = [one for one, given in zip(ids, said.given[1], strict=True) if given]
        assert judged == ["s1", "s2", "s3", "s5", "s6", "s7"]
        np.testing.assert_allclose(said.of_each[1, 1], [0.6, 0.4])

    def test_other_data_that_are_numbered_alike_are_not_the_same(self):
        other = samples([0.5] * 4, ["yes", "no", "yes", "no"])
        assert opinions(Judge("a", FIRST), [Judge("b", other)]).names == ["a"]

    @pytest.mark.parametrize(
        "other",
        [
            samples([0.5] * 4, TRUTH, ids=list("wxyz")),
            FIRST.rename(columns={"probability_yes": "probability_perhaps"}),
            FIRST.assign(subset="training"),
        ],
    )
    def test_who_has_nothing_to_say_is_no_judge(self, other):
        assert opinions(Judge("a", FIRST), [Judge("b", other)]).names == ["a"]

    def test_nobody_judges(self):
        said = opinions(Judge("a", FIRST.assign(subset="training")))
        assert (said.names, said.of_each.shape) == ([], (0, 4, 2))
        with pytest.raises(NotApplicable, match="no labelled sample"):
            label_issues(FIRST.assign(subset="training"))


class TestIssues:
    def many(self, doubted):
        """Sure of every label but those of some samples, of which it is as sure that they are wrong."""
        truth = ["no", "yes"] * 50
        right = [0.1 if label == "no" else 0.9 for label in truth]
        return samples([1 - value if row in doubted else value for row, value in enumerate(right)], truth)

    def test_only_what_the_models_doubt_together_is_likely_wrong(self):
        first, second = self.many({3, 8}), self.many({8, 11})
        issues = label_issues(first, others=[Judge("b", second)]).set_index("id")
        assert issues.query("kind == 'flip'").index.tolist() == ["s8"]
        assert issues.loc["s8", ["judges", "agree"]].tolist() == [2, 2]
        assert issues.loc["s3", ["judges", "agree", "kind"]].tolist() == [2, 1, "ambiguous"]
        assert label_issues(first).query("kind == 'flip'")["id"].tolist() == ["s3", "s8"]

    def test_thresholds_are_of_samples_that_the_same_models_judge(self):
        first, second = self.many({8}), self.many({8}).head(50)
        issues = label_issues(first, others=[Judge("b", second)])
        assert issues["judges"].tolist() == [2]

    def test_the_insight_says_who_judged(self):
        first, second = self.many({3, 8}), self.many({8, 11})
        (insight,) = find_mislabeled(first, {}, others=[Judge("b", second)], name="a")
        assert insight.evidence["judges"] == {"a": 100, "b": 100}
        assert (insight.evidence["flips"], insight.evidence["agreed"]) == (1, 1)
        assert "2 models that were not trained on these samples are, on average, confident" in insight.title

    def test_insights_are_judged_together(self):
        first, second = self.many({3, 8}), self.many({8, 11})
        alone = find_mislabeled(first, {})
        (joint,) = judged_together(alone, first, {}, Judge("a", first), [Judge("b", second)])
        assert joint.n_samples == 1
        strangers = second.assign(id="x" + second["id"])
        assert judged_together(alone, first, {}, Judge("a", first), [Judge("b", strangers)]) == alone
