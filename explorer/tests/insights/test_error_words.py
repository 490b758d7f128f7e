"""Words of wrong predictions, on made samples with a planted word."""

import numpy as np
import pandas as pd
import pytest

from leap_explorer.insights.error_words import error_words
from leap_explorer.runs.words import ShownWords

N = 2_000


@pytest.fixture(scope="module")
def made():
    """Half are "no". "irony" stands in half of the wrong "no"; "film" in every third sample; "yay" goes with "yes"."""
    row = np.arange(N)
    truth = np.where(row < N // 2, "no", "yes")
    is_wrong = row % 10 == 0
    shown = [
        np.flatnonzero((is_wrong & (row < N // 2) & (row % 20 == 0)) | (row % 100 == 3)),
        np.flatnonzero(row % 3 == 0),
        np.flatnonzero(truth == "yes"),
    ]
    prediction = np.where(is_wrong, np.where(truth == "no", "yes", "no"), truth)
    samples = pd.DataFrame(
        {"ground_truth": pd.array(truth, dtype="string"), "prediction": pd.array(prediction, dtype="string")}
    )
    starts = np.concatenate([[0], np.cumsum([len(one) for one in shown])])
    words = ShownWords(("irony", "film", "yay"), starts, np.concatenate(shown).astype(np.int32), np.ones(N, dtype=bool))
    return samples, words


def test_finds_the_planted_word_in_its_label_alone(made):
    found = {one.label: one for one in error_words(*made, np.ones(N, dtype=bool))}
    assert [word.term for word in found["no"].words] == ["irony"]
    assert (found["no"].n_wrong, found["no"].n_right, found["no"].words[0].inside) == (100, 900, 50)
    assert 0 < found["no"].words[0].low < found["no"].words[0].value < found["no"].words[0].high
    assert found["yes"].words == ()


def test_says_nothing_of_few_wrong_predictions_or_of_no_right_one(made):
    samples, words = made
    assert error_words(samples, words, np.arange(N) < 190) == []
    assert error_words(samples, words, (samples["prediction"] != samples["ground_truth"]).to_numpy()) == []


def test_leaves_out_samples_without_text_and_what_is_no_classifier(made):
    samples, words = made
    silent = ShownWords(words.terms, words.starts, words.rows, np.zeros(N, dtype=bool))
    assert error_words(samples, silent, np.ones(N, dtype=bool)) == []
    numbers = samples.assign(ground_truth=1.0, prediction=2.0)
    assert error_words(numbers, words, np.ones(N, dtype=bool)) == []
