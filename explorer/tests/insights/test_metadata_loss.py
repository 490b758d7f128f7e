import json

import numpy as np
import pandas as pd
import pytest

from leap_explorer.errors import ExplorerError
from leap_explorer.insights.metadata_loss import metadata_profile, metadata_ranking

SAMPLES = pd.DataFrame(
    {
        "loss": np.array([1, 2, 3, 4, 5, 6, 7, np.nan], dtype=np.float32),
        "metric_x": np.arange(8, dtype=np.float32),
        "prediction": ["a"] * 8,
        "metadata_words": pd.array([1, 1, 2, 2, 3, 3, None, 9], dtype="Int64"),
        "metadata_down": pd.array([8, 7, 6, 5, 4, 3, 2, 1], dtype="Float32"),
        "metadata_cut": pd.array([True, False, True, False, True, False, None, True], dtype="boolean"),
        "metadata_genre": pd.array(["a", "b", "a", "a", None, "b", "a", "c"], dtype="string"),
        "metadata_same": pd.array([1] * 7 + [2], dtype="Int64"),
        "metadata_null": pd.array([None] * 8, dtype="Float32"),
    }
)


class TestProfile:
    def test_number_by_hand(self):
        profile = metadata_profile(SAMPLES, "metadata_words", bins=3)
        assert (profile["n"], profile["n_total"]) == (6, 8)
        assert [(one["label"], one["n"], one["mean"]) for one in profile["bins"]] == [
            ("1", 2, 1.5),
            ("2", 2, 3.5),
            ("3", 2, 5.5),
        ]
        assert all(one["mean_low"] <= one["mean"] <= one["mean_high"] for one in profile["bins"])
        assert profile["explained"] is None  # of too few samples
        assert profile["shape"] == {"kind": "none", "at": None, "between": None}

    def test_ranges(self):
        profile = metadata_profile(SAMPLES, "metadata_down", bins=2)
        assert [(one["label"], one["n"], one["mean"]) for one in profile["bins"]] == [
            ("2 to 4", 3, 6.0),
            ("5 to 8", 4, 2.5),
        ]
        assert (profile["bins"][0]["low"], profile["bins"][0]["high"]) == (2.0, 4.0)

    def test_ranges_that_others_decide(self):
        edges = np.array([2.0, 6.0, 20.0])
        bins = metadata_profile(SAMPLES, "metadata_down", edges=edges)["bins"]
        assert [(one["label"], one["n"]) for one in bins] == [("2 to 5", 4), ("6 to 8", 3)]

    def test_boolean(self):
        profile = metadata_profile(SAMPLES, "metadata_cut")
        assert {one["label"]: (one["n"], one["mean"]) for one in profile["bins"]} == {
            "true": (3, 3.0),
            "false": (3, 4.0),
        }
        assert [one["value"] for one in profile["bins"]] == [True, False]

    def test_text(self):
        profile = metadata_profile(SAMPLES, "metadata_genre")
        assert [(one["label"], one["n"], one["mean"]) for one in profile["bins"]] == [("a", 4, 3.75), ("b", 2, 4.0)]
        assert [one["value"] for one in profile["bins"]] == ["a", "b"]

    def test_another_metric(self):
        assert metadata_profile(SAMPLES, "metadata_same", "metric_x")["n"] == 8

    def test_constant_null_and_none(self):
        constant = metadata_profile(SAMPLES, "metadata_same")
        assert [(one["label"], one["n"]) for one in constant["bins"]] == [("1", 7)]
        assert (constant["explained"], constant["shape"]["kind"]) == (None, "none")
        null = metadata_profile(SAMPLES, "metadata_null")
        assert (null["n"], null["bins"], null["explained"]) == (0, [], None)
        assert metadata_profile(SAMPLES.iloc[:0], "metadata_genre")["bins"] == []

    def test_one_sample_is_json(self):
        profile = json.loads(json.dumps(metadata_profile(SAMPLES.iloc[:1], "metadata_words"), allow_nan=False))
        assert (profile["bins"][0]["mean"], profile["bins"][0]["mean_low"]) == (1.0, None)

    def test_ten_ranges_of_many(self):
        values = np.random.default_rng(0).normal(size=1000)
        bins = metadata_profile(pd.DataFrame({"loss": values, "metadata_x": values}), "metadata_x")["bins"]
        assert len(bins) == 10
        assert sum(one["n"] for one in bins) == 1000
        assert all(80 <= one["n"] <= 120 for one in bins)

    @pytest.mark.parametrize(
        ("name", "metric", "message"),
        [
            ("metadata_x", "loss", "no column 'metadata_x'"),
            ("metadata_words", "metric_y", "no column 'metric_y'"),
            ("metadata_words", "prediction", "values are strings"),
        ],
    )
    def test_wrong_columns(self, name, metric, message):
        with pytest.raises(ExplorerError, match=message):
            metadata_profile(SAMPLES, name, metric)


def made_samples(n=900):
    """A loss with a peak in the middle of one column; it rises a little with another, and differs between genres."""
    generator = np.random.default_rng(0)
    peaked, rising, noise = generator.normal(size=(3, n))
    genre = np.array(["a", "b", "c"])[generator.integers(0, 3, n)]
    loss = generator.exponential(0.3, n) - 0.3 * peaked**2 + 0.08 * rising + 0.2 * (genre == "b")
    names = {"metadata_noise": noise, "metadata_rising": rising, "metadata_peaked": peaked, "metadata_genre": genre}
    return pd.DataFrame({"loss": loss, **names, "metadata_same": 1})


def test_ranking_is_by_what_a_column_explains():
    samples = made_samples()
    ranking = metadata_ranking(samples, [name for name in samples if name != "loss"])
    names = ["metadata_peaked", "metadata_genre", "metadata_rising", "metadata_noise"]
    assert ranking["column"].tolist() == names
    assert ranking["shape"].tolist() == ["peak", "differs", "rises", "none"]
    assert (ranking["low"] <= ranking["explained"]).all()
    assert (ranking["explained"] <= ranking["high"]).all()
    assert ranking["low"][0] > ranking["high"][3] > 0 > ranking["low"][3]
    assert ranking["n"].tolist() == [900] * 4


def test_the_ranking_and_the_profile_agree():
    samples = made_samples()
    ranking = metadata_ranking(samples, ["metadata_peaked", "metadata_genre"]).set_index("column")
    for name, row in ranking.iterrows():
        profile = metadata_profile(samples, name)
        assert profile["explained"]["value"] == row["explained"]
        assert profile["shape"]["kind"] == row["shape"]


def test_infinite_losses_are_left_out():
    samples = made_samples().assign(loss=lambda frame: frame["loss"].where(frame.index != 5, np.inf))
    assert metadata_profile(samples, "metadata_peaked")["n"] == 899


def test_rare_values_explain_as_one():
    samples = pd.DataFrame({"loss": np.random.default_rng(0).normal(size=500), "metadata_id": map(str, range(500))})
    profile = metadata_profile(samples, "metadata_id")
    assert len(profile["bins"]) == 50
    assert abs(profile["explained"]["value"]) < 0.1


def test_ranking_of_nothing():
    assert list(metadata_ranking(SAMPLES, []).columns) == ["column", "n", "explained", "low", "high", "shape"]
    assert len(metadata_ranking(SAMPLES, ["metadata_null", "metadata_same"])) == 0
