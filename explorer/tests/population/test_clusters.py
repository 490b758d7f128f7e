import json
from math import log

import numpy as np
import pandas as pd
import pytest

from leap_explorer.intervals import mean_interval, standardised_difference, wilson_interval
from leap_explorer.population.clusters import Term, cluster_terms, describe_clusters

COLUMNS = {
    "id": {"role": "id", "type": "string"},
    "subset": {"role": "subset", "type": "string"},
    "ground_truth": {"role": "ground_truth", "type": "string"},
    "prediction": {"role": "prediction", "type": "string"},
    "loss": {"role": "loss", "type": "float"},
    "cluster": {"role": "cluster", "type": "int"},
    "metadata_length": {"role": "metadata", "type": "int"},
    "metadata_is_cut": {"role": "metadata", "type": "bool"},
    "metadata_source": {"role": "metadata", "type": "string"},
    "metadata_empty": {"role": "metadata", "type": "float"},
}


def names(terms):
    return [term.term for term in terms]


class TestClusterTerms:
    def test_by_hand(self):
        # Documents: space in one of 0, ship in one of 0 and of 1, love and not in one of 1, war in one of 2; 6 in all,
        # so that of the prior of 500 ship has 2 of 6, the others 1
        found = cluster_terms(
            [(0, ["Space", "ship", "space", "the", "!"]), (1, ["love", "ship", "not", "love"]), (2, ["war", "war"])]
        )
        one, both = 500 / 6, 1000 / 6

        def weight(inside, outside, prior, n_inside):
            odds = [
                log((count + prior) / (n + 500 - count - prior))
                for count, n in ((inside, n_inside), (outside, 6 - n_inside))
            ]
            return (odds[0] - odds[1]) / (1 / (inside + prior) + 1 / (outside + prior)) ** 0.5

        assert names(found[0]) == ["space", "ship"]
        assert [term.weight for term in found[0]] == pytest.approx([weight(1, 0, one, 2), weight(1, 1, both, 2)])
        assert names(found[1]) == ["love", "not"]
        assert [(term.term, term.count) for term in found[2]] == [("war", 1)]
        assert found[2][0].weight == pytest.approx(weight(1, 0, one, 1))

    def test_count_is_of_documents(self):
        found = cluster_terms([(0, ["sea", "sea"]), (0, ["Sea", "salt"]), (0, ["air", "salt"]), (0, ["sea"])])
        assert {term.term: term.count for term in found[0]} == {"sea": 3, "salt": 2}

    @pytest.mark.parametrize(
        ("size", "occurs", "is_term"),
        [(9, 4, False), (9, 5, True), (100, 4, False), (100, 5, True), (700, 6, False), (700, 7, True), (2, 1, True)],
    )
    def test_a_term_occurs_in_enough_documents(self, size, occurs, is_term):
        documents = [(0, ["all", "film", "rare"] if number < occurs else ["film"]) for number in range(size)]
        assert ("rare" in names(cluster_terms(documents)[0])) == is_term

    def test_words_that_say_nothing(self):
        words = [
            "It's",
            "the",
            "they\u2019ve",
            "I",
            "x",
            "7",
            "1990",
            "...",
            "--",
            "\u2019",
            "don't",
            "can\u2019t",
            "Not",
            '"Sea."',
        ]
        assert sorted(names(cluster_terms([(0, words)])[0])) == ["can't", "don't", "not", "sea"]

    def test_a_word_that_is_frequent_everywhere_names_none(self):
        documents = [(0, ["film"] * 9 + ["sea"]), (1, ["film"] * 9 + ["air"])]
        assert {cluster: names(terms) for cluster, terms in cluster_terms(documents).items()} == {
            0: ["sea"],
            1: ["air"],
        }

    def test_equal_weights_are_in_alphabetical_order_and_cut(self):
        assert names(cluster_terms([(0, ["sea", "air", "war", "hat"])], top=3)[0]) == ["air", "hat", "sea"]

    def test_streams(self):
        assert names(cluster_terms((number % 2, [["sea"], ["air"]][number % 2]) for number in range(20))[1]) == ["air"]

    def test_without_words_or_documents(self):
        assert cluster_terms([(0, []), (-1, ["sea"]), (2, ["the"])]) == {0: [], 2: []}
        assert cluster_terms([]) == {}


