"""Weaknesses that are there are found, told truly, and none where there is none."""

import numpy as np
import pandas as pd
import pytest

from leap_explorer.insights.filters import Condition, select
from leap_explorer.insights.rows import NotApplicable
from leap_explorer.insights.slices import Effect, find_slices, index_words

ROWS = 4_000
COLUMNS = {"ground_truth": {"role": "ground_truth"}, "prediction": {"role": "prediction"}, "loss": {"role": "loss"}}
COLUMNS |= {f"metadata_{name}": {"role": "metadata"} for name in ("x", "y", "kind", "index")}


def _samples(seed: int, wrong=None) -> pd.DataFrame:
    generator = np.random.default_rng(seed)
    samples = pd.DataFrame(
        {
            "id": np.arange(ROWS).astype(str),
            "subset": np.where(np.arange(ROWS) < 1_000, "training", "validation"),
            "ground_truth": generator.choice(["cat", "dog"], ROWS),
            "metadata_x": np.where(generator.random(ROWS) < 0.05, np.nan, generator.normal(size=ROWS)),
            "metadata_y": generator.integers(0, 40, ROWS),
            "metadata_kind": generator.choice(["a", "b", "c"], ROWS),
            "metadata_index": np.arange(ROWS),
        }
    )
    is_wrong = generator.random(ROWS) < 0.08
    if wrong is not None:
        is_wrong |= wrong(samples) & (generator.random(ROWS) < 0.5)
    other = np.where(samples["ground_truth"] == "cat", "dog", "cat")
    samples["prediction"] = np.where(is_wrong, other, samples["ground_truth"])
    samples["loss"] = generator.exponential(np.where(is_wrong, 1.5, 0.2))
    return samples


def _overlap(first: np.ndarray, second: np.ndarray) -> float:
    return (first & second).sum() / (first | second).sum()


def test_two_conditions_are_found_and_select_their_samples() -> None:
    def wrong(samples: pd.DataFrame):
        return ((samples["metadata_x"] > 0.8) & (samples["metadata_kind"] == "b")).to_numpy()

    samples = _samples(0, wrong)
    best = find_slices(samples, COLUMNS)[0]
    held_out = (samples["subset"] == "validation").to_numpy()
    assert {one.column for one in best.conditions} == {"metadata_x", "metadata_kind"}
    assert _overlap(best.rows, wrong(samples) & held_out) > 0.9
    assert (best.rows == select(samples, best.conditions) & held_out).all()
    assert best.n == best.rows.sum()


def test_effect_and_interval_are_those_of_the_confirming_half() -> None:
    samples = _samples(1, lambda samples: (samples["metadata_y"] < 8).to_numpy())
    (best,) = find_slices(samples, COLUMNS)
    inside, outside = best.errors
    assert inside.n + outside.n == 1_500
    assert inside.n < 0.6 * best.n
    assert inside.low < 0.54 < inside.high
    assert outside.low < 0.08 < outside.high
    assert best.outcome[0].low < best.outcome[0].value < best.outcome[0].high
    assert best.p < 1e-20
    assert 0.2 < best.excess_share < 0.8


def test_what_nobody_planted_is_not_found() -> None:
    assert [found for seed in range(5) for found in find_slices(_samples(seed), COLUMNS)] == []


def _texts() -> list[str]:
    """Twelve words each and "not" and "bad", which a tenth of the texts show as a phrase and others apart."""
    generator = np.random.default_rng(2)
    words = [list(generator.choice([f"word{number}" for number in range(60)], 12)) for _ in range(ROWS)]
    ends = [["not", "bad"], ["bad"], ["not"], ["bad", "not"], *[[]] * 6]
    return [" ".join([*one, *ends[number % 10]]) for number, one in enumerate(words)]


@pytest.mark.parametrize("term", ["word7", "not bad"])
def test_a_word_and_a_phrase(term: str) -> None:
    index = index_words(_texts())
    samples = _samples(2, lambda _: index.has(term))
    best = find_slices(samples, COLUMNS, _texts())[0]
    held_out = (samples["subset"] != "training").to_numpy()
    assert (best.rows == index.has(term) & held_out).all()
    assert (best.rows == select(samples, best.conditions, index) & held_out).all()
    assert best.conditions[0].operator == "has"
    assert best.words[0].term in (term, "not", "bad")


def test_another_description_of_the_same_samples() -> None:
    samples = _samples(3, lambda samples: (samples["metadata_y"] >= 34).to_numpy())
    samples["metadata_z"] = samples["metadata_y"] * 2 + (np.random.default_rng(0).random(ROWS) < 0.1)
    (best,) = find_slices(samples, COLUMNS | {"metadata_z": {"role": "metadata"}})
    named = {best.conditions[0].column, *(one.column for alike in best.similar for one in alike.conditions)}
    assert {"metadata_y", "metadata_z"} <= named
    assert best.similar[0].jaccard > 0.95


def test_missing_values_are_a_slice() -> None:
    samples = _samples(4, lambda samples: samples["metadata_x"].isna().to_numpy())
    (best,) = find_slices(samples, COLUMNS)
    assert best.conditions == (Condition("metadata_x", "==", None),)


def test_of_a_regression_the_loss_alone_counts() -> None:
    samples = _samples(5).drop(columns=["prediction", "ground_truth"])
    high = (samples["metadata_y"] < 6).to_numpy()
    samples["loss"] = np.random.default_rng(0).lognormal(size=ROWS) * np.where(high, 3.0, 1.0)
    (best,) = find_slices(samples, COLUMNS)
    assert best.errors is None
    assert _overlap(best.rows, high & (samples["subset"] != "training").to_numpy()) > 0.9


def test_predictions_of_a_rare_label_are_more_often_wrong_by_chance_alone() -> None:
    generator = np.random.default_rng(6)
    samples = _samples(6)
    truth = generator.choice(["cat", "dog"], ROWS, p=[0.9, 0.1])
    wrong = generator.random(ROWS) < 0.1
    samples["ground_truth"] = truth
    samples["prediction"] = np.where(wrong, np.where(truth == "cat", "dog", "cat"), truth)
    samples["loss"] = np.where(wrong, 1.5, 0.1)
    assert find_slices(samples, COLUMNS) == []


def test_a_least_effect_of_the_users_own() -> None:
    samples = _samples(1, lambda samples: (samples["metadata_y"] < 8).to_numpy())
    assert find_slices(samples, COLUMNS, least=Effect(error_rate=0.9, excess_share=0.9)) == []


def test_the_same_seed_finds_the_same() -> None:
    samples = _samples(1, lambda samples: (samples["metadata_y"] < 8).to_numpy())
    first, second = (find_slices(samples, COLUMNS, seed=3) for _ in range(2))
    assert [one.conditions for one in first] == [one.conditions for one in second]


def test_too_few_samples() -> None:
    with pytest.raises(NotApplicable, match="40 labelled samples"):
        find_slices(_samples(0).iloc[960:1_040], COLUMNS)


def test_nothing_that_divides_the_samples() -> None:
    samples = _samples(1)[["id", "subset", "loss"]]
    with pytest.raises(NotApplicable, match="no metadata, label or cluster divides"):
        find_slices(samples, COLUMNS)
