import json

import numpy as np
import pytest

from leap_explorer.explain.attribution import Attribution, Target
from leap_explorer.explain.faithfulness import (
    RANDOM,
    Sample,
    best_method,
    describe,
    drops,
    measure,
    measure_methods,
    probabilities_without,
    removed_words,
    summarise,
    top_words,
)

FILL = {"ids": 0}
WEIGHTS = np.array([0.0, 2.0, 1.0, -1.0, 0.0, 0.0])  # of each id, towards class 1


def predict(rows):
    value = WEIGHTS[rows["ids"]].sum(axis=1)
    return np.stack([-value, value], axis=1)


def sample(ids):
    return Sample({"ids": np.array(ids)}, [np.array([i]) for i in range(len(ids))])


def probability(value):
    """Of class 1 with the logits -value and value."""
    return 1 / (1 + np.exp(-2 * value))


class TestTopWords:
    @pytest.mark.parametrize(
        ("share", "expected"),
        [
            (0.01, [False, True, False, False, False]),
            (0.2, [False, True, False, False, False]),
            (0.5, [True, True, False, False, True]),
            (1.0, [True] * 5),
        ],
    )
    def test_are_those_with_the_highest_scores_and_at_least_one(self, share, expected):
        assert top_words(np.array([1.0, 9.0, -8.0, 0.5, 1.0]), share).tolist() == expected

    def test_are_signed(self):
        assert top_words(np.array([-9.0, 1.0]), 0.5).tolist() == [False, True]

    def test_that_tie_come_in_their_order(self):
        assert top_words(np.zeros(4), 0.5).tolist() == [True, True, False, False]

    def test_halves_round_up(self):
        assert [top_words(np.arange(n), 0.5).sum() for n in (1, 2, 3, 5)] == [1, 1, 2, 3]

    def test_go_first_and_then_all_others(self):
        assert removed_words(np.array([3.0, 2.0, 1.0, 0.0]), (0.25, 0.5)).tolist() == [
            [True, False, False, False],
            [True, True, False, False],
            [False, True, True, True],
            [False, False, True, True],
        ]


class TestDrops:
    SAMPLE = sample([1, 2, 3, 4])

    def test_by_hand(self):
        found = drops(predict, self.SAMPLE, [WEIGHTS[[1, 2, 3, 4]]], FILL, shares=(0.25, 0.5))
        at_sample = probability(2 + 1 - 1)
        without_top = [probability(1 - 1), probability(-1)]
        with_top_only = [probability(2), probability(2 + 1)]
        assert found == pytest.approx(at_sample - np.array([[without_top, with_top_only]]))

    def test_are_of_the_predicted_class(self):
        negative = sample([3, 4])
        found = drops(predict, negative, [np.array([1.0, 0.0])], FILL, shares=(0.5,))
        assert found.ravel() == pytest.approx([probability(1) - 0.5, 0.0])

    def test_of_probabilities_take_them_as_they_are(self):
        def predict_probabilities(rows):
            logits = np.exp(predict(rows))
            return logits / logits.sum(axis=1, keepdims=True)

        scores = [np.array([4.0, 3.0, 2.0, 1.0])]
        found = drops(predict_probabilities, self.SAMPLE, scores, FILL, from_logits=False)
        assert found == pytest.approx(drops(predict, self.SAMPLE, scores, FILL))

    @pytest.mark.parametrize("batch_size", [1, 2, 100])
    def test_ask_once_for_rows_that_are_alike(self, batch_size):
        asked = []

        def counting(rows):
            asked.append(len(rows["ids"]))
            return predict(rows)

        removed = np.array([[True, False, False, False], [False, True, False, False], [True, False, False, False]])
        found = probabilities_without(counting, self.SAMPLE, removed, FILL, batch_size, from_logits=True)
        assert found == pytest.approx([probability(2), probability(0), probability(1), probability(0)])
        assert sum(asked) == 3
        assert max(asked) <= batch_size

    def test_take_all_pieces_of_a_word(self):
        in_pieces = Sample({"ids": np.array([5, 1, 2, 3])}, [np.array([1, 2]), np.array([3])])
        found = drops(predict, in_pieces, [np.array([1.0, 0.0])], FILL, shares=(0.5,))
        assert found.ravel() == pytest.approx(probability(2) - np.array([probability(-1), probability(3)]))