class TestDescribeClusters:
    def test_by_hand(self):
        first, second = describe_clusters(toy_samples(), COLUMNS, {0: [Term("sea", 0.5, 2), Term("air", 0.4, 2)]})
        assert (first["cluster"], first["name"], first["size"], first["share"]) == (0, "sea, air", 4, 4 / 7)
        assert (second["cluster"], second["name"], second["size"], second["share"]) == (1, "cluster 1", 3, 3 / 7)
        assert first["terms"] == [
            {"term": "sea", "weight": 0.5, "count": 2},
            {"term": "air", "weight": 0.4, "count": 2},
        ]
        assert first["counts"] == {"training": 2, "validation": 1, "unlabeled": 1}
        assert first["labelled"] == 3
        low, high = wilson_interval(1, 3)
        assert first["error_rate"] == {"value": pytest.approx(1 / 3), "low": low, "high": high}
        low, high = mean_interval([0.1, 0.2, 1.5])
        assert first["loss"] == pytest.approx({"value": 0.6, "low": low, "high": high})
        assert first["purity"] == {"value": pytest.approx(2 / 3), "label": "cat"}
        held_out = first["held_out"]
        assert (held_out["size"], held_out["labelled"]) == (1, 1)
        assert held_out["error_rate"]["value"] == 1.0
        assert held_out["loss"] == {"value": pytest.approx(1.5), "low": None, "high": None}

    def test_json(self):
        assert json.loads(json.dumps(describe_clusters(toy_samples(), COLUMNS, {}), allow_nan=False))

    def test_nothing_labelled(self):
        samples = toy_samples().assign(ground_truth=pd.Series([None] * 8, dtype="string"), loss=np.float32("nan"))
        first = describe_clusters(samples, COLUMNS, {})[0]
        assert (first["error_rate"], first["loss"], first["purity"], first["labelled"]) == (None, None, None, 0)

    def test_regression(self):
        samples = toy_samples().assign(
            ground_truth=pd.Series([1, 2, 3, None, 5, 6, 7, 8], dtype="Float32"), prediction=np.float32(2)
        )
        columns = COLUMNS | {"ground_truth": {"role": "ground_truth", "type": "float"}}
        first = describe_clusters(samples, columns, {})[0]
        assert (first["error_rate"], first["purity"], first["labelled"]) == (None, None, 3)
        assert first["loss"]["value"] == pytest.approx(0.6)

    def test_no_clusters(self):
        samples = toy_samples().assign(cluster=pd.Series([None] * 8, dtype="Int16"))
        assert describe_clusters(samples, COLUMNS, {}) == []

    def test_one_cluster_has_nothing_to_differ_from(self):
        samples = toy_samples().assign(cluster=pd.Series([0] * 8, dtype="Int16"))
        assert describe_clusters(samples, COLUMNS, {})[0]["distinguishing"] == []


