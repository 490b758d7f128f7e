import numpy as np
import pandas as pd
import pytest

from insight_runs import columns_of, make_run
from leap_explorer.insights.distinguishing import defined_by, distinguishing_metadata
from leap_explorer.insights.rows import is_the_label

WORDS = np.arange(400) % 90


@pytest.fixture
def samples():
    generator = np.random.default_rng(0)
    run = make_run(words=WORDS, tokens=WORDS * 1.3 + generator.normal(size=400), stars=generator.integers(1, 9, 400))
    return run.assign(metadata_label=run["ground_truth"], metadata_loud=WORDS > 200)


@pytest.mark.parametrize(
    ("asked", "decided"),
    [
        ([], set()),
        (["metadata_stars"], {"metadata_stars"}),
        (["metadata_words"], {"metadata_words", "metadata_tokens"}),
        (["ground_truth", "prediction"], {"ground_truth", "prediction", "metadata_label"}),
        (["correctness"], {"correctness", "metadata_label"}),
        (["subset"], {"subset"}),
    ],
)
def test_what_a_filter_decides(samples, asked, decided):
    assert defined_by(samples, columns_of(samples), asked) == decided


def test_what_defines_a_selection_does_not_distinguish_it(samples):
    inside = (samples["metadata_words"] > 60).to_numpy()
    columns = columns_of(samples)
    without = defined_by(samples, columns, ["metadata_words"])
    assert distinguishing_metadata(samples, inside, ~inside, columns)[0]["column"] == "metadata_words"
    found = distinguishing_metadata(samples, inside, ~inside, columns, without)
    assert not {"metadata_words", "metadata_tokens"} & {row["column"] for row in found}


def test_a_column_of_texts_says_nothing_twice():
    samples = pd.DataFrame({"metadata_a": ["x", "y"], "metadata_b": [1.0, 2.0]})
    assert defined_by(samples, columns_of(samples), ["metadata_a"]) == {"metadata_a"}


def test_the_label_by_another_name_is_that_to_the_last_of_many_rows():
    labels = np.array(["negative", "positive"])[np.arange(20_001) % 2]
    samples = pd.DataFrame({"ground_truth": labels, "metadata_same": np.char.upper(labels)})
    assert is_the_label(samples, "metadata_same")
    samples.loc[20_000, "metadata_same"] = "OTHER"
    assert not is_the_label(samples, "metadata_same")