class TestMeasure:
    SAMPLES = (sample([1, 4, 4, 3]), sample([4, 2, 4, 4]), sample([4, 4, 1, 2]))

    def measure(self, rankings=None, **options):
        rankings = rankings or {"weights": [WEIGHTS[s.inputs["ids"]] for s in self.SAMPLES]}
        return measure(predict, self.SAMPLES, rankings, FILL, **options)

    def test_averages_over_shares_and_samples(self):
        result = self.measure(shares=(0.25, 0.5))
        expected = []
        for s in self.SAMPLES:
            scores = [WEIGHTS[s.inputs["ids"]]]
            expected.append(drops(predict, s, scores, FILL, shares=(0.25, 0.5))[0])
        means = np.mean(expected, axis=0)  # [2, shares]
        found = result["methods"]["weights"]
        assert found["comprehensiveness"]["by_share"] == pytest.approx(means[0])
        assert found["comprehensiveness"]["mean"] == pytest.approx(means[0].mean())
        assert found["sufficiency"]["mean"] == pytest.approx(means[1].mean())
        assert result["samples"] == 3

    def test_the_best_ranking_beats_the_random_one_and_the_worst_loses(self):
        best = [WEIGHTS[s.inputs["ids"]] for s in self.SAMPLES]
        methods = self.measure({"best": best, "worst": [-scores for scores in best]})["methods"]
        drop = {name: found["comprehensiveness"]["mean"] for name, found in methods.items()}
        stays = {name: found["sufficiency"]["mean"] for name, found in methods.items()}
        assert drop["best"] > drop[RANDOM] > drop["worst"]
        assert stays["best"] < stays[RANDOM] < stays["worst"]
        assert methods["best"]["comprehensiveness"]["times_random"]["mean"] == pytest.approx(
            drop["best"] / drop[RANDOM]
        )
        assert methods[RANDOM]["comprehensiveness"]["times_random"] == pytest.approx(
            {"mean": 1.0, "low": 1.0, "high": 1.0}
        )

    def test_has_intervals_around_the_means(self):
        found = self.measure()["methods"]["weights"]["comprehensiveness"]
        assert found["low"] < found["mean"] < found["high"]

    def test_is_decided_by_its_seed(self):
        assert self.measure(seed=1) == self.measure(seed=1)
        assert self.measure(seed=1)["methods"][RANDOM] != self.measure(seed=2)["methods"][RANDOM]

    def test_fits_into_json(self):
        assert json.loads(json.dumps(self.measure(), allow_nan=False))["value"] == "probability of the predicted class"

    def test_skips_samples_without_words_and_reports_progress(self):
        reports = []
        empty = Sample({"ids": np.array([5])}, [])
        result = measure(
            predict,
            [empty, *self.SAMPLES],
            {"any": [np.empty(0), *(np.zeros(4) for _ in self.SAMPLES)]},
            FILL,
            report=lambda done, total: reports.append((done, total)),
        )
        assert result["samples"] == 3
        assert reports == [(1, 3), (2, 3), (3, 3)]

    def test_of_no_sample_has_no_method(self):
        assert measure(predict, [], {"any": []}, FILL)["methods"] == {}

    def test_a_ratio_to_nothing_is_none(self):
        table = np.zeros((3, 2, 2, 1))
        found = summarise(table, ["any", RANDOM], np.random.default_rng(0))["any"]["comprehensiveness"]
        assert found["times_random"] == {"mean": None, "low": None, "high": None}
        assert found["mean"] == 0.0

    def test_intervals_are_those_of_the_bootstrap(self):
        generator = np.random.default_rng(0)
        table = np.repeat(generator.normal(0.3, 0.1, (100, 1, 1, 1)), 2, axis=2) * np.array([1.0, 0.5])[:, None, None]
        found = summarise(table, ["any", RANDOM], generator)["any"]["sufficiency"]
        half_width = 1.96 * table[:, 0, 0, 0].std() / 10
        assert found["high"] - found["low"] == pytest.approx(2 * half_width, rel=0.1)
        assert found["times_random"]["low"] == pytest.approx(2.0)


class TestMethods:
    SAMPLES = (sample([1, 2, 4, 5]), sample([4, 1, 2, 3]), sample([2, 5, 4, 1]))

    def explain(self, method, index):
        """Scores that are right, or the other way round; the gap is the number of the sample."""
        ids = self.SAMPLES[index].inputs["ids"]
        scores = WEIGHTS[ids] * (1 if method == "right" else -1)
        gap = index / 10 if method == "right" else None
        return Attribution([str(one) for one in ids], scores, Target("class", 1), method, {}, gap, 1.0 + index)

    def measured(self, **options):
        return measure_methods(predict, self.SAMPLES, ["wrong", "right"], self.explain, FILL, **options)

    def test_figures_are_those_of_measure(self):
        found = self.measured(seed=3)
        rankings = {name: [self.explain(name, i).scores for i in range(3)] for name in ("wrong", "right")}
        alone = measure(predict, self.SAMPLES, rankings, FILL, seed=3)
        for name, of_method in alone["methods"].items():
            for kind in ("comprehensiveness", "sufficiency"):
                assert found["methods"][name][kind] == of_method[kind]

    def test_best_is_the_default(self):
        assert self.measured()["default"] == "right"

    def test_costs_and_gaps(self):
        found = self.measured()["methods"]
        assert found["right"]["seconds"] == {"median": 2.0, "longest": 3.0}
        assert found["right"]["completeness_gap"] == {"median": 0.1, "largest": 0.2, "over": 2}
        assert found["wrong"]["completeness_gap"] is None
        assert "seconds" not in found[RANDOM]

    def test_reports_both_stages(self):
        calls = []
        self.measured(report=lambda *call: calls.append(call))
        assert calls == [(what, done, 3) for what in ("Explaining", "Measuring") for done in (1, 2, 3)]

    def test_fits_into_json(self):
        assert json.loads(json.dumps(self.measured(), allow_nan=False))["samples"] == 3


def figures(comprehensiveness, sufficiency):
    return {"comprehensiveness": {"mean": comprehensiveness}, "sufficiency": {"mean": sufficiency}}


class TestBestMethod:
    def test_counts_both_measures(self):
        methods = {"a": figures(0.5, 0.3), "b": figures(0.4, 0.1), RANDOM: figures(0.9, 0.0)}
        assert best_method(methods) == "b"

    def test_first_of_those_that_tie(self):
        assert best_method({"a": figures(0.495, 0.1), "b": figures(0.5, 0.1)}) == "a"
        assert best_method({"a": figures(0.485, 0.1), "b": figures(0.5, 0.1)}) == "b"


class TestDescription:
    @pytest.mark.parametrize("found", [None, {}, {"methods": {"other": {}}}])
    def test_of_what_was_not_measured(self, found):
        assert "was not measured" in describe(found, "occlusion")