class TestDistinguishing:
    def test_by_hand(self):
        samples = many_samples()
        first, second = describe_clusters(samples, COLUMNS, {})
        # Two clusters times: length, is_cut, two of three sources (the third is in 1 of 200); one is constant
        level = 1 - 0.05 / (2 * 4)
        found = first["distinguishing"]
        assert [(entry["column"], entry["value"]) for entry in found] == [
            ("metadata_length", None),
            ("metadata_source", "web"),
            ("metadata_source", "print"),
        ]
        length = samples["metadata_length"].to_numpy(dtype=float, na_value=np.nan)
        effect = standardised_difference(length[:100], length[100:], level)
        assert (found[0]["effect"], found[0]["low"], found[0]["high"]) == (effect.value, effect.low, effect.high)
        assert (found[0]["inside"], found[0]["outside"]) == pytest.approx((np.mean(range(1, 100)), 149.5))
        assert (found[1]["inside"], found[1]["outside"]) == pytest.approx((0.8, 0.3))
        assert [entry["effect"] for entry in second["distinguishing"]] == pytest.approx(
            [-entry["effect"] for entry in found]
        )

    def test_the_interval_is_corrected_for_the_number_of_comparisons(self):
        samples = many_samples()
        samples["metadata_is_cut"] = pd.array([True] * 30 + [False] * 70 + [True] * 17 + [False] * 83, dtype="boolean")
        cut = samples["metadata_is_cut"].to_numpy(dtype=float)
        assert standardised_difference(cut[:100], cut[100:]).excludes_zero
        columns = {name: column for name, column in COLUMNS.items() if column["role"] != "metadata"}
        columns["metadata_is_cut"] = COLUMNS["metadata_is_cut"]
        assert describe_clusters(samples, columns, {})[0]["distinguishing"] == []

    def test_at_most_eight_the_largest_effects_first(self):
        samples = many_samples()
        columns = dict(COLUMNS)
        for number in range(10):
            columns[f"metadata_{number}"] = {"role": "metadata", "type": "float"}
            spread = np.random.default_rng(number).normal(size=200)
            samples[f"metadata_{number}"] = spread + np.repeat([number, 0], 100)
        effects = [abs(entry["effect"]) for entry in describe_clusters(samples, columns, {})[0]["distinguishing"]]
        assert len(effects) == 8
        assert effects == sorted(effects, reverse=True)

    def test_names_are_no_values(self):
        samples = many_samples()
        samples["metadata_source"] = pd.array([f"name {number}" for number in range(200)], dtype="string")
        columns = {entry["column"] for entry in describe_clusters(samples, COLUMNS, {})[0]["distinguishing"]}
        assert columns == {"metadata_length"}

    def test_of_two_values_one_is_compared(self):
        samples = many_samples()
        samples["metadata_source"] = samples["metadata_source"].replace("book", "web")
        found = describe_clusters(samples, COLUMNS, {})[0]["distinguishing"]
        assert [entry["value"] for entry in found if entry["column"] == "metadata_source"] == ["web"]


def toy_samples():
    """Four samples of cluster 0, three of cluster 1 and one that failed."""
    return pd.DataFrame(
        {
            "id": pd.array(list("abcdefgh"), dtype="string"),
            "subset": ["training", "training", "validation", "unlabeled", "training", "test", "test", "test"],
            "ground_truth": pd.array(["cat", "cat", "dog", None, "dog", "dog", "cat", None], dtype="string"),
            "prediction": pd.array(["cat", "cat", "cat", "dog", "dog", "dog", "cat", None], dtype="string"),
            "loss": np.array([0.1, 0.2, 1.5, np.nan, 0.3, 0.3, 0.4, np.nan], dtype=np.float32),
            "cluster": pd.array([0, 0, 0, 0, 1, 1, 1, None], dtype="Int16"),
            "metadata_length": pd.array([1, 2, 3, None, 5, 6, 7, None], dtype="Int64"),
            "metadata_is_cut": pd.array([True, True, False, None, False, False, False, None], dtype="boolean"),
            "metadata_source": pd.array(["web", "web", None, "web", "print", "web", "web", None], dtype="string"),
            "metadata_empty": pd.array([None] * 8, dtype="Float32"),
        }
    )


def many_samples():
    """A hundred samples a cluster: lengths that grow, cuts that do not differ, three sources, one of them rare."""
    return pd.DataFrame(
        {
            "id": [str(number) for number in range(200)],
            "subset": "test",
            "ground_truth": "cat",
            "prediction": "cat",
            "loss": np.float32(0.5),
            "cluster": pd.array([0] * 100 + [1] * 100, dtype="Int16"),
            "metadata_length": pd.array([None, *range(1, 200)], dtype="Int64"),
            "metadata_is_cut": pd.array([True, False] * 100, dtype="boolean"),
            "metadata_source": pd.array(
                ["web"] * 80 + ["print"] * 20 + ["web"] * 30 + ["print"] * 69 + ["book"], dtype="string"
            ),
            "metadata_empty": pd.array([1.0] * 200, dtype="Float32"),
        }
    )
